import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keysForget, keysStatus, keysVerify } from '../../src/boot/keys/commands.js';
import { prepareDatabase } from '../../src/boot/service-database.js';
import { type Config, readConfig } from '../../src/config/config.js';
import { masterKeyId } from '../../src/crypto/server-keys.js';
import { loadKeys } from '../../src/boot/master-key.js';
import { createLogger } from '../../src/observability/logger.js';
import { masterKeyOf, rotate } from '../support/keys.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { clusterUrl } from '../support/database.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** An owner as a managed database gives one, whom row-level security confines. */
const owner = `bank_${randomUUID().replaceAll('-', '')}`;
const urlAs = (user?: string): string => {
  const url = new URL(clusterUrl());
  if (user) [url.username, url.password] = [user, 'owner'];
  url.pathname = `/${owner}`;
  return url.toString();
};

let folder: string;
let superuser: pg.Client;
const logins = new Set<string>();
const configOf = (tenants: readonly string[], more: NodeJS.ProcessEnv = {}): Config =>
  readConfig({
    ...{ DATABASE_URL: urlAs(owner), DATA_DIR: folder, MASTER_KEY: masterKeyOf(7) },
    TENANTS: JSON.stringify(tenants.map((id) => ({ id, issuer: `https://login.${id}.example` }))),
    ...more,
  });

async function prepare(config: Config): Promise<string> {
  const url = await prepareDatabase(config, config.ownerDatabaseUrl, createLogger('silent'));
  logins.add(new URL(url).username);
  return url;
}

async function onCluster(...texts: string[]): Promise<void> {
  const cluster = new pg.Client({ connectionString: clusterUrl() });
  await cluster.connect();
  for (const text of texts) await cluster.query(text);
  await cluster.end();
}

beforeAll(async () => {
  folder = await makeTemporaryFolder();
  await onCluster(
    `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'owner'`,
    `GRANT countersign_service TO ${owner} WITH ADMIN OPTION`,
    `CREATE DATABASE ${owner} OWNER ${owner}`,
  );
  superuser = new pg.Client({ connectionString: urlAs() });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await onCluster(
    `DROP DATABASE ${owner} WITH (FORCE)`,
    ...[...logins].map((login) => `DROP ROLE IF EXISTS ${login}`),
    `DROP OWNED BY ${owner}`,
    `DROP ROLE ${owner}`,
  );
  await removeTemporaryFolder(folder);
});

const generations = async (): Promise<number[]> =>
  (await superuser.query<{ generation: number }>('SELECT generation FROM key_generations ORDER BY 1')).rows.map(
    ({ generation }) => generation,
  );

describe('an owner who sees one tenant at a time', () => {
  const [all, known] = [['northbank', 'southbank'], ['northbank']];

  it('destroys no keys on which a tenant hangs that it does not see, and rotates once all are named', async () => {
    const serviceUrl = await prepare(configOf(all));
    const { ring } = await loadKeys(serviceUrl, configOf(all), all);
    for (const tenantId of all)
      for (let n = 0; n < 3; n += 1) {
        const owned = { tenantId, customerId: `cust-${n}`, keyId: randomUUID() };
        await superuser.query('INSERT INTO customers (tenant_id, id, key_id, wrapped_key) VALUES ($1, $2, $3, $4)', [
          tenantId,
          owned.customerId,
          owned.keyId,
          ring.wrap(Buffer.alloc(32, n + 1), owned),
        ]);
      }
    expect(await rotate(configOf(known))).toMatchObject({ end: 'stuck' });
    expect(await generations()).toEqual([1, 2]);
    expect(await rotate(configOf(all))).toMatchObject({ end: 'done' });
    expect(await generations()).toEqual([2]);
    expect(await keysVerify(configOf(all))).toEqual({ opened: 6, unreadable: [] });
  });

  it('lets a master key be left, with its login', async () => {
    const next = { MASTER_KEY: masterKeyOf(8), MASTER_KEY_PREVIOUS: masterKeyOf(7) };
    const former = masterKeyId(Buffer.alloc(32, 7));
    await prepare(configOf(all, next));
    expect(logins.size).toBe(2);
    expect((await keysStatus(configOf(all, next))).next).toContain(`keys forget ${former}`);
    expect(await keysForget(configOf(all, next), former)).toEqual({ opened: 1, isRoot: false });
    const { rows } = await superuser.query('SELECT rolname FROM pg_roles WHERE rolname = ANY ($1)', [[...logins]]);
    expect(rows).toHaveLength(1);
    expect(await keysVerify(configOf(all, { MASTER_KEY: masterKeyOf(8) }))).toEqual({ opened: 6, unreadable: [] });
    await expect(prepare(configOf(all))).rejects.toThrow(/^MASTER_KEY is not the one/);
  });

  it('is refused a master key that was not there when an older version kept its name', async () => {
    await superuser.query('DELETE FROM key_generations');
    await expect(prepare(configOf(all, { MASTER_KEY: masterKeyOf(9) }))).rejects.toThrow(/^MASTER_KEY is not the one/);
    expect(await generations()).toEqual([]);
  });
});
