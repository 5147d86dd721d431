import { CALL_EVENTS } from './call-events.js';
import {
  ANSWERED,
  ASKED,
  BECAUSE,
  BY,
  CLOSED_CHANGE,
  COVERAGE,
  DIRECTION,
  ENROLLED,
  type EventKind,
  FEEDBACK,
  kind,
  NUMBER_SIGNALS,
  OUTCOME,
  QUESTION_KIND,
  SUBSCRIBED,
  TOLD,
  UNSUBSCRIBED,
  VERDICT,
  WAVE,
} from './event-members.js';
import {
  CONTACT_POINT,
  CONTACT_POINTS,
  COUNT,
  DEVICE_ID,
  FLAG,
  HASH,
  listOf,
  oneOf,
  optional,
  orNull,
  REFERENCE,
  TEXT,
  TIME,
} from './event-schema.js';

/** Every type of event that the log can hold, each once: what it is about, what it says, and the form of its data. */
export const EVENT_CATALOGUE = {
  ...CALL_EVENTS,
  'countersign.verdict.given': kind(
    'customer',
    "A phone or a customer asked whether a call is the bank's, and was told.",
    VERDICT,
  ),

  'countersign.verdict.feedback_received': kind(
    'vdt',
    'A handset told what became of a verdict, and after how long.',
    FEEDBACK,
  ),

  'countersign.verification.started': kind('ver', 'The customer was asked something.', {
    kind: QUESTION_KIND,
    direction: orNull(DIRECTION),
    policyVersion: COUNT,
    ...BY,
    displayCommitment: HASH,
    displayTime: orNull(TIME),
    challengeHash: HASH,
  }),
  'countersign.verification.refused': kind(['call', 'chg'], 'The customer could not be asked.', {
    because: oneOf('no_device', 'locked', 'push_budget'),
  }),
  'countersign.verification.confirmed': kind('ver', 'The customer said yes, and all fits.', ANSWERED),
  'countersign.verification.denied': kind('ver', 'The customer said no.', ANSWERED),
  'countersign.verification.reported': kind(
    'ver',
    'The answer, the direction and the handset do not fit, or the customer reported a fraud.',
    {
      ...optional(ANSWERED),
      'because?': oneOf('customer_reported'),
    },
  ),
  'countersign.verification.expired': kind(
    'ver',
    'Nobody answered in time. `because` names what found it so, where it was not the clock.',
    {
      'because?': TEXT,
      'expiredAt?': TIME,
      ...ASKED,
    },
  ),
  'countersign.verification.cancelled': kind('ver', 'The question was taken back.', {
    'because?': TEXT,
    'by?': TEXT,
    ...ASKED,
  }),
  'countersign.verification.locked': kind('ver', 'The question closed because the customer was locked.', {
    'because?': oneOf('customer_locked'),
    ...ASKED,
  }),
  'countersign.verification.code_failed': kind('ver', 'A wrong code was typed, and counts.', {
    failuresInARow: COUNT,
    deviceId: DEVICE_ID,
  }),
  'countersign.verification.answer_refused': kind(
    'ver',
    'An answer was not accepted, for the cause named here and nowhere else.',
    { cause: TEXT },
  ),

  'countersign.change.requested': kind(
    'chg',
    'A change of details was asked for, and is held. Tell the contact points.',
    {
      subject: TEXT,
      askedThrough: TEXT,
      reference: REFERENCE,
      proofs: listOf(TEXT),
      'findings?': listOf(TEXT),
      policyVersion: COUNT,
      ...BY,
      detailsCommitment: HASH,
      ...TOLD,
    },
  ),
  'countersign.change.checked': kind('chg', 'Somebody outside was asked about the new details.', {
    kind: TEXT,
    result: TEXT,
  }),
  'countersign.change.approved': kind('chg', 'A second agent approved.', BY),
  'countersign.change.released': kind(
    'chg',
    'Every proof is in and the cooling-off has passed: make the change. Tell the contact points.',
    CLOSED_CHANGE,
  ),
  'countersign.change.refused': kind('chg', 'The change is refused for good. Tell the contact points.', CLOSED_CHANGE),
  'countersign.change.withdrawn': kind('chg', 'The change was taken back.', CLOSED_CHANGE),
  'countersign.change.expired': kind('chg', 'The proofs were not in by the time.', CLOSED_CHANGE),
  'countersign.change.disputed': kind('chg', 'The customer disputes a change that was made.', {
    subject: TEXT,
    reference: REFERENCE,
    releasedAt: TIME,
  }),
  'countersign.letter.issued': kind('chg', 'A letter with a code was issued.', { expiresAt: TIME, ...BY }),
  'countersign.letter.used': kind('chg', 'The code of the letter was right.', {}),
  'countersign.letter.code_failed': kind('chg', 'A wrong letter code was typed, and counts.', { attemptsLeft: COUNT }),
  'countersign.letter.voided': kind('chg', 'The letter counts no longer.', {
    'attemptsLeft?': COUNT,
    'because?': oneOf('wrong_codes', 'replaced', 'change_closed', 'customer_shredded', 'expired'),
  }),

  'countersign.callback.queued': kind('cbk', 'The bank owes the customer a call.', {
    reference: REFERENCE,
    dueAt: TIME,
    askedDuringCall: FLAG,
    about: orNull(TEXT),
    ...BY,
  }),
  'countersign.callback.claimed': kind('cbk', 'An agent took the callback.', { ...BY, numberSignals: NUMBER_SIGNALS }),
  'countersign.callback.claim_lapsed': kind(
    'cbk',
    'The agent did nothing in time; the callback is queued again, or another agent has it.',
    BY,
  ),
  'countersign.callback.not_answered': kind('cbk', 'Nobody answered; it is tried again.', OUTCOME),
  'countersign.callback.wrong_person': kind('cbk', 'Somebody else answered; the callback ends.', OUTCOME),
  'countersign.callback.verified': kind('cbk', 'The customer was reached and confirmed.', OUTCOME),
  'countersign.callback.declined': kind('cbk', 'The customer was reached and did not ask for this.', OUTCOME),
  'countersign.callback.unreachable': kind(
    'cbk',
    'The customer could not be reached on a number that can be relied on.',
    {
      'attempts?': COUNT,
      'via?': orNull(TEXT),
      'by?': TEXT,
      'because?': TEXT,
      'numberSignals?': NUMBER_SIGNALS,
    },
  ),
  'countersign.callback.expired': kind('cbk', 'The time in which the customer wanted the call has passed.', {
    attempts: COUNT,
  }),
  'countersign.callback.cancelled': kind('cbk', 'The callback is needed no more.', BECAUSE),
  'countersign.contact.revealed': kind('cbk', 'A number was shown to an agent, once.', {
    contactPoint: CONTACT_POINT,
    to: TEXT,
  }),

  'countersign.customer.created': kind('customer', 'The customer is known from now on.', {
    'numbersAdded?': COUNT,
    'numbersReplaced?': COUNT,
    'numbersRedated?': COUNT,
    'by?': TEXT,
  }),
  'countersign.customer.changed': kind('customer', 'What is on file for the customer was set.', {
    numbersAdded: COUNT,
    numbersReplaced: COUNT,
    numbersRedated: COUNT,
    ...BY,
  }),
  'countersign.customer.locked': kind('customer', 'Too many wrong codes in a row. Tell the contact points.', {
    tellContactPoints: CONTACT_POINTS,
  }),
  'countersign.customer.unlocked': kind('customer', 'An administrator lifted the lock.', BY),
  'countersign.customer.shredded': kind('customer', "The customer's key and personal data were destroyed.", BY),
  'countersign.customer.summary_read': kind(
    'customer',
    'Somebody at the bank read what is under way with a customer.',
    BY,
  ),
  'countersign.customer.searched': kind(
    'customer',
    'An agent looked for a customer; it is about each who was found, or about none.',
    { ...BY, what: oneOf('number', 'id'), found: COUNT },
  ),
  'countersign.device.enrolled': kind('dev', 'A device was enrolled. Tell the contact points.', ENROLLED),
  'countersign.device.revoked': kind('dev', 'A device counts no longer.', BY),
  'countersign.push.subscribed': kind('customer', 'An app or a browser is told to open from now on.', SUBSCRIBED),
  'countersign.push.unsubscribed': kind('customer', 'An app or a browser is told no more.', UNSUBSCRIBED),
  'countersign.line.changed': kind('line', "A number is one of the bank's lines, for this use.", {
    number: TEXT,
    use: oneOf('outbound', 'inbound_only'),
    ...BY,
  }),
  'countersign.line.removed': kind('line', "A number is none of the bank's lines any more.", { number: TEXT, ...BY }),
  'countersign.policy.changed': kind('policy', 'There is a new version of the policy.', {
    version: COUNT,
    ...BY,
    documentHash: HASH,
  }),

  'countersign.notice.registered': kind('ntc', 'The bank registered a message that it sends.', {
    reference: REFERENCE,
    channel: TEXT,
    sentAt: TIME,
    ...BY,
  }),
  'countersign.notice.recipients_added': kind('ntc', 'Customers were added to whom it goes.', { added: COUNT, ...BY }),
  'countersign.notice.checked': kind(
    ['ntc', 'customer'],
    'A customer asked whether the bank sent a message, and was told.',
    {
      verdict: oneOf('genuine', 'altered', 'not_ours', 'unknown'),
      reason: TEXT,
      differs: listOf(TEXT),
      // The agent who asked for the customer.
      'by?': TEXT,
    },
  ),
  'countersign.notice.deleted': kind('ntc', 'A notice was kept as long as policy says, and is gone.', {
    reference: REFERENCE,
    olderThanDays: COUNT,
  }),
  'countersign.report.received': kind('rpt', 'A customer or an agent reported a fraud.', {
    channel: TEXT,
    reference: REFERENCE,
    shared: listOf(TEXT),
    of: orNull(TEXT),
    ...BY,
  }),
  'countersign.claim.made': kind('clm', 'Somebody at the bank had all put together that happened in a time.', {
    since: TIME,
    until: TIME,
    ...BY,
  }),
  'countersign.claim.opened': kind('clm', 'A claim file was taken out.', BY),
  'countersign.campaign.opened': kind('cmp', 'Reports are alike and many: a wave runs.', WAVE),
  'countersign.campaign.grew': kind('cmp', 'The wave has reached twice as many customers.', WAVE),
  'countersign.campaign.closed': kind('cmp', 'Nothing new was reported of the wave.', { ...WAVE, lastSeenAt: TIME }),
  'countersign.campaign.deleted': kind('cmp', 'A campaign was kept as long as policy says, and is gone.', {
    olderThanDays: COUNT,
  }),
  'countersign.data.deleted': kind('data', 'Old rows were kept as long as policy says, and are gone.', {
    of: oneOf('events', 'reports', 'call_records'),
    deleted: COUNT,
    'olderThanDays?': COUNT,
    'olderThanMonths?': COUNT,
    'until?': TIME,
  }),
  'countersign.coverage.low': kind('coverage', "Too few of the bank's own calls were declared.", COVERAGE),
  'countersign.coverage.recovered': kind('coverage', "Enough of the bank's own calls are declared again.", COVERAGE),

  'countersign.webhook.created': kind('whk', 'An endpoint was added.', { types: listOf(TEXT), ...BY }),
  'countersign.webhook.changed': kind('whk', 'An endpoint was changed.', { status: TEXT, types: listOf(TEXT), ...BY }),
  'countersign.webhook.deleted': kind('whk', 'An endpoint was removed.', BY),
  'countersign.webhook.rotated': kind('whk', 'An endpoint has a new secret.', BY),
  'countersign.webhook.failing': kind('whk', 'An endpoint has not taken anything for a while.', {
    since: TIME,
    disabledAfter: TIME,
  }),
  'countersign.webhook.disabled': kind('whk', 'Nothing is delivered to an endpoint any more.', {
    because: oneOf('gone', 'failing'),
    failingSince: orNull(TIME),
  }),
} as const satisfies Readonly<Record<string, EventKind>>;
