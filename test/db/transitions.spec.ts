import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CALLBACK_STATUSES } from '../../src/callbacks/callback.machine.js';
import { closeUnfinished, expirePast } from '../../src/callbacks/callback.transition.js';
import {
  callOffCallbacks,
  expireDueCallbacks,
  lapseClaimsOfCallbacks,
} from '../../src/callbacks/callback-outcomes.store.js';
import { claimCallback, giveUpCallback } from '../../src/callbacks/callbacks.store.js';
import { endCalls } from '../../src/calls/call.transition.js';
import { endCall, lapseDueCalls, startVerificationInCall } from '../../src/calls/calls.store.js';
import { failCustomerProof } from '../../src/calls/offline-proofs.store.js';
import { CHANGE_STATUSES } from '../../src/changes/change.policy.js';
import { withdrawHeld } from '../../src/changes/change.transition.js';
import { closeChange, readSettlements } from '../../src/changes/change-settlement.store.js';
import { missOpen, voidUnspent } from '../../src/changes/letter.transition.js';
import { issueLetter, listOpenLetters, missLetter, useLetter } from '../../src/changes/letters.store.js';
import { ensureCustomerKey } from '../../src/customers/customer-keys.store.js';
import { shredCustomer } from '../../src/customers/customers.store.js';
import { enrolDevice } from '../../src/customers/devices.store.js';
import { type Fragment, literal, sql as part, write } from '../../src/database/sql.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { TenantDatabase } from '../../src/database/tenant-database.js';
import { DEFAULT_POLICY } from '../../src/policy/policy.js';
import { recordWrongCode } from '../../src/verifications/answers.store.js';
import { advance, type Status, STATUSES, type Step } from '../../src/verifications/verification.machine.js';
import { closeLocked, closeOpen, closeWaiting, expireLapsed } from '../../src/verifications/verification.transition.js';
import { startLimits } from '../../src/verifications/verification-start.store.js';
import {
  cancelVerification,
  lapseDueVerifications,
  lapseVerifications,
  reportWaitingVerifications,
} from '../../src/verifications/verifications.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { requireCataloguedEvents } from '../support/event-checker.js';

// On the stores, where nothing sweeps: what has run out stays so until somebody else comes by.
let database: TestDatabase;
let owner: pg.Pool;
let db: TenantDatabase;
const sql = async <Row extends object = Record<string, any>>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await owner.query<Row>(text, values)).rows;

beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: 2, options: '-c countersign.tenant=northbank' });
  const url = await ensureServiceLogin(database.url, 'transitions');
  db = new TenantDatabase({ url, tenantId: 'northbank', sharedConnections: 1, pooledConnections: 4 });
});
afterAll(async () => {
  await db.close();
  try {
    await requireCataloguedEvents(sql);
  } finally {
    await owner.end();
    await database.drop();
  }
});

let customerId: string;
let keyId: string;
let deviceId: string;
let customers = 0;
beforeEach(async () => {
  customerId = `cust-${(customers += 1)}`;
  [keyId, deviceId] = [randomUUID(), randomUUID()];
  await ensureCustomerKey(db, customerId, keyId, Buffer.from('key'));
  await enrolDevice(db, {
    id: deviceId,
    customerId,
    keyId,
    jti: randomUUID(),
    issuedAt: Date.now() / 1000,
    proofAgeSeconds: 60,
    clockToleranceSeconds: 60,
    mostDevices: 2,
    nameSealed: Buffer.from('name'),
    platform: 'ios',
    publicKey: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
    keyThumbprint: 'thumb'.padEnd(43, randomUUID()),
    offlineSealed: null,
  });
});

/** Seconds from now; what is negative has run out. */
type Left = number;
const IN_TIME = 600;
const RUN_OUT = -5;

