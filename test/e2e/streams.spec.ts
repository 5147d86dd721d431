import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchAdmitted } from '../support/once-admitted.js';
import { ServiceClient, type StreamedEvent } from '../support/service-client.js';
import { countOpenStreams } from '../../src/events/open-streams.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const declare = async (customerId: string, verify = true) =>
  (
    await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
      verify,
    })
  ).body;

/** Waits until all that stands in the log may be read: an open transaction of any other test holds it back. */
async function settled(): Promise<void> {
  await expect
    .poll(
      async () =>
        (await service.sql('SELECT FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1')).length,
      { timeout: 60_000 },
    )
    .toBe(0);
}

/** Adds events as a writer would, past the API, on one connection. */
async function addEvents(count: number, data: object = {}): Promise<void> {
  await service.sql(
    `INSERT INTO events (tenant_id, type, about, about_id, data) SELECT 'northbank', 'countersign.test.added', 'call', $2::uuid, $3::jsonb || jsonb_build_object('n', n) FROM generate_series(1, $1::int) n`,
    [count, randomUUID(), JSON.stringify(data)],
  );
}

async function readAll(stream: { next(): Promise<StreamedEvent | null> }, count: number): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  while (events.length < count) events.push((await stream.next())!);
  return events;
}

describe('the event log', () => {
  it('is read in order, page after page, each event once, and goes on after the last that was read', async () => {
    await addEvents(30);
    await settled();
    const seen: string[] = [];
    let after = '';
    for (let pages = 0; pages < 50; pages += 1) {
      const { body } = await service.analyst.get(`/v1/events?limit=7${after}`);
      seen.push(...body.data.map((event: { id: string }) => event.id));
      if (body.next === null) break;
      expect(body.next).toBe(body.data.at(-1).id);
      after = `&after=${body.next}`;
    }
    const [{ count }] = (await service.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM events WHERE tenant_id = 'northbank'`,
    )) as [{ count: number }];
    expect(new Set(seen).size).toBe(count);
    expect((await service.admin.get(`/v1/events?after=${seen.at(-1)}`)).body).toEqual({ data: [], next: null });
    await addEvents(1, { last: true });
    await settled();
    expect((await service.admin.get(`/v1/events?after=${seen.at(-1)}`)).body.data).toMatchObject([
      { specversion: '1.0', type: 'countersign.test.added', data: { last: true } },
    ]);
  });

  it('is narrowed to types and kinds of types; an underscore is no wildcard', async () => {
    await addEvents(1);
    await declare(newCustomerId(), false);
    await settled();
    const types = async (query: string) =>
      new Set(
        (await service.admin.get(`/v1/events?limit=200&types=${query}`)).body.data.map(
          (event: { type: string }) => event.type,
        ),
      );
    expect(await types('countersign.call.declared')).toEqual(new Set(['countersign.call.declared']));
    expect(await types('countersign.call.*,countersign.test.added')).toEqual(
      new Set(['countersign.call.declared', 'countersign.test.added']),
    );
    expect(await types('countersign.cal_.declared')).toEqual(new Set());
    for (const wrong of ['call.declared', 'countersign.*', 'countersign.call.*,', ''])
      expect((await service.admin.get(`/v1/events?types=${wrong}`)).status, wrong).toBe(400);
    expect((await service.admin.get('/v1/events?after=evt_01jd3f6q8zfk1rz1m3v9w1c2aa')).status).toBe(400);
  });

  it('shows a late commit in its place or not yet, and never steps over it; a stream tells at once what is committed', async () => {
    const late = new pg.Client({ connectionString: service.ownerUrl });
    await late.connect();
    await late.query('BEGIN');
    await late.query(
      `INSERT INTO events (tenant_id, type, about, data) VALUES ('northbank', 'countersign.test.late', 'policy', '{}')`,
    );
    const stream = await service.admin.stream('/v1/events/stream?types=countersign.test.*');
    await addEvents(3);
    const before = await readAll(stream, 3);
    expect((await service.admin.get('/v1/events?types=countersign.test.late')).body.data).toEqual([]);
    await late.query('COMMIT');
    await late.end();
    const events = [...before, ...(await readAll(stream, 1))];
    stream.close();
    expect(events.map(({ event }) => event)).toEqual(['test.added', 'test.added', 'test.added', 'test.late']);
    await settled();
    const listed = (await service.admin.get(`/v1/events?limit=200&types=countersign.test.*`)).body.data.slice(-4);
    expect(listed.map(({ type }: { type: string }) => type)).toEqual([
      'countersign.test.late',
      ...Array.from({ length: 3 }, () => 'countersign.test.added'),
    ]);
  });
});

describe('a stream of all events', () => {
  it('goes on after Last-Event-ID without gap or repeat, on another node too', async () => {
    const other = await service.startAnother();
    const admin = new ServiceClient(other.url, await service.token('admin'));
    const stream = await service.admin.stream('/v1/events/stream?types=countersign.test.*');
    await addEvents(250);
    const first = await readAll(stream, 100);
    stream.close();
    const resumed = await admin.stream('/v1/events/stream?types=countersign.test.*', {
      headers: { 'last-event-id': first.at(-1)!.id },
    });
    const rest = await readAll(resumed, 150);
    await addEvents(5);
    rest.push(...(await readAll(resumed, 5)));
    resumed.close();
    expect([...first, ...rest].map(({ data }) => data.data.n)).toEqual([
      ...Array.from({ length: 250 }, (_none, n) => n + 1),
      1,
      2,
      3,
      4,
      5,
    ]);
  });

  it('gives a place at once, so that a reader who lost it before its first event misses nothing', async () => {
    const response = await fetchAdmitted(`${service.url}/v1/events/stream`, {
      headers: { authorization: `Bearer ${await service.token('admin')}` },
    });
    const reader = response.body!.getReader();
    let text = '';
    while (!text.includes('id: ')) text += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    await addEvents(2);
    const place = /id: (\S+)/.exec(text)![1]!;
    const stream = await service.admin.stream('/v1/events/stream?types=countersign.test.added', {
      headers: { 'last-event-id': place },
    });
    expect((await readAll(stream, 2)).map(({ data }) => data.data.n)).toEqual([1, 2]);
    stream.close();
  });

  it('shows nothing of another tenant, and takes no id of its', async () => {
    const { id } = (await service.admin.get('/v1/events?limit=1')).body.data[0];
    const south = (await service.clients('southbank')).admin;
    expect((await south.get(`/v1/events?after=${id}`)).status).toBe(400);
    await expect(south.stream('/v1/events/stream', { headers: { 'last-event-id': id } })).rejects.toThrow('400');
    const stream = await south.stream('/v1/events/stream');
    await addEvents(1);
    await south.put('/v1/lines/%2B442079460177', { use: 'outbound', label: 'South' });
    expect((await stream.next())!.event).toBe('line.changed');
    stream.close();
  });

  it('tells each of a hundred declarations as it comes, in their order', async () => {
    const stream = await service.admin.stream('/v1/events/stream?types=countersign.call.declared');
    for (let n = 0; n < 100; n += 1) {
      const { id } = await declare(newCustomerId(), false);
      expect((await stream.next())!.data.subject).toBe(id);
    }
    stream.close();
  });
});

describe("a customer's stream", () => {
  it("tells the app of each question and of its end, and of nobody else's", async () => {
    const device = await service.customerWithDevice();
    const stream = await service.app.stream(`/v1/customers/${device.customerId}/verifications/stream`);
    await declare((await service.customerWithDevice()).customerId);
    const call = await declare(device.customerId);
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code });
    const events = await readAll(stream, 2);
    stream.close();
    expect(events.map(({ event, data }) => [event, data.subject])).toEqual([
      ['verification.started', call.verification.id],
      ['verification.confirmed', call.verification.id],
    ]);
  });
});

describe('the stream of callbacks', () => {
  it('tells agents what comes into the queue', async () => {
    const stream = await service.ben.stream('/v1/callbacks/stream');
    const customerId = newCustomerId();
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: '+447700900123', since: '2020-01-01T00:00:00Z' }],
    });
    const { body } = await service.app.post(`/v1/customers/${customerId}/callbacks`, {
      reason: 'Somebody rang and said they were you',
    });
    expect(await stream.next()).toMatchObject({
      event: 'callback.queued',
      data: { subject: body.id, data: { customerId } },
    });
    stream.close();
  });
});

describe('a reader that does not read', () => {
  it('is cut, never buffered without bound', async () => {
    await expect.poll(countOpenStreams, { timeout: 60_000 }).toBe(0);
    const before = 0;
    const { port } = new URL(service.url);
    const socket = connect(Number(port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.write(
      `GET /v1/events/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${await service.token('admin')}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(countOpenStreams()).toBe(before + 1);
    for (let n = 0; n < 60 && countOpenStreams() > before; n += 1) await addEvents(400, { padding: 'x'.repeat(4_000) });
    // What is written last may not have been read yet.
    await expect.poll(countOpenStreams).toBe(before);
    socket.destroy();
    await closed;
  });
});
