import { accountNumberOf, findAccountNumbers, rollNumberOf, type TypedAccount } from '../readers/account-numbers.js';
import { foldText, skeleton, visible } from '../readers/text.js';
import { findLinks, type Link, readLink } from '../readers/link.js';
import { trigrams } from './similarity.js';

/** A message as it was sent, or as a customer has it. */
export interface Message {
  readonly sender?: string | null;
  readonly text?: string | null;
  readonly links?: readonly string[] | null;
  readonly accountDetails?: TypedAccount | null;
}

/** A sender in the form in which it is compared. */
export interface Sender {
  readonly shown: string;
  /** E.164, an e-mail address, or the name as it is written in one case. */
  readonly exact: string;
  /** What it looks like. */
  readonly looks: string;
  /** The address, where it is one of e-mail. */
  readonly address: Link | null;
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

const ADDRESS = /([^\s@<>"']+@[^\s@<>"']+)/u;

/** Takes a message apart. `toE164` reads a phone number, or gives null. */
export function readContent({ sender, text, links, accountDetails }: Message, toE164: (text: string) => string | null): Content {
  const found = text === undefined || text === null ? null : findLinks(text);
  const number = accountDetails ? accountNumberOf(accountDetails) : null;
  const wording = found && foldText(found.wording);
  return {
    sender: sender === undefined || sender === null || visible(sender).trim() === '' ? null : readSender(sender, toE164),
    shown: found && visible(text!),
    wording: wording === '' ? null : wording,
    trigrams: trigrams(wording ?? ''),
    links: [...(links ?? []).map(readLink), ...(found?.links ?? [])],
    accounts: [...new Set([...(number === null ? [] : [number]), ...(text ? findAccountNumbers(visible(text)) : [])])],
    holder: accountDetails?.holder === undefined ? null : foldText(accountDetails.holder).toLowerCase(),
    rollNumber: accountDetails ? rollNumberOf(accountDetails) : null,
    givesAccount: number !== null,
    givesLinks: (links ?? []).length > 0,
  };
}

function readSender(text: string, toE164: (text: string) => string | null): Sender {
  const shown = visible(text).replace(/\s+/gu, ' ').trim();
  const plain = shown.normalize('NFKC');
  const number = /^[+\d\s().-]+$/.test(plain) ? toE164(plain) : null;
  const address = ADDRESS.exec(shown)?.[1];
  const exact = number ?? address?.toLowerCase() ?? plain.toLowerCase();
  return { shown, exact, looks: skeleton(exact).toLowerCase().replace(/[^\p{L}\p{N}@.]/gu, ''), address: address === undefined ? null : readLink(address) };
}
