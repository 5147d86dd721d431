import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, configHelp, readConfig } from './config.js';
import { SETTINGS } from './settings.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const SIGNING_KEY = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
/** Of the ECDH example in RFC 8291, appendix A. */
const VAPID_PRIVATE_KEY = 'yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw';
const TENANTS = JSON.stringify([{ id: 'northbank', issuer: 'https://login.northbank.example' }]);
const DATABASE_URL = 'postgres://owner:secret@db:5432/countersign';

const folder = mkdtempSync(join(tmpdir(), 'countersign-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** `UPDATE_SNAPSHOTS=1 npx vitest run src/config/settings.spec.ts` writes the table of docs/configuration.md anew. */
describe('the settings', () => {
  const START = '<!-- settings: written by src/config/settings.spec.ts -->\n';
  const END = '<!-- end of settings -->';
  const settings = Object.entries(SETTINGS);
  const table = `| variable | default | meaning |\n|---|---|---|\n${settings.map(([name, { fallback, meaning }]) => `| \`${name}\` | ${fallback} | ${meaning} |\n`).join('')}`;

  it('are each used: some value of each makes another Config, or does not go with the others', () => {
    const usual = outcomeOf({});
    for (const name of Object.keys(SETTINGS)) {
      const key = name.replace(/_FILE$/, '');
      const outcomes = OTHERS.map((value) => outcomeOf({ [key]: undefined, [name]: value }));
      const used = outcomes.filter((outcome) => outcome !== usual && !outcome.startsWith(`${name} should be`));
      expect(used.length, name).toBeGreaterThan(0);
    }
    expect(outcomeOf({ SOMETHING_ELSE: '17' })).toBe(usual);
  });

  it('are listed by --help with default and meaning', () => {
    for (const [name, { fallback, meaning }] of settings)
      expect(configHelp()).toMatch(
        new RegExp(`^  ${name} +${escape(meaning)}\n +Default: ${escape(fallback)}\\.$`, 'm'),
      );
  });

  it('are listed by docs/configuration.md', () => {
    const file = 'docs/configuration.md';
    const text = readFileSync(file, 'utf8');
    const current = text.slice(text.indexOf(START) + START.length, text.indexOf(END));
    if (process.env.UPDATE_SNAPSHOTS)
      writeFileSync(file, text.slice(0, text.indexOf(START) + START.length) + table + text.slice(text.indexOf(END)));
    else expect(current).toBe(table);
  });
});

const OTHER_KEY = generateKeyPairSync('ed25519');

/** Of each kind of setting a value that is not its default. */
const OTHERS = [
  ...['17', '0.5', '5000', 'true', 'false', 'off', 'none', 'warn', 'production', 'transaction', '/elsewhere'],
  ...[
    'https://other.example',
    DATABASE_URL,
    'postgres://replica:5432/countersign',
    TENANTS,
    '["/usr/local/bin/sign"]',
    '{"references":17}',
    Buffer.alloc(32, 8).toString('base64'),
    Buffer.alloc(32, 8).toString('base64url'),
  ],
  OTHER_KEY.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  OTHER_KEY.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  JSON.stringify({
    baseUrl: 'https://api.example',
    tokenUrl: 'https://login.example',
    clientId: 'bank',
    clientSecret: 'secret',
  }),
  JSON.stringify({ northbank: { name: 'The North Bank' } }),
  JSON.stringify({ serviceAccountFile: '/elsewhere/account.json' }),
  JSON.stringify({ keyFile: '/elsewhere/key.p8', keyId: 'A', teamId: 'B', topics: ['example.app'] }),
];

/** The Config of an environment, as text, or why there is none. */
function outcomeOf(environment: NodeJS.ProcessEnv): string {
  let config;
  try {
    config = readConfig({ DATA_DIR: folder, MASTER_KEY: KEY, SIGNING_KEY, VAPID_PRIVATE_KEY, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return JSON.stringify({
    ...config,
    signing: 'key' in config.signing ? config.signing.key.export({ format: 'jwk' }) : 0,
  });
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
