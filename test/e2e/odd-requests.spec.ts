import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, type RawReply, send } from '../support/raw-http.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
const tokens = new Map<string, string>();
beforeAll(async () => {
  service = await startTestService();
  for (const identity of ['agent:amara', 'admin', 'app']) tokens.set(identity, await service.token(identity));
});
afterAll(() => service.stop());

interface Answer {
  readonly status: number;
  readonly headers: string;
  readonly text: string;
}

/** Writes bytes and reads the answers until the connection is closed, or nothing more comes once there are as many as expected. */
async function answersTo(bytes: string, expected = 1): Promise<Answer[]> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1')).on('error', () => undefined);
  const chunks: Buffer[] = [];
  let isClosed = false;
  let heard = performance.now();
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    heard = performance.now();
  });
  socket.once('close', () => (isClosed = true));
  while (!isClosed && (answersIn(chunks).answers.length < expected || performance.now() - heard < 200)) await wait(20);
  socket.destroy();
  const { answers, rest } = answersIn(chunks);
  expect(rest).toBe('');
  return answers;
}

/** Those that are there to their last byte, and what follows them. */
function answersIn(chunks: readonly Buffer[]): { answers: Answer[]; rest: string } {
  const answers: Answer[] = [];
  let rest = Buffer.concat(chunks).toString('latin1');
  for (;;) {
    const [head, status] = /^HTTP\/1\.1 (\d{3})[^]*?\r\n\r\n/.exec(rest) ?? [];
    const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(head ?? '')?.[1] ?? 0);
    if (head === undefined || rest.length < head.length + length) return { answers, rest };
    answers.push({ status: Number(status), headers: head, text: rest.slice(head.length, head.length + length) });
    rest = rest.slice(head.length + length);
  }
}

const isAlive = async (): Promise<boolean> => (await send(service.url, { path: '/health/live' })).status === 200;

