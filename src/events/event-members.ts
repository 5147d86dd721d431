import type { EventRow } from './event.js';
import {
  CONTACT_POINTS,
  COUNT,
  type DataMembers,
  type DataSchema,
  FLAG,
  HASH,
  listOf,
  objectOf,
  oneOf,
  orNull,
  REFERENCE,
  SHARE,
  TEXT,
  TIME,
} from './event-schema.js';

/** What the log can hold of one type. */
export interface EventKind {
  /** The kind of thing that `subject` names; more than one where the type is about whichever is there. */
  readonly about: readonly EventRow['about'][];
  /** One sentence: what has happened. */
  readonly meaning: string;
  readonly data: DataSchema;
}

export function kind(
  about: EventRow['about'] | readonly EventRow['about'][],
  meaning: string,
  members: DataMembers,
): EventKind {
  return { about: typeof about === 'string' ? [about] : about, meaning, data: objectOf(members) };
}

export const DIRECTION = oneOf('outbound', 'inbound');
export const QUESTION_KIND = oneOf('call', 'change', 'callback');
export const HANDSET = orNull(
  objectOf({ inCall: FLAG, 'outgoing?': FLAG, 'medium?': oneOf('cellular', 'voip', 'unknown') }),
);
export const BECAUSE = { because: TEXT };
export const ASKED = { 'kind?': QUESTION_KIND, 'direction?': orNull(DIRECTION) };
export const BY = { by: TEXT };
export const TOLD = {
  tellContactPoints: CONTACT_POINTS,
  tellNewContact: FLAG,
  words: objectOf({ headline: TEXT, steps: listOf(TEXT) }),
  disputeWith: TEXT,
};
export const NUMBER_SIGNALS = orNull(
  objectOf({
    simSwap: oneOf('swapped', 'not_swapped', 'unknown'),
    callForwarding: oneOf('active', 'inactive', 'unknown'),
    checkedAt: TIME,
  }),
);
export const ANSWERED = {
  kind: QUESTION_KIND,
  direction: orNull(DIRECTION),
  answer: oneOf('yes', 'no'),
  reason: orNull(TEXT),
  handset: HANDSET,
  findings: listOf(TEXT),
  answerCommitment: HASH,
  deviceKeyThumbprint: HASH,
};
export const CLOSED_CHANGE = {
  'subject?': TEXT,
  'reference?': REFERENCE,
  because: orNull(TEXT),
  'by?': orNull(TEXT),
  'tellContactPoints?': CONTACT_POINTS,
  'tellNewContact?': FLAG,
  'words?': TOLD.words,
  'disputeWith?': TEXT,
};
export const COVERAGE = {
  declared: COUNT,
  total: COUNT,
  share: SHARE,
  floorPercent: COUNT,
  windowSeconds: COUNT,
  'line?': TEXT,
  'team?': TEXT,
};
export const OUTCOME = { attempts: COUNT, via: orNull(oneOf('app', 'offline_code', 'spoken')), by: TEXT };
export const WAVE = { customers: COUNT, reports: COUNT, since: TEXT };
