/**
 * What it costs to have nothing to do: the processor time of the service and of PostgreSQL, with many tenants of which none
 * does anything; then with a stream open for each, and then with one of them that writes.
 *
 * npm run build && node dist/bench/idle.js [tenants, 30] [seconds, 60] [processes, 1]
 */
import { connect, type Socket } from 'node:net';
import pg from 'pg';
import { startIssuer } from './load/issuer.js';
import { usageOf } from './load/process-usage.js';
import { type RunningCountersign, startCountersign, startDatabase } from './load/servers.js';

const [tenants, seconds, processes] = [
  Number(process.argv[2] ?? 30),
  Number(process.argv[3] ?? 60),
  Number(process.argv[4] ?? 1),
];
/** After a start, and after a change of what goes on: what looks ever less often takes a while to come to rest. */
const REST_MS = 30_000;
const WRITE_EVERY_MS = 100;

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function openStream(service: RunningCountersign, token: string): Promise<Socket> {
  const socket = connect(service.port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`GET /v1/events/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
  const [chunk] = await new Promise<[Buffer]>((resolve) => socket.once('data', (...data) => resolve(data as [Buffer])));
  if (!chunk.toString().startsWith('HTTP/1.1 200')) throw new Error(chunk.toString());
  return socket.resume();
}

/** Shares of one core, and statements a second. */
async function measure(what: string, pids: { service: number; database: number }, owner: pg.Client): Promise<void> {
  await pause(REST_MS);
  const statements = async (): Promise<number> =>
    Number((await owner.query<{ n: string }>(`SELECT sum(xact_commit)::text AS n FROM pg_stat_database`)).rows[0]!.n);
  const read = async () => ({
    service: usageOf(pids.service)!.cpuSeconds,
    database: usageOf(pids.database)!.cpuSeconds,
    statements: await statements(),
    at: performance.now(),
  });
  const before = await read();
  await pause(seconds * 1_000);
  const after = await read();
  const took = (after.at - before.at) / 1_000;
  const share = (name: 'service' | 'database'): number =>
    Math.round((1_000 * (after[name] - before[name])) / took) / 10;
  process.stdout.write(
    `${JSON.stringify({ what, tenants, processes, servicePercentOfCore: share('service'), databasePercentOfCore: share('database'), transactionsPerSecond: Math.round((after.statements - before.statements) / took) })}\n`,
  );
}

const database = await startDatabase({ max_connections: '900' });
const issuers = await Promise.all(Array.from({ length: tenants - 1 }, () => startIssuer()));
// The first one is of the service that the other benchmarks know.
const service = await startCountersign(
  database,
  {
    PROCESSES: String(processes),
    LOG_LEVEL: 'warn',
  },
  [],
  issuers.map(({ issuer }, index) => ({ id: `tenant-${index + 2}`, issuer, jwksUri: `${issuer}/jwks` })),
);
const owner = new pg.Client({ connectionString: database.server.url, options: '-c countersign.tenant=northbank' });
await owner.connect();
try {
  const pids = { service: service.pid, database: database.pid };
  await measure('nothing', pids, owner);
  const tokens = [service.tokens.admin, ...(await Promise.all(issuers.map((issuer) => issuer.token('admin'))))];
  const streams: Socket[] = [];
  for (const token of tokens) streams.push(await openStream(service, token));
  await measure('a stream for each tenant', pids, owner);
  const writing = setInterval(
    () =>
      void owner
        .query(`INSERT INTO events (type, about, data) VALUES ('countersign.bench.event', 'policy', '{}')`)
        .catch(() => undefined),
    WRITE_EVERY_MS,
  );
  await measure('and one tenant with ten events a second', pids, owner);
  clearInterval(writing);
  for (const stream of streams) stream.destroy();
} finally {
  await owner.end();
  await service.stop();
  for (const issuer of issuers) issuer.stop();
  await database.stop();
}