async function insert(table: string, row: Record<string, unknown>): Promise<string> {
  const id = (row.id as string | undefined) ?? randomUUID();
  const all = { id, customer_id: customerId, ...row };
  const names = Object.keys(all);
  await sql(
    `INSERT INTO ${table} (${names.join()}) VALUES (${names.map((_, at) => `$${at + 1}`).join()})`,
    Object.values(all),
  );
  return id;
}
const at = (left: Left): string => new Date(Date.now() + left * 1000).toISOString();

const call = (left: Left, more: object = {}): Promise<string> =>
  insert('calls', {
    reference: randomUUID(),
    direction: 'outbound',
    key_id: keyId,
    purpose_sealed: '',
    agent_id: 'amara',
    agent_name: 'Amara',
    declared_by: 'amara',
    expires_at: at(left),
    ...more,
  });
const question = (left: Left, more: object = {}): Promise<string> =>
  insert('verifications', {
    kind: 'call',
    direction: 'outbound',
    key_id: keyId,
    display_sealed: '',
    challenge: 'c',
    asks: ['answer'],
    attempts_allowed: 5,
    policy_version: 0,
    started_by: 'amara',
    expires_at: at(left),
    ...more,
  });
let references = 1000;
const change = (left: Left, more: object = {}): Promise<string> =>
  insert('changes', {
    reference: `AAAA-${(references += 1)}`,
    subject: 'payee_account',
    asked_through: 'email',
    asked_by: 'amara',
    key_id: keyId,
    details_sealed: '',
    rules: { proofs: ['letter'], coolingOffSeconds: 0, deviceAgeSeconds: 0, contactAgeSeconds: 0 },
    policy_version: 0,
    expires_at: at(left),
    ...more,
  });
const letter = (changeId: string, left: Left, more: object = {}): Promise<string> =>
  insert('letters', {
    change_id: changeId,
    code_mac: 'mac',
    issued_by: 'amara',
    attempts_left: 3,
    expires_at: at(left),
    ...more,
  });
/** @param left until the end of its window. */
const callback = (left: Left, more: object = {}): Promise<string> =>
  insert('callbacks', {
    reference: randomUUID(),
    key_id: keyId,
    reason_sealed: '',
    requested_by: 'app',
    asked_during_call: false,
    on_file_before: at(0),
    not_before: at(-3600),
    due_at: at(-3600),
    not_after: at(left),
    ...more,
  });
const claimedUntil = (left: Left, agent = 'ben') => ({
  status: 'claimed',
  claimed_by: agent,
  claimed_by_name: agent,
  claimed_at: at(-60),
  claimed_until: at(left),
});

const rowOf = async (table: string, id: string): Promise<Record<string, any>> =>
  (await sql(`SELECT * FROM ${table} WHERE id = $1`, [id]))[0]!;
/** Types and data of a thing's events, as they were written. */
const logOf = async (id: string): Promise<[string, Record<string, unknown>][]> =>
  (await sql(`SELECT type, data FROM events WHERE about_id = $1 ORDER BY sequence`, [id])).map(({ type, data }) => [
    type.replace('countersign.', ''),
    data,
  ]);

const shred = () => db.transaction((tx) => shredCustomer(tx, customerId, 'admin'));
const close = (id: string) =>
  db.transaction((tx) => closeChange(tx, { id, status: 'refused', because: 'disputed', author: null, tell: {} }));

/** As `call` makes it. */
const OF_AMARA = { agentId: 'amara', agentName: 'Amara', agentDepartment: null };

