import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { examine } from '../../src/boot/doctor/doctor.js';
import type { Finding } from '../../src/boot/doctor/finding.js';
import { servicePassword } from '../../src/boot/service-database.js';
import { ensureServiceLogin, migrate, serviceLoginName } from '../../src/database/migrate.js';
import { freePort } from '../../bench/load/free-port.js';
import { type Standbys, startStandbys } from '../support/standby.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const DATABASE = 'bank';
const SOON = { timeout: 60_000, interval: 50 };
const masterKey = randomBytes(32);
let nodes: Standbys;
let owner: string;
beforeAll(async () => {
  nodes = await startStandbys(DATABASE);
  owner = nodes.primary.url(DATABASE);
  await migrate(owner);
  await ensureServiceLogin(owner, servicePassword(masterKey));
});
afterAll(() => nodes?.remove());

async function examined(replica: string | undefined, more: NodeJS.ProcessEnv = {}): Promise<Finding[]> {
  return examine({
    DATA_DIR: '/nowhere',
    MASTER_KEY: masterKey.toString('base64'),
    TENANTS: '[{"id":"northbank","issuer":"http://127.0.0.1:9"}]',
    DATABASE_URL: owner,
    ...(replica === undefined ? {} : { REPLICA_URL: replica, REPLICA_MAX_LAG_SECONDS: '1' }),
    ...more,
  });
}
async function found(replica: string, more: NodeJS.ProcessEnv = {}): Promise<Finding> {
  const findings = (await examined(replica, more)).filter(({ check }) => check === 'replica');
  expect(findings).toHaveLength(1);
  return findings[0]!;
}
const at = (name: 'primary' | 'replica' | 'other' | 'stranger', database = DATABASE): string =>
  `postgres://${nodes[name].at}/${database}`;
const atReplica = (text: string): Promise<object[]> => nodes.replica.sql<object>(DATABASE, text);

describe('the doctor, of a read replica', () => {
  it('says nothing where none is named, and that a standby of this database has come to where the primary was', async () => {
    expect((await examined(undefined)).filter(({ check }) => check === 'replica')).toEqual([]);
    await expect
      .poll(() => found(at('replica')), SOON)
      .toEqual({ check: 'replica', result: 'ok', detail: expect.stringContaining('has come to where') as string });
  });

  it('warns of one that stands still, and not of one that has nothing to catch up with', async () => {
    await expect.poll(async () => (await found(at('replica'))).result, SOON).toBe('ok');
    await atReplica('SELECT pg_wal_replay_pause()');
    await nodes.primary.sql(DATABASE, 'CREATE TABLE something_new ()');
    expect(await found(at('replica'))).toMatchObject({
      result: 'warning',
      detail: expect.stringContaining('has not come to where the primary was 1 s ago') as string,
    });
    await atReplica('SELECT pg_wal_replay_resume()');
    await expect.poll(async () => (await found(at('replica'))).result, SOON).toBe('ok');
  });

  it('fails one of another cluster or another database, which is never asked', async () => {
    const login = serviceLoginName(owner);
    await nodes.stranger.sql('postgres', `CREATE ROLE ${login} LOGIN PASSWORD '${servicePassword(masterKey)}'`);
    for (const url of [at('stranger', 'postgres'), at('other', `${DATABASE}_else`)])
      expect(await found(url)).toMatchObject({
        result: 'failed',
        detail: expect.stringContaining('another cluster') as string,
      });
  });

  it('fails one that does not let the login of the service in, and one without the database, without a word of the password', async () => {
    const password = servicePassword(masterKey);
    await nodes.stranger.sql('postgres', `ALTER ROLE ${serviceLoginName(owner)} PASSWORD 'another'`);
    for (const url of [at('stranger', 'postgres'), at('other', 'nowhere')]) {
      const finding = await found(url);
      expect(finding.result).toBe('failed');
      expect(finding.detail).toMatch(/28P01|3D000/);
      expect(finding.detail).not.toContain(password);
    }
  });

  it('warns of one that is away, which keeps nobody from starting', async () => {
    expect(await found(`postgres://127.0.0.1:${await freePort()}/${DATABASE}`)).toMatchObject({
      result: 'warning',
      detail: expect.stringMatching(/ECONNREFUSED.*the primary answers in its place/) as string,
    });
  });

  it('skips it where the login that serves is not let in at the primary', async () => {
    expect(await found(at('replica'), { MASTER_KEY: randomBytes(32).toString('base64') })).toMatchObject({
      result: 'skipped',
    });
  });

  it('warns of the primary itself, and after a promotion of what follows the old one', async () => {
    const promoted = { result: 'warning', detail: expect.stringContaining('no standby') as string };
    expect(await found(at('primary'))).toMatchObject(promoted);
    await nodes.replica.promote();
    await expect.poll(() => found(at('replica')), SOON).toMatchObject(promoted);
    await nodes.replica.sql(DATABASE, 'CHECKPOINT');
    expect(await found(at('other'), { DATABASE_URL: nodes.replica.url(DATABASE) })).toMatchObject({
      result: 'warning',
      detail: expect.stringContaining('another timeline') as string,
    });
  });
});
