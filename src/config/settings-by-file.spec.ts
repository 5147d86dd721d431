import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, configHelp, inspectEnvironment, readConfig } from './config.js';
import { SETTINGS } from './settings.js';
import { SETTINGS_BY_FILE } from './settings-by-file.js';

const folder = mkdtempSync(join(tmpdir(), 'countersign-by-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const URL_OF_DATABASE = 'postgres://owner:hunter2@db:5432/countersign';

function fileOf(text: string): string {
  const file = join(folder, Math.random().toString(36).slice(2));
  writeFileSync(file, text);
  return file;
}

function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig({ DATA_DIR: folder, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('a setting given by a file', () => {
  it('is as good as one in the environment, with or without a last line feed', () => {
    const TENANTS = JSON.stringify([{ id: 'northbank', issuer: 'https://login.northbank.example' }]);
    const given = readConfig({ DATA_DIR: folder, DATABASE_URL: URL_OF_DATABASE, TENANTS });
    const byFile = readConfig({
      DATA_DIR: folder,
      DATABASE_URL_FILE: fileOf(`${URL_OF_DATABASE}\n`),
      TENANTS_FILE: fileOf(TENANTS),
    });
    expect(byFile.ownerDatabaseUrl).toBe(given.ownerDatabaseUrl);
    expect(byFile.tenants).toEqual(given.tenants);
  });

  it('is refused where it is also in the environment, and where the file is missing, empty, too large or wrong', () => {
    const both = { DATABASE_URL: URL_OF_DATABASE, DATABASE_URL_FILE: fileOf(URL_OF_DATABASE) };
    expect(refusal(both)).toBe('DATABASE_URL and DATABASE_URL_FILE exclude each other.');
    const unusable = [join(folder, 'nothing'), folder, fileOf(' \n'), fileOf('x'.repeat(1024 * 1024 + 1))];
    for (const file of unusable)
      expect(refusal({ DATABASE_URL_FILE: file })).toBe(
        'DATABASE_URL_FILE should name a file that can be read and holds DATABASE_URL.',
      );
    const wrong = refusal({ DATABASE_URL_FILE: fileOf('mysql://owner:hunter2@db/x') });
    expect(wrong).toMatch(/^DATABASE_URL should be /);
    expect(wrong).not.toContain('hunter2');
  });

  it('is in no way the rest of an environment: an empty name is none, and the file of a doctor is a fault like any', () => {
    expect(refusal({ DATABASE_URL_FILE: '' })).toBe('accepted');
    const { complaints } = inspectEnvironment({ DATA_DIR: folder, TENANTS_FILE: '/nowhere' }, { generateKeys: false });
    expect(complaints).toEqual(['TENANTS_FILE should name a file that can be read and holds TENANTS.']);
  });

  it('exists for settings that exist, and is listed by --help', () => {
    for (const name of SETTINGS_BY_FILE) {
      expect(Object.keys(SETTINGS)).toContain(name);
      expect(Object.keys(SETTINGS)).not.toContain(`${name}_FILE`);
      expect(configHelp().split('With _FILE behind its name')[1]).toContain(name);
    }
  });
});
