import { accountNumberOf, findAccountNumbers, rollNumberOf, type TypedAccount } from '../readers/account-numbers.js';
import { foldText, visible } from '../readers/text.js';
import { findLinks, type Link, readLink } from '../readers/link.js';
import { readSender, type Sender } from './sender.js';
import { trigrams } from './similarity.js';

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
  /** Without what is invisible, as people read it. */
  readonly shown: string | null;
  /** What the wording looks like, with a mark in place of each link; null where there is no text. */
  readonly wording: string | null;
  readonly trigrams: Uint32Array;
  readonly links: readonly Link[];
  readonly accounts: readonly string[];
  readonly holder: string | null;
  readonly rollNumber: string | null;
  /** Whether `accounts` and `links` were given beside the text. */
  readonly givesAccount: boolean;
  readonly givesLinks: boolean;
}

/** Takes a message apart. `toE164` reads a phone number, or gives null. */
export function readContent({ sender, text, links, accountDetails }: Message, toE164: (text: string) => string | null): Content {
  const found = text === undefined || text === null ? null : findLinks(text);
  const number = accountDetails ? accountNumberOf(accountDetails) : null;
  const wording = found && foldText(found.wording);
  return {
    sender: sender ? readSender(sender, toE164) : null,
    shown: found && visible(text!),
    wording: wording === '' ? null : wording,
    trigrams: trigrams(wording ?? ''),
    links: [...(links ?? []).map(readLink), ...(found?.links ?? [])],
    accounts: [...new Set([...(number === null ? [] : [number]), ...(text ? findAccountNumbers(visible(text)) : [])])],
    holder: accountDetails?.holder === undefined ? null : holderKey(accountDetails.holder),
    rollNumber: accountDetails ? rollNumberOf(accountDetails) : null,
    givesAccount: number !== null,
    givesLinks: (links ?? []).length > 0,
  };
}

/** A name that a payment is checked by is compared as it is written: with case and spaces alone folded. */
function holderKey(holder: string): string {
  return visible(holder).normalize('NFC').replace(/\s+/gu, ' ').trim().toLowerCase();
}
