import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/service-client.js';
import { answerChange } from '../support/changes.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

/** Accounts and addresses as clients send them, on every route that takes them. */
let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const change = (subject: string, after: unknown, more: object = {}): Promise<Reply> =>
  service.amara.post('/v1/changes', { customerId: newCustomerId(), subject, after, askedThrough: 'branch', ...more });
const notice = (accountDetails: object): Promise<Reply> =>
  service.admin.post('/v1/notices', {
    channel: 'letter',
    summary: 'Where to pay',
    accountDetails,
    sentAt: '2026-11-01T09:00:00Z',
  });
const UK = { holder: 'Oak Joinery Ltd', sortCode: '20-20-15', accountNumber: '55555555' };
const IBAN = 'GB33BUKB20201555555555';

function expectRefused(reply: Reply, status: number, pointer: string, what: string): void {
  expect(reply.status, what).toBe(status);
  expect(
    reply.body.errors.map((error: { pointer: string }) => error.pointer),
    what,
  ).toEqual([pointer]);
}

describe('a UK IBAN', () => {
  it('is refused where its sort code and account number are refused by themselves', async () => {
    for (const [iban, sortCode, accountNumber] of [
      ['GB02BARC20201530093451', '20-20-15', '30093451'],
      ['GB24BARC20201630093459', '20-20-16', '30093459'],
      ['IBAN gb02 barc 2020 1530 0934 51', '202015', '3009 3451'],
    ]) {
      for (const subject of ['payout_account', 'payee_account']) {
        expectRefused(await change(subject, { holder: 'Oak Joinery Ltd', iban }), 422, '#/after/iban', iban!);
        expectRefused(
          await change(subject, { holder: 'Oak Joinery Ltd', sortCode, accountNumber }),
          422,
          '#/after/accountNumber',
          sortCode!,
        );
        expectRefused(
          await change(subject, UK, { before: { holder: 'Oak Joinery Ltd', iban } }),
          422,
          '#/before/iban',
          iban!,
        );
      }
      expectRefused(await notice({ holder: 'Northbank', iban }), 422, '#/accountDetails/iban', iban!);
      expectRefused(await notice({ sortCode, accountNumber }), 422, '#/accountDetails/accountNumber', sortCode!);
    }
  });

  it('is taken as people write it, and is the account that it is', async () => {
    for (const iban of [
      IBAN,
      'IBAN GB33 BUKB 2020 1555 5555 55',
      'iban:gb33\u00a0bukb\u00a02020\u00a01555\u00a05555\u00a055',
      'GB33-BUKB-2020-1555-5555-55',
      '\u200eGB33\u200bBUKB20201555555555',
      'GB٣٣BUKB٢٠٢٠١٥٥٥٥٥٥٥٥٥',
      'ＧＢ３３ＢＵＫＢ２０２０１５５５５５５５５５',
    ]) {
      expect((await change('payee_account', { holder: 'Oak Joinery Ltd', iban })).body, iban).toMatchObject({
        status: 'held',
        after: { account: 'GB•• •••• 5555' },
      });
      expect(await change('payee_account', { holder: 'Oak Joinery Ltd', iban }, { before: UK }), iban).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/nothing-changes$/) },
      });
      expect((await notice({ iban })).body.accountDetails, iban).toEqual({ iban: IBAN });
    }
    for (const iban of [
      'GB33BUKB2020155555555৫',
      'GB33BUKB2020155555555５',
      'GB33BUKB2020155555\u202e5555',
      'GВ33BUKB20201555555555',
      '\u{1d406}B33BUKB20201555555555',
      'GB33BUKB20201555555555\u0001',
    ]) {
      expectRefused(await change('payee_account', { holder: 'Oak Joinery Ltd', iban }), 422, '#/after/iban', iban);
    }
  });
});

