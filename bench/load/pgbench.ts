import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LatencySummary, summarize } from './latencies.js';

const run = promisify(execFile);

/** What pgbench does over and over: the same statements as bare Fastify sends, without HTTP and without a signature. */
const SCRIPTS = {
  read: `\\set n random(0, :customers - 1)
SELECT id, reference, agent_name, department, purpose, started_at FROM calls WHERE customer_id = 'customer-' || :n AND ended_at IS NULL LIMIT 1;
`,
  roundTrip: `\\set n random(0, :customers - 1)
INSERT INTO verifications (customer_id, agent_id, purpose, challenge) VALUES ('customer-' || :n, 'amara', 'A payment we stopped', 'bm90IGEgcmFuZG9tIGNoYWxsZW5nZSwgYnV0IGFzIGxvbmc') RETURNING id \\gset
SELECT id, challenge, purpose, created_at, expires_at FROM verifications WHERE customer_id = 'customer-' || :n AND status = 'waiting' AND expires_at > now() ORDER BY id DESC;
SELECT v.challenge, v.customer_id, c.public_key FROM verifications v JOIN customers c ON c.id = v.customer_id WHERE v.id = :id;
UPDATE verifications SET status = 'confirmed', answer = '{"jws":"…"}', closed_at = now() WHERE id = :id AND status = 'waiting' AND expires_at > now() RETURNING id;
SELECT id, status, closed_at FROM verifications WHERE id = :id;
`,
  insertion: `\\set n random(0, :customers - 1)
INSERT INTO verifications (customer_id, agent_id, purpose, challenge) VALUES ('customer-' || :n, 'amara', 'A payment we stopped', 'bm90IGEgcmFuZG9tIGNoYWxsZW5nZSwgYnV0IGFzIGxvbmc');
`,
};

type Script = keyof typeof SCRIPTS;
export type PgbenchScript = Exclude<Script, 'insertion'>;

interface PgbenchOptions {
  readonly url: string;
  readonly directory: string;
  readonly customers: number;
  readonly seconds: number;
}

/** Whether pgbench is on the path. */
export async function hasPgbench(): Promise<boolean> {
  return run('pgbench', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Transactions a second of one script with 32 clients and prepared statements, and their mean latency in milliseconds. */
export async function pgbench(
  script: PgbenchScript,
  options: PgbenchOptions,
): Promise<{ perSecond: number; meanMs: number }> {
  const stdout = await runScript(script, options, []);
  return {
    perSecond: Number(/tps = ([\d.]+)/.exec(stdout)![1]),
    meanMs: Number(/latency average = ([\d.]+)/.exec(stdout)![1]),
  };
}

/** Latencies of bare insertions of one row, each in a transaction of its own, that come at a steady rate; each is timed from when it was due. */
export async function insertionsAt(perSecond: number, options: PgbenchOptions): Promise<LatencySummary> {
  const folder = await mkdtemp(join(options.directory, 'pgbench-'));
  try {
    await runScript('insertion', options, ['-R', String(perSecond), '-l', '--log-prefix', join(folder, 'log')]);
    const logs = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')));
    // client, transaction, microseconds since it was due, and more
    const lines = logs.flatMap((log) => log.split('\n')).filter((line) => line !== '');
    return summarize(lines.map((line) => Number(line.split(' ')[2]) / 1_000));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runScript(script: Script, options: PgbenchOptions, more: readonly string[]): Promise<string> {
  const file = join(options.directory, `${script}.pgbench.sql`);
  await writeFile(file, SCRIPTS[script]);
  const { stdout } = await run('pgbench', [
    '-n',
    '-M',
    'prepared',
    '-c',
    '32',
    '-j',
    '1',
    '-T',
    String(options.seconds),
    '-D',
    `customers=${options.customers}`,
    '-f',
    file,
    ...more,
    options.url,
  ]);
  return stdout;
}
