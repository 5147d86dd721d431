import type { MessageKey } from '../src/messages/message-types.js';
import { ADVICE, BASE, CALL, CHANGE, FINE, INBOUND, NO_DEVICE, OUTBOUND, STRANGE } from './customer-replies.js';
import { at, press, problem, type Replies, type State, type Step } from './state.js';

interface More {
  readonly replies?: Replies;
  readonly steps?: readonly Step[];
  readonly enrolled?: boolean;
}

function customer(
  name: string,
  title: string,
  shows: State['shows'],
  { replies = {}, steps = [], enrolled = true }: More = {},
): State {
  return {
    name,
    element: 'countersign-customer',
    title,
    // Each has keys of its own in this browser, so each is somebody else.
    properties: { customerId: name, cardNumber: '+44 20 7946 0100' },
    enrolled,
    steps,
    shows,
    replies: { ...replies, ...BASE, ...replies },
  };
}

const answered = (reply: Replies[string], steps: readonly Step[]): More => ({
  replies: { 'POST /v1/verifications/[^/]+/answer': reply, ...OUTBOUND },
  steps,
});
const YES: readonly Step[] = [{ type: 'question.code', text: '428319' }, press('question.yes')];
const NO: readonly Step[] = [press('question.no'), press('reason.not_me')];
const outcome = (status: string, findings: readonly string[], advice: object): Replies[string] => ({
  body: { status, findings, attemptsLeft: 5, advice },
});

function verdict(name: string, title: string, shows: State['shows'], reply: Replies[string]): State {
  return customer(`calling-${name}`, title, shows, {
    replies: { 'POST /v1/customers/[^/]+/call-verdicts$': reply },
    steps: [press('calling.ask')],
  });
}
const says = (verdict: string, reason: string, advice: object = ADVICE, call?: object): Replies[string] => ({
  body: { id: 'vdt_1', verdict, reason, advice, checkedAt: at(0), ...(call ? { call } : {}) },
});

/** What is opened from home by its name. */
function view(
  name: string,
  title: string,
  tile: MessageKey,
  shows: State['shows'],
  { steps = [], ...more }: More = {},
): State {
  return customer(name, title, shows, { ...more, steps: [press(tile), ...steps] });
}

const HOME: readonly State[] = [
  customer('home', 'Home: nothing waits', 'waiting.none'),
  customer('enrol', 'Home: not set up', 'enrol.heading', { enrolled: false, replies: NO_DEVICE }),
  customer('evicted', 'Home: the key is gone', 'enrol.evicted', { enrolled: false }),
  customer('revoked', 'Home: this device was removed', 'enrol.revoked', { replies: NO_DEVICE }),
  customer('signed-out', 'Signed out', 'signedOut', {
    replies: { 'GET /v1/customers/[^/]+/verifications': problem(401, 'unauthorized') },
  }),
  customer('stale', 'Nothing heard of the bank', 'stale', {
    replies: { 'GET /v1/customers/[^/]+/verifications\\?': [{ body: { data: [], next: null } }, 'silence'] },
  }),
];

const QUESTIONS: readonly State[] = [
  customer('question', 'A question: the bank rings', 'question.are_you_talking_to_us', { replies: OUTBOUND }),
  customer('question-inbound', 'A question: somebody rang the bank', 'question.did_you_phone_us', { replies: INBOUND }),
  customer('question-change', 'A question: a change', 'question.did_you_ask_for_this_change', { replies: CHANGE }),
  customer('question-strange', 'A question of a later version', 'question.unknown', { replies: STRANGE }),
  customer('question-no-key', 'A question, and no key', 'waiting.noKey', {
    enrolled: false,
    replies: { ...OUTBOUND, ...NO_DEVICE },
  }),
  customer('question-no', 'Saying no', 'question.why', { replies: OUTBOUND, steps: [press('question.no')] }),
  customer('question-empty', 'No code typed', 'question.codeMissing', {
    replies: OUTBOUND,
    steps: [press('question.yes')],
  }),
  customer(
    'question-mismatch',
    'A wrong code',
    'answer.code-mismatch',
    answered(problem(422, 'code-mismatch', { attemptsLeft: 4 }), YES),
  ),
  customer('question-locked', 'Too many wrong codes', 'answer.locked', answered(problem(409, 'locked'), YES)),
  customer('question-gone', 'A question that is closed', 'waiting.gone', {
    replies: {
      'GET /v1/customers/[^/]+/verifications\\?': [
        OUTBOUND['GET /v1/customers/[^/]+/verifications\\?'] as { body: unknown },
        { body: { data: [], next: null } },
      ],
    },
  }),
  customer('confirmed', 'Confirmed', 'outcome.confirmed', answered(outcome('confirmed', [], FINE), YES)),
  customer('denied', 'Said no', 'outcome.denied', answered(outcome('denied', [], ADVICE), NO)),
  customer(
    'reported',
    'Danger',
    'outcome.reported',
    answered(outcome('reported', ['relay_suspected'], ADVICE), [press('question.no'), press('reason.pressured')]),
  ),
];