describe('a question that waits when something else ends it', () => {
  // Each gives the questions, ends them, and says what one in time ends as.
  const occasions: [string, string, string, (left: Left) => Promise<string>][] = [
    [
      'the customer is shredded',
      'cancelled',
      'customer_shredded',
      async (left) => {
        const id = await question(left);
        await shred();
        return id;
      },
    ],
    [
      'a wrong code to another question locks the customer',
      'locked',
      'customer_locked',
      async (left) => {
        const [id, asked] = [await question(left), await question(IN_TIME, { kind: 'callback' })];
        const counted = await recordWrongCode(db, {
          id: asked,
          customerId,
          deviceId,
          attemptsSeen: 0,
          failuresSeen: 0,
          attemptsAllowed: 1,
        });
        expect(counted).toEqual({ code_failures: 1, locked: true });
        expect(await rowOf('verifications', asked)).toMatchObject({
          status: 'locked',
          attempts_used: 1,
          closed_at: expect.any(Date),
        });
        return id;
      },
    ],
    [
      'a wrong offline code locks the customer',
      'locked',
      'customer_locked',
      async (left) => {
        const id = await question(left);
        expect(
          await failCustomerProof(db, { callId: await call(IN_TIME), customerId, failuresSeen: 0, cap: 1 }),
        ).toEqual({ code_failures: 1, locked: true });
        return id;
      },
    ],
    [
      'its call is hung up',
      'cancelled',
      'call_ended',
      async (left) => {
        const callId = await call(IN_TIME);
        const id = await question(left, { call_id: callId });
        expect(await db.transaction((tx) => endCall(tx, { id: callId, author: 'amara', owner: null }))).toBe(true);
        return id;
      },
    ],
    [
      'its call lapses',
      'cancelled',
      'call_ended',
      async (left) => {
        const id = await question(left, { call_id: await call(RUN_OUT) });
        await lapseDueCalls(db, 500);
        return id;
      },
    ],
    [
      'another takes its place',
      'cancelled',
      'displaced',
      async (left) => {
        const callId = await call(IN_TIME);
        const id = await question(left, { call_id: callId });
        const started = await startVerificationInCall(
          db,
          { callId, customerId, keyId, ...OF_AMARA },
          {
            verificationId: randomUUID(),
            kind: 'call',
            displaySealed: Buffer.from(''),
            displayCommitment: 'h'.repeat(43),
            challenge: 'c',
            asks: ['answer'],
            codeMac: null,
            startedBy: 'amara',
            ...startLimits(0, DEFAULT_POLICY),
          },
        );
        expect(started.decision).toBe('ask');
        return id;
      },
    ],
    [
      'the change that it is about closes',
      'cancelled',
      'change_closed',
      async (left) => {
        const changeId = await change(IN_TIME);
        const id = await question(left, { kind: 'change', direction: null, change_id: changeId });
        expect(await close(changeId)).toBe(true);
        return id;
      },
    ],
    [
      'the customer reports a fraud',
      'reported',
      'customer_reported',
      async (left) => {
        const id = await question(left);
        await reportWaitingVerifications(db, customerId);
        return id;
      },
    ],
  ];

  it.each(occasions)('because %s is %s while it is in time', async (_, status, because, end) => {
    const id = await end(IN_TIME);
    const row = await rowOf('verifications', id);
    expect(row).toMatchObject({ status, closed_at: expect.any(Date) });
    expect(await logOf(id)).toEqual([
      [`verification.${status}`, { kind: row.kind, direction: row.direction, because }],
    ]);
  });

  it.each(occasions)('because %s is expired, not %s, where its time has passed', async (_, __, because, end) => {
    const id = await end(RUN_OUT);
    const row = await rowOf('verifications', id);
    expect(row).toMatchObject({ status: 'expired', closed_at: expect.any(Date) });
    const [[type, data], ...more] = (await logOf(id)) as [[string, Record<string, unknown>]];
    expect([type, more]).toEqual(['verification.expired', []]);
    expect(data).toEqual({ kind: row.kind, direction: row.direction, because, expiredAt: expect.any(String) });
    expect(new Date(data.expiredAt as string)).toEqual(row.expires_at);
  });

  it("waits on after a wrong code that locks nobody, and so do the customer's others", async () => {
    const [id, other] = [await question(IN_TIME), await question(RUN_OUT, { kind: 'callback' })];
    const wrong = { id, customerId, deviceId, attemptsSeen: 0, failuresSeen: 0, attemptsAllowed: 2 };
    expect(await recordWrongCode(db, wrong)).toEqual({ code_failures: 1, locked: false });
    expect(await rowOf('verifications', id)).toMatchObject({ status: 'waiting', attempts_used: 1, closed_at: null });
    expect(await rowOf('verifications', other)).toMatchObject({ status: 'waiting', attempts_used: 0 });
    expect([await logOf(id), await logOf(other)]).toEqual([
      [['verification.code_failed', { failuresInARow: 1, deviceId }]],
      [],
    ]);
  });

  it('is not cancelled by an agent once its time has passed, and expires for whoever finds it so', async () => {
    const [first, second] = [await question(RUN_OUT), await question(RUN_OUT, { kind: 'callback' })];
    expect(await cancelVerification(db, { id: first, author: 'amara', owner: null })).toMatchObject({
      cancelled: false,
    });
    await lapseVerifications(db, [first]);
    await lapseDueVerifications(db, 500);
    for (const id of [first, second]) {
      const { kind } = await rowOf('verifications', id);
      expect(await logOf(id)).toEqual([
        ['verification.expired', { kind, direction: 'outbound', expiredAt: expect.any(String) }],
      ]);
    }
  });
});

