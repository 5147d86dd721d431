import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { declareCall } from '../../src/calls/calls.store.js';
import { declareTogether } from '../../src/calls/declarations-together.store.js';
import { readForVerdicts } from '../../src/calls/verdicts.store.js';
import type { TenantHandle } from '../../src/database/tenant-database.js';
import { confirmTogether, readContextsTogether } from '../../src/verifications/answers-together.store.js';
import { readAnswerContext, recordAnswer } from '../../src/verifications/answers.store.js';
import { findVerification, listOfCustomer } from '../../src/verifications/verifications.store.js';
import { findTogether, listWaitingTogether } from '../../src/verifications/verifications-together.store.js';

/** So many ask at once. */
export const TOGETHER = 8;
/** Of one of them. What writes also looks at each index of the tables that it writes. */
const MOST_BLOCKS_READ = 40;
const MOST_BLOCKS_WRITTEN = 150;
export const inTurn = <Value>(make: (n: number) => Value): Value[] =>
  Array.from({ length: TOGETHER }, (_, n) => make(n));
const idsOf = (prefix: string): string[] =>
  inTurn((n) => `00000000-0000-7000-8000-${prefix}${String(n).padStart(8, '0')}`);

/** What many ask in the same moment: a customer each, with a device, of whom half have a live call and a question in it. */
export const ASKED_TOGETHER: Record<string, readonly [number, (db: TenantHandle) => Promise<unknown>]> = {
  'what verdicts are made of': [
    MOST_BLOCKS_READ,
    (db) =>
      readForVerdicts(
        db,
        inTurn((n) => ({
          customerId: `hot-${n}`,
          incomingNumber: '+15550100',
          withNumbers: false,
          inAnotherCall: false,
        })),
      ),
  ],
  'what waits for customers': [
    MOST_BLOCKS_READ,
    (db) =>
      listWaitingTogether(
        db,
        inTurn((n) => ({ customerId: `hot-${n}`, most: 51 })),
      ),
  ],
  outcomes: [MOST_BLOCKS_READ, (db) => findTogether(db, idsOf('2000'))],
  'what answers are judged by': [
    MOST_BLOCKS_READ,
    (db) =>
      readContextsTogether(
        db,
        inTurn((n) => ({ id: idsOf('2000')[n]!, deviceId: idsOf('1000')[n]! })),
      ),
  ],
  'asking customers': [
    MOST_BLOCKS_WRITTEN,
    (db) =>
      declareTogether(
        db,
        inTurn((n) => ({
          call: { ...CALL, id: randomUUID(), reference: randomUUID(), customerId: `hot-${n + TOGETHER}` },
          toStart: { ...QUESTION, verificationId: randomUUID() },
        })),
      ),
  ],
  'recording what confirms': [
    MOST_BLOCKS_WRITTEN,
    (db) =>
      confirmTogether(
        db,
        inTurn((n) => ({
          ...YES,
          id: idsOf('2000')[n]!,
          customerId: `hot-${n}`,
          callId: idsOf('3000')[n]!,
          deviceId: idsOf('1000')[n]!,
        })),
      ),
  ],
};

/** The same where nobody else asks in that moment. */
export const ASKED_ALONE: typeof ASKED_TOGETHER = {
  'a verdict': [
    MOST_BLOCKS_READ,
    (db) =>
      readForVerdicts(db, [
        { customerId: 'hot-0', incomingNumber: '+15550100', withNumbers: true, inAnotherCall: true },
      ]),
  ],
  'what waits for a customer': [
    MOST_BLOCKS_READ,
    (db) => listOfCustomer(db, { customerId: 'hot-0', status: 'waiting', before: null, most: 51 }),
  ],
  'an outcome': [MOST_BLOCKS_READ, (db) => findVerification(db, idsOf('2000')[0]!)],
  'what an answer is judged by': [
    MOST_BLOCKS_READ,
    (db) => readAnswerContext(db, idsOf('2000')[0]!, idsOf('1000')[0]!),
  ],
  'asking a customer': [
    MOST_BLOCKS_WRITTEN,
    (db) =>
      declareCall(
        db,
        { ...CALL, id: randomUUID(), reference: randomUUID(), customerId: `hot-${TOGETHER}` },
        { ...QUESTION, verificationId: randomUUID() },
      ),
  ],
  'recording an answer': [
    MOST_BLOCKS_WRITTEN,
    (db) =>
      recordAnswer(db, {
        ...YES,
        id: idsOf('2000')[0]!,
        customerId: 'hot-0',
        callId: idsOf('3000')[0]!,
        deviceId: idsOf('1000')[0]!,
      }),
  ],
};

export const AFTERWARDS: Record<string, readonly string[]> = {
  'asking customers': [...inTurn(() => 'waiting'), ...inTurn(() => 'waiting')],
  'recording what confirms': inTurn(() => 'confirmed'),
};

