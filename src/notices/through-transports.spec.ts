import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../policy/policy.js';
import { toE164 } from '../readers/number.js';
import { decideNoticeCheck, type NoticeCheckVerdict } from './notice-check.policy.js';
import { type Message, readContent } from './notice-content.js';
import { compareNotice, compareWithBank } from './notice-matching.js';
import { bankAddresses } from './prepared-notices.js';

const LINK = 'https://northbank.example/cards?from=sms';
const TEXT = `Northbank: Zoë’s new “card” is on its way – we charge £5.00 (not €6) & no more. See ${LINK}, write to help@northbank.example or ring 0800 496 0999.\nWe never ask for your PIN… Northbank plc, 1 Street.`;

const read = (message: Message) => readContent(message, (text) => toE164(text, 'GB'));
const notice = (sent: Message) => ({ id: 'n', reference: 'RQM7-2D4F', content: read(sent) });

function check(sent: Message, message: Message): NoticeCheckVerdict {
  const [known, content] = [notice(sent), read(message)];
  const bank = bankAddresses(DEFAULT_POLICY, [known]);
  return decideNoticeCheck({
    own: [compareNotice({ reference: null, content }, known, bank)],
    onlyReference: false,
    elsewhere: false,
    unrecorded: false,
    ...compareWithBank(content, [known], bank.all),
  });
}

const quotedPrintable = (text: string): string =>
  Array.from(Buffer.from(text), (byte) =>
    byte === 0x0a
      ? '\r\n'
      : byte < 0x20 || byte > 0x7e || byte === 0x3d
        ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCharCode(byte),
  )
    .reduce<string[]>(
      (lines, piece) => {
        if ((lines.at(-1)! + piece).length > 75 && piece !== '\r\n') lines.push(piece);
        else lines[lines.length - 1] += piece;
        return lines;
      },
      [''],
    )
    .join('=\r\n');
const entities = (text: string): string =>
  text.replace(
    /[&<>"]|[^\p{ASCII}]/gu,
    (one) =>
      ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '£': '&pound;', '€': '&euro;' })[one] ??
      `&#${one.codePointAt(0)};`,
  );