describe('a request that no route sees is refused as any other, and the service goes on', () => {
  const HOST = 'Host: x\r\n';
  const json = (headers: string): string =>
    `POST /v1/calls HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n${headers}`;
  it.each<[string, string, number]>([
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
    ['no Host, on a page', 'GET /docs HTTP/1.1\r\n\r\n', 400],
    ['no Host, at the development issuer', 'GET /oidc/northbank/jwks HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', `GET /health/live HTTP/1.1\r\n${HOST}HOST: y\r\n\r\n`, 400],
    ['an expectation', `GET /health/live HTTP/1.1\r\n${HOST}Expect: 200-maybe\r\n\r\n`, 417],
    ['an expectation of a POST', json('Expect: the-unexpected\r\nContent-Length: 2\r\n\r\n{}'), 417],
    ['an empty expectation', `GET /health/live HTTP/1.1\r\n${HOST}Expect:\r\n\r\n`, 417],
    ['CONNECT', `CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['CONNECT without Host', 'CONNECT x:443 HTTP/1.1\r\n\r\n', 400],
    ['CONNECT to a path', `CONNECT /v1/calls HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['CONNECT with a tunnel behind it', `CONNECT x:443 HTTP/1.1\r\n${HOST}\r\n\x16\x03\x01\x02\x00`, 400],
    ['an upgrade', `GET /v1/nothing HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`, 404],
    [
      'an upgrade with a body',
      `POST /v1/nothing HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      404,
    ],
    ['TRACE', `TRACE /health/live HTTP/1.1\r\n${HOST}\r\n`, 405],
    ['a method that is none', `FOO /health/live HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a method in lower case', `get /health/live HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['a method that few know', `M-SEARCH /health/live HTTP/1.1\r\n${HOST}\r\n`, 405],
    ['QUERY', `QUERY /health/live HTTP/1.1\r\n${HOST}\r\n`, 405],
    ['an absolute address of nothing', `GET http://y/v1/nothing HTTP/1.1\r\n${HOST}\r\n`, 404],
    ['an absolute address of another scheme', `GET ftp://y/a HTTP/1.1\r\n${HOST}\r\n`, 404],
    ['an authority', `GET y:80 HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['OPTIONS *', `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, 404],
    ['GET *', `GET * HTTP/1.1\r\n${HOST}\r\n`, 404],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 400],
    ['a version that is none', `GET /health/live HTTP/1.2\r\n${HOST}\r\n`, 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['two lengths', json('Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}'), 400],
    ['a length with a sign', json('Content-Length: +2\r\n\r\n{}'), 400],
    ['a length that is below nothing', json('Content-Length: -2\r\n\r\n{}'), 400],
    ['a length beyond all numbers', json('Content-Length: 99999999999999999999999\r\n\r\n{}'), 400],
    ['a length beyond those that are whole', json('Content-Length: 9007199254740993\r\n\r\n{}'), 413],
    ['a length and chunks', json('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), 400],
    ['a chunk without a length', json('Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'), 400],
    [
      'a chunk with an extension without end',
      json(`Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`),
      400,
    ],
    ['a folded header', `GET /health/live HTTP/1.1\r\n${HOST}X-Long: a\r\n b\r\n\r\n`, 400],
    ['a header with a NUL', `GET /health/live HTTP/1.1\r\n${HOST}X-Odd: a\0b\r\n\r\n`, 400],
    ['a header with a space before its colon', `GET /health/live HTTP/1.1\r\n${HOST}X-Odd : a\r\n\r\n`, 400],
    ['a head beyond its bound', `GET /health/live HTTP/1.1\r\n${HOST}X-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 400],
    ['lines that end in a line feed alone', 'GET /health/live HTTP/1.1\nHost: x\n\n', 400],
    ['what is no HTTP', 'EHLO x\r\n\r\n', 400],
  ])('%s', async (_what, bytes, status) => {
    const answers = await answersTo(bytes);
    expect(answers).toHaveLength(1);
    const [{ headers, text, ...answer }] = answers as [Answer];
    expect(answer.status).toBe(status);
    expect(headers).toMatch(/\r\ncontent-type: application\/problem\+json(; charset=utf-8)?\r\n/i);
    expect(headers).toMatch(/\r\nx-request-id: [\w-]+\r\n/i);
    expect(headers).toMatch(/\r\ncache-control: no-store\r\n/i);
    expect(headers).toMatch(/\r\nx-content-type-options: nosniff\r\n/i);
    expect(JSON.parse(text)).toMatchObject({
      status,
      title: expect.any(String),
      type: expect.stringMatching(new RegExp(`^${service.url}/problems/[a-z-]+$`)),
    });
    expect(
      (await send(service.url, { path: new URL((JSON.parse(text) as { type: string }).type).pathname })).status,
    ).toBe(200);
    expect(await isAlive()).toBe(true);
  });

  it.each<[string, string, number[]]>([
    ['HTTP/1.0 without Host', 'GET /health/live HTTP/1.0\r\n\r\n', [200]],
    ['an absolute address', `GET ${'http://elsewhere.example'}/health/live HTTP/1.1\r\n${HOST}\r\n`, [200]],
    [
      'an upgrade that may be passed over',
      `GET /health/live HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
      [200],
    ],
    ['empty lines before it', `\r\n\r\nGET /health/live HTTP/1.1\r\n${HOST}\r\n`, [200]],
    ['an expectation that is met', json(`Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}`), [100, 401]],
    [
      'connection: close',
      `GET /health/live HTTP/1.1\r\n${HOST}Connection: close\r\n\r\nGET /health/live HTTP/1.1\r\n${HOST}\r\n`,
      [200],
    ],
    [
      'others behind it',
      `GET /health/live HTTP/1.1\r\n${HOST}\r\nHEAD /docs HTTP/1.1\r\n${HOST}\r\nGET /v1/calls HTTP/1.1\r\n${HOST}\r\n`.replace(
        'HEAD /docs',
        'GET /problems/not-found',
      ),
      [200, 200, 401],
    ],
    ['what is no HTTP behind it', `GET /health/live HTTP/1.1\r\n${HOST}\r\nEHLO x\r\n\r\n`, [200, 400]],
    ['CONNECT behind it', `GET /health/live HTTP/1.1\r\n${HOST}\r\nCONNECT x:443 HTTP/1.1\r\n${HOST}\r\n`, [200, 400]],
  ])('and one with %s is answered', async (_what, bytes, statuses) => {
    expect((await answersTo(bytes, statuses.length)).map(({ status }) => status)).toEqual(statuses);
  });
});

describe('a refusal names the field that is not one', () => {
  const call = (): object => ({ customerId: newCustomerId(), direction: 'outbound', purpose: 'A payment we stopped' });
  const post = (path: string, body: unknown, identity = 'agent:amara', method = 'POST'): Promise<RawReply> =>
    send(service.url, {
      method,
      path,
      headers: {
        authorization: `Bearer ${tokens.get(identity)!}`,
        'content-type': 'application/json',
        ...(method === 'PUT' ? { 'if-match': '"1"' } : {}),
      },
      body: JSON.stringify(body),
    });
  /** Ways to send a field of a name to a route that does not know it. */
  const routes: [string, (name: string) => Promise<RawReply>][] = [
    ['a body', (name) => post('/v1/calls', { ...call(), [name]: 1 })],
    ['an object of a body', (name) => post('/v1/calls', { ...call(), agent: { department: 'x', [name]: 1 } })],
    [
      'an entry of a list',
      (name) =>
        post(
          `/v1/customers/${newCustomerId()}`,
          { phoneNumbers: [{ number: '+447700900123', [name]: 1 }] },
          'admin',
          'PUT',
        ),
    ],
    [
      'account details',
      (name) =>
        post('/v1/changes', {
          customerId: newCustomerId(),
          subject: 'payout_account',
          after: { holder: 'A', iban: 'GB82WEST12345698765432', [name]: 1 },
          askedThrough: 'phone',
        }),
    ],
    ['a policy', (name) => post('/v1/policy', { [name]: {} }, 'admin', 'PUT')],
    ['a part of a policy', (name) => post('/v1/policy', { attempts: { [name]: 1 } }, 'admin', 'PUT')],
    [
      'a query',
      (name) =>
        send(service.url, {
          path: `/v1/calls?${encodeURIComponent(name.toWellFormed())}=1`,
          headers: { authorization: `Bearer ${tokens.get('agent:amara')!}` },
        }),
    ],
  ];
  const pointers = (reply: RawReply): string[] =>
    ((reply.body.errors as { pointer: string }[] | undefined) ?? []).map(({ pointer }) => decodeURIComponent(pointer));

  it.each(routes)('in %s: by its name where that is short and plain', async (_where, refused) => {
    for (const name of ['color', 'a'.repeat(64), 'ünï', 'a/b~c', 'with space']) {
      const reply = await refused(name);
      expect([400, 422]).toContain(reply.status);
      expect(
        pointers(reply).some((pointer) => pointer.endsWith(`/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)),
        name,
      ).toBe(true);
    }
  });

  it.each(routes)(
    'in %s: by the object that it is in where its name is long, or has what cannot be seen',
    async (_where, refused) => {
      for (const name of [
        'a'.repeat(65),
        'SECRET'.repeat(2_000),
        'a\nb',
        'a\u0000b',
        'a\u001b[2Jb',
        'a\u007fb',
        'a\u0085b',
        'a\u202eb',
        'a\u200bb',
        'a\u2028b',
        '\ufeffa',
        'a\u{e0041}',
        `${'a'.repeat(30)}/${'b'.repeat(40)}`,
      ]) {
        const reply = await refused(name);
        expect([400, 422, 414, 431]).toContain(reply.status);
        expectProblem(reply, reply.status);
        for (const pointer of pointers(reply)) {
          expect(pointer).toMatch(/^#(\/[^/\p{C}\p{Zl}\p{Zp}]{1,64})*$/u);
          expect(pointer).not.toMatch(/aaaaa|SECRET/);
        }
      }
    },
  );
});
