import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toE164 } from '../readers/number.js';
import { foldStyle, skeleton } from '../readers/text.js';
import { differenceOfSenders, readSender, standingOf } from './sender.js';

const read = (text: string) => readSender(text, (number) => toE164(number, 'GB'))!;
const SENDERS = [
  'NORTHBANK',
  'Northbank Alerts',
  'help@northbank.example',
  'Northbank <help@northbank.example>',
  '+442079460100',
  '60006',
  'Crédit Nord',
  'ΕΘΝΙΚΗ',
  'a@bücher.example',
];

describe('a sender', () => {
  it('is itself, in any case and with white space around it', () => {
    for (const sender of SENDERS) {
      for (const same of [sender, ` ${sender}\n`, sender.toLowerCase(), sender.toUpperCase(), sender.normalize('NFD')])
        expect(differenceOfSenders(read(same), read(sender)), same).toBeNull();
    }
  });

  it('is nothing where it shows nothing', () => {
    for (const text of ['', ' ', '\u200b', '\u3164\ufeff', '\ud800'.slice(1)])
      expect(readSender(text, () => null)).toBeNull();
  });

  it('is never another with a character changed, added or taken away', () => {
    const alike = new Map<string, string[]>();
    for (let code = 0x21; code < 0x2_0000; code += 1) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      for (const look of new Set([skeleton(String.fromCodePoint(code)), foldStyle(String.fromCodePoint(code))]))
        alike.set(look, [...(alike.get(look) ?? []), String.fromCodePoint(code)]);
    }
    const invisible = [
      '\u200b',
      '\u00ad',
      '\u2060',
      '\u200e',
      '\u202e',
      '\u3164',
      '\u034f',
      '\ufe0f',
      '\u{e0041}',
      '\u00a0',
      '\u2800',
      '\u0323',
    ];
    const change = fc.record({
      sender: fc.constantFrom(...SENDERS),
      at: fc.nat(40),
      how: fc.constantFrom('alike', 'any', 'insert', 'delete'),
      pick: fc.nat(),
      any: fc.integer({ min: 0x21, max: 0x1_ffff }),
    });
    fc.assert(
      fc.property(change, ({ sender, at, how, pick, any }) => {
        const place = at % sender.length;
        const was = sender[place]!;
        const like = alike.get(skeleton(was)) ?? [was];
        const is = {
          alike: like[pick % like.length]!,
          any: String.fromCodePoint(any >= 0xd800 && any <= 0xdfff ? 0x2d : any),
          insert: invisible[pick % invisible.length]! + was,
          delete: '',
        }[how];
        const changed = sender.slice(0, place) + is + sender.slice(place + 1);
        // The name in front of an address is no part of it, what parts digits none of a number, and case none of anything.
        const beside = sender.includes('<') && place < sender.indexOf('<') + (how === 'insert' ? 1 : 0);
        const parted =
          sender.startsWith('+') &&
          changed.replace(/[^0-9]/g, '') === '442079460100' &&
          /^[\s\p{Cf}]*[+0-9\s()./\p{Pd}]*[\s\p{Cf}]*$/u.test(changed);
        fc.pre(!beside && !parted && changed.normalize('NFC').toLowerCase() !== sender.normalize('NFC').toLowerCase());
        const given = readSender(changed, (text) => toE164(text, 'GB'));
        expect(given && differenceOfSenders(given, read(sender)), JSON.stringify(changed)).not.toBeNull();
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    ['tel:+442079460100', '+442079460100'],
    ['mailto:help@northbank.example', 'help@northbank.example'],
    ['"NORTHBANK"', 'NORTHBANK'],
    ['\u201cNorthbank Alerts\u201d', 'Northbank Alerts'],
    ['\u202a+44 20 7946 0100\u202c', '+442079460100'],
  ])('is itself with what phones and mail programs put around it: %j', (given, sent) => {
    expect(differenceOfSenders(read(given), read(sent))).toBeNull();
    expect(standingOf(read(given), [read(sent)])).toBe('ours');
  });

  it.each([
    'N\u043erthbank',
    'North\u200bbank',
    '\u202eknabhtroN',
    '\u{1d40d}orthbank',
    'N\u1d0frthbank',
    '\u0405outhbank',
  ])('with the right address is a look-alike under a name that poses as another: %j', (name) => {
    for (const sent of ['Northbank <help@northbank.example>', 'help@northbank.example']) {
      expect(differenceOfSenders(read(`${name} <help@northbank.example>`), read(sent))).not.toBeNull();
    }
  });

  it.each(['Northbank', 'Help Desk', 'Crédit Nord', 'Северный банк', '北方銀行', 'بنك الشمال'])(
    'with the right address may have any plain name: %j',
    (name) => {
      expect(
        differenceOfSenders(read(`${name} <help@northbank.example>`), read('Northbank <help@northbank.example>')),
      ).toBeNull();
    },
  );

  it("looks like the bank's in every script that Unicode calls confusable, and is not", () => {
    const ours = [read('NORTHBANK')];
    for (const sender of [
      'N\u039fRTHBANK',
      'NORTHBAN\u212a',
      'n\u043erthbank',
      'N-O-R-T-H-B-A-N-K',
      'NORTH BANK',
      'NÖRTHBANK',
      '\u{1f1f3}\u{1f1f4}\u{1f1f7}\u{1f1f9}\u{1f1ed}\u{1f1e7}\u{1f1e6}\u{1f1f3}\u{1f1f0}',
    ])
      expect(standingOf(read(sender), ours), sender).toBe('lookalike');
    for (const sender of ['SOUTHBANK', 'NORTH', 'NORTHBANKS'])
      expect(standingOf(read(sender), ours), sender).toBe('other');
  });

  it("that is no address poses where it names the bank's host, and another's address where it is shown under the bank's name", () => {
    const ours = [read('Northbank <help@northbank.example>')];
    for (const sender of [
      'a@northbank.example, b@evil.example',
      'northbank.example',
      'Northbank <x@evil.example>',
      'x@evil.example (northbank)',
    ])
      expect(standingOf(read(sender), ours), sender).toBe('lookalike');
    expect(standingOf(read('NORTHBANK'), ours)).toBe('ours');
    expect(standingOf(read('x@evil.example'), ours)).toBe('other');
  });
});
