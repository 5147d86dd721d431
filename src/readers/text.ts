import { CONFUSABLES } from './confusables-table.js';

const PROTOTYPES = new Map(
  CONFUSABLES.flatMap(([prototype, lookalikes]) => [...lookalikes].map((lookalike) => [lookalike, prototype] as const)),
);

// Direction marks are invisible and still decide in which order digits are shown, so they are kept: a text that has them is another text.
const INVISIBLE = /(?!\p{Bidi_Control})\p{Default_Ignorable_Code_Point}|[^\P{Cc}\t\n\v\f\r\u0085]/gu;
/** The last is a letter of Braille without a dot. */
const WHITE_SPACE = /[\s\u0085\u2800]+/gu;

/** A text without what nobody sees: zero-width characters, variation selectors, tags, controls; well formed. */
export function visible(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, '');
}

/**
 * Whether no character of a text is merely another way to write another: `K` (kelvin) for `K`, full-width and styled
 * letters, ligatures. Accents may be composed or not.
 */
export function standsForItself(text: string): boolean {
  for (const character of text) if (character.normalize('NFKC') !== character) return false;
  return true;
}

/**
 * What a text looks like (UTS #39 section 4, after NFKC): two texts with the same skeleton cannot be told apart by eye.
 * Only for finding what poses as something else. That two skeletons are the same never shows that two texts are: digits
 * of other systems, and letters that look like digits, are one here and act as another.
 */
export function skeleton(text: string): string {
  return lookOf(visible(text), false);
}

function lookOf(text: string, keepsCurrency: boolean): string {
  let mapped = '';
  const isAscii = ASCII.test(text);
  for (const character of isAscii ? text : text.normalize('NFKC').normalize('NFD')) {
    const prototype = PROTOTYPES.get(character);
    mapped += prototype === undefined || (keepsCurrency && CURRENCY.test(character)) ? character : prototype;
  }
  return isAscii ? mapped : mapped.normalize('NFD');
}

/** Small capitals, and letters in black circles and squares and of flags, beside what NFKC folds: each in the order of the alphabet. */
const SMALL_CAPITALS =
  '\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18\ua7af\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21 \u028f\u1d22';
const FIRST_STYLED = [0x1f150, 0x1f170, 0x1f1e6];
const STYLED =
  /[\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f\u1d00-\u1d22\ua730\ua731\ua7af\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}]/gu;

/** A text with plain letters for those in a style, as people read them. Only for finding what poses as something else. */
export function foldStyle(text: string): string {
  return visible(text)
    .normalize('NFKC')
    .replace(STYLED, (styled) => {
      const code = styled.codePointAt(0)!;
      const first = FIRST_STYLED.find((start) => code >= start && code < start + 26);
      const place = first === undefined ? SMALL_CAPITALS.indexOf(styled) : code - first;
      return place < 0 ? styled : String.fromCharCode(0x41 + place);
    });
}

/** Its prototypes are ASCII too, but for the sign for percent. */
const ASCII = /^[^\P{ASCII}%]*$/u;
const CURRENCY = /\p{Sc}/u;
const DIRECTION = /\p{Bidi_Control}/u;
/** Stands before what is compared as it is written. A noncharacter, which no message holds and `foldText` drops. */
const EXACTLY = '\ufdd0';
const NONCHARACTERS = /\p{Noncharacter_Code_Point}/gu;

/**
 * The form in which wording is compared, with one space for any white space. Words are compared by what they look like.
 * What a phone, a mail program or a bank could act upon is compared as it is written: whatever holds a digit, letters
 * with punctuation between them (`bank.example`, `a@b`) or capitals alone (`GBP`). There, nothing is the same but
 * dashes, quotation marks and digits that both look like and are an ASCII digit, as long as a number has them throughout.
 */
export function foldText(text: string): string {
  return foldWords(text)
    .map(({ folded }) => folded)
    .join(' ')
    .replace(WHITE_SPACE, ' ')
    .trim();
}

