import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isAhead } from '../../src/events/log-order.store.js';
import { readAfter } from '../../src/events/events.store.js';
import { bringUpToDate, ensureServiceLogin, mendLog, migrate } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { clusterUrl } from '../support/database.js';

vi.setConfig({ testTimeout: 120_000 });

/** An owner as a managed database gives one, whom row-level security confines. */
const owner = `bank_${randomUUID().replaceAll('-', '')}`;
const TENANTS = ['northbank', 'southbank'] as const;
const urlAs = (user?: string): string => {
  const url = new URL(clusterUrl());
  if (user) [url.username, url.password] = [user, 'owner'];
  url.pathname = `/${owner}`;
  return url.toString();
};

let superuser: pg.Client;
let serviceUrl: string;
const tenants = new Map<string, TenantDatabase>();
const query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await superuser.query<Row>(text, values)).rows;

beforeAll(async () => {
  const cluster = new pg.Client({ connectionString: clusterUrl() });
  await cluster.connect();
  for (const text of [
    `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'owner'`,
    `GRANT countersign_service TO ${owner} WITH ADMIN OPTION`,
    `CREATE DATABASE ${owner} OWNER ${owner}`,
  ])
    await cluster.query(text);
  await cluster.end();
  await migrate(urlAs(owner));
  serviceUrl = await ensureServiceLogin(urlAs(owner), 'epochs');
  for (const tenantId of TENANTS)
    tenants.set(
      tenantId,
      new TenantDatabase({ url: serviceUrl, tenantId, sharedConnections: 1, pooledConnections: 2 }),
    );
  superuser = new pg.Client({ connectionString: urlAs() });
  await superuser.connect();
});
afterAll(async () => {
  await Promise.all([...tenants.values()].map((database) => database.close()));
  await superuser.end();
  const cluster = new pg.Client({ connectionString: clusterUrl() });
  await cluster.connect();
  for (const text of [
    `DROP DATABASE ${owner} WITH (FORCE)`,
    `DROP ROLE ${new URL(serviceUrl).username}`,
    `DROP OWNED BY ${owner}`,
    `DROP ROLE ${owner}`,
  ])
    await cluster.query(text);
  await cluster.end();
});

/** What else runs in the cluster may hold the log back. */
const settled = (): Promise<void> =>
  expect
    .poll(
      async () => (await query(`SELECT FROM events WHERE xid >= pg_snapshot_xmin(log_snapshot()) LIMIT 1`)).length,
      { timeout: 60_000, interval: 20 },
    )
    .toBe(0);

async function empty(): Promise<void> {
  await query(`SET session_replication_role = replica`);
  await query(`TRUNCATE events, kept_events, log_leaves, event_consumers, webhooks CASCADE`);
  await query(`SET session_replication_role = DEFAULT`);
  await query(`SELECT setval('events_sequence', 1)`);
}

interface Stored {
  readonly id: string;
  readonly tenant_id: string;
  readonly xid: string;
  readonly sequence: string;
}

/** An event as a restore leaves it: its transaction id is of another cluster. */
async function restored(tenant: string, xid: bigint): Promise<string> {
  const [row] = await query<{ id: string }>(
    `INSERT INTO events (tenant_id, type, about, data, xid) VALUES ($1, 'countersign.customer.changed', 'customer', '{}', $2) RETURNING id`,
    [tenant, String(xid)],
  );
  return row!.id;
}

/** An event that this cluster writes. */
async function decided(tenant: string): Promise<string> {
  const [row] = await query<{ id: string }>(
    `INSERT INTO events (tenant_id, type, about, data) VALUES ($1, 'countersign.customer.changed', 'customer', '{}') RETURNING id`,
    [tenant],
  );
  return row!.id;
}

const log = (tenant: string): Promise<Stored[]> =>
  query<Stored>(
    `SELECT id, tenant_id, xid::text, sequence::text FROM events WHERE tenant_id = $1 ORDER BY events.xid, events.sequence`,
    [tenant],
  );
const seal = (tenant: string, ids: readonly string[]): Promise<unknown> =>
  query(
    `INSERT INTO log_leaves (tenant_id, leaf_index, event_id, leaf_hash) SELECT $1, n - 1, id, decode(repeat('00', 32), 'hex') FROM unnest($2::uuid[]) WITH ORDINALITY AS l (id, n)`,
    [tenant, ids],
  );
