import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../policy/policy.js';
import { toE164 } from '../readers/number.js';
import { decideNoticeCheck } from './notice-check.policy.js';
import { readContent } from './notice-content.js';
import { compareNotice, compareWithBank } from './notice-matching.js';
import { bankAddresses } from './prepared-notices.js';

const LINK = 'https://northbank.example/cards?from=sms';
const TEXT = `Northbank: your new card is on its way. Use it by Friday or 1 December. Call 0800 496 0999 for 2 more cards or see ${LINK} and nothing else. Please never tell anybody your PIN.`;
const read = (text: string) => readContent({ sender: 'Northbank', text }, (number) => toE164(number, 'GB'));

/** The verdict where the bank sent one text, and another is asked about. */
function verdictOn(received: string, sent = TEXT): string {
  const known = { id: 'n', reference: 'RQM7-2D4F', content: read(sent) };
  const content = read(received);
  const bank = bankAddresses(DEFAULT_POLICY, [known]);
  const own = [compareNotice({ reference: null, content }, known, bank)];
  return decideNoticeCheck({
    own,
    onlyReference: false,
    elsewhere: false,
    unrecorded: false,
    ...compareWithBank(content, [known], bank.all),
  }).verdict;
}

const put = (was: string, is: string): string => TEXT.replace(was, is);

describe('marks of parts', () => {
  it.each([
    put('by Friday', 'by (1/12) Friday'),
    put('0800 496', '0800 (4/9) 496'),
    put('for 2 more', 'for [1/2] more'),
    put('for 2 more', 'for [1/2] 2 more'),
    put('Please', '\n10/12 Please'),
    put('1 December', '\n1/2 December'),
    put('1 December', '1\n1/2 December'),
    put('Friday', '<3/12> Friday'),
    `10/12 ${TEXT}`,
    `${TEXT} 1/2`,
    `(1/2) ${put('0800 496', '0800 (2/2) 496')}`,
    `(1/2) ${put('for 2', 'for 2 (2/2) 0')}`,
    put('December', 'December (1/2)'),
    put('PIN.', '(1/2) PIN.'),
    `${put('Friday', 'Friday (1/2)')} 2/2`,
    put('more', '2of3: more'),
  ])('that stand elsewhere than at the ends of all parts are never genuine: %j', (text) => {
    expect(verdictOn(text)).not.toBe('genuine');
  });

  it.each([
    put('Call', '(2/2) Call').replace(/^/, '(1/2) '),
    put(' Call', '(2/2)Call').replace(/^/, '(1/2)'),
    put(' Call', '\n2/2 Call').replace(/^/, '1/2 '),
    `${put(' Call', ' 1/2\nCall')} 2/2`,
    `1of2: ${put('Call', '\n2of2: Call')}`,
    `<1/2>${put('Call', '<2/2>Call')}`,
    `[1/2] ${put('nothing', 'no [2/2] thing')}`,
  ])('at the ends of all parts are genuine: %j', (text) => {
    expect(verdictOn(text)).toBe('genuine');
  });

  const [one, two, three] = [TEXT.slice(0, 40), TEXT.slice(40, 95), TEXT.slice(95)];
  it.each([
    `(2/3) ${two} (1/3) ${one} (3/3) ${three}`,
    `(1/3) ${one} (1/3) ${one} (2/3) ${two} (3/3) ${three}`,
    `(1/3) ${one} (3/3) ${three}`,
    `(2/3) ${two} (3/3) ${three}`,
    `(1/3) ${one} (2/3) ${two}`,
    `(2/3) ${two}`,
    `(3/3)${three}\n(1/3)${one}\n(2/3)${two}`,
    `1/3 ${one}\n3/3 ${three}`,
  ])('where parts are missing, came twice or in another order, make no fraud: %j', (text) => {
    expect(verdictOn(text)).toBe('unknown');
  });

  it.each([
    '(1/9) Northbank: your (3/9) card (5/9) tell anybody (9/9) your PIN.',
    `(1/3) ${one} (3/3) ${three.replace('for 2', 'for 3').replace('2 more', '3 more')}`,
    `(1/3) ${one} (3/3) ${three.replace('northbank', 'evil')}`,
    `(2/3) ${two.replace('0800', '0900')} (1/3) ${one} (3/3) ${three}`,
  ])('where parts are missing, and one was changed, are altered: %j', (text) => {
    expect(['altered', 'not_ours']).toContain(verdictOn(text));
  });
});

