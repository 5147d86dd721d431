/**
 * How long an export takes and how much memory the service uses meanwhile. The service runs in a process of its own,
 * whose resident memory is read every quarter of a second (Linux).
 *
 * npm run build && node dist/bench/export.js [rows, in millions]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { readConfig } from '../src/config/config.js';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { migrate } from '../src/database/migrate.js';
import { startService } from '../src/boot/service.js';
import { INSERT_REPORTS } from './report-rows.js';

const PORT = 3918;
const BATCH = 250_000;
const NUMBER = '+447700900042';
const MB = 1024 * 1024;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** As many reports as wanted, without the indexes that this export does not use while they are written. */
async function fill(url: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(
      'ALTER TABLE reports DISABLE ROW LEVEL SECURITY; DROP INDEX reports_by_reference, reports_of_customer, reports_by_number',
    );
    for (let made = 0; made < rows; made += BATCH)
      await client.query(INSERT_REPORTS, [Math.min(BATCH, rows - made), NUMBER, `${made}-`]);
    await client.query(
      'CREATE INDEX reports_by_number ON reports (tenant_id, claimed_number, id) WHERE claimed_number IS NOT NULL',
    );
    await client.query('ALTER TABLE reports ENABLE ROW LEVEL SECURITY');
    await client.query('VACUUM ANALYZE reports');
  } finally {
    await client.end();
  }
}

async function residentMegabytes(pid: number): Promise<number> {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}

async function measure(service: ChildProcess, token: string, query: string): Promise<void> {
  const before = await residentMegabytes(service.pid!);
  let most = before;
  const timer = setInterval(
    () =>
      void residentMegabytes(service.pid!).then((now) => {
        most = Math.max(most, now);
      }),
    250,
  );
  const began = performance.now();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(
      `http://127.0.0.1:${PORT}/v1/reports/export?${query}`,
      { headers: { authorization: `Bearer ${token}` } },
      resolve,
    ).on('error', reject);
  });
  let [bytes, lines] = [0, 0];
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
  }
  const seconds = (performance.now() - began) / 1000;
  clearInterval(timer);
  say(
    `${query}: ${lines} lines, ${Math.round(bytes / MB)} MB in ${seconds.toFixed(1)} s (${Math.round(lines / seconds)} a second); resident memory ${Math.round(before)} MB before, at most ${Math.round(most)} MB meanwhile`,
  );
}

async function main(): Promise<void> {
  const rows = Math.round(Number(process.argv[2] ?? 10) * 1_000_000);
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const database = await startEmbeddedPostgres({
    dataDirectory: join(directory, 'database'),
    database: 'bench',
    settings: { synchronous_commit: 'off' },
    log: () => undefined,
  });
  let service: ChildProcess | undefined;
  try {
    await migrate(database.url);
    const began = performance.now();
    await fill(database.url, rows);
    say(`${rows} reports written in ${Math.round((performance.now() - began) / 1000)} s`);
    const child = (service = fork(fileURLToPath(import.meta.url), ['serve'], {
      env: { ...process.env, DATABASE_URL: database.url, DATA_DIR: directory, PORT: String(PORT), LOG_LEVEL: 'silent' },
    }));
    await new Promise<void>((resolve, reject) => {
      child.once('message', () => resolve()).once('exit', () => reject(new Error('the service did not start')));
    });
    const token = await fetchDevelopmentToken({
      serviceUrl: `http://127.0.0.1:${PORT}`,
      dataDirectory: directory,
      tenant: 'northbank',
      identity: 'analyst',
    });
    await measure(child, token, `format=csv&number=${encodeURIComponent(NUMBER)}`);
    await measure(child, token, 'format=ndjson');
    await measure(child, token, 'format=csv');
  } finally {
    service?.kill();
    await database.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

if (process.argv[2] === 'serve') {
  await startService(readConfig(process.env));
  process.send!('ready');
} else {
  await main();
}
