import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Identities, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const report = async (body: object, client: Identities['app'] = service.app) => {
  const reply = await client.post(`/v1/customers/${newCustomerId()}/reports`, { channel: 'sms', ...body });
  expect(reply.status).toBe(201);
  return reply.body;
};

describe('the hosts of a report', () => {
  const cases: [string, string[]][] = [
    ['Link:https://evil.com/x', ['evil.com']],
    ['test=https://evil.com', ['evil.com']],
    ['“https://evil.com”', ['evil.com']],
    ['«https://evil.com»', ['evil.com']],
    ['*https://evil.com*', ['evil.com']],
    ['_https://evil.com_', ['evil.com']],
    ['你好https://evil.com', ['evil.com']],
    ['请打开evil.com。谢谢', ['evil.com']],
    ['https://evil。com', ['evil.com']],
    ['https://evil．co｡uk/x', ['evil.co.uk']],
    ['https://evil%2ecom', ['evil.com']],
    ['https://%65vil.com', ['evil.com']],
    ['https://3221225985/', ['192.0.2.1']],
    ['https://0xc0.0.0x201/', ['192.0.2.1']],
    ['https://[2001:db8::1]:8443/x', ['[2001:db8::1]']],
    ['https://example.com。次の行', ['example.com']],
    ['https://example.com。詳細はこちら', ['example.com']],
    ['https://evil.com”', ['evil.com']],
    ['https://evil.com）、', ['evil.com']],
    ['https://evil.com…', ['evil.com']],
    ['(https://evil.com/a_(b))', ['evil.com']],
    ['[northbank.com](https://evil.com/x)', ['northbank.com', 'evil.com']],
    ['https:\\\\evil.com\\x', ['evil.com']],
    ['https:evil.com', ['evil.com']],
    ['http:///evil.com', ['evil.com']],
    ['https://northbank.com\\@evil.com', ['northbank.com']],
    ['https://northbank.com@evil.com', ['evil.com']],
    ['https://northbank.com。evil.com/', ['northbank.com.evil.com']],
    ['https://evi\nl.com/x', ['evil.com']],
    ['https://evil.com&nbsp;now', ['evil.com']],
    ['https://evil&#46;com/x', ['evil.com']],
    ['h=\r\nttps://evil.c=\r\nom/?a=3Db', ['evil.com']],
    ['hxxps://evil[.]com/x', ['evil.com']],
    ['hxxp://evil(dot)com', ['evil.com']],
    ['https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fevil.com%2Fx&data=a', ['evil.com']],
    ['https://urldefense.proofpoint.com/v2/url?u=https-3A__evil.com_x&d=a', ['evil.com']],
    ['https://www.google.com/url?q=https://evil.com/x&sa=D', ['evil.com']],
    ['https://bücher.de/x', ['xn--bcher-kva.de']],
    ['https://ev\ufeffil.com', ['evil.com']],
    ['https://bank.com：443@evil.com', ['evil.com']],
    ['https://evil․t.com', ['evil.t.com']],
    ['http://256.1.1.1/ http://1.2.3.4x/ http://1.2.3.4.5/ http://1.2.3.999/ http://1..2/', []],
    ['x (1/2) see https://evil.co (2/2) m/x', ['evil.co', 'evil.com']],
    ['https://💩.la/x', ['xn--ls8h.la']],
    ['https://нас-банк.рф/x', ['xn----7sbbd0cne2a.xn--p1ai']],
    ['Thank you.Please call.Now, e.g. Okafor.Your, No.1 St.James, v1.2.3, 10.30a.m.', []],
    ['https://evil.com%00.northbank.example', []],
    ['https://nosuch/x and https://evil.nosuch', []],
    ['javascript:alert(1) tel:+442079460999 mailto:x@evil.com x@evil.com javascript://evil.com/', []],
  ];
  it.each(cases)('are found in %j, in the text and as a link', async (text, hosts) => {
    const [inText, asLink] = [await report({ text: `Hello: ${text} thank you` }), await report({ links: [text] })];
    for (const { id } of [inText, asLink])
      expect((await service.analyst.get(`/v1/reports/${id}`)).body.linkHosts).toEqual(hosts);
  });

  it('reach the export, and none that does not exist', async () => {
    const exported = (await service.analyst.get('/v1/reports/export?format=ndjson')).body
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line).linkHosts)
      .flat();
    expect(exported.length).toBeGreaterThan(50);
    for (const host of exported) expect(host).toMatch(/^(\[[0-9a-f:]+\]|[a-z0-9.-]+\.([a-z]+|xn--[a-z0-9-]+|\d+))$/);
    expect(new Set(exported)).toEqual(new Set(cases.flatMap(([, hosts]) => hosts)));
  });
});

