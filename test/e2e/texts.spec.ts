import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENGLISH } from '../../src/texts/english.js';
import { BUILT_IN } from '../../src/texts/texts.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const asking = async (path: string, headers: Record<string, string> = {}, identity = 'app', init: RequestInit = {}) => {
  const reply = await fetchAdmitted(service.url + path, {
    ...init,
    headers: {
      authorization: `Bearer ${await service.token(identity)}`,
      'content-type': 'application/json',
      ...headers,
    },
  });
  const text = await reply.text();
  return { status: reply.status, headers: reply.headers, text, body: text === '' ? null : JSON.parse(text) };
};
const posting = (path: string, body: object, headers: Record<string, string> = {}, identity = 'app') =>
  asking(path, headers, identity, { method: 'POST', body: JSON.stringify(body) });
async function setPolicy(document: object): Promise<void> {
  const { headers } = await service.admin.get('/v1/policy');
  const reply = await service.admin.put('/v1/policy', document, { headers: { 'if-match': headers.get('etag')! } });
  expect(reply.status).toBe(200);
}

describe('GET /v1/texts', () => {
  it.each(Object.entries(BUILT_IN))('has every word in %s', async (locale, words) => {
    const { status, body } = await service.app.get(`/v1/texts?locale=${locale}`);
    expect({ status, body }).toEqual({ status: 200, body: { locale, ...words } });
  });

  it('is for every scope, and hears Accept-Language where no locale is named', async () => {
    for (const client of [service.telephony, service.admin, service.analyst, service.amara])
      expect((await client.get('/v1/texts')).body).toMatchObject({ locale: 'en', questions: ENGLISH.questions });
    const french = await asking('/v1/texts', { 'accept-language': 'sv, fr-BE;q=0.9, de;q=0.1' });
    expect(french.body).toEqual({ ...BUILT_IN.fr, locale: 'fr-BE' });
    expect(french.headers.get('content-language')).toBe('fr-BE');
    expect((await asking('/v1/texts?locale=pl', { 'accept-language': 'fr' })).body.locale).toBe('pl');
    expect((await asking('/v1/texts?locale=sv')).body.locale).toBe('en');
    expect((await asking('/v1/texts', { 'accept-language': ';;q=x,\u00e9' })).status).toBe(200);
    for (const locale of ['', 'x', 'de_AT', '../de', 'a'.repeat(40)])
      expect((await asking(`/v1/texts?locale=${locale}`)).status).toBe(400);
    expect((await fetchAdmitted(`${service.url}/v1/texts`)).status).toBe(401);
  });

  it('says that nothing has changed, until it has', async () => {
    const first = await asking('/v1/texts?locale=nl');
    const etag = first.headers.get('etag')!;
    const again = await asking('/v1/texts?locale=nl', { 'if-none-match': etag });
    expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
    expect((await asking('/v1/texts?locale=de', { 'if-none-match': etag })).status).toBe(200);
    await setPolicy({
      texts: [{ key: 'questions.did_you_phone_us', locale: 'nl', text: 'Belde u Noordbank?' }],
      neverAskIn: [{ locale: 'nl', lines: ['uw schoenmaat'] }],
      advice: [{ code: 'hang_up', locale: 'nl', headline: 'Ophangen.', steps: ['Hang op.'] }],
    });
    const changed = await asking('/v1/texts?locale=nl', { 'if-none-match': etag });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({
      ...BUILT_IN.nl,
      locale: 'nl',
      questions: { ...BUILT_IN.nl!.questions, did_you_phone_us: 'Belde u Noordbank?' },
      advice: { ...BUILT_IN.nl!.advice, hang_up: { headline: 'Ophangen.', steps: ['Hang op.'] } },
      neverAsk: ['uw schoenmaat'],
    });
    await setPolicy({});
  });
});

describe('the locale of a customer', () => {
  it('is cleared by null, and stays where it is left out', async () => {
    const { customerId } = await service.customerWithDevice();
    const patched = async (given: object) =>
      (await service.admin.patch(`/v1/customers/${customerId}`, given)).body.locale as unknown;
    expect(await patched({ locale: 'de-at' })).toBe('de-AT');
    expect(await patched({ phoneNumbers: [] })).toBe('de-AT');
    expect(await patched({ locale: null })).toBeNull();
    expect(await patched({ locale: null, phoneNumbers: [] })).toBeNull();
    for (const locale of ['', 'x y', 7, [], {}])
      expect((await service.admin.patch(`/v1/customers/${customerId}`, { locale })).status).toBe(400);
  });
});

