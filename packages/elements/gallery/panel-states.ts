import { asked, call, CALL_ID, callback, KNOWN, LINE, over, question, WARNINGS } from './panel-replies.js';
import { at, press, problem, type Replies, type State, type Step } from './state.js';

const DRAFT = { customerId: 'maya', line: LINE, purpose: 'A payment of £250 we stopped' };

/** A call that goes on, as it is opened. */
function opened(name: string, title: string, shows: State['shows'], what: object, more: Partial<State> = {}): State {
  const { replies, ...others } = more;
  return {
    name: `panel-${name}`,
    element: 'countersign-agent-panel',
    title,
    properties: { callId: CALL_ID },
    shows,
    ...others,
    replies: over({ ...replies, 'GET /v1/calls/[^/]+': { body: call(what) } }),
  };
}

/** A question that was answered, and what speaks against the answer. */
const found = (status: string, findings: readonly string[] = [], reason: string | null = null): Replies => ({
  'GET /v1/verifications/[^/]+': { body: { id: 'vrf_1', status, findings, reason } },
});

/** A call as it is declared here, with its code. */
function declared(
  name: string,
  title: string,
  shows: State['shows'],
  { reply, steps = [], more = {}, direction = 'outbound' }: Declared,
): State {
  const ask = asked('waiting', { code: '428319' });
  return {
    name: `panel-${name}`,
    element: 'countersign-agent-panel',
    title,
    properties: { ...DRAFT, direction },
    steps: [press('do.declareAndAsk'), ...steps],
    shows,
    replies: over({
      ...more,
      'POST /v1/calls$': reply ?? { body: call({ direction, verification: ask }) },
      'GET /v1/calls/[^/]+': { body: call({ direction, verification: asked('waiting') }) },
      'GET /v1/customers/[^/]+/verifications': {
        body: { data: [{ id: 'vrf_1', display: question(direction) }], next: null },
      },
    }),
  };
}

interface Declared {
  readonly reply?: Replies[string];
  readonly steps?: readonly Step[];
  readonly more?: Replies;
  readonly direction?: 'outbound' | 'inbound';
}

const BEFORE: readonly State[] = [
  {
    name: 'panel-empty',
    element: 'countersign-agent-panel',
    title: 'Before a call: nothing known',
    replies: KNOWN,
    shows: 'standing.none.what',
  },
  {
    name: 'panel-known',
    element: 'countersign-agent-panel',
    title: 'Before a call: a customer',
    properties: DRAFT,
    replies: KNOWN,
    shows: 'summary.devices',
  },
  {
    name: 'panel-warned',
    element: 'countersign-agent-panel',
    title: 'Before a call: warnings',
    properties: DRAFT,
    replies: over({ 'GET /v1/customers/[^/]+/summary': { body: WARNINGS } }),
    shows: 'summary.hold',
  },
  {
    name: 'panel-unread',
    element: 'countersign-agent-panel',
    title: 'Before a call: the summary cannot be read',
    properties: DRAFT,
    replies: over({ 'GET /v1/customers/[^/]+/summary': problem(503, 'unavailable') }),
    shows: 'summary.failed',
  },
  {
    name: 'panel-incomplete',
    element: 'countersign-agent-panel',
    title: 'Before a call: something is missing',
    replies: KNOWN,
    steps: [press('do.declare')],
    shows: 'problem.incomplete',
  },
  {
    name: 'panel-signed-out',
    element: 'countersign-agent-panel',
    title: 'Signed out',
    replies: { 'GET /v1/me': problem(401, 'unauthorized') },
    shows: 'problem.signedOut',
  },
];