const whole = (before: string, after = before) => `${before}${TEXT}${after}`;
const link = (form: string): string => put(LINK, form.replaceAll('U', LINK));
const [GENUINE, UNKNOWN] = [['genuine'], ['genuine', 'unknown']];

describe('what people and programs put around a text', () => {
  it.each<[string, readonly string[]]>([
    [whole('"'), GENUINE],
    [whole('“', '”'), GENUINE],
    [whole("'"), GENUINE],
    [whole('‘', '’'), GENUINE],
    [whole('«', '»'), GENUINE],
    [whole('„', '“'), GENUINE],
    [whole('(', ')'), GENUINE],
    [whole('[', ']'), GENUINE],
    [whole('「', '」'), GENUINE],
    [whole('<', '>'), UNKNOWN],
    [whole('{', '}'), GENUINE],
    [whole('”'), GENUINE],
    [whole('*'), UNKNOWN],
    [whole('_'), UNKNOWN],
    [whole('**'), UNKNOWN],
    [whole('~'), UNKNOWN],
    [whole('`'), UNKNOWN],
    [whole('```\n', '\n```'), UNKNOWN],
    [whole('> "', '"'), GENUINE],
    [`"${TEXT}"\n\nSent from my iPhone`, GENUINE],
  ])('changes nothing: %j', (text, verdicts) => {
    expect(verdicts).toContain(verdictOn(text));
  });

  it.each<[string, readonly string[]]>([
    [link('<U>'), GENUINE],
    [link('"U"'), GENUINE],
    [link('(U)'), GENUINE],
    [link('“U”'), GENUINE],
    [link("'U'"), GENUINE],
    [link('[U]'), GENUINE],
    [link('*U*'), UNKNOWN],
    [link('_U_'), UNKNOWN],
    [link('**U**'), UNKNOWN],
    [link('`U`'), UNKNOWN],
    [link('U <U>'), GENUINE],
    [link('U (U)'), GENUINE],
    [link('U(U)'), UNKNOWN],
    [link('U [U]'), GENUINE],
    [link('<a href="U">U</a>'), GENUINE],
    [link('<a href=\'U\' target="_blank">U</a>'), GENUINE],
    [link('<A HREF="U" rel="noopener">U</A>'), GENUINE],
    [link('[U](U)'), GENUINE],
    [link('«U»'), GENUINE],
  ])('a link leads where it did: %j', (text, verdicts) => {
    expect(verdicts).toContain(verdictOn(text));
  });

  it.each([
    link('<a href="https://evil.example/">U</a>'),
    link('U (https://evil.example/)'),
    link('"https://evil.example/"'),
    link('(U/x)'),
    link('*U&to=1*'),
    link('<a href="U" href="https://evil.example">https://evil.example</a>'),
    link('U (https://northbank.example/other)'),
    link('<a href="https://northbank.example/other">U</a>'),
    put('0800 496 0999', '0800 496 0999<tel:09004960999>'),
    put('0800 496 0999', '[0800 496 0999](tel:09004960999)'),
    put('0800 496 0999', '<a href="tel:09004960999">0800 496 0999</a>'),
    put('0800 496 0999', '*0800 496 0998*'),
    put('0800 496 0999', '*21*0800 496 0999*'),
    put('Friday', '_Monday_'),
    `"${put('0999', '0998')}"`,
    `(${put('northbank', 'evil')})`,
  ])('is never genuine where something leads or rings elsewhere: %j', (text) => {
    expect(verdictOn(text)).not.toBe('genuine');
  });

  it.each<[string, readonly string[]]>([
    [put('0800 496 0999', '0800 496 0999<tel:08004960999>'), GENUINE],
    [put('0800 496 0999', '0800 496 0999 <tel:0800-496-0999>'), GENUINE],
    [put('0800 496 0999', '[0800 496 0999](tel:08004960999)'), GENUINE],
    [put('0800 496 0999', '<a href="tel:08004960999">0800 496 0999</a>'), GENUINE],
    [put('0800 496 0999', '0800 496 0999<tel:+448004960999>'), UNKNOWN],
    [put('0800 496 0999', '*0800 496 0999*'), UNKNOWN],
    [put('Friday', '_Friday_'), UNKNOWN],
    [put('Friday', '**Friday**'), UNKNOWN],
    [put('by Friday', '*by Friday*'), UNKNOWN],
    [put('PIN', '~PIN~'), UNKNOWN],
  ])('a number rings where it did: %j', (text, verdicts) => {
    expect(verdicts).toContain(verdictOn(text));
  });

  const [half, end, middle] = [TEXT.slice(0, 100), TEXT.slice(70), TEXT.slice(40, 140)];
  it.each([
    ...[
      ' [...]',
      ' (…)',
      ' (more)',
      ' See more',
      ' Read more...',
      ' <truncated>',
      '...',
      '…',
      ' …see more',
      '... more',
      ' [truncated]',
      ' [Message clipped]  View entire message',
      ' (truncated)',
      ' Show more',
      ' [cut]',
    ].map((mark) => half + mark),
    `...${end}`,
    `… ${end}`,
    `[...] ${end}`,
    `...${middle}...`,
    `…${middle}…`,
    `... ${middle} [...]`,
    `(…) ${middle} (more)`,
    `"...${middle}..."`,
  ])('a piece that is marked as one is incomplete: %j', (text) => {
    expect(verdictOn(text)).toBe('unknown');
  });

  it.each([
    `${half.replace('new', 'old')} [...]`,
    `...${middle.replace('0800', '0900')}...`,
    `${half} See more at https://evil.example`,
    `${half} (more 0900 123 456)`,
  ])('also where it was changed, it is not genuine: %j', (text) => {
    expect(['altered', 'not_ours']).toContain(verdictOn(text));
  });
});

