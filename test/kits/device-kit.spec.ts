import {
  answer,
  checkMessage,
  type Connection,
  devices,
  enrol,
  enterLetterCode,
  generateDecryptionKey,
  generateSigningKey,
  isKnownQuestion,
  lookUpReference,
  offlineCode,
  type Question,
  questions,
  Refused,
  report,
  requestCallback,
  revokeDevice,
  UnknownQuestion,
  Unreachable,
  verdict,
  waiting,
  waitingQuestions,
  webCryptoKey,
} from '@countersign/device';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let app: string;

beforeAll(async () => {
  service = await startTestService();
  app = await service.token('app');
});

afterAll(() => service.stop());

function bank(customerId = newCustomerId(), changed: Partial<Connection> = {}): Connection {
  return { url: service.url, customerId, token: () => app, ...changed };
}

async function enrolled(changed: Partial<Connection> = {}) {
  const connection = bank(newCustomerId(), changed);
  const key = webCryptoKey(await generateSigningKey());
  const decryptionKey = await generateDecryptionKey();
  const device = await enrol(connection, { name: 'My phone', platform: 'web', key, decryptionKey });
  return { connection, by: { id: device.id, key }, device };
}

async function declare(connection: Connection, direction: 'outbound' | 'inbound' = 'outbound'): Promise<any> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId: connection.customerId,
    direction,
    line: LINE,
    purpose: 'A payment of £250 we stopped',
    verify: true,
  });
  return body;
}

async function firstQuestion(connection: Connection): Promise<Question> {
  const stop = new AbortController();
  for await (const question of questions(connection, { signal: stop.signal })) {
    stop.abort();
    return question;
  }
  throw new Error('nothing waits');
}

describe('a genuine call', () => {
  test('rings, is shown as the bank’s, and is confirmed over the stream', async () => {
    const { connection, by } = await enrolled();
    const asked = firstQuestion(connection);
    const call = await declare(connection);
    const ringing = await verdict(connection, { trigger: 'ringing', incomingNumber: LINE, handset: { inCall: false } });
    expect(ringing).toMatchObject({ verdict: 'legitimate', reason: 'live_call', call: { id: call.id } });
    const question = await asked;
    expect(isKnownQuestion(question)).toBe(true);
    const handset = { inCall: true, outgoing: false };
    const wrong = call.verification.code === '000000' ? '000001' : '000000';
    await expect(answer(connection, by, question, { answer: 'yes', code: wrong, handset })).rejects.toMatchObject({
      name: 'Refused',
      status: 422,
      problem: 'code-mismatch',
      details: { attemptsLeft: 4 },
    });
    const outcome = await answer(connection, by, question, { answer: 'yes', code: call.verification.code, handset });
    expect(outcome).toMatchObject({ status: 'confirmed', findings: ['new_device'] });
    expect(await waitingQuestions(connection)).toEqual([]);
  });

  test('a phone whose clock is wrong by a day enrols and answers all the same', async () => {
    const real = Date.now;
    Date.now = () => real() - 86_400_000;
    try {
      const { connection, by } = await enrolled();
      const call = await declare(connection);
      const [question] = await waitingQuestions(connection);
      const outcome = await answer(connection, by, question!, { answer: 'yes', code: call.verification.code });
      expect(outcome.status).toBe('confirmed');
    } finally {
      Date.now = real;
    }
  });

  test('a token that expired in between is renewed, once', async () => {
    const renewals: boolean[] = [];
    const token: Connection['token'] = ({ renew }) => {
      renewals.push(renew);
      return renew ? app : 'expired';
    };
    expect(await waitingQuestions(bank(undefined, { token }))).toEqual([]);
    expect(renewals).toEqual([false, true]);
    await expect(waitingQuestions(bank(undefined, { token: () => 'never' }))).rejects.toMatchObject({ status: 401 });
  });
});

describe('a relay', () => {
  test('is told to the customer, who is asked the bare question, and a no is reported', async () => {
    const { connection, by } = await enrolled();
    await declare(connection, 'inbound');
    const asked = await verdict(connection, { trigger: 'customer', handset: { inCall: true, outgoing: false } });
    expect(asked).toMatchObject({ verdict: 'not_legitimate', reason: 'someone_rang_as_you' });
    const [question] = await waitingQuestions(connection);
    expect(question!.display).toMatchObject({ question: 'did_you_phone_us' });
    const outcome = await answer(connection, by, question!, { answer: 'no', reason: 'they_called_me' });
    expect(outcome.status).toBe('reported');
  });
});

describe('a question that this version does not know', () => {
  test('is answered with a no alone', async () => {
    const { connection, by } = await enrolled();
    await declare(connection);
    const [question] = await waitingQuestions(connection);
    const unknown = { ...question!, display: { ...question!.display, question: 'may_we_sell_your_house' } };
    await expect(answer(connection, by, unknown, { answer: 'yes', code: '123456' })).rejects.toThrow(UnknownQuestion);
    const asksMore = { ...question!, asks: ['answer', 'code', 'selfie'] };
    await expect(answer(connection, by, asksMore, { answer: 'yes' })).rejects.toThrow(UnknownQuestion);
    expect((await answer(connection, by, question!, { answer: 'no', reason: 'not_me' })).status).toBe('denied');
  });

  test('a display that was tampered with on the way is not accepted', async () => {
    const { connection, by } = await enrolled();
    const call = await declare(connection);
    const [question] = await waitingQuestions(connection);
    const other = { ...question!, display: { ...question!.display, purpose: 'Nothing' } };
    await expect(answer(connection, by, other, { answer: 'yes', code: call.verification.code })).rejects.toMatchObject({
      problem: 'answer-not-accepted',
    });
  });
});

