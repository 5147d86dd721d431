import { digitsByValue, numberSystemsOf } from './text.js';

/** Formatting that nobody sees. Fillers are letters, and stay. */
const INVISIBLE = /(?!\p{L})\p{Default_Ignorable_Code_Point}/gu;
/** What shows the characters after it in another order, so that digits read otherwise than they look; and controls. */
const NEVER_TYPED = /[\u202d\u202e]|[^\P{Cc}\t\n\v\f\r\u0085]/u;
const SPACES = /[\s\u0085\u2800]+/gu;
/** Whatever is a dash, and what Japanese keyboards have in a dash's place. */
const DASHES = /[\p{Dash}\u02d7\u2043\u30fc\uff70]/gu;
/** The wide forms of ASCII; digits have their value like those of any script. */
const WIDE = /[\uff01-\uff0f\uff1a-\uff5e]/g;

/**
 * What a person typed, pasted or dictated, in plain characters: one space for any white space and none at the ends, a hyphen
 * for any dash, no marks that nobody sees, wide letters as plain ones and each digit as the ASCII digit of its value. Null
 * for more than `most` characters, for controls and for marks that reverse the order of what is shown.
 */
export function plainTyped(text: string, most: number): string | null {
  if (text.length > most || NEVER_TYPED.test(text)) return null;
  return digitsByValue(withoutMarks(text)).replace(SPACES, ' ').trim();
}

/** The same of a number. Null also for digits of more than one number system: those read otherwise than they look (UTS #39 §5.3). */
export function readTyped(text: string, most: number): string | null {
  const plain = plainTyped(text, most);
  return plain !== null && numberSystemsOf(withoutMarks(text)).length <= 1 ? plain : null;
}

function withoutMarks(text: string): string {
  return text
    .replace(INVISIBLE, '')
    .replace(DASHES, '-')
    .replace(WIDE, (wide) => String.fromCodePoint(wide.codePointAt(0)! - 0xfee0));
}

/** The same without its spaces and hyphens, which part a number for the eye alone. */
export function readTypedWhole(text: string, most: number): string | null {
  return readTyped(text, most)?.replace(/[ -]/g, '') ?? null;
}
