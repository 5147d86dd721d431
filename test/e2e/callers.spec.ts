import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerDevice } from '../support/customer-device.js';
import { onceReached } from '../support/once-reached.js';
import type { Reply } from '../support/service-client.js';
import { CARD_LINE, LINE, newCustomerId, OTHER_LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const MOBILE = '+447700900999';

const ask = (customerId: string, question: object): Promise<Reply> =>
  onceReached(() => service.app.post(`/v1/customers/${customerId}/call-verdicts`, question));
const signals = async (customerId: string) => (await service.app.get(`/v1/customers/${customerId}/signals`)).body;
const alarms = (customerId: string) =>
  service.sql(`SELECT FROM events WHERE type = 'countersign.call.relay_suspected' AND customer_id = $1`, [customerId]);

async function declare(customerId: string, more: object = {}) {
  const reply = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    ...more,
  });
  expect(reply.status).toBe(201);
  return reply.body;
}

const declareInbound = (customerId: string, more: object = {}) =>
  declare(customerId, { direction: 'inbound', line: CARD_LINE, ...more });

async function confirm(device: CustomerDevice, call: { verification: { code: string } }, handset: object) {
  const question = await device.waitingQuestion(service.app);
  const { body } = await device.answer(service.app, question!, {
    answer: 'yes',
    code: call.verification.code,
    handset: handset as { inCall: boolean },
  });
  return body.status;
}

/** A customer for whom the bank has a live call from LINE, so that a number makes all the difference. */
async function rungByTheBank(): Promise<string> {
  const customerId = newCustomerId();
  await declare(customerId);
  return customerId;
}

describe('a customer who is on a call that they placed to the bank', () => {
  const placed = { inCall: true, outgoing: true };

  it.each([
    ['from a mobile', MOBILE, 'not_our_line'],
    ['from abroad', '+33199001234', 'not_our_line'],
    ['with the number withheld', undefined, 'number_withheld'],
    ['with a name in place of a number', 'Private number', 'number_withheld'],
  ])(
    'and whom a stranger rings %s is told nothing of fraud, nor is the agent; the right answer then confirms',
    async (_how, incomingNumber, reason) => {
      const device = await service.customerWithDevice();
      const call = await declareInbound(device.customerId, { verify: true });
      for (const handset of [{ inCall: true }, placed, { ...placed, medium: 'cellular' }]) {
        expect((await ask(device.customerId, { trigger: 'ringing', incomingNumber, handset })).body).toMatchObject({
          verdict: 'unknown',
          reason,
          advice: { code: 'unknown_caller' },
        });
      }
      expect(await alarms(device.customerId)).toEqual([]);
      expect(await signals(device.customerId)).toEqual({ hold: false, reasons: [] });
      expect(await confirm(device, call, placed)).toBe('confirmed');
      expect(await signals(device.customerId)).toEqual({ hold: false, reasons: [] });
    },
  );

  it('and whom somebody rings with a line of the bank forged hears that it is not the bank, and the call that they placed is no relay', async () => {
    const device = await service.customerWithDevice();
    const call = await declareInbound(device.customerId, { verify: true });
    expect(
      (await ask(device.customerId, { trigger: 'ringing', incomingNumber: LINE, handset: placed })).body,
    ).toMatchObject({ verdict: 'not_legitimate', reason: 'no_live_call' });
    expect(await alarms(device.customerId)).toEqual([]);
    expect(await confirm(device, call, placed)).toBe('confirmed');
  });

  it('hears of a relay where a line of the bank rings a phone that placed no call', async () => {
    for (const handset of [undefined, { inCall: false }, { inCall: true }, { inCall: true, outgoing: false }]) {
      const customerId = newCustomerId();
      await declareInbound(customerId);
      expect((await ask(customerId, { trigger: 'ringing', incomingNumber: LINE, handset })).body).toMatchObject({
        verdict: 'not_legitimate',
        reason: 'someone_rang_as_you',
      });
      expect(await alarms(customerId)).toHaveLength(1);
    }
  });
});