describe('a verdict that cannot be had', () => {
  const hostile: Record<string, (path: string) => { status: number; body: string }> = {
    'an error': () => ({ status: 500, body: '{}' }),
    'no JSON': () => ({ status: 200, body: '<html>' }),
    null: () => ({ status: 200, body: 'null' }),
    'a green that names no call': () => ({
      status: 200,
      body: JSON.stringify({
        verdict: 'legitimate',
        reason: 'live_call',
        advice: { code: 'x', headline: 'y', steps: [] },
      }),
    }),
    'a green with another reason': () => ({
      status: 200,
      body: JSON.stringify({
        verdict: 'legitimate',
        reason: 'because',
        call: { id: 'c', agentName: 'a', purpose: 'p', startedAt: 's' },
        advice: { code: 'x', headline: 'y', steps: [] },
      }),
    }),
    'another word': () => ({
      status: 200,
      body: JSON.stringify({
        verdict: 'LEGITIMATE',
        reason: 'live_call',
        advice: { code: 'x', headline: 'y', steps: [] },
      }),
    }),
    'a redirect to another host': () => ({ status: 302, body: '' }),
  };

  test.each(Object.keys(hostile))('%s is unknown, with what to do', async (name) => {
    const server = createServer((request, response) => {
      const { status, body } = hostile[name]!(request.url!);
      response.writeHead(status, { 'content-type': 'application/json', location: service.url }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const shown = await verdict({ url, customerId: 'c', token: () => 't', locale: 'de-AT' }, { trigger: 'ringing' });
    server.close();
    expect(shown).toMatchObject({ verdict: 'unknown', reason: 'unavailable' });
    expect(shown.advice.headline).toContain('Legen Sie auf');
  });

  test('a service that hangs, no network, and a token source that fails are unknown too', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const hanging = await verdict(bank('c', { url }), { trigger: 'ringing' }, { timeoutMilliseconds: 50 });
    server.closeAllConnections();
    server.close();
    const refused = await verdict(bank('c', { url }), { trigger: 'ringing' });
    const failing = await verdict(
      bank('c', {
        token: () => {
          throw new Error('signed out');
        },
      }),
      { trigger: 'ringing' },
    );
    for (const shown of [hanging, refused, failing]) expect(shown.verdict).toBe('unknown');
  });
});

describe('the stream', () => {
  test('goes on when it is cut again and again', async () => {
    const { connection, by } = await enrolled();
    let cuts = 0;
    const stale: boolean[] = [];
    const cutting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (!String(input).endsWith('/stream') || cuts >= 3) return response;
      cuts += 1;
      await response.body!.cancel();
      return new Response(new ReadableStream({ start: (controller) => controller.error(new Error('cut')) }), response);
    };
    const stop = new AbortController();
    const seen: number[] = [];
    const options = { signal: stop.signal, onStale: (is: boolean) => stale.push(is) };
    for await (const list of waiting({ ...connection, fetch: cutting }, options)) {
      seen.push(list.length);
      if (seen.length === 1) void vi.waitUntil(() => cuts === 3, 60_000).then(() => declare(connection));
      if (list.length === 1) await answer(connection, by, list[0]!, { answer: 'no', reason: 'not_me' });
      if (seen.length === 3) stop.abort();
    }
    expect(seen).toEqual([0, 1, 0]);
    expect(cuts).toBe(3);
    expect(stale).toContain(true);
  });

  test('of a customer id that cannot be ends with the refusal', async () => {
    const iterator = waiting(bank('no such customer!'))[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toBeInstanceOf(Refused);
  });
});

describe('the rest of what a phone does', () => {
  test('offline codes are those that the bank gives and takes', async () => {
    const { connection, device } = await enrolled();
    const call = await declare(connection, 'inbound');
    // No time step of the codes ends meanwhile.
    await vi.waitUntil(() => Date.now() % 30_000 < 20_000, 60_000);
    const { body: read } = await service.amara.post(`/v1/calls/${call.id}/offline-proof`);
    const { code, secondsLeft } = await offlineCode(device.offlineKeys!.bankProof);
    expect(read.bankProof).toBe(code);
    expect(secondsLeft).toBeGreaterThan(0);
    const customerProof = (await offlineCode(device.offlineKeys!.customerProof)).code;
    const { status } = await service.amara.post(`/v1/calls/${call.id}/offline-proof`, { customerProof });
    expect(status).toBe(200);
    await expect(crypto.subtle.exportKey('raw', device.offlineKeys!.bankProof)).rejects.toThrow();
  });

  test('reports, messages, callbacks, references, letters and devices', async () => {
    const { connection, device } = await enrolled();
    const call = await declare(connection);
    expect(await lookUpReference(connection, call.reference.toLowerCase())).toMatchObject({ genuine: true });
    expect(await lookUpReference(connection, 'K7QM-2D4F')).toBeNull();
    const received = await report(connection, {
      channel: 'call',
      claimedNumber: '+447700900999',
      shared: ['one_time_code'],
    });
    expect(received.reference).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    expect((await checkMessage(connection, { sender: 'NORTHBANK', text: 'Pay now' })).verdict).not.toBe('genuine');
    await expect(requestCallback(connection, { reason: 'I hung up' })).rejects.toMatchObject({ status: 422 });
    await expect(enterLetterCode(connection, 'hello')).rejects.toMatchObject({ problem: 'not-a-code' });
    expect((await devices(connection)).map(({ id }) => id)).toEqual([device.id]);
    await revokeDevice(connection, device.id);
    expect((await devices(connection))[0]!.revokedAt).not.toBeNull();
  });

  test('a service that is not there is Unreachable', async () => {
    await expect(devices(bank('c', { url: 'http://127.0.0.1:1' }))).rejects.toThrow(Unreachable);
  });
});