/** The words of a text, as people read them and in the form in which they are compared. */
export function foldWords(text: string): { shown: string; folded: string }[] {
  const plain = visible(text).replace(NONCHARACTERS, '').replace(WHITE_SPACE, ' ').trim();
  const folded = foldNumbers(plain).split(' ').map(foldWord);
  return plain.split(' ').map((shown, index) => ({ shown, folded: folded[index]! }));
}

const SURROUNDING = /[\p{Pi}\p{Pf}\p{Ps}\p{Pe}.,:;!?'"`]/u;
/** Most words of most messages, told at once. */
const EVERYDAY_WORD = /^[A-Z]?[a-z]+[.,:;!?]?$/;
const WITHOUT_NUMBERS = /^\P{N}*$/u;
const CAPITALS = /^[\p{Lu}\p{M}]{2,}$/u;
/** A sign within a word that is neither an apostrophe nor a hyphen: an address, a path, a number in disguise. */
const WITHIN = /[\p{L}\p{M}][^\p{L}\p{M}'\u2018\u2019\u02bc\-\u2010\u2011\u2013\u2014\u00b7]+[\p{L}\p{M}]/u;
const ADDRESSED = /[.@/:\\_?=&#%]/;

function foldWord(word: string): string {
  if (EVERYDAY_WORD.test(word)) return lookOf(word, true);
  const [before, core, after] = surrounded(word);
  if (WITHOUT_NUMBERS.test(core) && !CAPITALS.test(core) && !WITHIN.test(core) && !DIRECTION.test(core))
    return lookOf(word, true);
  const exactly = ADDRESSED.test(core) ? core.normalize('NFC') : foldSigns(core.normalize('NFC'));
  return `${lookOf(before, true)}${EXACTLY}${exactly}${lookOf(after, true)}`;
}

function surrounded(word: string): [before: string, core: string, after: string] {
  let [start, end] = [0, word.length];
  while (start < end && SURROUNDING.test(word[start]!)) start += 1;
  while (end > start && SURROUNDING.test(word[end - 1]!)) end -= 1;
  return [word.slice(0, start), word.slice(start, end), word.slice(end)];
}

/** Dashes and quotation marks part or enclose numbers and never change them. */
function foldSigns(text: string): string {
  return text
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/[\u2018\u2019\u2032\u02bc]/g, "'")
    .replace(/[\u201c\u201d\u2033]/g, '"');
}

const OTHER_DIGIT = /(?!\p{ASCII})\p{Nd}/u;
const NUMBER = /\p{Nd}+(?:[^\p{L}\p{Nd}]+\p{Nd}+)*/gu;

/** Full-width and styled digits as ASCII digits, in numbers that have no others (UTS #39 section 5.3). */
function foldNumbers(text: string): string {
  if (!OTHER_DIGIT.test(text)) return text;
  return text.replace(NUMBER, (number) => {
    const [zero, another] = numberSystemsOf(number);
    return another === undefined && zero !== '0' && zero!.normalize('NFKC') === '0' ? digitsByValue(number) : number;
  });
}

/** The number systems whose decimal digits stand in a text, each by its zero. */
export function numberSystemsOf(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(DIGITS), ([digit]) => String.fromCodePoint(zeroOf(digit))))];
}

const ASCII_ZERO = 0x30;
const DIGIT = /\p{Nd}/u;
const DIGITS = /\p{Nd}/gu;

/**
 * The text with each decimal digit of any script as the ASCII digit of its value: `٤` and `৪` are both 4, though one looks
 * like a letter and the other like an 8. What a phone dials and a bank books is the value, and never the look.
 */
export function digitsByValue(text: string): string {
  return text.replace(DIGITS, (digit) => String(digit.codePointAt(0)! - zeroOf(digit)));
}

/** The zero of a digit's system. Unicode keeps the ten digits of a system together and in order, and begins each run of systems with a zero. */
function zeroOf(digit: string): number {
  const code = digit.codePointAt(0)!;
  if (code < 0x80) return ASCII_ZERO;
  let first = code;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return code - ((code - first) % 10);
}
