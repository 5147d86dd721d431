import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inspectEnvironment, readConfig } from './config.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-faults-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('an environment with several faults', () => {
  it('names all of them at once: wrong ones, missing ones, and those that do not go together', () => {
    const environment = {
      DATA_DIR: folder,
      NODE_ENV: 'production',
      PORT: 'x',
      SERVICE_DATABASE_URL: 'postgres://u:hunter2@db/x',
      WITNESS_URL: 'http://witness.example',
      VAPID_PRIVATE_KEY: 'x',
      FCM: '{"serviceAccountFile":"/nowhere/hunter2.json"}',
      APNS: '{"keyFile":',
    };
    const { config, complaints } = inspectEnvironment(environment);
    expect(config).toBeNull();
    expect(complaints.map((complaint) => complaint.split(' ')[0])).toEqual([
      'PORT',
      'APNS',
      'TENANTS',
      'MIGRATE',
      'WITNESS_URL',
      'VAPID_SUBJECT',
      'A',
      'MASTER_KEY',
      'SIGNING_KEY',
    ]);
    expect(() => readConfig(environment)).toThrow(complaints.join('\n'));
    expect(complaints.join()).not.toContain('hunter2');
  });

  it('makes up no key while another setting is wrong', () => {
    expect(inspectEnvironment({ DATA_DIR: folder, PORT: 'x' }).complaints).toHaveLength(1);
    expect(existsSync(join(folder, 'master.key'))).toBe(false);
    expect(existsSync(join(folder, 'signing.key'))).toBe(false);
    expect(existsSync(join(folder, 'vapid.key'))).toBe(false);
    const wrongPush = { DATA_DIR: folder, FCM: '{"serviceAccountFile":"/nowhere"}' };
    expect(inspectEnvironment(wrongPush).complaints).toEqual(['A file that FCM names cannot be read.']);
    expect(existsSync(join(folder, 'master.key'))).toBe(false);
    expect(inspectEnvironment({ DATA_DIR: folder, MASTER_KEY: 'x' }).complaints).toHaveLength(1);
    expect(existsSync(join(folder, 'vapid.key'))).toBe(false);
  });

  it('does not call missing what is only wrong', () => {
    const { complaints } = inspectEnvironment({ DATA_DIR: folder, TENANTS: 'x', SIGNING_COMMAND: 'x' });
    expect(complaints.map((complaint) => complaint.split(' ').slice(0, 3).join(' '))).toEqual([
      'TENANTS should be',
      'SIGNING_COMMAND should be',
    ]);
  });
});
