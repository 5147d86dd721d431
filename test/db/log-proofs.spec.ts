import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillLog } from '../../bench/big-log.js';
import {
  consistencyRanges,
  hashLeaf,
  hashOfNodes,
  inclusionRanges,
  verifyConsistency,
  verifyInclusion,
} from '../../src/crypto/merkle-tree.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { hasPending, LogDamaged, readEdge, readNodes } from '../../src/transparency/log.store.js';
import { readProof } from '../../src/transparency/log-seal.js';
import { createTestDatabase } from '../support/database.js';

/** Not a power of two, so that the right edge is ragged. */
const LEAVES = 150_001;

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let owner: pg.Client;
let asService: { url: string; sharedConnections: number; pooledConnections: number };
let db: TenantDatabase;
let south: TenantDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const url = await ensureServiceLogin(database.url, 'log-test');
  asService = { url, sharedConnections: 1, pooledConnections: 1 };
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await fillLog(owner, 'northbank', LEAVES);
  [db, south] = ['northbank', 'southbank'].map((tenantId) => new TenantDatabase({ ...asService, tenantId })) as [
    TenantDatabase,
    TenantDatabase,
  ];
});
afterAll(async () => {
  await Promise.all([db.close(), south.close(), owner.end()]);
  await database.drop();
});

describe('a database whose transaction ids are lower than those in the log', () => {
  it('as after a restore by pg_dump, is told of: nothing would be sealed any more', async () => {
    const other = await createTestDatabase();
    const client = new pg.Client({ connectionString: other.url });
    await client.connect();
    await client.query(
      `SET countersign.tenant = 'northbank'; INSERT INTO events (type, about, xid, data) VALUES ('countersign.policy.changed', 'policy', '99999999999', '{}')`,
    );
    await client.query(`INSERT INTO log_leaves (leaf_index, event_id, leaf_hash) SELECT 0, id, sha256('') FROM events`);
    const restored = new TenantDatabase({
      url: other.url,
      tenantId: 'northbank',
      sharedConnections: 1,
      pooledConnections: 1,
    });
    await expect(hasPending(restored)).rejects.toThrow('as after a restore by pg_dump');
    await Promise.all([restored.close(), client.end()]);
    await other.drop();
  });
});

/** How often the tables of the log were read by an index, and how often from one end to the other. */
async function scans(): Promise<{ by_index: number; whole: number }> {
  const { rows } = await owner.query(
    `SELECT sum(idx_scan)::int AS by_index, sum(seq_scan)::int AS whole FROM pg_stat_user_tables WHERE relname IN ('log_leaves', 'log_nodes')`,
  );
  return rows[0];
}

describe('proofs out of a big log', () => {
  it('verify, and are read by index alone', async () => {
    const before = await scans();
    const reader = new TenantDatabase({ ...asService, tenantId: 'northbank' });
    const root = hashOfNodes(await readEdge(reader, LEAVES));
    for (const at of [
      0,
      1,
      2 ** 17 - 1,
      2 ** 17,
      LEAVES - 2,
      LEAVES - 1,
      ...Array.from({ length: 60 }, () => Math.floor(Math.random() * LEAVES)),
    ]) {
      const proof = await readProof(reader, inclusionRanges(at, LEAVES));
      expect(verifyInclusion(hashLeaf(String(at)), at, LEAVES, proof, root)).toBe(true);
      const [growth, edge] = [
        await readProof(reader, consistencyRanges(at + 1, LEAVES)),
        await readEdge(reader, at + 1),
      ];
      expect(verifyConsistency(at + 1, LEAVES, hashOfNodes(edge), root, growth)).toBe(true);
    }
    // What a connection has counted is there to be read when it ends.
    await reader.close();
    await expect.poll(async () => (await scans()).by_index).toBeGreaterThan(before.by_index);
    expect((await scans()).whole).toBe(before.whole);
  });

  it('are none where a node is missing, or of another tenant', async () => {
    await expect(readNodes(db, [{ level: 0, index: LEAVES }])).rejects.toThrow(LogDamaged);
    await expect(readNodes(db, [{ level: 40, index: 0 }])).rejects.toThrow('node 40/0 is missing');
    await expect(readNodes(south, [{ level: 0, index: 0 }])).rejects.toThrow(LogDamaged);
  });
});
