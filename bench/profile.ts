/**
 * What the time of a hot path goes on: the service under full load with V8's CPU profiler, self time by package and by function.
 *
 * npm run build && node dist/bench/profile.js verdict|roundTrip [seconds] [connections] [processes]
 */
import { join } from 'node:path';
import pg from 'pg';
import { usageOf } from './load/process-usage.js';
import { readProfile, type Share } from './load/cpu-profile.js';
import { Driver, LINE, startCountersign, startDatabase } from './load/servers.js';

const [scenario, seconds, workers] = [
  process.argv[2] === 'roundTrip' ? ('roundTrip' as const) : ('verdict' as const),
  Number(process.argv[3] ?? 10),
  Number(process.argv[4] ?? 32),
];
const database = await startDatabase({
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'top',
});
const owner = new pg.Client({ connectionString: database.server.url });
await owner.connect();
const directory = join(database.directory, 'profiles');
const driver = new Driver();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void database.stop().finally(() => process.exit(130)));
try {
  const target = { line: LINE, rung: 500, answering: scenario === 'verdict' ? 1 : 2_000, connections: 2 * workers };
  const preparing = await startCountersign(database);
  await driver.do({ prepare: 'countersign', target: { ...target, port: preparing.port, tokens: preparing.tokens } });
  await preparing.stop();
  const service = await startCountersign(database, { PROCESSES: process.argv[5] ?? '1' }, [
    '--cpu-prof',
    `--cpu-prof-dir=${directory}`,
  ]);
  await driver.do({
    prepare: 'countersign',
    prepared: true,
    target: { ...target, port: service.port, tokens: service.tokens },
  });
  await owner.query('CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await owner.query('SELECT pg_stat_statements_reset()');
  const before = [usageOf(service.pid), usageOf(database.pid)];
  const result = (await driver.do({ scenario, seconds, workers }))!;
  const [serviceMicros, databaseMicros] = [usageOf(service.pid), usageOf(database.pid)].map((after, n) =>
    after && before[n] ? Math.round((1e6 * (after.cpuSeconds - before[n].cpuSeconds)) / result.operations) : null,
  );
  const { rows: statements } = await owner.query(
    `SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 90) AS query, calls, round(total_exec_time)::int AS total_ms, round(mean_exec_time::numeric * 1000)::int AS mean_us, shared_blks_hit / greatest(calls, 1) AS blocks FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 16`,
  );
  await service.stop();
  const { functions, parts, inclusive, busyMicros } = await readProfile(directory);
  const print = (shares: Share[], most: number): string =>
    shares
      .slice(0, most)
      .map(({ name, micros }) => `${((100 * micros) / busyMicros).toFixed(1).padStart(5)} %  ${name}`)
      .join('\n');
  process.stdout.write(
    `${scenario}: ${Math.round(result.perSecond)}/s with ${workers} connections, p50 ${result.latency.p50} ms, p99 ${result.latency.p99} ms, ${result.failures} failed ${result.firstFailure ?? ''}; CPU of one operation: service ${serviceMicros} µs, database ${databaseMicros} µs, driver ${Math.round((1e6 * result.driverCpu) / result.perSecond)} µs\n(the start of the process is in the profile too)\n\n${print(parts, 25)}\n\n${print(functions, 45)}\n\nwith all that they call:\n${print(inclusive, 70)}\n\n${statements.map(({ query, calls, total_ms: total, mean_us: mean, blocks }) => `${String(total).padStart(7)} ms ${String(calls).padStart(7)} × ${String(mean).padStart(6)} µs, ${blocks} blocks: ${query}`).join('\n')}\n`,
  );
} finally {
  driver.stop();
  await owner.end();
  await database.stop();
}
