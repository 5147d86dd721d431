import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { requireConfinedLogin } from '../../src/database/confined-login.js';
import { ensureServiceLogin, migrate, MIGRATIONS } from '../../src/database/migrate.js';
import { describeCatalog } from '../support/catalog.js';
import { createBareDatabase, type TestDatabase } from '../support/database.js';
import { migrateFirst } from '../support/released.js';

vi.setConfig({ testTimeout: 120_000 });

type Runner = Parameters<InstanceType<(typeof MIGRATIONS)[number]>['up']>[0];

const NAMES = MIGRATIONS.map(({ name }) => name);

let database: TestDatabase;
let client: pg.Client;
beforeEach(async () => {
  database = await createBareDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await database.drop();
});

/** As much of TypeORM's query runner as a migration may use. */
const runner = { query: async (text: string) => (await client.query(text)).rows } as unknown as Runner;

const appliedNames = async (): Promise<string[]> =>
  (await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id')).rows.map(({ name }) => name);

describe('a fresh database', () => {
  it('comes to the committed catalog (npx vitest run test/migrations -u writes it anew)', async () => {
    expect(await migrate(database.url)).toEqual(NAMES);
    await expect(await describeCatalog(client)).toMatchFileSnapshot('catalog.txt');
  });

  it('is migrated once: a second run does nothing', async () => {
    await migrate(database.url);
    const catalog = await describeCatalog(client);
    expect(await migrate(database.url)).toEqual([]);
    expect(await describeCatalog(client)).toBe(catalog);
    expect(await appliedNames()).toEqual(NAMES);
  });

  it('is migrated once by several nodes that start together', async () => {
    const ran = await Promise.all(Array.from({ length: 4 }, () => migrate(database.url)));
    expect(ran.flat().sort()).toEqual([...NAMES].sort());
    expect(await appliedNames()).toEqual(NAMES);
  });
});

describe('each migration', () => {
  it('is undone by its down, and can then be done again', async () => {
    await client.query('CREATE TABLE migrations (id serial PRIMARY KEY)');
    for (const Migration of MIGRATIONS) {
      const before = await describeCatalog(client);
      await new Migration().up(runner);
      const after = await describeCatalog(client);
      await new Migration().down(runner);
      expect([Migration.name, await describeCatalog(client)]).toEqual([Migration.name, before]);
      await new Migration().up(runner);
      expect([Migration.name, await describeCatalog(client)]).toEqual([Migration.name, after]);
    }
    for (const Migration of [...MIGRATIONS].reverse()) await new Migration().down(runner);
    expect(await describeCatalog(client)).toMatch(/^table migrations\n/);
    expect(await describeCatalog(client)).not.toMatch(/\ntable |FUNCTION/);
  });

  it('is named after its file and its time, and they are in order', () => {
    const times = NAMES.map((name) => Number(/^[A-Z][A-Za-z]+(\d{13})$/.exec(name)![1]));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
  });
});

describe('a database that a newer version migrated', () => {
  it('is refused, and stays as it was', async () => {
    await migrate(database.url);
    await client.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`);
    const catalog = await describeCatalog(client);
    await expect(migrate(database.url)).rejects.toThrow(/newer version of this service \(FromTheFuture9999999999999\)/);
    expect(await describeCatalog(client)).toBe(catalog);
  });
});

describe('rows of a release before changes and callbacks', () => {
  it('are there afterwards, as they were', async () => {
    await migrateFirst(client, NAMES.indexOf('ChangesAndCallbacks1764000006000'));
    await client.query(`SET countersign.tenant = 'northbank'`);
    const [call, waiting, closed] = [randomUUID(), randomUUID(), randomUUID()];
    await client.query(`INSERT INTO customers (id, key_id, wrapped_key) VALUES ('cust-1', '${randomUUID()}', '\\x01')`);
    await client.query(`INSERT INTO calls (id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, declared_by, expires_at)
      VALUES ('${call}', '3QM72D4F', 'cust-1', 'outbound', '${randomUUID()}', '\\x02', 'amara', 'Amara Okafor', 'amara', now() + interval '2 hours')`);
    for (const [id, status] of [
      [waiting, 'waiting'],
      [closed, 'expired'],
    ]) {
      await client.query(`INSERT INTO verifications (id, customer_id, kind, status, call_id, direction, key_id, display_sealed, challenge, asks, attempts_allowed, policy_version, started_by, expires_at, closed_at)
        VALUES ('${id}', 'cust-1', 'call', '${status}', '${call}', 'outbound', '${randomUUID()}', '\\x03', 'challenge', '{answer,code}', 5, 0, 'amara', now() + interval '2 minutes', ${status === 'waiting' ? 'NULL' : 'now()'})`);
    }
    await client.query(
      `INSERT INTO events (type, about, data) VALUES ('countersign.call.declared', 'call', '{"direction":"outbound"}')`,
    );
    const read = async (): Promise<object[]> => {
      const rows: object[] = [];
      for (const table of ['customers', 'calls', 'verifications', 'events'])
        rows.push(
          ...(await client.query<{ row: object }>(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY id`)).rows.map(
            ({ row }) => row,
          ),
        );
      return rows;
    };
    const before = await read();
    expect(before).toHaveLength(5);
    await migrate(database.url);
    expect(await read()).toMatchObject(before);
  });
});

