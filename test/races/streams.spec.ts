import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EventStream, ServiceClient } from '../support/service-client.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { newSigningKey, seconds, signAccessToken, TokenIssuer } from '../support/token-issuer.js';

let service: TestService;
let elsewhere: ServiceClient;
beforeAll(async () => {
  service = await startTestService();
  const other = await service.startAnother();
  elsewhere = new ServiceClient(other.url, await service.token('agent:amara'));
});
afterAll(() => service.stop());

async function declare(customerId = newCustomerId()): Promise<{ id: string; code: string }> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    purpose: 'A payment we stopped',
    verify: true,
  });
  return { id: body.id, code: body.verification?.code };
}

/** The next events, as many as asked for; their data is what the test wrote. */
async function take(stream: EventStream, count: number): Promise<{ id: string; note: number }[]> {
  const taken: { id: string; note: number }[] = [];
  while (taken.length < count) {
    const event = await stream.next();
    if (!event) throw new Error('the stream ended');
    if (event.event === 'test.note') taken.push({ id: event.id, note: event.data.data.note as number });
  }
  return taken;
}

const note = `INSERT INTO events (type, about, about_id, call_id, data) SELECT 'countersign.test.note', 'call', id, id, jsonb_build_object('note', $2::int) FROM calls WHERE reference = (SELECT reference FROM calls WHERE tenant_id = 'northbank' AND customer_id = $1 ORDER BY id DESC LIMIT 1)`;

async function write(customerId: string, number: number): Promise<void> {
  const transaction = await OpenTransaction.begin(service);
  await transaction.query(note, [customerId, number]);
  await transaction.commit();
}