const DURING: readonly State[] = [
  opened('unasked', 'Declared, not asked: no device', 'unavailable.no_device', {
    verificationUnavailable: 'no_device',
  }),
  declared('waiting', 'Waiting, with the code', 'preview.heading', {}),
  declared('inbound', 'Waiting on a call that came in', 'preview.inbound', { direction: 'inbound' }),
  declared('tries', 'Waiting, after wrong codes', 'code.tries', {
    reply: { body: call({ verification: asked('waiting', { code: '428319', attemptsLeft: 2 }) }) },
  }),
  opened('elsewhere', 'Waiting, the code is elsewhere', 'code.gone', { verification: asked('waiting') }),
  opened(
    'confirmed',
    'Confirmed',
    'standing.confirmed',
    { verification: asked('confirmed') },
    {
      replies: found('confirmed'),
    },
  ),
  opened(
    'doubtful',
    'Confirmed on a new device',
    'finding.new_device',
    { verification: asked('confirmed') },
    {
      replies: found('confirmed', ['new_device']),
    },
  ),
  opened(
    'denied',
    'Denied',
    'reason.not_me',
    { verification: asked('denied') },
    {
      replies: found('denied', [], 'not_me'),
    },
  ),
  opened(
    'expired',
    'No answer in time',
    'standing.expired',
    { verification: asked('expired') },
    {
      replies: found('expired'),
    },
  ),
  opened(
    'cancelled',
    'Taken back',
    'standing.cancelled',
    { verification: asked('cancelled') },
    {
      replies: found('cancelled'),
    },
  ),
  opened('locked', 'Locked', 'standing.locked.what', { verification: asked('locked') }, { replies: found('locked') }),
  opened(
    'unknown',
    'A state of a later version',
    'standing.unknown',
    { verification: asked('promised') },
    {
      replies: found('promised'),
    },
  ),
  opened('alarm', 'Alarm: a call that we placed', 'alarm.outbound', { relaySuspectedAt: at(-5) }),
  opened(
    'alarm-inbound',
    'Alarm: a call that came in',
    'alarm.inbound',
    {
      direction: 'inbound',
      relaySuspectedAt: at(-5),
      verification: asked('reported'),
    },
    { replies: found('reported', ['relay_suspected'], 'they_called_me') },
  ),
  opened('alarm-ended', 'Alarm: the call is over', 'alarm.ended', {
    relaySuspectedAt: at(-60),
    state: 'ended',
    endedAt: at(-5),
  }),
  opened('ended', 'The call is over', 'standing.ended', { state: 'ended', endedAt: at(-5) }),
  {
    ...opened('stale', 'Nothing heard of the service', 'standing.stale', {}),
    replies: over({
      'GET /v1/calls/[^/]+/stream': 'silence',
      'GET /v1/calls/[^/]+': [{ body: call({ verification: asked('confirmed') }) }, 'silence'],
      ...found('confirmed'),
    }),
  },
  opened('others', 'A call of somebody else', 'call.notYours', {
    agent: { id: 'ben', name: 'Ben Adeyemi', department: 'Fraud Operations' },
    verification: asked('waiting'),
  }),
  opened('offered', 'A call that is offered', 'call.offeredToYou', {
    agent: { id: 'ben', name: 'Ben Adeyemi', department: 'Fraud Operations' },
    transferTo: 'amara',
  }),
];

const DOING: readonly State[] = [
  opened('transfer', 'Handing over', 'transfer.to', {}, { steps: [press('do.transfer')] }),
  opened(
    'offline',
    'Codes without internet',
    'offline.customerCode',
    { direction: 'inbound' },
    {
      steps: [press('do.offline')],
    },
  ),
  opened(
    'bank-proof',
    'The bank’s code',
    'offline.bankCode',
    {},
    {
      steps: [press('do.offline'), press('do.bankProof')],
      replies: { 'POST /v1/calls/[^/]+/offline-proof': { body: { bankProof: '730255' } } },
    },
  ),
  opened(
    'working',
    'Something runs',
    'working',
    {},
    {
      steps: [press('do.ask')],
      replies: { 'POST /v1/calls/[^/]+/verification': 'silence' },
    },
  ),
  opened(
    'refused',
    'Refused',
    'problem.no-device',
    {},
    {
      steps: [press('do.ask')],
      replies: { 'POST /v1/calls/[^/]+/verification': problem(409, 'no-device') },
    },
  ),
  declared('lost', 'What became of it is not known', 'problem.unavailable', { reply: problem(503, 'unavailable') }),
  {
    name: 'panel-callback',
    element: 'countersign-agent-panel',
    title: 'A callback to take',
    properties: { callbackId: 'cbk_1', line: LINE },
    replies: KNOWN,
    shows: 'do.claim',
  },
  {
    name: 'panel-claimed',
    element: 'countersign-agent-panel',
    title: 'A callback: dial',
    properties: { callbackId: 'cbk_1', line: LINE },
    steps: [press('do.claim')],
    replies: over({
      'POST /v1/callbacks/[^/]+/claim': {
        body: {
          number: '+447700900123',
          callback: callback(),
          call: call({ verification: asked('waiting', { code: '428319' }) }),
        },
      },
      'GET /v1/calls/[^/]+': { body: call({ verification: asked('waiting') }) },
    }),
    shows: 'callback.duringCall',
  },
];

/** The agent's panel, in every state. */
export const panelStates: readonly State[] = [...BEFORE, ...DURING, ...DOING];
