import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onceReached } from '../support/once-reached.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const MAILBOX = 'Northbank <help@northbank.example>';
const NUMBER = '0800 496 0999';

/** A notice in words that no other has, and what its customer sees of it. */
async function sent(more: object = {}) {
  const customerId = newCustomerId();
  const text = `Your yearly statement ${randomUUID()} is ready. Ring ${NUMBER} with your code QX7-204 if £1,250.00 is wrong.`;
  const notice = {
    channel: 'email',
    sender: MAILBOX,
    summary: 'Statements are ready.',
    text,
    sentAt: new Date(Date.now() - 3_600_000).toISOString(),
    ...more,
  };
  expect((await service.admin.post('/v1/notices', { ...notice, recipients: [customerId] })).status).toBe(201);
  const check = async (question: object) => {
    const reply = await onceReached(() => service.app.post(`/v1/customers/${customerId}/notice-checks`, question));
    expect(reply.status).toBe(200);
    return reply.body;
  };
  return { text, check };
}

describe('an e-mail sender', () => {
  it.each([
    ['the address alone', 'help@northbank.example'],
    ['with the name', MAILBOX],
    ['with the name in quotation marks', '"Northbank" <help@northbank.example>'],
    ['with a name that the customer gave it', 'My bank <help@northbank.example>'],
    ['with another case', 'HELP@NorthBank.example'],
    ['with a comment after it', 'help@northbank.example (Northbank)'],
    ['the name alone, as phones show it', 'Northbank'],
  ])("is the bank's %s", async (_how, sender) => {
    const { text, check } = await sent();
    expect(await check({ sender, text })).toMatchObject({ verdict: 'genuine' });
  });

  it.each([
    ["the bank's address as a name", '"help@northbank.example" <x@evil.example>'],
    ['the same without quotation marks', 'help@northbank.example <x@evil.example>'],
    ['two ats', 'help@northbank.example@evil.example'],
    ["the address as another's local part", '"help@northbank.example"@evil.example'],
    ['a list', 'help@northbank.example, x@evil.example'],
    ['a list with names', 'Northbank <help@northbank.example>, Help <x@evil.example>'],
    ['a group', 'Northbank: help@northbank.example, x@evil.example;'],
    ['a comment that is the address', 'x@evil.example (help@northbank.example)'],
    ['a comment within', 'help(northbank.example)@evil.example'],
    ['a source route', '<@northbank.example:help@evil.example>'],
    ['a source route through somebody else', '<@evil.example:help@northbank.example>'],
    ['a percent sign for an at', 'help%northbank.example@evil.example'],
    ['an exclamation mark for an at', 'northbank.example!help@evil.example'],
    ['two addresses in angles', '<help@northbank.example><x@evil.example>'],
    ['an address after the angles', '<help@northbank.example> x@evil.example'],
    ['a name that is an encoded word', '=?utf-8?Q?help=40northbank.example?= <x@evil.example>'],
    ['an address for a host that ends otherwise', 'help@northbank.example.evil.example'],
    ['a look-alike host', 'help@northb\u0430nk.example'],
    ['the same in punycode', 'help@xn--northbnk-66g.example'],
    ['a full-width host', 'help@\uff4eorthbank.example'],
    ['an ideographic full stop', 'help@northbank\u3002example'],
    ['an invisible mark in the host', 'help@north\u200bbank.example'],
    ['an invisible mark in the local part', 'he\u00adlp@northbank.example'],
    ['a look-alike local part', 'h\u0435lp@northbank.example'],
    ['a direction override', '\u202ehelp@northbank.example'],
    ['a number for a host', 'help@[192.0.2.1]'],
    ['a dot at the end', 'help@northbank.example.'],
    ['a name that asks to be rung', '"Ring 0900 123 456" <help@northbank.example>'],
    ['another address as its name', 'x@evil.example <help@northbank.example>'],
  ])('with %s is altered, and alone not ours', async (_how, sender) => {
    const { text, check } = await sent();
    const answer = await check({ sender, text });
    expect(answer).toMatchObject({ verdict: 'altered', differences: [{ field: 'sender' }] });
    expect((await check({ sender })).verdict).not.toBe('genuine');
    if (!sender.endsWith('<help@northbank.example>'))
      expect(await check({ sender })).toMatchObject({ verdict: 'not_ours' });
  });
});

