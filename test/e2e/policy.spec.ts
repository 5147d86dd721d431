import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import type { Reply } from '../support/service-client.js';
import { send } from '../support/raw-http.js';
import { giveOldNumber } from '../support/changes.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  await put({});
});

const current = async (): Promise<string> => (await service.admin.get('/v1/policy')).headers.get('etag')!;
const putAt = (etag: string | undefined, document: object): Promise<Reply> =>
  service.admin.put('/v1/policy', document, etag === undefined ? {} : { headers: { 'if-match': etag } });
async function put(document: object): Promise<void> {
  expect((await putAt(await current(), document)).status).toBe(200);
}
const declare = async (customerId: string, change: object = {}): Promise<any> =>
  (
    await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      purpose: 'A payment we stopped',
      verify: true,
      ...change,
    })
  ).body;
const seconds = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / 1000);

describe('a change of policy', () => {
  it('needs the version that it replaces: 428 without, 412 with another', async () => {
    const etag = await current();
    expect(await putAt(undefined, {})).toMatchObject({
      status: 428,
      body: { type: expect.stringMatching(/precondition-required$/) },
    });
    for (const other of [
      '"999999"',
      '"0"',
      '*',
      `W/${etag}`,
      etag.slice(1, -1),
      '',
      '"-1"',
      '"1e3"',
      `${etag}, "0"`,
      '"99999999999999999999"',
    ]) {
      expect((await putAt(other, {})).status, other).toBe(412);
    }
    expect(await current()).toBe(etag);
    const reply = await putAt(etag, {});
    expect(reply.status).toBe(200);
    expect(reply.headers.get('etag')).toBe(`"${Number(etag.slice(1, -1)) + 1}"`);
  });

  it('by ten people at once is made by one', async () => {
    const etag = await current();
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) => putAt(etag, { verification: { lifetimeSeconds: 60 + index } })),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 412)).toHaveLength(9);
    expect((await service.admin.get('/v1/policy')).body).toMatchObject({
      verification: replies.find(({ status }) => status === 200)!.body.verification,
    });
  });

  it('outside its bounds is refused, for every value that has bounds', async () => {
    const {
      components: { schemas },
    } = (await send(service.url, { path: '/openapi.json' })).body;
    const deref = (schema: any): any => {
      const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
      return ref ? schemas[ref.split('/').at(-1)] : schema;
    };
    const etag = await current();
    let tried = 0;
    for (const [section, schema] of Object.entries<any>(schemas.PolicyDocumentDto.properties)) {
      for (const [name, value] of Object.entries<any>(deref(schema).properties ?? {})) {
        if (value.type !== 'integer') continue;
        for (const bad of [
          value.minimum - 1,
          value.maximum + 1,
          value.minimum + 0.5,
          String(value.minimum),
          null,
          1e300,
        ]) {
          const reply = await putAt(etag, { [section]: { [name]: bad } });
          expect(reply.status, `${section}.${name} = ${String(bad)}`).toBe(400);
          expect(reply.body.errors[0].pointer).toBe(`#/${section}/${name}`);
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(40);
    for (const document of [
      { neverAsk: Array(13).fill('x') },
      { neverAsk: ['x'.repeat(141)] },
      { defaultCountry: 'gb' },
      { defaultLocale: 'english' },
      { unknown: 1 },
      { advice: [{ code: 'nothing', locale: 'en', headline: 'x', steps: [] }] },
    ])
      expect((await putAt(etag, document)).status).toBe(400);
    expect(await current()).toBe(etag);
  });

  it('takes effect at once in this process, and within a second in another', async () => {
    const other = await service.startAnother();
    const token = await service.token('agent:amara');
    const elsewhere = async (): Promise<number> => {
      const { customerId } = await service.customerWithDevice();
      const reply = await fetchAdmitted(`${other.url}/v1/calls`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ customerId, direction: 'outbound', purpose: 'x', verify: true }),
      });
      const body = (await reply.json()) as { startedAt: string; verification: { expiresAt: string } };
      return seconds(body.startedAt, body.verification.expiresAt);
    };
    expect(await elsewhere()).toBe(120);
    await put({ verification: { lifetimeSeconds: 30 }, call: { lifetimeSeconds: 60 } });
    const body = await declare((await service.customerWithDevice()).customerId);
    expect(seconds(body.startedAt, body.verification.expiresAt)).toBe(30);
    expect(seconds(body.startedAt, body.expiresAt)).toBe(60);
    await expect.poll(elsewhere).toBe(30);
    await other.stop();
  });

  it('is kept with every version before it, and each verification names its own', async () => {
    const version = Number((await current()).slice(1, -1));
    const { verification } = await declare((await service.customerWithDevice()).customerId);
    await put({ neverAsk: ['your shoe size'] });
    expect((await service.amara.get(`/v1/verifications/${verification.id}`)).body.policyVersion).toBe(version);
    expect(await service.sql('SELECT count(*)::int AS kept FROM policies')).toEqual([{ kept: version + 1 }]);
  });
});

