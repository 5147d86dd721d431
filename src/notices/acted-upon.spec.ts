import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toE164 } from '../readers/number.js';
import { digitsByValue, foldStyle, skeleton, visible } from '../readers/text.js';
import { parseUrl } from '../readers/url.js';
import { DEFAULT_POLICY } from '../policy/policy.js';
import { decideNoticeCheck } from './notice-check.policy.js';
import { type Message, readContent } from './notice-content.js';
import { compareNotice, compareWithBank } from './notice-matching.js';
import { bankAddresses } from './prepared-notices.js';

const VALUES = {
  phone: '0800 496 0999',
  amount: '£1,250.00',
  iban: 'GB33 BUKB 2020 1555 5555 55',
  sortCode: '20-20-15',
  accountNumber: '55555555',
  code: 'QX7-204',
  date: '03/04/2027',
  email: 'help@northbank.example',
  link: 'https://northbank.example/cards?from=sms',
  host: 'northbank.example',
} as const;
type Value = keyof typeof VALUES;

const textOf = (values: Record<Value, string>): string =>
  `Northbank: pay ${values.amount} by ${values.date} into ${values.iban} (${values.sortCode} ${values.accountNumber}), quoting ${values.code}. Ring ${values.phone}, write to ${values.email}, or see ${values.link} and ${values.host} for more.`;
const read = (message: Message) => readContent(message, (text) => toE164(text, 'GB'));

const SENT: Message = {
  sender: 'Northbank <help@northbank.example>',
  text: textOf(VALUES),
  links: ['https://northbank.example/pay'],
  accountDetails: { holder: 'Northbank plc', iban: 'GB33BUKB20201555555555' },
};
const NOTICE = { id: 'n', reference: 'RQM7-2D4F', content: read(SENT) };

const BANK = bankAddresses(DEFAULT_POLICY, [NOTICE]);

function verdictOn(message: Message): string {
  const content = read(message);
  return decideNoticeCheck({
    own: [compareNotice({ reference: null, content }, NOTICE, BANK)],
    onlyReference: false,
    elsewhere: false,
    unrecorded: false,
    ...compareWithBank(content, [NOTICE], BANK.all),
  }).verdict;
}

/** What it is to whoever acts upon it: the host that is asked, the digits that are dialled, the characters that are typed. */
function actsAs(value: Value, text: string): string {
  // Marks of left to right around a value are no part of it; phones put them there.
  const plain = visible(text)
    .trim()
    .replace(/[\u200e\u202a\u202c\u202d\u2066\u2068\u2069]+$/u, '')
    .trim();
  if (value === 'email')
    return (
      plain.slice(0, plain.lastIndexOf('@')).toLowerCase() + domainToASCII(plain.slice(plain.lastIndexOf('@') + 1))
    );
  if (value === 'link' || value === 'host') {
    const address = value === 'link' ? plain : `https://${plain}`;
    const url = parseUrl(address);
    if (url === null) return plain;
    const { protocol, username, password, host, pathname, search, hash } = url;
    // A name with a dot at its end is the same name (RFC 1034 section 3.1).
    return [protocol, username, password, host.replace(/\.(?=:|$)/, ''), pathname, search, hash].join(' ');
  }
  return plain
    .normalize('NFC')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/\s+/gu, ' ');
}

const lookalikes = new Map<string, string[]>();
for (let code = 0x21; code < 0x2_0000; code += 1) {
  if (code >= 0xd800 && code <= 0xdfff) continue;
  const character = String.fromCodePoint(code);
  for (const look of new Set([skeleton(character), foldStyle(character), digitsByValue(character)]))
    lookalikes.set(look, [...(lookalikes.get(look) ?? []), character]);
}

const change = fc.record({
  at: fc.nat(60),
  how: fc.constantFrom('look', 'value', 'any', 'insert', 'delete'),
  pick: fc.nat(),
  any: fc.integer({ min: 0x21, max: 0x1_ffff }),
});

function changed(text: string, { at, how, pick, any }: { at: number; how: string; pick: number; any: number }): string {
  const place = at % text.length;
  const was = text[place]!;
  const look = lookalikes.get(skeleton(was)) ?? [was];
  const value = lookalikes.get(was) ?? [was];
  const other = String.fromCodePoint(any >= 0xd800 && any <= 0xdfff ? 0x39 : any);
  const is = {
    look: look[pick % look.length]!,
    value: value[pick % value.length]!,
    any: other,
    insert: was + other,
    delete: '',
  }[how]!;
  return text.slice(0, place) + is + text.slice(place + 1);
}

