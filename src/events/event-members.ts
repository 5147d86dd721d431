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
  VERDICT_ID,
} from './event-schema.js';

/** What the log can hold of one type. */
export interface EventKind<Members extends DataMembers = DataMembers> {
  /** The kind of thing that `subject` names; more than one where the type is about whichever is there. */
  readonly about: readonly EventRow['about'][];
  /** One sentence: what has happened. */
  readonly meaning: string;
  /** The members of its data by the names that were declared, which the compiler knows. */
  readonly members: Members;
  readonly data: DataSchema;
}

export function kind<const Members extends DataMembers>(
  about: EventRow['about'] | readonly EventRow['about'][],
  meaning: string,
  members: Members,
): EventKind<Members> {
  return { about: typeof about === 'string' ? [about] : about, meaning, members, data: objectOf(members) };
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
const FINDING = oneOf('relay_suspected', 'handset_mismatch', 'other_channel', 'new_device', 'new_contact');
export const ANSWERED = {
  kind: QUESTION_KIND,
  direction: orNull(DIRECTION),
  answer: oneOf('yes', 'no'),
  reason: orNull(oneOf('they_called_me', 'not_on_a_call', 'not_me', 'not_what_i_asked', 'pressured')),
  handset: HANDSET,
  findings: listOf(FINDING),
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
export const WAVE = { customers: COUNT, reports: COUNT, since: TIME };
const VERDICT_REASON = oneOf(
  'unavailable',
  'inbound_only_line',
  'customer_rang',
  'already_on_that_call',
  'live_call',
  'other_channel',
  'other_line',
  'someone_rang_as_you',
  'not_our_line',
  'number_withheld',
  'no_live_call',
);
export const VERDICT = {
  'verdictId?': VERDICT_ID,
  verdict: oneOf('legitimate', 'not_legitimate', 'unknown'),
  reason: VERDICT_REASON,
  'findings?': listOf(oneOf('other_channel')),
  trigger: oneOf('ringing', 'customer'),
  lineUse: orNull(oneOf('outbound', 'inbound_only')),
  numberGiven: FLAG,
  handset: HANDSET,
  handsetNumberOnFile: orNull(FLAG),
};
export const FEEDBACK = {
  verdict: oneOf('legitimate', 'not_legitimate', 'unknown'),
  reason: VERDICT_REASON,
  trigger: oneOf('ringing', 'customer'),
  outcome: oneOf('shown', 'answered', 'ended_by_handset', 'ended_by_customer', 'timed_out'),
  latencyMs: orNull(COUNT),
};
export const ENROLLED = {
  platform: oneOf('ios', 'android', 'web'),
  keyThumbprint: HASH,
  // Of a passkey: the domain that it is for.
  'rpId?': TEXT,
  tellContactPoints: CONTACT_POINTS,
};
const PUSH_KIND = oneOf('webpush', 'fcm', 'apns');
export const SUBSCRIBED = { kind: PUSH_KIND, ...BY };
export const UNSUBSCRIBED = { kind: PUSH_KIND, because: oneOf('removed', 'gone'), 'by?': TEXT };
