/**
 * What `pg_notify` costs in the transaction that declares a call, and what it saves in waiting.
 *
 * npm run build && node dist/bench/notify-cost.js [seconds]
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';

const DECLARE = (notify: boolean): string => `
  WITH declared AS (
    INSERT INTO calls (tenant_id, id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, declared_by, expires_at)
    VALUES ('northbank', $1::uuid, $2::text, 'cust-' || left($2::text, 8), 'outbound', $1::uuid, '\\x00', 'amara', 'Amara', 'bench', now() + interval '2 hours')
    RETURNING id, customer_id
  ), logged AS (
    INSERT INTO events (tenant_id, type, about, about_id, customer_id, call_id, data)
    SELECT 'northbank', 'countersign.call.declared', 'call', id, customer_id, id, '{"direction":"outbound"}' FROM declared
    RETURNING xid
  )
  SELECT id${notify ? `, pg_notify('countersign', 'northbank')` : ''} FROM declared`;

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Runs the statement on each client, one after the other answers, until the time is up. */
async function load(clients: readonly pg.Client[], notify: boolean, seconds: number): Promise<Figures> {
  const latencies: number[] = [];
  const text = DECLARE(notify);
  const end = performance.now() + seconds * 1_000;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < end) {
        const began = performance.now();
        const id = randomUUID();
        await client.query({ name: `declare ${notify}`, text, values: [id, id] });
        latencies.push(performance.now() - began);
      }
    }),
  );
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(latencies[Math.floor(latencies.length * share)]! * 100) / 100;
  return { perSecond: Math.round(latencies.length / seconds), p50: at(0.5), p99: at(0.99) };
}

async function main(): Promise<void> {
  const seconds = Number(process.argv[2] ?? 4);
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const server = await startEmbeddedPostgres({
    dataDirectory: directory,
    database: 'bench',
    settings: { max_connections: '100' },
    log: () => undefined,
  });
  const open = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    return client;
  };
  try {
    await migrate(server.url);
    const clients = await Promise.all(Array.from({ length: 32 }, open));
    const listener = await open();
    await listener.query('LISTEN countersign');
    await load(clients, false, 2);
    for (const durable of ['on', 'off']) {
      await Promise.all(clients.map((client) => client.query(`SET synchronous_commit = ${durable}`)));
      for (const count of [1, 8, 32]) {
        for (let round = 1; round <= 3; round += 1) {
          for (const notify of [false, true]) {
            process.stdout.write(
              `${JSON.stringify({ synchronousCommit: durable, connections: count, round, notify, ...(await load(clients.slice(0, count), notify, seconds)) })}\n`,
            );
          }
        }
      }
    }
    await Promise.all([listener, ...clients].map((client) => client.end()));
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
