import { at, problem, type Replies } from './state.js';

export const ADVICE = {
  code: 'hang_up_and_ring_card_number',
  headline: 'Hang up and ring the number on your card.',
  steps: ['Say nothing more.', 'Ring the number on your card.'],
};
export const FINE = { code: 'genuine_call', headline: 'This call is from your bank.', steps: [] };

export const CALL = {
  id: 'call_1',
  reference: 'K7QM-2D42',
  agentName: 'Amara Okafor',
  department: 'Fraud Operations',
  purpose: 'A payment of £250 we stopped',
  startedAt: at(-60),
};

function asks(display: object, more: object = {}): Replies {
  const data = [
    {
      id: 'vrf_1',
      kind: 'call',
      status: 'waiting',
      display,
      challenge: 'Y2hhbGxlbmdl',
      asks: ['answer', 'code'],
      expiresAt: at(110),
      attemptsLeft: 5,
      ...more,
    },
  ];
  return { 'GET /v1/customers/[^/]+/verifications\\?': { body: { data, next: null } } };
}

export const OUTBOUND = asks({
  question: 'are_you_talking_to_us',
  direction: 'outbound',
  agentName: CALL.agentName,
  department: CALL.department,
  purpose: CALL.purpose,
});
export const INBOUND = asks({ question: 'did_you_phone_us' }, { asks: ['answer'] });
export const CHANGE = asks(
  {
    question: 'did_you_ask_for_this_change',
    subject: 'phone_number',
    before: { number: '+44 •••• ••0123' },
    after: { number: '+44 •••• ••0777' },
    askedThrough: 'phone',
    askedAt: at(-300),
    reference: 'P3WX-9K2N',
  },
  { kind: 'change', asks: ['answer'], expiresAt: at(86_400) },
);
export const STRANGE = asks({ question: 'may_we_sell_your_house', newMember: { deep: ['<b>bold</b>', 1] } });

const DEVICES = (id: string): object[] => [
  { id, name: 'My browser', platform: 'web', enrolledAt: at(-90_000), revokedAt: null },
  { id: 'dev_old', name: 'Old phone', platform: 'ios', enrolledAt: at(-9_000_000), revokedAt: at(-4_000_000) },
];

export const BASE: Replies = {
  'GET /v1/me': { body: { tenant: 'northbank', customerId: 'maya', locale: null } },
  'GET /v1/texts': { body: {} },
  'GET /v1/push-key': problem(404, 'not-found'),
  'GET /v1/customers/[^/]+/verifications/stream': problem(404, 'not-found'),
  'GET /v1/customers/[^/]+/verifications': { body: { data: [], next: null } },
  'GET /v1/customers/[^/]+/devices': { body: { data: DEVICES('dev_here'), next: null } },
  'POST /v1/customers/[^/]+/call-verdicts/[^/]+/feedback': { status: 204 },
};
export const NO_DEVICE: Replies = { 'GET /v1/customers/[^/]+/devices': { body: { data: [], next: null } } };
