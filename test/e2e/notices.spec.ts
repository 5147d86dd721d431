import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseUrl } from '../../src/readers/url.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const LINK = 'https://northbank.example/cards?from=sms';
const SENDER = 'NORTHBANK';
const IBAN = 'GB33BUKB20201555555555';
const hour = 3_600_000;

/** A text message in words that no other test uses. */
function textMessage(more: object = {}) {
  const word = randomUUID();
  return {
    channel: 'sms',
    sender: SENDER,
    summary: 'We renew cards this month.',
    text: `Northbank: your new card ${word} is on its way, and nothing is needed from you. See ${LINK} or ring 0800 496 0999.`,
    sentAt: new Date(Date.now() - hour).toISOString(),
    ...more,
  };
}

async function registered(more: object = {}) {
  const customerId = newCustomerId();
  const sent = textMessage(more);
  const reply = await service.admin.post('/v1/notices', { ...sent, recipients: [customerId] });
  expect(reply.status).toBe(201);
  return { customerId, sent, notice: reply.body };
}

const check = async (customerId: string, question: object) => {
  const reply = await onceReached(() => service.app.post(`/v1/customers/${customerId}/notice-checks`, question));
  expect(reply.status).toBe(200);
  return reply.body;
};

describe('a message that the bank sent', () => {
  it('is genuine for whom it was sent to, by its wording, and again by its reference', async () => {
    const { customerId, sent, notice } = await registered();
    expect(notice).toMatchObject({
      id: expect.stringMatching(/^ntc_/),
      reference: expect.stringMatching(/^[R-Z].{3}-.{4}$/),
      recipients: 1,
      sender: SENDER,
    });
    const shown = { reference: notice.reference, summary: sent.summary, channel: 'sms', sentAt: sent.sentAt };
    expect(await check(customerId, { sender: SENDER, text: sent.text })).toMatchObject({
      verdict: 'genuine',
      reason: 'matches',
      differences: [],
      notice: shown,
      advice: { code: 'notice_is_genuine' },
    });
    expect(
      await check(customerId, { text: sent.text, links: [LINK], receivedAt: new Date().toISOString() }),
    ).toMatchObject({ verdict: 'genuine' });
    expect(await check(customerId, { reference: notice.reference.toLowerCase().replace('-', ' ') })).toMatchObject({
      verdict: 'genuine',
      reason: 'reference_only',
      notice: shown,
      advice: { code: 'notice_reference_only' },
    });
    expect((await service.analyst.get(`/v1/notices/${notice.id}`)).body).toEqual(notice);
    expect((await service.analyst.get('/v1/notices?channel=sms&limit=1')).body).toMatchObject({
      data: [{ id: notice.id }],
    });
    expect((await service.telephony.get(`/v1/references/${notice.reference}`)).body).toMatchObject({
      kind: 'notice',
      genuine: true,
      state: 'sent',
      summary: expect.stringContaining('a text message'),
    });
  });

  it.each<[string, (text: string) => string]>([
    ['white space and line breaks', (text) => `  ${text.replaceAll(' ', ' \n\t')} `],
    [
      'zero-width characters',
      (text) => text.replace('Northbank', 'North\u200bbank').replace('card', 'c\u00ad\u2060ard\ufe0f'),
    ],
    ['full-width and styled letters', (text) => text.replace('Northbank:', 'Ｎorth\u{1d41b}ank：')],
    ['letters of other alphabets that look the same', (text) => text.replace('nothing', 'n\u043ething')],
  ])('is the same message with other %s', async (_what, disguise) => {
    const { customerId, sent } = await registered();
    expect(await check(customerId, { text: disguise(sent.text) })).toMatchObject({ verdict: 'genuine' });
  });

  it('is unknown to anybody else, who learns nothing of it, whether by reference, wording, link or account', async () => {
    const { sent, notice } = await registered({ accountDetails: { holder: 'Northbank plc', iban: IBAN } });
    const madeUp = 'RAAA-AAAA';
    for (const customerId of [newCustomerId(), (await service.customerWithDevice()).customerId]) {
      for (const question of [
        { text: sent.text },
        { sender: SENDER, text: sent.text },
        { links: [LINK] },
        { accountDetails: { iban: IBAN } },
        { reference: notice.reference, text: sent.text },
      ]) {
        expect(await check(customerId, question)).toMatchObject({
          verdict: 'unknown',
          reason: 'nothing_fits',
          differences: [],
        });
        expect(await check(customerId, question)).not.toHaveProperty('notice');
      }
      const [theirs, nobodys] = [
        await check(customerId, { reference: notice.reference, sender: SENDER }),
        await check(customerId, { reference: madeUp, sender: SENDER }),
      ];
      expect({ ...theirs, checkedAt: '' }).toEqual({ ...nobodys, checkedAt: '' });
    }
  });

  it('too little to go by is unknown', async () => {
    const { customerId, sent } = await registered();
    expect(await check(customerId, {})).toMatchObject({ verdict: 'unknown', reason: 'nothing_fits' });
    expect(await check(customerId, { sender: SENDER })).toMatchObject({ verdict: 'unknown', reason: 'nothing_fits' });
    expect(await check(customerId, { links: [LINK] })).toMatchObject({
      verdict: 'unknown',
      reason: 'incomplete',
      advice: { code: 'notice_incomplete' },
    });
    expect(await check(customerId, { text: sent.text.slice(0, 60) })).toMatchObject({
      verdict: 'unknown',
      reason: 'incomplete',
    });
    expect(await check(customerId, { text: 'Hi' })).toMatchObject({ verdict: 'unknown' });
  });

  it('without a text on record is known by its links or account, and a text is not taken on trust', async () => {
    const { customerId } = await registered({
      channel: 'letter',
      sender: undefined,
      text: undefined,
      links: ['https://northbank.example/letters/7'],
      accountDetails: { holder: 'Northbank plc', sortCode: '202015', accountNumber: '55555555' },
    });
    expect(await check(customerId, { links: ['https://northbank.example/letters/7'] })).toMatchObject({
      verdict: 'genuine',
    });
    expect(
      await check(customerId, { accountDetails: { holder: 'NORTHBANK PLC', iban: 'gb33 bukb 2020 1555 5555 55' } }),
    ).toMatchObject({ verdict: 'genuine' });
    expect(
      await check(customerId, {
        links: ['https://northbank.example/letters/7'],
        text: 'Ring 0900 123 456 at once, or your account is closed.',
      }),
    ).toMatchObject({ verdict: 'unknown' });
    expect(
      await check(customerId, {
        accountDetails: { holder: 'Northbank plc', sortCode: '20-20-15', accountNumber: '55555556' },
      }),
    ).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'account', how: 'number', received: '20-20-15 55555556', sent: '20-20-15 55555555' }],
    });
  });

  it("that came before the bank sent it is not the bank's", async () => {
    const { customerId, sent } = await registered();
    expect(
      (await check(customerId, { text: sent.text, receivedAt: new Date(Date.now() - 30 * hour).toISOString() }))
        .verdict,
    ).not.toBe('genuine');
    const planned = await registered({ sentAt: new Date(Date.now() + 48 * hour).toISOString() });
    expect((await check(planned.customerId, { text: planned.sent.text })).verdict).not.toBe('genuine');
    expect((await check(planned.customerId, { reference: planned.notice.reference })).verdict).toBe('unknown');
  });
});