describe('a call whose time has passed', () => {
  it.each([
    ['is shredded with its customer', shred],
    ['is swept', () => lapseDueCalls(db, 500)],
  ])('lapsed when its time was up, also where it %s', async (_, end) => {
    const id = await call(RUN_OUT);
    await end();
    const row = await rowOf('calls', id);
    expect(row.ended_at).toEqual(row.expires_at);
    expect(await logOf(id)).toEqual([['call.ended', { because: 'lapsed' }]]);
  });

  it('and one in time ends now, because its customer is shredded', async () => {
    const id = await call(IN_TIME);
    await shred();
    const row = await rowOf('calls', id);
    expect(row.ended_at.getTime()).toBeLessThan(row.expires_at.getTime());
    expect(await logOf(id)).toEqual([['call.ended', { because: 'customer_shredded' }]]);
  });
});

describe('a held change of a customer who is shredded', () => {
  it.each([
    ['withdrawn while it is in time', IN_TIME, 'withdrawn'],
    ['expired where its time has passed', RUN_OUT, 'expired'],
  ])('is %s', async (_, left, status) => {
    const id = await change(left);
    await shred();
    expect(await rowOf('changes', id)).toMatchObject({ status, closed_at: expect.any(Date) });
    expect(await logOf(id)).toEqual([[`change.${status}`, { because: 'customer_shredded' }]]);
  });
});

describe('a callback that is open when something else ends it', () => {
  const occasions: [string, string, string, (id: string) => Promise<unknown>][] = [
    ['its customer is shredded', 'cancelled', 'customer_shredded', shred],
    [
      'its change closes',
      'cancelled',
      'change_closed',
      async (id) => callOffCallbacks(db, (await rowOf('callbacks', id)).change_id),
    ],
    [
      'no number is left',
      'unreachable',
      'no_number_left',
      (id) => giveUpCallback(db, { id, because: 'no_number_left', signals: null }),
    ],
  ];
  const states: [string, object][] = [
    ['is queued', {}],
    ['has a claim that lapsed', claimedUntil(RUN_OUT)],
  ];
  const all = occasions.flatMap((occasion) => states.map((state) => [...occasion, ...state] as const));

  it.each(all)('because %s is %s in its window', async (_, status, because, end, __, state) => {
    const id = await callback(IN_TIME, { change_id: await change(IN_TIME), ...state });
    await end(id);
    expect(await rowOf('callbacks', id)).toMatchObject({ status, closed_at: expect.any(Date) });
    expect(await logOf(id)).toMatchObject([[`callback.${status}`, { because }]]);
  });

  it.each(all)('because %s is expired, not %s, past its window', async (_, __, ___, end, ____, state) => {
    const id = await callback(RUN_OUT, { change_id: await change(IN_TIME), ...state });
    await end(id);
    expect(await rowOf('callbacks', id)).toMatchObject({ status: 'expired', closed_at: expect.any(Date) });
    expect(await logOf(id)).toEqual([['callback.expired', { attempts: 0 }]]);
  });

  it('is not past its window while an agent holds it', async () => {
    const id = await callback(RUN_OUT, { change_id: await change(IN_TIME), ...claimedUntil(IN_TIME) });
    await expireDueCallbacks(db, 500);
    await callOffCallbacks(db, (await rowOf('callbacks', id)).change_id);
    expect(await logOf(id)).toEqual([['callback.cancelled', { because: 'change_closed' }]]);
  });

  it('is not given up by one agent while another holds it', async () => {
    const id = await callback(IN_TIME, claimedUntil(IN_TIME));
    await giveUpCallback(db, { id, because: 'number_at_risk', signals: null });
    expect(await rowOf('callbacks', id)).toMatchObject({ status: 'claimed', claimed_by: 'ben' });
    expect(await logOf(id)).toEqual([]);
  });
});