describe('words in an answer', () => {
  const german = BUILT_IN.de!;
  const withLocale = async (locale: string) => {
    const device = await service.customerWithDevice();
    expect((await service.admin.patch(`/v1/customers/${device.customerId}`, { locale })).status).toBe(200);
    return device;
  };

  it("are in the customer's language, else in one that the request asks for", async () => {
    const { customerId } = await withLocale('de-AT');
    const ask = (id: string, language?: string) =>
      posting(
        `/v1/customers/${id}/call-verdicts`,
        { trigger: 'customer' },
        language ? { 'accept-language': language } : {},
      );
    expect((await ask(customerId)).body.advice).toEqual({ code: 'hang_up', ...german.advice.hang_up });
    expect((await ask(customerId, 'fr')).body.advice).toEqual({ code: 'hang_up', ...german.advice.hang_up });
    expect((await ask(newCustomerId(), 'fr')).body.advice).toEqual({
      code: 'hang_up',
      ...BUILT_IN.fr!.advice.hang_up,
    });
    expect((await ask(newCustomerId())).body.advice).toEqual({ code: 'hang_up', ...ENGLISH.advice.hang_up });
    const report = await posting(`/v1/customers/${customerId}/reports`, { channel: 'call' });
    expect(report.body.advice.headline).toBe(german.advice.report_received.headline);
    const notice = await posting(
      `/v1/customers/${newCustomerId()}/notice-checks`,
      { text: 'Hello' },
      { 'accept-language': 'es' },
    );
    expect(notice.body.advice.headline).toBe(BUILT_IN.es!.advice[notice.body.advice.code as 'notice_unknown'].headline);
  });

  it('are in it also in what is shown and signed, and in the advice on the answer', async () => {
    const device = await withLocale('de');
    const call = await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'Eine Zahlung',
      verify: true,
    });
    const question = await device.waitingQuestion(service.app);
    expect(question!.display).toMatchObject({ neverAsk: german.neverAsk });
    const answered = await device.answer(service.app, question!, { answer: 'yes', code: call.body.verification.code });
    expect(answered).toMatchObject({
      status: 200,
      body: { status: 'confirmed', advice: { headline: german.advice.confirmed.headline } },
    });
    const change = await service.amara.post('/v1/changes', {
      customerId: device.customerId,
      subject: 'email',
      after: { email: 'new@customer.example' },
      askedThrough: 'phone',
    });
    expect(change.status).toBe(201);
    const { data } = (await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`)).body;
    expect(data[0].display).toMatchObject({ question: 'did_you_ask_for_this_change', neverAsk: german.neverAsk });
  });

  it('are those that a customer gets once the locale is changed', async () => {
    const device = await withLocale('de');
    const waiting = async () => {
      await service.amara.post('/v1/calls', {
        customerId: device.customerId,
        direction: 'inbound',
        purpose: 'x',
        verify: true,
      });
      return (await device.waitingQuestion(service.app))!.display;
    };
    expect(await waiting()).toEqual({ question: 'did_you_phone_us', neverAsk: german.neverAsk });
    await service.admin.patch(`/v1/customers/${device.customerId}`, { locale: 'pl' });
    expect(await waiting()).toEqual({ question: 'did_you_phone_us', neverAsk: BUILT_IN.pl!.neverAsk });
  });

  it('of a reference are in the language that is asked for', async () => {
    const call = await service.amara.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      purpose: 'x',
    });
    const path = `/v1/references/${call.body.reference}`;
    expect((await asking(path)).body.summary).toBe(ENGLISH.references.call_live);
    for (const language of ['de', 'fr', 'es', 'nl', 'pl'])
      expect((await asking(path, { 'accept-language': language })).body.summary).toBe(
        BUILT_IN[language]!.references.call_live,
      );
  });
});

describe('PATCH of a customer', () => {
  it('changes what is given and nothing else, keeps former numbers, and creates nobody', async () => {
    const customerId = newCustomerId();
    const path = `/v1/customers/${customerId}`;
    expect((await service.admin.patch(path, { locale: 'de' })).status).toBe(404);
    expect((await service.admin.get(path)).status).toBe(404);
    await service.admin.put(path, { phoneNumbers: [{ number: '+447700900123' }], locale: 'en-GB' });
    expect((await service.admin.patch(path, { locale: 'DE-at' })).body).toMatchObject({
      locale: 'de-AT',
      phoneNumbers: [{ number: '+447700900123', formerFrom: null }],
    });
    expect((await service.admin.patch(path, { phoneNumbers: [{ number: '+447700900124' }] })).body).toMatchObject({
      locale: 'de-AT',
      phoneNumbers: [
        { number: '+447700900124', formerFrom: null },
        { number: '+447700900123', formerFrom: expect.any(String) },
      ],
    });
    expect((await service.admin.patch(path, {})).body.locale).toBe('de-AT');
    for (const body of [{ locale: 'x_y' }, { phoneNumbers: null }, { phoneNumbers: [{ number: 'x' }] }, { name: 'x' }])
      expect((await service.admin.patch(path, body)).status).toBe(400);
    expect((await service.amara.patch(path, { locale: 'de' })).status).toBe(403);
    const south = await service.clients('southbank');
    expect((await south.admin.patch(path, { locale: 'de' })).status).toBe(404);
    const events = await service.sql(
      `SELECT data FROM events WHERE customer_id = $1 AND type = 'countersign.customer.changed' ORDER BY sequence`,
      [customerId],
    );
    expect(events.map(({ data }) => data.numbersAdded)).toEqual([0, 1, 0]);
  });
});
