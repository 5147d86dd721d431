import { createHash } from 'node:crypto';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem, send } from '../support/raw-http.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const DOCUMENTS: [string, RegExp][] = [
  ['/openapi.json', /^application\/json/],
  ['/openapi.yaml', /^text\/yaml/],
  ['/docs', /^text\/html/],
  ['/docs/', /^text\/html/],
  ['/docs/index.html', /^text\/html/],
  ['/docs/swagger-ui-init.js', /^text\/javascript/],
  ['/docs/swagger-ui-bundle.js', /^text\/javascript/],
  ['/docs/swagger-ui-standalone-preset.js', /^text\/javascript/],
  ['/docs/swagger-ui.css', /^text\/css/],
  ['/docs/page.css', /^text\/css/],
  ['/docs/favicon-16x16.png', /^image\/png$/],
  ['/docs/favicon-32x32.png', /^image\/png$/],
];

describe('a document that is the same for everybody', () => {
  it.each(DOCUMENTS)('%s has a strong validator, by which whoever has it is not sent it again', async (path, type) => {
    const { status, headers, text } = await send(service.url, { path });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': expect.stringMatching(type),
      'cache-control': 'no-cache',
      etag: expect.stringMatching(/^"[\w-]{22}"$/),
      'x-content-type-options': 'nosniff',
    });
    expect(Number(headers['content-length'])).toBeGreaterThan(100);
    const etag = headers.etag!;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await send(service.url, { path, headers: { 'if-none-match': known } });
      expect(again).toMatchObject({ status: 304, text: '', headers: { etag, 'cache-control': 'no-cache' } });
    }
    for (const unknown of ['"other"', etag.slice(1, -1), 'W/"other", "another"', '']) {
      expect(await send(service.url, { path, headers: { 'if-none-match': unknown } })).toMatchObject({
        status: 200,
        text,
        headers: { etag },
      });
    }
    const head = await send(service.url, { method: 'HEAD', path });
    expect(head).toMatchObject({
      status: 200,
      text: '',
      headers: { etag, 'content-length': headers['content-length'] },
    });
  });

  it('has the same validator in another process', async () => {
    const other = await service.startAnother();
    for (const [path] of DOCUMENTS) {
      const [here, there] = await Promise.all([send(service.url, { path }), send(other.url, { path })]);
      expect([path, there.headers.etag]).toEqual([path, here.headers.etag]);
      expect(createHash('sha256').update(there.text).digest('hex')).toBe(
        createHash('sha256').update(here.text).digest('hex'),
      );
    }
  });

  it.each([
    '/docs/package.json',
    '/docs/swagger-ui-bundle.js.map',
    '/docs/..%2fpackage.json',
    '/docs/LICENSE',
    '/docs/nothing',
    '/docs//',
  ])('%s is none', async (path) => {
    expectProblem(await send(service.url, { path }), 404, 'not-found');
  });

  it.each(['POST', 'PUT', 'DELETE'])('takes no %s', async (method) => {
    const reply = await send(service.url, { method, path: '/openapi.json' });
    expectProblem(reply, 405, 'method-not-allowed');
    expect(reply.headers.allow).toBe('GET, HEAD, OPTIONS');
  });
});

describe('the OpenAPI document', () => {
  it('says the same as YAML', async () => {
    const [json, yaml] = await Promise.all([
      send(service.url, { path: '/openapi.json' }),
      send(service.url, { path: '/openapi.yaml' }),
    ]);
    expect(load(yaml.text)).toEqual(json.body);
  });
});
