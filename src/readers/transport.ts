import { decodeHTMLStrict } from 'entities';
import { JOIN, withoutPartMarks } from './message-parts.js';
import { mayAct, receivable } from './strays.js';
import { unquoted, withoutMarkup } from './surroundings.js';

/** A text without what the ways that it took did to it. */
export interface Undone {
  readonly text: string;
  /** The same where the parts of the message are joined without anything between them; null for a message in one part. */
  readonly joined: string | null;
  /** With parts put in order, and marks of parts left out, that could have been meant otherwise; null where there are none. */
  readonly guessed: string | null;
}

/** Stands for a picture that was pasted with the text. */
const ATTACHMENT = /(?<=^|\s)\ufffc|\ufffc(?=\s|$)/gu;
/**
 * Undoes what mail programs, gateways and phones do to a text on the way. Each step is taken only where its form is exact,
 * makes no digit and no letter of ASCII, and takes none away but the marks of parts. Never throws; linear in the length.
 */
export function undoTransport(text: string): Undone {
  const received = receivable(text).replace(ATTACHMENT, '');
  const decoded = receivable(mended(decodeEntities(withoutMarkup(decodeQuotedPrintable(received)))));
  const whole = withoutWrapping(withoutIdleDirections(decoded));
  const parted = withoutPartMarks(whole);
  const unparted = parted && withoutWrapping(parted.text);
  if (!parted?.isCertain) return { text: whole, joined: null, guessed: unparted };
  return { text: unparted!, joined: unparted!.includes(JOIN) ? joinedOf(unparted!) : null, guessed: null };
}

const MOST_WRAPPINGS = 3;

/** The text without what was put around all of it, one around the other. */
function withoutWrapping(text: string): string {
  let [bare, last] = [text, ''];
  for (let round = 0; round < MOST_WRAPPINGS && bare !== last; round += 1)
    [last, bare] = [bare, unquoted(withoutFooter(withoutQuoteMarks(bare)))];
  return bare;
}

function joinedOf(text: string): string {
  return text
    .split(JOIN)
    .map((part, index) => (index === 0 ? part.trimEnd() : part.trim()))
    .join('');
}

const ESCAPE = /=(?:\r?\n|[0-9A-F]{2})/gi;
const DECODABLE = /^=(?:\r?\n|3D|20|09|0[AD]|2E|[89A-F][0-9A-F])$/i;

/** A line break that is none, an equals sign, a letter in UTF-8; or a byte in a word that is no link. */
const EVIDENCE = new RegExp(
  ['=\\r?\\n|=3D|=[CD][0-9A-F]=[89AB][0-9A-F]|=E[0-9A-F](?:=[89AB][0-9A-F]){2}|=F[0-4](?:=[89AB][0-9A-F]){3}']
    .flatMap((escapes) => [escapes, escapes.replace(/[A-F]/g, (digit) => digit.toLowerCase())])
    .concat('(?:^|\\s)[^\\s=/?]{0,64}=[A-F][0-9A-F]')
    .join('|'),
);

/** Quoted-printable (RFC 2045 section 6.7), where every equals sign in the text belongs to it, and one could belong to nothing else. */
function decodeQuotedPrintable(text: string): string {
  const escapes = text.match(ESCAPE) ?? [];
  if (
    escapes.length === 0 ||
    escapes.length !== count(text, '=') ||
    !escapes.every((escape) => DECODABLE.test(escape)) ||
    !EVIDENCE.test(text)
  )
    return text;
  return text
    .replace(/=\r?\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/gi, (run) => decodeBytes(Buffer.from(run.replaceAll('=', ''), 'hex')));
}

/** Quoted-printable of a text in ASCII, of which nothing but white space was encoded; null where nothing says so. */
export function withSpacesDecoded(text: string): string | null {
  const escapes = text.match(ESCAPE) ?? [];
  const isAll = escapes.length === count(text, '=') && escapes.every((escape) => DECODABLE.test(escape));
  const isSigned = /=20\s*$|=20\r?\n|=0[AD]/i.test(text) || (escapes.length > 2 && !text.includes(' '));
  return escapes.length > 0 && isAll && isSigned
    ? text
        .replace(/=\r?\n/g, '')
        .replace(/=(20|09|0[AD]|3D|2E)/gi, (_all, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
    : null;
}

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

const UTF_8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** Bytes from 80 to 9F in Windows-1252 (WHATWG Encoding); Node 20 reads them as controls. Above those it is ISO 8859-1. */
const FROM_80 =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';
const BYTES_OF_1252 = new Map([
  ...Array.from(
    { length: 128 },
    (_none, index) => [FROM_80[index] ?? String.fromCharCode(0x80 + index), 0x80 + index] as const,
  ),
  ...Array.from({ length: 32 }, (_none, index) => [String.fromCharCode(0x80 + index), 0x80 + index] as const),
]);

function decodeBytes(bytes: Uint8Array): string {
  try {
    return UTF_8.decode(bytes);
  } catch {
    return Buffer.from(bytes)
      .toString('latin1')
      .replace(/[\u0080-\u009f]/g, (byte) => FROM_80[byte.charCodeAt(0) - 0x80]!);
  }
}

const MOST_ENCODED = 3;
const ENTITY = /&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});/gi;
/** An encoder has no reason to write these as entities, and each could be an acting value. */
const KEPT_AS_ENTITY = /^[\p{Nd}a-z]/iu;
/** A reference that is none is decoded as this too. */
const REPLACEMENT = /^&#(?:65533|xfffd);$/i;

