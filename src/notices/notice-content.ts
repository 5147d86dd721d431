import { accountNumberOf, type TypedAccount } from '../readers/account-numbers.js';
import { foldText, skeleton, visible } from '../readers/text.js';
import { type Link, readLink } from '../readers/link.js';
import { findLinks } from '../readers/link-finder.js';
import type { Reading } from './notice-reading.js';

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
  /** Ways to read its text; none where there is no text. */
  readonly readings: readonly Reading[];
  /** Given beside the text, or not in it. */
  readonly links: readonly Link[];
  readonly account: string | null;
  readonly holder: string | null;
}

const ADDRESS = /([^\s@<>"']+@[^\s@<>"']+)/u;

/** Takes a message apart. `readText` gives the ways to read its text; `toE164` reads a phone number, or gives null. */
export function readContent({ sender, text, links, accountDetails }: Message, readText: (text: string) => Reading[], toE164: (text: string) => string | null): Content {
  return {
    sender: sender === undefined || sender === null || visible(sender).trim() === '' ? null : readSender(sender, toE164),
    readings: text === undefined || text === null ? [] : readText(text),
    links: (links ?? []).flatMap(readGiven),
    account: accountDetails ? accountNumberOf(accountDetails) : null,
    holder: accountDetails?.holder === undefined ? null : foldText(accountDetails.holder).toLowerCase(),
  };
}

/** A link that was given as one, with or without what stood around it. */
function readGiven(text: string): Link[] {
  const link = readLink(text);
  if (link.target !== null || link.through !== null) return [link];
  const found = findLinks(text).links.filter(({ mayBeWords }) => !mayBeWords);
  return found.length > 0 ? found : [link];
}

function readSender(text: string, toE164: (text: string) => string | null): Sender {
  const shown = visible(text).replace(/\s+/gu, ' ').trim();
  const plain = shown.normalize('NFKC');
  const number = /^[+\d\s().-]+$/.test(plain) ? toE164(plain) : null;
  const address = ADDRESS.exec(shown)?.[1];
  const exact = number ?? address?.toLowerCase() ?? plain.toLowerCase();
  return { shown, exact, looks: skeleton(exact).toLowerCase().replace(/[^\p{L}\p{N}@.]/gu, ''), address: address === undefined ? null : readLink(address) };
}
