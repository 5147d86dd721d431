import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerChange, giveOldNumber, requestChange, ringAtAnyHour } from '../support/changes.js';
import { send } from '../support/raw-http.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const NUMBER = '+447700900666';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

const report = (customerId: string, body: object = {}) =>
  service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'call', ...body });
const events = (type: string, customerId: string) =>
  service.sql(`SELECT data, call_id FROM events WHERE type = $1 AND customer_id = $2 ORDER BY sequence`, [
    `countersign.${type}`,
    customerId,
  ]);

describe('a report straight from a verdict', () => {
  it('takes one step, holds payments, and advises by what was shared', async () => {
    const customerId = newCustomerId();
    expect(
      (
        await service.app.post(`/v1/customers/${customerId}/call-verdicts`, {
          trigger: 'customer',
          incomingNumber: NUMBER,
        })
      ).body,
    ).toMatchObject({ verdict: 'not_legitimate' });
    const made = await report(customerId, {
      claimedNumber: '07700 900666',
      about: 'verdict',
      shared: ['card', 'one_time_code'],
    });
    expect(made).toMatchObject({
      status: 201,
      body: {
        id: expect.stringMatching(/^rpt_/),
        reference: expect.stringMatching(/^[R-Z][G-Z]/),
        advice: { code: 'code_shared', steps: expect.arrayContaining([expect.stringContaining('Block your card')]) },
      },
    });
    expect(made.body).not.toHaveProperty('campaign');
    expect((await service.app.get(`/v1/customers/${customerId}/signals`)).body).toMatchObject({
      hold: true,
      reasons: [{ type: 'report' }, { type: 'not_our_line' }],
    });
    expect((await service.analyst.get(`/v1/reports/${made.body.id}`)).body).toMatchObject({
      customerId,
      claimedNumber: NUMBER,
      about: 'verdict',
      shared: ['card', 'one_time_code'],
      receivedAt: null,
      text: null,
      links: [],
      campaignId: null,
    });
    expect(await events('report.received', customerId)).toMatchObject([
      { data: { channel: 'call', shared: ['card', 'one_time_code'] } },
    ]);
  });

  it.each([
    [[], undefined, 'report_received'],
    [['money_sent', 'card'], undefined, 'money_sent'],
    [[], { amount: 480, currency: 'GBP' }, 'money_sent'],
    [['remote_access', 'password'], undefined, 'remote_access'],
    [['pin'], undefined, 'password_shared'],
    [['card'], undefined, 'card_shared'],
    [['personal_details'], undefined, 'details_shared'],
  ])('advises after %j and a loss of %j with %s', async (shared, lost, code) => {
    expect((await report(newCustomerId(), { shared, ...(lost ? { lost } : {}) })).body.advice).toMatchObject({
      code,
      headline: expect.any(String),
    });
  });
});

