import { addressKey, type Mailbox, readMailbox, unicodeHost } from '../readers/address.js';
import { type Link, readLink } from '../readers/link.js';
import { oddityOf } from '../readers/plain-text.js';
import { digitsByValue, foldStyle, skeleton, standsForItself, visible } from '../readers/text.js';

/** A sender in the forms in which it is compared. */
export interface Sender {
  readonly shown: string;
  /** What it is: a number in E.164, an e-mail address, or a name as it is written; case does not matter. */
  readonly exact: string;
  /** The name that is shown in an address's stead, as `exact` has names; null where there is none. */
  readonly name: string | null;
  /** The name asks for something to be done: it holds a number, an address or marks that turn it round. */
  readonly asks: boolean;
  /** The name is written with characters that pose as others, or with some that nobody sees. */
  readonly poses: boolean;
  /** What the whole looks like, read in each way in which people or programs read it. */
  readonly looks: readonly string[];
  /** What the host of its address looks like. */
  readonly hostLooks: readonly string[];
  /** The address, where it is one of e-mail. */
  readonly address: Link | null;
}

const ASCII_SPACE = /[ \t\r\n]+/g;
/** Marks that programs put around a number when it is copied. */
const AROUND_A_NUMBER = /^[\s\p{Cf}]+|[\s\p{Cf}]+$/gu;
const NUMBER = /^(?:tel:)?\+?[0-9\s()./\p{Pd}]+$/iu;
const QUOTED = /^(?:"([^"]*)"|\u201c([^\u201c\u201d]*)\u201d)$/u;
const FEWEST_LOOKED_FOR = 4;

/** Reads who a message says it is from; null where that shows nothing. `toE164` reads a phone number, or gives null. */
export function readSender(text: string, toE164: (text: string) => string | null): Sender | null {
  const written = bareSender(text.toWellFormed());
  const shown = visible(written).replace(/\s+/gu, ' ').trim();
  if (shown === '') return null;
  const bare = written.replace(AROUND_A_NUMBER, '');
  const number = NUMBER.test(bare) ? toE164(bare) : null;
  const mailbox = number === null ? readMailbox(written) : null;
  return {
    shown,
    exact: number === null ? (mailbox ? `address:${addressKey(mailbox)}` : nameKey(written)) : `number:${number}`,
    name: mailbox?.name ? nameKey(mailbox.name) : null,
    asks: asksSomething(mailbox?.name ?? ''),
    poses: posesAsPlain(mailbox?.name ?? ''),
    looks: looksOf(number ?? (mailbox ? `${mailbox.local}@${unicodeHost(mailbox)}` : written), toE164),
    hostLooks: mailbox ? hostLooksOf(mailbox) : [],
    address: mailbox && linkOf(mailbox),
  };
}

/** In what a sender differs from the one that a notice was registered with; null in nothing. */
export function differenceOfSenders(given: Sender, sent: Sender): 'lookalike' | 'other' | null {
  if (isSender(given, sent)) return given.name === sent.name ? null : nameBeside(given);
  return posesAs(given, sent) ? 'lookalike' : 'other';
}

/** What is wrong with another name beside the right address; null where any name may stand there. */
function nameBeside({ asks, poses }: Sender): 'lookalike' | 'other' | null {
  if (asks) return 'other';
  return poses ? 'lookalike' : null;
}

/** What a sender is to the bank, as far as its notices tell. */
export function standingOf(sender: Sender, ours: readonly Sender[]): 'ours' | 'lookalike' | 'other' {
  if (ours.some((one) => isSender(sender, one))) return 'ours';
  return ours.some((one) => posesAs(sender, one)) ? 'lookalike' : 'other';
}

/** The same number, address or name; or the name alone under which the address was shown. */
function isSender(given: Sender, sent: Sender): boolean {
  return given.exact === sent.exact || given.exact === sent.name;
}

/** Looks like the other, or names the other's host or shows its name in front of something else. */
function posesAs(given: Sender, sent: Sender): boolean {
  return (
    given.looks.some(
      (look) =>
        sent.looks.includes(look) ||
        sent.hostLooks.some((host) => host.length >= FEWEST_LOOKED_FOR && look.includes(host)),
    ) ||
    (given.name !== null && (given.name === sent.name || given.name === sent.exact))
  );
}

/**
 * A name in the form in which two are the same: with case and ASCII space alone folded. What is written with characters
 * that only look like others, or with anything invisible, stays what it is.
 */
function nameKey(text: string): string {
  const spaced = text.replace(ASCII_SPACE, ' ').replace(/^ | $/g, '');
  const composed = standsForItself(spaced) ? spaced.normalize('NFC') : spaced;
  return `name:${Array.from(composed, (letter) => (letter.toLowerCase().toUpperCase() === letter ? letter.toLowerCase() : letter)).join('')}`;
}

/** Without what stands around any sender and is no part of it: `mailto:` (RFC 6068), quotation marks. */
function bareSender(written: string): string {
  const bare = written.replace(/^mailto:(?=[^\s:]+@)/i, '');
  const quoted = QUOTED.exec(bare);
  return quoted?.[1] ?? quoted?.[2] ?? bare;
}

/** As what is shown to somebody who relies on it is held to (docs/decisions/0073). */
function posesAsPlain(name: string): boolean {
  const oddity = oddityOf(name);
  return oddity !== null && oddity !== 'blank' && oddity !== 'space';
}

function asksSomething(name: string): boolean {
  return (
    (name.match(/\p{N}/gu)?.length ?? 0) >= 3 ||
    /@|\p{Bidi_Control}|[\p{L}\p{M}]{2}[.\u3002\uff0e\uff61/][\p{L}\p{M}]{2}/u.test(name)
  );
}

/** By its letters as they look, and by its digits as they look and as they count; as a number where that makes one. */
function looksOf(text: string, toE164: (text: string) => string | null): string[] {
  const plain = foldStyle(text).replace(/[\u3002\uff0e\uff61]/g, '.');
  const number = toE164(digitsByValue(plain).replace(/\p{Bidi_Control}/gu, ''));
  return [
    ...new Set([plain, plain.toLowerCase(), digitsByValue(plain), ...(number === null ? [] : [number])].map(look)),
  ].filter((one) => one !== '');
}

function hostLooksOf(mailbox: Mailbox): string[] {
  return [...new Set([mailbox.host, unicodeHost(mailbox)].map(look))];
}

/** Lower case only after the skeleton, which sees a capital I as an l; marks, spaces and what parts words are left out. */
function look(text: string): string {
  return skeleton(text)
    .toLowerCase()
    .normalize('NFD')
    .replace(/[^\p{L}\p{N}@.]/gu, '');
}

/** The host is what a link to an address is judged by. */
function linkOf({ host }: Mailbox): Link {
  return readLink(`mailto:sender@${host}`);
}
