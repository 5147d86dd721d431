import { compareLink, hrefOf, isWeb, type Link, type LinkDifference, poses } from '../readers/link.js';
import { isOwnAddress, leadsToOwn, type OwnAddresses } from '../readers/own-addresses.js';
import type { SharedHosts } from '../readers/shared-hosts.js';
import { damageBetween, type Extent } from '../readers/transport-damage.js';
import type { NoticeDifference } from './notice-check.policy.js';
import type { Content } from './notice-content.js';
import type { LinkBeside, Reading } from './notice-reading.js';
import { cut } from './notice-wording.js';

/** How the links or accounts of a message compare with those of a notice. */
export interface ComparedParts {
  readonly differences: readonly NoticeDifference[];
  readonly match: boolean;
  readonly mimic: boolean;
  readonly uncomparable: boolean;
}

/** What a bank says is its own, and what besides is known of it from its messages. */
export interface BankAddresses {
  readonly declared: OwnAddresses;
  readonly all: OwnAddresses;
  readonly shared: SharedHosts;
}

/** Opened, these run in the page that they stand in. */
const SCRIPT = /^\s*(?:javascript|vbscript|data|file):/i;

interface Judged {
  readonly link: Link;
  readonly against: { readonly how: LinkDifference; readonly nearest: Link | null } | null;
  /** `own`: leads to the bank, and the notice says nothing of it. `doubtful`: nobody can tell. */
  readonly verdict: 'match' | 'own' | 'doubtful' | 'differs';
}

/** Compares the links that were given beside a text, and those in it, with a notice's: those in the same wording one by one. */
export function compareLinks(
  given: { readonly content: Content; readonly reading: Reading | null },
  sent: { readonly content: Content; readonly reading: Reading | null },
  aligned: Extent | null,
  bank: BankAddresses,
): ComparedParts {
  const all = [...sent.content.links, ...(sent.reading?.links ?? []), ...(sent.reading?.linksBeside ?? [])];
  const unworded = sent.reading === null;
  const received = [...given.content.links, ...(given.reading?.links ?? []), ...(given.reading?.linksBeside ?? [])];
  if (unworded && all.length === 0 && received.length > 0)
    return { differences: [], match: false, mimic: false, uncomparable: true };
  const judged = [
    ...given.content.links.map((link) =>
      unworded ? judgeBesideUnknown(link, all, bank.declared) : judge(link, all, bank.declared),
    ),
    ...(given.reading?.linksBeside ?? []).map((link, place) =>
      sent.reading === null
        ? judgeInUnknown(link, all, bank.all)
        : judgeBehindWords(link, place, given.reading!, sent.reading, all, bank.declared),
    ),
    ...(given.reading?.links ?? []).map((link, place) =>
      sent.reading === null
        ? judgeInUnknown(link, all, bank.all)
        : judgeInPlace(link, place, given.reading!, sent.reading, aligned, all, bank.declared),
    ),
  ];
  const names =
    given.reading === null || sent.reading === null
      ? []
      : given.reading.names.filter((name) => compareLink(name, [...sent.reading!.names, ...all]) !== null);
  const differing = judged.filter(({ verdict }) => verdict === 'differs');
  return {
    differences: differing.map(differenceOf),
    match: judged.some(({ verdict }) => verdict === 'match'),
    mimic: differing.some(
      ({ link, against }) => against!.how === 'lookalike' || against!.how === 'query' || poses(link, all),
    ),
    uncomparable: names.length > 0 || judged.some(({ verdict }) => verdict === 'doubtful'),
  };
}

function judge(link: Link, sent: readonly Link[], own: OwnAddresses): Judged {
  const against = compareLink(link, sent);
  if (against === null) return { link, against, verdict: 'match' };
  if (isOwnAddress(link, own)) return { link, against, verdict: 'own' };
  if (link.target === null ? !SCRIPT.test(link.shown) : isDamaged(link, against.nearest))
    return { link, against, verdict: 'doubtful' };
  return { link, against, verdict: 'differs' };
}

/** A link in words that were not registered: whatever leads to the bank may stand there, and e-mail addresses of others. */
function judgeInUnknown(link: Link, sent: readonly Link[], own: OwnAddresses): Judged {
  const judged = judge(link, sent, own);
  if (judged.verdict !== 'differs') return judged;
  if (leadsToOwn(link, own)) return { ...judged, verdict: 'own' };
  return link.target?.scheme === 'mailto:' && judged.against!.how !== 'lookalike'
    ? { ...judged, verdict: 'doubtful' }
    : judged;
}

