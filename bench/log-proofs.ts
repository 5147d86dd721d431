import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import {
  consistencyRanges,
  hashLeaf,
  hashOfNodes,
  inclusionRanges,
  verifyConsistency,
  verifyInclusion,
} from '../src/crypto/merkle-tree.js';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { TenantDatabase } from '../src/database/tenant-database.js';
import { readEdge } from '../src/transparency/log.store.js';
import { readProof } from '../src/transparency/log-seal.js';
import { fillLog } from './big-log.js';

/**
 * How long proofs take in a big log, on an embedded PostgreSQL of its own. Verifies each proof that it measures.
 *
 * npm run build && node dist/bench/log-proofs.js [leaves]
 */
const LEAVES = Number(process.argv[2] || 1_000_000);
const ROUNDS = 300;

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const server = await startEmbeddedPostgres({ dataDirectory: directory, database: 'bench', log: () => undefined });
  try {
    await migrate(server.url);
    await run(server.url);
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(url: string): Promise<void> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const filling = performance.now();
  await fillLog(owner, 'northbank', LEAVES);
  const {
    rows: [size],
  } = await owner.query<{ bytes: string }>(
    `SELECT pg_total_relation_size('log_leaves') + pg_total_relation_size('log_nodes') AS bytes`,
  );
  print(
    `${LEAVES} leaves filled in ${Math.round(performance.now() - filling)} ms; ${Math.round(Number(size!.bytes) / 2 ** 20)} MiB with indexes`,
  );
  await owner.end();
  const db = new TenantDatabase({ url, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 1 });
  const root = hashOfNodes(await readEdge(db, LEAVES));
  await measure('inclusion', async (at) =>
    verifyInclusion(hashLeaf(String(at)), at, LEAVES, await readProof(db, inclusionRanges(at, LEAVES)), root),
  );
  await measure('consistency', async (at) => {
    const [proof, before] = await Promise.all([readProof(db, consistencyRanges(at + 1, LEAVES)), readEdge(db, at + 1)]);
    return verifyConsistency(at + 1, LEAVES, hashOfNodes(before), root, proof);
  });
  await db.close();
}

async function measure(what: string, prove: (at: number) => Promise<boolean>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const at = Math.floor(Math.random() * LEAVES);
    const start = performance.now();
    if (!(await prove(at))) throw new Error(`a ${what} proof of ${at} does not verify`);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const of = (share: number): string => times[Math.floor(ROUNDS * share)]!.toFixed(2);
  print(`${what}: p50 ${of(0.5)} ms, p99 ${of(0.99)} ms, first round included`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