describe('a changed copy', () => {
  it.each<[string, string, string]>([
    ['another host', 'https://northbank-cards.example/cards?from=sms', 'host'],
    ['a Cyrillic letter in the host', 'https://northb\u0430nk.example/cards?from=sms', 'lookalike'],
    [
      'the same in punycode',
      `https://${new URL('https://northb\u0430nk.example').hostname}/cards?from=sms`,
      'lookalike',
    ],
    ['rn for m and a capital I for an l', 'https://NorthbanK.exarnple/cards?from=sms', 'lookalike'],
    ["the bank's host as a user name", 'https://northbank.example@evil.example/cards?from=sms', 'userinfo'],
    ['the same, encoded', 'https://northbank%2eexample:x@evil.example/', 'userinfo'],
    ['a host that ends otherwise', 'https://northbank.example.evil.example/cards?from=sms', 'host'],
    ['a backslash where a browser reads a slash', 'https://evil.example\\@northbank.example/cards?from=sms', 'host'],
    ['http for https', 'http://northbank.example/cards?from=sms', 'scheme'],
    ['another port', 'https://northbank.example:8443/cards?from=sms', 'port'],
    ['another path', 'https://northbank.example/card?from=sms', 'path'],
    ['another query', 'https://northbank.example/cards?from=sms&to=https://evil.example', 'query'],
    ['an address of numbers', 'http://3221225985/cards', 'host'],
    ['a script', 'javascript://northbank.example/%0aalert(1)', 'scheme'],
  ])('with %s is altered, and the link is named', async (_what, link, how) => {
    const { customerId, sent, notice } = await registered();
    const text = sent.text.replace(LINK, link);
    const answer = await check(customerId, { sender: SENDER, text });
    expect(answer).toMatchObject({
      verdict: 'altered',
      reason: 'differs',
      notice: { reference: notice.reference },
      advice: { code: 'notice_altered' },
    });
    expect(answer.differences[0]).toMatchObject({ field: 'link', how, sent: LINK });
    expect(await check(customerId, { reference: notice.reference, links: [link] })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'link', how }],
    });
  });

  it("is told by a link alone where the link mimics the bank's", async () => {
    const { customerId } = await registered();
    for (const link of ['https://northb\u0430nk.example/cards?from=sms', 'https://northbank.example@evil.example/'])
      expect(await check(customerId, { links: [link] })).toMatchObject({ verdict: 'altered' });
    expect(await check(customerId, { links: ['https://evil.example/cards'] })).toMatchObject({
      verdict: 'not_ours',
      reason: 'foreign_address',
    });
  });

  it('with another account, number to ring, sender or link beside the right one is altered', async () => {
    const { customerId, sent } = await registered({ accountDetails: { holder: 'Northbank plc', iban: IBAN } });
    const other = 'GB82WEST12345698765432';
    expect(
      await check(customerId, { text: sent.text, accountDetails: { holder: 'Northbank plc', iban: other } }),
    ).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'account', how: 'number', received: '12-34-56 98765432', sent: '20-20-15 55555555' }],
    });
    expect(
      await check(customerId, { text: sent.text, accountDetails: { holder: 'J. Smith', iban: IBAN } }),
    ).toMatchObject({ verdict: 'altered', differences: [{ field: 'account', how: 'holder' }] });
    expect(await check(customerId, { text: sent.text.replace('0800 496 0999', '0800 496 0998') })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'text', received: '0998.', sent: '0999.' }],
    });
    expect(await check(customerId, { text: `${sent.text} Pay into ${other}.` })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'account' }, { field: 'text', sent: '' }],
    });
    expect(await check(customerId, { text: sent.text, sender: 'NORTHBАNK' })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'sender', how: 'lookalike' }],
    });
    expect(await check(customerId, { text: sent.text, sender: '+447700900999' })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'sender', how: 'other', sent: SENDER }],
    });
    expect(await check(customerId, { text: sent.text, links: [LINK, 'https://evil.example/'] })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'link', how: 'host', received: 'https://evil.example/' }],
    });
  });

  it('with direction marks that make its digits read otherwise is not genuine', async () => {
    const { customerId, sent } = await registered();
    expect((await check(customerId, { text: sent.text.replace('0800 496', '\u202e0800 496\u202c') })).verdict).not.toBe(
      'genuine',
    );
  });

  it('holds payments, and the log knows the verdict and none of the words', async () => {
    const { customerId, sent } = await registered();
    await check(customerId, { text: sent.text });
    expect((await service.app.get(`/v1/customers/${customerId}/signals`)).body.hold).toBe(false);
    await check(customerId, { text: sent.text.replace(LINK, 'https://evil.example/') });
    await check(customerId, {
      sender: SENDER,
      text: 'Your account is locked. Ring 0900 123 456 and move your money at once.',
    });
    expect((await service.app.get(`/v1/customers/${customerId}/signals`)).body).toMatchObject({
      hold: true,
      reasons: [{ type: 'notice_not_ours' }, { type: 'notice_altered' }],
    });
    const events = await service.sql(
      `SELECT about, data FROM events WHERE type = 'countersign.notice.checked' AND customer_id = $1 ORDER BY sequence`,
      [customerId],
    );
    expect(events).toEqual([
      { about: 'ntc', data: { verdict: 'genuine', reason: 'matches', differs: [] } },
      { about: 'ntc', data: { verdict: 'altered', reason: 'differs', differs: ['link'] } },
      { about: 'customer', data: { verdict: 'not_ours', reason: 'never_sent', differs: [] } },
    ]);
  });
});

