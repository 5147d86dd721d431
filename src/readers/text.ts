import { CONFUSABLES } from './confusables-table.js';

const PROTOTYPES = new Map(CONFUSABLES.flatMap(([prototype, lookalikes]) => [...lookalikes].map((lookalike) => [lookalike, prototype] as const)));

// Direction marks are invisible and still decide in which order digits are shown, so they are kept: a text that has them is another text.
const INVISIBLE = /(?!\p{Bidi_Control})\p{Default_Ignorable_Code_Point}|[^\P{Cc}\t\n\v\f\r\u0085]/gu;
const WHITE_SPACE = /[\s\u0085]+/gu;

/** A text without what nobody sees: zero-width characters, variation selectors, tags, controls; well formed. */
export function visible(text: string): string {
  return text.toWellFormed().replace(INVISIBLE, '');
}

/**
 * What a text looks like (UTS #39 section 4, after NFKC): two texts with the same skeleton cannot be told apart by eye.
 * For comparison only; it reads strangely, since `m` becomes `rn`.
 */
export function skeleton(text: string): string {
  let mapped = '';
  for (const character of visible(text).normalize('NFKC').normalize('NFD')) mapped += PROTOTYPES.get(character) ?? character;
  return mapped.normalize('NFD');
}

/** The form in which wording is compared: what it looks like, with one space for any white space. */
export function foldText(text: string): string {
  return skeleton(text.replace(WHITE_SPACE, ' ')).replace(WHITE_SPACE, ' ').trim();
}

const DIGIT = /\p{Nd}/u;
const DIGITS = /(?![0-9])\p{Nd}/gu;

/**
 * The text with each decimal digit of any script as the ASCII digit of its value: `٤` and `৪` are both 4, though one looks
 * like a letter and the other like an 8. What a phone dials and a bank books is the value, and never the look.
 */
export function digitsByValue(text: string): string {
  return text.replace(DIGITS, (digit) => String(valueOf(digit)));
}

/** Unicode keeps the ten digits of a system together and in order, and begins each run of systems with a zero. */
function valueOf(digit: string): number {
  const code = digit.codePointAt(0)!;
  let first = code;
  while (DIGIT.test(String.fromCodePoint(first - 1))) first -= 1;
  return (code - first) % 10;
}