describe("a customer who has confirmed the bank's call", () => {
  it("is not told that another call, which rings meanwhile and shows the same line or nothing, is the bank's", async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, { verify: true });
    const second = { trigger: 'ringing', handset: { inCall: true, outgoing: false } };
    expect((await ask(device.customerId, { ...second, incomingNumber: LINE })).body).toMatchObject({
      verdict: 'legitimate',
      reason: 'live_call',
    });
    expect(await confirm(device, call, { inCall: true, outgoing: false })).toBe('confirmed');
    for (const incomingNumber of [LINE, undefined, 'Unknown', '-2']) {
      const { body } = await ask(device.customerId, { ...second, incomingNumber });
      expect(body).toMatchObject({
        verdict: 'unknown',
        reason: 'already_on_that_call',
        advice: { code: 'already_on_that_call' },
      });
      expect(body).not.toHaveProperty('call');
    }
    expect((await ask(device.customerId, { ...second, incomingNumber: OTHER_LINE })).body).toMatchObject({
      verdict: 'unknown',
      reason: 'other_line',
    });
    expect((await ask(device.customerId, { ...second, incomingNumber: MOBILE })).body).toMatchObject({
      verdict: 'unknown',
      reason: 'not_our_line',
    });
    expect(await signals(device.customerId)).toEqual({ hold: false, reasons: [] });
  });

  it("is told so for as long as they talk about it, and may be rung again on a line that is not that call's", async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, { verify: true });
    await confirm(device, call, { inCall: true, outgoing: false });
    expect((await ask(device.customerId, { trigger: 'customer', handset: { inCall: true } })).body).toMatchObject({
      verdict: 'legitimate',
      call: { id: call.id },
    });
    expect(
      (await ask(device.customerId, { trigger: 'ringing', incomingNumber: LINE, handset: { inCall: false } })).body,
    ).toMatchObject({ verdict: 'legitimate', call: { id: call.id } });
    const other = await declare(device.customerId, { line: OTHER_LINE });
    expect(
      (await ask(device.customerId, { trigger: 'ringing', incomingNumber: OTHER_LINE, handset: { inCall: true } }))
        .body,
    ).toMatchObject({ verdict: 'legitimate', call: { id: other.id } });
    await service.amara.post(`/v1/calls/${call.id}/end`);
    expect(
      (await ask(device.customerId, { trigger: 'ringing', incomingNumber: LINE, handset: { inCall: true } })).body,
    ).toMatchObject({ verdict: 'unknown', reason: 'other_line' });
  });
});

