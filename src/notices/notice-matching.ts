import { isNearlySame } from '../readers/account-numbers.js';
import { foldWords } from '../readers/text.js';
import { compareLink, ownerOf, poses } from '../readers/link.js';
import { similarity } from './similarity.js';
import type { NoticeCheckFacts, NoticeDifference, NoticeFacts } from './notice-check.policy.js';
import type { Content } from './notice-content.js';
import { differenceOfSenders, type Sender, standingOf } from './sender.js';

/** A notice, taken apart. */
export interface PreparedNotice {
  readonly id: string;
  readonly reference: string;
  readonly content: Content;
}

/** What the customer gave, taken apart. A reference that is none can still be compared, and fits nothing. */
export interface Question {
  readonly reference: string | null;
  readonly content: Content;
}

/** Wording that shares this much with a notice's was made from it. */
const CLOSE = 0.6;
/** Fewer characters than this are nobody's wording. */
const FEWEST_CHARACTERS = 20;
const MOST_SHOWN = 200;

/** How the customer's message compares with a notice that was sent to them. */
export function compareNotice({ reference, content: given }: Question, notice: PreparedNotice): NoticeFacts {
  const { content: sent } = notice;
  const named = reference !== null && reference === notice.reference;
  const { wording, alike } = compareWording(given, sent);
  const links = compareLinks(given, sent);
  const accounts = compareAccounts(given, sent);
  const sender = compareSender(given.sender, sent.sender);
  const differences = [
    ...links.differences, ...accounts.differences, ...sender,
    ...(wording === 'close' || wording === 'other' ? [differingWords(given.shown!, sent.shown!)] : []),
    ...(reference !== null && !named ? [{ field: 'reference', how: 'other', received: reference, sent: notice.reference } as const] : []),
  ];
  return {
    noticeId: notice.id, named, wording, similarity: alike, differences,
    partsMatch: links.match || accounts.match, partsMimic: links.mimic || accounts.mimic,
    uncomparable: wording === 'not_recorded' || links.uncomparable || accounts.uncomparable, hasText: sent.wording !== null,
  };
}

/** Whether a message is made from a notice, or holds its links or account, whoever that was sent to. */
export function isFrom(given: Content, { content: sent }: PreparedNotice): boolean {
  const { wording } = compareWording(given, sent);
  if (wording !== 'not_given' && wording !== 'not_recorded') return wording !== 'other';
  return given.links.some((link) => compareLink(link, sent.links) === null) || given.accounts.some((number) => sent.accounts.includes(number));
}

/** What the bank's notices, taken together, say about a sender and about the addresses in a message. */
export function compareWithBank(given: Content, notices: readonly PreparedNotice[]): Pick<NoticeCheckFacts, 'foreignAddress' | 'sender' | 'substance'> {
  const owners = new Set(notices.flatMap(({ content }) => [...content.links, ...(content.sender?.address ? [content.sender.address] : [])]).map(ownerOf));
  const addresses = [...given.links, ...(given.sender?.address ? [given.sender.address] : [])];
  const senders = notices.flatMap(({ content }) => (content.sender ? [content.sender] : []));
  return {
    foreignAddress: owners.size > 0 && addresses.some((link) => !owners.has(ownerOf(link)) || (link.target !== null && link.target.userinfo !== '')),
    sender: given.sender === null ? 'not_given' : standingOf(given.sender, senders),
    substance: (given.wording ?? '').length >= FEWEST_CHARACTERS || given.accounts.length > 0,
  };
}

function compareWording(given: Content, sent: Content): { wording: NoticeFacts['wording']; alike: number } {
  if (given.wording === null) return { wording: 'not_given', alike: 0 };
  if (sent.wording === null) return { wording: 'not_recorded', alike: 0 };
  if (given.wording === sent.wording) return { wording: 'same', alike: 1 };
  const alike = similarity(given.trigrams, sent.trigrams);
  if (given.wording.length < FEWEST_CHARACTERS) return { wording: 'other', alike };
  if (sent.wording.includes(given.wording)) return { wording: 'part', alike };
  const grown = sent.wording.length >= FEWEST_CHARACTERS && given.wording.includes(sent.wording);
  return { wording: grown || alike >= CLOSE ? 'close' : 'other', alike };
}

