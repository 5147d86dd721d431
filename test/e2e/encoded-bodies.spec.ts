import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiDocument, fetchDocument, operationsOf } from '../support/openapi-document.js';
import { expectProblem, type RawReply, send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let document: ApiDocument;
const tokens: Record<string, string> = {};
beforeAll(async () => {
  service = await startTestService();
  document = await fetchDocument(service.url);
  for (const scope of ['app', 'telephony', 'admin', 'analyst', 'agent'])
    tokens[scope] = await service.token(scope === 'agent' ? 'agent:amara' : scope);
});
afterAll(() => service.stop());

const record = (): string =>
  JSON.stringify({ recordId: newCustomerId(), direction: 'outbound', line: LINE, startedAt: '2026-01-31T09:30:00Z' });
const importRecords = (body: Buffer | string, encoding?: string): Promise<RawReply> =>
  send(service.url, {
    method: 'POST',
    path: '/v1/call-records',
    headers: {
      authorization: `Bearer ${tokens.telephony}`,
      'content-type': 'application/x-ndjson',
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    },
    body,
  });

function expectUnsupported(reply: RawReply, what = ''): void {
  expect(`${what} ${reply.status}`).toBe(`${what} 415`);
  expectProblem(reply, 415, 'unsupported-media-type');
  expect(reply.headers['accept-encoding'], what).toBe('identity');
  expect(reply.body.detail, what).toMatch(/Content-Encoding/);
}

describe('a body in a content encoding', () => {
  it.each([
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', (text: string) => Buffer.from(text)],
    ['identity, gzip', gzipSync],
    ['gzip, identity', gzipSync],
    ['aes128gcm', (text: string) => Buffer.from(text)],
    ['nonsense', (text: string) => Buffer.from(text)],
  ])('%s is refused by an import, which says what it takes, and nothing of it is taken', async (encoding, encode) => {
    expectUnsupported(await importRecords(encode(`${record()}\n${record()}\n`), encoding));
    // Also where it says so and is not: what is declared is what is read.
    expectUnsupported(await importRecords(record(), encoding));
    expect(await service.sql('SELECT record_id FROM call_records')).toEqual([]);
  });

  it('is refused by every route that takes a body', async () => {
    let tried = 0;
    for (const { method, path, operation } of operationsOf(document).filter((named) =>
      ['post', 'put', 'patch'].includes(named.method),
    )) {
      const [type = 'application/json'] = Object.keys(operation.requestBody?.content ?? {});
      const headers = {
        authorization: `Bearer ${tokens[operation.security![0]!.bearer![0]!]}`,
        'content-type': type,
        'if-match': '"0"',
      };
      const address = path.replace(/\{\w+\}/g, 'x');
      for (const encoding of ['gzip', 'br']) {
        expectUnsupported(
          await send(service.url, {
            method: method.toUpperCase(),
            path: address,
            headers: { ...headers, 'content-encoding': encoding },
            body: gzipSync('{}'),
          }),
          `${method} ${path}`,
        );
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(40);
  });

  it('of chunks without a length is refused before it is read', async () => {
    expectUnsupported(
      await send(service.url, {
        method: 'POST',
        path: '/v1/call-records',
        headers: {
          authorization: `Bearer ${tokens.telephony}`,
          'content-type': 'application/x-ndjson',
          'content-encoding': 'gzip',
          'transfer-encoding': 'chunked',
          'content-length': [],
        },
        body: gzipSync('x'.repeat(5_000_000)),
      }),
    );
  });

  it('that is none is read', async () => {
    for (const encoding of [undefined, 'identity', 'IDENTITY', ' identity ', 'identity, identity', '']) {
      expect((await importRecords(record(), encoding)).body, String(encoding)).toMatchObject({
        accepted: 1,
        rejectedCount: 0,
      });
      const reply = await send(service.url, {
        method: 'POST',
        path: '/v1/calls',
        headers: {
          authorization: `Bearer ${tokens.agent}`,
          'content-type': 'application/json',
          ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
        },
        body: JSON.stringify({ customerId: newCustomerId(), direction: 'outbound', purpose: 'x' }),
      });
      expect(reply.status, String(encoding)).toBe(201);
    }
  });

  it('does not matter where there is no body', async () => {
    expect(
      (
        await send(service.url, {
          path: '/v1/calls',
          headers: { authorization: `Bearer ${tokens.agent}`, 'content-encoding': 'gzip' },
        })
      ).status,
    ).toBe(200);
  });
});
