import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import pg from 'pg';
import swc from 'unplugin-swc';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { consistencyRanges, GrowingTree, verifyConsistency } from '../../src/crypto/merkle-tree.js';
import { generateSigningKeyPem, parseSigningKey, publicJwkOf } from '../../src/crypto/signing-key.js';
import type { EventRow } from '../../src/events/event.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { openCheckpoint } from '../../src/transparency/checkpoint.js';
import { leafHash, leafRecord } from '../../src/transparency/leaf.js';
import { readProof } from '../../src/transparency/log-seal.js';
import { createTestDatabase } from '../support/database.js';
import { untilNothingLeft } from '../support/progress.js';

const EVENTS = 12_000;
const WRITERS = 4;
const PROCESSES = 2;
const LATE_MS = 2_500;
const SIGNING_KEY = generateSigningKeyPem();
/** Inside the repository, so that the program finds its node_modules. */
const PROGRAM = resolve('node_modules', '.cache', `countersign-sealer-${process.pid}`);

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let url: string;
beforeAll(async () => {
  const bundled = build({
    configFile: false,
    logLevel: 'error',
    plugins: [swc.vite({ module: { type: 'es6' } })],
    build: {
      ssr: 'test/support/sealing-process.ts',
      outDir: PROGRAM,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
  [database] = await Promise.all([createTestDatabase(), bundled]);
  url = await ensureServiceLogin(database.url, 'sealer-test');
});
afterAll(async () => Promise.all([database.drop(), rm(PROGRAM, { recursive: true, force: true })]));

const pause = (milliseconds: number) => new Promise<void>((done) => setTimeout(done, milliseconds));
const connect = async (connectionString = url) => {
  const client = new pg.Client({ connectionString, options: '-c countersign.tenant=northbank' });
  client.on('error', () => undefined); // a test that failed half way leaves it open
  await client.connect();
  return client;
};
const insert = (client: pg.Client, count: number, data: object) =>
  client.query(
    `INSERT INTO events (type, about, customer_id, data) SELECT 'countersign.customer.changed', 'customer', 'cust-1', $1::jsonb || jsonb_build_object('n', n) FROM generate_series(1, $2::int) n`,
    [data, count],
  );

/** Writes its share in transactions of any size, some of them held open for a moment. */
async function write(writer: number): Promise<void> {
  const client = await connect();
  for (let left = EVENTS / WRITERS; left > 0;) {
    const count = Math.min(left, 1 + Math.floor(Math.random() * 40));
    await client.query('BEGIN');
    await insert(client, count, { writer });
    if (Math.random() < 0.2) await pause(Math.random() * 40);
    await client.query('COMMIT');
    left -= count;
    await pause(Math.random() * 100);
  }
  await client.end();
}

/** A transaction that began before all the others and commits after most; returns how many leaves were sealed past it meanwhile. */
async function writeLate(): Promise<{ committed: Promise<number> }> {
  const client = await connect();
  await client.query('BEGIN');
  const {
    rows: [begun],
  } = await client.query<{ xid: string }>('SELECT pg_current_xact_id()::text AS xid');
  await insert(client, 3, { late: true });
  const commit = async () => {
    await pause(LATE_MS);
    const observer = await connect();
    const { rows } = await observer.query<{ beyond: number }>(
      'SELECT count(*)::int AS beyond FROM log_leaves l JOIN events e ON e.id = l.event_id WHERE e.xid >= $1::xid8',
      [begun!.xid],
    );
    await observer.end();
    await insert(client, 3, { late: true });
    await client.query('COMMIT');
    await client.end();
    return rows[0]!.beyond;
  };
  return { committed: commit() };
}

/** Runs sealers and kills each a moment after it began, until it is told to stop; returns how many it killed, and how any ended by itself. */
function keepKilling(): { spare(): void; stop(): Promise<{ kills: number; ends: string[] }> } {
  let stopping = false;
  let mostMs = 900;
  let kills = 0;
  const ends: string[] = [];
  const one = async () => {
    while (!stopping) {
      const child: ChildProcess = spawn(process.execPath, [join(PROGRAM, 'main.js')], {
        env: { ...process.env, DATABASE: url, SIGNING_KEY },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const begun = new Promise<unknown>((done) => child.stdout!.once('data', done));
      const ended = new Promise<string>((done) => child.once('exit', (code, signal) => done(String(signal ?? code))));
      await Promise.race([begun, ended]);
      for (const end = performance.now() + 50 + Math.random() * mostMs; performance.now() < end && !stopping;)
        await Promise.race([pause(20), ended]);
      if (child.kill('SIGKILL')) kills += 1;
      ends.push(await ended);
    }
  };
  const all = Promise.all(Array.from({ length: PROCESSES }, one));
  return {
    // What is left is sealed by whoever lives long enough, however slow the machine is.
    spare: () => {
      mostMs = 8_000;
    },
    stop: async () => {
      stopping = true;
      await all;
      return { kills, ends };
    },
  };
}

it('whatever kills it, every event is sealed exactly once, in the order of the log, under checkpoints that grew out of one another', async () => {
  const early = await connect();
  await insert(early, 50, { early: true });
  await early.end();
  const late = await writeLate();
  const killing = keepKilling();
  const [beyond] = await Promise.all([late.committed, ...Array.from({ length: WRITERS }, (_, at) => write(at))]);
  killing.spare();
  const owner = await connect(database.url);
  const number = async (expression: string) =>
    Number((await owner.query(`SELECT ${expression} AS value`)).rows[0].value);
  const total = await number('(SELECT count(*) FROM events)');
  await untilNothingLeft(async () => total - (await number('(SELECT max(tree_size) FROM log_checkpoints)')));
  const { kills, ends } = await killing.stop();
  expect(total).toBe(50 + EVENTS + 6);
  expect(beyond).toBe(0);
  expect(ends.filter((end) => end !== 'SIGKILL')).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(6);

  const { rows } = await owner.query<EventRow & { leaf_index: string | null; leaf_hash: Buffer }>(`
    SELECT e.id, e.xid::text, e.sequence::text, e.type, e.about, e.about_id, e.customer_id, e.call_id, e.data, e.occurred_at, l.leaf_index::text, l.leaf_hash
      FROM events e LEFT JOIN log_leaves l ON l.event_id = e.id ORDER BY e.xid, e.sequence`);
  expect(rows.map((row) => row.leaf_index)).toEqual(rows.map((_row, at) => String(at)));
  expect(await number('(SELECT count(*) FROM log_leaves)')).toBe(total);
  const tree = new GrowingTree(0, []);
  const roots = rows.map((row) => {
    const hash = leafHash(leafRecord(row, 'northbank'));
    if (!hash.equals(row.leaf_hash)) throw new Error(`leaf ${row.leaf_index} is not of its event`);
    tree.append(hash);
    return tree.root();
  });
  expect(await number('(SELECT count(*) FROM log_nodes)')).toBe(
    Array.from({ length: 40 }, (_, level) => Math.floor(total / 2 ** (level + 1))).reduce((sum, count) => sum + count),
  );

  const publicKey = Buffer.from(publicJwkOf(parseSigningKey(SIGNING_KEY)).jwk.x, 'base64url');
  const notes = await owner.query<{ note: string }>(
    'SELECT note FROM log_checkpoints WHERE tree_size > 0 ORDER BY tree_size',
  );
  const checkpoints = notes.rows.map(({ note }) => openCheckpoint(note, [publicKey]));
  expect(checkpoints.length).toBeGreaterThan(1);
  const db = new TenantDatabase({ url, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 1 });
  for (const [at, { size, root }] of checkpoints.entries()) {
    expect(root.equals(roots[size - 1]!)).toBe(true);
    const before = checkpoints[at - 1];
    if (before)
      expect(
        verifyConsistency(
          before.size,
          size,
          before.root,
          root,
          await readProof(db, consistencyRanges(before.size, size)),
        ),
      ).toBe(true);
  }
  await db.close();
  await owner.end();
}, 400_000);