interface Parts {
  readonly differences: NoticeDifference[];
  readonly match: boolean;
  readonly mimic: boolean;
  readonly uncomparable: boolean;
}

function compareLinks(given: Content, sent: Content): Parts {
  const uncomparable = given.links.length > 0 && sent.links.length === 0 && sent.wording === null;
  if (uncomparable) return { differences: [], match: false, mimic: false, uncomparable };
  const compared = given.links.map((link) => ({ link, against: compareLink(link, sent.links) }));
  const differences = compared.flatMap(({ link, against }) => (against === null ? [] : [{
    field: 'link', how: against.nearest === null && against.how === 'host' ? 'added' : against.how, received: cut(link.shown), sent: against.nearest && cut(against.nearest.shown),
  } as const]));
  const mimic = compared.some(({ link, against }) => against !== null && (against.how === 'lookalike' || against.how === 'query' || poses(link, sent.links)));
  return { differences, match: compared.some(({ against }) => against === null), mimic, uncomparable };
}

function compareAccounts(given: Content, sent: Content): Parts {
  const uncomparable = given.givesAccount && sent.accounts.length === 0 && sent.wording === null;
  if (uncomparable) return { differences: [], match: false, mimic: false, uncomparable };
  const wrong = given.accounts.filter((number) => !sent.accounts.includes(number));
  const sameHolder = given.holder !== null && given.holder === sent.holder;
  const otherHolder = given.holder !== null && sent.holder !== null && !sameHolder;
  const differences: NoticeDifference[] = [
    ...wrong.map((number) => ({ field: 'account', how: sent.accounts.length === 0 ? 'added' : 'number', received: cut(shownAccount(number)), sent: sent.accounts[0] === undefined ? null : shownAccount(sent.accounts[0]) } as const)),
    ...(otherHolder && sent.givesAccount ? [{ field: 'account', how: 'holder', received: cut(given.holder!), sent: cut(sent.holder!) } as const] : []),
  ];
  // Another roll number leads to another account behind the same number; one that is left out leads nowhere.
  const rollGiven = given.rollNumber !== null && sent.givesAccount;
  const otherRoll = rollGiven && sent.rollNumber !== null && given.rollNumber !== sent.rollNumber;
  if (otherRoll) differences.push({ field: 'account', how: 'roll_number', received: cut(given.rollNumber!), sent: sent.rollNumber });
  const mimic = otherRoll || wrong.some((number) => sameHolder || sent.accounts.some((ours) => isNearlySame(number, ours)));
  return { differences, match: given.accounts.some((number) => sent.accounts.includes(number)), mimic, uncomparable: rollGiven && sent.rollNumber === null };
}

/** A sort code and account number as people read them. */
function shownAccount(number: string): string {
  return number.replace(/^(\d\d)(\d\d)(\d\d)(\d{8})$/, '$1-$2-$3 $4');
}

/** A notice that was registered without its sender says nothing about one. */
function compareSender(given: Sender | null, sent: Sender | null): NoticeDifference[] {
  const how = given === null || sent === null ? null : differenceOfSenders(given, sent);
  return how === null ? [] : [{ field: 'sender', how, received: cut(given!.shown), sent: cut(sent!.shown) }];
}

/** The words between the common beginning and the common end of two texts. */
function differingWords(received: string, sent: string): NoticeDifference {
  const [a, b] = [foldWords(received), foldWords(sent)];
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start]!.folded === b[start]!.folded) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end]!.folded === b[b.length - 1 - end]!.folded) end += 1;
  const middle = (words: typeof a): string => cut(words.slice(start, words.length - end).map(({ shown }) => shown).join(' '));
  return { field: 'text', how: 'wording', received: middle(a), sent: middle(b) };
}

function cut(text: string): string {
  const characters = [...text];
  return characters.length <= MOST_SHOWN ? text : `${characters.slice(0, MOST_SHOWN - 1).join('')}…`;
}