describe('what a held change still waits for', () => {
  it('is neither a question, nor a callback, nor a letter whose time has passed', async () => {
    for (const [left, waits] of [
      [IN_TIME, true],
      [RUN_OUT, false],
    ] as const) {
      const id = await change(IN_TIME);
      await Promise.all([
        question(left, { kind: 'change', change_id: id }),
        callback(left, { change_id: id }),
        letter(id, left),
      ]);
      expect(await readSettlements(db, [id])).toMatchObject([
        { app_waiting: waits, callback_open: waits, letter_open: waits },
      ]);
    }
  });
});

describe('a claim that has lapsed', () => {
  it('is in the log whether the sweeper finds it or the next agent', async () => {
    const contactPointId = await insert('contact_points', {
      kind: 'phone',
      value_sealed: '',
      value_hash: 'hash',
      since: at(-3600),
    });
    const [swept, taken] = [
      await callback(IN_TIME, claimedUntil(RUN_OUT)),
      await callback(IN_TIME, claimedUntil(RUN_OUT)),
    ];
    const toMake = {
      id: taken,
      agentId: 'chioma',
      agentName: 'Chioma',
      claimSeconds: 60,
      contactPointId,
      signals: null,
    };
    expect(await claimCallback(db, toMake)).not.toBeNull();
    await lapseClaimsOfCallbacks(db, 500);
    expect(await logOf(swept)).toEqual([['callback.claim_lapsed', { by: 'ben' }]]);
    expect((await logOf(taken)).slice(0, 2)).toMatchObject([
      ['callback.claim_lapsed', { by: 'ben' }],
      ['callback.claimed', { by: 'chioma' }],
    ]);
    expect(await claimCallback(db, { ...toMake, id: swept })).not.toBeNull();
    expect((await logOf(swept)).map(([type]) => type)).toEqual([
      'callback.claim_lapsed',
      'callback.claimed',
      'contact.revealed',
    ]);
  });
});

