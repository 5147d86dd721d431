export type NoticeVerdictName = 'genuine' | 'altered' | 'not_ours' | 'unknown';

export type NoticeCheckReason =
  | 'unavailable'
  | 'matches'
  | 'reference_only'
  | 'differs'
  | 'foreign_address'
  | 'lookalike_sender'
  | 'never_sent'
  | 'incomplete'
  | 'damaged'
  | 'words_not_registered'
  | 'nothing_fits';

/** One way in which what the customer has differs from what the bank sent. */
export interface NoticeDifference {
  readonly field: 'link' | 'account' | 'sender' | 'text' | 'reference';
  /** Such as `lookalike` for a link that only looks like the bank's. */
  readonly how: string;
  readonly received: string;
  /** What the bank sent in that place; null where it sent nothing of the kind. */
  readonly sent: string | null;
}

/** How the customer's message compares with one notice that the bank sent to this very customer. */
export interface NoticeFacts {
  readonly noticeId: string;
  /** By its reference. */
  readonly named: boolean;
  /** `same`: also where a way that letters took explains all that differs. `part`: a whole piece of the notice's wording and nothing else. `not_recorded`: the notice was registered without its text. */
  readonly wording: 'not_given' | 'not_recorded' | 'same' | 'part' | 'close' | 'other';
  /** From 0 to 1. */
  readonly similarity: number;
  /** Some link or account was given, and is the notice's. */
  readonly partsMatch: boolean;
  /** A link looks like one of the notice's without being it, or an account is nearly the notice's: the mark of a copy. */
  readonly partsMimic: boolean;
  /** Something was given that cannot be compared: the notice was registered without it, or it cannot be read for certain. */
  readonly uncomparable: boolean;
  readonly hasText: boolean;
  readonly differences: readonly NoticeDifference[];
}

/** All that a verdict on a message is made of. */
export interface NoticeCheckFacts {
  /** Notices to this customer. */
  readonly own: readonly NoticeFacts[];
  /** A reference was given, and nothing else that could be compared. */
  readonly onlyReference: boolean;
  /** The wording, a link or the account is of a notice, but of none to this customer. */
  readonly elsewhere: boolean;
  /** A link or a sender's address is at a host whose owner is not the bank, as far as its notices tell. */
  readonly foreignAddress: boolean;
  /** What the sender is to the bank, over all its notices. */
  readonly sender: 'not_given' | 'ours' | 'lookalike' | 'other';
  /** Enough wording, or an account, to say that the bank would know it. */
  readonly substance: boolean;
  /** The bank wrote to this customer, as this sender or as none that was registered, in words that nobody recorded. */
  readonly unrecorded: boolean;
}

export interface NoticeCheckVerdict {
  readonly verdict: NoticeVerdictName;
  readonly reason: NoticeCheckReason;
  /** The notice that it is, or is a copy of. */
  readonly noticeId: string | null;
  readonly differences: readonly NoticeDifference[];
}

/** What is said when nothing could be read: never green. */
export const NOTICE_CHECK_UNAVAILABLE: NoticeCheckVerdict = verdict('unknown', 'unavailable');

/**
 * The verdict on a message. `genuine` only where a notice to this customer matches in all that was given and enough was
 * given; a copy of one with something changed is `altered`, and what was changed is named. What was sent to somebody
 * else is `unknown`, like anything that says too little, and anything that cannot be read for certain.
 */
export function decideNoticeCheck(facts: NoticeCheckFacts): NoticeCheckVerdict {
  const genuine = facts.own.find(isGenuine);
  if (genuine)
    return {
      verdict: 'genuine',
      reason: facts.onlyReference ? 'reference_only' : 'matches',
      noticeId: genuine.noticeId,
      differences: [],
    };

  const copied = nearest(facts.own.filter(isCopied));
  if (copied) return altered(copied);

  const fitting = facts.own.filter(isFitting);
  if (fitting.some(({ wording }) => wording === 'same')) return verdict('unknown', 'damaged');
  if (fitting.some(({ wording }) => wording === 'part')) return verdict('unknown', 'incomplete');
  const mimicked = fitting.length === 0 ? nearest(facts.own.filter(isMimicked)) : undefined;
  if (mimicked) return altered(mimicked);

  if (facts.foreignAddress) return verdict('not_ours', 'foreign_address');
  if (fitting.length > 0)
    return verdict(
      'unknown',
      fitting.every(({ wording }) => wording === 'not_recorded') ? 'words_not_registered' : 'incomplete',
    );
  if (facts.elsewhere) return verdict('unknown', 'nothing_fits');
  if (facts.sender === 'lookalike') return verdict('not_ours', 'lookalike_sender');
  if (facts.sender !== 'ours' || !facts.substance) return verdict('unknown', 'nothing_fits');
  return facts.unrecorded ? verdict('unknown', 'words_not_registered') : verdict('not_ours', 'never_sent');
}

/** A link or an account alone is not enough where the notice has words too: those are where a fraudster's number stands. */
function isGenuine({ named, wording, partsMatch, uncomparable, hasText, differences }: NoticeFacts): boolean {
  if (differences.length > 0 || uncomparable) return false;
  if (wording === 'same') return true;
  return wording === 'not_given' && (named || (!hasText && partsMatch));
}

function isCopied({ named, wording, differences }: NoticeFacts): boolean {
  return differences.length > 0 && (named || wording === 'same' || wording === 'part' || wording === 'close');
}

/** By nothing but a link or an account, which another notice may explain. */
function isMimicked({ wording, partsMimic, differences }: NoticeFacts): boolean {
  return differences.length > 0 && partsMimic && (wording === 'not_given' || wording === 'not_recorded');
}

function isFitting({ named, wording, partsMatch, differences }: NoticeFacts): boolean {
  return differences.length === 0 && (named || wording === 'same' || wording === 'part' || partsMatch);
}

function nearest(all: readonly NoticeFacts[]): NoticeFacts | undefined {
  return [...all].sort((a, b) => closeness(b) - closeness(a))[0];
}

function altered({ noticeId, differences }: NoticeFacts): NoticeCheckVerdict {
  return { verdict: 'altered', reason: 'differs', noticeId, differences };
}

function closeness({ named, wording, similarity, differences }: NoticeFacts): number {
  const byWording = { same: 3, part: 2, close: 1, other: 0, not_given: 0, not_recorded: 0 }[wording];
  return (named ? 100 : 0) + 10 * byWording + similarity - differences.length / 1000;
}

function verdict(name: NoticeVerdictName, reason: NoticeCheckReason): NoticeCheckVerdict {
  return { verdict: name, reason, noticeId: null, differences: [] };
}
