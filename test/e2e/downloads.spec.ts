import { symbols } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBrowser } from '../support/browser.js';
import { expectProblem, type RawReply, send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const browser = useBrowser();
let service: TestService;
let verificationId: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  service = await startTestService();
  for (const identity of ['app', 'telephony', 'admin', 'analyst', 'agent:amara'])
    tokens[identity] = await service.token(identity);
  tokens.south = await service.token('analyst', 'southbank');
  await service.app.post(`/v1/customers/${newCustomerId()}/reports`, {
    channel: 'call',
    claimedNumber: '+447700900666',
  });
  const device = await service.customerWithDevice();
  const call = { customerId: device.customerId, direction: 'outbound', line: LINE, purpose: 'A payment', verify: true };
  verificationId = (await service.amara.post('/v1/calls', call)).body.verification.id;
});
afterAll(() => service.stop());

const EXPORT = '/v1/reports/export?format=csv';
const make = (path: unknown, identity = 'analyst'): Promise<RawReply> =>
  send(service.url, {
    method: 'POST',
    path: '/v1/downloads',
    headers: { authorization: `Bearer ${tokens[identity]}`, 'content-type': 'application/json' },
    body: JSON.stringify({ path }),
  });
const addressOf = ({ body }: RawReply): string => (body.url as string).slice(service.url.length);
const open = (address: string, headers: Record<string, string> = {}, method = 'GET'): Promise<RawReply> =>
  send(service.url, { method, path: address, headers });
const link = async (path = EXPORT): Promise<string> => addressOf(await make(path));

describe('a link', () => {
  it('is made with its end, and is 256 bits of chance', async () => {
    const before = Date.now();
    const [one, other] = [await make(EXPORT), await make(EXPORT)];
    expect(one).toMatchObject({ status: 201, headers: { 'cache-control': 'no-store' } });
    expect(Object.keys(one.body).sort()).toEqual(['expiresAt', 'url']);
    expect(one.body.url).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/v1\/reports\/export\?format=csv&download=northbank\.[\w-]{43}$/,
    );
    expect(one.body.url).not.toBe(other.body.url);
    const lifetime = new Date(one.body.expiresAt as string).getTime() - before;
    expect(lifetime).toBeGreaterThan(0);
    expect(lifetime).toBeLessThanOrEqual(70_000);
  });

  it('opens the export once, without a token, as a download that nobody keeps', async () => {
    const address = await link();
    expect(await open(address)).toMatchObject({
      status: 200,
      headers: {
        'content-disposition': 'attachment; filename="reports.csv"',
        'content-type': expect.stringMatching(/^text\/csv/),
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
      },
      text: expect.stringContaining('+447700900666'),
    });
    expectProblem(await open(address), 404, 'not-found');
  });

  it('opens evidence as the file that verifies, also where a browser would rather have a page', async () => {
    const reply = await open(await link(`/v1/evidence/${verificationId}`), { accept: 'text/html' });
    expect(reply).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/jose',
        'content-disposition': `attachment; filename="${verificationId}.evidence.jws"`,
      },
    });
  });

  it('gives what its maker may have, and refuses what the route refuses', async () => {
    expectProblem(await open(await link('/v1/reports/export?format=pdf')), 400, 'invalid-request');
    expectProblem(await open(await link('/v1/evidence/ver_01jd3f6q8zfk1rz1m3v9w1c2aa')), 404, 'not-found');
  });

  it('opens once for two who open it at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const address = await link();
      const replies = await Promise.all([1, 2, 3, 4].map(() => open(address)));
      expect(replies.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404]);
    }
  });

  it('is spent by no HEAD, no other path, no other secret and nobody else', async () => {
    const address = await link();
    const [, secret] = address.split('download=northbank.');
    const twisted = `${secret!.slice(0, -1)}${secret!.endsWith('A') ? 'B' : 'A'}`;
    const others: [string, Record<string, string>, string][] = [
      [address, {}, 'HEAD'],
      [address.replace('csv', 'ndjson'), {}, 'GET'],
      [`/v1/reports/export?download=northbank.${secret}`, {}, 'GET'],
      [`/v1/evidence/${verificationId}?download=northbank.${secret}`, {}, 'GET'],
      [address.replace(secret!, twisted), {}, 'GET'],
      [address.replace('northbank.', 'southbank.'), {}, 'GET'],
      [address.replace('northbank.', 'nobody.'), {}, 'GET'],
      [address.replace('northbank.', ''), {}, 'GET'],
      [`${address}&x=1`, {}, 'GET'],
      [`${address}&download=x`, {}, 'GET'],
      [address, { authorization: `Bearer ${tokens.admin}` }, 'GET'],
      [address, { authorization: `Bearer ${tokens.south}` }, 'GET'],
    ];
    const texts = new Set<string>();
    for (const [path, headers, method] of others) {
      const reply = await open(path, headers, method);
      expect(reply.status, path).toBe(404);
      if (method === 'GET') texts.add(reply.text);
    }
    expect(texts.size).toBe(1);
    expectProblem(await open(address, { authorization: 'Bearer nonsense' }), 401, 'unauthorized');
    expect((await open(address, { authorization: `Bearer ${tokens.analyst}` })).status).toBe(200);
  });

  it('that is late opens nothing, and is forgotten', async () => {
    const address = await link();
    await service.sql(`UPDATE downloads SET expires_at = now()`);
    expectProblem(await open(address), 404, 'not-found');
  });

  it('ends with the token of whoever made it', async () => {
    await service.sql('DELETE FROM downloads');
    await link();
    const [row] = await service.sql(
      `SELECT expires_at <= now() + interval '60 seconds' AS soon, caller FROM downloads`,
    );
    expect(row.soon).toBe(true);
    expect(new Date(row.caller.expiresAt as string).getTime()).toBeGreaterThan(Date.now());
  });

  it('is kept as a hash, and is in no line of the log', async () => {
    const lines: string[] = [];
    const other = await service.startAnother({ LOG_LEVEL: 'info' });
    const stream = (other.logger as unknown as Record<symbol, { write(line: string): void }>)[symbols.streamSym]!;
    stream.write = (line) => void lines.push(line);
    const address = await link();
    expect((await send(other.url, { path: address })).status).toBe(200);
    expect((await send(other.url, { path: address })).status).toBe(404);
    await expect.poll(() => lines.filter((line) => line.includes('"/v1/reports/export"')).length).toBe(2);
    const secret = address.split('.').at(-1)!;
    expect(lines.join('')).not.toContain(secret);
    await link();
    for (const row of await service.sql('SELECT downloads::text AS row FROM downloads'))
      expect(row.row).not.toContain(secret);
  });
});