describe('what a report is about', () => {
  const MADE_UP = '01jd3f6q8zfk1rz1m3v9w1c2aa';
  const aboutOf = async (id: string): Promise<unknown[]> => {
    const [{ data }] = (await service.sql(
      `SELECT e.data FROM events e JOIN reports r ON r.id = e.about_id WHERE e.type = 'countersign.report.received' ORDER BY e.sequence DESC LIMIT 1`,
    )) as [{ data: { of: string | null } }];
    return [(await service.analyst.get(`/v1/reports/${id}`)).body.about, data.of];
  };

  it("is kept where it is the customer's own: a call, a verification, a change", async () => {
    const device = await service.customerWithDevice();
    await giveOldNumber(service, device.customerId);
    const change = (await requestChange(service, device.customerId)).body;
    const call = (
      await service.amara.post('/v1/calls', {
        customerId: device.customerId,
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment',
        verify: true,
      })
    ).body;
    for (const about of [call.id, call.verification.id, change.id])
      expect(await aboutOf((await report(device.customerId, { about })).body.id)).toEqual([about, about]);
  });

  it("is dropped where it is somebody else's, another bank's or made up, and the answer is the same for each", async () => {
    const theirs = await service.customerWithDevice();
    await giveOldNumber(service, theirs.customerId);
    const change = (await requestChange(service, theirs.customerId)).body;
    const call = (
      await service.amara.post('/v1/calls', {
        customerId: theirs.customerId,
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment',
        verify: true,
      })
    ).body;
    const south = await service.clients('southbank');
    const foreign = (
      await south.amara.post('/v1/calls', {
        customerId: theirs.customerId,
        direction: 'outbound',
        purpose: 'A payment',
      })
    ).body;
    const replies = [];
    for (const about of [
      call.id,
      call.verification.id,
      change.id,
      foreign.id,
      `call_${MADE_UP}`,
      `ver_${MADE_UP}`,
      `chg_${MADE_UP}`,
      call.id.replace('call_', 'chg_'),
    ]) {
      const { status, body } = await report(newCustomerId(), { about });
      expect(await aboutOf(body.id)).toEqual([null, null]);
      replies.push({ status, ...body, id: 'any', reference: 'any' });
    }
    for (const reply of replies) expect(reply).toEqual(replies[0]);
    expect(replies[0]!.status).toBe(201);
    expect((await service.amara.get(`/v1/calls/${call.id}`)).body).toMatchObject({
      state: 'live',
      verification: { status: 'waiting' },
    });
    expect((await service.amara.get(`/v1/changes/${change.id}`)).body.status).toBe('held');
  });
});