/** HTML character references (HTML section 13.2.5.72), but for letters and digits of ASCII; also where they were encoded again. */
function decodeEntities(text: string): string {
  let decoded = text;
  for (let round = 0, last = ''; round < MOST_ENCODED && decoded !== last; round += 1)
    [last, decoded] = [decoded, decodeEntitiesOnce(decoded)];
  return decoded;
}

function decodeEntitiesOnce(text: string): string {
  return text.replace(ENTITY, (entity) => {
    const decoded = decodeHTMLStrict(entity);
    return KEPT_AS_ENTITY.test(decoded) || (decoded.includes('\ufffd') && !REPLACEMENT.test(entity)) ? entity : decoded;
  });
}

const MISREAD = new RegExp(
  `[${[...BYTES_OF_1252.keys()].map((character) => `\\u{${character.codePointAt(0)!.toString(16)}}`).join('')}]{2,}`,
  'gu',
);

const CONTINUATION = `[${FROM_80}\u0080-\u00bf\ufffd]`;
/** Five bytes say nothing in Windows-1252: a letter of which one is lost. */
const MISREAD_AND_LOST = new RegExp(
  `[\u00c2-\u00df]\ufffd|(?=[\u00e0-\u00ef].?\ufffd)[\u00e0-\u00ef]${CONTINUATION}{2}|(?=[\u00f0-\u00f4].{0,2}\ufffd)[\u00f0-\u00f4]${CONTINUATION}{3}`,
  'gu',
);

/** UTF-8 that was read as Windows-1252 or ISO 8859-1: `Â£`, `â€™`. */
function mended(text: string): string {
  return text.replace(MISREAD_AND_LOST, '\ufffd').replace(MISREAD, (run) => {
    try {
      return UTF_8.decode(Uint8Array.from([...run], (character) => BYTES_OF_1252.get(character)!));
    } catch {
      return run;
    }
  });
}

const QUOTE_MARKS = /^(?:[ \t]?[>|])+ ?/gm;
const FORWARDED =
  /^\s*(?:(?:fwd?|fw|re|aw|wg|tr|rv|i)[ \u00a0]?:\s*|\[ext(?:ernal)?(?: (?:e-?mail|sender|message))?\]:?\s*){1,4}/i;

function withoutQuoteMarks(text: string): string {
  return text.replace(QUOTE_MARKS, '').replace(FORWARDED, '').replace(QUOTE_MARKS, '');
}

const PHONES =
  'iPhone|iPad|Android(?: phone| device)?|(?:Samsung )?Galaxy(?: smartphone)?|Samsung mobile|BlackBerry(?: device)?|Windows Phone|mobile(?: device| phone)?|phone';
const PROGRAMS =
  'Outlook for (?:iOS|Android|Mac)|Mail for Windows(?: 10)?|Yahoo Mail(?: on (?:iPhone|Android))?|Gmail Mobile|Proton Mail for (?:iOS|Android)';
const OUTLOOK = 'Get Outlook for (?:iOS|Android)(?:\\s*[<(]https:\\/\\/aka\\.ms\\/[A-Za-z0-9]{3,12}[>)])?';
const OTHERS =
  'Von meinem iPhone gesendet|Gesendet von meinem iPhone|Envoyé de mon iPhone|Enviado desde mi iPhone|Inviato da iPhone|Tap to load preview';
const FOOTER = new RegExp(
  `\\s*(?:^|\\n)(?:--[ \\t]*\\r?\\n)?(?:Sent from (?:my (?:${PHONES})|${PROGRAMS})|${OUTLOOK}|${OTHERS})\\.?\\s*$`.replace(
    / (?!\\)/g,
    '\\s+',
  ),
  'i',
);
const MOST_FOOTERS = 3;

/** The text without what a phone or a mail program writes below, word for word. */
export function withoutFooter(text: string): string {
  let bare = text;
  for (let round = 0; round < MOST_FOOTERS; round += 1) {
    const tail = bare.slice(-200);
    const found = FOOTER.exec(tail);
    if (found === null) break;
    bare = bare.slice(0, bare.length - tail.length + found.index);
  }
  return bare;
}