describe('a number, however a phone writes it,', () => {
  const written = [
    '\u202a+44 20 7946 0100\u202c',
    '\u2066020 7946 0100\u2069',
    '\ufeff+442079460100',
    '+44\u200b2079460100',
    '+44\u00a020\u00a07946\u00a00100',
    '\u200e+44 20 7946 0100\u200f',
    'tel:+442079460100',
    'tel:%2B442079460100',
    'TEL:+44-20-7946-0100',
    'sip:+442079460100@sip.example;user=phone',
    'sips:+442079460100@10.0.0.1:5061',
    'callto:+442079460100',
    '"Northbank" <sip:+442079460100@sip.example>',
    '(+44) 20 7946 0100',
    '+44 (0)20 7946 0100',
    '0044 20 7946 0100',
    '00 44 2079460100',
    '011 44 20 7946 0100',
    '442079460100',
    '2079460100',
    '+442079460100,',
    '+442079460100;',
    '+442079460100,,123#',
    '+442079460100;ext=5',
    '+442079460100 ext. 5',
    '+442079460100x5',
    'tel:7946-0100;phone-context=+4420',
    'tel:+442079460100;isub=12345678',
    '\uff0b\uff14\uff14\uff12\uff10\uff17\uff19\uff14\uff16\uff10\uff11\uff10\uff10',
    '\u0660\u0662\u0660\u0667\u0669\u0664\u0666\u0660\u0661\u0660\u0660',
    '020\u20117946\u20130100',
    '020.7946.0100',
    '020/7946 0100',
    '%2B44%2020%207946%200100',
    '*67 020 7946 0100',
    '#31#+442079460100',
    `${' '.repeat(100)}+442079460100${' '.repeat(100)}`,
  ];

  it('is read: from the line of a live call it is legitimate, and from nowhere else', async () => {
    const [rung, rungElsewhere] = [await rungByTheBank(), newCustomerId()];
    await declare(rungElsewhere, { line: OTHER_LINE });
    for (const incomingNumber of written) {
      expect([incomingNumber, (await ask(rung, { trigger: 'customer', incomingNumber })).body.reason]).toEqual([
        incomingNumber,
        'live_call',
      ]);
      expect([incomingNumber, (await ask(rungElsewhere, { trigger: 'customer', incomingNumber })).body.reason]).toEqual(
        [incomingNumber, 'other_line'],
      );
    }
  });

  it("is seen for somebody else's, and for one that never calls, in the same ways", async () => {
    const customerId = await rungByTheBank();
    for (const incomingNumber of written) {
      const foreign = incomingNumber.replace(/20 ?7946[ ,-]?0100/, '7700 900999');
      if (foreign !== incomingNumber)
        expect([foreign, (await ask(customerId, { trigger: 'ringing', incomingNumber: foreign })).body.reason]).toEqual(
          [foreign, 'not_our_line'],
        );
      const card = incomingNumber.replace(/0100/, '0199');
      if (card !== incomingNumber)
        expect([card, (await ask(customerId, { trigger: 'ringing', incomingNumber: card })).body.reason]).toEqual([
          card,
          'inbound_only_line',
        ]);
    }
  });

  it.each(['line', 'number', 'phoneNumbers', 'change', 'report', 'dialled'])(
    'is read on every route that takes one (%s)',
    async (route) => {
      const [customerId, number] = [newCustomerId(), '\u202a07700\u00a0900\u2011555\u202c'];
      const e164 = '+447700900555';
      switch (route) {
        case 'line':
          expect(await declare(customerId, { line: 'tel:\u202a+44 20 7946 0100\u202c' })).toMatchObject({
            line: LINE,
          });
          return;
        case 'number':
          expect(
            (
              await service.admin.put(`/v1/lines/${encodeURIComponent('\u2066tel:+44 20 7946 0177\u2069')}`, {
                use: 'outbound',
                label: 'x',
              })
            ).body,
          ).toMatchObject({ number: '+442079460177' });
          expect(
            (await service.admin.delete(`/v1/lines/${encodeURIComponent('\u202a020 7946 0177\u202c')}`)).status,
          ).toBe(204);
          return;
        case 'phoneNumbers':
          expect(
            (await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number }] })).body,
          ).toMatchObject({ phoneNumbers: [{ number: e164 }] });
          return;
        case 'change':
          expect(
            (
              await service.amara.post('/v1/changes', {
                customerId,
                subject: 'phone_number',
                before: { number },
                after: { number: `tel:${e164}` },
                askedThrough: 'phone',
              })
            ).body,
          ).toMatchObject({ type: expect.stringMatching(/nothing-changes$/) });
          return;
        case 'report': {
          const { body } = await service.app.post(`/v1/customers/${customerId}/reports`, {
            channel: 'call',
            claimedNumber: `sip:${e164}@gateway.example;user=phone`,
          });
          expect(
            (await service.analyst.get(`/v1/reports?number=${encodeURIComponent(number)}`)).body.data,
          ).toMatchObject([{ id: body.id, claimedNumber: e164 }]);
          return;
        }
        default: {
          await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: e164 }] });
          const call = await declare(customerId);
          const record = {
            recordId: `marks-${customerId}`,
            direction: 'outbound',
            line: 'tel:+442079460100',
            dialled: `141 ${number};ext=5`,
            startedAt: call.startedAt,
          };
          expect((await service.telephony.postLines('/v1/call-records', JSON.stringify(record))).body).toMatchObject({
            accepted: 1,
          });
          const { data } = (
            await service.analyst.get(`/v1/call-records?line=${encodeURIComponent('(+44) 20 7946 0100')}`)
          ).body;
          expect(data.find(({ recordId }: { recordId: string }) => recordId === record.recordId)).toMatchObject({
            callId: call.id,
            declaredBy: 'number',
          });
        }
      }
    },
  );
});