describe('a sort code and account number', () => {
  it('are taken as people write them, in any digits of one kind', async () => {
    for (const [sortCode, accountNumber] of [
      ['202015', '55555555'],
      ['20\u201320\u201315', '5555\u00a05555'],
      ['20 20 15', '5555-5555'],
      ['٢٠٢٠١٥', '٥٥٥٥٥٥٥٥'],
      ['２０－２０－１５', '５５５５５５５５'],
      ['২০-২০-১৫', '৫৫৫৫৫৫৫৫'],
      ['\u200e20-20-15\u200f', '\ufeff55555555'],
    ]) {
      const reply = await change(
        'payee_account',
        { holder: 'Oak Joinery Ltd', sortCode, accountNumber },
        { before: { ...UK, holder: 'Elm Ltd' } },
      );
      expect(reply.body, sortCode).toMatchObject({ status: 'held' });
      expect(await change('payee_account', { ...UK, sortCode, accountNumber }, { before: UK }), sortCode).toMatchObject(
        { status: 422, body: { type: expect.stringMatching(/nothing-changes$/) } },
      );
      expect((await notice({ sortCode, accountNumber })).body.accountDetails).toEqual({
        sortCode: '20-20-15',
        accountNumber: '55555555',
      });
    }
    for (const [sortCode, accountNumber, pointer] of [
      ['20-20-1৫', '55555555', 'sortCode'],
      ['20-20-15', '5555555٥', 'accountNumber'],
      ['20-20-15', '5555\u202e5555', 'accountNumber'],
      ['20/20/15', '55555555', 'sortCode'],
      ['20-20-15', '5555555\u2075', 'accountNumber'],
    ]) {
      expectRefused(
        await change('payee_account', { ...UK, sortCode, accountNumber }),
        422,
        `#/after/${pointer}`,
        accountNumber!,
      );
    }
  });

  it('of six, seven, nine and ten digits are the eight that payments use', async () => {
    for (const [sortCode, accountNumber, standard] of [
      ['18-00-02', '000190', { sortCode: '18-00-02', accountNumber: '00000190' }],
      ['00-00-01', '1234567', { sortCode: '00-00-01', accountNumber: '01234567' }],
      ['72-99-90', '412345678', { sortCode: '72-99-94', accountNumber: '12345678' }],
      ['08-99-99', '6637495812', { sortCode: '08-99-99', accountNumber: '66374958' }],
      ['60-16-13', '0031926819', { sortCode: '60-16-13', accountNumber: '31926819' }],
    ] as const) {
      expect((await notice({ sortCode, accountNumber })).body.accountDetails).toEqual(standard);
    }
  });
});

describe("a building society's roll number", () => {
  const rolled = (rollNumber: unknown) => ({ ...UK, rollNumber });

  it('is shown with the account, signed, and kept in evidence', async () => {
    const device = await service.customerWithDevice();
    const reply = await service.amara.post('/v1/changes', {
      customerId: device.customerId,
      subject: 'payee_account',
      before: rolled('B/1234567-8'),
      after: rolled('c/765 4321'),
      askedThrough: 'branch',
    });
    expect(reply).toMatchObject({
      status: 201,
      body: {
        before: { account: '••-••-•• ••••5555', rollNumber: '••••5678' },
        after: { account: '••-••-•• ••••5555', rollNumber: '••••4321' },
      },
    });
    const question = (await device.waitingQuestion(service.app))!;
    expect(question.display).toMatchObject({ before: { rollNumber: '••••5678' }, after: { rollNumber: '••••4321' } });
    expect(await answerChange(service, device, 'yes')).toMatchObject({ status: 200, body: { status: 'confirmed' } });
    const jws = (await service.analyst.get(`/v1/evidence/${reply.body.id}`)).body as string;
    const evidence = JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString('utf8'));
    expect(evidence.change.details.value).toMatchObject({
      before: { rollNumber: 'B/1234567-8' },
      after: { rollNumber: 'C/765 4321' },
    });
  });

  it('makes another account of it, and none where it is only written otherwise', async () => {
    expect((await change('payee_account', rolled('B/1234567-8'), { before: rolled('B/1234567-9') })).status).toBe(201);
    expect((await change('payee_account', rolled('B/1234567-8'), { before: UK })).status).toBe(201);
    expect((await change('payee_account', UK, { before: rolled('B/1234567-8') })).status).toBe(201);
    expect(await change('payee_account', rolled(' b12345678\u00a0'), { before: rolled('B/1234567-8') })).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/nothing-changes$/) },
    });
    expect(
      (await change('payee_account', rolled('B/1234567-8'), { before: rolled('C/9994567-8') })).body,
    ).toMatchObject({ before: { rollNumber: 'C/9994567-8' }, after: { rollNumber: 'B/1234567-8' } });
  });

  it('that is none is refused, and beside an IBAN there is none', async () => {
    for (const rollNumber of ['', ' ', '1'.repeat(19), 'B#1', '1٢', 'В1', '1\u202e2', '--'])
      expectRefused(await change('payee_account', rolled(rollNumber)), 422, '#/after/rollNumber', rollNumber);
    for (const rollNumber of [7, null, ['1'], {}])
      expectRefused(
        await change('payee_account', rolled(rollNumber)),
        400,
        '#/after/rollNumber',
        JSON.stringify(rollNumber),
      );
    expectRefused(
      await change('payee_account', { holder: 'Oak Joinery Ltd', iban: IBAN, rollNumber: '1' }),
      400,
      '#/after/rollNumber',
      'iban',
    );
    expectRefused(await notice({ iban: IBAN, rollNumber: '1' }), 400, '#/accountDetails/rollNumber', 'iban');
    expectRefused(
      await notice({ sortCode: '20-20-15', accountNumber: '55555555', rollNumber: '!' }),
      422,
      '#/accountDetails/rollNumber',
      'notice',
    );
  });

  it('that was changed makes a notice an altered one', async () => {
    const customerId = newCustomerId();
    const registered = await service.admin.post('/v1/notices', {
      channel: 'letter',
      summary: 'Where to pay',
      accountDetails: { sortCode: '20-20-15', accountNumber: '55555555', rollNumber: 'B/1234567-8' },
      sentAt: new Date().toISOString(),
      recipients: [customerId],
    });
    expect(registered.body.accountDetails).toEqual({
      sortCode: '20-20-15',
      accountNumber: '55555555',
      rollNumber: 'B/1234567-8',
    });
    const check = async (accountDetails: object) =>
      (
        await service.app.post(`/v1/customers/${customerId}/notice-checks`, {
          reference: registered.body.reference,
          accountDetails,
        })
      ).body;
    expect(await check({ sortCode: '202015', accountNumber: '5555 5555', rollNumber: 'b 1234 5678' })).toMatchObject({
      verdict: 'genuine',
    });
    expect(await check({ iban: IBAN })).toMatchObject({ verdict: 'genuine' });
    expect(await check({ sortCode: '202015', accountNumber: '55555555', rollNumber: 'B/1234567-9' })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'account', how: 'roll_number' }],
    });
    expect(await check({ sortCode: '202015', accountNumber: '55555555', rollNumber: '1٢' })).toMatchObject({
      verdict: 'altered',
    });
    expect(await check({ iban: 'IBAN GB33BUKB2020155555555৫' })).toMatchObject({ verdict: 'altered' });
  });
});

