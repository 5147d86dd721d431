/**
 * How long an import of recipients takes, how much memory the service uses meanwhile, and how long verdicts take beside
 * it; and how batches of other sizes would do. The service runs in a process of its own, whose resident memory is read
 * ten times a second (Linux).
 *
 * npm run build && node dist/bench/import.js [lines of the long import, in millions]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@countersign/client';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { readConfig } from '../src/config/config.js';
import { addNoticeRecipients, registerNotice } from '../src/notices/notices.store.js';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { newId } from '../src/ids/ids.js';
import { ensureServiceLogin, migrate } from '../src/database/migrate.js';
import { generateReference } from '../src/ids/reference.js';
import { TenantDatabase, type TenantHandle } from '../src/database/tenant-database.js';
import { sql, write as writes } from '../src/database/sql.js';
import { startService } from '../src/boot/service.js';

const PORT = 3919;
const MANY = 70_000;
const NOTICE = {
  channel: 'sms',
  sender: null,
  summary: 'Bench',
  text: 'Bench',
  links: [],
  accountDetails: null,
  registeredBy: 'bench',
} as const;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const customer = (index: number): string => `cust-${String(index).padStart(8, '0')}`;

async function register(db: TenantHandle): Promise<string> {
  return (
    await registerNotice(db, {
      ...NOTICE,
      id: newId('ntc').uuid,
      reference: generateReference('notice'),
      sentAt: new Date().toISOString(),
    })
  ).id;
}

// The same rows made in the server: what is left of the time when nothing is sent at all, and so the most that COPY could save.
const generate = writes(
  'bench.generate',
  sql`
  INSERT INTO notice_recipients (customer_id, notice_id) SELECT 'cust-' || lpad(g::text, 8, '0'), :noticeId::uuid FROM generate_series(:from::int, :to::int) g ON CONFLICT DO NOTHING`,
);

/** Batches of several sizes, straight into the store, each in a transaction of its own. */
async function compareBatches(database: TenantDatabase): Promise<void> {
  for (const batch of [100, 500, 1_000, 2_000, 5_000, 10_000]) {
    const noticeId = await register(database);
    let longest = 0;
    const began = performance.now();
    for (let from = 0; from < MANY; from += batch) {
      const customerIds = Array.from({ length: Math.min(batch, MANY - from) }, (_none, index) =>
        customer(from + index),
      );
      const start = performance.now();
      await database.transaction((db) => addNoticeRecipients(db, { noticeId, customerIds, author: 'bench' }));
      longest = Math.max(longest, performance.now() - start);
    }
    say(
      `batches of ${batch}: ${MANY} in ${Math.round(performance.now() - began)} ms, the longest transaction ${Math.round(longest)} ms`,
    );
  }
  const noticeId = await register(database);
  const began = performance.now();
  for (let from = 0; from < MANY; from += 2_000)
    await database.transaction((db) => db.query(generate, { noticeId, from, to: Math.min(from + 1_999, MANY - 1) }));
  say(`made in the server, 2000 at a time: ${MANY} in ${Math.round(performance.now() - began)} ms`);
}

async function residentMegabytes(pid: number): Promise<number> {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}

/** One request, whose lines are made as they are wanted. */
async function importAll(path: string, token: string, count: number, line: (index: number) => string): Promise<string> {
  const outgoing = request({
    port: PORT,
    host: '127.0.0.1',
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
  });
  const answered = once(outgoing, 'response') as Promise<[AsyncIterable<Buffer>]>;
  for (let from = 0; from < count; from += 500) {
    const chunk = Array.from({ length: Math.min(500, count - from) }, (_none, index) => `${line(from + index)}\n`).join(
      '',
    );
    if (!outgoing.write(chunk)) await once(outgoing, 'drain');
  }
  outgoing.end();
  let text = '';
  for await (const part of (await answered)[0]) text += part.toString();
  return text;
}