/** The service's own keys, wrapped, and who is served: they tell nothing of what a tenant has. */
const OF_ALL_TENANTS = ['key_generations', 'key_slots', 'tenants'];

describe('every table', () => {
  it('that is of no tenant is only read by those who serve', async () => {
    await migrate(database.url);
    const { rows } = await client.query<{ name: string; rights: string }>(
      `SELECT table_name AS name, string_agg(privilege_type, ',') AS rights FROM information_schema.role_table_grants
        WHERE grantee IN ('countersign_service', 'PUBLIC') AND table_name = ANY ($1) GROUP BY 1 ORDER BY 1`,
      [OF_ALL_TENANTS],
    );
    expect(rows).toEqual(OF_ALL_TENANTS.map((name) => ({ name, rights: 'SELECT' })));
  });

  it('of tenants is confined: tenant first in its key and part of each unique index, security forced, one policy that lets in, and others only narrow it', async () => {
    await migrate(database.url);
    const { rows } = await client.query<{
      name: string;
      forced: boolean;
      policies: string;
      unique_without_tenant: string[] | null;
    }>(
      `
      SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS forced,
             (SELECT string_agg(polname || ' ' || pg_get_expr(polqual, polrelid), '; ') FROM pg_policy WHERE polrelid = c.oid AND polpermissive) AS policies,
             (SELECT array_agg(i.indexrelid::regclass::text) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = 'tenant_id'
               WHERE i.indrelid = c.oid AND i.indisunique AND CASE WHEN i.indisprimary THEN i.indkey[0] <> a.attnum ELSE a.attnum <> ALL (i.indkey) END) AS unique_without_tenant
        FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> ALL ($1)`,
      [['migrations', 'tenant_changes', ...OF_ALL_TENANTS]],
    );
    expect(rows.length).toBeGreaterThan(5);
    for (const row of rows) {
      expect(row).toMatchObject({ forced: true, unique_without_tenant: null });
      expect(row.policies).toBe(`tenant (tenant_id = current_setting('countersign.tenant'::text, true))`);
    }
  });
});

describe('every index', () => {
  it("that is no primary key begins with what tells rows apart and not with the tenant; only the tail of the log is read in the tenant's order", async () => {
    await migrate(database.url);
    const { rows } = await client.query<{ name: string; first: string; names_tenant: boolean }>(`
      SELECT DISTINCT coalesce((SELECT inhparent FROM pg_inherits WHERE inhrelid = i.indexrelid), i.indexrelid)::regclass::text AS name, pg_get_indexdef(i.indexrelid, 1, true) AS first, a.attnum = ANY (i.indkey) AS names_tenant
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
       WHERE c.relnamespace = 'public'::regnamespace AND NOT i.indisprimary`);
    expect(rows.filter(({ names_tenant }) => names_tenant).length).toBeGreaterThan(20);
    expect(rows.filter(({ first }) => first === 'tenant_id').map(({ name }) => name)).toEqual(['events_by_commit']);
  });
});