const wrap =
  (prefix: string, tail: string) =>
  (text: string): string =>
    text.replace(/https:\/\/[^\s,<>[\]()"]+/g, (link) => `${prefix}${encodeURIComponent(link)}${tail}`);
const lost =
  (by: string) =>
  (text: string): string =>
    text
      .normalize('NFC')
      .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
      .replace(/[^\p{ASCII}£€]/gu, by);

const beside =
  (form: (link: string) => string) =>
  (text: string): string =>
    /[<[("]https:/.test(text) ? text : text.replace(/(?<!\S)https:\/\/[^\s<>]*[^\s<>,]/g, form);

/** Ways that a message takes; one after the other they lose nothing that cannot be told. */
const WAYS: Record<string, (text: string) => string> = {
  base: (text) =>
    text
      .normalize('NFD')
      .replace(/\p{M}/gu, '')
      .replace(/[‘’]/g, "'")
      .replace(/[“”]/g, '"')
      .replace(/–/g, '-')
      .replace(/…/g, '...'),
  decomposed: (text) => text.normalize('NFD'),
  invisible: (text) =>
    text.replace(/https?:\/\/\S+|\S+@\S+|(\w{4})/g, (all, word) => (word ? `${word}\ufeff\u200b` : all)),
  spaces: (text) => text.replaceAll(' ', '\u00a0'),
  lines: (text) => text.replace(/ (?!&)/g, '\r\n'),
  doubled: (text) => text.replaceAll(' ', '  '),
  questions: lost('?'),
  nothing: lost(''),
  replacement: lost('\ufffd'),
  quotedPrintable,
  entities,
  misread: (text) =>
    Buffer.from(text)
      .toString('latin1')
      .replace(/[\u0080-\u009f]/g, (byte) =>
        new TextDecoder('windows-1252').decode(Uint8Array.of(byte.charCodeAt(0)), { stream: true }),
      ),
  outlook: wrap('https://eur01.safelinks.protection.outlook.com/?url=', '&data=05%7C01&sdata=x&reserved=0'),
  google: wrap('https://www.google.com/url?q=', '&sa=D'),
  barracuda: wrap('https://linkprotect.cudasvc.com/url?a=', '&c=E,1,x&typo=1'),
  facebook: wrap('https://l.facebook.com/l.php?u=', '&h=AT0x'),
  proofpoint2: (text) =>
    text.replace(
      /https:\/\/[^\s,<>[\]()"]+/g,
      (link) =>
        `https://urldefense.proofpoint.com/v2/url?u=${encodeURIComponent(link).replaceAll('-', '%2D').replaceAll('_', '%5F').replaceAll('%', '-').replaceAll('-2F', '_')}&d=DwMF`,
    ),
  proofpoint3: (text) =>
    text.replace(/https:\/\/[^\s,<>[\]()"]+/g, (link) => `https://urldefense.com/v3/__${link}__;!!AbC-d_e!Xyz$`),
  beside: beside((link) => `${link}<${link}>`),
  behind: beside((link) => `${link} [${link}]`),
  enclosed: beside((link) => `<${link}>`),
  reply: (text) => `RE: ${text.replaceAll('\n', '\n> ')}`,
  quoted: (text) => `> ${text.replaceAll('\n', '\n> ')}`,
  phone: (text) => `${text}\n\nSent from my iPhone`,
  preview: (text) => `${text}\nTap to load preview`,
  marked: (text) => `\u2068${text}\u2069`,
  held: beside((link) => `"${link}"`),
  bracketed: beside((link) => `(${link})`),
  again: beside((link) => `${link} (${link})`),
  anchor: beside((link) => `<a href="${link}">${link}</a>`),
  quotation: (text) => `“${text}”`,
  inBrackets: (text) => `[${text}]`,
  external: (text) => `[EXTERNAL] ${text}`,
  bars: (text) => `| ${text.replaceAll('\n', '\n| ')}`,
  set: (text) => `<div dir="ltr">${text}</div>`,
  called: (text) => text.replace(/0800 496 0999(?!<)/, '0800 496 0999<tel:08004960999>'),
  parts: (text) => `(1/3) ${text.slice(0, 40)} (2/3) ${text.slice(40, 90)} (3/3) ${text.slice(90)}`,
};
/** Each of these is taken last: what was encoded is not changed again. */
const LAST = new Set(['quotedPrintable', 'entities', 'misread']);
/** Where one of these goes first, the other does not cut through what it added: no way does. */
const ADDS = new Set(['anchor', 'called', 'external', 'set']);
const cutsThrough = (one: string, other: string): boolean =>
  ADDS.has(one) && (['invisible', 'parts'].includes(other) || one === other);

describe('a message that came by any way', () => {
  it.each(Object.keys(WAYS))('is genuine by that of %s', (way) => {
    expect(check({ text: TEXT }, { text: WAYS[way]!(TEXT) }), WAYS[way]!(TEXT)).toMatchObject({ verdict: 'genuine' });
  });

  it('cannot be told by one that puts something into its links', () => {
    expect(check({ text: TEXT }, { text: TEXT.replace(/(\w{3})/g, '$1\u200b') })).toMatchObject({
      verdict: 'unknown',
      reason: 'damaged',
    });
  });

  it('is genuine or unknown by two of them, and never called a fraud', () => {
    const seen: Record<string, string[]> = { genuine: [], unknown: [] };
    for (const one of Object.keys(WAYS).filter((way) => !LAST.has(way))) {
      for (const other of Object.keys(WAYS).filter((way) => !cutsThrough(one, way))) {
        const { verdict } = check({ text: TEXT }, { text: WAYS[other]!(WAYS[one]!(TEXT)) });
        (seen[verdict] ??= []).push(`${one}, ${other}`);
      }
    }
    expect(Object.keys(seen), JSON.stringify({ ...seen, genuine: [] })).toEqual(['genuine', 'unknown']);
    expect(seen.genuine!.length).toBeGreaterThan(5 * seen.unknown!.length);
  });

  it('is never genuine where something in it leads, rings or pays elsewhere', () => {
    const others: [string, string][] = [
      ['0800 496 0999', '0800 496 0998'],
      ['0800 496', '0900 496'],
      ['£5.00', '£50.00'],
      ['£5.00', '$5.00'],
      ['€6', '€9'],
      ['help@northbank', 'help@northbenk'],
      ['northbank.example/cards', 'northbank.example.evil.com/cards'],
      ['northbank.example/cards', 'north-bank.example/cards'],
      ['https://northbank', 'http://northbank'],
      ['/cards?', '/card?'],
      ['from=sms', 'from=sms&to=1'],
      ['northbank.example/cards', 'northbank.example:8443/cards'],
      ['northbank.example/cards', 'northbank.example@evil.com/cards'],
      ['northbank.example/cards', 'n\u043erthbank.example/cards'],
      ['1 Street', '2 Street'],
      ['never ask', 'ask'],
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...others),
        fc.constantFrom(...Object.keys(WAYS).filter((way) => !LAST.has(way))),
        fc.constantFrom(...Object.keys(WAYS)),
        ([was, is], one, other) => {
          const text = WAYS[other]!(WAYS[one]!(TEXT.replace(was, is)));
          expect(check({ text: TEXT }, { text }).verdict, text).not.toBe('genuine');
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it.each(['L<M>', 'L <M>', 'L [M]', '[L](M)'])(
    'is never genuine with another of its links behind one, or behind other words: %s',
    (form) => {
      const [stop, pay] = ['https://northbank.example/stop', 'https://northbank.example/pay'];
      const put = (words: string, link: string): string => form.replace('L', words).replace('M', link);
      const message = (one: string, other: string): string =>
        `Northbank: to keep your card see ${one} now, or for the new one ${other} before Monday.`;
      expect(check({ text: message(stop, pay) }, { text: message(put(stop, stop), put(pay, pay)) })).toMatchObject({
        verdict: 'genuine',
      });
      expect(check({ text: message(stop, pay) }, { text: message(put(stop, pay), put(pay, stop)) }).verdict).not.toBe(
        'genuine',
      );
      const sent = { text: message(put('stop it', stop), put('pay it', pay)) };
      expect(check(sent, sent)).toMatchObject({ verdict: 'genuine' });
      expect(check(sent, { text: message(put('stop it', pay), put('pay it', stop)) }).verdict).not.toBe('genuine');
      expect(check(sent, { text: message(put('stop it', pay), 'pay it') }).verdict).not.toBe('genuine');
    },
  );

  it('is never genuine with a wrapper that leads elsewhere, or with its links changed about', () => {
    const two = `Northbank: stop it at https://northbank.example/stop or pay at https://northbank.example/pay before Monday, please.`;
    expect(check({ text: two }, { text: two })).toMatchObject({ verdict: 'genuine' });
    expect(
      check({ text: two }, { text: two.replace('/stop', '/x').replace('/pay', '/stop').replace('/x', '/pay') }),
    ).toMatchObject({
      verdict: 'altered',
      differences: [
        { field: 'link', how: 'path' },
        { field: 'link', how: 'path' },
      ],
    });
    fc.assert(
      fc.property(
        fc.constantFrom('outlook', 'google', 'barracuda', 'facebook', 'proofpoint2', 'proofpoint3', 'beside'),
        fc.webUrl({ withQueryParameters: true }),
        (way, url) => {
          fc.pre(!/[\s,]/.test(url));
          expect(check({ text: TEXT }, { text: WAYS[way]!(TEXT.replace(LINK, url)) }).verdict).not.toBe('genuine');
          const named = TEXT.replace(LINK, `${LINK}<${WAYS[way]!(url)}>`);
          expect(check({ text: TEXT }, { text: named }).verdict, named).not.toBe('genuine');
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('an altered message', () => {
  it('always says in what, and never shows the same twice', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Northbank',
        ' ',
        '  ',
        '\n',
        'your card',
        '£5',
        '0800 496 0999',
        LINK,
        'https://evil.com/',
        'help@northbank.example',
        'x.It',
        '\ufeff',
        '\u200b',
        '\u200f',
        '\ufffd',
        'ë',
        'e',
        '’',
        "'",
        '–',
        '-',
        '(1/2)',
        '&amp;',
        '&',
        '=3D',
        '> ',
        'GB33BUKB20201555555555',
        '٤',
        '4',
      ),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
      fc.string({ unit: 'binary', maxLength: 2 }),
    );
    const text = fc.array(piece, { minLength: 8, maxLength: 30 }).map((pieces) => pieces.join(' '));
    const edit = fc.array(fc.record({ at: fc.nat(40), piece }), { maxLength: 3 });
    let altered = 0;
    fc.assert(
      fc.property(text, edit, (sent, edits) => {
        const words = sent.split(' ');
        for (const { at, piece: put } of edits) words.splice(at % (words.length + 1), at % 3, put);
        const { verdict, differences } = check({ text: sent }, { text: words.join(' ') });
        if (verdict !== 'altered') return;
        altered += 1;
        expect(differences.length).toBeGreaterThan(0);
        for (const { field, received, sent: was } of differences)
          if (field !== 'sender') expect(received, JSON.stringify([sent, words.join(' '), differences])).not.toBe(was);
      }),
      { numRuns: 3_000 },
    );
    expect(altered).toBeGreaterThan(300);
  });

  it('is none by what was not registered: a notice without text, whatever words stand in the message', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        'Dear Ms Okafor.Your',
        'No.1 St.James',
        '您好。卡片',
        'a.okafor@mail.example',
        'help@northbank.example',
        'www.northbank.example',
        'Monday.Help',
        'Dr.med.Weber',
        '20-20-15 55555555',
        LINK,
        '1.2.3.4',
        'S.A.',
        '£5.00',
        '\ufeff',
      ),
      fc.stringMatching(/^[A-Z][a-z]{2,8}$/),
      fc.constantFrom('.', ' ', '\n', '。'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const answer = check({ links: [LINK] }, { text: `${pieces.join(' ')} ${LINK}` });
        expect(answer, pieces.join(' ')).toMatchObject({ verdict: 'unknown', differences: [] });
      }),
      { numRuns: 2_000 },
    );
  });
});