const LEFT_TO_RIGHT_SCRIPTS = [
  'Common',
  'Inherited',
  'Latin',
  'Greek',
  'Cyrillic',
  'Armenian',
  'Georgian',
  'Han',
  'Hiragana',
  'Katakana',
  'Hangul',
  'Bopomofo',
  'Devanagari',
  'Bengali',
  'Gurmukhi',
  'Gujarati',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Sinhala',
  'Thai',
  'Lao',
  'Khmer',
  'Myanmar',
  'Ethiopic',
];
const ALL_LEFT_TO_RIGHT = new RegExp(
  `^[${LEFT_TO_RIGHT_SCRIPTS.map((script) => `\\p{Script=${script}}`).join('')}]*$`,
  'u',
);
const RIGHT_TO_LEFT_MARKS = /[\u061c\u200f\u202b\u202e\u2067]/;
const LEFT_TO_RIGHT_MARKS = /[\u200e\u202a\u202c\u202d\u2066\u2068\u2069]+/gu;
const MOST_WORD = 32;

/** Phones put marks of left-to-right around numbers; where all else goes that way too, they change nothing. */
function withoutIdleDirections(text: string): string {
  return RIGHT_TO_LEFT_MARKS.test(text) || !ALL_LEFT_TO_RIGHT.test(text)
    ? text
    : text.replace(LEFT_TO_RIGHT_MARKS, (marks, at: number) =>
        standsWithin(text, at, at + marks.length) ? marks : '',
      );
}

/** Whether a mark stands within a word, or between two that could be one number or code. */
function standsWithin(text: string, start: number, end: number): boolean {
  const [, before, space] = /(\S*)(\s*)$/.exec(text.slice(Math.max(0, start - MOST_WORD), start)) as unknown as [
    string,
    string,
    string,
  ];
  const [, gap, after] = /^(\s*)(\S*)/.exec(text.slice(end, end + MOST_WORD)) as unknown as [string, string, string];
  if (space + gap !== '') return mayAct(before) && mayAct(after);
  return (
    before !== '' &&
    after !== '' &&
    !/[([{<"'\u2018\u201c]$/.test(before) &&
    !/^[)\]}>"'\u2019\u201d.,;:!?]+$/.test(after)
  );
}

const IN_ADDRESS = /[/@]|^\W{0,3}(?:https?:?|htt?|h|www\.\S*)$/i;

/** The text with parts of one address whole, and a mark between all other parts; null where none was parted. */
export function withPartedLinksJoined(text: string): string | null {
  let [whole, word] = ['', ''];
  for (const piece of text.split(JOIN)) {
    const isInAddress = IN_ADDRESS.test(word) && /^\S/.test(piece);
    whole += whole === '' || isInAddress ? piece : JOIN + piece;
    const words = piece.split(/\s/u);
    word = (isInAddress && words.length === 1 ? word : '') + words.at(-1)!;
  }
  return whole === text ? null : whole;
}

/** Quotation marks, dashes and ellipses as ASCII has them. */
export function plainPunctuation(text: string): string {
  return text
    .replace(/[\u2018\u2019\u201a\u201b\u2032\u02bc`\u00b4]/gu, "'")
    .replace(/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/gu, '"')
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replaceAll('\u2026', '...');
}

const HEADER =
  /^(?:-{2,}.{0,60}-{2,}|Begin forwarded message:|On .{6,80} wrote:|\*?(?:From|Sent|Date|To|Cc|Subject|Reply-To|Von|Gesendet|Datum|An|Betreff|De|Envoyé|Objet|À|Para|Asunto|Fecha|Da|Oggetto|Data)\s?:\*?.{0,300})$/i;
const MOST_HEADERS = 12;
const MOST_HEADER = 400;

/** The text without the lines above it that a mail program writes when it forwards; null where there are none. Their words are anybody's. */
export function withoutForwardedHeaders(text: string): string | null {
  const lines = text.split('\n');
  let last = -1;
  for (let at = 0, headers = 0; at < lines.length && headers <= MOST_HEADERS; at += 1) {
    const line = lines[at]!.trim();
    if (line === '') continue;
    if (line.length > MOST_HEADER || !HEADER.test(line)) break;
    headers += 1;
    last = at;
  }
  return last === -1 ? null : lines.slice(last + 1).join('\n');
}

/** The text with links whole that a mail program broke at the end of a line; null where there are none. */
export function withBrokenLinksJoined(text: string): string | null {
  const joined = text.replace(/(https?:\/\/[^\s<>"]{4,2000})\r?\n(?=[^\s<>"])/gi, '$1');
  return joined === text ? null : joined;
}

const DEFANGED = /\bh(?:xx|\*\*|__|tt)p(s?)(?:\[:\]|\(:\)|:|\[:\/\/\])(\/\/)?/gi;

/** The text with links as they were before somebody made them harmless: `hxxps://evil[.]com`. Null where there are none. */
export function refanged(text: string): string | null {
  const live = text
    .replace(/\[:\/\/\]/g, '://')
    .replace(DEFANGED, (_whole, secure: string, slashes = '') => `http${secure}:${slashes}`)
    .replace(/ ?(?:\[(?:\.|dot)\]|\((?:\.|dot)\)|\{(?:\.|dot)\}) ?/gi, '.')
    .replace(/\[\/\]/g, '/')
    .replace(/ ?[[({](?:@|at)[\])}] ?/gi, '@');
  return live === text ? null : live;
}
