import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerDevice } from '../support/customer-device.js';
import { giveOldNumber, requestChange, ringAtAnyHour } from '../support/changes.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

const inSystem =
  (zero: number) =>
  (digits: string): string =>
    digits.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)));
const wide = (text: string): string =>
  text.replace(/[!-~]/g, (character) => String.fromCodePoint(character.codePointAt(0)! + 0xfee0));

const WAYS: [string, (code: string) => string][] = [
  ['as it is', (code) => code],
  ['in Arabic digits', inSystem(0x660)],
  ['in Persian digits', inSystem(0x6f0)],
  ['in Devanagari digits', inSystem(0x966)],
  ['in Bengali digits', inSystem(0x9e6)],
  ['in Thai digits', inSystem(0xe50)],
  ['in full-width digits', inSystem(0xff10)],
  ['with a dash', (code) => `${code.slice(0, 3)}\u2013${code.slice(3)}`],
  ['with a minus sign', (code) => `${code.slice(0, 3)}\u2212${code.slice(3)}`],
  ['with a no-break space', (code) => `${code.slice(0, 3)}\u00a0${code.slice(3)}`],
  ['with marks that nobody sees', (code) => `\u200e${code.slice(0, 3)}\u200b${code.slice(3)}\ufeff`],
  ['with a soft hyphen', (code) => `${code.slice(0, 3)}\u00ad${code.slice(3)}`],
];
const NO_CODES = [
  '',
  '12345',
  '1234567',
  '12345a',
  '1234\u00b25',
  '12345\u2465',
  '12345O',
  '\u041e12345',
  '......',
  '12345\u4e09',
  '1\u{1f601}2345',
];

async function ask(): Promise<{
  device: CustomerDevice;
  question: any;
  code: string;
  failures: () => Promise<number>;
}> {
  const device = await service.customerWithDevice();
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    verify: true,
  });
  const question = await device.waitingQuestion(service.app);
  const failures = async () =>
    Number(
      (await service.sql('SELECT code_failures FROM customers WHERE id = $1', [device.customerId]))[0].code_failures,
    );
  return { device, question, code: body.verification.code, failures };
}

describe('the code of a call', () => {
  it.each(WAYS)('is right %s', async (_how, typed) => {
    const { device, question, code } = await ask();
    expect(await device.answer(service.app, question, { answer: 'yes', code: typed(code) })).toMatchObject({
      status: 200,
      body: { status: 'confirmed' },
    });
  });

  it('that is none is refused without counting, however often, and the right one is still taken', async () => {
    const { device, question, code, failures } = await ask();
    for (const none of NO_CODES)
      expect(
        await device.answer(service.app, question, { answer: 'yes', code: none }),
        JSON.stringify(none),
      ).toMatchObject({ status: 422, body: { type: expect.stringMatching(/\/not-a-code$/), attemptsLeft: 5 } });
    expect(await failures()).toBe(0);
    expect(await device.answer(service.app, question, { answer: 'yes', code })).toMatchObject({
      status: 200,
      body: { status: 'confirmed' },
    });
  });

  it('that is wrong counts in any script', async () => {
    const { device, question, code, failures } = await ask();
    const wrong = Number(code) === 0 ? '000001' : String(Number(code) - 1).padStart(6, '0');
    for (const [index, [, typed]] of WAYS.slice(0, 4).entries())
      expect(await device.answer(service.app, question, { answer: 'yes', code: typed(wrong) })).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/code-mismatch$/), attemptsLeft: 4 - index },
      });
    expect(await failures()).toBe(4);
  });

  it('does not matter to a no', async () => {
    const { device, question } = await ask();
    expect(await device.answer(service.app, question, { answer: 'no', reason: 'not_me', code: 'xyz' })).toMatchObject({
      status: 200,
      body: { status: 'denied' },
    });
  });
});

