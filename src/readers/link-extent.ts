/** UTS #46 reads each of these as a full stop in a host; in a sentence of another script all but the first end it. */
export const DOTS = '.\\u3002\\uff0e\\uff61';
const WIDE_DOT = /[\u3002\uff0e\uff61]/;
/** Part an address wherever they stand: white space, controls, quotation marks, and punctuation of other scripts. */
const PARTS = /[\s\p{Cc}\p{Noncharacter_Code_Point}<>"`]|(?![\p{Pd}\u00b7\u203f])(?=\p{P})\P{ASCII}/u;
const OPENING = '([{';
const CLOSING = ')]}';
/** Stand within an address and never end one. */
const ENDS_NONE = /[.,;:!?'*|^]|(?=[\p{P}\u00a6])\P{ASCII}|\p{Default_Ignorable_Code_Point}/u;
const ENDS_NO_HOST = /[_~-]/;
const MOST_AUTHORITY = 1_024;
const MOST_JOINS = 3;

/** Whether a path, a query or a fragment begins here. */
export function beginsTail(text: string, at: number): boolean {
  return /^[/\\?#]$/.test(text[at] ?? '');
}

/**
 * Where the part before a path ends. Browsers drop tabs and line breaks (WHATWG URL, basic parser): over one of those a
 * host goes on where it would be none without what follows.
 */
export function endOfAuthority(text: string, from: number, exists: (authority: string) => boolean): number {
  const most = Math.min(text.length, from + MOST_AUTHORITY);
  let joins = 0;
  let inBrackets = false;
  for (let at = from; at < most; at += 1) {
    const character = text[at]!;
    if (beginsTail(text, at) || /[(){}]/.test(character) || (character === ']' && !inBrackets)) return at;
    if (character === '[' || character === ']') inBrackets = character === '[';
    else if (/[\t\r\n]/.test(character) && joins < MOST_JOINS && goesOn(text, from, at, exists)) joins += 1;
    else if (PARTS.test(characterAt(text, at)) && !WIDE_DOT.test(character)) return at;
  }
  return most;
}

const BROKEN = /^[\t\r\n]+([a-z0-9.-]{1,253})(?:[/\\?#:\s"'<>)\]]|$)/i;

function goesOn(text: string, from: number, at: number, exists: (authority: string) => boolean): boolean {
  if (at === from || exists(text.slice(from, at))) return false;
  const rest = BROKEN.exec(text.slice(at, at + 260))?.[1];
  return rest !== undefined && exists(text.slice(from, at).replace(/[\t\r\n]/g, '') + rest);
}

/** Where a path, a query and a fragment end: brackets that were not opened in the address end it. `before` stands before the address. */
export function endOfTail(text: string, from: number, before: string): number {
  const open: string[] = [];
  let at = from;
  for (; at < text.length; at += 1) {
    const character = text[at]!;
    if (OPENING.includes(character)) open.push(CLOSING[OPENING.indexOf(character)]!);
    else if (CLOSING.includes(character) && open.pop() !== character) break;
    else if (PARTS.test(characterAt(text, at))) break;
  }
  const end = trimmedEnd(text, from, at, ENDS_NONE);
  return /[_~]/.test(before) && text[end - 1] === before && end > from ? end - 1 : end;
}

/** Where an address ends that has no path, without what ends none. */
export function endOfHost(text: string, from: number, to: number): number {
  return trimmedEnd(text, from, to, ENDS_NONE, ENDS_NO_HOST);
}

function trimmedEnd(text: string, from: number, to: number, ...without: readonly RegExp[]): number {
  let end = to;
  while (end > from) {
    const length = end - 1 > from && /[\udc00-\udfff]/.test(text[end - 1]!) ? 2 : 1;
    const character = text.slice(end - length, end);
    if (!without.some((one) => one.test(character))) break;
    end -= length;
  }
  return end;
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}
