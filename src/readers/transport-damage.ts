import { JOIN } from './message-parts.js';
import { plainPunctuation } from './transport.js';

/**
 * How a text that was received can have become of one that was sent, by what gateways do to letters that they cannot carry:
 * `same` by what only that explains, `doubtful` where digits, amounts or most of the text are concerned; null where it cannot.
 */
export type Damage = 'same' | 'doubtful';

/** `whole`: all of what was sent. `beginning`, `ending`: no more than its first, or its last, part. */
export type Extent = 'whole' | 'beginning' | 'ending';

/** Ways that a character was read, at most; more are given up. */
const MOST_STATES = 64;
const MOST_LENGTH = 20_000;
/** Of a text that lost more than every fifth character too little is left. */
const LEAST_WHOLE = 5;
const FEWEST_WHOLE = 12;

/** Marks that phones and mail programs put around numbers and names. Those from right to left turn what stands there round. */
const LEFT_TO_RIGHT = /[\u200e\u202a\u202c\u202d\u2066\u2068\u2069]/gu;

/**
 * Whether `received` is `sent` after a way that changes letters (GSM 03.38 and others): each letter outside of ASCII may
 * have become its base letter, a question mark, a replacement character, a space or nothing; each sign that GSM-7 carries as
 * an extension, what a phone shows without it. Letters and digits of ASCII stand as they were sent. `received` has plain
 * punctuation, and both have one space for any white space. Linear in the lengths.
 */
export function damageBetween(sent: string, received: string, extent: Extent): Damage | null {
  const isWhole = extent === 'whole';
  if (
    sent.length > MOST_LENGTH ||
    received.length > 2 * sent.length + 8 ||
    (isWhole && 6 * received.length < sent.length)
  )
    return null;
  if (beginsOtherwise(sent, received, extent === 'ending' ? -1 : 0)) return null;
  const [a, b] = [sent, received].map((text) => [
    ...(extent === 'ending' ? reversed(text) : text).replace(LEFT_TO_RIGHT, ''),
  ]) as [string[], string[]];
  const best = align(a, b, isWhole, extent === 'ending');
  if (best === null) return null;
  const wasMarked = sent.match(LEFT_TO_RIGHT)?.join('') !== received.match(LEFT_TO_RIGHT)?.join('');
  const whole = b.length - best.damaged;
  return best.doubtful || wasMarked || whole < FEWEST_WHOLE || best.damaged * LEAST_WHOLE > b.length
    ? 'doubtful'
    : 'same';
}

/** What is seen at once of most texts that have nothing to do with each other. */
function beginsOtherwise(sent: string, received: string, place: 0 | -1): boolean {
  const [a, b] = [sent.at(place), received.at(place)];
  return a !== b && a !== undefined && b !== undefined && /[A-Za-z0-9]/.test(a) && /[A-Za-z0-9]/.test(b);
}

interface State {
  readonly damaged: number;
  readonly doubtful: boolean;
}

/** The best way to read all of `received`; each state is a place in it. */
function align(
  sent: readonly string[],
  received: readonly string[],
  isWhole: boolean,
  isReversed: boolean,
): State | null {
  let states = new Map<number, State>([[0, { damaged: 0, doubtful: false }]]);
  for (let at = 0; at < sent.length; at += 1) {
    const next = new Map<number, State>();
    for (const [place, state] of states) {
      if (!isWhole && place === received.length) return state;
      step(sent, at, received, place, state, next, isReversed);
    }
    if (next.size === 0 || next.size > MOST_STATES) return null;
    states = next;
  }
  return states.get(received.length) ?? null;
}

function step(
  sent: readonly string[],
  at: number,
  received: readonly string[],
  place: number,
  state: State,
  next: Map<number, State>,
  isReversed: boolean,
): void {
  const character = sent[at]!;
  if (received[place] === JOIN) {
    step(sent, at, received, place + 1, state, next, isReversed);
    if (character === ' ') keep(next, place + 1, state);
    return;
  }
  if (received[place] === character) keep(next, place + 1, state);
  if (character === ' ' && (place === 0 || place === received.length || received[place - 1] === ' '))
    keep(next, place, state);
  for (const { becomes, isDoubtful, isPlain } of formsOf(character)) {
    const form = isReversed ? [...becomes].reverse() : [...becomes];
    if (!form.every((one, index) => received[place + index] === one)) continue;
    const joinsDigits = !isPlain && !UNREADABLE.includes(becomes) && isDigit(sent[at - 1]) && isDigit(sent[at + 1]);
    keep(next, place + form.length, {
      damaged: state.damaged + (isPlain ? 0 : Math.max(1, form.length)),
      doubtful: state.doubtful || isDoubtful || joinsDigits,
    });
  }
}

function keep(states: Map<number, State>, place: number, state: State): void {
  const known = states.get(place);
  if (
    known === undefined ||
    (known.doubtful && !state.doubtful) ||
    (known.doubtful === state.doubtful && state.damaged < known.damaged)
  )
    states.set(place, state);
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && /\p{Nd}/u.test(character);
}

interface Form {
  readonly becomes: string;
  /** Also an acting value may have become of it. */
  readonly isDoubtful: boolean;
  /** The same sign or letter as ASCII has it: it can still be read. */
  readonly isPlain: boolean;
}

