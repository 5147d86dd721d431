import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withSpacesDecoded } from './encodings.js';
import { JOIN } from './message-parts.js';
import {
  refanged,
  undoTransport,
  withBrokenLinksJoined,
  withoutForwardedHeaders,
  withPartedLinksJoined,
} from './transport.js';
import { withLinksUnbracketed, withoutEmphasis, withoutFrame } from './surroundings.js';
import { damageBetween } from './transport-damage.js';

describe('what transports did is undone', () => {
  it.each<[string, string, string]>([
    [
      'quoted-printable',
      'Pay =C2=A35 =E2=80=93 see https://a.example/?x=3D1 or ring =\r\nus=2E',
      'Pay £5 – see https://a.example/?x=1 or ring us.',
    ],
    ['quoted-printable of Latin letters', 'Caf=E9 =96 =A35', 'Café – £5'],
    ['HTML character references', 'R&amp;D &#8217;&#x2019; &pound;5&nbsp;&euro;6 &lt;b&gt;', 'R&D ’’ £5\u00a0€6 <b>'],
    ['tags that only set text', 'One<br/>two <b>three</b>', 'One\ntwo three'],
    ['UTF-8 that was read as Windows-1252', 'Â£5 â€™ â€œaâ€\u009d â‚¬ Ã© Ã¼', '£5 ’ “a” € é ü'],
    [
      'marks of left to right around a number',
      'Ring \u202d0800 496\u202c or \u2068a\u2069 \u200e.',
      'Ring 0800 496 or a .',
    ],
    ['marks of replies and forwards', 'Fwd: RE: One\n> two\n>> > three', 'One\ntwo\nthree'],
    ['what phones add', 'One\n\n-- \nSent from my iPhone\n', 'One'],
    ['what Outlook adds', 'One\nGet Outlook for iOS<https://aka.ms/o0ukef>', 'One'],
    ['a preview', 'One\nTap to Load Preview', 'One'],
    ['a picture', '\ufffc\nOne \ufffc', '\nOne '],
    ['marks of parts', '(1/3)One (2/3) two(3/3) three', `One${JOIN}two${JOIN}three`],
    ['marks of parts at the end', 'One two 1/2\nthree 2/2', `One two${JOIN}three`],
    ['marks of parts in words', 'Part 1 of 2: One\nPart 2 of 2: two', `One${JOIN}two`],
    ['marks of parts without spaces', '1of2: One\n2of2: two', `One${JOIN}two`],
    ['marks of parts in angle brackets', '<1/2>One<2/2>two', `One${JOIN}two`],
    ['the word for more', '1/2 One two CONT\n2/2 three', `One two${JOIN}three`],
  ])('%s', (_what, damaged, whole) => {
    expect(undoTransport(damaged).text).toBe(whole);
  });

  it.each<[string, string, string]>([
    ['quoted-printable in small letters', 'Caf=c3=a9 =3d', 'Café ='],
    ['references to references', 'R&amp;amp;D &amp;pound;5', 'R&D £5'],
    ['a reference to what was lost', 'Zo&#65533; &#xFFFD;', 'Zo\ufffd \ufffd'],
    ['a footer over two lines', 'One\n\nSent from my\niPhone', 'One'],
    ['a reply that came in parts', '(1/2) RE: One (2/2) two\n> three', `One${JOIN}two\nthree`],
    ['parts of parts', '(1/2) (1/2) One (2/2) (2/2) two', `One${JOIN}two`],
    ["no mark of this product's", 'a&#xFDD2;b =EF=B7=92', 'a\u{10fffd}b \u{10fffd}'],
    ["no mark of this product's in quoted-printable", 'a=EF=B7=92b', 'a\u{10fffd}b'],
  ])('%s', (_what, damaged, whole) => {
    expect(undoTransport(damaged).text).toBe(whole);
  });

  it.each<[string, string | null]>([
    [`See ht${JOIN}tps://a.example/x and${JOIN}more`, `See https://a.example/x and${JOIN}more`],
    [`See https://a.ex${JOIN}ample/x${JOIN}yz`, 'See https://a.example/xyz'],
    [`Write to help@a${JOIN}.example now`, 'Write to help@a.example now'],
    [`One${JOIN}two`, null],
    ['One', null],
  ])('parts of one address in %j are joined', (text, whole) => {
    expect(withPartedLinksJoined(text)).toBe(whole);
  });

  it.each<[string, string | null]>([
    ['See <https://a.example/x>, or', 'See https://a.example/x, or'],
    ['<https://a.example>', 'https://a.example'],
    ['See <https://a.example/x>y', null],
    ['help<https://a.example>', null],
    ['<b>', null],
  ])('angle brackets in %j are taken away', (text, bare) => {
    expect(withLinksUnbracketed(text)).toBe(bare);
  });

  it.each([
    'a=b',
    'x = =3D',
    'https://a.example/?id=2000',
    'https://a.example/?id=8271&x=1',
    '&#49;&#x41;&unknown;&amp',
    'Äß £€',
    'Open 24/7, 1/2 price',
    '(24/7)',
    '3/2',
    'Ring 0800 496/7',
    '\u202e0800\u202c',
    'שלום \u200e0800',
    'Sent from my 0900 123 456',
    'Get Outlook for iOS<https://evil.com/o0ukef>',
    'a\ufffcb',
  ])('%j is left as it is', (text) => {
    expect(undoTransport(text).text).toBe(text);
  });

  it('without making digits or letters of ASCII, or taking away any but those of its own marks', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        '=3D',
        '=\r\n',
        '=C2=A3',
        '=31',
        '&#49;',
        '&#x37;',
        '&amp;',
        '&frac12;',
        '(1/2)',
        '[2/2]',
        '1/2 ',
        '\n> ',
        'Fwd: ',
        '0800',
        '9',
        ' ',
        '\n',
        'Â£',
        'â€™',
        '\u202d',
        '\u202c',
        '\nSent from my iPhone',
        'a.com',
        'https://b.com/',
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    );
    const digits = (text: string): string => text.replace(/[^0-9]/g, '');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        const { text: undone, joined } = undoTransport(text);
        expect(digits(undone).length).toBeLessThanOrEqual(digits(text).length);
        let at = 0;
        for (const digit of digits(undone)) {
          at = digits(text).indexOf(digit, at) + 1;
          expect(at, JSON.stringify([text, undone])).toBeGreaterThan(0);
        }
        expect(joined === null || !joined.includes(JOIN)).toBe(true);
        expect(undone.isWellFormed()).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    '=3D',
    '=\r\n',
    '&amp;',
    '&',
    '> ',
    '>',
    'Fwd: ',
    '(1/2)',
    '1/2 ',
    '1/2\n',
    'Ã©',
    'Â',
    '\u202d',
    '<br>',
    '<',
    '\n',
    ' ',
    '-',
    'Sent from my iPhone\n',
    '[.]',
    ' (dot) ',
    'https://',
    'https://a\n',
    'From: a\n',
    '--------',
    'hxxp',
    '\ufffc',
    '&#8217',
    'cont',
    '<https://',
    ' <https://a>',
    '(1/2)a',
    '\ufffe',
    '"',
    '(',
    '((',
    '*a',
    '*a* ',
    '_',
    '`',
    '**',
    '<div dir="ltr">',
    '<a href="https://a.com">',
    '<a href="https://a.com">b</a>',
    '08',
    '0800 496 0999<tel:',
    '08<tel:1',
    '[0800 496](tel:',
    'https://a.com (',
    'https://a.com(https://a.com)',
    '| ',
    '[EXTERNAL] ',
    'CAUTION: outside. ',
    'Today 12:34\n',
    '[image: logo]',
    '[image: a',
    '=20\n',
    '=0A',
    '=20',
    'â\ufffd',
    'a 1/2\n',
    '1/2: ',
    '\u0001',
    '&amp;amp;',
    '&#65533;',
  ])('%j again and again takes time that grows no faster than it', (part) => {
    const text = part.repeat(Math.ceil(65_536 / part.length));
    const start = process.cpuUsage();
    const { text: undone } = undoTransport(text);
    for (const more of [
      withoutEmphasis,
      withoutFrame,
      withSpacesDecoded,
      withoutForwardedHeaders,
      withBrokenLinksJoined,
      withLinksUnbracketed,
      withPartedLinksJoined,
      refanged,
    ])
      more(undone);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1_000).toBeLessThan(2_500);
  });
});

