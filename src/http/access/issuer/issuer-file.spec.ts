import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureIssuerSecrets, issuerFile } from './issuer-file.js';

let dataDirectory: string;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'countersign-secrets-'));
});

afterAll(() => rm(dataDirectory, { recursive: true }));

describe('the file of secrets', () => {
  it('is the same for processes that create it at once, and readable by its owner alone', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => ensureIssuerSecrets(dataDirectory, 'racebank')));
    expect(new Set(all.map((secrets) => JSON.stringify(secrets))).size).toBe(1);
    expect((await stat(issuerFile(dataDirectory, 'racebank'))).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dataDirectory, 'issuer'))).not.toContainEqual(expect.stringContaining('.tmp'));
  });

  it('says so when it is damaged, without quoting it', async () => {
    const file = issuerFile(dataDirectory, 'racebank');
    await writeFile(file, '{"version":1,"secret-thing');
    await expect(ensureIssuerSecrets(dataDirectory, 'racebank')).rejects.toThrow(/is damaged\. Delete it/);
    await expect(ensureIssuerSecrets(dataDirectory, 'racebank')).rejects.not.toThrow(/secret-thing/);
  });
});
