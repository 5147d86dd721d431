/**
 * How long the migrations since 0.1.0 take on a database that has grown, and for how long verdicts would wait for them: the
 * built command, killed once while it builds an index and run again, beside sessions that take, on each table that a verdict
 * needs, the lock that a verdict takes. Ends with 1 where the schema does not come up to date.
 *
 * npm run build && node dist/bench/migrations.js [customers, 200000] [log2 of events, 20]
 */
import pg from 'pg';
import { masterKeyId } from '../src/crypto/server-keys.js';
import { keepKeyName } from '../src/database/kept-key-name.js';
import { migrateFirst, RELEASES, countOf } from '../test/support/released.js';
import { grow } from './load/grow.js';
import { LockWatch } from './load/lock-watch.js';
import { operate } from './load/operator.js';
import { startDatabase } from './load/servers.js';

const [customers, power] = [Number(process.argv[2] ?? 200_000), Number(process.argv[3] ?? 20)];
/** Whose writers are seen to wait, too. */
const BESIDE = ['devices', 'idempotency_keys'];

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function growOld(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    options: '-c countersign.tenant=northbank -c session_replication_role=replica',
  });
  await client.connect();
  await migrateFirst(client, countOf(RELEASES[0]));
  await grow(url, { customers, calls: customers, events: 2 ** power }, say);
  await client.query(
    `INSERT INTO verifications (id, customer_id, kind, status, call_id, direction, key_id, display_sealed, challenge, asks, attempts_allowed, policy_version, started_by, created_at, expires_at, closed_at)
     SELECT uuidv7(now() - started_at), customer_id, 'call', CASE WHEN random() < 0.01 THEN 'denied' ELSE 'expired' END, id, 'outbound', key_id, purpose_sealed, 'none', '{}', 3, 1, 'amara', started_at, expires_at, expires_at FROM calls`,
  );
  await client.query(
    `INSERT INTO idempotency_keys (subject, key, fingerprint, claim, claimed_until, response_sealed)
     SELECT 'backend', gen_random_uuid(), sha256(id::bytea), gen_random_uuid(), now(), '\\xef' FROM customers`,
  );
  await client.query(
    `INSERT INTO contact_points (customer_id, kind, value_sealed, value_hash, since) SELECT id, 'phone', '\\xef', sha256(id::bytea), now() FROM customers`,
  );
  await client.query('VACUUM ANALYZE');
  await client.end();
}

const database = await startDatabase();
const { url } = database.server;
const masterKey = Buffer.alloc(32, 7);
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  DATABASE_URL: url,
  DATA_DIR: database.directory,
  MASTER_KEY: masterKey.toString('base64'),
};
try {
  await growOld(url);
  // What was grown is sealed under no key, by which it could be told.
  await keepKeyName(url, masterKeyId(masterKey));
  const plan = await operate(environment, ['migrate', '--plan']);
  for (const { text } of plan.lines.slice(-4)) say(`plan: ${text}`);
  const told = (text: string, second: number): void => say(`  ${second.toFixed(1)} s: ${text}`);
  const watch = await LockWatch.start(url, 'countersign migrate', BESIDE);
  const first = await operate(environment, ['migrate'], (text, second) => {
    told(text, second);
    return text.includes('CREATE INDEX CONCURRENTLY calls_of_team');
  });
  say(first.code === null ? 'killed' : `ended with ${first.code}`);
  const second = await operate(environment, ['migrate'], told);
  const { verdictWaits, longestWait, statements } = await watch.stop();
  say(`${(first.seconds + second.seconds).toFixed(1)} s, ${Math.max(first.megabytes, second.megabytes)} MB resident`);
  say(`waited at most, ms: ${JSON.stringify(verdictWaits)}; anybody for any lock: ${longestWait}`);
  for (const [text, ms] of statements) say(`  statement of ${ms} ms: ${text}`);
  const after = await operate(environment, ['migrate', '--plan']);
  process.exitCode = second.code === 0 && after.code === 0 ? 0 : 1;
} finally {
  await database.stop();
}
