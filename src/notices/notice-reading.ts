import { withSpacesDecoded } from '../readers/encodings.js';
import { findAccountNumbers } from '../readers/account-numbers.js';
import { canExist } from '../readers/host.js';
import { isWeb, type Link } from '../readers/link.js';
import { findLinks, type FoundLink } from '../readers/link-finder.js';
import { JOIN } from '../readers/message-parts.js';
import { receivable, withoutStrays, withStraysShown } from '../readers/strays.js';
import { foldText, visible } from '../readers/text.js';
import { withLinksUnbracketed, withoutEmphasis, withoutFrame } from '../readers/surroundings.js';
import {
  plainPunctuation,
  refanged,
  undoTransport,
  withBrokenLinksJoined,
  withoutFooter,
  withoutForwardedHeaders,
  withPartedLinksJoined,
} from '../readers/transport.js';
import { trigrams } from './similarity.js';

/** A word of a message, or a link in it. */
export interface Word {
  readonly shown: string;
  readonly folded: string;
}

/** A link that stands behind words, and the link that those words are, where they are one. */
export interface LinkBeside extends Link {
  readonly words: Link | null;
}

/** The text of a message, read in one way. */
export interface Reading {
  /** What the wording looks like, with a mark in place of each link. */
  readonly wording: string;
  /** The wording as it was written, with a mark in place of each link and one space for any white space. */
  readonly written: string;
  /** The same with plain punctuation. */
  readonly plain: string;
  readonly words: readonly Word[];
  readonly trigrams: Uint32Array;
  /** In the order in which they stand. */
  readonly links: readonly Link[];
  /** Written beside words or another link, as mail programs do: `help<https://…>`, `help [https://…]`, `[help](https://…)`. */
  readonly linksBeside: readonly LinkBeside[];
  /** What has only the form of a link. */
  readonly names: readonly Link[];
  readonly accounts: readonly string[];
  /** So much of it was lost on the way that nothing can be said of the rest. */
  readonly isUnreadable: boolean;
  /** Something was left out or put together that could have been meant otherwise; nothing is genuine by such a reading. */
  readonly isDoubtful: boolean;
  /** What stood around it was left out, so that a piece of a notice in it may have had another beginning. */
  readonly isWhole: boolean;
}

interface Way {
  readonly text: string | null;
  readonly isDoubtful: boolean;
  readonly isWhole?: boolean;
}

/** Stands for a link. A noncharacter, so that no message holds it. */
const LINK = '\ufdd1';
const ENDS_IN_LINK = /(?:^|\s)\ufdd1\s*$/u;
const LINK_SHOWN = ' \u2045link\u2046 ';
/** Of a text in which every tenth character is a replacement, too little is left. */
const MOST_LOST = 10;

/**
 * The ways to read a text: as it came, and with what transports did to it undone. Each of the others also
 * leads wherever the first leads to, but for what was parted within a host. Empty where there are no words.
 */
export function readingsOf(text: string): Reading[] {
  const raw = receivable(text);
  const { text: undone, joined, guessed } = undoTransport(raw);
  const [bare, bareJoined, partly] = [
    withoutFooter(withoutStrays(undone)),
    joined && withoutStrays(joined),
    withPartedLinksJoined(undone),
  ];
  const decoded = withSpacesDecoded(raw);
  const [first, ...others] = [
    ...[raw, undone, joined, partly, withLinksUnbracketed(partly ?? undone)].map((certain): Way => ({
      text: certain,
      isDoubtful: false,
    })),
    ...[
      bare,
      bareJoined,
      guessed,
      guessed && withPartedLinksJoined(guessed),
      withoutForwardedHeaders(undone),
      withBrokenLinksJoined(undone),
      refanged(undone),
      withoutEmphasis(undone),
      decoded && undoTransport(decoded).text,
    ].map((doubtful): Way => ({ text: doubtful, isDoubtful: true })),
    ...withoutFrame(undone).map((framed): Way => ({ text: framed, isDoubtful: true, isWhole: true })),
  ].filter(
    (way, index, all): way is Way & { text: string } =>
      way.text !== null && all.findIndex(({ text: same }) => same === way.text) === index,
  );
  const hosts = hostsIn(withoutFooter(raw.replace(/=\r?\n/g, '')));
  const readings = [
    readingOf(first!.text, false),
    ...others.flatMap((way) => {
      const reading = { ...readingOf(way.text, way.isDoubtful), isWhole: way.isWhole === true };
      if (leadsTo(reading, hosts)) return [reading];
      return [joined, bareJoined, partly, guessed].includes(way.text) ? [{ ...reading, isDoubtful: true }] : [];
    }),
  ];
  return readings.filter(({ wording }) => wording !== '');
}