describe('letters that a way could not carry', () => {
  const SENT = 'Zoë’s “Café” card – renewed for £5.00 [now]. Ring 0800 496 0999 in Łódź, or wait 10–20 days…';
  it.each<[string, string]>([
    [
      'base letters and ASCII punctuation',
      'Zoe\'s "Cafe" card - renewed for £5.00 [now]. Ring 0800 496 0999 in Lodz, or wait 10-20 days...',
    ],
    ['question marks', 'Zo??s ?Caf?? card ? renewed for £5.00 [now]. Ring 0800 496 0999 in ??d?, or wait 10?20 days?'],
    ['nothing', 'Zos Caf card renewed for £5.00 [now]. Ring 0800 496 0999 in d, or wait 10-20 days'],
    [
      'replacement characters',
      'Zo\ufffd\ufffds \ufffdCaf\ufffd\ufffd card \ufffd renewed for £5.00 [now]. Ring 0800 496 0999 in \ufffd\ufffdd\ufffd, or wait 10\ufffd20 days\ufffd',
    ],
    [
      'signs without their escape',
      'Zoe\'s "Cafe" card - renewed for £5.00 <now>. Ring 0800 496 0999 in Lodz, or wait 10-20 days...',
    ],
    [
      'the pound by its name',
      'Zoe\'s "Cafe" card - renewed for GBP5.00 [now]. Ring 0800 496 0999 in Lodz, or wait 10-20 days...',
    ],
  ])('may have become %s', (_what, received) => {
    expect(damageBetween(SENT, received, 'whole')).toBe('same');
  });

  it.each<[string, string]>([
    [
      'a lost currency',
      'Zoe\'s "Cafe" card - renewed for ?5.00 [now]. Ring 0800 496 0999 in Lodz, or wait 10-20 days...',
    ],
    [
      'digits that come together',
      'Zoe\'s "Cafe" card - renewed for £5.00 [now]. Ring 0800 496 0999 in Lodz, or wait 1020 days...',
    ],
  ])('leave doubt about %s', (_what, received) => {
    expect(damageBetween(SENT, received, 'whole')).toBe('doubtful');
  });

  it.each<[string, string]>([
    ['another digit', SENT.replace('0999', '0998')],
    ['a lost digit', SENT.replace('0999', '099?')],
    ['another letter', SENT.replace('card', 'bard')],
    ['another word', SENT.replace('or wait', 'and wait')],
    ['another currency', SENT.replace('£', '$')],
    ['more', `${SENT} Ring 0900 123 456.`],
    ['less', SENT.slice(0, -20)],
    ['a letter with an accent that it had not', SENT.replace('card', 'cärd')],
    ['a mark from right to left', SENT.replace('496', '\u200f496')],
  ])('do not explain %s', (_what, received) => {
    expect(damageBetween(SENT, received, 'whole')).toBeNull();
  });

  it('explain a beginning and an ending, and nothing from the middle', () => {
    expect(damageBetween(SENT, 'Zoe?s "Cafe" card - renewed for', 'beginning')).not.toBeNull();
    expect(damageBetween(SENT, 'in Lodz, or wait 10-20 days...', 'ending')).not.toBeNull();
    for (const extent of ['beginning', 'ending', 'whole'] as const)
      expect(damageBetween(SENT, 'card - renewed for £5.00', extent)).toBeNull();
  });

  it("never stand for another value: no ASCII letter or digit comes, goes or changes place but those of a letter's own", () => {
    const text = fc
      .array(
        fc.oneof(
          fc.constantFrom('ë', 'ł', '’', '–', '…', '€', '£', '½', '²', '٤', '😀', ' ', '-', '[', '1', '2', 'a', 'e'),
          fc.string({ unit: 'grapheme', maxLength: 1 }),
        ),
        { minLength: 5, maxLength: 40 },
      )
      .map((parts) => parts.join('').normalize('NFC'));
    fc.assert(
      fc.property(text, text, (sent, received) => {
        const digits = (one: string): string => one.replace(/[^0-9]/g, '');
        if (damageBetween(sent, received, 'whole') === 'same') expect(digits(received)).toBe(digits(sent));
      }),
      { numRuns: 3_000 },
    );
    fc.assert(
      fc.property(text, fc.nat(), fc.constantFrom(...'0123456789'), (sent, place, digit) => {
        const at = place % (sent.length + 1);
        const [added, changed] = [
          sent.slice(0, at) + digit + sent.slice(at),
          sent.slice(0, at) + digit + sent.slice(at + 1),
        ];
        for (const received of [added, changed]) {
          fc.pre(received.isWellFormed() && sent.isWellFormed());
          if (received.normalize('NFC') !== sent)
            expect(damageBetween(sent, received, 'whole'), JSON.stringify([sent, received])).toBeNull();
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it.each(['ë', 'é😀', '–', 'a', '?', '[', ' ', '\ufdd1 ', '10–'])(
    '%j again and again takes time that grows no faster than it',
    (part) => {
      const sent = part.repeat(Math.ceil(20_000 / part.length)).slice(0, 20_000);
      const start = process.cpuUsage();
      for (const received of [sent, '?'.repeat(20_000), sent.replace(/[^ -~]/g, '?'), ''])
        for (const extent of ['whole', 'beginning', 'ending'] as const) damageBetween(sent, received, extent);
      const { user, system } = process.cpuUsage(start);
      expect((user + system) / 1_000).toBeLessThan(5_000);
    },
  );
});
