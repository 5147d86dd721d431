/**
 * How soon and how well a wave of reports is seen as a campaign, what a report costs, and whether a campaign slows a
 * verdict. Plays seeded simulations, a minute of each at a time, against a service of its own.
 *
 * npm run build && node dist/bench/campaigns.js [seeds]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Client, type OptionsOf } from '@countersign/client';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { readConfig } from '../src/config/config.js';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import type { ReportToMake } from '../src/reports/reports.service.js';
import { startService } from '../src/boot/service.js';
import { calls, messages, paraphrases, playWave, seeded, simulate, type Theatre } from './report-wave.js';

const PORT = 3917;
const WAVE_FROM_MINUTE = 3;
const MINUTES = 13;

type Reports = '/v1/customers/{customerId}/reports';

interface Scenario {
  readonly name: string;
  readonly backgroundPerMinute: number;
  readonly perMinute: number;
  readonly make: (random: () => number) => () => ReportToMake;
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'background alone', backgroundPerMinute: 5, perMinute: 0, make: () => calls('') },
  { name: 'background alone, 20 a minute', backgroundPerMinute: 20, perMinute: 0, make: () => calls('') },
  { name: 'calls from one number', backgroundPerMinute: 5, perMinute: 20, make: () => calls('+447700900123') },
  { name: 'messages alike in wording', backgroundPerMinute: 5, perMinute: 20, make: messages },
  {
    name: 'paraphrases from one sender',
    backgroundPerMinute: 5,
    perMinute: 20,
    make: (random) => paraphrases(random, 'NB Alert'),
  },
  {
    name: 'paraphrases, nothing shared',
    backgroundPerMinute: 5,
    perMinute: 20,
    make: (random) => paraphrases(random, null),
  },
  { name: 'calls, 2 a minute', backgroundPerMinute: 5, perMinute: 2, make: () => calls('+447700900123') },
  { name: 'messages, 2 a minute', backgroundPerMinute: 5, perMinute: 2, make: messages },
];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Forgets every report and campaign: only an owner's maintenance session may. */
async function clear(owner: pg.Pool): Promise<void> {
  await owner.query(
    'TRUNCATE reports, report_indicators, campaigns, campaign_indicators, campaign_customers, campaign_minutes',
  );
}

async function figures(scenario: Scenario, seeds: number, theatre: Theatre, owner: pg.Pool): Promise<void> {
  const outcomes = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    await clear(owner);
    const wave =
      scenario.perMinute === 0
        ? null
        : { fromMinute: WAVE_FROM_MINUTE, perMinute: scenario.perMinute, make: scenario.make(seeded(1_000 + seed)) };
    outcomes.push(
      await playWave(
        theatre,
        simulate({ seed, minutes: MINUTES, backgroundPerMinute: scenario.backgroundPerMinute, wave }),
        WAVE_FROM_MINUTE * 60,
      ),
    );
  }
  const mean = (values: readonly number[]): string =>
    (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(3);
  const found = outcomes.some(({ campaigns }) => campaigns > 0);
  const opened = outcomes.flatMap(({ openedAtSecond }) => (openedAtSecond === null ? [] : [openedAtSecond]));
  say(
    `| ${scenario.name} | ${scenario.backgroundPerMinute} + ${scenario.perMinute} | ${opened.length} of ${seeds} | ${opened.length === 0 ? '–' : `${Math.round(Math.min(...opened))}–${Math.round(Math.max(...opened))} s`} | ${mean(outcomes.map(({ campaigns }) => campaigns))} | ${found ? mean(outcomes.map(({ precision }) => precision)) : '–'} | ${scenario.perMinute > 0 ? mean(outcomes.map(({ recall }) => recall)) : '–'} |`,
  );
}

