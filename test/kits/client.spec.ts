import { Client, ConnectionLost, type Event, Problem, verifyWebhook, WebhookRefused } from '@countersign/client';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
const tokens: Record<string, string> = {};
const open: (() => void)[] = [];

beforeAll(async () => {
  service = await startTestService();
  for (const identity of ['agent:amara', 'admin', 'analyst', 'telephony'])
    tokens[identity] = await service.token(identity);
});

afterEach(() => {
  for (const close of open.splice(0)) close();
});

afterAll(() => service.stop());

function as(identity: string, changed: object = {}): Client {
  return new Client({ url: service.url, token: () => tokens[identity]!, ...changed });
}

async function serverThat(answers: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answers);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function callOf(customerId: string) {
  return { customerId, direction: 'outbound' as const, line: LINE, purpose: 'A payment we stopped' };
}

describe('operations', () => {
  test('are typed by the OpenAPI document, from declaring a call to ending it', async () => {
    const amara = as('agent:amara');
    const call = await amara.post('/v1/calls', { body: callOf(newCustomerId()) });
    expect(call.state).toBe('live');
    const path = { callId: call.id };
    expect((await amara.get('/v1/calls/{callId}', { path })).reference).toBe(call.reference);
    expect((await amara.post('/v1/calls/{callId}/end', { path })).state).toBe('ended');
  });

  test('refused, throw a problem with its fields', async () => {
    const body = { ...callOf(newCustomerId()), purpose: 'x'.repeat(141) };
    const refused = await as('agent:amara')
      .post('/v1/calls', { body })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect(refused).toMatchObject({ status: 400, slug: 'invalid-request', errors: [{ pointer: '#/purpose' }] });
    expect((refused as Problem).requestId).toMatch(/^.{8,}$/);
  });

  test('a value of a path is never another path', async () => {
    const unknown = as('agent:amara').get('/v1/calls/{callId}', { path: { callId: '../admin?x=1' } });
    await expect(unknown).rejects.toMatchObject({ status: 404 });
    await expect(as('agent:amara').get('/v1/calls/{callId}', { path: { callId: '' } })).rejects.toThrow(TypeError);
  });

  test('lists are read page after page', async () => {
    const customerId = newCustomerId();
    const declared: string[] = [];
    for (let i = 0; i < 5; i += 1)
      declared.push((await as('agent:amara').post('/v1/calls', { body: callOf(customerId) })).id);
    const listed: string[] = [];
    for await (const call of as('agent:amara').list('/v1/calls', { query: { customerId, limit: 2 } }))
      listed.push(call.id);
    expect(listed.sort()).toEqual(declared.sort());
  });
});

describe('a bad network', () => {
  test('a lost answer is asked for again under the same key, and done once', async () => {
    const customerId = newCustomerId();
    let lost = 0;
    const losing: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (lost >= 2) return response;
      lost += 1;
      await response.text();
      throw new TypeError('lost');
    };
    const call = await as('agent:amara', { fetch: losing }).post('/v1/calls', { body: callOf(customerId) });
    const listed = await as('agent:amara').get('/v1/calls', { query: { customerId } });
    expect(listed.data.map(({ id }) => id)).toEqual([call.id]);
  });

  test('429 and 503 are tried again after what the service says, and at last thrown', async () => {
    let asked = 0;
    const url = await serverThat((_, response) => {
      asked += 1;
      const problem = { type: 'x/problems/temporarily-unavailable', title: 'Later.', status: 503 };
      response.writeHead(503, { 'content-type': 'application/problem+json', 'retry-after': '0' });
      response.end(JSON.stringify(problem));
    });
    const refused = as('admin', { url, retries: 2 }).get('/v1/lines');
    await expect(refused).rejects.toMatchObject({ slug: 'temporarily-unavailable', retryAfterSeconds: 0 });
    expect(asked).toBe(3);
  });

  test('a refusal by a rule is not tried again', async () => {
    let asked = 0;
    const url = await serverThat((_, response) => {
      asked += 1;
      response.writeHead(409).end('not json');
    });
    await expect(as('admin', { url }).get('/v1/lines')).rejects.toMatchObject({ status: 409, slug: 'unknown' });
    expect(asked).toBe(1);
    const nowhere = as('admin', { url: 'http://127.0.0.1:1', retries: 0 }).get('/v1/lines');
    await expect(nowhere).rejects.toThrow(ConnectionLost);
  });
});