describe("a message that poses as the bank's", () => {
  it("is not ours: the bank's sender, one that looks like it, or an address at somebody else's", async () => {
    const { customerId } = await registered();
    const text = 'We have stopped a payment. Reply YES with your passcode to keep your account open.';
    expect(await check(customerId, { sender: SENDER, text })).toMatchObject({
      verdict: 'not_ours',
      reason: 'never_sent',
      advice: { code: 'notice_not_ours' },
    });
    expect(await check(customerId, { sender: 'N0RTHBANK' })).toMatchObject({
      verdict: 'not_ours',
      reason: 'lookalike_sender',
    });
    expect(await check(customerId, { sender: 'Northbank <help@northbank-secure.example>', text })).toMatchObject({
      verdict: 'not_ours',
      reason: 'foreign_address',
    });
    expect(await check(customerId, { sender: '+447700900999', text })).toMatchObject({ verdict: 'unknown' });
  });
});

describe('whatever is sent', () => {
  it.each<[string, object]>([
    ['emoji up to the limit', { text: '\u{1f600}'.repeat(16_000) }],
    ['joined emoji', { text: '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}'.repeat(2_000) }],
    [
      'Arabic, Hebrew, Thai and Han',
      { text: 'حسابك مغلق. חשבונך נעול. บัญชีของคุณถูกล็อก. 您的账户已被锁定。 '.repeat(50) },
    ],
    ['letters that expand when they are normalised', { text: '\ufdfa'.repeat(20_000) }],
    ['marks on marks', { text: `a${'\u0301\u0327\u0323'.repeat(5_000)}` }],
    [
      'half characters and controls',
      {
        text: '\ud800 \udfff \u0001 text',
        reference: '\u0001\ud800',
        sender: '\ud83d',
        links: ['\u0001', 'http://\ud800'],
        accountDetails: { iban: '\u0001', holder: '\udfff' },
      },
    ],
    ['dots without end', { text: 'a.'.repeat(30_000) }],
    ['ats without end', { text: 'a@'.repeat(30_000) }],
    ['punctuation without end', { text: `${'.\u2018'.repeat(8_000)}a${'.,'.repeat(14_000)}1` }],
    ['slashes without end', { text: 'http://'.repeat(9_000) }],
    ['one word without end', { text: 'a'.repeat(60_000) }],
    ['digits without end', { text: '12-34-56 1234567 '.repeat(3_500) }],
    ['an IBAN without end', { text: 'GB33 BUKB 2020 1555 '.repeat(3_000) }],
    ['many links', { links: Array.from({ length: 50 }, (_none, index) => `https://user:pass@[::${index}]:99999/%zz`) }],
    ['only what nobody sees', { text: '\u200b\u2060\ufeff', sender: '\u200b', reference: ' ' }],
  ])('%s is answered', async (_what, question) => {
    const { customerId } = await registered();
    expect(['unknown', 'not_ours']).toContain((await check(customerId, question)).verdict);
  });

  it('fields of the wrong kind, and an account that cannot exist, are refused by name', async () => {
    const customerId = newCustomerId();
    for (const question of [
      { text: 1 },
      { links: 'x' },
      { links: [1] },
      { accountDetails: [] },
      { accountDetails: { bic: 'X' } },
      { receivedAt: 'yesterday' },
      { colour: 'red' },
    ]) {
      expect((await service.app.post(`/v1/customers/${customerId}/notice-checks`, question)).status).toBe(400);
    }
    const refused = async (more: object) => (await service.admin.post('/v1/notices', textMessage(more))).status;
    for (const more of [
      { channel: 'pigeon' },
      { sentAt: undefined },
      { summary: '' },
      { links: ['not a link'] },
      { links: ['javascript:alert(1)'] },
      { recipients: ['a b'] },
      { accountDetails: {} },
      { accountDetails: { iban: IBAN, sortCode: '202015' } },
    ])
      expect(await refused(more), JSON.stringify(more)).toBe(400);
    expect(await refused({ accountDetails: { iban: 'GB33BUKB20201555555556' } })).toBe(422);
  });
});

