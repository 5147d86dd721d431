import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toTypeId } from '../../src/ids/ids.js';
import { bundle } from '../support/program.js';
import { untilNothingLeft } from '../support/progress.js';
import { startTestService, type TestService } from '../support/service.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const EVENTS = 10_000;
const WRITERS = 6;
const KILLS = 6;
const SUBJECTS = Array.from({ length: 250 }, () => randomUUID());
const INSERT = `INSERT INTO events (type, about, about_id, data) SELECT 'countersign.test.written', 'chg', s, '{}' FROM unnest($1::uuid[]) s RETURNING id`;

let service: TestService;
let receiver: WebhookReceiver;
let program: Awaited<ReturnType<typeof bundle>>;
const workers = new Set<ChildProcess>();
let said = '';

beforeAll(async () => {
  [service, receiver, program] = await Promise.all([
    startTestService({ WORKERS: 'off' }),
    WebhookReceiver.start(),
    bundle('worker', 'scripts/worker.ts'),
  ]);
});
afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all([service.stop(), receiver.stop(), program.remove()]);
});

function startWorker(): ChildProcess {
  const child = spawn(process.execPath, [program.file], {
    env: {
      ...process.env,
      NODE_ENV: 'test',
      DATABASE_URL: service.ownerUrl,
      DATA_DIR: service.dataDirectory,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      PUBLIC_URL: service.url,
      WEBHOOK_TIMEOUT_SECONDS: '3',
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (said += text));
  workers.add(child);
  child.once('close', () => workers.delete(child));
  return child;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function connect(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: service.ownerUrl, options: '-c countersign.tenant=northbank' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Writes its share in transactions of one to eight events. */
async function write(share: number): Promise<void> {
  const client = await connect();
  for (let left = share; left > 0;) {
    const count = Math.min(left, randomInt(1, 9));
    await client.query(INSERT, [Array.from({ length: count }, () => SUBJECTS[randomInt(SUBJECTS.length)])]);
    left -= count;
    if (randomInt(4) === 0) await pause(randomInt(20));
  }
  await client.end();
}

/** Writes an event before all others, and commits it long after many of them. */
async function writeLate(): Promise<string> {
  const client = await connect();
  await client.query('BEGIN');
  const {
    rows: [event],
  } = await client.query<{ id: string }>(INSERT, [[SUBJECTS[0]]]);
  await pause(2_500);
  await client.query('COMMIT');
  await client.end();
  return event!.id;
}

async function killAtRandom(): Promise<void> {
  for (let kills = 0; kills < KILLS; kills += 1) {
    await pause(randomInt(300, 1_800));
    const running = [...workers];
    running[randomInt(running.length)]!.kill('SIGKILL');
    startWorker();
  }
}

describe('relay and delivery, killed at random points', () => {
  it(
    'hand each event on once, and deliver each at least once and in order for its subject',
    { timeout: 400_000 },
    async () => {
      // Once at most for each: a third attempt is made five minutes after the second, and holds up all of its subject.
      const known = new Set<string>();
      receiver.behave('/kill', (response, { id }) => {
        const fails = !known.has(id) && randomInt(200) === 0;
        known.add(id);
        setTimeout(() => response.writeHead(fails ? 500 : 204).end(), randomInt(4));
      });
      await service.admin.post('/v1/webhooks', { url: `${receiver.url}/kill`, types: ['countersign.test.*'] });
      startWorker();
      startWorker();
      const [late] = await Promise.all([
        writeLate(),
        killAtRandom(),
        ...Array.from({ length: WRITERS }, () => write((EVENTS / WRITERS) | 0)),
      ]);
      const log = await service.sql<{ id: string; subject: string }>(
        `SELECT id, about_id AS subject FROM events WHERE type = 'countersign.test.written' ORDER BY events.xid, events.sequence`,
      );
      expect(log.length).toBeGreaterThan(EVENTS - WRITERS);
      expect(log.findIndex(({ id }) => id === late)).toBeLessThan(500);
      const open = async () =>
        (
          await service.sql<{ open: number }>(
            `SELECT $1 - count(*)::int AS open FROM webhook_deliveries WHERE status = 'delivered'`,
            [log.length],
          )
        )[0]!.open;
      await untilNothingLeft(open);

      const handedOn = await service.sql<{ events: number; deliveries: number }>(
        `SELECT count(DISTINCT event_id)::int AS events, count(*)::int AS deliveries FROM webhook_deliveries`,
      );
      expect(handedOn).toEqual([{ events: log.length, deliveries: log.length }]);
      expect(said).not.toMatch(/23505|could not be handed on/);
      const [stuck] = await service.sql<{ behind: number }>(
        `SELECT count(*)::int AS behind FROM events e JOIN event_consumers c ON c.tenant_id = e.tenant_id AND c.name = 'webhooks' WHERE (e.xid, e.sequence) > (c.xid, c.sequence) AND e.type = 'countersign.test.written'`,
      );
      expect(stuck).toEqual({ behind: 0 });

      const order = new Map<string, string[]>();
      const seen = new Set<string>();
      for (const { id, event } of receiver.received) {
        if (seen.has(id)) continue;
        seen.add(id);
        order.set(event.subject, [...(order.get(event.subject) ?? []), id]);
      }
      expect(seen.size).toBe(log.length);
      const expected = new Map<string, string[]>();
      for (const { id, subject } of log)
        expected.set(toTypeId('chg', subject), [
          ...(expected.get(toTypeId('chg', subject)) ?? []),
          toTypeId('evt', id),
        ]);
      expect(Object.fromEntries(order)).toEqual(Object.fromEntries(expected));
    },
  );
});
