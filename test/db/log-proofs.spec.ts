import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillLog } from '../../bench/big-log.js';
import {
  consistencyRanges,
  GrowingTree,
  hashLeaf,
  hashOfNodes,
  inclusionRanges,
  verifyConsistency,
  verifyInclusion,
} from '../../src/crypto/merkle-tree.js';
import { generateSigningKeyPem, parseSigningKey } from '../../src/crypto/signing-key.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { LocalSigner } from '../../src/transparency/checkpoint-signer.js';
import { findPending, LogDamaged, readEdge, readNodes } from '../../src/transparency/log.store.js';
import { lockLog, readState } from '../../src/transparency/log-state.store.js';
import { readProof, sealLog } from '../../src/transparency/log-seal.js';
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
    await expect(findPending(restored)).rejects.toThrow('as after a restore by pg_dump');
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

describe('how the log stands', () => {
  it('is said with the edge that its proofs are made of, for trees of any size', async () => {
    expect(await readState(south)).toEqual({ size: 0, eventId: null, edge: [], last: null });
    const [state, edge] = [await readState(db), await readEdge(db, LEAVES)];
    expect(state).toMatchObject({ size: LEAVES, edge, last: null });
    expect(state.edge).toHaveLength(LEAVES.toString(2).replaceAll('0', '').length);
  });

  it('is said to nobody while another is at it, and of a damaged log to nobody: nothing is sealed or signed then', async () => {
    const other = await createTestDatabase();
    const client = new pg.Client({
      connectionString: other.url,
      options: '-c countersign.tenant=northbank -c session_replication_role=replica',
    });
    await client.connect();
    const url = await ensureServiceLogin(other.url, 'damaged');
    const damaged = new TenantDatabase({ url, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 2 });
    const writer = {
      signer: new LocalSigner(parseSigningKey(generateSigningKeyPem())),
      publicUrl: 'https://countersign.test',
      keyMac: () => Buffer.alloc(32),
    };
    const insert = (count: number) =>
      client.query(
        `INSERT INTO events (type, about, data) SELECT 'countersign.policy.changed', 'policy', '{}' FROM generate_series(1, $1::int)`,
        [count],
      );
    const sealed = async () => Number((await client.query('SELECT count(*) FROM log_leaves')).rows[0].count);
    const tree = new GrowingTree(0, []);
    // What was sealed a moment ago is what the next batch begins with, of any size.
    for (let size = 0; size < 21; size += 3) {
      await insert(3);
      await expect.poll(async () => (await sealLog(damaged, writer), sealed())).toBe(size + 3);
      const { rows } = await client.query<{ leaf_hash: Buffer }>(
        'SELECT leaf_hash FROM log_leaves ORDER BY leaf_index',
      );
      for (const { leaf_hash: hash } of rows.slice(size)) tree.append(hash);
      const state = await readState(damaged);
      expect(hashOfNodes(state.edge).equals(tree.root())).toBe(true);
      expect(state.last).toMatchObject({ size: size + 3, root_hash: tree.root() });
    }
    await damaged.transaction(async (tx) => {
      expect(await lockLog(tx)).toMatchObject({ size: 21 });
      expect(await damaged.transaction((second) => lockLog(second))).toBeNull();
    });
    expect((await client.query('SELECT key_id FROM signing_keys')).rows).toEqual([{ key_id: writer.signer.keyId }]);
    await client.query('DELETE FROM log_nodes WHERE level = 4');
    await insert(1);
    await expect.poll(() => findPending(damaged)).toMatchObject({ size: 21 });
    await expect(sealLog(damaged, writer)).rejects.toThrow('node 4/0 is missing');
    await expect(damaged.transaction((tx) => lockLog(tx))).rejects.toThrow(LogDamaged);
    expect(await sealed()).toBe(21);
    await Promise.all([damaged.close(), client.end()]);
    await other.drop();
  });
});
