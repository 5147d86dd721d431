import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { keysStatus, keysVerify } from '../../src/boot/keys/commands.js';
import { prepareDatabase } from '../../src/boot/service-database.js';
import { type Config, readConfig } from '../../src/config/config.js';
import { generateDataKey, lookupHash, seal, wrapDataKey } from '../../src/crypto/sealing.js';
import { deriveServerKeys } from '../../src/crypto/server-keys.js';
import { CONTACT_VALUE } from '../../src/customers/customers.service.js';
import { createLogger } from '../../src/observability/logger.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { bundle } from '../support/program.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

vi.setConfig({ testTimeout: 280_000, hookTimeout: 120_000 });

const CUSTOMERS = 600;
const MASTER_KEY = Buffer.alloc(32, 7);
const TENANT = 'northbank';

let database: TestDatabase;
let folder: string;
let program: { file: string; remove(): Promise<void> };
let environment: NodeJS.ProcessEnv;
let config: Config;
let owner: pg.Client;
beforeAll(async () => {
  [database, folder, program] = await Promise.all([
    createTestDatabase(),
    makeTemporaryFolder(),
    bundle('rotation', 'test/support/rotating-process.ts'),
  ]);
  environment = { DATABASE_URL: database.url, DATA_DIR: folder, MASTER_KEY: MASTER_KEY.toString('base64') };
  config = readConfig(environment);
  await prepareDatabase(config, database.url, createLogger('silent'));
  owner = new pg.Client({ connectionString: database.url, options: `-c countersign.tenant=${TENANT}` });
  await owner.connect();
  await addCustomers();
});
afterAll(async () => {
  await owner.end();
  await Promise.all([database.drop(), program.remove(), removeTemporaryFolder(folder)]);
});

/** As a version of before kept them: under the master key itself. */
async function addCustomers(): Promise<void> {
  const { wrapping, lookup } = deriveServerKeys(MASTER_KEY);
  for (let n = 0; n < CUSTOMERS; n += 1) {
    const owned = { tenantId: TENANT, customerId: `cust-${n}`, keyId: randomUUID() };
    const [dataKey, number] = [generateDataKey(), `+4477009${String(n).padStart(5, '0')}`];
    await owner.query('INSERT INTO customers (id, key_id, wrapped_key) VALUES ($1, $2, $3)', [
      owned.customerId,
      owned.keyId,
      wrapDataKey(wrapping, dataKey, owned),
    ]);
    await owner.query(
      `INSERT INTO contact_points (customer_id, kind, value_sealed, value_hash, since) VALUES ($1, 'phone', $2, $3, now())`,
      [owned.customerId, seal(dataKey, number, CONTACT_VALUE), lookupHash(lookup, TENANT, 'phone', number)],
    );
  }
}

async function remade(): Promise<number> {
  const { rows } = await owner.query<{ remade: number }>(
    'SELECT (SELECT count(*) FROM customers WHERE key_generation(wrapped_key) > 1)::int + (SELECT count(*) FROM contact_points WHERE key_generation(value_hash) > 1)::int AS remade',
  );
  return rows[0]!.remade;
}

function rotate(): ChildProcess {
  return spawn(process.execPath, [program.file], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Lets whoever writes this customer's row in a table wait at it. */
async function stopAt(table: string, column: string, customerId: string): Promise<void> {
  await owner.query(`
    CREATE OR REPLACE FUNCTION stop_here() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(815); RETURN NEW; END';
    CREATE TRIGGER stop_here BEFORE UPDATE ON ${table} FOR EACH ROW WHEN (NEW.${column} = '${customerId}') EXECUTE FUNCTION stop_here();
    SELECT pg_advisory_lock(815)`);
}

const others = async (condition: string): Promise<number> =>
  (
    await owner.query<{ others: number }>(
      `SELECT count(*)::int AS others FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'countersign keys' AND ${condition}`,
    )
  ).rows[0]!.others;

const STOPS = [
  ['customers', 'id', 'cust-30'],
  ['customers', 'id', 'cust-500'],
  ['contact_points', 'customer_id', 'cust-300'],
] as const;

it('a rotation that is killed wherever it is goes on where it was, loses nothing and ends', async () => {
  let before = 0;
  for (const [table, column, customerId] of STOPS) {
    await stopAt(table, column, customerId);
    const child = rotate();
    const ended = once(child, 'exit');
    await expect.poll(() => others(`wait_event_type = 'Lock'`), { timeout: 60_000 }).toBe(1);
    child.kill('SIGKILL');
    expect((await ended)[1]).toBe('SIGKILL');
    await owner.query('SELECT pg_advisory_unlock(815)');
    await expect.poll(() => others('true'), { timeout: 60_000 }).toBe(0);
    await owner.query(`DROP TRIGGER stop_here ON ${table}`);
    const now = await remade();
    expect(now).toBeGreaterThan(before);
    expect(now).toBeLessThan(CUSTOMERS * 2);
    before = now;
    expect(await keysStatus(config)).toMatchObject({ generations: [{ generation: 1 }, { generation: 2 }] });
    expect(await keysVerify(config)).toEqual({ opened: CUSTOMERS * 2, unreadable: [] });
  }
  const [code] = (await once(rotate(), 'exit')) as [number];
  expect(code).toBe(0);
  expect(await remade()).toBe(CUSTOMERS * 2);
  expect(await keysStatus(config)).toMatchObject({ generations: [{ generation: 2, isUsed: true }] });
  expect(await keysVerify(config)).toEqual({ opened: CUSTOMERS * 2, unreadable: [] });
});
