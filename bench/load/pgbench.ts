import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

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
};

export type PgbenchScript = keyof typeof SCRIPTS;

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
  options: { url: string; directory: string; customers: number; seconds: number },
): Promise<{ perSecond: number; meanMs: number }> {
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
    options.url,
  ]);
  return {
    perSecond: Number(/tps = ([\d.]+)/.exec(stdout)![1]),
    meanMs: Number(/latency average = ([\d.]+)/.exec(stdout)![1]),
  };
}
