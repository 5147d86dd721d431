import { visible } from './text.js';

/** Stands for a noncharacter that came: the last code point for private use, which says nothing to anybody. */
const UNREAD = '\u{10fffd}';
const NONCHARACTERS = /\p{Noncharacter_Code_Point}/gu;

/** A text well formed, and without noncharacters, which would pass for marks of this product's; one that says nothing stands for each. */
export function receivable(text: string): string {
  return text.toWellFormed().replace(NONCHARACTERS, UNREAD);
}

/** A text as a way leaves it that drops noncharacters; only for finding what texts of fraudsters have in common. */
export function withoutNoncharacters(text: string): string {
  return text.replace(NONCHARACTERS, '');
}

/** What nobody writes and ways drop: code points that stand for nothing or for private use, and controls but white space. Marks of this product's are none. */
const STRAY = /(?![\t\n\v\f\r\u0085\ufdd0-\ufdd2])[\p{Cn}\p{Co}\p{Cc}]/u;
const STRAYS = new RegExp(STRAY, 'gu');
/** Holds a number, an address, a code, or one of this product's marks; what stands next to it may be read as belonging to it. */
const ACTS = /\p{N}|[@/\\:_=&#%]|\p{L}\.\p{L}|\p{Lu}{2}|\p{Noncharacter_Code_Point}/u;

/** Whether somebody may act upon a word, or upon what it is a piece of. */
export function mayAct(word: string): boolean {
  return ACTS.test(word);
}

/** Whether something stands in a text that nobody writes. */
export function hasStrays(text: string): boolean {
  return STRAY.test(receivable(text));
}

/** The text with strays in and next to whatever somebody may act upon as one that says nothing. Such a text is another. */
export function withStraysShown(text: string): string {
  if (!STRAY.test(text)) return text;
  const words = text.split(/(\s+)/u);
  const acts = words.map(mayAct);
  return words
    .map((word, at) => (acts[at] || acts[at - 2] || acts[at + 2] ? word.replace(STRAYS, UNREAD) : word))
    .join('');
}

/** The text without whatever nobody sees, also strays. */
export function withoutStrays(text: string): string {
  return visible(text.replace(STRAYS, ''));
}