/** Verdicts one after another until it is said to stop; their times in milliseconds. */
async function askVerdicts(app: Client, until: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!until()) {
    const start = performance.now();
    await app.post('/v1/customers/{customerId}/call-verdicts', {
      path: { customerId: 'cust-00000001' },
      body: { trigger: 'ringing', incomingNumber: '+442079460100' },
      idempotencyKey: '',
    });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

const percentile = (sorted: readonly number[], share: number): string =>
  `${(sorted[Math.floor(sorted.length * share)] ?? NaN).toFixed(1)} ms`;

async function measure(what: string, service: ChildProcess, app: Client, work: () => Promise<string>): Promise<void> {
  const before = await residentMegabytes(service.pid!);
  let most = before;
  let done = false;
  const timer = setInterval(
    () =>
      void residentMegabytes(service.pid!).then((now) => {
        most = Math.max(most, now);
      }),
    100,
  );
  const verdicts = askVerdicts(app, () => done);
  const began = performance.now();
  const answer = await work();
  const seconds = (performance.now() - began) / 1000;
  done = true;
  const times = await verdicts;
  clearInterval(timer);
  say(
    `${what}: ${seconds.toFixed(1)} s; resident memory ${Math.round(before)} MB before, at most ${Math.round(most)} MB meanwhile; ${times.length} verdicts beside it, p50 ${percentile(times, 0.5)}, p99 ${percentile(times, 0.99)}; ${answer.slice(0, 120)}`,
  );
}

async function main(): Promise<void> {
  const long = Math.round(Number(process.argv[2] ?? 0.25) * 1_000_000);
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const cluster = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'database'),
    database: 'bench',
    log: () => undefined,
  });
  let service: ChildProcess | undefined;
  try {
    await migrate(cluster.url);
    const database = new TenantDatabase({
      url: await ensureServiceLogin(cluster.url, 'bench-password'),
      tenantId: 'northbank',
      sharedConnections: 1,
      pooledConnections: 1,
    });
    await compareBatches(database);
    await database.close();
    const child = (service = fork(fileURLToPath(import.meta.url), ['serve'], {
      env: { ...process.env, DATABASE_URL: cluster.url, DATA_DIR: directory, PORT: String(PORT), LOG_LEVEL: 'silent' },
    }));
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve()).once('exit', () => reject(new Error('the service did not start')));
    });
    const serviceUrl = `http://127.0.0.1:${PORT}`;
    const token = (identity: string): Promise<string> =>
      fetchDevelopmentToken({ serviceUrl, dataDirectory: directory, tenant: 'northbank', identity });
    const [adminToken, telephonyToken, appToken] = [await token('admin'), await token('telephony'), await token('app')];
    const app = new Client({ url: serviceUrl, token: () => appToken });
    const admin = new Client({ url: serviceUrl, token: () => adminToken });
    const newNotice = async (): Promise<string> =>
      (
        await admin.post('/v1/notices', {
          body: { channel: 'sms', summary: 'Bench', sentAt: new Date().toISOString() },
        })
      ).id;
    const idle = await askVerdicts(
      app,
      (
        (end) => () =>
          performance.now() > end
      )(performance.now() + 3_000),
    );
    say(`verdicts with nothing beside them: p50 ${percentile(idle, 0.5)}, p99 ${percentile(idle, 0.99)}`);
    const path = `/v1/notices/${await newNotice()}/recipients`;
    const line = (index: number): string => `{"customerId":"${customer(index)}"}`;
    await measure(`${MANY} recipients`, child, app, () => importAll(path, adminToken, MANY, line));
    await measure(`the same again`, child, app, () => importAll(path, adminToken, MANY, line));
    const longPath = `/v1/notices/${await newNotice()}/recipients`;
    await measure(`${long} recipients`, child, app, () => importAll(longPath, adminToken, long, line));
    const began = Date.now();
    const record = (index: number): string =>
      JSON.stringify({
        recordId: `pbx-${index}`,
        direction: 'outbound',
        line: '+442079460100',
        dialled: `+4477009${String(index % 100_000).padStart(5, '0')}`,
        startedAt: new Date(began - index * 500).toISOString(),
        endedAt: new Date(began - index * 500 + 90_000).toISOString(),
        team: `team ${index % 7}`,
      });
    await measure(`${MANY} call records`, child, app, () =>
      importAll('/v1/call-records', telephonyToken, MANY, record),
    );
  } finally {
    service?.kill();
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

if (process.argv[2] === 'serve') {
  await startService(readConfig(process.env));
  process.send!('ready');
} else {
  await main();
}