describe("a sender's name", () => {
  it.each([
    ['in another case', 'northbank'],
    ['with white space around it', ' NORTHBANK\n'],
  ])("is the bank's %s", async (_how, sender) => {
    const { text, check } = await sent({ channel: 'sms', sender: 'NORTHBANK' });
    expect(await check({ sender, text })).toMatchObject({ verdict: 'genuine' });
  });

  it.each([
    ['full-width letters', '\uff2e\uff2f\uff32\uff34\uff28\uff22\uff21\uff2e\uff2b'],
    ['mathematical letters', '\u{1d40d}\u{1d40e}\u{1d411}\u{1d413}\u{1d407}\u{1d401}\u{1d400}\u{1d40d}\u{1d40a}'],
    ['small capitals', '\u0274\u1d0f\u0280\u1d1b\u029c\u0299\u1d00\u0274\u1d0b'],
    ['circled letters', '\u24c3\u24c4\u24c7\u24c9\u24bd\u24b7\u24b6\u24c3\u24c0'],
    ['letters in black squares', '\u{1f17d}\u{1f17e}\u{1f181}\u{1f183}\u{1f177}\u{1f171}\u{1f170}\u{1f17d}\u{1f17a}'],
    ['superscript letters', '\u1d3a\u1d3c\u1d3f\u1d40\u1d34\u1d2e\u1d2c\u1d3a\u1d37'],
    ['a zero-width space inside', 'NORTH\u200bBANK'],
    ['a soft hyphen inside', 'NORTH\u00adBANK'],
    ['a Hangul filler inside', 'NORTH\u3164BANK'],
    ['a tag inside', 'NORTH\u{e0041}BANK'],
    ['a mark of direction', '\u200eNORTHBANK'],
    ['a variation selector', 'NORTHBANK\ufe0f'],
    ['a combining mark', 'NORTHBA\u0323NK'],
    ['a mark that joins', 'NORTH\u034fBANK'],
    ['a no-break space at its end', 'NORTHBANK\u00a0'],
    ['a Cyrillic letter', 'NORTHB\u0410NK'],
    ['Lisu letters', '\ua4e0\ua4f3\ua4e3\ua4d4\ua4e7\ua4d0\ua4ee\ua4e0\ua4d7'],
    ['a zero for an O', 'N0RTHBANK'],
    ['the sign of the kelvin', 'NORTHBAN\u212a'],
  ])("in or with %s looks like the bank's, and is not", async (_how, sender) => {
    const { text, check } = await sent({ channel: 'sms', sender: 'NORTHBANK' });
    expect(await check({ sender, text })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'sender', how: 'lookalike' }],
    });
    expect(await check({ sender })).toMatchObject({ verdict: 'not_ours', reason: 'lookalike_sender' });
  });
});

describe("a sender's number", () => {
  it.each([
    '+442079460100',
    '020 7946 0100',
    '+44 (0)20 7946-0100',
    '\u202d+44 20 7946 0100\u202c',
    '+44\u00a020\u00a07946\u00a00100',
  ])("is the bank's as %s", async (sender) => {
    const { text, check } = await sent({ channel: 'sms', sender: '+442079460100' });
    expect(await check({ sender, text })).toMatchObject({ verdict: 'genuine' });
  });

  it.each([
    ['a Bengali 4 for an 8', '+44207946010\u09ea', 'other'],
    ['a Bengali 4 for a 4', '+4\u09ea2079460100', 'lookalike'],
    [
      'full-width digits',
      '\uff0b\uff14\uff14\uff12\uff10\uff17\uff19\uff14\uff16\uff10\uff11\uff10\uff10',
      'lookalike',
    ],
    ['an O for a 0', '+44207946O100', 'lookalike'],
    ['an l for a 1', '+442079460l00', 'lookalike'],
    ['a superscript', '+44\u00b2079460100', 'lookalike'],
    ['an invisible mark inside', '+44207946\u200b0100', 'lookalike'],
  ])("with %s is not the bank's", async (_how, sender, how) => {
    const { text, check } = await sent({ channel: 'sms', sender: '+442079460100' });
    expect(await check({ sender, text })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'sender', how }],
    });
  });
});

describe('what a phone, a mail program or a bank would act upon', () => {
  it.each<[string, string, string]>([
    ['a Bengali 4 for an 8', '0800', '0\u09ea00'],
    ['a Bengali 4 for a 4', '496', '\u09ea96'],
    ['a Gurmukhi 4 for an 8', '0800', '0\u0a6a00'],
    ['an Oriya 3 for an 8', '0800', '0\u0b6900'],
    ['an Arabic 5 for a 0', '0800', '\u06650800'.slice(0, 1) + '800'],
    ['a Bengali zero for a zero', '0800', '08\u09e60\u0030'.slice(0, 4)],
    ["an N'Ko zero", '0800', '\u07c0800'],
    ['a capital O', '0999', 'O999'],
    ['a Cyrillic O', '0999', '\u041e999'],
    ['a mathematical digit among others', '0999', '099\u{1d7d7}'],
    ['a superscript', '0999', '099\u2079'],
    ['a circled digit', '0999', '099\u2468'],
    ['a Roman numeral for ones', '1,250', '\u21701,250'.slice(0, 1) + ',250'],
    ['an l for a 1', '1,250', 'l,250'],
    ['an I for a 1', '1,250', 'I,250'],
    ['a vertical bar for a 1', '1,250', '|,250'],
    ['a Cyrillic Ze for a 3', '0999', '099\u0417'],
    ['another currency that looks alike', '£1,250', '\u20a41,250'],
    ['an Arabic decimal separator', '1,250.00', '1,250\u066b00'],
    ['a mark for thousands that looks like a comma', '1,250', '1\u201a250'],
    ['a Cyrillic letter in a code', 'QX7-204', 'Q\u04257-204'],
    ['an O in a code', 'QX7-204', 'QX7-2O4'],
    ['a direction mark among digits', '0800 496', '0800\u200f 496'],
    ['a keycap', '0999', '099\u0039\ufe0f\u20e3'],
    ['an overlay', '£1,250.00', '£1\u0336,250.00'],
  ])('is not taken for the same with %s', async (_how, was, is) => {
    const { text, check } = await sent();
    expect(text).toContain(was);
    expect(await check({ text: text.replace(was, is) })).toMatchObject({
      verdict: 'altered',
      differences: [{ field: 'text' }],
    });
  });

  it('is the same in full-width digits, which look as they act', async () => {
    const { text, check } = await sent();
    const wide = (digits: string): string =>
      digits.replace(/[0-9]/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    expect(await check({ text: text.replace(NUMBER, wide(NUMBER)) })).toMatchObject({ verdict: 'genuine' });
  });
});