describe('a stream', () => {
  it('tells of an answer that came through another process', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId);
    const stream = await elsewhere.stream(`/v1/calls/${call.id}/stream`);
    const question = (await device.waitingQuestion(service.app))!;
    expect((await device.answer(service.app, question, { answer: 'yes', code: call.code })).status).toBe(200);
    expect((await stream.waitFor('verification.confirmed')).data.subject).toBe(question.id);
    stream.close();
  });

  it('passes over no event that commits late, and repeats none, in both processes', async () => {
    const customerId = newCustomerId();
    const { id } = await declare(customerId);
    const streams = [
      await service.amara.stream(`/v1/calls/${id}/stream`),
      await elsewhere.stream(`/v1/calls/${id}/stream`),
    ];
    const late = await OpenTransaction.begin(service);
    await late.query(note, [customerId, 1]);
    await write(customerId, 2);
    await write(customerId, 3);
    for (const stream of streams) expect((await take(stream, 2)).map((event) => event.note)).toEqual([2, 3]);
    await late.commit();
    await write(customerId, 4);
    for (const stream of streams) {
      // Which of the two is seen first is a matter of milliseconds.
      expect((await take(stream, 2)).map((event) => event.note).sort()).toEqual([1, 4]);
      stream.close();
    }
  });

  it('resumes after Last-Event-ID in another process, with an event under way that began before it', async () => {
    const customerId = newCustomerId();
    const { id } = await declare(customerId);
    const first = await service.amara.stream(`/v1/calls/${id}/stream`);
    await write(customerId, 1);
    const [last] = await take(first, 1);
    first.close();
    const late = await OpenTransaction.begin(service);
    await late.query(note, [customerId, 2]);
    await write(customerId, 3);
    const resumed = await elsewhere.stream(`/v1/calls/${id}/stream`, { headers: { 'last-event-id': last!.id } });
    await write(customerId, 4);
    expect((await take(resumed, 2)).map((event) => event.note)).toEqual([3, 4]);
    await late.commit();
    expect((await take(resumed, 1)).map((event) => event.note)).toEqual([2]);
    resumed.close();
  });

  it.each(['the same process', 'another process'])(
    'resumed at %s by the id of an event alone, which has settled meanwhile, has what came to stand before it since',
    async (where) => {
      const customerId = newCustomerId();
      const { id } = await declare(customerId);
      const first = await service.amara.stream(`/v1/calls/${id}/stream`);
      const late = await OpenTransaction.begin(service);
      await late.query(note, [customerId, 1]);
      await write(customerId, 2);
      await write(customerId, 3);
      const [two] = await take(first, 1);
      first.close();
      await late.commit();
      await expect
        .poll(
          async () =>
            (await service.sql('SELECT FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1'))
              .length,
          { timeout: 60_000 },
        )
        .toBe(0);
      const resumed = await (where === 'another process' ? elsewhere : service.amara).stream(`/v1/calls/${id}/stream`, {
        headers: { 'last-event-id': two!.id },
      });
      await write(customerId, 4);
      expect((await take(resumed, 3)).map((event) => event.note).sort()).toEqual([1, 3, 4]);
      resumed.close();
    },
  );

  it('read in pieces, each resumed where the last was cut, has every event once and in order', async () => {
    const customerId = newCustomerId();
    const { id } = await declare(customerId);
    const writing = (async () => {
      for (let number = 1; number <= 60; number += 1) await write(customerId, number);
    })();
    const seen: number[] = [];
    let last: string | undefined;
    for (let piece = 0; seen.length < 60; piece += 1) {
      const client = piece % 2 === 0 ? service.amara : elsewhere;
      const stream = await client.stream(
        `/v1/calls/${id}/stream`,
        last === undefined ? {} : { headers: { 'last-event-id': last } },
      );
      for (const event of await take(stream, Math.min(7, 60 - seen.length))) {
        seen.push(event.note);
        last = event.id;
      }
      stream.close();
    }
    await writing;
    expect(seen).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });

  it("refuses a Last-Event-ID that is none of its call's: 400", async () => {
    const [call, other] = [await declare(), await declare()];
    const stream = await service.amara.stream(`/v1/calls/${other.id}/stream`);
    const event = await stream.next();
    stream.close();
    for (const id of [event!.id, 'x', 'evt_00000000000000000000000000', call.id, 'evt_']) {
      await expect(
        service.amara.stream(`/v1/calls/${call.id}/stream`, { headers: { 'last-event-id': id } }),
        id,
      ).rejects.toThrow(/400/);
    }
  });

  it('whose reader does not read is cut instead of being kept in memory', async () => {
    const customerId = newCustomerId();
    const { id } = await declare(customerId);
    const token = await service.token('agent:amara');
    const openStreams = async (): Promise<number> =>
      Number(/countersign_open_streams (\d+)/.exec((await service.admin.get('/metrics')).body as string)![1]);
    const before = await openStreams();
    const socket: Socket = connect(Number(new URL(service.url).port), '127.0.0.1').on('error', () => undefined);
    socket.pause();
    socket.write(`GET /v1/calls/${id}/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    while ((await openStreams()) <= before) await new Promise((resolve) => setTimeout(resolve, 10));
    for (let round = 0; (await openStreams()) > before; round += 1) {
      if (round > 200) {
        // What is written last may not have been read yet.
        await expect.poll(openStreams).toBe(before);
        break;
      }
      const transaction = await OpenTransaction.begin(service);
      await transaction.query(
        `INSERT INTO events (type, about, about_id, call_id, data) SELECT 'countersign.test.big', 'call', id, id, jsonb_build_object('pad', repeat('x', 50000)) FROM calls, generate_series(1, 20) WHERE customer_id = $1`,
        [customerId],
      );
      await transaction.commit();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await service.amara.get(`/v1/calls/${id}`)).status).toBe(200);
    socket.destroy();
  });
});

describe('the end of a token', () => {
  it('is the end of the stream that was opened with it', async () => {
    const [issuer, key] = [await new TokenIssuer().start(), await newSigningKey('k1')];
    issuer.keys = [key.jwk];
    const bank = await startTestService({ TENANTS: JSON.stringify([{ id: 'ownbank', issuer: issuer.url }]) });
    const claims = (lifetime: number): Promise<string> =>
      signAccessToken(
        key,
        issuer.claims({ sub: 'amara', client_id: 'desk', name: 'Amara', scope: 'agent', exp: seconds() + lifetime }),
      );
    const { body } = await new ServiceClient(bank.url, await claims(600)).post('/v1/calls', {
      customerId: 'c1',
      direction: 'outbound',
      purpose: 'x',
    });
    const stream = await new ServiceClient(bank.url, await claims(5)).stream(`/v1/calls/${body.id}/stream`);
    expect((await stream.next())!.event).toBe('call.declared');
    while (await stream.next());
    await bank.stop();
    issuer.stop();
  });
});