const CALLING: readonly State[] = [
  verdict('asking', 'A call: asking', 'calling.asking', 'silence'),
  verdict('genuine', 'A call: genuine', 'calling.genuine', says('legitimate', 'live_call', FINE, CALL)),
  verdict('wrong', 'A call: not the bank', 'calling.wrong', says('not_legitimate', 'no_live_call')),
  verdict('unknown', 'A call: not known', 'calling.unknown', says('unknown', 'withheld_number')),
  verdict(
    'relay',
    'A call: somebody rang as you',
    { words: ADVICE.steps[0]! },
    says('not_legitimate', 'someone_rang_as_you'),
  ),
  verdict('unavailable', 'A call: the bank cannot be asked', 'calling.unknown', problem(503, 'unavailable')),
  verdict('old', 'A call: it was genuine, and is not known now', 'calling.wasStale', [
    says('legitimate', 'live_call', FINE, CALL) as { body: unknown },
    'stuck',
  ]),
];

const checked = (verdict: string, differences: readonly object[] = []): More => ({
  steps: [{ type: 'message.text', text: 'Pay £250 to https://northbank.example.evil today' }, press('message.send')],
  replies: {
    'POST /v1/customers/[^/]+/notice-checks': {
      body: { verdict, differences, advice: verdict === 'genuine' ? FINE : ADVICE },
    },
  },
});
const DIFFERENT = [{ field: 'link', received: 'https://northbank.example.evil', sent: 'https://northbank.example' }];

const planned = {
  id: 'cbk_1',
  reference: 'T8NV-5C6J',
  status: 'queued',
  window: { dueAt: at(600), notAfter: at(7200) },
  agentName: 'Ben Adeyemi',
};
const change = (status: string): object => ({
  id: `chg_${status}`,
  reference: 'P3WX-9K2N',
  subject: 'phone_number',
  status,
  before: { number: '+44 •••• ••0123' },
  after: { number: '+44 •••• ••0777' },
  askedThrough: 'phone',
  requestedAt: at(-300),
  releaseAfter: at(86_400),
});
const listed = (path: string, ...data: object[]): Replies => ({
  [`GET /v1/customers/[^/]+/${path}`]: { body: { data, next: null } },
});
const reference = (reply: Replies[string], text = 'K7QM-2D42'): More => ({
  replies: { 'GET /v1/(public/[^/]+/)?references/[^/]+': reply },
  steps: [{ type: 'reference.label', text }, press('reference.send')],
});
const meaning = (genuine: boolean): Replies[string] => ({
  body: { kind: 'call', genuine, at: at(-600), state: 'ended', summary: 'A call about a payment we stopped' },
});
const letter = (reply: Replies[string], text = 'ABCD EFGH JKMN PQRS'): More => ({
  replies: { 'POST /v1/customers/[^/]+/letters': reply },
  steps: [{ type: 'letter.code', text }, press('letter.send')],
});

