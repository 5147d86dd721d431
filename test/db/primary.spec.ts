import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainPath } from '../../bench/drills/plain-path.js';
import { findPrograms, PostgresNode } from '../../bench/drills/postgres-node.js';
import { atPrimary, describeHosts } from '../../src/database/at-primary.js';
import { NoPrimary, Primary } from '../../src/database/primary.js';
import { read, sql } from '../../src/database/sql.js';
import { isDatabaseUnavailable, TenantDatabase } from '../../src/database/tenant-database.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

const DATABASE = 'postgres';
const where = read('test.where', sql`SELECT current_setting('cluster_name') AS node, pg_sleep(:seconds)`);

let directory: string;
let nodes: Record<'a' | 'b' | 'stranger', PostgresNode>;

beforeAll(async () => {
  directory = await makeTemporaryFolder();
  const programs = await findPrograms(directory);
  const node = async (name: string): Promise<PostgresNode> =>
    new PostgresNode(name, directory, programs, await plainPath());
  nodes = { a: await node('a'), b: await node('b'), stranger: await node('stranger') };
  const quick = { fsync: 'off', wal_retrieve_retry_interval: '100ms' };
  await Promise.all([nodes.a.make(quick), nodes.stranger.make(quick)]);
  await Promise.all([nodes.a.start(), nodes.stranger.start()]);
  await nodes.b.copyFrom(nodes.a);
  await nodes.b.start();
}, 120_000);
afterAll(async () => {
  await Promise.all(Object.values(nodes ?? {}).map((node) => node.kill()));
  await removeTemporaryFolder(directory);
});

const addressOf = (...names: (keyof typeof nodes)[]): string =>
  `postgres://drill:drill@${names.map((name) => nodes[name].at).join(',')}/${DATABASE}?target_session_attrs=read-write`;

async function openedAt(node: PostgresNode): Promise<number> {
  const rows = await node.sql(
    DATABASE,
    `SELECT FROM pg_stat_activity WHERE application_name = 'countersign northbank'`,
  );
  return rows.length;
}

describe('several hosts', () => {
  it('one that is no primary is never gone to, wherever it stands', async () => {
    for (const names of [
      ['a', 'b'],
      ['b', 'a'],
    ] as const)
      expect(await atPrimary(addressOf(...names))).toBe(nodes.a.url(DATABASE));
    const alone = await atPrimary(addressOf('b')).catch((error: unknown) => error);
    expect(alone).toBeInstanceOf(NoPrimary);
    expect((alone as Error).message).toMatch(/none of its hosts is a primary.*is a standby\.$/);
    expect((alone as Error).message).not.toContain('drill:');
  });

  it('each says what it is, for whoever looks before a start', async () => {
    expect(await describeHosts(addressOf('b', 'a'))).toEqual([
      { name: nodes.b.at, words: 'is a standby', answers: true },
      { name: nodes.a.at, words: 'takes writes, on timeline 1', answers: true },
    ]);
    expect(await describeHosts(nodes.a.url(DATABASE))).toEqual([]);
  });

  it('two that both decide on one timeline are both left alone', async () => {
    const refused = await atPrimary(addressOf('a', 'stranger')).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NoPrimary);
    expect((refused as Error).message).toMatch(/takes writes, on timeline 1;.*takes writes, on timeline 1\.$/);
  });

  it('a primary that hangs is left, and an old one that goes on afterwards is not gone back to', async () => {
    const told: string[] = [];
    const primary = new Primary({
      url: addressOf('a', 'b'),
      tell: (what, { host }) => void told.push(`${what} ${host === nodes.a.at ? 'a' : 'b'}`),
    });
    const db = new TenantDatabase({
      url: addressOf('a', 'b'),
      primary,
      tenantId: 'northbank',
      sharedConnections: 1,
      pooledConnections: 1,
    });
    const ask = async (seconds = 0): Promise<string> => (await db.query<{ node: string }>(where, { seconds }))[0]!.node;
    const eventually = async (): Promise<string> => {
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          expect(isDatabaseUnavailable(error)).toBe(true);
        }
      }
    };
    try {
      expect(await ask()).toBe('a');
      const { generation } = db;
      const waits = ask(3).catch((error: unknown) => error);
      nodes.a.hang();
      // Long before the statement would end by itself, and before any limit of the driver.
      expect(isDatabaseUnavailable(await waits)).toBe(true);
      expect(told).toEqual(['found a', 'lost a']);
      expect(db.generation).toBeGreaterThan(generation);
      await nodes.b.promote();
      expect(await eventually()).toBe('b');
      nodes.a.resume();
      await expect
        .poll(() => [...primary.states().values()].filter((state) => state && 'report' in state).length, {
          timeout: 60_000,
        })
        .toBe(2);
      const [a, b] = [...primary.states().values()].map((state) => (state && 'report' in state ? state.report : null));
      // Both take writes, and say so; the newer timeline decides.
      expect([a!.isStandby, a!.isReadOnly, b!.isStandby, b!.isReadOnly]).toEqual([false, false, false, false]);
      expect(b!.timeline!).toBeGreaterThan(a!.timeline!);
      expect(await Promise.all(Array.from({ length: 20 }, () => ask()))).toEqual(Array.from({ length: 20 }, () => 'b'));
      // What it was at when it stopped ends once it notices that nobody is there.
      await expect.poll(() => openedAt(nodes.a), { timeout: 60_000 }).toBe(0);
      expect(told).toEqual(['found a', 'lost a', 'found b']);
      // Nor by whoever begins now.
      expect(await atPrimary(addressOf('a', 'b'))).toBe(nodes.b.url(DATABASE));
      // And where the newer one is gone, the older is no substitute for whoever has seen it.
      await nodes.b.kill();
      await expect.poll(() => told.at(-1), { timeout: 60_000 }).toBe('lost b');
      const gone = await ask().catch((error: unknown) => error);
      expect(gone).toBeInstanceOf(NoPrimary);
      expect(await openedAt(nodes.a)).toBe(0);
    } finally {
      await db.close();
      primary.close();
    }
  });
});
