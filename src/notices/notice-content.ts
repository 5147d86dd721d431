import { accountNumberOf, rollNumberOf, type TypedAccount } from '../readers/account-numbers.js';
import { type Link, readLink } from '../readers/link.js';
import { findLinks } from '../readers/link-finder.js';
import { hasStrays } from '../readers/strays.js';
import { type Reading, readingsOf } from './notice-reading.js';
import { readSender, type Sender } from './sender.js';

/** A message as it was sent, or as a customer has it. */
export interface Message {
  readonly sender?: string | null;
  readonly text?: string | null;
  readonly links?: readonly string[] | null;
  readonly accountDetails?: TypedAccount | null;
}

/** A message taken apart, so that each part can be compared on its own terms. */
export interface Content {
  readonly sender: Sender | null;
  /** Ways to read its text; none where there is no text. */
  readonly readings: readonly Reading[];
  /** Given beside the text, or not in it. */
  readonly links: readonly Link[];
  readonly account: string | null;
  readonly holder: string | null;
  readonly rollNumber: string | null;
  /** In what was given beside the text something stands that nobody writes; it may be read otherwise elsewhere. */
  readonly isDoubtful: boolean;
}

/** Takes a message apart. `toE164` reads a phone number, or gives null. */
export function readContent(
  { sender, text, links, accountDetails }: Message,
  toE164: (text: string) => string | null,
): Content {
  return {
    sender: sender ? readSender(sender, toE164) : null,
    readings: text === undefined || text === null ? [] : readingsOf(text),
    links: (links ?? []).flatMap(readGiven),
    account: accountDetails ? accountNumberOf(accountDetails) : null,
    holder: accountDetails?.holder === undefined ? null : holderKey(accountDetails.holder),
    rollNumber: accountDetails ? rollNumberOf(accountDetails) : null,
    isDoubtful: [sender, ...(links ?? []), ...Object.values(accountDetails ?? {})].some(
      (given) => typeof given === 'string' && hasStrays(given),
    ),
  };
}

/** A link that was given as one, with or without quotation marks and brackets around it. */
function readGiven(text: string): Link[] {
  const link = readLink(text);
  if (link.target !== null || link.through !== null) return [link];
  const [found, another] = findLinks(text).links.filter(({ mayBeWords }) => !mayBeWords);
  const isAlone =
    found !== undefined &&
    another === undefined &&
    /^[\s\p{P}]*$/u.test(text.slice(0, found.start) + text.slice(found.end));
  return [isAlone ? found : link];
}

/** A name that a payment is checked by is compared as it is written: with case and spaces alone folded. */
function holderKey(holder: string): string {
  return holder.toWellFormed().normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase();
}