describe('a campaign', () => {
  const nine = async (body: (place: number) => object, client = service.app) => {
    for (let place = 0; place < 9; place += 1) await report(body(place), client);
  };
  const campaigns = async (client = service.analyst) => (await client.get('/v1/campaigns')).body.data;
  const unrelated = () => Array.from({ length: 30 }, () => randomUUID().replace(/[^a-f]/g, '')).join(' ');

  it.each<[string, (place: number) => string]>([
    ['a link shortener', (place) => `https://bit.ly/${place}x${randomUUID()}`],
    ['another one', (place) => `tinyurl.com/${place}${randomUUID().slice(0, 5)}`],
    ['documents', (place) => `https://docs.google.com/document/d/${place}${randomUUID()}/edit`],
    ['pages', (place) => `https://sites.google.com/view/${place}${randomUUID()}`],
    ['files by a parameter', (place) => `https://drive.google.com/open?id=${place}${randomUUID()}`],
    ['a messenger', (place) => `https://wa.me/44770090012${place}`],
    ['hosting with a page for each', (place) => `https://p${place}x.pages.dev/login`],
    ['a host of forms with a name for each', (place) => `https://n${place}x.typeform.com/to/abc`],
    ['a free site', (place) => `https://p${place}x.glitch.me/`],
    ['a free site of another country', (place) => `https://p${place}x.blogspot.co.uk/`],
    ['a store of files', (place) => `https://f000.backblazeb2.com/file/${place}${randomUUID()}/x.html`],
    ['a site under a region', (place) => `https://p${place}x.z13.web.core.windows.net/`],
    ['an encyclopedia', (place) => `https://en.wikipedia.org/wiki/${place}${randomUUID()}`],
    [
      'a gateway with parameters twice',
      (place) => `https://www.google.com/url?Q=https://a.com&q=https://b.com/${place}`,
    ],
    ['a bucket', (place) => `https://s3.amazonaws.com/${place}${randomUUID()}/x.html`],
    ['a video', (place) => `https://www.youtube.com/watch?v=${place}${randomUUID()}`],
    ['a router at home', () => 'http://192.168.1.1/'],
    ['a gateway that does not say', (place) => `https://protect-eu.mimecast.com/s/${place}${randomUUID()}`],
    [
      'a shortener behind a gateway',
      (place) => `https://www.google.com/url?q=${encodeURIComponent(`https://t.co/${place}${randomUUID()}`)}`,
    ],
  ])('is not made of unrelated messages that lead through %s', async (_what, link) => {
    const before = (await campaigns()).length;
    await nine((place) => ({ text: `${unrelated()} ${link(place)}` }));
    expect(await campaigns()).toHaveLength(before);
  });

  it.each<[string, string, object]>([
    ['one short link', 'https://bit.ly/3xNrthBk', { links: ['bit.ly/3xNrthBk'], linkHosts: [] }],
    [
      'one form',
      'https://docs.google.com/forms/d/e/1FAIpQLSd/viewform',
      { links: ['docs.google.com/forms/d/e/1FAIpQLSd/viewform'], linkHosts: [] },
    ],
    [
      'one file, by a parameter that is not shown',
      'https://drive.google.com/open?id=1AbC',
      { links: [expect.stringMatching(/^drive\.google\.com\/open#[\w-]{16}$/)], linkHosts: [] },
    ],
    [
      'one host of its own',
      'https://a.evil-parcels.com/x',
      { links: [], linkHosts: ['a.evil-parcels.com', 'evil-parcels.com'] },
    ],
    [
      'one page of a host for many',
      'https://northbank-help.pages.dev/x',
      { links: [], linkHosts: ['northbank-help.pages.dev'] },
    ],
  ])('is made by %s', async (_what, link, shown) => {
    const before = (await campaigns()).length;
    await nine(() => ({ text: `${unrelated()} ${link}` }));
    expect((await campaigns()).slice(0, -before || undefined)).toMatchObject([{ customers: 9, ...shown }]);
  });

  it("is not made of the bank's own addresses: those of its notices, and those of its policy", async () => {
    const south = await service.clients('southbank');
    await south.admin.post('/v1/notices', {
      channel: 'sms',
      sender: 'help@mail.southbank-post.com',
      summary: 'Cards.',
      text: 'See https://www.southbank-cards.com/x for your new card, or https://bit.ly/southbank-cards.',
      sentAt: new Date().toISOString(),
    });
    await south.admin.put(
      '/v1/policy',
      {
        ownAddresses: { hosts: ['southbank-home.com'] },
        campaigns: { sharedHosts: ['go.example-short.com', '*.example-pages.com'] },
      },
      { headers: { 'if-match': (await south.admin.get('/v1/policy')).headers.get('etag')! } },
    );
    for (const link of [
      () => 'https://southbank-cards.com/login',
      () => 'https://secure.southbank-cards.com/',
      () => 'https://southbank-post.com/a',
      () => 'https://www.southbank-home.com/',
      () => 'https://bit.ly/southbank-cards',
      (place: number) => `https://go.example-short.com/${place}`,
      (place: number) => `https://a${place}.example-pages.com/`,
    ])
      await nine((place) => ({ text: `${unrelated()} ${link(place)}` }), south.app);
    expect(await campaigns(south.analyst)).toEqual([]);
    await nine(() => ({ text: `${unrelated()} https://x.example-pages.com/` }), south.app);
    expect(await campaigns(south.analyst)).toMatchObject([{ linkHosts: ['x.example-pages.com'] }]);
    for (const [sharedHosts, pointer] of [
      [['https://x.com'], '0'],
      [['x'], '0'],
      [['a.com', '*.*.b.com'], '1'],
    ] as const) {
      const { body } = await south.admin.put(
        '/v1/policy',
        { campaigns: { sharedHosts } },
        { headers: { 'if-match': (await south.admin.get('/v1/policy')).headers.get('etag')! } },
      );
      expect(body.errors[0].pointer).toBe(`#/campaigns/sharedHosts/${pointer}`);
    }
  });
});
