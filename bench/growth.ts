/**
 * Whether the service gets slower as a bank's history grows: two services on two databases of one server, one empty and
 * one with up to 1 million customers, 10 million past calls and 2^26 (67 million) past events, measured in
 * interleaved rounds; then the plans of the hot statements on the full one.
 *
 * npm run build && node dist/bench/growth.js [log2 of events, 26] [rounds] [seconds]
 */
import pg from 'pg';
import { migrate } from '../src/database/migrate.js';
import { grow } from './load/grow.js';
import { explainHotStatements } from './load/hot-statements.js';
import { median } from './load/latencies.js';
import { Driver, LINE, type RunningCountersign, startCountersign, startDatabase } from './load/servers.js';

const [power, rounds, seconds] = [
  Number(process.argv[2] ?? 26),
  Number(process.argv[3] ?? 3),
  Number(process.argv[4] ?? 6),
];
const events = 2 ** power;
const SCENARIOS = [
  { scenario: 'verdict', workers: 128 },
  { scenario: 'roundTrip', workers: 32 },
] as const;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

interface Side {
  readonly name: 'empty' | 'grown';
  readonly service: RunningCountersign;
  readonly driver: Driver;
}

const database = await startDatabase({ shared_buffers: '1GB', max_wal_size: '16GB' });
const grownUrl = Object.assign(new URL(database.server.url), { pathname: '/grown' }).href;
const sides: Side[] = [];

async function start(name: Side['name'], url: string): Promise<void> {
  const service = await startCountersign({ ...database, server: { ...database.server, url } });
  const driver = new Driver();
  sides.push({ name, service, driver });
  await driver.do({
    prepare: 'countersign',
    target: { port: service.port, tokens: service.tokens, line: LINE, rung: 2_000, answering: 3_000, connections: 160 },
  });
}

async function compare(): Promise<void> {
  for (const { scenario, workers } of SCENARIOS) {
    const rates = { empty: [] as number[], grown: [] as number[] };
    const tails = { empty: [] as number[], grown: [] as number[] };
    for (let round = 0; round <= rounds; round += 1) {
      for (const { name, driver } of sides) {
        const result = (await driver.do({ scenario, seconds, workers }))!;
        if (result.failures > 0) say(`${name} ${scenario}: ${result.failures} failed: ${result.firstFailure}`);
        if (round === 0) continue; // warms up
        rates[name].push(result.perSecond);
        tails[name].push(result.latency.p99);
      }
    }
    const ratio = median(rates.empty.map((rate, round) => rate / rates.grown[round]!));
    process.stdout.write(
      `${JSON.stringify({ scenario, emptyPerSecond: Math.round(median(rates.empty)), grownPerSecond: Math.round(median(rates.grown)), timesSlower: Math.round(ratio * 100) / 100, emptyP99: median(tails.empty), grownP99: median(tails.grown) })}\n`,
    );
  }
}

try {
  const owner = new pg.Client({ connectionString: database.server.url });
  await owner.connect();
  await owner.query('CREATE DATABASE grown');
  await owner.end();
  await migrate(grownUrl);
  await grow(
    grownUrl,
    {
      customers: Math.min(1_000_000, Math.round(events / 33)),
      calls: Math.min(10_000_000, Math.round(events / 3.3)),
      events,
    },
    say,
  );
  await start('grown', grownUrl);
  await start('empty', database.server.url);
  await compare();
  process.stdout.write(`${await explainHotStatements(grownUrl)}\n`);
} finally {
  for (const { driver, service } of sides) {
    driver.stop();
    await service.stop();
  }
  await database.stop();
}