const KEY_ID = '00000000-0000-7000-8000-000000000009';
const CALL = {
  keyId: KEY_ID,
  direction: 'outbound',
  channel: 'phone',
  line: null,
  purposeSealed: Buffer.from('purpose'),
  agentId: 'amara',
  agentName: 'Amara Okafor',
  agentDepartment: null,
  declaredBy: 'amara',
  externalId: null,
  externalSystem: null,
  callSeconds: 1_800,
  changeId: null,
} as const;
const QUESTION = {
  kind: 'call',
  displaySealed: Buffer.from('display'),
  displayCommitment: 'commitment',
  challenge: 'challenge',
  asks: ['answer', 'code'],
  codeMac: Buffer.from('mac'),
  startedBy: 'amara',
  policyVersion: 1,
  attemptsAllowed: 5,
  verificationSeconds: 300,
  promptsPerMinute: 100,
  promptsSinceConfirmed: 100,
} as const;
const YES = {
  keyId: KEY_ID,
  changeId: null,
  status: 'confirmed',
  answer: 'yes',
  reason: null,
  answerSealed: Buffer.from('answer'),
  answerCommitment: 'commitment',
  handset: null,
  findings: [],
  attemptsSeen: 0,
  failuresSeen: 0,
  signCount: null,
} as const;

/** Makes those who ask together as they are before anything is asked, so that each statement finds its common case. */
export async function resetAsking(superuser: pg.Client): Promise<void> {
  await superuser.query(`DELETE FROM verifications WHERE customer_id LIKE 'hot-%'; DELETE FROM calls WHERE customer_id LIKE 'hot-%';
    UPDATE customers SET prompts_since_confirmed = 0, recent_prompts = '{}' WHERE id LIKE 'hot-%';
    INSERT INTO customers (id, key_id, wrapped_key) SELECT 'hot-' || n, '${KEY_ID}', '\\x00' FROM generate_series(0, 15) n ON CONFLICT DO NOTHING;
    INSERT INTO devices (id, customer_id, name_sealed, platform, public_key, key_thumbprint)
      SELECT ('00000000-0000-7000-8000-1000' || lpad(n::text, 8, '0'))::uuid, 'hot-' || n, '\\x00', 'ios', '{}', lpad(n::text, 43, 'x') FROM generate_series(0, 15) n ON CONFLICT DO NOTHING;
    INSERT INTO calls (id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, declared_by, expires_at)
      SELECT ('00000000-0000-7000-8000-3000' || lpad(n::text, 8, '0'))::uuid, 'hot ' || n, 'hot-' || n, 'outbound', '${KEY_ID}', '\\x00', 'amara', 'Amara', 'amara', now() + interval '1 hour' FROM generate_series(0, 7) n;
    INSERT INTO verifications (id, customer_id, kind, call_id, direction, key_id, display_sealed, challenge, asks, attempts_allowed, policy_version, started_by, expires_at)
      SELECT ('00000000-0000-7000-8000-2000' || lpad(n::text, 8, '0'))::uuid, 'hot-' || n, 'call', ('00000000-0000-7000-8000-3000' || lpad(n::text, 8, '0'))::uuid, 'outbound', '${KEY_ID}', '\\x00', 'c', '{answer}', 5, 1, 'amara', now() + interval '1 hour' FROM generate_series(0, 7) n`);
}

/** Adds customers, by number from after `from` up to `to`, who each have a device, a live call and a question that waits. */
export async function growHistory(superuser: pg.Client, from: number, to: number): Promise<void> {
  await superuser.query(`INSERT INTO customers (id, key_id, wrapped_key) SELECT 'more-' || n, '${KEY_ID}', '\\x00' FROM generate_series(${from + 1}, ${to}) n;
    INSERT INTO devices (id, customer_id, name_sealed, platform, public_key, key_thumbprint)
      SELECT uuid7(), 'more-' || n, '\\x00', 'ios', '{}', lpad(n::text, 43, 'y') FROM generate_series(${from + 1}, ${to}) n;
    INSERT INTO calls (id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, declared_by, expires_at)
      SELECT ('00000000-0000-7000-8000-4000' || lpad(n::text, 8, '0'))::uuid, 'more ' || n, 'more-' || n, 'outbound', '${KEY_ID}', '\\x00', 'amara', 'Amara', 'amara', now() + interval '1 hour' FROM generate_series(${from + 1}, ${to}) n;
    INSERT INTO verifications (id, customer_id, kind, call_id, direction, key_id, display_sealed, challenge, asks, attempts_allowed, policy_version, started_by, expires_at)
      SELECT uuid7(), 'more-' || n, 'call', ('00000000-0000-7000-8000-4000' || lpad(n::text, 8, '0'))::uuid, 'outbound', '${KEY_ID}', '\\x00', 'c', '{answer}', 5, 1, 'amara', now() + interval '1 hour' FROM generate_series(${from + 1}, ${to}) n`);
}