describe('what a policy names', () => {
  const taken = async (document: object): Promise<any> => {
    const reply = await putAt(await current(), document);
    expect(reply.status, JSON.stringify(document)).toBe(200);
    return reply.body;
  };
  const refused = async (document: object, pointer: string): Promise<void> => {
    const reply = await putAt(await current(), document);
    expect(reply.status, JSON.stringify(document)).toBe(400);
    expect(
      reply.body.errors.map((error: { pointer: string }) => error.pointer),
      JSON.stringify(document),
    ).toContain(pointer);
  };

  it("as a time zone is one of IANA's, also by a name that IANA keeps, in any case and in its spelling; no abbreviation, and no offset", async () => {
    for (const [timeZone, name] of [
      ['Europe/London', 'Europe/London'],
      ['europe/london', 'Europe/London'],
      ['US/PACIFIC', 'US/Pacific'],
      ['GB', 'GB'],
      ['est', 'EST'],
      ['EST5EDT', 'EST5EDT'],
      ['Etc/GMT+5', 'Etc/GMT+5'],
      ['W-SU', 'W-SU'],
      ['UTC', 'UTC'],
    ]) {
      expect((await taken({ callbacks: { timeZone } })).callbacks.timeZone).toBe(name);
      expect((await service.admin.get('/v1/policy')).body.callbacks.timeZone).toBe(name);
    }
    for (const timeZone of [
      'BST',
      'IST',
      'AST',
      'PST',
      'bst',
      'CST',
      'JST',
      'ACT',
      '+01:00',
      'UTC+1',
      'SystemV/AST4',
      'London',
      'Europe/Atlantis',
      'Etc/Unknown',
      'Local',
      '',
      'Europe/London ',
    ])
      await refused({ callbacks: { timeZone } }, '#/callbacks/timeZone');
  });

  it('as a locale is one in any case, and is kept in its canonical form', async () => {
    for (const [locale, name] of [
      ['en-gb', 'en-GB'],
      ['EN-GB', 'en-GB'],
      ['zh-hant-tw', 'zh-Hant-TW'],
      ['CY', 'cy'],
      ['es-419', 'es-419'],
      ['iw', 'he'],
    ]) {
      const body = await taken({
        defaultLocale: locale,
        advice: [{ code: 'hang_up', locale, headline: 'Hello', steps: [] }],
      });
      expect([body.defaultLocale, body.advice[0].locale]).toEqual([name, name]);
      const put = await service.admin.put(`/v1/customers/${newCustomerId()}`, { phoneNumbers: [], locale });
      expect([put.status, put.body.locale]).toEqual([201, name]);
    }
    for (const locale of ['english', 'en_GB', 'en-', 'e', '*', 'en-GB\n', 'x-private']) {
      await refused({ defaultLocale: locale }, '#/defaultLocale');
      await refused({ advice: [{ code: 'hang_up', locale, headline: 'Hello', steps: [] }] }, '#/advice/0/locale');
      expect((await service.admin.put(`/v1/customers/${newCustomerId()}`, { phoneNumbers: [], locale })).status).toBe(
        400,
      );
    }
  });

  it('as a country is one that ISO 3166 has assigned and that has phone numbers', async () => {
    for (const defaultCountry of ['GB', 'IE', 'JE', 'XK'])
      expect((await taken({ defaultCountry })).defaultCountry).toBe(defaultCountry);
    for (const defaultCountry of ['UK', 'ZZ', 'EU', 'AC', 'AQ', 'gb', '', '\uff27\uff22'])
      await refused({ defaultCountry }, '#/defaultCountry');
  });

  it('as holidays are days of the calendar, on which nobody is rung', async () => {
    const { customerId } = await service.customerWithDevice();
    await giveOldNumber(service, customerId);
    const ask = async (notBefore: string, notAfter?: string): Promise<Reply> =>
      service.app.post(`/v1/customers/${customerId}/callbacks`, {
        reason: 'Please ring',
        notBefore,
        ...(notAfter ? { notAfter } : {}),
      });
    const hours = { timeZone: 'Europe/London', opens: '09:00', closes: '17:00', days: [1, 2, 3, 4, 5] };
    await taken({ callbacks: { ...hours, holidays: ['2032-12-27', '2032-12-28', '2033-01-03'] } });
    // 24 December 2032 is a Friday.
    expect((await ask('2032-12-24T18:00:00Z')).body.window).toMatchObject({
      dueAt: '2032-12-29T09:00:00.000Z',
      notAfter: '2032-12-31T09:00:00.000Z',
    });
    expect((await ask('2032-12-27T10:00:00Z')).body.window.dueAt).toBe('2032-12-29T09:00:00.000Z');
    expect(await ask('2032-12-24T18:00:00Z', '2032-12-28T23:00:00Z')).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/callback-outside-hours$/) },
    });
    expect((await ask('2032-12-31T18:00:00Z')).body.window.dueAt).toBe('2033-01-04T09:00:00.000Z');

    // Today, wherever it is: nobody claims a callback on a holiday, and everybody on any other day.
    await taken({ callbacks: { timeZone: 'UTC', opens: '00:00', closes: '24:00' } });
    const due = (await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'Please ring' })).body;
    const days = [0, 1].map((ahead) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10));
    await taken({ callbacks: { timeZone: 'UTC', opens: '00:00', closes: '24:00', holidays: days } });
    expect(await service.amara.post(`/v1/callbacks/${due.id}/claim`, {})).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/callback-not-due$/) },
    });
    await taken({ callbacks: { timeZone: 'UTC', opens: '00:00', closes: '24:00', holidays: ['2020-12-25'] } });
    expect((await service.amara.post(`/v1/callbacks/${due.id}/claim`, {})).status).toBe(200);

    for (const [holidays, pointer] of [
      [['2026-02-30'], '#/callbacks/holidays/0'],
      [['2026-12-25', '2026-13-25'], '#/callbacks/holidays/1'],
      [['25/12/2026'], '#/callbacks/holidays'],
      [[[]], '#/callbacks/holidays'],
      [['2026-12-25T00:00:00Z'], '#/callbacks/holidays'],
      ['2026-12-25', '#/callbacks/holidays'],
      [Array(401).fill('2026-12-25'), '#/callbacks/holidays'],
    ] as const) {
      await refused({ callbacks: { holidays } }, pointer);
    }
  });
});

