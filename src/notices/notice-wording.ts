import { GAP } from '../readers/message-parts.js';
import { damageBetween, type Extent } from '../readers/transport-damage.js';
import type { NoticeDifference, NoticeFacts } from './notice-check.policy.js';
import type { Reading, Word } from './notice-reading.js';
import { similarity } from './similarity.js';

/** How the words of a message compare with those of a notice. */
export interface ComparedWording {
  readonly wording: NoticeFacts['wording'];
  /** From 0 to 1. */
  readonly alike: number;
  /** Which of the notice's links stand in the same places, in order; null where nobody can tell. */
  readonly aligned: Extent | null;
  /** Same or a part, if a way changed letters; it could have changed others. */
  readonly isDoubtful: boolean;
}

/** Wording that shares this much with a notice's was made from it. */
const CLOSE = 0.6;
/** Fewer characters than this are nobody's wording. */
export const FEWEST_CHARACTERS = 20;
const MOST_SHOWN = 200;

/** Compares one reading of a message with one of a notice; null for no text. */
export function compareWording(given: Reading | null, sent: Reading | null): ComparedWording {
  if (given === null) return { wording: 'not_given', alike: 0, aligned: null, isDoubtful: false };
  if (sent === null) return { wording: 'not_recorded', alike: 0, aligned: null, isDoubtful: given.isDoubtful };
  if (given.wording === sent.wording)
    return { wording: 'same', alike: 1, aligned: 'whole', isDoubtful: given.isDoubtful };
  const damage = given.plain.includes(GAP) ? null : damageBetween(sent.written, given.plain, 'whole');
  if (damage !== null)
    return { wording: 'same', alike: 1, aligned: 'whole', isDoubtful: given.isDoubtful || damage === 'doubtful' };
  const alike = similarity(given.trigrams, sent.trigrams);
  if (given.isUnreadable) return { wording: 'other', alike, aligned: null, isDoubtful: true };
  if (given.wording.length < FEWEST_CHARACTERS)
    return { wording: 'other', alike, aligned: null, isDoubtful: given.isDoubtful };
  const aligned = given.isWhole ? undefined : partOf(sent, given);
  if (aligned !== undefined) return { wording: 'part', alike, aligned, isDoubtful: true };
  const grown = sent.wording.length >= FEWEST_CHARACTERS && given.wording.includes(sent.wording);
  return { wording: grown || alike >= CLOSE ? 'close' : 'other', alike, aligned: null, isDoubtful: given.isDoubtful };
}

const CUT_BEFORE = /^(?:[([<]\.{2,}[)\]>]|\.{2,}) ?/;
/** What phones, mail programs and people write where they leave the rest out; without numbers and links. */
const CUT_AFTER = new RegExp(
  ` ?(?:${[
    '[([<]\\s?(?:\\.{2,}|(?:see |read |show )?more|truncated|cut|snip|continued|message (?:clipped|truncated))\\s?[)\\]>](?: view entire message)?',
    '(?:\\.{2,} ?)?(?:see|read|show|view) (?:more|all|the rest|entire message)(?: ?\\.{2,})?',
    '\\.{2,} ?more',
    '\\.{2,}',
  ].join('|')})$`,
  'i',
);

/** Which part of a notice a text is: null for one from its middle, undefined for none. */
function partOf(sent: Reading, given: Reading): Extent | null | undefined {
  if (given.plain.includes(GAP)) return standsInOrder(given.plain.split(GAP), sent.plain) ? null : undefined;
  const written = given.plain.replace(CUT_AFTER, '').replace(CUT_BEFORE, '');
  for (const extent of ['beginning', 'ending'] as const)
    if (damageBetween(sent.written, written, extent) !== null) return extent;
  const cut = [
    { extent: 'beginning', piece: /(?<= )[^ ]+$/ },
    { extent: 'ending', piece: /^[^ ]+(?= )/ },
  ] as const;
  for (const { extent, piece } of cut) {
    const part = piece.exec(written)?.[0];
    if (
      part !== undefined &&
      sent.links.some(({ shown }) => (extent === 'beginning' ? shown.startsWith(part) : shown.endsWith(part))) &&
      damageBetween(sent.written, written.replace(piece, '').trim(), extent) !== null
    )
      return extent;
  }
  return sent.wording.includes(given.wording) || sent.plain.includes(written) ? null : undefined;
}

/** Whether pieces are all of one text, none a few words of it, and stand there one after the other. */
function standsInOrder(pieces: readonly string[], text: string): boolean {
  let from = 0;
  for (const [at, piece] of pieces.entries()) {
    if (at < pieces.length - 1 && piece.trim().length < FEWEST_CHARACTERS) return false;
    const found = text.indexOf(piece.trim(), from);
    if (found < 0) return false;
    from = found + piece.trim().length;
  }
  return true;
}

/** The words between the common beginning and the common end of two texts that are not the same; never the same, nor both empty. */
export function differingWords(given: Reading, sent: Reading): NoticeDifference {
  const { start, end } = differing(given.words, sent.words, (word) => word.folded) ??
    differing(given.words, sent.words, (word) => word.shown) ?? { start: 0, end: 0 };
  const middle = (words: readonly Word[]): string =>
    words
      .slice(start, words.length - end)
      .map(({ shown }) => shown)
      .join(' ');
  const [received, expected] = cutAlike(middle(given.words), middle(sent.words));
  return { field: 'text', how: 'wording', received, sent: expected };
}

function differing(
  a: readonly Word[],
  b: readonly Word[],
  of: (word: Word) => string,
): { start: number; end: number } | null {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && of(a[start]!) === of(b[start]!)) start += 1;
  let end = 0;
  while (end < shorter - start && of(a[a.length - 1 - end]!) === of(b[b.length - 1 - end]!)) end += 1;
  return start === a.length && start === b.length ? null : { start, end };
}

/** So much of two texts as is shown, with where they differ. */
function cutAlike(received: string, sent: string): [string, string] {
  const [a, b] = [[...received], [...sent]];
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const from = same < MOST_SHOWN - 1 ? 0 : same - MOST_SHOWN / 2;
  return [cut(a.slice(from).join('')), cut(b.slice(from).join(''))];
}

export function cut(text: string): string {
  const characters = [...text];
  return characters.length <= MOST_SHOWN ? text : `${characters.slice(0, MOST_SHOWN - 1).join('')}\u2026`;
}
