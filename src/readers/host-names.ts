import { isTopLevelDomain } from './host.js';
import { DOTS } from './link-extent.js';

/** A name in a text that has the form of a host's. */
export interface HostName {
  readonly start: number;
  readonly end: number;
  /** Whether it is under a domain that exists. */
  readonly exists: boolean;
}

const MOST_HOST = 253;
const MOST_LABEL = 63;
const INVISIBLE = '\\p{Default_Ignorable_Code_Point}';
const PICTURES = `\\p{Extended_Pictographic}\\u{1f1e6}-\\u{1f1ff}${INVISIBLE}`;
/** Scripts without spaces between words: "请打开evil.com". */
const UNSPACED = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('');

/** What can be part of a host, as long as it goes on. */
export const HOST_RUN = `[\\p{L}\\p{M}\\p{N}${PICTURES}${DOTS}_-]+`;
const DOT = new RegExp(`[${DOTS}]`, 'gu');
const BEFORE_NAME = new RegExp(
  `^[${INVISIBLE}_-]*(?:[${PICTURES}]+(?=[a-z0-9])|[${UNSPACED}\\p{M}\\u30fc]+(?=[a-z0-9_-]+$))?`,
  'iu',
);
const AFTER_NAME = new RegExp(`[${INVISIBLE}_-]+$`, 'u');
/** Under these no sentence begins, however they are written. */
const NO_WORDS = new Set(['com', 'net', 'org', 'info', 'biz', 'gov', 'edu', 'uk', 'eu', 'example', 'test']);

interface Label {
  readonly start: number;
  readonly end: number;
}

/** The names in a run of characters that a host can have, in order, each as long as it can be; linear in its length. */
export function* hostNames(text: string, runStart: number, runEnd: number): Generator<HostName> {
  const labels = labelsOf(text, runStart, runEnd);
  for (let first = 0; first < labels.length - 1;) {
    const { next, isCut } = windowFrom(text, labels, first);
    const name = nameWithin(text, labels, first, next);
    if (name !== null) {
      yield name;
      while (first < labels.length && labels[first]!.end <= name.end) first += 1;
      if (first < labels.length && labels[first]!.start < name.end)
        labels[first] = { start: name.end, end: labels[first]!.end };
      continue;
    }
    if (!isCut && looksLikeName(text, labels, first, next))
      yield { start: labels[first]!.start, end: labels[next - 1]!.end, exists: false };
    first = isCut ? Math.max(first + 1, next - 1) : next + 1;
  }
}

function labelsOf(text: string, runStart: number, runEnd: number): Label[] {
  const labels: Label[] = [];
  let start = runStart;
  for (const { index } of text.slice(runStart, runEnd).matchAll(DOT)) {
    labels.push({ start, end: runStart + index });
    start = runStart + index + 1;
  }
  return [...labels, { start, end: runEnd }];
}

/** The labels from one on that can be one host: up to an empty or overlong one, up to where another sentence begins, and not too many (`isCut`). */
function windowFrom(text: string, labels: readonly Label[], first: number): { next: number; isCut: boolean } {
  let next = first;
  for (; next < labels.length; next += 1) {
    const { start, end } = labels[next]!;
    if (end === start || end - start > 2 * MOST_LABEL) return { next, isCut: false };
    if (end - labels[first]!.start > MOST_HOST) return { next, isCut: true };
    if (next > first && endsWithin(text, labels[next]!) !== null) return { next: next + 1, isCut: false };
  }
  return { next, isCut: false };
}

function nameWithin(text: string, labels: readonly Label[], first: number, next: number): HostName | null {
  for (let last = next - 1; last > first; last -= 1) {
    const label = labels[last]!;
    const start = isOctet(text, label)
      ? startOfAddress(text, labels, first, last)
      : startOfName(text, labels, first, last);
    const end = isOctet(text, label) ? label.end : (endsWithin(text, label) ?? endOfDomain(text, label));
    if (start !== null && end !== null) return { start, end, exists: true };
  }
  return null;
}

/** Where a label ends that is a top-level domain, without dashes and what is invisible at its end. */
function endOfDomain(text: string, { start, end }: Label): number | null {
  const bare = text.slice(start, end).replace(AFTER_NAME, '');
  return /^\p{L}/u.test(bare) && isTopLevelDomain(bare) ? start + bare.length : null;
}

/** Where a domain ends within a label that goes on in another script: `com请打开`. */
function endsWithin(text: string, { start, end }: Label): number | null {
  const written = text.slice(start, end);
  const ascii = /^[a-z][a-z0-9-]{0,62}(?=[^a-z0-9_-])/i.exec(written)?.[0];
  if (ascii === undefined || written.replace(AFTER_NAME, '').length === ascii.length || isTopLevelDomain(written))
    return null;
  return isTopLevelDomain(ascii) ? start + ascii.length : null;
}

/** Where a name begins: after a word without a space before it, after dashes, after a picture. */
function startOfName(text: string, labels: readonly Label[], first: number, last: number): number | null {
  for (let at = first; at < last; at += 1) {
    const written = text.slice(labels[at]!.start, labels[at]!.end);
    const bare = written.replace(BEFORE_NAME, '');
    if (bare !== '') return labels[at]!.start + written.length - bare.length;
  }
  return null;
}

/** Four numbers and not five are an address. */
function startOfAddress(text: string, labels: readonly Label[], first: number, last: number): number | null {
  const isFour =
    last - first === 3 &&
    labels.slice(first, last).every((label) => isOctet(text, label)) &&
    (last + 1 === labels.length || labels[last + 1]!.start === labels[last + 1]!.end);
  return isFour ? labels[first]!.start : null;
}

function isOctet(text: string, { start, end }: Label): boolean {
  const written = text.slice(start, end);
  return /^\d{1,3}$/.test(written) && Number(written) < 256;
}

/** Two letters after the last full stop; sentences of other scripts end otherwise. */
function looksLikeName(text: string, labels: readonly Label[], first: number, next: number): boolean {
  const last = labels[next - 1];
  return (
    last !== undefined &&
    next - first > 1 &&
    text[last.start - 1] === '.' &&
    /^\p{L}[\p{L}\p{M}\p{N}-]/u.test(text.slice(last.start, last.end))
  );
}

/**
 * Whether a name without a path is rather the end of a sentence and the beginning of the next, without a space between
 * them: "way.It", "Dr.med.Weber". Some phones make a link of those.
 */
export function mayBeSentence(written: string, goesOn: boolean): boolean {
  const domain = written.slice(Math.max(...[...written.matchAll(DOT)].map(({ index }) => index)) + 1);
  if (NO_WORDS.has(domain.toLowerCase())) return false;
  return (
    goesOn ||
    /^\p{Lu}\p{Ll}/u.test(domain) ||
    /^[\d.]+$/.test(written) ||
    (/[^\p{ASCII}]/u.test(domain) && !written.includes('.'))
  );
}