function hostsIn(text: string): Set<string> {
  return new Set(
    findLinks(text)
      .links.filter(({ mayBeWords }) => !mayBeWords)
      .flatMap(webHost),
  );
}

function webHost({ target }: Link): string[] {
  return target !== null && isWeb(target) && canExist(target.host) ? [target.host] : [];
}

function leadsTo({ links, linksBeside }: Reading, hosts: ReadonlySet<string>): boolean {
  const led = new Set([...links, ...linksBeside].flatMap(webHost));
  return [...hosts].every((host) => led.has(host));
}

function readingOf(text: string, isDoubtful: boolean): Reading {
  const { links, complete } = findLinks(text);
  const certain = links.filter(({ mayBeWords }) => !mayBeWords);
  const { marked, inWords, beside } = mark(text, certain);
  const written = visible(withStraysShown(marked))
    .replace(/[\s\u0085]+/gu, ' ')
    .trim();
  const plain = plainPunctuation(written);
  const wording = foldText(plain.replaceAll(JOIN, ' ').replaceAll(LINK, LINK_SHOWN));
  let next = 0;
  const words = written
    .replaceAll(JOIN, ' ')
    .split(' ')
    .filter((word) => word !== '')
    .map((word) =>
      word === LINK
        ? { shown: inWords[next++]!.shown, folded: LINK }
        : { shown: word, folded: foldText(plainPunctuation(word)) },
    );
  return {
    wording,
    written: written.normalize('NFC'),
    plain: plain.normalize('NFC'),
    words,
    trigrams: trigrams(wording),
    links: inWords,
    linksBeside: beside,
    names: links.filter(({ mayBeWords }) => mayBeWords),
    accounts: findAccountNumbers(visible(text)),
    isUnreadable: (written.match(/\ufffd/g)?.length ?? 0) * MOST_LOST > written.length,
    isDoubtful: isDoubtful || !complete,
    isWhole: false,
  };
}

/** The text with a mark for each link, and without those that stand beside the words that they belong to. */
function mark(text: string, links: readonly FoundLink[]): { marked: string; inWords: Link[]; beside: LinkBeside[] } {
  const [inWords, beside]: [Link[], LinkBeside[]] = [[], []];
  let [marked, read] = ['', 0];
  for (const link of links) {
    const before = text.slice(read, link.start);
    const opened = /\S\s{0,4}([<[])$/.exec(marked.slice(-6) + before)?.[1];
    const bracketed =
      opened !== undefined && text[link.end] === (opened === '<' ? '>' : ']') && text[link.end + 1] !== '(';
    const label = bracketed
      ? null
      : text[link.end] === ')'
        ? /\[([^[\]]{1,200})\]\($/.exec(marked.slice(-300) + before)
        : null;
    if (bracketed || label !== null) {
      const whole = marked + before;
      marked = bracketed
        ? `${whole.slice(0, -1).trimEnd()} `
        : whole.slice(0, whole.length - label![0].length) + label![1]!;
      beside.push({ ...link, words: ENDS_IN_LINK.test(marked.slice(-8)) ? inWords.at(-1)! : null });
      read = link.end + 1;
    } else {
      marked += `${before} ${LINK} `;
      inWords.push(link);
      read = link.end;
    }
  }
  return { marked: marked + text.slice(read), inWords, beside };
}
