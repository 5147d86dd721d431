import { at, type Replies } from './state.js';

const AGENT = { id: 'amara', name: 'Amara Okafor', department: 'Fraud Operations' };
export const CALL_ID = 'call_01k0000000000000000000000a';
export const LINE = '+442079460100';

export const question = (direction = 'outbound'): object =>
  direction === 'inbound'
    ? { question: 'did_you_phone_us' }
    : {
        question: 'are_you_talking_to_us',
        direction,
        agentName: AGENT.name,
        department: AGENT.department,
        purpose: 'A payment of £250 we stopped',
      };

export function call(more: object = {}): Record<string, unknown> {
  return {
    id: CALL_ID,
    reference: 'K7QM-2D42',
    customerId: 'maya',
    direction: 'outbound',
    channel: 'phone',
    state: 'live',
    line: LINE,
    purpose: 'A payment of £250 we stopped',
    agent: AGENT,
    startedAt: at(-90),
    endedAt: null,
    expiresAt: at(3600),
    relaySuspectedAt: null,
    transferTo: null,
    externalId: null,
    externalSystem: null,
    verification: null,
    ...more,
  };
}

export const asked = (status: string, more: object = {}): object => ({
  id: 'vrf_1',
  status,
  expiresAt: at(110),
  attemptsLeft: 5,
  ...more,
});

const SUMMARY = {
  customerId: 'maya',
  known: true,
  devices: { count: 2, trusted: 1, newestEnrolledAt: at(-90_000) },
  locked: false,
  lockedAt: null,
  signals: { hold: false, reasons: [] },
  liveCalls: [],
  heldChanges: [],
  openCallbacks: [],
  lastVerifiedContact: { at: at(-200_000), kind: 'call' },
};

export const WARNINGS = {
  ...SUMMARY,
  devices: { count: 0, trusted: 0, newestEnrolledAt: null },
  locked: true,
  lockedAt: at(-500),
  signals: {
    hold: true,
    reasons: [
      { type: 'report', at: at(-400) },
      { type: 'relay_suspected', at: at(-300) },
    ],
  },
  liveCalls: [{ id: CALL_ID, reference: 'K7QM-2D42', agent: AGENT, startedAt: at(-60), relaySuspectedAt: at(-30) }],
  heldChanges: [{ id: 'chg_1', reference: 'P3WX-9K2N', subject: 'phone_number' }],
  openCallbacks: [{ id: 'cbk_1', reference: 'T8NV-5C6J', dueAt: at(600), agentName: 'Ben Adeyemi' }],
  lastVerifiedContact: null,
};

export const callback = (more: object = {}): Record<string, unknown> => ({
  id: 'cbk_1',
  reference: 'T8NV-5C6J',
  customerId: 'maya',
  status: 'claimed',
  reason: 'Somebody called me and I hung up',
  about: null,
  window: { dueAt: at(-60), notAfter: at(3600) },
  attempts: 1,
  priority: 0,
  askedDuringCall: true,
  agentName: AGENT.name,
  claimedUntil: at(600),
  callId: CALL_ID,
  verifiedVia: null,
  requestedAt: at(-600),
  closedAt: null,
  ...more,
});

export const KNOWN: Replies = {
  'GET /v1/me': {
    body: { tenant: 'northbank', subject: 'amara', name: AGENT.name, scopes: ['agent'], team: AGENT.department },
  },
  'GET /v1/lines': { body: { data: [{ number: LINE, use: 'outbound', label: 'Fraud Operations' }], next: null } },
  'GET /v1/customers/[^/]+/summary': { body: SUMMARY },
};

/** What a state answers, and what all do where it says nothing else. */
export const over = (replies: Replies): Replies => ({ ...replies, ...KNOWN, ...replies });
