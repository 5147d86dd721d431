import { decodeEntities, decodeQuotedPrintable, mended } from './encodings.js';
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
