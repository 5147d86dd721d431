import { parse } from 'tldts';
import { isHiddenNumber } from '../readers/hidden-number.js';
import { readCallerNumber, readShortNumber, toE164 } from '../readers/number.js';
import { plainForm, wordingBands } from './wording.js';

export const INDICATOR_KINDS = ['number', 'sender', 'host', 'wording'] as const;
export type IndicatorKind = (typeof INDICATOR_KINDS)[number];

/** Something of a report by which it can be like others, and which says nothing about the customer. */
export interface Indicator {
  readonly kind: IndicatorKind;
  readonly value: string;
}

/** What a customer says about a message or call, as far as it can be like others. */
export interface ReportedContact {
  readonly claimedNumber?: string;
  readonly claimedSender?: string;
  readonly text?: string;
  readonly links?: readonly string[];
}

/** The same in the form in which it is compared and kept in clear. */
export interface ReadContact {
  readonly number: string | null;
  readonly sender: string | null;
  readonly hosts: readonly string[];
  readonly indicators: readonly Indicator[];
}

/** Who hosts for others is no owner: `a.pages.dev` and `b.pages.dev` are different people. */
const SUFFIXES = { allowPrivateDomains: true } as const;
const MOST_HOSTS = 20;
const MOST_WORDS = 4_000;
const MOST_SENDER = 64;

/** Reads what was reported; `hide` makes of a band of the wording something that cannot be guessed back. Never throws. */
export function readContact(contact: ReportedContact, defaultCountry: string, hide: (band: string) => string): ReadContact {
  const number = contact.claimedNumber === undefined ? null : readClaimedNumber(contact.claimedNumber, defaultCountry);
  // A number that is hidden, or that nobody can read, has nothing in common with another.
  const identified = contact.claimedNumber === undefined ? null : identifyNumber(contact.claimedNumber, defaultCountry);
  const sender = contact.claimedSender === undefined ? null : readSender(contact.claimedSender, defaultCountry);
  const hosts = readHosts([...(contact.links ?? []), ...wordsOf(contact.text ?? '')]);
  const indicators: Indicator[] = [
    ...(identified === null ? [] : [{ kind: 'number', value: identified } as const]),
    ...(sender === null || isHiddenNumber(sender) ? [] : [{ kind: 'sender', value: sender.toLowerCase() } as const]),
    ...[...new Set(hosts.flatMap((host) => [host, registrableDomain(host)]))].map((value) => ({ kind: 'host', value }) as const),
    ...wordingBands(contact.text ?? '').map((band) => ({ kind: 'wording', value: hide(band) }) as const),
  ];
  return { number, sender, hosts, indicators };
}

/** In E.164 or as a short number such as "60012" where it can be read as one; else as it was given, such as "Withheld". */
export function readClaimedNumber(text: string, defaultCountry: string): string | null {
  return identifyNumber(text, defaultCountry) ?? (plainLine(text).slice(0, 32).trim() || null);
}

function identifyNumber(text: string, defaultCountry: string): string | null {
  return readCallerNumber(text, defaultCountry) ?? readShortNumber(text);
}

/** A sender that is a number counts as one, however it is written. */
function readSender(text: string, defaultCountry: string): string | null {
  const plain = plainLine(text);
  return toE164(plain, defaultCountry) ?? (plain.slice(0, MOST_SENDER).trim() || null);
}

/** One line in one form: NFKC, nothing invisible, one space between words. */
function plainLine(text: string): string {
  return plainForm(text).replace(/[\p{C}\s]+/gu, ' ').trim();
}

/** Links as people paste them have no white space; what is invisible does not part or hide them. */
function wordsOf(text: string): string[] {
  return plainForm(text).split(/[\s<>"'()[\]{}|,;]+/u, MOST_WORDS).filter((word) => word.includes('.') && word.length <= 2_048);
}

function readHosts(candidates: readonly string[]): string[] {
  const hosts = new Set<string>();
  for (const candidate of candidates) {
    const host = readHost(candidate);
    if (host !== null) hosts.add(host);
    if (hosts.size === MOST_HOSTS) break;
  }
  return [...hosts];
}

const SCHEME = /^https?:\/\//i;

/**
 * The host that a browser would go to, in ASCII: past any user name before an @, with punycode for other scripts. Without
 * a scheme only under a suffix that exists, or with a path: "Monday.Please" is no address.
 */
export function readHost(candidate: string): string | null {
  const text = plainForm(candidate).replace(/\p{Cc}/gu, '').trim().replace(/[.!?:]+$/, '');
  const hasScheme = SCHEME.test(text);
  if (!hasScheme && (text.includes('://') || /^[^/]*@/.test(text))) return null;
  const address = hasScheme ? text : `http://${text}`;
  if (!URL.canParse(address)) return null;
  const host = new URL(address).hostname.replace(/\.$/, '');
  if (host === '' || host.length > 253) return null;
  return hasScheme || isUnderKnownSuffix(host) || /^[^/]+\.[^/]+\/\S/.test(text) ? host : null;
}

function isUnderKnownSuffix(host: string): boolean {
  const { domain, isIcann, isPrivate } = parse(host, SUFFIXES);
  return domain !== null && (isIcann === true || isPrivate === true);
}

/** What somebody registered: fraudsters give each victim a host of its own under it. Shared hosting counts as a suffix. */
function registrableDomain(host: string): string {
  return parse(host, SUFFIXES).domain ?? host;
}
