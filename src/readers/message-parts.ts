/** Stands where two parts were joined, with or without a space; twice, where parts are missing between them. A noncharacter (Unicode chapter 23.7), which no message holds. */
export const JOIN = '\ufdd2';
/** Stands where parts are missing. */
export const GAP = JOIN + JOIN;

/** A message that came in parts, with marks such as "(1/3)". */
export interface PartedMessage {
  readonly text: string;
  /** Each part stands there once and in order, its marks begin or end it, and none stands within what somebody may act upon. */
  readonly isCertain: boolean;
}

interface Mark {
  readonly start: number;
  readonly end: number;
  readonly part: number;
  readonly total: number;
  /** How it is written. */
  readonly form: string;
}

const COUNT = '(\\d{1,2})\\s?(?:\\/|of)\\s?(\\d{1,2})';
const BRACKETED = `\\(\\s?${COUNT}\\s?\\)|\\[\\s?${COUNT}\\s?\\]|<\\s?${COUNT}\\s?>`;
const AT_BEGINNING =
  '(?<=^|\\n\\s{0,9})(?:(?:part|msg|message|sms|page) )?(\\d{1,2}) ?(?:\\/|of) ?(\\d{1,2})(?![\\d/])(?::|(?=\\s|$))';
const AT_END = '(?<=\\s)(\\d{1,2})\\/(\\d{1,2})(?=$|\\n)';
const PART_MARK = new RegExp(`${BRACKETED}|${AT_BEGINNING}|${AT_END}`, 'giu');
const MOST_PARTS = 200;
const CONTINUED = /\s{0,9}[([]?cont(?:'d|inued|\.)?[)\]]?$/i;

/**
 * The text without the marks that SMS systems put at the beginning, or at the end, of each part; null where nothing in it
 * counts its parts. Parts that came in another order are put in order, those that came twice are taken once, and both are
 * not certain.
 */
export function withoutPartMarks(text: string): PartedMessage | null {
  const whole = text.trim();
  const all = marksIn(whole);
  const begins = all[0]?.start === 0;
  if (!begins && all.at(-1)?.end !== whole.length) return null;
  const { total } = begins ? all[0]! : all.at(-1)!;
  const marks = all.filter((mark) => mark.total === total);
  if (marks.length > MOST_PARTS) return null;
  const parts = marks.map(({ part }, at) => {
    const [start, end] = begins ? [marks[at]!.end, marks[at + 1]?.start] : [marks[at - 1]?.end ?? 0, marks[at]!.start];
    const piece = whole.slice(start, end).trim();
    return { part, piece: part === total ? piece : piece.replace(CONTINUED, '') };
  });
  const ordered = inOrder(parts);
  if (ordered === null) return null;
  const isComplete = parts.length === total && parts.every(({ part, piece }, at) => part === at + 1 && piece !== '');
  const isCertain =
    isComplete &&
    marks.every(({ form }) => form === marks[0]!.form) &&
    parts.every(({ piece }, at) => at === 0 || !partsValue(parts[at - 1]!.piece, piece));
  return { text: ordered, isCertain };
}

/** The text with a mark wherever one part may end; only for finding what could stand in it. Null where nothing counts its parts. */
export function withPossibleParts(text: string): string | null {
  const marks = marksIn(text);
  if (marks.length === 0 || marks.length > MOST_PARTS) return null;
  return [...marks, null].map((mark, at) => text.slice(marks[at - 1]?.end ?? 0, mark?.start).trim()).join(JOIN);
}

function marksIn(whole: string): Mark[] {
  const found: Mark[] = [];
  for (const groups of whole.matchAll(PART_MARK)) {
    const { 0: written, index } = groups;
    const [part, total] = groups
      .slice(1)
      .filter((group) => group !== undefined)
      .map(Number);
    if (part! < 1 || total! < 2 || part! > total!) continue;
    const last = found.at(-1);
    const mark = {
      start: index,
      end: index + written.length,
      part: part!,
      total: total!,
      form: written.replace(/\d+/g, '0').toLowerCase(),
    };
    const isTwice =
      last !== undefined &&
      last.part === mark.part &&
      last.form === mark.form &&
      whole.slice(last.end, index).trim() === '';
    if (isTwice) found[found.length - 1] = { ...last, end: mark.end };
    else found.push(mark);
  }
  return found;
}

/** The parts one after the other, those that came twice alike once; null where they came twice, not alike, and not in order. */
function inOrder(parts: readonly { part: number; piece: string }[]): string | null {
  const byPart = new Map<number, string>();
  const isOrdered = parts.every(({ part }, at) => at === 0 || part >= parts[at - 1]!.part);
  for (const { part, piece } of parts) {
    const known = byPart.get(part);
    if (known !== undefined && known !== piece && !isOrdered) return null;
    byPart.set(part, known === undefined || known === piece ? piece : `${known}${JOIN}${piece}`);
  }
  const ordered = [...byPart].filter(([, piece]) => piece !== '').sort(([a], [b]) => a - b);
  return ordered
    .map(([part, piece], at) => (at === 0 ? '' : part === ordered[at - 1]![0] + 1 ? JOIN : GAP) + piece)
    .join('');
}

const VALUE = /[\p{N}\p{Sc}]|\p{Lu}{2}/u;
const ADDRESS = /:\/|@|www\./i;

/** Whether a mark may stand within one number, amount or code. Parts of one address are told by where it leads. */
function partsValue(before: string, after: string): boolean {
  const [last, first] = [/\S*$/u.exec(before.slice(-64))![0], /^\S*/u.exec(after.slice(0, 64))![0]];
  return VALUE.test(last) && VALUE.test(first) && !ADDRESS.test(last);
}
