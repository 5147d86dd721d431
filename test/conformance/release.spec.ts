import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
// @ts-expect-error -- a program without types
import { digestOf, provenanceOf, signProvenance, verifyProvenance } from '../../scripts/provenance.mjs';

vi.setConfig({ testTimeout: 120_000 });
const folder = mkdtempSync(join(tmpdir(), 'countersign-release-'));
afterAll(() => rmSync(folder, { recursive: true }));
const VERSION = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;

describe('the provenance of a release', () => {
  const statement = provenanceOf({
    version: '1.2.3',
    repository: 'https://git.example/countersign',
    commit: 'c'.repeat(40),
    builder: 'https://ci.example/release',
    files: [{ name: 'bill.json', content: 'abc' }],
    startedOn: '2026-11-27T00:00:00Z',
    finishedOn: '2026-11-27T00:01:00Z',
  });
  const [key, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];

  it('names each file by its content, and the commit (in-toto Statement v1, SLSA Provenance v1)', () => {
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
      // FIPS 180-4, the message "abc".
      subject: [
        {
          name: 'bill.json',
          digest: { sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
        },
      ],
    });
    expect(statement.predicate.buildDefinition.resolvedDependencies[0].digest.gitCommit).toBe('c'.repeat(40));
  });

  it('verifies by its key, and by no other, and not where it was changed', () => {
    const envelope = signProvenance(statement, key.privateKey);
    expect(verifyProvenance(envelope, key.publicKey)).toEqual(statement);
    expect(() => verifyProvenance(envelope, other.publicKey)).toThrow('not signed by this key');
    const changed = { ...statement, subject: [] };
    const forged = { ...envelope, payload: Buffer.from(JSON.stringify(changed)).toString('base64') };
    expect(() => verifyProvenance(forged, key.publicKey)).toThrow('not signed by this key');
    expect(() => verifyProvenance({ ...envelope, payloadType: 'text/plain' }, key.publicKey)).toThrow();
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => signProvenance(statement, rsa.privateKey)).toThrow('Ed25519');
  });
});

describe('npm run release', () => {
  it('changes nothing unless it is told to, and says what it would do', () => {
    const out = relative(process.cwd(), folder);
    const tags = () => spawnSync('git', ['tag'], { encoding: 'utf8' }).stdout;
    const before = tags();
    const { status, stdout, stderr } = spawnSync('node', ['scripts/release.mjs', '--out', out], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(tags()).toBe(before);
    const bill = readFileSync(join(folder, `countersign-${VERSION}.cdx.json`), 'utf8');
    expect(stdout).toContain(digestOf(bill));
    expect(readFileSync(join(folder, 'notes.md'), 'utf8').length).toBeGreaterThan(20);
    const { bomFormat, components } = JSON.parse(bill) as {
      bomFormat: string;
      components: { name: string; version: string }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    const names = components.map(({ name }) => name);
    expect(names).toContain('fastify');
    for (const development of ['vitest', 'eslint', 'typescript', 'vite']) expect(names).not.toContain(development);
    expect(bill).not.toContain(process.cwd());
  });

  it('refuses to release without a key', () => {
    const environment = { ...process.env, RELEASE_KEY_FILE: '', RELEASE_BUILDER: '' };
    const { status, stderr } = spawnSync('node', ['scripts/release.mjs', '--really'], {
      encoding: 'utf8',
      env: environment,
    });
    expect(status).toBe(1);
    expect(stderr).toContain('RELEASE_KEY_FILE names no key.');
  });
});
