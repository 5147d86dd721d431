/**
 * What open streams cost a process: memory with many of them, and the time from an event's commit to each reader.
 *
 * npm run build && node dist/bench/streams.js [streams] [events]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { fetchDevelopmentToken } from '../src/http/access/issuer/development-tokens.js';
import { startEmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { freePort } from './load/free-port.js';

const [streams, events] = [Number(process.argv[2] ?? 1_000), Number(process.argv[3] ?? 200)];
const MAIN = join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.js');

function residentMegabytes(child: ChildProcess): number {
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1_024);
}

async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (
      await fetch(`${url}/health/ready`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the service does not start');
}

/** Opens a stream on a plain socket, and tells when each event's text has come. */
async function openStream(port: number, token: string, path: string, heard: (text: string) => void): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.once('data', () => resolve()));
  socket.setEncoding('utf8').on('data', heard);
  return socket;
}

async function measure(url: string, token: string, owner: pg.Client): Promise<object> {
  const committed = new Map<number, number>();
  const latencies: number[] = [];
  const heard = (text: string): void => {
    const now = performance.now();
    for (const [, n] of text.matchAll(/"n":(\d+)/g)) latencies.push(now - committed.get(Number(n))!);
  };
  const open: Socket[] = [];
  for (let n = 0; n < streams; n += 50)
    open.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, () =>
          openStream(Number(new URL(url).port), token, '/v1/events/stream?types=countersign.bench.*', heard),
        ),
      )),
    );
  for (let n = 0; n < events; n += 1) {
    await owner.query(
      `INSERT INTO events (tenant_id, type, about, data) VALUES ('northbank', 'countersign.bench.event', 'policy', jsonb_build_object('n', $1::int))`,
      [n],
    );
    committed.set(n, performance.now());
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  for (const socket of open) socket.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(latencies[Math.floor((latencies.length - 1) * share)]!);
  return {
    heard: latencies.length,
    expected: streams * events,
    fromAnotherProcessMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
  };
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const server = await startEmbeddedPostgres({ dataDirectory: directory, database: 'bench', log: () => undefined });
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, DATABASE_URL: server.url, DATA_DIR: directory, PORT: String(port), LOG_LEVEL: 'error' },
    stdio: 'inherit',
  });
  try {
    await ready(url);
    const token = await fetchDevelopmentToken({
      serviceUrl: url,
      dataDirectory: directory,
      tenant: 'northbank',
      identity: 'admin',
    });
    const owner = new pg.Client({ connectionString: server.url });
    await owner.connect();
    const before = residentMegabytes(child);
    const peak = { megabytes: 0 };
    const watch = setInterval(() => {
      peak.megabytes = Math.max(peak.megabytes, residentMegabytes(child));
    }, 200);
    const result = await measure(url, token, owner);
    clearInterval(watch);
    await owner.end();
    process.stdout.write(
      `${JSON.stringify({ streams, megabytesBefore: before, megabytesAtMost: peak.megabytes, ...result })}\n`,
    );
  } finally {
    child.kill('SIGKILL');
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
