/**
 * Whether the relay and the sealer keep up with 10,000 events a second: events are written straight into the log at a
 * steady rate, and once a second it is asked how far each is behind.
 *
 * npm run build && node dist/bench/relay.js [events a second, 10000] [seconds, 20]
 */
import pg from 'pg';
import { startCountersign, startDatabase } from './load/servers.js';

const [perSecond, seconds] = [Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 20)];
const TICKS = 20;
const INSERT = `INSERT INTO events (tenant_id, type, about, about_id, customer_id, data) SELECT 'northbank', 'countersign.bench.written', 'call', gen_random_uuid(), 'customer-' || n, '{"direction":"outbound"}' FROM generate_series(1, $1::int) n`;
const BEHIND = `
  SELECT (SELECT count(*) FROM events e, event_consumers c WHERE c.name = 'webhooks' AND c.tenant_id = 'northbank' AND e.tenant_id = 'northbank' AND (e.xid, e.sequence) > (c.xid, c.sequence))::int AS "notRelayed",
         ((SELECT count(*) FROM events WHERE tenant_id = 'northbank') - (SELECT count(*) FROM log_leaves WHERE tenant_id = 'northbank'))::int AS "notSealed"`;

const database = await startDatabase();
const service = await startCountersign(database);
try {
  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: database.server.url, options: '-c countersign.tenant=northbank' });
    await client.connect();
    return client;
  };
  const [writer, reader] = [await connect(), await connect()];
  const began = performance.now();
  for (let tick = 0; tick < seconds * TICKS; tick += 1) {
    await writer.query({ name: 'insert', text: INSERT, values: [perSecond / TICKS] });
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(0, began + ((tick + 1) * 1_000) / TICKS - performance.now())),
    );
    if (tick % (5 * TICKS) === 5 * TICKS - 1)
      process.stdout.write(
        `${JSON.stringify({ second: Math.round((performance.now() - began) / 1_000), written: (tick + 1) * (perSecond / TICKS), ...(await reader.query<object>(BEHIND)).rows[0] })}\n`,
      );
  }
  const written = performance.now();
  for (;;) {
    const {
      rows: [behind],
    } = await reader.query<{ notRelayed: number; notSealed: number }>(BEHIND);
    if (behind!.notRelayed + behind!.notSealed === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  process.stdout.write(
    `${JSON.stringify({ writtenPerSecond: Math.round((perSecond * seconds * 1_000) / (written - began)), caughtUpAfterSeconds: Math.round((performance.now() - written) / 100) / 10 })}\n`,
  );
  await Promise.all([writer.end(), reader.end()]);
} finally {
  await service.stop();
  await database.stop();
}