const VIEWS: readonly State[] = [
  view('report', 'A report', 'report.heading', 'report.channel'),
  view('reported-fraud', 'A report: received', 'report.heading', 'report.done', {
    steps: [press('report.sms'), press('report.send')],
    replies: {
      'POST /v1/customers/[^/]+/reports': {
        status: 201,
        body: { id: 'rpt_1', reference: 'W4HT-8B3Z', advice: [ADVICE] },
      },
    },
  }),
  view('report-limit', 'A report: too many', 'report.heading', 'report.limit', {
    steps: [press('report.sms'), press('report.send')],
    replies: { 'POST /v1/customers/[^/]+/reports': problem(429, 'report-limit') },
  }),
  view('message', 'A message', 'message.heading', 'message.intro'),
  view('message-empty', 'A message: nothing pasted', 'message.heading', 'message.empty', {
    steps: [press('message.send')],
  }),
  view('message-genuine', 'A message: ours', 'message.heading', 'message.genuine', checked('genuine')),
  view('message-altered', 'A message: changed', 'message.heading', 'message.altered', checked('altered', DIFFERENT)),
  view('message-other', 'A message: not ours', 'message.heading', 'message.not_ours', checked('not_ours')),
  view('message-unknown', 'A message: not known', 'message.heading', 'message.unknown', checked('unknown')),
  view('callback', 'A callback: none', 'callback.heading', 'callback.none', { replies: listed('callbacks') }),
  view('callback-planned', 'A callback: planned', 'callback.heading', 'callback.status.queued', {
    replies: listed('callbacks', planned),
  }),
  view('callback-no-number', 'A callback: no number', 'callback.heading', 'callback.noNumber', {
    steps: [press('callback.send')],
    replies: { 'POST /v1/customers/[^/]+/callbacks': problem(422, 'no-callback-number'), ...listed('callbacks') },
  }),
  view('changes', 'Changes: none', 'changes.heading', 'changes.none', { replies: listed('changes') }),
  view('changes-listed', 'Changes', 'changes.heading', 'changes.status.released', {
    replies: listed('changes', ...['held', 'released', 'refused', 'withdrawn', 'expired', 'disputed'].map(change)),
  }),
  view('changes-sure', 'A change: not mine?', 'changes.heading', 'changes.sure', {
    steps: [press('changes.dispute')],
    replies: listed('changes', change('held')),
  }),
  view('reference', 'A reference', 'reference.heading', 'reference.intro'),
  view(
    'reference-form',
    'A reference: a slip',
    'reference.heading',
    'reference.wrongForm',
    reference(meaning(true), 'K7'),
  ),
  view('reference-ours', 'A reference: known', 'reference.heading', 'reference.ours', reference(meaning(true))),
  view(
    'reference-void',
    'A reference: proves nothing',
    'reference.heading',
    'reference.notOurs',
    reference(meaning(false)),
  ),
  view(
    'reference-none',
    'A reference: not known',
    'reference.heading',
    'reference.none',
    reference(problem(404, 'not-found')),
  ),
  view('never', 'Who may call', 'never.heading', 'never.mayCall'),
  view('codes', 'Codes without internet', 'offlineCodes.heading', 'offlineCodes.bank'),
  view('codes-shown', 'The bank’s code', 'offlineCodes.heading', 'close', { steps: [press('offlineCodes.bankShow')] }),
  view('codes-none', 'No codes', 'offlineCodes.heading', 'offlineCodes.none', { enrolled: false, replies: NO_DEVICE }),
  view('letter', 'A letter’s code', 'letter.heading', 'letter.intro'),
  view('letter-form', 'A letter’s code: a slip', 'letter.heading', 'letter.wrongForm', letter({ body: {} }, 'AB')),
  view(
    'letter-wrong',
    'A letter’s code: wrong',
    'letter.heading',
    'letter.mismatch',
    letter(problem(422, 'code-mismatch')),
  ),
  view('letter-done', 'A letter’s code: right', 'letter.heading', 'letter.done', letter({ body: {} })),
  view('devices', 'Devices', 'devices.heading', 'devices.revoked'),
  view('devices-none', 'Devices: none', 'devices.heading', 'devices.none', { enrolled: false, replies: NO_DEVICE }),
  view('devices-sure', 'Devices: remove?', 'devices.heading', 'devices.sure', {
    steps: [{ press: 'devices.revoke', more: 'My browser' }],
  }),
];

const ALONE: readonly State[] = [
  {
    name: 'check',
    element: 'countersign-check',
    title: 'The public page',
    properties: { tenant: 'northbank', cardNumber: '+44 20 7946 0100' },
    shows: 'reference.intro',
  },
  {
    name: 'check-none',
    element: 'countersign-check',
    title: 'The public page: not known',
    properties: { tenant: 'northbank' },
    shows: 'reference.none',
    ...reference(problem(404, 'not-found')),
  },
  {
    name: 'offline',
    element: 'countersign-offline',
    title: 'Without a connection',
    properties: { cardNumber: '+44 20 7946 0100' },
    shows: 'offlineCodes.offlineHeading',
  },
];

/** What a customer sees, in every state. */
export const customerStates: readonly State[] = [...HOME, ...QUESTIONS, ...CALLING, ...VIEWS, ...ALONE];