async function latency(count: number, run: (index: number) => Promise<unknown>): Promise<string> {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const began = performance.now();
    await run(index);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return `p50 ${times[Math.floor(count / 2)]!.toFixed(2)} ms, p95 ${times[Math.floor(count * 0.95)]!.toFixed(2)} ms`;
}

async function costs(app: Client, theatre: Theatre, owner: pg.Pool): Promise<void> {
  await clear(owner);
  const random = seeded(7);
  const make = messages(random);
  const number = '+447700900124';
  const verdict =
    (incomingNumber: string) =>
    (index: number): Promise<unknown> =>
      app.post('/v1/customers/{customerId}/call-verdicts', {
        path: { customerId: `bench-v-${index}` },
        body: { trigger: 'ringing', incomingNumber },
        idempotencyKey: '',
      });
  await latency(200, verdict('+447700900125'));
  say(`verdict, no campaign:               ${await latency(1_000, verdict('+447700900125'))}`);
  say(
    `report of a text, no campaign yet:  ${await latency(7, (index) => theatre.report(`bench-a-${index}`, { ...make(), claimedNumber: number }))}`,
  );
  await latency(20, (index) => theatre.report(`bench-b-${index}`, { ...make(), claimedNumber: number }));
  const [{ id }] = (
    await owner.query<{ id: string }>(`SELECT campaign_id AS id FROM campaign_indicators WHERE value = $1`, [number])
  ).rows as [{ id: string }];
  await owner.query(
    `INSERT INTO campaign_customers (tenant_id, campaign_id, customer_id) SELECT 'northbank', $1, 'bulk-' || n FROM generate_series(1, 100000) n`,
    [id],
  );
  await owner.query(
    `INSERT INTO report_indicators (tenant_id, kind, value, customer_id, report_id) SELECT 'northbank', kind, value, 'bulk-' || n, uuid7() FROM generate_series(1, 100000) n, campaign_indicators WHERE campaign_id = $1 AND (kind = 'number' OR value IN (SELECT min(value) FROM campaign_indicators WHERE kind = 'wording'))`,
    [id],
  );
  await owner.query('UPDATE campaigns SET reach = reach + 100000');
  await owner.query('ANALYZE');
  say(
    `report into a campaign of 100,000:  ${await latency(300, (index) => theatre.report(`bench-c-${index}`, { ...make(), claimedNumber: number }))}`,
  );
  say(`verdict that mentions a campaign:   ${await latency(1_000, verdict(number))}`);
  say(`verdict, no campaign, once more:    ${await latency(1_000, verdict('+447700900125'))}`);
}

async function main(): Promise<void> {
  const seeds = Number(process.argv[2] ?? 5);
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const database = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'database'),
    database: 'bench',
    settings: {},
    log: () => undefined,
  });
  const serviceUrl = `http://127.0.0.1:${PORT}`;
  const service = await startService(
    readConfig({ DATABASE_URL: database.url, DATA_DIR: directory, PORT: String(PORT), LOG_LEVEL: 'silent' }),
  );
  const owner = new pg.Pool({ connectionString: database.url });
  try {
    const identity = { serviceUrl, dataDirectory: directory, tenant: 'northbank', identity: 'app' };
    const token = await fetchDevelopmentToken(identity);
    const app = new Client({ url: serviceUrl, token: () => token });
    const theatre: Theatre = {
      tenant: 'northbank',
      report: async (customerId, report) => {
        const sent = { path: { customerId }, body: report as OptionsOf<'post', Reports>['body'], idempotencyKey: '' };
        return { status: 201, body: await app.post('/v1/customers/{customerId}/reports', sent) };
      },
      sql: async (text, values) => (await owner.query(text, values)).rows,
    };
    say('| reports | a minute | seen | after | campaigns | precision | recall |\n|---|---|---|---|---|---|---|');
    for (const scenario of SCENARIOS) await figures(scenario, seeds, theatre, owner);
    await costs(app, theatre, owner);
  } finally {
    await service.stop();
    await owner.end();
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
