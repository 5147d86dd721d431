import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.js';

/** Of RFC 8291, appendix A: the application server's key pair. */
const VAPID = {
  private: 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw',
  public: 'BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8',
};
const pem = { type: 'pkcs8', format: 'pem' } as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-push-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const inDevelopment = (environment: NodeJS.ProcessEnv = {}) => readConfig({ DATA_DIR: folder, ...environment }).push;
const inProduction = (environment: NodeJS.ProcessEnv) =>
  readConfig({
    NODE_ENV: 'production',
    DATA_DIR: folder,
    DATABASE_URL: 'postgres://owner:secret@db:5432/countersign',
    TENANTS: JSON.stringify([{ id: 'northbank', issuer: 'https://login.northbank.example' }]),
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SIGNING_KEY: generateKeyPairSync('ed25519').privateKey.export(pem),
    ...environment,
  } as NodeJS.ProcessEnv).push;

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('Web Push', () => {
  it('has in development a key of its own, which stays the same and which nobody else can read', () => {
    const { webPush, fcm, apns } = inDevelopment();
    expect(inDevelopment().webPush).toEqual(webPush);
    expect([fcm, apns]).toEqual([null, null]);
    expect(readFileSync(join(folder, 'vapid.key'), 'utf8').trim()).toBe(webPush!.privateKey);
    expect(statSync(join(folder, 'vapid.key')).mode & 0o777).toBe(0o600);
    expect(Buffer.from(webPush!.publicKey, 'base64url')).toHaveLength(65);
  });

  it('has the public key that belongs to its private key', () => {
    expect(inDevelopment({ VAPID_PRIVATE_KEY: VAPID.private }).webPush!.publicKey).toBe(VAPID.public);
    writeFileSync(join(folder, 'mine.key'), `${VAPID.private}\n`);
    expect(inDevelopment({ VAPID_PRIVATE_KEY_FILE: join(folder, 'mine.key') }).webPush!.publicKey).toBe(VAPID.public);
  });

  it('is refused from what is no file, by the name of the variable', () => {
    expect(refusal(() => inDevelopment({ VAPID_PRIVATE_KEY_FILE: folder }))).toMatch(/VAPID_PRIVATE_KEY_FILE/);
  });

  it('is off in production unless a subject is given, and needs a key then', () => {
    expect(inProduction({}).webPush).toBeNull();
    expect(refusal(() => inProduction({ VAPID_PRIVATE_KEY: VAPID.private }))).toMatch(/VAPID_SUBJECT is missing/);
    expect(refusal(() => inProduction({ VAPID_SUBJECT: 'mailto:a@bank.example' }))).toMatch(/VAPID_PRIVATE_KEY/);
    const both = { VAPID_SUBJECT: 'mailto:a@bank.example', VAPID_PRIVATE_KEY: VAPID.private };
    expect(inProduction(both).webPush).toEqual({
      subject: 'mailto:a@bank.example',
      privateKey: VAPID.private,
      publicKey: VAPID.public,
    });
  });

  it.each([
    'http://bank.example',
    'https://localhost',
    'https://localhost:3000/contact',
    'mailto:push@localhost',
    'mailto:push@bank.invalid',
    'https://push.invalid',
    'https://bank.test',
    'https://192.0.2.1',
    'mailto:',
    'mailto:bank.example',
    'push@bank.example',
    'javascript:alert(1)',
  ])('refuses at the start a subject at which nobody can be asked: %s', (VAPID_SUBJECT) => {
    expect(refusal(() => inDevelopment({ VAPID_SUBJECT }))).toMatch(/^VAPID_SUBJECT should be/);
  });

  it('refuses what is no key', () => {
    for (const VAPID_PRIVATE_KEY of [
      'x',
      Buffer.alloc(32).toString('base64url'),
      Buffer.alloc(32, 0xff).toString('base64url'),
      VAPID.public,
    ])
      expect(refusal(() => inDevelopment({ VAPID_PRIVATE_KEY }))).toMatch(/^VAPID_PRIVATE_KEY should be the 32 bytes/);
  });
});

describe('Firebase and Apple', () => {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pem).toString();
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pem).toString();
  const account = {
    project_id: 'north-bank',
    client_email: 'a@b.example',
    private_key: rsa,
    token_uri: 'https://oauth2.example/token',
  };

  it('are read from the files that their makers give', () => {
    const serviceAccountFile = write('account.json', JSON.stringify({ type: 'service_account', ...account }));
    expect(inDevelopment({ FCM: JSON.stringify({ serviceAccountFile }) }).fcm).toMatchObject({
      projectId: 'north-bank',
      tokenUrl: 'https://oauth2.example/token',
      baseUrl: 'https://fcm.googleapis.com',
    });
    const keyFile = write('key.p8', ec);
    const given = { keyFile, keyId: 'ABC123DEFG', teamId: 'DEF123GHIJ', topics: ['example.bank'] };
    expect(inDevelopment({ APNS: JSON.stringify(given) }).apns).toMatchObject({
      keyId: 'ABC123DEFG',
      topics: ['example.bank'],
      baseUrl: 'https://api.push.apple.com',
    });
  });

  it('are refused with what is wrong, and never with what was read', () => {
    const fcm = (more: object): string =>
      refusal(() =>
        inDevelopment({
          FCM: JSON.stringify({ serviceAccountFile: write('a.json', JSON.stringify({ ...account, ...more })) }),
        }),
      );
    for (const more of [
      { private_key: 'secret' },
      { private_key: ec },
      { project_id: '../x' },
      { client_email: 1 },
      { token_uri: 'x' },
    ])
      expect(fcm(more)).toMatch(/^The (serviceAccountFile|private_key) of FCM should be/);
    expect(fcm({ private_key: 'secret' })).not.toContain('secret');
    expect(refusal(() => inDevelopment({ FCM: '{"serviceAccountFile":"/none"}' }))).toBe(
      'A file that FCM names cannot be read.',
    );
    for (const FCM of ['x', '[]', '{}', '{"serviceAccountFile":"a","more":1}'])
      expect(refusal(() => inDevelopment({ FCM }))).toMatch(/^FCM should be/);
    const keyFile = write('key.p8', ec);
    for (const more of [{ topics: [] }, { topics: ['a b'] }, { keyId: '' }, { more: 1 }, { baseUrl: 'x' }])
      expect(
        refusal(() =>
          inDevelopment({ APNS: JSON.stringify({ keyFile, keyId: 'A', teamId: 'B', topics: ['a'], ...more }) }),
        ),
      ).toMatch(/^APNS should be/);
    const inTheClear = JSON.stringify({
      keyFile,
      keyId: 'A',
      teamId: 'B',
      topics: ['a'],
      baseUrl: 'http://apple.example',
    });
    expect(refusal(() => inProduction({ APNS: inTheClear }))).toBe(
      'The baseUrl of APNS should be https when NODE_ENV=production.',
    );
  });
});