describe('what phones show for a number that is hidden, or that nobody can read,', () => {
  const hidden = [
    undefined,
    '',
    ' ',
    'Private number',
    'anonymous',
    'Anonymous',
    'Unknown',
    'Restricted',
    'Withheld',
    'No Caller ID',
    'Unavailable',
    'Blocked',
    '-1',
    '-2',
    '-3',
    'P',
    'O',
    '0',
    '+',
    '?',
    'null',
    'undefined',
    'Anonymous@anonymous.invalid',
    'sip:anonymous@anonymous.invalid',
    '"Anonymous" <sip:c8oqz84zk7z@privacy.example>',
    '<unknown>',
    'tel:anonymous',
    'Privat',
    'Unbekannt',
    'Num\u00e9ro masqu\u00e9',
    'N\u00famero oculto',
    'Nieznany',
    '\u041d\u043e\u043c\u0435\u0440 \u0441\u043a\u0440\u044b\u0442',
    '\u975e\u901a\u77e5',
    '\u672a\u77e5',
    '\u0631\u0642\u0645 \u062e\u0627\u0635',
    '\u2066Unknown\u2069',
    'Northbank',
    '+266696687',
    '0000000000',
    '\ud83d\udcde',
    '\u200b',
    '\ud800',
    'x'.repeat(256),
  ];

  it('is as if none were given: never fraud where the phone rings, green where the bank is on the line, and no hold', async () => {
    const [nobody, rung] = [newCustomerId(), await rungByTheBank()];
    for (const incomingNumber of hidden) {
      expect([incomingNumber, (await ask(nobody, { trigger: 'ringing', incomingNumber })).body]).toMatchObject([
        incomingNumber,
        { verdict: 'unknown', reason: 'number_withheld', advice: { code: 'unknown_caller' } },
      ]);
      for (const trigger of ['ringing', 'customer'])
        expect([incomingNumber, (await ask(rung, { trigger, incomingNumber })).body]).toMatchObject([
          incomingNumber,
          { verdict: 'legitimate', reason: 'live_call' },
        ]);
    }
    for (const customerId of [nobody, rung]) expect(await signals(customerId)).toEqual({ hold: false, reasons: [] });
  });

  it('is bounded: a text of more than 256 characters is refused', async () => {
    expect(await ask(newCustomerId(), { trigger: 'ringing', incomingNumber: 'x'.repeat(257) })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '#/incomingNumber' }] },
    });
  });

  it('does not make the caller the bank for a customer who asks, where nobody has declared a call', async () => {
    for (const incomingNumber of ['Private number', '-2', ''])
      expect((await ask(newCustomerId(), { trigger: 'customer', incomingNumber })).body).toMatchObject({
        verdict: 'not_legitimate',
        reason: 'no_live_call',
      });
  });
});

describe('what the handset says of its call', () => {
  it('may name the medium, in a question and in an answer, and that is kept', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, { verify: true });
    for (const medium of ['cellular', 'voip', 'unknown'])
      expect(
        (await ask(device.customerId, { trigger: 'ringing', incomingNumber: LINE, handset: { inCall: false, medium } }))
          .body,
      ).toMatchObject({ verdict: 'legitimate' });
    const given = await service.sql(
      `SELECT data -> 'handset' ->> 'medium' AS medium FROM events WHERE type = 'countersign.verdict.given' AND customer_id = $1 ORDER BY sequence`,
      [device.customerId],
    );
    expect(given.map(({ medium }) => medium)).toEqual(['cellular', 'voip', 'unknown']);
    expect(await confirm(device, call, { inCall: true, outgoing: false, medium: 'voip' })).toBe('confirmed');
    expect((await service.amara.get(`/v1/verifications/${call.verification.id}`)).body.handset).toEqual({
      inCall: true,
      outgoing: false,
      medium: 'voip',
    });
    expect(
      (await ask(device.customerId, { trigger: 'ringing', handset: { inCall: true, medium: 'pigeon' } })).status,
    ).toBe(400);
  });
});