describe('a postal address', () => {
  const address = (more: object) => ({ lines: ['1 High Street', 'London'], ...more });

  it('is of a country that ISO 3166 has assigned, or of Kosovo', async () => {
    for (const country of ['GB', 'IE', 'JE', 'GG', 'IM', 'US', 'AX', 'XK', undefined])
      expect((await change('postal_address', address({ country }))).status, country).toBe(201);
    for (const country of ['UK', 'ZZ', 'EU', 'XX', 'AN', 'SU', 'AC', 'AA', 'gb', 'GBR', '', '\uff27\uff22', 'ＧB']) {
      expectRefused(await change('postal_address', address({ country })), 400, '#/after/country', country);
      expectRefused(
        await change('postal_address', address({}), { before: address({ country }) }),
        400,
        '#/before/country',
        country,
      );
    }
  });

  it('has a postcode as people write it, which is the same with any space', async () => {
    for (const postcode of [
      'SW1A 1AA',
      'sw1a1aa',
      'SW1A\u00a01AA',
      'SW1A\u202f1AA',
      'SW1A\u2009 1AA',
      '\u200bSW1A\u30001AA',
      'ＳＷ１Ａ　１ＡＡ',
    ]) {
      expect((await change('postal_address', address({ postcode }))).body, postcode).toMatchObject({
        status: 'held',
        after: { address: '••• SW1A •••, GB' },
      });
      expect(
        await change('postal_address', address({ postcode }), { before: address({ postcode: 'SW1A 1AA' }) }),
        postcode,
      ).toMatchObject({ status: 422, body: { type: expect.stringMatching(/nothing-changes$/) } });
    }
    for (const [postcode, country] of [
      ['90210\u20131234', 'US'],
      ['１００－０００１', 'JP'],
      ['١١٥٦٤', 'SA'],
      ['D02\u00a0AF30', 'IE'],
    ])
      expect((await change('postal_address', address({ postcode, country }))).status, postcode).toBe(201);
    for (const postcode of ['', ' ', 'SW1A_1AA', 'SW1А 1AA', '1٢345', 'SW1A\u202e1AA', 'SW1A 1AA SW1A 1AA'])
      expectRefused(await change('postal_address', address({ postcode })), 400, '#/after/postcode', postcode);
    for (const postcode of [7, null, ['SW1A 1AA'], {}])
      expect((await change('postal_address', address({ postcode }))).status).toBe(400);
  });
});
