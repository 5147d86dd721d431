import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { AuthGuard } from '../../src/http/access/auth.guard.js';
import type { CustomerDevice, Question } from '../support/customer-device.js';
import { type ApiDocument, fetchDocument } from '../support/openapi-document.js';
import { type RawReply, type RawRequest, send } from '../support/raw-http.js';
import { BadNetwork } from '../support/bad-network.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

/** A request of a page of nobody's origin is answered like any other, and goes the ordinary way. */
const ORDINARY = { origin: 'https://nobody.example' };

let service: TestService;
let network: BadNetwork;
let document: ApiDocument;
const tokens: Record<string, string> = {};
const guard = vi.spyOn(AuthGuard.prototype, 'canActivate');
const seen = new Map<string, Set<string>>();

beforeAll(async () => {
  network = await BadNetwork.start();
  service = await startTestService({ WORKERS: 'off' }, (url) => network.addressOf(url));
  document = await fetchDocument(service.url);
  for (const identity of ['app', 'agent:amara', 'agent:ben', 'admin', 'telephony'])
    tokens[identity] = await service.token(identity);
  tokens.elsewhere = await service.token('app', 'southbank');
});
afterAll(async () => {
  await service.stop();
  await network.stop();
});

/** What differs between two requests that are alike: ids, times, and what is drawn at random. */
function masked(text: string): string {
  return text
    .replace(/\b([a-z]{3,4})_[0-9a-z]{26}\b/g, '$1_…')
    .replace(/\bcust-\d+-\d+\b/g, 'cust-…')
    .replace(/"code":"\d{6}"/g, '"code":"…"')
    .replace(/"(challenge|reference)":"[^"]+"/g, '"$1":"…"')
    .replace(/\bt=\d+|(?<="retry-after": ")\d\d+/g, '…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '…Z');
}

function answerOf({ status, headers, text }: RawReply): string {
  const { date: _date, 'content-length': _length, ...rest } = headers;
  return `${status} ${masked(JSON.stringify(rest, null, 1))}\n${masked(text)}`;
}

/** One that the process has seen just now, and so knows for a minute; undefined for what names nobody. */
async function freshToken(as: string, at = service.url): Promise<string | undefined> {
  if (tokens[as] === undefined) return undefined;
  const token = await (as === 'elsewhere' ? service.token('app', 'southbank') : service.token(as));
  await send(at, { path: '/v1/me', headers: { authorization: `Bearer ${token}` } });
  return token;
}

type Prepared = RawRequest & { readonly as?: string; readonly at?: string };

/** Does it twice, once each way, and returns what came of it; the ways are told apart by whether a guard was asked. */
async function bothWays(
  operation: string,
  prepare: () => Prepared | Promise<Prepared>,
  goes: 'short' | 'ordinary',
): Promise<RawReply> {
  const [first, second] = [await prepare(), await prepare()];
  const known = first.as === undefined ? undefined : await freshToken(first.as, first.at);
  const ask = ({ as, at = service.url, ...request }: Prepared, more: Record<string, string>): Promise<RawReply> =>
    send(at, {
      ...request,
      headers: {
        ...(as ? { authorization: `Bearer ${known ?? as}` } : {}),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        'x-request-id': 'both-ways-of-one',
        ...request.headers,
        ...more,
      },
    });
  guard.mockClear();
  const short = await ask(first, {});
  if (goes === 'short') expect(guard, `${operation}: goes the short way`).not.toHaveBeenCalled();
  const ordinary = await ask(second, ORDINARY);
  if (goes === 'short') expect(guard, `${operation}: goes the ordinary way`).toHaveBeenCalledTimes(1);
  expect(answerOf(short), operation).toBe(answerOf(ordinary));
  const slug = short.status < 400 ? String(short.status) : String(short.body.type).split('/').at(-1)!;
  seen.set(operation, (seen.get(operation) ?? new Set()).add(slug));
  return short;
}

interface Asked {
  readonly device: CustomerDevice;
  readonly question: Question;
  readonly callId: string;
  readonly code: string;
}

async function asked(): Promise<Asked> {
  const device = await service.customerWithDevice();
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    verify: true,
  });
  const question = (await device.waitingQuestion(service.app))!;
  return { device, question, callId: body.id, code: body.verification.code };
}