describe('a link is not made', () => {
  it.each([
    ...['//evil.example/v1/reports/export', 'https://evil.example/', '/v1/../v1/reports/export', '/v1/reports//export'],
    ...[
      '/v1/reports%2Fexport',
      '/v1/reports/export#x',
      '/v1/reports/export?download=northbank.x',
      '/v1/x\n',
      '/V1/x',
      '',
      5,
      null,
    ],
    `/v1/${'x'.repeat(2_000)}`,
  ])('for %j, which is no path', async (path) => expectProblem(await make(path), 400, 'invalid-request'));

  it.each([
    '/v1/calls',
    '/v1/reports',
    '/v1/lines',
    '/v1/events',
    '/v1/nothing',
    '/v1/reports/export/',
    '/v1/downloads',
  ])('for %s, which no link opens', async (path) => expectProblem(await make(path), 404, 'not-found'));

  it.each(['app', 'telephony', 'admin', 'agent:amara'])('by %s, who may not read it', async (identity) => {
    expectProblem(await make(EXPORT, identity), 403, 'forbidden');
  });

  it('beyond a hundred that are open', async () => {
    await service.sql('DELETE FROM downloads');
    const replies = await Promise.all(Array.from({ length: 100 }, () => make(EXPORT)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    const refused = await make(EXPORT);
    expectProblem(refused, 429, 'too-many-requests');
    expect(refused.headers['retry-after']).toBe('60');
    await service.sql('DELETE FROM downloads');
  });
});

describe('a link in a browser', () => {
  it('is a download', async () => {
    const page = await browser.open();
    await page.goto(`${service.url}/health/live`);
    const { url } = (await make(EXPORT)).body as { url: string };
    const downloading = page.waitForEvent('download');
    await page.evaluate(`Object.assign(document.createElement('a'), { href: ${JSON.stringify(url)} }).click()`);
    const download = await downloading;
    expect(download.suggestedFilename()).toBe('reports.csv');
    expect(await download.failure()).toBeNull();
  });
});