describe('streams', () => {
  test('give typed events, and go on where they were cut, without gap or repeat', async () => {
    const amara = as('agent:amara');
    const call = await amara.post('/v1/calls', { body: callOf(newCustomerId()) });
    let opened = 0;
    const cutting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      opened += 1;
      if (opened > 1) return response;
      const { value } = await response.body!.getReader().read();
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(value);
          },
          pull: (controller) => controller.error(new Error('cut')),
        }),
        response,
      );
    };
    const stop = new AbortController();
    const seen: Event[] = [];
    const path = { callId: call.id };
    for await (const event of as('agent:amara', { fetch: cutting }).stream('/v1/calls/{callId}/stream', {
      path,
      signal: stop.signal,
    })) {
      seen.push(event);
      if (event.type === 'countersign.call.declared') void amara.post('/v1/calls/{callId}/end', { path });
      if (event.type === 'countersign.call.ended') stop.abort();
    }
    expect(seen.map(({ type }) => type)).toEqual(['countersign.call.declared', 'countersign.call.ended']);
    expect(opened).toBe(2);
  });

  test('that begin now miss nothing where they are cut before their first event', async () => {
    const amara = as('agent:amara');
    const declare = async (): Promise<string> => (await amara.post('/v1/calls', { body: callOf(newCustomerId()) })).id;
    let missed = '';
    let later = '';
    const cutting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init);
      if (missed !== '') {
        later = await declare();
        return response;
      }
      const reader = response.body!.getReader();
      let text = '';
      while (!text.includes('id: ')) text += new TextDecoder().decode((await reader.read()).value);
      const bytes = [...new TextEncoder().encode(text)];
      const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
        if (bytes.length > 0) return controller.enqueue(new Uint8Array([bytes.shift()!]));
        await reader.cancel();
        missed = await declare();
        controller.error(new Error('cut'));
      };
      return new Response(new ReadableStream({ pull }), response);
    };
    const stop = new AbortController();
    const seen: string[] = [];
    const query = { types: 'countersign.call.declared' };
    const stream = as('admin', { fetch: cutting }).stream('/v1/events/stream', { query, signal: stop.signal });
    for await (const event of stream) {
      seen.push(event.subject!);
      if (event.subject === later) stop.abort();
    }
    expect(seen).toEqual([missed, later]);
  });

  test('refused for good, throw', async () => {
    const path = { callId: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa' };
    const iterator = as('agent:amara').stream('/v1/calls/{callId}/stream', { path });
    await expect(iterator.next()).rejects.toMatchObject({ status: 404 });
  });
});

describe('imports', () => {
  test('stream lines and tell how far they are', async () => {
    const admin = as('admin');
    const notice = await admin.post('/v1/notices', {
      body: {
        channel: 'sms',
        summary: 'Your statement is ready.',
        text: 'Your statement is ready.',
        sentAt: new Date().toISOString(),
      },
    });
    const progress: number[] = [];
    const recipients = Array.from({ length: 10_000 }, (_, i) => ({ customerId: `imported-${i}` }));
    const reply = await admin.import('/v1/notices/{noticeId}/recipients', recipients, {
      path: { noticeId: notice.id },
      onProgress: ({ lines }) => progress.push(lines),
    });
    expect(reply).toMatchObject({ accepted: 10_000 });
    expect(progress.length).toBeGreaterThan(2);
    expect(progress.at(-1)).toBe(10_000);
  });
});

describe('webhooks', () => {
  const body = '{"type":"countersign.call.ended"}';
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  const now = 1_800_000_000_000;
  const signed = (text: string) =>
    createHmac('sha256', Buffer.alloc(32, 1)).update(`msg_1.1800000000.${text}`).digest('base64');
  const headers = (signature: string) => ({
    'webhook-id': 'msg_1',
    'webhook-timestamp': '1800000000',
    'webhook-signature': signature,
  });

  test('a genuine delivery gives its event, by HMAC or Ed25519, also among other signatures', async () => {
    const fits = `v1,${signed('other')} v1,${signed(body)}`;
    expect(await verifyWebhook(body, headers(fits), { secrets: [secret] }, now)).toEqual(JSON.parse(body));
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64');
    const signature = sign(null, Buffer.from(`msg_1.1800000000.${body}`), privateKey).toString('base64');
    const keys = { publicKeys: [`whpk_${raw}`] };
    expect(await verifyWebhook(body, headers(`v1a,${signature}`), keys, now)).toEqual(JSON.parse(body));
  });

  test.each([
    ['another body', headers(`v1,${signed('other')}`), now],
    ['no signature', headers(''), now],
    ['another version', headers(`v2,${signed(body)}`), now],
    ['a signature that is no base64', headers('v1,***'), now],
    ['a key type that is not given', headers(`v1a,${signed(body)}`), now],
    ['six minutes late', headers(`v1,${signed(body)}`), now + 360_000],
    ['six minutes early', headers(`v1,${signed(body)}`), now - 360_000],
  ])('%s is refused', async (_, given, at) => {
    await expect(verifyWebhook(body, given, { secrets: [secret] }, at)).rejects.toThrow(WebhookRefused);
  });
});
