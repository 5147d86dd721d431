import { isHiddenNumber } from '../readers/hidden-number.js';
import { readCallerNumber } from '../readers/caller-number.js';
import { readShortNumber, toE164 } from '../readers/number.js';
import { hostOf, type KnownHosts, linkIndicators, readWebLinks, SHIPPED_HOSTS } from './link-indicators.js';
import { plainForm, wordingBands } from './wording.js';

export const INDICATOR_KINDS = ['number', 'sender', 'host', 'link', 'wording'] as const;
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

const MOST_SENDER = 64;
/** 112, 999, 159: everybody's in a country, and nobody's who calls. */
const PUBLIC_SERVICE = /^\d{3}$/;

/** Reads what was reported; `hide` makes of a band of the wording something that cannot be guessed back. Never throws. */
export function readContact(
  contact: ReportedContact,
  defaultCountry: string,
  hide: (band: string) => string,
  known: KnownHosts = SHIPPED_HOSTS,
): ReadContact {
  const number = contact.claimedNumber === undefined ? null : readClaimedNumber(contact.claimedNumber, defaultCountry);
  // A number that is hidden, or that nobody can read, has nothing in common with another.
  const given = contact.claimedNumber === undefined ? null : identifyNumber(contact.claimedNumber, defaultCountry);
  const identified = given !== null && PUBLIC_SERVICE.test(given) ? null : given;
  const sender = contact.claimedSender === undefined ? null : readSender(contact.claimedSender, defaultCountry);
  const links = readWebLinks(contact.links ?? [], contact.text ?? '');
  const indicators: Indicator[] = [
    ...(identified === null ? [] : [{ kind: 'number', value: identified } as const]),
    ...(sender === null || isHiddenNumber(sender) ? [] : [{ kind: 'sender', value: sender.toLowerCase() } as const]),
    ...linkIndicators(links, known, hide),
    ...wordingBands(contact.text ?? '').map((band) => ({ kind: 'wording', value: hide(band) }) as const),
  ];
  return { number, sender, hosts: [...new Set(links.map(hostOf))], indicators };
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
  return plainForm(text)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
}
