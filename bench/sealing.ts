/**
 * What sealing an event costs, and handing it on: CPU of the database's backend and of this process for each event, and of
 * the backend by statement. Events are written as the hot paths write them, some at a time, and what has settled is then
 * sealed, or handed on, as the service does it. Medians of the rounds.
 *
 * npm run build && node dist/bench/sealing.js [events a round, 20000] [rounds, 5] [sealed|handed on, both]
 */
import pg from 'pg';
import { generateSigningKeyPem, parseSigningKey } from '../src/crypto/signing-key.js';
import { ensureServiceLogin, migrate } from '../src/database/migrate.js';
import { FIRST_ID } from '../src/events/event-range.js';
import { ensureConsumer, isBehind } from '../src/events/relay.store.js';
import { LocalSigner } from '../src/transparency/checkpoint-signer.js';
import { sealLog } from '../src/transparency/log-seal.js';
import { queueForWebhooks } from '../src/webhooks/deliveries.store.js';
import { kickEndpoints } from '../src/webhooks/pump.store.js';
import { WEBHOOK_CONSUMER } from '../src/webhooks/webhook-consumer.js';
import { type Metered, MeteredDatabase } from './load/metered-database.js';
import { startDatabase } from './load/servers.js';

const [EVENTS, ROUNDS, WHAT] = [Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 5), process.argv[4] ?? ''];
/** So many have settled when a round of the service begins: under little load, under a bank's peak, and after a pause. */
const SETTLED = [20, 250, EVENTS];
const IN_ONE_TRANSACTION = 5;
/** As the relay does at once. */
const HANDED_ON = 500;

/** A round trip's events, over and over: each transaction writes five. */
const WRITE = `
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT (ARRAY['countersign.call.declared', 'countersign.verification.started', 'countersign.verdict.given', 'countersign.verification.confirmed', 'countersign.call.ended'])[n],
         (ARRAY['call', 'ver', 'customer', 'ver', 'call'])[n], CASE WHEN n = 3 THEN NULL ELSE uuid7() END, 'customer-' || $1::int,
         CASE WHEN n = 3 THEN NULL ELSE uuid7() END,
         (ARRAY['{"direction":"outbound","line":"+442079460100","purpose":"Y29tbWl0bWVudCBvZiBhIHB1cnBvc2U","agentId":"amara","policyVersion":1}',
                '{"kind":"call","asks":["code","answer"],"policyVersion":1,"commitment":"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA","expiresInSeconds":300}',
                '{"verdict":"legitimate","trigger":"ringing","callReference":"7K2M-9QXD","verdictId":"01939c1e-8a6f-7bd2-9f3e-5a1f2c3d4e5f"}',
                '{"kind":"call","attempts":1,"deviceId":"01939c1e-8a6f-7bd2-9f3e-5a1f2c3d4e5f","displayHash":"q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA"}',
                '{"endedBy":"agent","seconds":184}'])[n]::jsonb
    FROM generate_series(1, ${IN_ONE_TRANSACTION}) n`;

interface Round {
  readonly databaseMicros: number;
  readonly serviceMicros: number;
}

const database = await startDatabase();
const owner = new pg.Client({
  connectionString: database.server.url,
  options: '-c countersign.tenant=northbank -c synchronous_commit=off',
});
await migrate(database.server.url);
await owner.connect();
const db = new MeteredDatabase({
  url: await ensureServiceLogin(database.server.url, 'sealing'),
  tenantId: 'northbank',
  sharedConnections: 1,
  pooledConnections: 1,
});
const log = {
  signer: new LocalSigner(parseSigningKey(generateSigningKeyPem())),
  publicUrl: 'https://countersign.test',
  keyMac: () => Buffer.alloc(32),
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void database.stop().finally(() => process.exit(130)));
try {
  await ensureConsumer(db, WEBHOOK_CONSUMER);
  const kinds: ReadonlyArray<readonly [string, () => Promise<void>, () => Promise<void>]> = [
    ['sealed', async () => undefined, seal],
    ['handed on, no webhook', async () => undefined, relay],
    ['handed on, one webhook', addWebhook, relay],
  ];
  for (const [what, prepare, work] of kinds.filter(([name]) => name.startsWith(WHAT))) {
    await prepare();
    for (const settled of SETTLED) await measure(`${what}, ${settled} at a time`, settled, work);
    // Whoever comes next begins with nothing to do.
    await seal();
    await relay();
  }
} finally {
  await db.close();
  await owner.end();
  await database.stop();
}

async function seal(): Promise<void> {
  await sealLog(db, log);
}

async function relay(): Promise<void> {
  while (await isBehind(db, WEBHOOK_CONSUMER, FIRST_ID))
    await db.transaction(async (tx) => {
      const next = { consumer: WEBHOOK_CONSUMER, first: FIRST_ID, most: HANDED_ON };
      await kickEndpoints(tx, (await queueForWebhooks(tx, next)).ids);
    });
}

async function addWebhook(): Promise<void> {
  await owner.query(
    `INSERT INTO webhooks (id, url, types, signature, secret_sealed, created_by) VALUES (uuid7(), 'https://bank.example/', '{countersign.call.*,countersign.verification.*}', 'v1', '\\x00', 'admin')`,
  );
}

async function measure(what: string, settled: number, work: () => Promise<void>): Promise<void> {
  const events = Math.min(EVENTS, settled * 40);
  await round(events, settled, work);
  const rounds: Round[] = [];
  for (let n = 0; n < ROUNDS; n += 1) rounds.push(await round(events, settled, work));
  const statements = new Map<string, Metered>();
  db.meterInto(statements);
  await round(events, settled, work);
  db.meterInto(null);
  const each = (pick: (round: Round) => number): string => median(rounds.map(pick)).toFixed(1);
  const lines = [...statements]
    .sort(([, a], [, b]) => b.micros - a.micros)
    .map(
      ([name, { calls, micros }]) =>
        `${(micros / events).toFixed(1).padStart(8)} µs an event, ${Math.round(micros / calls)} µs × ${calls}: ${name}`,
    );
  process.stdout.write(
    `${what}: database ${each((one) => one.databaseMicros)} µs an event, service ${each((one) => one.serviceMicros)} µs\n${lines.join('\n')}\n\n`,
  );
}

/** Writes events, and does the work whenever so many have settled. */
async function round(events: number, settled: number, work: () => Promise<void>): Promise<Round> {
  let [databaseMicros, serviceMicros] = [0, 0];
  await work();
  await db.find(owner);
  for (let written = 0; written < events; written += settled) {
    for (let n = 0; n < settled; n += IN_ONE_TRANSACTION)
      await owner.query({ name: 'write', text: WRITE, values: [n] });
    const [backend, service] = [db.cpuMicros(), process.cpuUsage()];
    await work();
    const used = process.cpuUsage(service);
    databaseMicros += db.cpuMicros() - backend;
    serviceMicros += used.user + used.system;
  }
  return { databaseMicros: databaseMicros / events, serviceMicros: serviceMicros / events };
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