describe('a letter that counts no longer', () => {
  const issue = (changeId: string) =>
    issueLetter(db, { changeId, codeMac: Buffer.from('new'), author: 'amara', letterSeconds: 60, attempts: 3 });
  const occasions: [string, string, (changeId: string) => Promise<unknown>][] = [
    ['another is issued', 'replaced', issue],
    ['its change closes', 'change_closed', close],
    ['its customer is shredded', 'customer_shredded', shred],
  ];

  it.each(occasions)('because %s is voided with an event that says so', async (_, because, end) => {
    const changeId = await change(IN_TIME);
    const id = await letter(changeId, IN_TIME);
    await end(changeId);
    expect(await rowOf('letters', id)).toMatchObject({ voided_at: expect.any(Date) });
    expect((await logOf(changeId)).filter(([type]) => type === 'letter.voided')).toEqual([
      ['letter.voided', { attemptsLeft: 3, because }],
    ]);
  });

  it.each(occasions)('because %s is voided as expired where its time had passed', async (_, __, end) => {
    const changeId = await change(IN_TIME);
    await letter(changeId, RUN_OUT);
    await end(changeId);
    expect((await logOf(changeId)).filter(([type]) => type === 'letter.voided')).toEqual([
      ['letter.voided', { attemptsLeft: 3, because: 'expired' }],
    ]);
  });

  it('is voided once: not where it was used or voided before', async () => {
    const changeId = await change(IN_TIME);
    await letter(changeId, IN_TIME, { used_at: at(-60) });
    await letter(changeId, IN_TIME, { voided_at: at(-60) });
    await close(changeId);
    await shred();
    expect((await logOf(changeId)).map(([type]) => type)).toEqual(['change.refused']);
  });

  it('is told before the letter that takes its place', async () => {
    const changeId = await change(IN_TIME);
    for (let time = 0; time < 2; time += 1) await issue(changeId);
    expect((await logOf(changeId)).map(([type]) => type)).toEqual(['letter.issued', 'letter.voided', 'letter.issued']);
  });

  it('says that wrong codes voided it', async () => {
    const changeId = await change(IN_TIME);
    const id = await letter(changeId, IN_TIME, { attempts_left: 2 });
    expect([
      await missLetter(db, customerId),
      await missLetter(db, customerId),
      await missLetter(db, customerId),
    ]).toEqual([1, 0, 0]);
    expect(await logOf(changeId)).toEqual([
      ['letter.code_failed', { attemptsLeft: 1 }],
      ['letter.voided', { attemptsLeft: 0, because: 'wrong_codes' }],
    ]);
    expect(await useLetter(db, id, changeId)).toBe(false);
  });

  it('is not counted against where its code would not be taken anyway: its time has passed, or that of its change', async () => {
    const late = await change(IN_TIME);
    await letter(late, RUN_OUT);
    const kept = await letter(await change(RUN_OUT), IN_TIME);
    expect(await listOpenLetters(db, customerId)).toEqual([]);
    expect(await missLetter(db, customerId)).toBe(0);
    expect([await logOf(late), (await rowOf('letters', kept)).attempts_left]).toEqual([[], 3]);
  });
});