const next = async (): Promise<bigint> =>
  BigInt((await query<{ id: string }>(`SELECT pg_snapshot_xmax(log_snapshot())::text AS id`))[0]!.id);
const place = (rows: readonly Stored[], ids: readonly string[]): Stored[] => rows.filter(({ id }) => ids.includes(id));

describe('a log that another cluster has filled', () => {
  it('goes on after all that was restored, whatever was sealed, handed on and decided since', async () => {
    const history = fc.record({
      // Transaction ids of the old cluster, ahead of this one by up to several epochs or behind it, in the order in which they were given out.
      gaps: fc.array(
        fc.tuple(fc.constantFrom(...TENANTS), fc.constantFrom(1n, 7n, 1_000n, 2n ** 31n, 2n ** 32n, 3n * 2n ** 33n)),
        { minLength: 1, maxLength: 12 },
      ),
      from: fc.constantFrom(3n, 700n, 2n ** 20n, 2n ** 33n),
      sealed: fc.nat(12),
      handedOn: fc.nat(12),
      since: fc.array(fc.constantFrom(...TENANTS), { maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ gaps, from, sealed, handedOn, since }) => {
        await empty();
        let xid = from;
        for (const [tenant, gap] of gaps) await restored(tenant, (xid += gap));
        const ahead = xid >= (await next());
        const old = new Map<string, Stored[]>();
        for (const tenant of TENANTS) {
          const rows = await log(tenant);
          old.set(tenant, rows);
          await seal(
            tenant,
            rows.slice(0, sealed).map(({ id }) => id),
          );
          const given = rows[Math.min(handedOn, rows.length) - 1];
          await query(`INSERT INTO event_consumers (tenant_id, name, xid, sequence) VALUES ($1, 'webhooks', $2, $3)`, [
            tenant,
            given?.xid ?? '0',
            given?.sequence ?? 0,
          ]);
        }
        const decisions: [string, string][] = [];
        for (const tenant of since) decisions.push([tenant, await decided(tenant)]);
        expect((await Promise.all(TENANTS.map((tenant) => isAhead(tenants.get(tenant)!)))).includes(true)).toBe(ahead);

        await mendLog(urlAs(owner));

        for (const tenant of TENANTS) {
          expect(await isAhead(tenants.get(tenant)!)).toBe(false);
          const [rows, before] = [await log(tenant), old.get(tenant)!];
          expect(rows.slice(0, before.length)).toEqual(before);
          const decidedHere = decisions.filter(([of]) => of === tenant).map(([, id]) => id);
          expect(rows.slice(before.length).map(({ id }) => id)).toEqual(decidedHere);
          const later = await decided(tenant);
          expect((await log(tenant)).at(-1)!.id).toBe(later);
          await settled();
          const [consumer] = await query<{ xid: string; sequence: string }>(
            `SELECT xid::text, sequence::text FROM event_consumers WHERE tenant_id = $1`,
            [tenant],
          );
          const left = await readAfter(
            tenants.get(tenant)!,
            { xid: BigInt(consumer!.xid), sequence: BigInt(consumer!.sequence) },
            100,
          );
          expect(left.map(({ id }) => id)).toEqual([
            ...before.slice(handedOn).map(({ id }) => id),
            ...decidedHere,
            later,
          ]);
        }
        const epoch = (await query<{ epoch: number }>(`SELECT log_epoch() AS epoch`))[0]!.epoch;
        expect(await mendLog(urlAs(owner))).toEqual({ epoch, moved: 0 });
      }),
      { numRuns: 25 },
    );
  });

  it('has what was decided since moved to its end, also where ids were raised meanwhile and newer events are sealed already', async () => {
    await empty();
    const base = await next();
    const [first, second] = [await restored('northbank', base - 10n), await restored('northbank', base - 9n)];
    await seal('northbank', [first, second]);
    const lost = [await restored('northbank', base - 40n), await restored('northbank', base - 30n)];
    const newer = await decided('northbank');
    await query(
      `INSERT INTO log_leaves (tenant_id, leaf_index, event_id, leaf_hash) VALUES ('northbank', 2, $1, decode(repeat('00', 32), 'hex'))`,
      [newer],
    );
    expect(await isAhead(tenants.get('northbank')!)).toBe(false);
    expect(await mendLog(urlAs(owner))).toMatchObject({ moved: 2 });
    expect((await log('northbank')).map(({ id }) => id)).toEqual([first, second, newer, ...lost]);
    expect(await mendLog(urlAs(owner))).toMatchObject({ moved: 0 });
  });

  it('is mended by a start, and by that alone where it is ahead', async () => {
    await empty();
    const wanted = { eventsRetentionMonths: undefined, tenantIds: [...TENANTS] };
    await decided('southbank');
    expect(await bringUpToDate(urlAs(owner), wanted)).toEqual({ applied: [], mended: null });
    await restored('southbank', (await next()) + 2n ** 34n);
    const since = await decided('southbank');
    expect(await bringUpToDate(urlAs(owner), wanted)).toMatchObject({ applied: [], mended: { moved: 1 } });
    expect(place(await log('southbank'), [since])).toEqual((await log('southbank')).slice(-1));
  });

  it.each<[string, string]>([
    [
      'a consumer',
      `INSERT INTO event_consumers (tenant_id, name, xid, sequence) SELECT 'northbank', 'webhooks', shift_xid(pg_snapshot_xmax(log_snapshot()), 5000000000), 1`,
    ],
    [
      'the last event that was sealed, whose month is gone',
      `INSERT INTO kept_events (tenant_id, id, xid, sequence, type, about, data, occurred_at) SELECT 'northbank', uuid7(), shift_xid(pg_snapshot_xmax(log_snapshot()), 5000000000), 1, 'countersign.customer.changed', 'customer', '{}', now()`,
    ],
    [
      'a webhook',
      `INSERT INTO webhooks (tenant_id, id, url, types, signature, secret_sealed, created_by, active_from) SELECT 'northbank', uuid7(), 'https://a.example', '{}', 'v1', '\\x00', 'me', shift_xid(pg_snapshot_xmax(log_snapshot()), 5000000000)`,
    ],
  ])('is noticed by the place of %s too', async (_case, insert) => {
    await empty();
    expect(await isAhead(tenants.get('northbank')!)).toBe(false);
    await query(insert);
    expect(await isAhead(tenants.get('northbank')!)).toBe(true);
    expect(await isAhead(tenants.get('southbank')!)).toBe(false);
    await mendLog(urlAs(owner));
    expect(await isAhead(tenants.get('northbank')!)).toBe(false);
  });

  it('is mended while others write: what is committed during it comes after what was restored', async () => {
    await empty();
    const before: string[] = [];
    for (let at = 0n; at < 5n; at += 1n) before.push(await restored('northbank', (await next()) + 2n ** 33n + at));
    const writer = new pg.Client({ connectionString: serviceUrl, options: '-c countersign.tenant=northbank' });
    await writer.connect();
    let writing = true;
    const ids: string[] = [];
    const work = (async () => {
      while (writing)
        ids.push(
          (
            await writer.query<{ id: string }>(
              `INSERT INTO events (type, about, data) VALUES ('countersign.customer.changed', 'customer', '{}') RETURNING id`,
            )
          ).rows[0]!.id,
        );
    })();
    await expect.poll(() => ids.length).toBeGreaterThan(50);
    await mendLog(urlAs(owner));
    const mended = ids.length;
    await expect.poll(() => ids.length).toBeGreaterThan(mended + 50);
    writing = false;
    await work;
    await writer.end();
    const rows = (await log('northbank')).map(({ id }) => id);
    expect(rows).toHaveLength(5 + ids.length);
    expect(rows).toEqual([...before, ...ids]);
  });

  it('takes no more from the owner than that, and nothing from the login that serves', async () => {
    const service = new pg.Client({ connectionString: serviceUrl, options: '-c countersign.tenant=northbank' });
    await service.connect();
    for (const forbidden of [
      'SELECT mend_log()',
      'SELECT count_log_from(7)',
      `UPDATE events SET xid = '1'`,
      `INSERT INTO events (type, about, data, xid) VALUES ('countersign.customer.changed', 'customer', '{}', '1')`,
    ])
      await expect(service.query(forbidden)).rejects.toThrow(/permission denied/);
    await service.end();
    await decided('northbank');
    const confined = new pg.Client({ connectionString: urlAs(owner), options: '-c countersign.tenant=northbank' });
    await confined.connect();
    await expect(confined.query(`UPDATE events SET xid = '1'`)).rejects.toThrow('append-only');
    await confined.end();
  });
});