describe('the login that serves requests', () => {
  it('is made once, owns nothing, and sees nothing until it says whose it is', async () => {
    await migrate(database.url);
    const urls = await Promise.all([
      ensureServiceLogin(database.url, 'a password'),
      ensureServiceLogin(database.url, 'a password'),
    ]);
    expect(new Set(urls).size).toBe(1);
    await expect(requireConfinedLogin(urls[0]!)).resolves.toBeUndefined();
    await client.query(`SET countersign.tenant = 'northbank'`);
    await client.query(
      `INSERT INTO lines (number, use, label) VALUES ('+442079460100', 'outbound', 'Fraud Operations')`,
    );
    const service = new pg.Client({ connectionString: urls[0] });
    await service.connect();
    try {
      const count = async (): Promise<number> => (await service.query('SELECT FROM lines')).rowCount!;
      expect(await count()).toBe(0);
      await expect(
        service.query(`INSERT INTO lines (number, use, label) VALUES ('+442079460101', 'outbound', 'x')`),
      ).rejects.toThrow(/countersign.tenant/);
      await service.query(`SET countersign.tenant = 'southbank'`);
      expect(await count()).toBe(0);
      await expect(
        service.query(
          `INSERT INTO lines (tenant_id, number, use, label) VALUES ('northbank', '+442079460101', 'outbound', 'x')`,
        ),
      ).rejects.toThrow(/row-level security/);
      await service.query(`SET countersign.tenant = 'northbank'`);
      expect(await count()).toBe(1);
      for (const forbidden of [
        'SELECT FROM migrations',
        'TRUNCATE lines',
        'ALTER TABLE lines DISABLE ROW LEVEL SECURITY',
        'CREATE TABLE mine ()',
        'UPDATE events SET data = NULL',
        'DELETE FROM events',
        'DELETE FROM verifications',
        'UPDATE policies SET version = 1',
        `SET ROLE ${new URL(database.url).username}`,
      ]) {
        await expect(service.query(forbidden)).rejects.toThrow(/permission denied|must be owner/);
      }
    } finally {
      await service.end();
    }
  });

  it('is refused where it is not confined', async () => {
    await migrate(database.url);
    await expect(requireConfinedLogin(database.url)).rejects.toThrow(
      /superuser, bypasses row-level security or owns tables/,
    );
  });
});

describe('the event log', () => {
  it('is append-only for its owner too', async () => {
    await migrate(database.url);
    await client.query(`SET countersign.tenant = 'northbank'`);
    await client.query(`INSERT INTO events (type, about, data) VALUES ('countersign.call.declared', 'call', '{}')`);
    for (const change of [`UPDATE events SET data = '{"a":1}'`, 'DELETE FROM events', 'TRUNCATE events'])
      await expect(client.query(change)).rejects.toThrow(/^events(_first)? is append-only$/);
    const { rows: partitions } = await client.query<{ name: string }>(
      `SELECT inhrelid::regclass AS name FROM pg_inherits WHERE inhparent = 'events'::regclass`,
    );
    expect(partitions).toHaveLength(5);
    for (const { name } of partitions)
      await expect(client.query(`TRUNCATE ${name}`)).rejects.toThrow(`${name} is append-only`);
    for (const change of ['UPDATE events_first SET data = NULL', 'DELETE FROM events_first'])
      await expect(client.query(change)).rejects.toThrow('events_first is append-only');
    expect((await client.query('SELECT FROM events')).rowCount).toBe(1);
  });
});
