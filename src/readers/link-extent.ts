/** UTS #46 reads each of these as a full stop in a host; in a sentence of another script all but the first end it. */
export const DOTS = '.\\u3002\\uff0e\\uff61';
const WIDE_DOT = /[\u3002\uff0e\uff61]/;
/** Part an address wherever they stand: white space that is seen, controls, quotation marks, and punctuation of other scripts. */
const PARTS = '(?!\\ufeff)[\\s\\p{Cc}\\p{Noncharacter_Code_Point}<>"`]|(?![\\p{Pd}\\u00b7\\u203f])(?=\\p{P})\\P{ASCII}';
/** What may end the part before a path. */
const IN_AUTHORITY = new RegExp(`[/\\\\?#()[\\]{}]|${PARTS}`, 'gu');
const IN_TAIL = new RegExp(`[()[\\]{}]|${PARTS}`, 'gu');
const OPENING = '([{';
const CLOSING = ')]}';
/** Stand within an address and never end one. */
const ENDS_NONE = /[.,;:!?'*|^]|(?=[\p{P}\u00a6])\P{ASCII}|\p{Default_Ignorable_Code_Point}/u;
const ENDS_NO_HOST = /[_~-]/;
const MOST_JOINS = 3;
const MOST_TAIL = 8_192;

/** Whether a path, a query or a fragment begins here. */
export function beginsTail(text: string, at: number): boolean {
  return /^[/\\?#]$/.test(text[at] ?? '');
}

/**
 * Where the part before a path ends. Browsers drop tabs and line breaks (WHATWG URL, basic parser): over one of those a
 * host goes on where it would be none without what follows.
 */
export function endOfAuthority(
  text: string,
  from: number,
  most: number,
  exists: (authority: string) => boolean,
): number {
  const end = Math.min(text.length, from + most);
  let [joins, tried] = [0, 0];
  let inBrackets = false;
  for (const { at, character } of signsIn(text, from, end, IN_AUTHORITY)) {
    if (character === '[') inBrackets = true;
    else if (character === ']' && inBrackets) inBrackets = false;
    else if (/[\t\r\n]/.test(character) && joins < MOST_JOINS && goesOn(text, from, at, exists)) joins += 1;
    else if (COMPATIBLE.test(character) && tried < MOST_JOINS && runsOn(text, from, at, end, exists)) tried += 1;
    else if (!WIDE_DOT.test(character)) return at;
  }
  return end;
}

function* signsIn(
  text: string,
  from: number,
  end: number,
  signs: RegExp,
): Generator<{ at: number; character: string }> {
  for (const found of text.slice(from, end).matchAll(signs)) yield { at: from + found.index, character: found[0] };
}

/** Punctuation that browsers read as that of ASCII, in a host or before its @: `https://bank.com\uff1a443@evil.com`. */
const COMPATIBLE =
  /[\u2024-\u2026\u3001\ufe10-\ufe19\ufe30\ufe50-\ufe57\ufe5f-\ufe6b\uff01-\uff07\uff0a\uff0c\uff0f\uff1a\uff1b\uff1f\uff20\uff3c]/u;
const END_OF_RUN = /(?!\ufeff)[\s/\\?#<>"`()[\]{}]|[\p{Pi}\p{Pf}]|(?=[\p{Ps}\p{Pe}])\P{ASCII}/u;

/** Whether a host goes on over punctuation of another script: all up to a path or white space leads somewhere. */
function runsOn(text: string, from: number, at: number, end: number, exists: (authority: string) => boolean): boolean {
  const rest = text.slice(at + 1, end);
  const length = END_OF_RUN.exec(rest)?.index ?? rest.length;
  return length > 0 && exists(text.slice(from, at + 1 + length).replace(/[.,;:!?\u3002\uff61]+$/u, ''));
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
  let stop = Math.min(text.length, from + MOST_TAIL);
  for (const { at, character } of signsIn(text, from, stop, IN_TAIL)) {
    if (OPENING.includes(character)) open.push(CLOSING[OPENING.indexOf(character)]!);
    else if (!CLOSING.includes(character) || open.pop() !== character) {
      stop = at;
      break;
    }
  }
  const end = trimmedEnd(text, from, stop, ENDS_NONE);
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