describe('the fragments that move a row', () => {
  let runs = 0;
  const textOf = (fragment: Fragment): string => write(`test.run${(runs += 1)}`, fragment).text;
  const run = (fragment: string): Promise<object[]> => sql(`WITH moved AS (${fragment}) SELECT * FROM moved`);
  /** What all columns of a row say, so that whatever was moved shows. */
  const whole = async (table: string, id: string): Promise<string> => JSON.stringify(await rowOf(table, id));

  const LOCKED = `(SELECT '%', now() AS locked_at) AS failed (id, locked_at)`;
  // Each with the step that it takes, and whether it is for a row in time alone, for one whose time has passed alone, or for both.
  const steps: [string, Step, 'in time' | 'run out' | 'both', (id: string) => string][] = [
    [
      'closeWaiting cancel',
      'cancel',
      'both',
      (id) => textOf(closeWaiting('cancel', { where: part`v.id = ${literal(id)}` })),
    ],
    [
      'closeWaiting report',
      'report',
      'both',
      (id) => textOf(closeWaiting('report', { where: part`v.id = ${literal(id)}` })),
    ],
    ['closeOpen cancel', 'cancel', 'in time', (id) => textOf(closeOpen('cancel', part`v.id = ${literal(id)}`))],
    [
      'expireLapsed',
      'expire',
      'run out',
      (id) => textOf(expireLapsed(part`due`)).replace('FROM due', `FROM (SELECT '${id}'::uuid AS id) due`),
    ],
    [
      'closeLocked',
      'lock',
      'both',
      () =>
        textOf(closeLocked(part`failed`, { countsFor: null })).replace(
          'FROM failed',
          `FROM ${LOCKED.replace('%', customerId)}`,
        ),
    ],
  ];

  it.each(steps)('take a question where its machine says: %s', async (_, step, when, fragment) => {
    for (const status of STATUSES) {
      for (const left of [IN_TIME, RUN_OUT]) {
        const id = await question(
          left,
          status === 'waiting' ? {} : { status, closed_at: at(-1), device_id: deviceId, answer: 'yes' },
        );
        const before = await whole('verifications', id);
        const moved = await run(fragment(id));
        const taken: Step | null =
          when === 'both'
            ? left === RUN_OUT
              ? 'expire'
              : step
            : (when === 'run out') === (left === RUN_OUT)
              ? step
              : null;
        const after: Status | null = taken && advance(status, taken);
        expect(moved, `${status} ${left}`).toHaveLength(after === null ? 0 : 1);
        if (after === null) expect(await whole('verifications', id)).toBe(before);
        else expect(await rowOf('verifications', id)).toMatchObject({ status: after, closed_at: expect.any(Date) });
        await sql(
          `SET session_replication_role = replica; DELETE FROM verifications WHERE id = '${id}'; SET session_replication_role = DEFAULT`,
        );
      }
    }
  });

  const OPEN = ['queued', 'claimed', 'held'];
  const closed = (statuses: readonly string[]) => statuses.filter((status) => !OPEN.includes(status));
  const finals: [string, string, () => Promise<string>, (id: string) => string][] = [
    ...closed(CALLBACK_STATUSES).flatMap(
      (status): [string, string, () => Promise<string>, (id: string) => string][] => {
        const make = () =>
          callback(RUN_OUT, {
            ...claimedUntil(RUN_OUT),
            status,
            closed_at: at(-1),
            closed_by: 'ben',
            verified_via: 'app',
          });
        return [
          [
            `a callback that is ${status}, not by closeUnfinished`,
            'callbacks',
            make,
            (id) => textOf(closeUnfinished('cancelled', { where: part`b.id = ${literal(id)}` })),
          ],
          [
            `a callback that is ${status}, not by expirePast`,
            'callbacks',
            make,
            (id) => textOf(expirePast(part`due`)).replace('FROM due', `FROM (SELECT '${id}'::uuid AS id) due`),
          ],
        ];
      },
    ),
    ...closed(CHANGE_STATUSES).map((status): [string, string, () => Promise<string>, (id: string) => string] => [
      `a change that is ${status}`,
      'changes',
      () => change(RUN_OUT, { status, closed_at: at(-1), released_at: at(-1) }),
      (id) => textOf(withdrawHeld({ from: part`(SELECT) one`, where: part`ch.id = ${literal(id)}` })),
    ]),
    [
      'a call that has ended',
      'calls',
      () => call(RUN_OUT, { ended_at: at(-60) }),
      (id) => textOf(endCalls({ where: part`k.id = ${literal(id)}` })),
    ],
    ...(['used_at', 'voided_at'] as const).flatMap(
      (column): [string, string, () => Promise<string>, (id: string) => string][] => {
        const make = async () => letter(await change(IN_TIME), IN_TIME, { [column]: at(-60) });
        return [
          [
            `a letter with ${column}, not by voidUnspent`,
            'letters',
            make,
            (id) => textOf(voidUnspent({ from: part`(SELECT) one`, where: part`l.id = ${literal(id)}` })),
          ],
          [
            `a letter with ${column}, not by missOpen`,
            'letters',
            make,
            (id) => textOf(missOpen({ from: part`(SELECT) one`, where: part`l.id = ${literal(id)}` })),
          ],
        ];
      },
    ),
  ];

  it.each(finals)('leave as it is %s (domain rule 7)', async (_, table, make, fragment) => {
    const id = await make();
    const before = await whole(table, id);
    expect(await run(fragment(id))).toEqual([]);
    expect(await whole(table, id)).toBe(before);
  });
});
