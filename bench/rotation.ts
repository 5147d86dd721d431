/**
 * How long a rotation of the keys takes on a database that has grown, what verdicts notice of it, and whether one that is
 * killed goes on where it was: the built command beside the built service, which is asked for verdicts at a steady rate and
 * writes customers' numbers all the while. Everything is opened afterwards. Ends with 1 where something was not made anew or
 * cannot be opened, or a verdict was not the right one.
 *
 * npm run build && node dist/bench/rotation.js [customers, 200000] [verdicts a second, 100]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { KeysStatus } from '../src/boot/keys/commands.js';
import { KeysOwner } from '../src/boot/keys/owner.js';
import { readConfig } from '../src/config/config.js';
import { growKeys } from './load/grow-keys.js';
import { median } from './load/latencies.js';
import { LockWatch } from './load/lock-watch.js';
import { type Operated, operate } from './load/operator.js';
import type { LoadResult } from './load/pace.js';
import { Driver, LINE, type RunningCountersign, startCountersign, startDatabase } from './load/servers.js';

const [customers, perSecond] = [Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 100)];
const ROUND_SECONDS = 5;
const ROUNDS_BEFORE = 6;
const WRITE_EVERY_MS = 100;
/** As many as an agent may look up in a minute, and some to spare. */
const LOOKED_UP = 20;
const OWNER = 'bank';
const TABLES = ['customers', 'contact_points', 'push_subscriptions'];

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const faults: string[] = [];

const database = await startDatabase();
const superuserUrl = Object.assign(new URL(database.server.url), { pathname: '/bank' }).href;
const ownerUrl = Object.assign(new URL(superuserUrl), { username: OWNER, password: OWNER }).href;
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  DATABASE_URL: ownerUrl,
  DATA_DIR: database.directory,
  MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
};
const driver = new Driver();

/** An owner as a bank has one, whom row-level security confines. */
async function makeDatabase(): Promise<void> {
  const client = new pg.Client({ connectionString: database.server.url });
  await client.connect();
  await client.query(`CREATE ROLE ${OWNER} LOGIN CREATEROLE PASSWORD '${OWNER}'`);
  await client.query(`CREATE DATABASE bank OWNER ${OWNER}`);
  await client.end();
}

const verdicts = async (): Promise<LoadResult> => {
  const result = (await driver.do({ scenario: 'verdict', perSecond, seconds: ROUND_SECONDS }))!;
  if (result.failures > 0) faults.push(`${result.failures} verdicts failed: ${result.firstFailure}`);
  return result;
};

function describe(when: string, rounds: readonly LoadResult[]): string {
  const of = (which: 'p50' | 'p99' | 'max'): number[] => rounds.map(({ latency }) => latency[which]);
  return `verdicts ${when}: ${rounds.reduce((sum, { operations }) => sum + operations, 0)} in ${rounds.length} rounds, p50 ${median(of('p50'))} ms, p99 ${median(of('p99'))} ms (worst round ${Math.max(...of('p99'))}), longest ${Math.max(...of('max'))} ms, failed ${rounds.reduce((sum, { failures }) => sum + failures, 0)}`;
}

/** Gives customers numbers while keys rotate: new ones, and those whose row may just be made anew. */
class Writer {
  readonly given = new Map<string, string>();
  #isRunning = true;
  readonly #ended: Promise<void>;

  constructor(
    private readonly service: RunningCountersign,
    grown: readonly string[],
  ) {
    this.#ended = this.#write(grown);
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#ended;
  }