describe('a payment is held', () => {
  const notHeld = { hold: false, reasons: [] };
  const heldFor = (...types: string[]) => ({
    hold: true,
    reasons: types.map((type) => expect.objectContaining({ type })),
  });

  it('never for what is unknown, however often it was said', async () => {
    const device = await service.customerWithDevice();
    const unknown: [object, string][] = [
      [{ trigger: 'ringing' }, 'number_withheld'],
      [{ trigger: 'ringing', incomingNumber: MOBILE }, 'not_our_line'],
      [{ trigger: 'customer', handset: { inCall: true, outgoing: true } }, 'customer_rang'],
    ];
    for (const [question, reason] of unknown)
      expect((await ask(device.customerId, question)).body).toMatchObject({ verdict: 'unknown', reason });
    await declare(device.customerId, { line: OTHER_LINE });
    expect((await ask(device.customerId, { trigger: 'ringing', incomingNumber: LINE })).body).toMatchObject({
      verdict: 'unknown',
      reason: 'other_line',
    });
    expect(
      (await service.app.post(`/v1/customers/${device.customerId}/notice-checks`, { text: 'Hello' })).body.verdict,
    ).toBe('unknown');
    expect(await signals(device.customerId)).toEqual(notHeld);
  });

  it.each<[string, string, object]>([
    ['from a line that never calls', 'inbound_only_line', { trigger: 'ringing', incomingNumber: CARD_LINE }],
    ['from a line of the bank without a live call', 'no_live_call', { trigger: 'ringing', incomingNumber: LINE }],
    [
      "from somebody's mobile who says they are the bank",
      'not_our_line',
      { trigger: 'customer', incomingNumber: MOBILE },
    ],
  ])('for a call %s', async (_what, reason, question) => {
    const customerId = newCustomerId();
    expect((await ask(customerId, question)).body).toMatchObject({ verdict: 'not_legitimate', reason });
    expect(await signals(customerId)).toEqual(heldFor(reason));
  });

  it('for a relay, which a verdict has shown', async () => {
    const customerId = newCustomerId();
    await declareInbound(customerId);
    await ask(customerId, { trigger: 'customer' });
    const { reasons } = await signals(customerId);
    expect(reasons.map(({ type }: { type: string }) => type).sort()).toEqual([
      'relay_suspected',
      'someone_rang_as_you',
    ]);
  });

  it.each<[string, string[], object]>([
    ['a no', ['denied'], { answer: 'no' }],
    ['a no under pressure', ['reported'], { answer: 'no', reason: 'pressured' }],
    [
      'a yes from a handset in no call',
      ['relay_suspected', 'reported'],
      { answer: 'yes', code: '000000', handset: { inCall: false } },
    ],
  ])('for an answer: %s', async (_what, types, answer) => {
    const device = await service.customerWithDevice();
    await declare(device.customerId, { verify: true });
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, answer as { answer: 'yes' });
    const { reasons } = await signals(device.customerId);
    expect(reasons.map(({ type }: { type: string }) => type).sort()).toEqual(types);
  });

  it("for a report, by the customer or by an agent, and for a message that is not the bank's", async () => {
    const [byApp, byAgent, byMessage] = [newCustomerId(), newCustomerId(), newCustomerId()];
    expect(
      (await service.app.post(`/v1/customers/${byApp}/reports`, { channel: 'call', claimedNumber: 'Withheld' })).status,
    ).toBe(201);
    expect((await service.amara.post('/v1/reports', { customerId: byAgent, channel: 'call' })).status).toBe(201);
    for (const customerId of [byApp, byAgent]) expect(await signals(customerId)).toEqual(heldFor('report'));
    const notice = {
      channel: 'sms',
      sender: 'Northbank',
      summary: 'A limit was raised',
      text: 'Northbank: we have raised your card limit as you asked us to on Monday. Questions? Ring 0800 496 0999.',
      sentAt: new Date().toISOString(),
    };
    expect((await service.admin.post('/v1/notices', { ...notice, recipients: [byMessage] })).status).toBe(201);
    expect(
      (
        await service.app.post(`/v1/customers/${byMessage}/notice-checks`, {
          sender: notice.sender,
          text: notice.text.replace('0999', '0998'),
        })
      ).body.verdict,
    ).toBe('altered');
    expect(await signals(byMessage)).toEqual(heldFor('notice_altered'));
  });

  it('for five wrong codes, which lock', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, { verify: true });
    const question = await device.waitingQuestion(service.app);
    for (let wrong = 1; wrong <= 5; wrong += 1)
      await device.answer(service.app, question!, {
        answer: 'yes',
        code: call.verification.code === '000000' ? '000001' : '000000',
      });
    expect((await signals(device.customerId)).reasons.map(({ type }: { type: string }) => type)).toContain('locked');
  });
});