describe('what a report changes at once', () => {
  it('refuses what waits in the app and every held change, and the release never comes', async () => {
    const device = await service.customerWithDevice();
    await giveOldNumber(service, device.customerId);
    const change = (await requestChange(service, device.customerId)).body;
    const call = (
      await service.amara.post('/v1/calls', {
        customerId: device.customerId,
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment',
        verify: true,
      })
    ).body;
    const stream = await service.amara.stream(`/v1/calls/${call.id}/stream`);
    expect((await report(device.customerId, { claimedNumber: NUMBER, about: call.id })).status).toBe(201);
    expect(await stream.waitFor('verification.reported')).toMatchObject({
      data: { data: { because: 'customer_reported' } },
    });
    stream.close();
    expect(
      (await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`)).body.data,
    ).toEqual([]);
    expect((await service.amara.get(`/v1/verifications/${call.verification.id}`)).body).toMatchObject({
      status: 'reported',
      answer: null,
    });
    expect((await service.amara.get(`/v1/changes/${change.id}`)).body).toMatchObject({
      status: 'refused',
      refusedBecause: 'reported',
    });
    expect(await events('change.refused', device.customerId)).toMatchObject([
      { data: { because: 'reported', tellContactPoints: [expect.any(String)] } },
    ]);
    expect((await service.app.get(`/v1/customers/${device.customerId}/callbacks`)).body.data[0].status).toBe(
      'cancelled',
    );
  });

  it('leaves what other customers are asked alone', async () => {
    const [mine, theirs] = [await service.customerWithDevice(), await service.customerWithDevice()];
    await giveOldNumber(service, theirs.customerId);
    const change = (await requestChange(service, theirs.customerId)).body;
    await report(mine.customerId);
    expect((await answerChange(service, theirs, 'yes')).body.status).toBe('confirmed');
    expect((await service.amara.get(`/v1/changes/${change.id}`)).body.status).toBe('held');
  });

  it('is the same where an agent takes it on the phone', async () => {
    const customerId = newCustomerId();
    const made = await service.amara.post('/v1/reports', {
      customerId,
      channel: 'sms',
      claimedSender: 'NorthBank',
      text: 'Hello',
      receivedAt: '2026-01-31T09:30:00+01:00',
    });
    expect(made.status).toBe(201);
    expect((await service.analyst.get(`/v1/reports/${made.body.id}`)).body).toMatchObject({
      customerId,
      reportedBy: 'amara',
      claimedSender: 'NorthBank',
      text: 'Hello',
      receivedAt: '2026-01-31T08:30:00.000Z',
    });
    expect((await service.app.get(`/v1/references/${made.body.reference}`)).body).toMatchObject({
      kind: 'report',
      genuine: false,
    });
  });
});

describe('personal data', () => {
  it('is sealed, and gone once the customer was shredded; what reports are compared by stays', async () => {
    const customerId = newCustomerId();
    const { body } = await report(customerId, {
      channel: 'sms',
      claimedNumber: NUMBER,
      text: 'Dear Maya Brightwater, pay at https://evil.example/maya',
      lost: { amount: 98.76, currency: 'GBP' },
    });
    const rows = await service.sql(
      `SELECT t::text AS row FROM reports t WHERE customer_id = $1 UNION ALL SELECT t::text FROM report_indicators t WHERE customer_id = $1 UNION ALL SELECT t::text FROM events t WHERE customer_id = $1`,
      [customerId],
    );
    expect(rows.map(({ row }) => row).join()).not.toMatch(/Brightwater|maya|98\.76/i);
    await service.admin.delete(`/v1/customers/${customerId}`);
    expect((await service.analyst.get(`/v1/reports/${body.id}`)).body).toMatchObject({
      text: null,
      links: [],
      lost: null,
      claimedNumber: NUMBER,
      linkHosts: ['evil.example'],
    });
  });
});

describe('a flood by one customer', () => {
  it('is capped, also where the reports race, and makes no campaign', async () => {
    const customerId = newCustomerId();
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => report(customerId, { claimedNumber: '+447700900777' })),
    );
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(20);
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(80_000);
    expect(refused[0]!.body.type).toMatch(/report-limit$/);
    expect(replies.every(({ body }) => body.campaign === undefined)).toBe(true);
    expect(
      (await service.analyst.get('/v1/campaigns')).body.data.filter((campaign: { numbers: string[] }) =>
        campaign.numbers.includes('+447700900777'),
      ),
    ).toEqual([]);
    expect((await report(newCustomerId(), { claimedNumber: '+447700900777' })).status).toBe(201);
  });
});

describe('hostile input', () => {
  it.each([
    ['emoji up to the limit of a body', { text: '😀'.repeat(15_000) }, 201],
    ['more emoji than a body may hold', { text: '😀'.repeat(20_000) }, 413],
    [
      'zero-width characters, overrides, controls and lone surrogates',
      {
        text: '\u200b\u202e\u0001\ufeff\r\n\ud800 x',
        claimedSender: '\u0001\u202e',
        claimedNumber: '\u200d\u0001',
        links: ['\u0001', '\ud800'],
      },
      201,
    ],
    ['a NUL in a text', { text: 'Pay now\u0000' }, 400],
    ['a NUL in one of its links', { links: ['https://evil.example', 'https://evil.example/\u0000'] }, 400],
    [
      'text in several scripts',
      { text: '您的银行账户存在异常交易 تم إيقاف حسابك आपका बैंक खाता बंद', claimedSender: 'बैंक' },
      201,
    ],
    [
      'links with user names, punycode and other scripts',
      {
        links: [
          'https://northbank.example@evil.example',
          'https://xn--nrthbank-n4a.de',
          'https://nörthbank.de/ü',
          'javascript:alert(1)',
          'http://[::1',
          '%',
        ],
      },
      201,
    ],
    ['combining marks without end', { text: `a${'\u0301'.repeat(19_000)}` }, 201],
    ['a formula for a sender', { claimedSender: '=HYPERLINK("https://evil.example")' }, 201],
    ['something shared that nobody knows', { shared: ['everything'] }, 400],
    ['a channel that is none', { channel: 'pigeon' }, 400],
    ['a time that never was', { receivedAt: '2026-02-30T00:00:00Z' }, 400],
    ['a time in the future, which counts as now', { receivedAt: '2999-01-01T00:00:00Z' }, 201],
    ['a field too many', { campaign: 'x' }, 400],
    ['too many links', { links: Array.from({ length: 21 }, () => 'https://a.example') }, 400],
    ['null for a text', { text: null }, 400],
    ['another thing that it is about', { about: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' }, 400],
    ['a loss below nothing', { lost: { amount: -1, currency: 'GBP' } }, 400],
  ])('%s', async (_name, body, status) => {
    const reply = await report(newCustomerId(), body);
    expect(reply.status).toBe(status);
    if (status === 201) expect((await service.analyst.get(`/v1/reports/${reply.body.id}`)).status).toBe(200);
  });

  it('is kept as it came, and its links by where they lead', async () => {
    const text = 'Your \u200baccount 👩‍👩‍👧‍👦 \u202edekcolb\u202c: حسابك موقوف, 账户异常, е\u0301 \u0001 end';
    const links = [
      'https://northbank.example@evil.example/a',
      'https://xn--nrthbank-n4a.de/b',
      'https://nörthbank.de/c',
      'https://пример.рф/',
      'https://ｅｖｉｌ２．example',
    ];
    const { body } = await report(newCustomerId(), { channel: 'sms', text, links });
    expect((await service.analyst.get(`/v1/reports/${body.id}`)).body).toMatchObject({
      text,
      links,
      linkHosts: ['evil.example', 'xn--nrthbank-n4a.de', 'xn--e1afmkfd.xn--p1ai', 'evil2.example'],
    });
  });

  it('is answered by the same report where the same key comes again', async () => {
    const customerId = newCustomerId();
    const again = () =>
      service.app.post(
        `/v1/customers/${customerId}/reports`,
        { channel: 'call' },
        { headers: { 'idempotency-key': 'once' } },
      );
    expect((await again()).body.id).toBe((await again()).body.id);
    expect(await service.sql('SELECT 1 FROM reports WHERE customer_id = $1', [customerId])).toHaveLength(1);
  });
});

describe('lists', () => {
  it('page, newest first, by number and time', async () => {
    const number = '+447700900555';
    for (let i = 0; i < 5; i += 1) await report(newCustomerId(), { claimedNumber: number });
    const query = `/v1/reports?number=${encodeURIComponent('07700 900555')}`;
    const first = (await service.analyst.get(`${query}&limit=2`)).body;
    const second = (await service.analyst.get(`${query}&limit=2&after=${first.next}`)).body;
    const third = (await service.analyst.get(`${query}&limit=2&after=${second.next}`)).body;
    const ids = [...first.data, ...second.data, ...third.data].map(({ id }: { id: string }) => id);
    expect(ids).toHaveLength(5);
    expect(ids).toEqual([...ids].sort().reverse());
    expect(third.next).toBeNull();
    const middle = second.data[0].reportedAt;
    const [before, after] = await Promise.all(
      [`&to=${middle}`, `&from=${middle}`].map(
        async (span) => (await service.analyst.get(query + span)).body.data.length as number,
      ),
    );
    expect(before! + after!).toBe(5);
    expect((await service.analyst.get('/v1/reports?campaign=cmp_01jd3f6q8zfk1rz1m3v9w1c2aa')).body.data).toEqual([]);
    for (const wrong of ['campaign=x', 'after=x', 'from=yesterday', 'limit=0', 'number='])
      expect((await service.analyst.get(`/v1/reports?${wrong}`)).status).toBe(400);
    expect((await service.analyst.get('/v1/reports/rpt_01jd3f6q8zfk1rz1m3v9w1c2aa')).status).toBe(404);
  });

  it("are another tenant's to nobody", async () => {
    const { body } = await report(newCustomerId(), { claimedNumber: NUMBER });
    const south = await service.clients('southbank');
    expect((await south.analyst.get(`/v1/reports/${body.id}`)).status).toBe(404);
    expect((await south.analyst.get('/v1/reports')).body.data).toEqual([]);
    expect((await south.analyst.get('/v1/reports/export?format=ndjson')).body).toBe('');
    expect((await south.app.get(`/v1/references/${body.reference}`)).status).toBe(404);
    const reply = await send(service.url, {
      path: '/v1/reports',
      headers: { authorization: `Bearer ${await service.token('app')}` },
    });
    expect(reply.status).toBe(403);
  });
});