describe('what a policy sets', () => {
  it('how many wrong codes lock', async () => {
    await put({ attempts: { codeFailures: 3 } });
    const device = await service.customerWithDevice();
    const { verification } = await declare(device.customerId);
    expect(verification.attemptsLeft).toBe(3);
    const question = (await device.waitingQuestion(service.app))!;
    const code = verification.code === '000000' ? '000001' : '000000';
    const replies = [
      await device.answer(service.app, question, { answer: 'yes', code }),
      await device.answer(service.app, question, { answer: 'yes', code }),
      await device.answer(service.app, question, { answer: 'yes', code }),
    ];
    expect(replies.map(({ status, body }) => [status, body.attemptsLeft])).toEqual([
      [422, 2],
      [422, 1],
      [423, 0],
    ]);
  });

  it('how often a customer is asked, and that confirming starts the long count again', async () => {
    await put({ pushBudget: { perMinute: 20, sinceConfirmed: 5 } });
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId);
    for (let asked = 1; asked < 5; asked += 1)
      expect((await service.amara.post(`/v1/calls/${call.id}/verification`)).status).toBe(201);
    const refused = await service.amara.post(`/v1/calls/${call.id}/verification`);
    expect(refused).toMatchObject({ status: 429, body: { type: expect.stringMatching(/push-budget$/) } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(86_000);
    expect(await declare(device.customerId)).toMatchObject({
      verification: null,
      verificationUnavailable: 'push_budget',
    });
    await service.sql(`UPDATE customers SET prompts_since_confirmed = 4 WHERE id = $1`, [device.customerId]);
    const { code } = (await service.amara.post(`/v1/calls/${call.id}/verification`)).body;
    expect(
      (await device.answer(service.app, (await device.waitingQuestion(service.app))!, { answer: 'yes', code })).status,
    ).toBe(200);
    for (let asked = 0; asked < 5; asked += 1)
      expect((await service.amara.post(`/v1/calls/${call.id}/verification`)).status).toBe(201);
  });

  it('how many devices a customer has, and how long one is new', async () => {
    await put({ device: { mostPerCustomer: 1, ageSeconds: 0 } });
    const device = await CustomerDevice.make(newCustomerId());
    const enrolled = await device.enrol(service.app);
    expect(enrolled.body.trustedFrom).toBe(enrolled.body.enrolledAt);
    const second = await CustomerDevice.make(device.customerId);
    expect(await second.enrol(service.app)).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/device-limit$/) },
    });
    const {
      verification: { code },
    } = await declare(device.customerId);
    expect(
      (await device.answer(service.app, (await device.waitingQuestion(service.app))!, { answer: 'yes', code })).body,
    ).toMatchObject({ status: 'confirmed', findings: [] });
  });

  it('what the bank never asks for, shown with the next question', async () => {
    await put({ neverAsk: ['your shoe size'] });
    const device = await service.customerWithDevice();
    await declare(device.customerId);
    expect((await device.waitingQuestion(service.app))!.display).toMatchObject({ neverAsk: ['your shoe size'] });
  });

  it("the words of advice in the customer's locale, then its language, then the default, then ours", async () => {
    const words = (locale: string): object => ({
      code: 'hang_up',
      locale,
      headline: `Words in ${locale}`,
      steps: ['One', 'Two'],
    });
    await put({ defaultLocale: 'fr', advice: [words('cy'), words('de-CH'), words('fr')] });
    const headline = async (locale?: string): Promise<string> => {
      const customerId = newCustomerId();
      await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [], ...(locale ? { locale } : {}) });
      const { body } = await onceReached(() =>
        service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'customer' }),
      );
      expect(body.advice.code).toBe('hang_up');
      return body.advice.headline as string;
    };
    expect(await headline('cy')).toBe('Words in cy');
    expect(await headline('cy-GB')).toBe('Words in cy');
    expect(await headline('de-CH')).toBe('Words in de-CH');
    expect(await headline('pl')).toBe('Words in fr');
    expect(await headline()).toBe('Words in fr');
    await put({});
    expect(await headline('cy')).toMatch(/Hang up now/);
  });
});