const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
const declaration = (more: object = {}): Prepared => ({
  as: 'agent:amara',
  method: 'POST',
  path: '/v1/calls',
  body: JSON.stringify({ customerId: newCustomerId(), direction: 'inbound', purpose: 'About a card', ...more }),
});
const verdict = (customerId = newCustomerId(), body: object = { trigger: 'ringing' }): Prepared => ({
  as: 'app',
  method: 'POST',
  path: `/v1/customers/${customerId}/call-verdicts`,
  body: JSON.stringify(body),
});
async function answer({ device, question }: Asked, given: Parameters<CustomerDevice['signAnswer']>[1], claims = {}) {
  return {
    as: 'app',
    method: 'POST',
    path: `/v1/verifications/${question.id}/answer`,
    body: JSON.stringify({ jws: await device.signAnswer(question, given, claims) }),
  } satisfies Prepared;
}

/** The five routes, each with a request that is in order. */
const IN_ORDER: Record<string, () => Prepared | Promise<Prepared>> = {
  askVerdict: () => verdict(),
  declareCall: () => declaration({ verify: true, line: LINE, direction: 'outbound' }),
  listVerifications: async () => ({
    as: 'app',
    path: `/v1/customers/${(await asked()).device.customerId}/verifications?status=waiting`,
  }),
  answerVerification: async () => {
    const one = await asked();
    return answer(one, { answer: 'yes', code: one.code });
  },
  getVerification: async () => ({ as: 'agent:amara', path: `/v1/verifications/${(await asked()).question.id}` }),
};
const ROUTES = Object.entries(IN_ORDER);

