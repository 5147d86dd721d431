import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.js';
import type { RunningService } from '../../src/boot/service.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
/** The same service to clients who must be done within a second. */
let hasty: RunningService;
let token: string;
let telephony: string;
beforeAll(async () => {
  service = await startTestService();
  hasty = await service.startAnother({ REQUEST_TIMEOUT_SECONDS: '1' });
  Object.assign(hasty.app.getHttpServer() as Server, { headersTimeout: 900 });
  [token, telephony] = [await service.token('agent:amara'), await service.token('telephony')];
});
afterAll(() => service.stop());

const open = (url = service.url): Socket =>
  connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
const head = (length: number, path = '/v1/calls'): string =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
const importHead = (length: number, bearer = telephony): string =>
  `POST /v1/call-records HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${length}\r\n\r\n`;
const ended = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(text));
  });
const openConnections = (): Promise<number> =>
  new Promise((resolve, reject) => {
    (service.running.app.getHttpServer() as Server).getConnections((error, count) =>
      error ? reject(error) : resolve(count),
    );
  });

/** Sends a beginning to the hasty service, then a little again and again until it is cut off. */
async function drip(little: string, start: string): Promise<{ text: string; served: number }> {
  const socket = open(hasty.url);
  socket.write(start);
  const more = setInterval(() => {
    if (socket.writable) socket.write(little);
  }, 100);
  try {
    const answer = ended(socket);
    const served = (await service.amara.get('/v1/calls')).status;
    return { text: await answer, served };
  } finally {
    clearInterval(more);
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not come to be');
}

describe('a client that sends too slowly', () => {
  it('has limits, and they are looked at often enough to mean something', () => {
    const server = service.running.app.getHttpServer() as Server & { connectionsCheckingInterval?: number };
    expect(readConfig({ DATA_DIR: service.dataDirectory })).toMatchObject({
      requestTimeoutSeconds: 20,
      importTimeoutSeconds: 600,
    });
    expect(server.requestTimeout).toBe(630_000);
    expect(server.headersTimeout).toBe(10_000);
    expect(server.timeout).toBe(0);
  });

  it.each([
    ['its headers', () => 'POST /v1/calls HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['its body', () => head(100)],
    ['the body of an import', () => importHead(100)],
    ['nothing at all after its headers', () => head(10)],
    ['nothing of an import', () => importHead(10)],
  ])('drips %s: it is told 408 and the connection is closed, while others are served', async (what, start) => {
    const { text, served } = await drip(what.startsWith('nothing') ? '' : ' ', start());
    expect(served).toBe(200);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain('content-type: application/problem+json');
    expect(text).toContain('/problems/request-timeout');
  });

  it.each([
    ['was refused already', 403, () => importHead(100, token)],
    ['is for nobody', 404, () => head(100, '/v1/nowhere')],
  ])('drips a body that %s: the connection is closed', async (_what, status, start) => {
    const { text } = await drip(' ', start());
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 (${status}|408) `));
  });

  it('a hundred of them keep nobody from being served', async () => {
    const sockets = Array.from({ length: 100 }, () => {
      const socket = open();
      socket.write(head(1_000));
      return socket;
    });
    const replies = await Promise.all(
      Array.from({ length: 20 }, () =>
        service.amara.post('/v1/calls', { customerId: newCustomerId(), direction: 'outbound', purpose: 'x' }),
      ),
    );
    expect(replies.every(({ status }) => status === 201)).toBe(true);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await openConnections()) < 50);
  });
});

describe('a client that says nothing', () => {
  it('does not hold up the stop of a process, and one whose request is under way is answered first', async () => {
    const other = await service.startAnother();
    const port = Number(new URL(other.url).port);
    const silent = connect(port, '127.0.0.1').on('error', () => undefined);
    await new Promise((resolve) => silent.once('connect', resolve));
    const { customerId } = await service.customerWithDevice();
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    const body = JSON.stringify({ customerId, direction: 'outbound', purpose: 'x', verify: true });
    const busy = connect(port, '127.0.0.1').on('error', () => undefined);
    const answer = ended(busy);
    busy.write(head(body.length) + body);
    await transaction.untilWaiting();
    const stopped = other.stop();
    await ended(silent);
    await transaction.commit();
    expect(await answer).toMatch(/^HTTP\/1\.1 201 /);
    await stopped;
  });
});

describe('a client that goes away in mid-request', () => {
  it('leaves a whole change or none, and the service well', async () => {
    const { customerId } = await service.customerWithDevice();
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    const body = JSON.stringify({ customerId, direction: 'outbound', purpose: 'x', verify: true });
    const sockets = Array.from({ length: 5 }, () => {
      const socket = open();
      socket.write(head(body.length) + body);
      return socket;
    });
    await transaction.untilWaiting();
    for (const socket of sockets) socket.resetAndDestroy();
    await transaction.commit();
    await until(async () => (await service.sql(`SELECT FROM calls WHERE customer_id = $1`, [customerId])).length === 5);
    const counts = await service.sql(
      `SELECT type, count(*)::int FROM events WHERE customer_id = $1 AND type IN ('countersign.call.declared', 'countersign.verification.started', 'countersign.verification.cancelled') GROUP BY 1 ORDER BY 1`,
      [customerId],
    );
    expect(counts).toEqual([
      { type: 'countersign.call.declared', count: 5 },
      { type: 'countersign.verification.cancelled', count: 4 },
      { type: 'countersign.verification.started', count: 5 },
    ]);
  });

  it('in the middle of its body changes nothing', async () => {
    const customerId = newCustomerId();
    const body = JSON.stringify({ customerId, direction: 'outbound', purpose: 'x' });
    const socket = open();
    await new Promise((resolve) => socket.write(head(body.length) + body.slice(0, -1), resolve));
    socket.resetAndDestroy();
    await until(async () => socket.destroyed && (await service.amara.get('/health/ready')).status === 200);
    expect(await service.sql(`SELECT FROM calls WHERE customer_id = $1`, [customerId])).toHaveLength(0);
  });

  it('while a stream is being opened for it leaves no stream behind', async () => {
    const { body } = await service.amara.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      purpose: 'x',
    });
    const openStreams = async (): Promise<number> =>
      Number(/countersign_open_streams (\d+)/.exec((await service.admin.get('/metrics')).body as string)![1]);
    expect(await openStreams()).toBe(0);
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
    const socket = open();
    socket.write(`GET /v1/calls/${body.id}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    await transaction.untilWaiting();
    const before = await openConnections();
    socket.resetAndDestroy();
    await until(async () => (await openConnections()) < before);
    await transaction.commit();
    expect((await service.amara.get(`/v1/calls/${body.id}`)).status).toBe(200);
    await until(
      async () =>
        (
          await service.sql(
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
          )
        ).length === 0,
    );
    await until(async () => (await openStreams()) === 0);
  });
});
