import { isNearlySame } from '../readers/account-numbers.js';
import { canExist } from '../readers/host.js';
import { compareLink, isWeb, type Link } from '../readers/link.js';
import { isOwnHost, leadsToOwn, type OwnAddresses } from '../readers/own-addresses.js';
import type { NoticeCheckFacts, NoticeDifference, NoticeFacts } from './notice-check.policy.js';
import type { Content } from './notice-content.js';
import { type BankAddresses, compareLinks, type ComparedParts } from './notice-links.js';
import type { Reading } from './notice-reading.js';
import { compareWording, cut, differingWords, FEWEST_CHARACTERS } from './notice-wording.js';
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

/** How the customer's message compares with a notice that was sent to them, read in the way in which it fits best. */
export function compareNotice(question: Question, notice: PreparedNotice, bank: BankAddresses): NoticeFacts {
  const ways = pairsOf(question.content, notice.content).map(({ given, sent }) =>
    compareRead(question, notice, given, sent, bank),
  );
  return ways.reduce((best, facts) => (fitOf(facts) > fitOf(best) ? facts : best));
}

/** What came as it came is compared with what was sent as it was; and each way to read it, with that with the same undone. */
function pairsOf(given: Content, sent: Content): { given: Reading | null; sent: Reading | null }[] {
  const [asSent, undone] = [sent.readings[0] ?? null, mainReading(sent.readings) ?? null];
  if (given.readings.length === 0) return [{ given: null, sent: asSent }];
  const asItCame = asSent === undone ? [] : [{ given: given.readings[0]!, sent: asSent }];
  return [...asItCame, ...given.readings.map((reading) => ({ given: reading, sent: undone }))];
}

const ORDER: Readonly<Record<NoticeFacts['wording'], number>> = {
  same: 4,
  part: 3,
  close: 2,
  not_recorded: 1,
  not_given: 1,
  other: 0,
};

function fitOf({ wording, differences, uncomparable, similarity }: NoticeFacts): number {
  return (
    (differences.length === 0 ? 100 : 0) +
    10 * ORDER[wording] +
    (uncomparable ? 0 : 1) +
    similarity / 2 -
    differences.length / 1000
  );
}

function compareRead(
  { reference, content }: Question,
  notice: PreparedNotice,
  given: Reading | null,
  sent: Reading | null,
  bank: BankAddresses,
): NoticeFacts {
  const named = reference !== null && reference === notice.reference;
  const { wording, alike, aligned, isDoubtful } = compareWording(given, sent);
  const links = compareLinks({ content, reading: given }, { content: notice.content, reading: sent }, aligned, bank);
  const accounts = compareAccounts(content, given, notice.content, sent);
  const differences = [
    ...links.differences,
    ...accounts.differences,
    ...compareSender(content.sender, notice.content.sender),
    ...(wording === 'close' || (wording === 'other' && !given!.isUnreadable) ? [differingWords(given!, sent!)] : []),
    ...(reference !== null && !named
      ? [{ field: 'reference', how: 'other', received: reference, sent: notice.reference } as const]
      : []),
  ];
  return {
    noticeId: notice.id,
    named,
    wording,
    similarity: alike,
    differences,
    partsMatch: links.match || accounts.match,
    partsMimic: links.mimic || accounts.mimic,
    uncomparable:
      isDoubtful || content.isDoubtful || wording === 'not_recorded' || links.uncomparable || accounts.uncomparable,
    hasText: notice.content.readings.length > 0,
  };
}

/** Whether a message is made from a notice, or holds its links or account, whoever that was sent to. */
export function isFrom(given: Content, { content: sent }: PreparedNotice): boolean {
  const compared = pairsOf(given, sent).map((pair) => compareWording(pair.given, pair.sent).wording);
  if (given.readings.length > 0 && sent.readings.length > 0) return compared.some((wording) => wording !== 'other');
  const [links, known] = [linksIn(given), linksIn(sent)];
  return (
    links.some((link) => compareLink(link, known) === null) ||
    accountsIn(given).some((number) => accountsIn(sent).includes(number))
  );
}