describe('over any change', () => {
  it('a message copied exactly is genuine, and with another link host or account digit it never is', async () => {
    const { customerId, sent } = await registered({ accountDetails: { holder: 'Northbank plc', iban: IBAN } });
    const host = fc
      .stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?\.(example|test|com|\u043e\u0440\u0433)$/)
      .filter((name) => name !== 'northbank.example');
    const character = fc.integer({ min: 0x21, max: 0xffff }).map((point) => String.fromCharCode(point));
    await fc.assert(
      fc.asyncProperty(
        host,
        fc.nat(16),
        character,
        fc.nat(13),
        fc.integer({ min: 1, max: 9 }),
        async (otherHost, place, inserted, digit, add) => {
          expect(
            (await check(customerId, { sender: SENDER, text: sent.text, accountDetails: { iban: IBAN } })).verdict,
          ).toBe('genuine');
          expect(
            (await check(customerId, { text: sent.text.replace('northbank.example', otherHost) })).verdict,
          ).not.toBe('genuine');
          const mangled = `https://${'northbank.example'.slice(0, place)}${inserted}${'northbank.example'.slice(place)}/cards?from=sms`;
          if (parseUrl(mangled)?.href !== LINK)
            expect((await check(customerId, { text: sent.text.replace(LINK, mangled) })).verdict, mangled).not.toBe(
              'genuine',
            );
          const iban = IBAN.slice(0, 8 + digit) + String((Number(IBAN[8 + digit]) + add) % 10) + IBAN.slice(9 + digit);
          expect((await check(customerId, { text: sent.text, accountDetails: { iban } })).verdict).toBe('altered');
        },
      ),
      {
        numRuns: 25,
        examples: [
          ['a.com', 0, '\ufffe', 0, 1],
          ['a.com', 5, '\ufdd1', 1, 1],
          ['a.com', 16, '\uffff', 2, 1],
          ['a.com', 9, '\ue000', 3, 1],
          ['a.com', 0, '\u0080', 4, 1],
        ],
      },
    );
  });

  it("somebody else's is never genuine", async () => {
    const { sent, notice } = await registered({ accountDetails: { holder: 'Northbank plc', iban: IBAN } });
    const other = newCustomerId();
    const parts = {
      reference: notice.reference,
      sender: SENDER,
      text: sent.text,
      links: [LINK],
      accountDetails: { iban: IBAN },
    };
    await fc.assert(
      fc.asyncProperty(fc.subarray(Object.keys(parts)), async (given) => {
        expect(
          (await check(other, Object.fromEntries(Object.entries(parts).filter(([name]) => given.includes(name)))))
            .verdict,
        ).toBe('unknown');
      }),
      { numRuns: 20 },
    );
  });
});
