/**
 * What one operation of a hot path allocates in the service, sampled by V8, what is collected again included: in all, by
 * package and by function.
 *
 * npm run build && node dist/bench/allocations.js verdict|declare|roundTrip [seconds, 10] [connections, 32]
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readHeapProfile, type Allocated } from './load/heap-profile.js';
import { Driver, LINE, startCountersign, startDatabase } from './load/servers.js';

const SCENARIOS = ['verdict', 'declare', 'roundTrip'] as const;
const WARM_SECONDS = 6;
const scenario = SCENARIOS.find((name) => name === process.argv[2]) ?? 'verdict';
const [seconds, workers] = [Number(process.argv[3] ?? 10), Number(process.argv[4] ?? 32)];
const database = await startDatabase();
const driver = new Driver();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void database.stop().finally(() => process.exit(130)));
try {
  const file = join(database.directory, 'allocations.json');
  const sampler = join(import.meta.dirname, 'load', 'heap-sampler.js');
  const service = await startCountersign(database, { HEAP_PROFILE: file }, [`--import=${sampler}`]);
  const { port, tokens } = service;
  const answering = scenario === 'verdict' ? 1 : 2_000;
  await driver.do({
    prepare: 'countersign',
    target: { line: LINE, rung: 500, answering, connections: 2 * workers, port, tokens },
  });
  await driver.do({ scenario, seconds: WARM_SECONDS, workers });
  process.kill(service.pid, 'SIGUSR2');
  const result = (await driver.do({ scenario, seconds, workers }))!;
  process.kill(service.pid, 'SIGUSR2');
  for (let tries = 0; tries < 100 && !existsSync(file); tries += 1) await new Promise((next) => setTimeout(next, 100));
  await service.stop();
  const { bytes, parts, functions, inclusive } = await readHeapProfile(file);
  const each = (size: number): string => `${(size / result.operations / 1024).toFixed(1).padStart(7)} kB`;
  const print = (allocated: readonly Allocated[], most: number): string =>
    allocated
      .slice(0, most)
      .map(({ name, bytes: size }) => `${each(size)}  ${name}`)
      .join('\n');
  process.stdout.write(
    `${scenario}: ${each(bytes).trim()} an operation, of ${result.operations} with ${workers} connections, ${result.failures} failed ${result.firstFailure ?? ''}\n\n${print(parts, 30)}\n\n${print(functions, 50)}\n\nwith all that they call:\n${print(inclusive, 90)}\n`,
  );
} finally {
  driver.stop();
  await database.stop();
}