/** What the bank's notices, taken together, say about a sender and about the addresses in a message. */
export function compareWithBank(
  given: Content,
  notices: readonly PreparedNotice[],
  own: OwnAddresses,
): Pick<NoticeCheckFacts, 'foreignAddress' | 'sender' | 'substance'> {
  const foreign = [
    ...linksIn(given).filter((link) => isForeign(link, own)),
    ...(given.sender?.address && isForeignSender(given.sender.address, own) ? [given.sender.address] : []),
  ];
  const senders = notices.flatMap(({ content }) => (content.sender ? [content.sender] : []));
  return {
    foreignAddress: own.hosts.size + own.links.length > 0 && foreign.length > 0,
    sender: given.sender === null ? 'not_given' : standingOf(given.sender, senders),
    substance:
      given.readings.some(({ wording, isUnreadable }) => !isUnreadable && wording.length >= FEWEST_CHARACTERS) ||
      accountsIn(given).length > 0,
  };
}

/** What leads nowhere leads to nobody else, and anybody's e-mail address may stand in a message. */
function isForeign(link: Link, own: OwnAddresses): boolean {
  const { target } = link;
  if (target === null || !isWeb(target) || !canExist(target.host)) return false;
  return target.userinfo !== '' || !(isOwnHost(target.host, own) || leadsToOwn(link, own));
}

/** An address at a number is nobody's that is known. */
function isForeignSender({ target }: Link, own: OwnAddresses): boolean {
  return (
    target === null ||
    (!isOwnHost(target.host, own) &&
      !own.links.some((link) => link.target?.scheme === 'mailto:' && link.target.host === target.host))
  );
}

/** The links of a message, with what transports did to its text undone. */
export function linksIn({ links, readings }: Content): Link[] {
  const reading = mainReading(readings);
  return [...links, ...(reading?.links ?? []), ...(reading?.linksBeside ?? [])];
}

function accountsIn({ account, readings }: Content): string[] {
  return [...(account === null ? [] : [account]), ...(mainReading(readings)?.accounts ?? [])];
}

function mainReading(readings: readonly Reading[]): Reading | undefined {
  return readings.findLast(({ isDoubtful }) => !isDoubtful) ?? readings[0];
}

function compareAccounts(
  given: Content,
  reading: Reading | null,
  sent: Content,
  sentReading: Reading | null,
): ComparedParts {
  const known = [...new Set([...(sent.account === null ? [] : [sent.account]), ...(sentReading?.accounts ?? [])])];
  if (given.account !== null && known.length === 0 && sentReading === null)
    return { differences: [], match: false, mimic: false, uncomparable: true };
  const numbers = [...new Set([...(given.account === null ? [] : [given.account]), ...(reading?.accounts ?? [])])];
  const isNear = (number: string): boolean => known.some((ours) => isNearlySame(number, ours));
  const others = numbers.filter((number) => !known.includes(number));
  // Words that were not registered may hold any account, such as the customer's own.
  const wrong = sentReading === null ? others.filter((number) => number === given.account || isNear(number)) : others;
  const sameHolder = given.holder !== null && given.holder === sent.holder;
  const otherHolder = given.holder !== null && sent.holder !== null && !sameHolder;
  const differences: NoticeDifference[] = [
    ...wrong.map(
      (number) =>
        ({
          field: 'account',
          how: known.length === 0 ? 'added' : 'number',
          received: cut(shownAccount(number)),
          sent: known[0] === undefined ? null : shownAccount(known[0]),
        }) as const,
    ),
    ...(otherHolder && sent.account !== null
      ? [{ field: 'account', how: 'holder', received: cut(given.holder!), sent: cut(sent.holder!) } as const]
      : []),
  ];
  const roll = compareRollNumber(given, sent);
  const mimic = roll.differences.length > 0 || wrong.some((number) => sameHolder || isNear(number));
  return {
    differences: [...differences, ...roll.differences],
    match: numbers.some((number) => known.includes(number)),
    mimic,
    uncomparable: roll.uncomparable,
  };
}

/** Another roll number leads to another account behind the same number; one that is left out leads nowhere. */
function compareRollNumber(
  { rollNumber }: Content,
  sent: Content,
): Pick<ComparedParts, 'differences' | 'uncomparable'> {
  if (rollNumber === null || sent.account === null) return { differences: [], uncomparable: false };
  if (sent.rollNumber === null || rollNumber === sent.rollNumber)
    return { differences: [], uncomparable: sent.rollNumber === null };
  return {
    differences: [{ field: 'account', how: 'roll_number', received: cut(rollNumber), sent: sent.rollNumber }],
    uncomparable: false,
  };
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