/** What is left of any character that a way cannot carry. */
const LOST = ['?', '\ufffd', '', ' ', '.', '_', '*', '\u25a1'];
const UNREADABLE = ['?', '\ufffd', '\u25a1'];

/** What phones show for a sign of the extension table without its escape (3GPP TS 23.038 section 6.2.1.1), and what gateways put. */
const EXTENSION: Readonly<Record<string, readonly string[]>> = {
  '^': ['\u039b', ' \u039b'],
  '{': ['(', ' ('],
  '}': [')', ' )'],
  '\\': ['/', ' /'],
  '[': ['<', ' <', '('],
  ']': ['>', ' >', ')'],
  '~': ['=', ' =', '-'],
  '|': ['\u00a1', ' \u00a1', '/', 'I', 'l'],
};
const CURRENCIES: Readonly<Record<string, readonly string[]>> = {
  '\u20ac': ['EUR', 'EUR ', ' EUR', 'Euro'],
  '\u00a3': ['GBP', 'GBP ', ' GBP'],
  '\u00a5': ['JPY', 'JPY ', ' JPY'],
};
const DOUBTFUL_CURRENCIES: Readonly<Record<string, readonly string[]>> = {
  '\u20ac': ['e', ' e', 'E'],
  '\u00a3': ['L', '#'],
  '\u00a5': ['Y'],
};
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  '\u00e4': ['ae'],
  '\u00f6': ['oe'],
  '\u00fc': ['ue'],
  '\u00c4': ['Ae', 'AE'],
  '\u00d6': ['Oe', 'OE'],
  '\u00dc': ['Ue', 'UE'],
  '\u00df': ['ss', 'SS', 's'],
  '\u1e9e': ['SS'],
  '\u00e5': ['aa'],
  '\u00c5': ['Aa', 'AA'],
  '\u00e6': ['ae', 'e'],
  '\u00c6': ['AE', 'Ae'],
  '\u00f8': ['o', 'oe'],
  '\u00d8': ['O', 'Oe', 'OE'],
  '\u0153': ['oe'],
  '\u0152': ['OE', 'Oe'],
  '\u0142': ['l'],
  '\u0141': ['L'],
  '\u0111': ['d', 'dj'],
  '\u0110': ['D', 'Dj'],
  '\u00f0': ['d', 'dh'],
  '\u00d0': ['D', 'Dh'],
  '\u00fe': ['th'],
  '\u00de': ['Th', 'TH'],
  '\u0127': ['h'],
  '\u0126': ['H'],
  '\u0131': ['i'],
  '\u0130': ['I'],
  '\u014b': ['n', 'ng'],
  '\u0167': ['t'],
  '\u017f': ['s'],
  '\u00ae': ['(R)', '(r)', 'R'],
  '\u00a9': ['(C)', '(c)', 'C'],
  '\u2122': ['TM', '(TM)', 'tm'],
  '\u00d7': ['x'],
  '\u2022': ['-', 'o'],
  '\u25cf': ['-', 'o'],
  '\u00b7': ['-'],
  '\u2192': ['->'],
  '\u2190': ['<-'],
  '\u00b0': ['o', ' deg'],
  '\u2116': ['No', 'No.'],
};

const kept = new Map<string, readonly Form[]>();
const MOST_KEPT = 10_000;
const NONE: readonly Form[] = [];
/** Signs of ASCII that gateways lose too, and those that `plainPunctuation` puts for others. */
const SIGNS = '^{}\\[]~|-\'"';

function formsOf(character: string): readonly Form[] {
  if (character.charCodeAt(0) < 0x80 && !SIGNS.includes(character)) return NONE;
  const known = kept.get(character);
  if (known !== undefined) return known;
  const forms = makeForms(character);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(character, forms);
  return forms;
}

function makeForms(character: string): readonly Form[] {
  const made = (all: readonly string[], isDoubtful = false): Form[] =>
    all.map((becomes) => ({ becomes, isDoubtful, isPlain: false }));
  const readable = (all: readonly string[]): Form[] =>
    all.map((becomes) => ({ becomes, isDoubtful: false, isPlain: true }));
  const plain = plainPunctuation(character);
  if (/\p{Noncharacter_Code_Point}/u.test(character)) return NONE;
  if (SIGNS.includes(character)) return made([...(EXTENSION[character] ?? []), '?', '\ufffd', '', ' ']);
  if (/\p{N}/u.test(character.normalize('NFKD'))) return made(UNREADABLE, true);
  if (/\p{Sc}/u.test(character))
    return [
      ...readable(CURRENCIES[character] ?? []),
      ...made([...(DOUBTFUL_CURRENCIES[character] ?? []), ...LOST], true),
    ];
  const base = character.normalize('NFKD').replace(/\p{M}/gu, '');
  const bases = base !== character && base !== '' && /^[ -~]+$/.test(base) ? [base] : [];
  const twice = character.length > 1 ? ['??', '\ufffd\ufffd'] : [];
  const same = plain === character ? [] : [plain];
  return [...readable([...same, ...bases, ...(LETTERS[character] ?? [])]), ...made([...LOST, ...twice])];
}

function reversed(text: string): string {
  return [...text].reverse().join('');
}
