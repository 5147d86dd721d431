import { findLinks } from '../readers/link-finder.js';
import { JOIN } from '../readers/message-parts.js';
import { withoutNoncharacters } from '../readers/strays.js';
import { undoTransport } from '../readers/transport.js';

/** Where two texts share a run of so many characters, they have that much in common. */
const SHINGLE = 5;
/** A message longer than this is told by its beginning. */
const MOST_CHARACTERS = 4_000;
/** Fewer different runs than this say too little: "Please call me back" is nobody's wording. */
const FEWEST_SHINGLES = 20;
const BANDS = 16;
const ROWS = 4;

/** Multipliers and offsets of the hash family, from a fixed seed: bands of today must fit those of yesterday. */
const FAMILY = hashFamily(BANDS * ROWS, 0x6d2b79f5);

/** What is left of links where there are more than are found. */
const LINK = /(?:https?:\/\/|www\.)\S+|\S+@\S+/gu;
const NEITHER_LETTER_NOR_DIGIT = /[^\p{L}\p{M}\p{N}]+/gu;

/** More marks on one letter than any script needs; putting thousands in order would take a server long. */
const TOO_MANY_MARKS = /(\p{M}{10})\p{M}+/gu;

/** Text in one form of each character (NFKC), without what cannot be seen, such as zero-width spaces and direction overrides. */
export function plainForm(text: string): string {
  return text
    .toWellFormed()
    .replace(TOO_MANY_MARKS, '$1')
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '');
}

/**
 * What a text says, without how it was disguised: one form of each character (NFKC), no case, nothing invisible, every
 * digit a zero, no links, and one space between words.
 */
export function normaliseWording(text: string): string {
  const { text: undone, guessed } = undoTransport(withoutNoncharacters(text.slice(0, 2 * MOST_CHARACTERS)));
  return plainForm(withoutLinks((guessed ?? undone).replaceAll(JOIN, ' ')))
    .toLowerCase()
    .replace(LINK, ' ')
    .replace(NEITHER_LETTER_NOR_DIGIT, ' ')
    .replace(/\p{N}/gu, '0')
    .trim()
    .slice(0, MOST_CHARACTERS);
}

function withoutLinks(text: string): string {
  let [words, read] = ['', 0];
  for (const { start, end } of findLinks(text).links.filter(({ mayBeWords }) => !mayBeWords)) {
    words += `${text.slice(read, start)} `;
    read = end;
  }
  return words + text.slice(read);
}

/**
 * The wording of a text as bands of a MinHash signature (Broder 1997) for locality-sensitive hashing: two texts that
 * share most of their runs of five characters share a band, and others almost never do. With 16 bands of 4 rows, texts
 * alike by 0.8 share one with a chance of 99.99 %, by 0.5 with 64 %, by 0.2 with 3 %. Empty for a text that says too
 * little.
 */
export function wordingBands(text: string): string[] {
  const hashes = shingleHashes(normaliseWording(text));
  if (hashes.length < FEWEST_SHINGLES) return [];
  const signature = FAMILY.map(({ multiplier, offset }) => {
    let least = 0xffffffff;
    for (const hash of hashes) least = Math.min(least, mix(Math.imul(hash, multiplier) + offset));
    return least;
  });
  return Array.from(
    { length: BANDS },
    (_value, band) =>
      `${band}:${signature
        .slice(band * ROWS, (band + 1) * ROWS)
        .map((value) => value.toString(16))
        .join('.')}`,
  );
}

function shingleHashes(text: string): number[] {
  const characters = [...text];
  const hashes = new Set<number>();
  for (let start = 0; start + SHINGLE <= characters.length; start += 1) {
    let hash = 0x811c9dc5;
    for (let place = start; place < start + SHINGLE; place += 1)
      hash = Math.imul(hash ^ characters[place]!.codePointAt(0)!, 0x01000193);
    hashes.add(mix(hash));
  }
  return [...hashes];
}

/** Spreads 32 bits over 32 bits (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function hashFamily(size: number, seed: number): { multiplier: number; offset: number }[] {
  let state = seed;
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    return mix(state);
  };
  return Array.from({ length: size }, () => ({ multiplier: next() | 1, offset: next() }));
}