describe('a message in which something acts otherwise than what the bank sent', () => {
  it('is compared with a notice that is genuine as it stands', () => {
    expect(verdictOn(SENT)).toBe('genuine');
  });

  it('never is genuine, whatever stands in its wording', () => {
    let tried = 0;
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(VALUES) as Value[])), change, (value, how) => {
        const other = changed(VALUES[value], how);
        fc.pre(actsAs(value, other) !== actsAs(value, VALUES[value]));
        tried += 1;
        expect(verdictOn({ ...SENT, text: textOf({ ...VALUES, [value]: other }) }), JSON.stringify(other)).not.toBe(
          'genuine',
        );
      }),
      { numRuns: 3_000 },
    );
    expect(tried).toBeGreaterThan(1_500);
  });

  const RANGES: readonly (readonly [number, number])[] = [
    [0x00, 0x08],
    [0x0e, 0x1f],
    [0x7f, 0x84],
    [0x86, 0x9f],
    [0xfdd0, 0xfdef],
    [0xfffe, 0xffff],
    [0x1fffe, 0x1ffff],
    [0x10fffe, 0x10ffff],
    [0xe000, 0xf8ff],
    [0xf0000, 0xf00ff],
    [0x10fff0, 0x10fffd],
    [0x2065, 0x2065],
    [0xfff0, 0xfff8],
    [0xe0000, 0xe0000],
    [0xe0080, 0xe00ff],
    [0xe01f0, 0xe0fff],
    [0x50000, 0x500ff],
    [0x0378, 0x0379],
  ];
  const stray = fc
    .constantFrom(...RANGES)
    .chain(([min, max]) => fc.integer({ min, max }))
    .map((code) => String.fromCodePoint(code));
  const way = fc.constantFrom<(character: string) => string>(
    (character) => character,
    (character) => ` ${character}`,
    (character) => `${character} `,
    (character) => `&#${character.codePointAt(0)};`,
    (character) => `&#x${character.codePointAt(0)!.toString(16)};`,
  );

  it('never is genuine, where what nobody writes stands in it or next to it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(VALUES) as Value[])),
        fc.nat(),
        fc.array(stray, { minLength: 1, maxLength: 3 }),
        way,
        (value, place, strays, form) => {
          const at = place % (VALUES[value].length + 1);
          const text = textOf({
            ...VALUES,
            [value]: VALUES[value].slice(0, at) + strays.map(form).join('') + VALUES[value].slice(at),
          });
          expect(verdictOn({ ...SENT, text }), JSON.stringify(text)).not.toBe('genuine');
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('never is genuine, where what nobody writes stands in what was given beside it', () => {
    const fields = {
      link: 'https://northbank.example/pay',
      sender: 'Northbank <help@northbank.example>',
      iban: 'GB33BUKB20201555555555',
      holder: 'Northbank plc',
    } as const;
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(fields) as (keyof typeof fields)[])),
        fc.nat(),
        stray,
        (field, place, character) => {
          const was = fields[field];
          const at = place % (was.length + 1);
          const is = { ...fields, [field]: was.slice(0, at) + character + was.slice(at) };
          expect(
            verdictOn({
              ...SENT,
              sender: is.sender,
              links: [is.link],
              accountDetails: { holder: is.holder, iban: is.iban },
            }),
            JSON.stringify(is),
          ).not.toBe('genuine');
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('never is genuine, where a mark of left to right stands within it', () => {
    const mark = fc.constantFrom('\u200e', '\u202a', '\u202c', '\u202d', '\u2066', '\u2068', '\u2069');
    fc.assert(
      fc.property(fc.constantFrom(...(Object.keys(VALUES) as Value[])), fc.nat(), mark, (value, place, character) => {
        const at = 1 + (place % (VALUES[value].length - 1));
        const text = textOf({ ...VALUES, [value]: VALUES[value].slice(0, at) + character + VALUES[value].slice(at) });
        expect(verdictOn({ ...SENT, text }), JSON.stringify(text)).not.toBe('genuine');
        expect(
          verdictOn({ ...SENT, text: `\u2066${textOf({ ...VALUES, phone: `\u202a${VALUES.phone}\u202c` })}\u2069` }),
        ).toBe('genuine');
      }),
      { numRuns: 1_000 },
    );
  });

  it('is genuine as an exact copy of a notice in which something stands that nobody writes', () => {
    for (const text of [
      `Northbank: \u0001your card\ue000. See ${VALUES.link}\u0002 or ring ${VALUES.phone}\u{e0fff} now.`,
      `Northbank: ${VALUES.amount}\ufffe is due on ${VALUES.date}.`,
    ]) {
      const content = read({ text });
      const known = { id: 'n', reference: 'RQM7-2D4F', content };
      expect(compareNotice({ reference: null, content: read({ text }) }, known, BANK)).toMatchObject({
        wording: 'same',
        differences: [],
        uncomparable: false,
      });
    }
  });

  it.each([
    'North\u200bbank plc',
    'North\u00adbank plc',
    'Northbank\u2060 plc',
    'N\u043erthbank plc',
    '\uff2eorthbank plc',
    'Northbank p\u202elc',
  ])('never is genuine for a holder that is written otherwise: %j', (holder) => {
    expect(
      verdictOn({ accountDetails: { holder, iban: SENT.accountDetails!.iban! } as Message['accountDetails'] }),
    ).not.toBe('genuine');
    expect(
      verdictOn({ ...SENT, accountDetails: { holder, iban: SENT.accountDetails!.iban! } as Message['accountDetails'] }),
    ).not.toBe('genuine');
  });

  it('never is genuine, whatever stands beside it', () => {
    fc.assert(
      fc.property(fc.constantFrom('link', 'iban', 'holder'), change, (field, how) => {
        if (field === 'link') {
          const link = changed('https://northbank.example/pay', how);
          fc.pre(actsAs('link', link) !== actsAs('link', 'https://northbank.example/pay'));
          expect(verdictOn({ ...SENT, links: [link] }), JSON.stringify(link)).not.toBe('genuine');
          return;
        }
        const was = field === 'iban' ? 'GB33BUKB20201555555555' : 'Northbank plc';
        const is = changed(was, how);
        const key = (text: string): string =>
          field === 'iban'
            ? text
                .normalize('NFKC')
                .replace(/[^\p{L}\p{N}]/gu, '')
                .toUpperCase()
            : visible(text).normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase();
        fc.pre(key(is) !== key(was));
        expect(
          verdictOn({
            ...SENT,
            accountDetails: { holder: 'Northbank plc', iban: 'GB33BUKB20201555555555', [field]: is },
          }),
          JSON.stringify(is),
        ).not.toBe('genuine');
      }),
      { numRuns: 2_000 },
    );
  });
});