describe('the code of a letter', () => {
  const letter = async () => {
    const customerId = newCustomerId();
    await giveOldNumber(service, customerId);
    const { body } = await requestChange(service, customerId);
    const { code } = (await service.amara.post(`/v1/changes/${body.id}/letter`)).body as { code: string };
    const enter = (text: string) => service.app.post(`/v1/customers/${customerId}/letters`, { code: text });
    return { changeId: body.id as string, code, enter };
  };

  it.each<[string, (code: string) => string]>([
    ['in lower case', (code) => code.toLowerCase()],
    ['with typographic dashes', (code) => code.replaceAll('-', '\u2013')],
    ['with hyphens that do not break', (code) => code.replaceAll('-', '\u2011')],
    ['with minus signs', (code) => code.replaceAll('-', '\u2212')],
    ['with no-break spaces', (code) => code.replaceAll('-', '\u00a0')],
    ['with O and l for 0 and 1', (code) => code.replaceAll('0', 'O').replaceAll('1', 'l')],
    ['in full-width letters', wide],
    ['in Arabic digits', inSystem(0x660)],
    ['with marks that nobody sees', (code) => `\u2066${[...code].join('\u200b')}\u2069`],
    ['with line breaks', (code) => code.replaceAll('-', '\n')],
  ])('is right %s', async (_how, typed) => {
    const { changeId, code, enter } = await letter();
    expect(await enter(typed(code))).toMatchObject({ status: 200, body: { changeId } });
  });

  it('that is none is refused without counting', async () => {
    const { changeId, code, enter } = await letter();
    for (const none of [
      code.slice(1),
      `${code}0`,
      code.replace(/^./, 'U'),
      code.replace(/^./, '\u0410'),
      `${code.slice(0, -1)}!`,
      '0'.repeat(64),
      '-',
      '\u3164',
    ])
      expect(await enter(none), none).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/\/not-a-code$/), errors: [{ pointer: '#/code' }] },
      });
    for (const none of ['', '0'.repeat(65)]) expect((await enter(none)).status).toBe(400);
    expect(await enter('0000-0000-0000-0000')).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/letter-code-mismatch$/), attemptsLeft: 4 },
    });
    expect(await enter(code)).toMatchObject({ status: 200, body: { changeId } });
  });
});

describe('a code that the app shows without a connection', () => {
  const stepMs = 30_000;
  const inbound = async () => {
    while (Date.now() % stepMs > stepMs - 10_000) await new Promise((resolve) => setTimeout(resolve, 100));
    const device = await service.customerWithDevice();
    const { body } = await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'inbound',
      line: CARD_LINE,
      purpose: 'x',
    });
    const check = (customerProof: string) =>
      service.amara.post(`/v1/calls/${body.id}/offline-proof`, { customerProof });
    return { device, check };
  };

  it.each(WAYS)('is right %s', async (_how, typed) => {
    const { device, check } = await inbound();
    expect(await check(typed(await device.offlineCode('customerProof')))).toMatchObject({
      status: 200,
      body: { customerProved: true },
    });
  });

  it('that is none is refused without counting', async () => {
    const { device, check } = await inbound();
    for (const none of NO_CODES.slice(1))
      expect(await check(none), none).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '#/customerProof' }] },
      });
    expect((await check('')).status).toBe(400);
    expect(await service.sql('SELECT code_failures FROM customers WHERE id = $1', [device.customerId])).toEqual([
      { code_failures: 0 },
    ]);
    expect((await check(await device.offlineCode('customerProof'))).status).toBe(200);
  });
});

describe('a reference', () => {
  it.each<[string, (reference: string) => string]>([
    ['in lower case without its hyphen', (reference) => reference.toLowerCase().replace('-', '')],
    ['with an em dash', (reference) => reference.replace('-', '\u2014')],
    ['with a minus sign', (reference) => reference.replace('-', '\u2212')],
    ['in full-width letters', wide],
    ['in Persian digits', inSystem(0x6f0)],
    ['with marks that nobody sees', (reference) => `\u200f${[...reference].join('\u2060')}`],
    ['with spaces of all kinds', (reference) => ` ${reference.replace('-', '\u2003\u00a0')}\u3000`],
    ['with O, I and l', (reference) => reference.replaceAll('0', 'o').replaceAll('1', 'I')],
  ])('is found %s, by whoever asks and in a message', async (_how, typed) => {
    const customerId = newCustomerId();
    const { body } = await service.admin.post('/v1/notices', {
      channel: 'letter',
      summary: 'We renew cards.',
      sentAt: new Date().toISOString(),
      recipients: [customerId],
    });
    expect(await service.telephony.get(`/v1/references/${encodeURIComponent(typed(body.reference))}`)).toMatchObject({
      status: 200,
      body: { kind: 'notice' },
    });
    const check = { reference: typed(body.reference) };
    expect(
      (await onceReached(() => service.app.post(`/v1/customers/${customerId}/notice-checks`, check))).body,
    ).toMatchObject({ verdict: 'genuine', notice: { reference: body.reference } });
  });
});