/** A link that was given beside such words: another page of the bank's is not what was sent, and no fraud. */
function judgeBesideUnknown(link: Link, sent: readonly Link[], declared: OwnAddresses): Judged {
  const judged = judge(link, sent, declared);
  const isKnown =
    leadsToOwn(link, declared) || (link.target?.scheme === 'mailto:' && judged.against?.how !== 'lookalike');
  return judged.verdict === 'differs' && isKnown ? { ...judged, verdict: 'doubtful' } : judged;
}

/** A link behind words: not another of the notice's than stands behind them there, or than they say. */
function judgeBehindWords(
  link: LinkBeside,
  place: number,
  given: Reading,
  sent: Reading,
  all: readonly Link[],
  own: OwnAddresses,
): Judged {
  const judged = judge(link, all, own);
  if (judged.verdict !== 'match') return judged;
  const isAsSent =
    sent.linksBeside.length === 0 ||
    (sent.linksBeside.length === given.linksBeside.length && compareLink(link, [sent.linksBeside[place]!]) === null);
  return isAsSent && (link.words === null || compareLink(link, [link.words]) === null)
    ? judged
    : { ...judged, verdict: 'doubtful' };
}

/** A link in a piece of a notice: the last may be cut off behind its host. */
function judgeInPiece(link: Link, place: number, given: Reading, all: readonly Link[], own: OwnAddresses): Judged {
  const judged = judge(link, all, own);
  const isCut =
    judged.verdict === 'differs' &&
    place === given.links.length - 1 &&
    link.target !== null &&
    isWeb(link.target) &&
    all.some(
      ({ shown, target }) =>
        target !== null &&
        target.host === link.target?.host &&
        target.scheme === link.target.scheme &&
        shown.startsWith(link.shown),
    );
  return isCut ? { ...judged, verdict: 'doubtful' } : judged;
}

/** A link in wording that is the notice's: no other may stand in its place. */
function judgeInPlace(
  link: Link,
  place: number,
  given: Reading,
  sent: Reading,
  aligned: Extent | null,
  all: readonly Link[],
  own: OwnAddresses,
): Judged {
  if (aligned === null) return judgeInPiece(link, place, given, all, own);
  const expected = sent.links[aligned === 'ending' ? place + sent.links.length - given.links.length : place];
  const against = compareLink(link, expected === undefined ? [] : [expected]);
  if (against === null) return { link, against, verdict: 'match' };
  const isCut =
    expected !== undefined &&
    ((aligned === 'beginning' && place === given.links.length - 1 && expected.shown.startsWith(link.shown)) ||
      (aligned === 'ending' && place === 0 && expected.shown.endsWith(link.shown)));
  if (isCut || (link.target === null ? !SCRIPT.test(link.shown) : isDamaged(link, expected ?? null)))
    return { link, against, verdict: 'doubtful' };
  return { link, against, verdict: 'differs' };
}

/** At the same host, and other only by letters that nobody sees or that a way could not carry. */
function isDamaged(link: Link, sent: Link | null): boolean {
  if (
    link.target === null ||
    sent === null ||
    sent.target === null ||
    link.target.host !== sent.target.host ||
    link.through !== null ||
    link.target.userinfo !== '' ||
    link.target.port !== sent.target.port
  )
    return false;
  return (
    isWeb(link.target) &&
    link.target.scheme === sent.target.scheme &&
    (link.shown === sent.shown || damageBetween(sent.shown, link.shown, 'whole') !== null)
  );
}

/** Both as they are written; as they are opened where that looks the same. */
function differenceOf({ link, against }: Judged): NoticeDifference {
  const { how, nearest } = against!;
  const [received, sent] = [cut(link.shown), nearest && cut(nearest.shown)];
  const isAlike = received === sent && link.target !== null && nearest?.target;
  return {
    field: 'link',
    how: nearest === null && how === 'host' ? 'added' : how,
    received: isAlike ? cut(hrefOf(link.target)) : received,
    sent: isAlike ? cut(hrefOf(nearest.target)) : sent,
  };
}