describe('both ways in', () => {
  it.each(ROUTES)('%s: what is in order goes the short way, and is answered alike', async (operation, prepare) => {
    expect((await bothWays(operation, prepare, 'short')).status).toBeLessThan(300);
    const { responses } = operationOf(operation);
    expect(Object.keys(responses).some((status) => seen.get(operation)!.has(status))).toBe(true);
  });

  it.each(ROUTES)('%s: whoever may not ask is refused alike', async (operation, prepare) => {
    const [tampered, other] = [`${tokens.app!.slice(0, -8)}AAAAAAAA`, operation.startsWith('get') ? 'app' : 'admin'];
    for (const change of [
      { as: undefined },
      { as: tampered },
      { as: 'not-a-token' },
      { as: other },
      { headers: { authorization: 'Basic YTpi' }, as: undefined },
      { headers: { authorization: `DPoP ${tokens.app!}` }, as: undefined },
      { headers: { authorization: [`Bearer ${tokens.app!}`, `Bearer ${tokens.app!}`] }, as: undefined },
      { headers: { authorization: `bearer  ${tokens[other]!}` }, as: undefined },
    ] as Partial<Prepared>[]) {
      const reply = await bothWays(
        operation,
        async () => ({ ...(await prepare()), ...change }) as Prepared,
        'ordinary',
      );
      expect([401, 403]).toContain(reply.status);
    }
  });

  it.each(ROUTES)('%s: what is no request of this kind is refused alike', async (operation, prepare) => {
    const isPost = (await prepare()).method === 'POST';
    const bodies = isPost
      ? ['', '{', '[]', '"x"', '{}', '{"unknown":1}', '{"toString":1}', '{"__proto__":{}}', '{"customerId":7}', '\xff']
      : ['{"a":1}'];
    for (const body of [...bodies, `{"a":"${'x'.repeat(70_000)}"}`])
      await bothWays(operation, async () => ({ ...(await prepare()), body: Buffer.from(body, 'latin1') }), 'ordinary');
    await bothWays(
      operation,
      async () => ({ ...(await prepare()), body: 'a=1', headers: { 'content-type': 'text/plain' } }),
      'ordinary',
    );
    if (isPost)
      for (const key of ['', 'with space', 'x'.repeat(256), 'one-of-its-own'])
        await bothWays(
          operation,
          async () => {
            const { headers, ...rest } = await prepare();
            return { ...rest, headers: { ...headers, 'idempotency-key': `${key}` } };
          },
          'ordinary',
        ).catch((error: unknown) => {
          // A key names one request: the second is another.
          if (key !== 'one-of-its-own') throw error;
        });
    else await bothWays(operation, async () => ({ ...(await prepare()), method: 'HEAD' }), 'ordinary');
  });

  it.each(['askVerdict', 'listVerifications'])('%s: no id of a customer is refused alike', async (operation) => {
    for (const id of ['%00', 'a%2Fb', 'x'.repeat(65), '%F0%9F%A6%8A', '%E2%80%AE', 'a b', '%']) {
      const { path, ...rest } = await IN_ORDER[operation]!();
      const to = path.replace(/customers\/[^/]+/, `customers/${id.replace(' ', '%20')}`);
      await bothWays(operation, () => ({ ...rest, path: to }), 'ordinary');
    }
  });

  it('declareCall: what a rule refuses is refused alike', async () => {
    for (const [more, slug] of [
      [{ direction: 'outbound', line: '+442079460188' }, 'line-not-registered'],
      [{ direction: 'outbound', line: '+442079460199' }, 'line-inbound-only'],
      [{ direction: 'sideways' }, 'invalid-request'],
      [{ purpose: '' }, 'invalid-request'],
    ] as const) {
      const goes = slug === 'invalid-request' ? 'ordinary' : 'short';
      const { body } = await bothWays('declareCall', () => declaration(more), goes);
      expect(body.type).toMatch(new RegExp(`/${slug}$`));
    }
  });

  it('askVerdict: who asks too often is refused alike', async () => {
    const { url: at } = await service.startAnother({ RATE_LIMITS: '{"verdicts":1}' });
    const { status } = await bothWays(
      'askVerdict',
      async () => {
        const one = { ...verdict(), at };
        await send(at, {
          ...one,
          headers: { authorization: `Bearer ${tokens.app!}`, 'content-type': 'application/json', ...ORDINARY },
        });
        return one;
      },
      'short',
    );
    expect(status).toBe(429);
  });

  it('listVerifications: what is asked for in other words is answered alike', async () => {
    const { device } = await asked();
    for (const [query, goes] of [
      ['', 'short'],
      ['?status=confirmed', 'short'],
      ['?limit=1', 'ordinary'],
      ['?limit=0', 'ordinary'],
      ['?status=', 'ordinary'],
      ['?status=waiting&status=waiting', 'ordinary'],
      ['?other=1', 'ordinary'],
      ['?after=ver_01jd3f6q8zfk1rz1m3v9w1c2aa', 'short'],
      ['?after=no%20cursor', 'ordinary'],
      ['?after=no-cursor', 'short'],
      ['?constructor=1', 'ordinary'],
    ] as const)
      await bothWays(
        'listVerifications',
        () => ({ as: 'app', path: `/v1/customers/${device.customerId}/verifications${query}` }),
        goes,
      );
    const path = `/v1/customers/${device.customerId}/verifications`;
    expect((await bothWays('listVerifications', () => ({ as: 'agent:ben', path }), 'short')).status).toBe(403);
  });

  it('answerVerification: what a rule refuses is refused alike', async () => {
    const outcomes: [string, () => Promise<Prepared>][] = [
      ['not-found', async () => ({ ...(await answer(await asked(), { answer: 'no' })), as: 'elsewhere' })],
      ['answer-not-accepted', async () => answer(await asked(), { answer: 'no' }, { challenge: 'x' })],
      ['code-required', async () => answer(await asked(), { answer: 'yes' })],
      ['not-a-code', async () => answer(await asked(), { answer: 'yes', code: 'twelve' })],
      [
        'code-mismatch',
        async () => {
          const one = await asked();
          return answer(one, { answer: 'yes', code: wrong(one.code) });
        },
      ],
      [
        'locked',
        async () => {
          const one = await asked();
          const sent = await answer(one, { answer: 'yes', code: wrong(one.code) });
          for (let tries = 0; tries < 4; tries += 1)
            await send(service.url, {
              ...sent,
              headers: { authorization: `Bearer ${tokens.app!}`, 'content-type': 'application/json' },
            });
          return sent;
        },
      ],
      [
        'verification-closed',
        async () => {
          const one = await asked();
          await one.device.answer(service.app, one.question, { answer: 'no' });
          return answer(one, { answer: 'yes', code: one.code });
        },
      ],
      [
        'call-ended',
        async () => {
          const one = await asked();
          const sent = await answer(one, { answer: 'yes', code: one.code });
          await service.sql('UPDATE calls SET ended_at = now() WHERE customer_id = $1', [one.device.customerId]);
          return sent;
        },
      ],
    ];
    for (const [slug, prepare] of outcomes) {
      const { body } = await bothWays('answerVerification', prepare, 'short');
      expect(body.type, slug).toMatch(new RegExp(`/${slug}$`));
    }
  });

  it('an id of nothing is not found alike', async () => {
    const { body } = await answer(await asked(), { answer: 'no' });
    for (const [id, goes] of [
      ['ver_01jd3f6q8zfk1rz1m3v9w1c2aa', 'short'],
      ['call_01jd3f6q8zfk1rz1m3v9w1c2aa', 'short'],
      ['%00', 'ordinary'],
      ['x'.repeat(300), 'ordinary'],
      ['%', 'ordinary'],
    ] as const) {
      const path = `/v1/verifications/${id}`;
      await bothWays('getVerification', () => ({ as: 'agent:amara', path }), goes);
      await bothWays('answerVerification', () => ({ as: 'app', method: 'POST', path: `${path}/answer`, body }), goes);
    }
  });

  it('whatever fails inside fails alike', async () => {
    const waiting = await asked();
    const requests: [string, () => Prepared | Promise<Prepared>][] = [
      ['declareCall', () => declaration()],
      ['askVerdict', () => verdict()],
      ['listVerifications', () => ({ as: 'app', path: `/v1/customers/${waiting.device.customerId}/verifications` })],
      ['getVerification', () => ({ as: 'agent:amara', path: `/v1/verifications/${waiting.question.id}` })],
      ['answerVerification', () => answer(waiting, { answer: 'yes', code: waiting.code })],
    ];
    await service.sql('ALTER TABLE customers RENAME TO customers_away');
    try {
      for (const [operation, prepare] of requests) await bothWays(operation, prepare, 'short');
    } finally {
      await service.sql('ALTER TABLE customers_away RENAME TO customers');
    }
    network.down();
    try {
      for (const [operation, prepare] of requests) await bothWays(operation, prepare, 'short');
    } finally {
      network.up();
    }
  });

  it('a bank that asks more than it may is refused alike, and is told no verdict', async () => {
    const { url: at } = await service.startAnother({ TENANT_REQUESTS_PER_SECOND: '1' });
    // As if so much were asked of another process that next to nothing is left for this one, for as long as the test takes.
    await service.sql(
      `INSERT INTO tenant_demands (tenant_id, process, critical_per_second, interactive_per_second, bulk_per_second, told_at)
       VALUES ('northbank', gen_random_uuid(), 1e12, 1e12, 1e12, now() + interval '1 hour')`,
    );
    const again = async (): Promise<unknown> =>
      (await send(at, { path: '/v1/me', headers: { authorization: `Bearer ${tokens.app}` } })).headers['retry-after'];
    await expect.poll(again, { timeout: 30_000, interval: 50 }).toBe('10');
    for (const [operation, prepare] of ROUTES) {
      const { status, body, text } = await bothWays(operation, async () => ({ ...(await prepare()), at }), 'short');
      expect([operation, status, body['violated-policies']]).toEqual([operation, 429, ['tenant-requests']]);
      expect(text).not.toMatch(/legitimate/);
    }
    await service.sql('DELETE FROM tenant_demands');
  });

  it('every refusal that a route documents was seen both ways', () => {
    for (const [operation] of ROUTES) {
      const documented = Object.values(operationOf(operation).responses).flatMap(({ $ref }) =>
        $ref ? $ref.split('/').at(-1)!.split('.') : [],
      );
      expect(documented.length).toBeGreaterThan(4);
      expect(documented.filter((slug) => !seen.get(operation)!.has(slug)).sort(), operation).toEqual(NEVER[operation]);
    }
  });
});

/** Of requests with an Idempotency-Key alone, which never go the short way. */
const KEYED = ['idempotency-in-progress', 'idempotency-key-reused'];

/** What no test provokes: `conflict` is for whoever lost several races, and a verdict is `unknown` where others fail. */
const NEVER: Record<string, readonly string[]> = {
  askVerdict: ['internal-error', 'temporarily-unavailable'],
  declareCall: ['conflict', ...KEYED],
  listVerifications: [],
  answerVerification: ['conflict', ...KEYED],
  getVerification: [],
};

interface OperationWithProblems {
  readonly responses: Record<string, { readonly $ref?: string }>;
}

function operationOf(operationId: string): OperationWithProblems {
  const found = Object.values(document.paths)
    .flatMap((methods) => Object.values(methods))
    .find((operation) => (operation as { operationId?: string }).operationId === operationId);
  return found as unknown as OperationWithProblems;
}