describe('what programs do to letters', () => {
  const lined = TEXT.replace('. Call', '.\nCall').replace('. Please', '.\nPlease');
  it.each<[string, string]>([
    [lined, lined.replaceAll('\n', ' =20\n').replaceAll(' =20', '=20')],
    [lined, lined.replaceAll('\n', '=0A')],
    [lined, lined.replaceAll('\n', '=0D=0A')],
    [put('?from=sms', ''), put('?from=sms', '').replaceAll(' ', '=20')],
    [lined.replace('?from=sms', ''), lined.replace('?from=sms', '').replaceAll('\n', '=20\n')],
    [lined.replace('?from=sms', ''), lined.replace('?from=sms', '').replaceAll('\n', '=0A')],
    [lined.replace('?from=sms', ''), lined.replace('?from=sms', '').replaceAll('\n', '=0D=0A=\r\n')],
  ])('makes no fraud of %j: %j', (sent, text) => {
    const encoded = sent.includes('?from=') ? text.replace('?from=sms', '?from=3Dsms') : text;
    expect(UNKNOWN).toContain(verdictOn(encoded, sent));
  });

  const MARKED = TEXT.replace('Please', '“Please” – Zoë, it’s £5').replace('anybody', 'Á');
  const asLatin1 = Buffer.from(MARKED).toString('latin1');
  it.each([
    asLatin1,
    new TextDecoder('windows-1252').decode(Buffer.from(MARKED)),
    asLatin1.replace(
      /[\u0080-\u009f]/g,
      (byte) =>
        ({ '\u009d': '\ufffd', '\u0081': '\ufffd', '\u0080': '€', '\u0093': '“', '\u009c': 'œ', '\u0099': '™' })[
          byte
        ] ?? byte,
    ),
  ])('reads what was read as another encoding: %j', (text) => {
    expect(verdictOn(text, MARKED)).toBe('genuine');
  });

  it.each<[string, string]>([
    [MARKED.replace('£5', '£6'), MARKED],
    [`${TEXT} Pay £6.`, `${TEXT} Pay £5.`],
  ])('and finds what was changed: %j', (text, sent) => {
    expect(verdictOn(Buffer.from(text).toString('latin1'), sent)).toBe('altered');
  });
});