  async #write(grown: readonly string[]): Promise<void> {
    for (let n = 0; this.#isRunning; n += 1) {
      const customerId = n % 2 === 0 ? `new-${n}` : grown[n % grown.length]!;
      const number = `+4478${String(10_000_000 + n)}`;
      const answer = await this.#send('PUT', `/v1/customers/${customerId}`, this.service.tokens.admin, {
        phoneNumbers: [{ number, since: '2020-01-01T00:00:00Z' }],
      });
      if (answer.ok) this.given.set(number, customerId);
      else faults.push(`giving a number: ${answer.status} ${await answer.text()}`);
      await sleep(WRITE_EVERY_MS);
    }
  }

  /** Looks up numbers that were given at the beginning, in the middle and at the end. */
  async lookUp(): Promise<number> {
    const last = new Map([...this.given].map(([number, customerId]) => [customerId, number]));
    const all = [...last].map(([customerId, number]) => ({ customerId, number }));
    const some = Array.from({ length: LOOKED_UP }, (_none, at) => all[Math.floor((at * all.length) / LOOKED_UP)]!);
    for (const { customerId, number } of some) {
      const answer = await this.#send('POST', '/v1/customer-searches', this.service.tokens.agent, { number });
      const text = await answer.text();
      if (!text.includes(customerId)) faults.push(`${number} does not lead to ${customerId}: ${answer.status} ${text}`);
    }
    return some.length;
  }

  #send(method: string, path: string, token: string, body: object): Promise<Response> {
    return fetch(`${this.service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }
}

/** Reads of tables from end to end, how much was read by them, and what is dead. */
async function scans(client: pg.Client): Promise<Record<string, object>> {
  const { rows } = await client.query<{ relname: string }>(
    `SELECT relname, seq_scan::int, seq_tup_read::float8, idx_scan::int, n_dead_tup::int, autovacuum_count::int, pg_size_pretty(pg_total_relation_size(relid)) AS size
       FROM pg_stat_user_tables WHERE relname = ANY ($1) ORDER BY 1`,
    [TABLES],
  );
  return Object.fromEntries(rows.map(({ relname, ...counts }) => [relname, counts]));
}

async function statusNow(): Promise<KeysStatus> {
  const { lines } = await operate(environment, ['keys', 'status', '--json']);
  return JSON.parse(lines.map(({ text }) => text).join('\n')) as KeysStatus;
}

const keptUnder = ({ generations }: KeysStatus, at: (generation: number) => boolean): number =>
  generations
    .filter(({ generation }) => at(generation))
    .flatMap(({ kept }) => kept)
    .reduce((sum, { rows }) => sum + rows, 0);

/** Rotates, kills that once half of the customers are done, and rotates again. */
async function rotate(): Promise<void> {
  const rounds: LoadResult[] = [];
  let [isWorking, isOver] = [false, false];
  const measuring = (async () => {
    while (!isOver) {
      if (isWorking) rounds.push(await verdicts());
      else await sleep(100);
    }
  })();
  const told = (text: string, second: number): void => {
    say(`  ${second.toFixed(1)} s: ${text}`);
    if (text.includes('made anew')) isWorking = true;
  };
  const watch = await LockWatch.start(superuserUrl, 'countersign keys');
  const first = await operate(environment, ['keys', 'rotate'], (text, second) => {
    told(text, second);
    return Number(/data keys: (\d+) made anew/.exec(text)?.[1] ?? 0) >= customers / 2;
  });
  if (first.code !== null) faults.push('it ended before it was killed');
  const before = await statusNow();
  const remade = keptUnder(before, (generation) => generation > 1);
  say(`killed: ${remade} of ${keptUnder(before, () => true)} are made anew`);
  const second = await operate(environment, ['keys', 'rotate'], told);
  isOver = true;
  await measuring;
  const { verdictWaits, longestWait, statements } = await watch.stop();
  report(first, second);
  say(describe('during', rounds));
  say(`verdict-like locks waited at most, ms: ${JSON.stringify(verdictWaits)}; anybody for any lock: ${longestWait}`);
  for (const [text, ms] of statements) say(`  statement of ${ms} ms: ${text}`);
}

function report(first: Operated, second: Operated): void {
  if (second.code !== 0) faults.push(`the rotation ended with ${second.code}`);
  const anew = second.lines.flatMap(({ text }) => /: (\d+) made anew$/.exec(text)?.[1] ?? []).map(Number);
  const began = first.lines.find(({ text }) => text.includes('made anew'));
  const [inFirst, total] = [first.seconds - (began?.second ?? first.seconds), anew.reduce((sum, one) => sum + one, 0)];
  say(
    `the second made ${total} anew and was over after ${second.seconds.toFixed(1)} s (${Math.round(total / second.seconds)} a second, looking and closing included); the first ran for ${inFirst.toFixed(1)} s after its first line; ${Math.max(first.megabytes, second.megabytes)} MB resident at most`,
  );
}

async function verify(): Promise<void> {
  const { code, seconds, lines } = await operate(environment, ['keys', 'verify']);
  say(`keys verify: ${lines.map(({ text }) => text).join('; ')} (${seconds.toFixed(1)} s)`);
  if (code !== 0) faults.push('something cannot be opened');
  const after = await statusNow();
  if (after.generations.length !== 1 || after.generations[0]!.generation !== 2)
    faults.push(`generations ${after.generations.map(({ generation }) => generation).join()} are left`);
}

let service: RunningCountersign | null = null;
try {
  await makeDatabase();
  service = await startCountersign({ ...database, server: { ...database.server, url: ownerUrl } }, environment);
  const ring = await KeysOwner.work(ownerUrl, readConfig(environment), (owner) => owner.ring());
  const began = performance.now();
  await growKeys(superuserUrl, ring, customers);
  say(`${customers} customers: ${Math.round((performance.now() - began) / 1_000)} s`);
  await driver.do({
    prepare: 'countersign',
    target: { port: service.port, tokens: service.tokens, line: LINE, rung: 2_000, answering: 0, connections: 64 },
  });
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  const { rows: grown } = await client.query<{ id: string }>(
    `SELECT id FROM customers TABLESAMPLE SYSTEM (10) WHERE id LIKE 'grown-%' ORDER BY id LIMIT 2000`,
  );
  await verdicts(); // warms up
  const rounds: LoadResult[] = [];
  while (rounds.length < ROUNDS_BEFORE) rounds.push(await verdicts());
  say(describe('before', rounds));
  say(`before: ${JSON.stringify(await scans(client))}`);
  const writer = new Writer(
    service,
    grown.map(({ id }) => id),
  );
  await rotate();
  await writer.stop();
  say(`after: ${JSON.stringify(await scans(client))}`);
  await client.end();
  say(`${writer.given.size} numbers were given meanwhile, ${await writer.lookUp()} of them looked up`);
  await verify();
} finally {
  driver.stop();
  await service?.stop();
  await database.stop();
}
for (const fault of new Set(faults)) say(`FAULT: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