describe('what programs write beside a text', () => {
  const AND = TEXT.replace('. Please', '. Terms & conditions: R&D.\nPlease');
  it.each<[string, readonly string[]]>([
    [AND.replaceAll('&', '&amp;amp;'), GENUINE],
    [AND.replaceAll('&', '&amp;amp;amp;'), UNKNOWN],
    [`| ${AND.replaceAll('\n', '\n| ')}`, GENUINE],
    [`<div dir="ltr">${AND}</div>`, GENUINE],
    [`<div dir="auto">${AND.replace('\n', '<br class="">')}</div>`, GENUINE],
    [`<p class="MsoNormal">${AND}</p>`, GENUINE],
    [`[EXTERNAL] ${AND}`, GENUINE],
    [`[EXT] ${AND}`, GENUINE],
    [`[External Email] ${AND}`, GENUINE],
    [`EXTERNAL: ${AND}`, UNKNOWN],
    [`Re: [EXTERNAL] ${AND}`, UNKNOWN],
    [
      `CAUTION: This email originated from outside of the organization. Do not click links or open attachments unless you recognize the sender and know the content is safe.\n\n${AND}`,
      UNKNOWN,
    ],
    [`CAUTION: This email came from outside. Do not click links. ${AND}`, UNKNOWN],
    [`WARNING: External sender\n${AND}`, UNKNOWN],
    [`This message is from an external sender.\n${AND}`, UNKNOWN],
    [`Today 12:34\n${AND}`, UNKNOWN],
    [`Yesterday, 09:05 ${AND}`, UNKNOWN],
    [`${AND}\nToday 12:34`, UNKNOWN],
    [`[12:34, 01/12/2026] Northbank: ${AND}`, UNKNOWN],
    [`01/12/2026, 12:34 - Northbank: ${AND}`, UNKNOWN],
    [`[01/12/2026, 12:34:56] Northbank: ${AND}`, UNKNOWN],
    [`SMS from NORTHBANK: ${AND}`, UNKNOWN],
    [`Text message from Northbank\n${AND}`, UNKNOWN],
    [`Message from NORTHBANK:\n${AND}`, UNKNOWN],
    [`Tuesday 1 December 12:34\n${AND}`, UNKNOWN],
    [`Tue, 1 Dec, 12:34\n${AND}`, UNKNOWN],
    [`Delivered\n${AND}`, UNKNOWN],
    [`[image: logo] ${AND}`, UNKNOWN],
    [`[image: Northbank]\n${AND}\n[image: footer]`, UNKNOWN],
    [`[cid:image001.png@01D9] ${AND}`, UNKNOWN],
    [`![logo] ${AND}`, UNKNOWN],
    [`Text Message\nToday 12:34\n${AND}`, UNKNOWN],
  ])('makes no fraud: %j', (text, verdicts) => {
    expect(verdicts, verdictOn(text, AND)).toContain(verdictOn(text, AND));
  });

  it.each([
    `CAUTION: ring 0900 123 456 first.\n\n${AND}`,
    `[12:34, 01/12/2026] Northbank: ${AND.replace('0999', '0998')}`,
    `[image: logo] ${AND.replace('northbank.example/', 'evil.example/')}`,
    `[EXTERNAL] ${AND.replace('2 more', '3 more')}`,
    `SMS from 0900 123 456: ${AND.replace('Friday', 'Monday')}`,
    `CAUTION: see https://evil.example/ ${AND}`,
    `[image: ring 0900 123 456] ${AND}`,
    `<div style="display:none">${AND}</div>ring 0900 123 456`,
    `Today 12:34 ring 0900 123 456\n${AND}`,
    `[EXTERNAL ring 0900 123 456] ${AND}`,
  ])('and hides nothing: %j', (text) => {
    expect(verdictOn(text, AND)).toBe('altered');
  });
});
