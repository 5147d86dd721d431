import { createHash, randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { declareCall, endCall, findCall, lapseDueCalls, startVerificationInCall } from '../../src/calls/calls.store.js';
import { findCallByReference } from '../../src/calls/call-references.store.js';
import type { CallToDeclare } from '../../src/calls/declared.js';
import { listCalls } from '../../src/calls/call-lists.store.js';
import {
  acceptCustomerProof,
  failCustomerProof,
  readOfflineContext,
  takeBankProof,
} from '../../src/calls/offline-proofs.store.js';
import {
  readForVerdicts,
  readSignals,
  recordVerdicts,
  recordVerdictWithAlarm,
  type VerdictSubject,
} from '../../src/calls/verdicts.store.js';
import { ensureCustomerKey } from '../../src/customers/customer-keys.store.js';
import {
  findCustomer,
  listContactPoints,
  replacePhoneNumbers,
  shredCustomer,
  unlockCustomer,
  upsertCustomer,
} from '../../src/customers/customers.store.js';
import {
  type DeviceToEnrol,
  enrolDevice,
  forgetSpentProofs,
  listDevices,
  revokeDevice,
} from '../../src/customers/devices.store.js';
import type { Position } from '../../src/events/event.js';
import { findPosition, readAfter, readHorizon, readWantedAfter } from '../../src/events/events.store.js';
import { listLines, putLine, removeLine, seedLines } from '../../src/lines/lines.store.js';
import {
  claimKey,
  forgetOldKeys,
  keepResponse,
  releaseKey,
  renewClaim,
  settleResponse,
} from '../../src/http/idempotency/idempotency.store.js';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { isUniqueViolation, TenantDatabase } from '../../src/database/tenant-database.js';
import { DEFAULT_POLICY } from '../../src/policy/policy.js';
import { readCurrentPolicy, replacePolicy } from '../../src/policy/policy.store.js';
import {
  type AnswerToRecord,
  readAnswerContext,
  recordAnswer,
  recordRefusedAnswer,
  recordWrongCode,
} from '../../src/verifications/answers.store.js';
import { startLimits, type VerificationToStart } from '../../src/verifications/verification-start.store.js';
import {
  cancelVerification,
  findVerification,
  lapseDueVerifications,
  lapseVerifications,
  listOfCalls,
  listOfCustomer,
} from '../../src/verifications/verifications.store.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let owner: pg.Pool;
let north: TenantDatabase;
let south: TenantDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Pool({ connectionString: database.url, max: 2 });
  const url = await ensureServiceLogin(database.url, 'stores');
  [north, south] = ['northbank', 'southbank'].map(
    (tenantId) => new TenantDatabase({ url, tenantId, sharedConnections: 1, pooledConnections: 4 }),
  ) as [TenantDatabase, TenantDatabase];
});
afterAll(async () => {
  await Promise.all([north.close(), south.close(), owner.end()]);
  await database.drop();
});

/** A customer of northbank whose id southbank uses as well: nothing but the tenant tells them apart. */
let customerId: string;
let keyId: string;
let twinKeyId: string;
let customers = 0;
beforeEach(async () => {
  customerId = `cust-${(customers += 1)}`;
  [keyId, twinKeyId] = [randomUUID(), randomUUID()];
  await ensureCustomerKey(north, customerId, keyId, Buffer.from('north'));
  await ensureCustomerKey(south, customerId, twinKeyId, Buffer.from('south'));
});

const sql = async <Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await owner.query<Row>(text, values)).rows;

async function eventsOf(type: string): Promise<{ tenant_id: string; data: Record<string, unknown> }[]> {
  return sql(`SELECT tenant_id, data FROM events WHERE customer_id = $1 AND type = $2 ORDER BY sequence`, [
    customerId,
    `countersign.${type}`,
  ]);
}

function deviceToEnrol(change: Partial<DeviceToEnrol> = {}): DeviceToEnrol {
  return {
    id: randomUUID(),
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
    keyThumbprint: randomUUID(),
    offlineSealed: Buffer.from('offline'),
    ...change,
  };
}

async function enrolled(): Promise<string> {
  const device = deviceToEnrol();
  expect((await enrolDevice(north, device)).enrolled_at).not.toBeNull();
  return device.id;
}

const AMARA = { agentId: 'amara', agentName: 'Amara Okafor', agentDepartment: null };
const EVERYTHING = { agentId: null, team: null, externalId: null, externalSystem: null };
const ALL = { all: true } as const;

function callToDeclare(change: Partial<CallToDeclare> = {}): CallToDeclare {
  return {
    id: randomUUID(),
    reference: randomBytes(4).toString('hex'),
    customerId,
    keyId,
    direction: 'outbound',
    channel: 'phone',
    line: null,
    purposeSealed: Buffer.from('purpose'),
    ...AMARA,
    externalId: null,
    externalSystem: null,
    declaredBy: 'amara',
    callSeconds: 7200,
    changeId: null,
    ...change,
  };
}

function toStart(change: Partial<VerificationToStart> = {}): VerificationToStart {
  return {
    verificationId: randomUUID(),
    kind: 'call',
    displaySealed: Buffer.from('display'),
    displayCommitment: 'commitment',
    challenge: 'challenge',
    asks: ['answer', 'code'],
    codeMac: Buffer.from('mac'),
    startedBy: 'amara',
    ...startLimits(0, DEFAULT_POLICY),
    ...change,
  };
}

/** A live call with a verification that waits. */
async function asked(
  change: Partial<CallToDeclare> = {},
): Promise<{ callId: string; verificationId: string; deviceId: string }> {
  const deviceId = await enrolled();
  const start = toStart();
  const row = await declareCall(north, callToDeclare(change), start);
  expect(row).toMatchObject({ decision: 'ask', verification_id: start.verificationId });
  return { callId: row.id!, verificationId: start.verificationId, deviceId };
}

const answerTo = (
  { callId, verificationId, deviceId }: { callId: string; verificationId: string; deviceId: string },
  change: Partial<AnswerToRecord> = {},
): AnswerToRecord => ({
  id: verificationId,
  customerId,
  keyId,
  status: 'confirmed',
  deviceId,
  callId,
  changeId: null,
  answer: 'yes',
  reason: null,
  answerSealed: Buffer.from('jws'),
  answerCommitment: 'commitment',
  handset: null,
  findings: [],
  attemptsSeen: 0,
  failuresSeen: 0,
  ...change,
});

describe('customers', () => {
  it('are created once, under the first key', async () => {
    expect(await ensureCustomerKey(north, customerId, randomUUID(), Buffer.from('second'))).toEqual({
      key_id: keyId,
      wrapped_key: Buffer.from('north'),
      locale: null,
    });
    expect(
      await upsertCustomer(north, { customerId, keyId: randomUUID(), wrappedKey: Buffer.from('third'), locale: 'cy' }),
    ).toMatchObject({ key_id: keyId, created: false });
    expect(await findCustomer(north, customerId)).toMatchObject({ key_id: keyId, locale: 'cy', locked_at: null });
    expect(await eventsOf('customer.created')).toHaveLength(2);
  });

  it('keep a replaced number as former, with its dates', async () => {
    const numbers = (values: string[], since: (string | null)[]) =>
      replacePhoneNumbers(north, {
        customerId,
        hashes: values.map((value) => Buffer.from(value)),
        otherHashes: values.map(() => null),
        sealed: values.map((value) => Buffer.from(value)),
        since,
        created: false,
        author: 'admin',
      });
    await numbers(['one', 'two'], ['2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z']);
    await numbers(['two', 'three'], [null, null]);
    const rows = await listContactPoints(north, customerId);
    expect(rows.map(({ value_sealed, former_from }) => [value_sealed.toString(), former_from !== null])).toEqual([
      ['two', false],
      ['three', false],
      ['one', true],
    ]);
    expect(rows.find(({ value_sealed }) => value_sealed.toString() === 'one')!.since.toISOString()).toBe(
      '2020-01-01T00:00:00.000Z',
    );
    expect(rows.every(({ since }) => since.getTime() <= Date.now() + 1000)).toBe(true);
    expect((await eventsOf('customer.changed')).at(-1)!.data).toMatchObject({ numbersAdded: 1, numbersReplaced: 1 });
  });

  it('take their devices, calls and questions with them when they are shredded', async () => {
    const { callId, verificationId } = await asked();
    expect(await north.transaction((db) => shredCustomer(db, customerId, 'admin'))).toBe(true);
    expect(await findCustomer(north, customerId)).toBeNull();
    expect(await findCall(north, callId)).toMatchObject({ live: false, wrapped_key: null });
    expect(await findVerification(north, verificationId)).toMatchObject({ status: 'cancelled', code_failures: null });
    expect(await sql('SELECT FROM devices WHERE customer_id = $1', [customerId])).toEqual([]);
    expect(await north.transaction((db) => shredCustomer(db, customerId, 'admin'))).toBe(false);
  });

  it('are not visible to another tenant', async () => {
    await replacePhoneNumbers(north, {
      customerId,
      hashes: [Buffer.from('hash')],
      otherHashes: [null],
      sealed: [Buffer.from('one')],
      since: [null],
      created: false,
      author: 'admin',
    });
    expect(await findCustomer(south, customerId)).toMatchObject({ key_id: twinKeyId });
    expect(await listContactPoints(south, customerId)).toEqual([]);
    expect(await unlockCustomer(south, customerId, 'admin')).toBe(true);
    expect(await south.transaction((db) => shredCustomer(db, customerId, 'admin'))).toBe(true);
    expect(await findCustomer(north, customerId)).toMatchObject({ key_id: keyId });
    expect(await listContactPoints(north, customerId)).toHaveLength(1);
    expect((await eventsOf('customer.shredded')).map(({ tenant_id }) => tenant_id)).toEqual(['southbank']);
  });
});

describe('devices', () => {
  it('are enrolled by a proof that counts once, while it is fresh, up to a number', async () => {
    const device = deviceToEnrol();
    expect(await enrolDevice(north, device)).toMatchObject({ customer_known: true, proof_fresh: true, id: device.id });
    expect(await enrolDevice(north, deviceToEnrol({ jti: device.jti }))).toMatchObject({
      proof_fresh: false,
      id: null,
    });
    expect(await enrolDevice(north, deviceToEnrol({ issuedAt: Date.now() / 1000 - 61 }))).toMatchObject({
      proof_fresh: false,
      id: null,
    });
    expect(await enrolDevice(north, deviceToEnrol({ keyId: randomUUID() }))).toMatchObject({
      customer_known: false,
      id: null,
    });
    await enrolDevice(north, deviceToEnrol());
    expect(await enrolDevice(north, deviceToEnrol())).toMatchObject({ proof_fresh: true, id: null });
    expect(await eventsOf('device.enrolled')).toHaveLength(2);
  });

  it('have a key of their own', async () => {
    const { keyThumbprint } = deviceToEnrol();
    await enrolDevice(north, deviceToEnrol({ keyThumbprint }));
    await expect(enrolDevice(north, deviceToEnrol({ keyThumbprint }))).rejects.toSatisfy((error) =>
      isUniqueViolation(error, 'devices_live_key'),
    );
  });

  it('are revoked for good, once', async () => {
    const id = await enrolled();
    for (let time = 0; time < 2; time += 1)
      expect(await revokeDevice(north, { id, customerId, author: 'app' })).toBe(true);
    expect((await listDevices(north, customerId, null, 10))[0]).toMatchObject({
      id,
      has_offline: true,
      revoked_at: expect.any(Date),
    });
    expect(await eventsOf('device.revoked')).toHaveLength(1);
    expect(await revokeDevice(north, { id: randomUUID(), customerId, author: 'app' })).toBe(false);
  });

  it('are listed oldest first, a page at a time, with a row for a customer who has none', async () => {
    expect(await listDevices(north, customerId, null, 10)).toEqual([
      expect.objectContaining({ id: null, wrapped_key: Buffer.from('north') }),
    ]);
    const ids = [await enrolled(), await enrolled()].sort();
    expect((await listDevices(north, customerId, null, 1)).map(({ id }) => id)).toEqual([ids[0]]);
    expect((await listDevices(north, customerId, ids[0]!, 10)).map(({ id }) => id)).toEqual([ids[1]]);
    expect(await listDevices(north, 'nobody', null, 10)).toEqual([]);
  });

  it('are not visible to another tenant, and neither are spent proofs', async () => {
    const device = deviceToEnrol();
    await enrolDevice(north, device);
    expect((await listDevices(south, customerId, null, 10)).map(({ id }) => id)).toEqual([null]);
    expect(await revokeDevice(south, { id: device.id, customerId, author: 'app' })).toBe(false);
    await sql(`UPDATE enrolment_proofs SET used_at = now() - interval '1 hour' WHERE jti = $1`, [device.jti]);
    await forgetSpentProofs(south);
    expect(await enrolDevice(south, { ...device, id: randomUUID(), keyId: twinKeyId })).toMatchObject({
      proof_fresh: true,
    });
    expect(await sql('SELECT tenant_id FROM enrolment_proofs WHERE jti = $1 ORDER BY 1', [device.jti])).toEqual([
      { tenant_id: 'northbank' },
      { tenant_id: 'southbank' },
    ]);
  });
});

describe('lines and policy', () => {
  const line = { number: '+442079460100', use: 'outbound', label: 'Fraud Operations', author: 'admin' } as const;

  it('are put, listed by number, and removed', async () => {
    expect(await putLine(north, line)).toMatchObject({ created: true });
    expect(await putLine(north, { ...line, use: 'inbound_only' })).toEqual({
      number: line.number,
      use: 'inbound_only',
      label: line.label,
      created: false,
    });
    await putLine(north, { ...line, number: '+442079460101' });
    expect((await listLines(north, line.number, 10)).map(({ number }) => number)).toEqual(['+442079460101']);
    await seedLines(north, [{ ...line, number: '+442079460102' }]);
    expect(await listLines(north, null, 10)).toHaveLength(2);
    expect([await removeLine(north, line.number, 'admin'), await removeLine(north, line.number, 'admin')]).toEqual([
      true,
      false,
    ]);
  });

  it('of a policy each version follows the one before, and one of two racing changes wins', async () => {
    const { version } = (await readCurrentPolicy(north)) ?? { version: 0 };
    const raced = await Promise.all(
      [1, 2, 3].map((perMinute) => replacePolicy(north, version, { pushBudget: { perMinute } }, 'admin')),
    );
    expect(raced.filter(Boolean)).toHaveLength(1);
    expect(await readCurrentPolicy(north)).toMatchObject({ version: version + 1 });
    expect(await replacePolicy(north, version + 7, {}, 'admin')).toBeNull();
  });

  it('are not visible to another tenant', async () => {
    await putLine(north, line);
    await replacePolicy(north, (await readCurrentPolicy(north))?.version ?? 0, { defaultCountry: 'IE' }, 'admin');
    expect(await listLines(south, null, 10)).toEqual([]);
    expect(await removeLine(south, line.number, 'admin')).toBe(false);
    expect(await readCurrentPolicy(south)).toBeNull();
    expect(await replacePolicy(south, 0, {}, 'admin')).toMatchObject({ version: 1 });
  });
});

describe('calls', () => {
  it('are declared on a line that may carry them, for a customer under their key', async () => {
    await putLine(north, { number: '+442079460199', use: 'inbound_only', label: 'Card', author: 'admin' });
    expect(await declareCall(north, callToDeclare({ line: '+442079460199' }), null)).toMatchObject({
      customer_known: true,
      line_use: 'inbound_only',
      id: null,
    });
    expect(
      await declareCall(north, callToDeclare({ line: '+442079460199', direction: 'inbound' }), null),
    ).toMatchObject({ live: true });
    expect(await declareCall(north, callToDeclare({ line: '+15550100' }), null)).toMatchObject({
      line_use: null,
      id: null,
    });
    expect(await declareCall(north, callToDeclare({ keyId: randomUUID() }), null)).toMatchObject({
      customer_known: false,
      id: null,
    });
    expect(await eventsOf('call.declared')).toHaveLength(1);
  });

  it('end once, and take back what waits in them', async () => {
    const { callId, verificationId } = await asked();
    const end = () => north.transaction((db) => endCall(db, { id: callId, author: 'amara', owner: null }));
    expect([await end(), await end()]).toEqual([true, false]);
    expect(await findVerification(north, verificationId)).toMatchObject({ status: 'cancelled' });
    expect(await eventsOf('call.ended')).toHaveLength(1);
    expect(await startVerificationInCall(north, { callId, customerId, keyId, ...AMARA }, toStart())).toMatchObject({
      call_live: false,
      verification_id: null,
    });
  });

  it('lapse by the database clock, once whoever sweeps', async () => {
    const { callId, verificationId } = await asked();
    await sql(`UPDATE calls SET expires_at = now() - interval '1 second' WHERE id = $1`, [callId]);
    expect(await findCall(north, callId)).toMatchObject({ live: false, ended_at: null });
    expect(
      (await Promise.all([lapseDueCalls(north, 10), lapseDueCalls(north, 10)])).reduce((sum, count) => sum + count),
    ).toBe(1);
    expect(await findCall(north, callId)).toMatchObject({ ended_at: expect.any(Date) });
    expect(await findVerification(north, verificationId)).toMatchObject({ status: 'cancelled' });
  });

  it('ask nobody without a device, and say so', async () => {
    expect(await declareCall(north, callToDeclare(), toStart())).toMatchObject({
      live: true,
      decision: 'no_device',
      verification_id: null,
    });
  });

  it('are listed newest first, a page at a time', async () => {
    const rows = [
      await declareCall(north, callToDeclare({ id: '01935b6e-0000-7000-8000-000000000001' }), null),
      await declareCall(north, callToDeclare({ id: '01935b6e-0000-7000-8000-000000000002' }), null),
    ];
    const query = { ...EVERYTHING, customerId, live: true, before: null, most: 10 };
    expect((await listCalls(north, query, ALL)).map(({ id }) => id)).toEqual([rows[1]!.id, rows[0]!.id]);
    expect((await listCalls(north, { ...query, before: rows[1]!.id }, ALL)).map(({ id }) => id)).toEqual([rows[0]!.id]);
    expect(await listCalls(north, { ...query, live: false }, ALL)).toEqual([]);
  });

  it('are not visible to another tenant', async () => {
    const { callId } = await asked();
    const { reference } = (await findCall(north, callId))!;
    expect(await findCallByReference(north, reference)).toMatchObject({ id: callId });
    expect([await findCall(south, callId), await findCallByReference(south, reference)]).toEqual([null, null]);
    expect(await listCalls(south, { ...EVERYTHING, customerId, live: null, before: null, most: 10 }, ALL)).toEqual([]);
    expect(await south.transaction((db) => endCall(db, { id: callId, author: 'mallory', owner: null }))).toBe(false);
    await sql(`UPDATE calls SET expires_at = now() - interval '1 second' WHERE id = $1`, [callId]);
    expect(await lapseDueCalls(south, 10)).toBe(0);
    expect(
      await startVerificationInCall(south, { callId, customerId, keyId: twinKeyId, ...AMARA }, toStart()),
    ).toMatchObject({
      call_live: false,
      verification_id: null,
    });
    expect(await declareCall(south, callToDeclare({ id: callId, reference, keyId: twinKeyId }), null)).toMatchObject({
      id: callId,
    });
  });
});

describe('verdicts', () => {
  const number = '+442079460777';
  const subjectOf = (more: Partial<VerdictSubject> = {}): VerdictSubject => ({
    customerId,
    incomingNumber: null,
    withNumbers: false,
    inAnotherCall: false,
    ...more,
  });

  it('read whether a call was confirmed only for a phone that is in another one, and for no call but that', async () => {
    const confirmedCall = async (direction: 'outbound' | 'inbound') => {
      const question = await asked({ direction });
      expect(await recordAnswer(north, answerTo(question))).toBe(true);
      return question;
    };
    const [outbound] = [await confirmedCall('outbound'), await confirmedCall('inbound')];
    await declareCall(north, callToDeclare(), null);
    const [inAnotherCall, inNone] = await readForVerdicts(north, [subjectOf({ inAnotherCall: true }), subjectOf()]);
    for (const row of [inAnotherCall!, inNone!]) expect(row.live_calls).toHaveLength(3);
    expect(inAnotherCall!.live_calls.filter((call) => call.confirmed)).toMatchObject([{ id: outbound.callId }]);
    expect(inNone!.live_calls.filter((call) => call.confirmed)).toEqual([]);
  });

  it('read the line, the live calls and the numbers in one row, for nobody too', async () => {
    await putLine(north, { number, use: 'outbound', label: 'Verdicts', author: 'admin' });
    const { callId } = await asked({ line: number });
    expect(
      await readForVerdicts(north, [
        subjectOf({ customerId: 'nobody', withNumbers: true }),
        subjectOf({ incomingNumber: number, withNumbers: true }),
        subjectOf(),
      ]),
    ).toMatchObject([
      { line_use: null, live_calls: [], customer_key_id: null },
      { line_use: 'outbound', live_calls: [{ id: callId, direction: 'outbound', line: number }], numbers_sealed: [] },
      { line_use: null, live_calls: [{ id: callId }] },
    ]);
  });

  it('are recorded together, each as its own', async () => {
    const { callId } = await asked();
    await recordVerdicts(north, [
      { customerId, callId, data: { verdict: 'legitimate', reason: 'live_call' } },
      { customerId: 'nobody', callId: null, data: { verdict: 'unknown', reason: 'no_live_call' } },
    ]);
    expect(
      await sql(
        `SELECT customer_id, call_id, data FROM events WHERE type = 'countersign.verdict.given' AND customer_id IN ($1, 'nobody') AND tenant_id = 'northbank' ORDER BY xid DESC, sequence DESC LIMIT 2`,
        [customerId],
      ),
    ).toEqual([
      { customer_id: 'nobody', call_id: null, data: { verdict: 'unknown', reason: 'no_live_call' } },
      { customer_id: customerId, call_id: callId, data: { verdict: 'legitimate', reason: 'live_call' } },
    ]);
  });

  it('mark a relayed call once, and are signals afterwards', async () => {
    const { callId } = await asked({ direction: 'inbound' });
    for (let time = 0; time < 2; time += 1)
      await recordVerdictWithAlarm(
        north,
        { customerId, callId: null, data: { verdict: 'not_legitimate', reason: 'someone_rang_as_you' } },
        [callId],
      );
    expect(await eventsOf('call.relay_suspected')).toHaveLength(1);
    expect((await findCall(north, callId))!.relay_suspected_at).not.toBeNull();
    expect((await readSignals(north, customerId, 86_400)).map(({ type }) => type).sort()).toEqual([
      'relay_suspected',
      'someone_rang_as_you',
      'someone_rang_as_you',
    ]);
    await sql(`SELECT pg_sleep(1.1)`);
    expect(await readSignals(north, customerId, 1)).toEqual([]);
  });

  it('are not visible to another tenant', async () => {
    const { callId } = await asked({ direction: 'inbound' });
    expect(
      await readForVerdicts(south, [subjectOf({ incomingNumber: number, withNumbers: true, inAnotherCall: true })]),
    ).toMatchObject([{ line_use: null, live_calls: [], customer_key_id: twinKeyId }]);
    await recordVerdictWithAlarm(
      south,
      { customerId, callId: null, data: { verdict: 'not_legitimate', reason: 'someone_rang_as_you' } },
      [callId],
    );
    expect((await findCall(north, callId))!.relay_suspected_at).toBeNull();
    expect(await readSignals(north, customerId, 86_400)).toEqual([]);
    expect(await readSignals(south, customerId, 86_400)).toHaveLength(1);
  });
});

describe('verifications', () => {
  it('one waits for a customer and kind; a new one takes its place', async () => {
    const { callId, verificationId } = await asked();
    const again = toStart();
    expect(await startVerificationInCall(north, { callId, customerId, keyId, ...AMARA }, again)).toMatchObject({
      decision: 'ask',
      verification_id: again.verificationId,
      attempts_left: 5,
    });
    expect((await listOfCalls(north, [callId])).map(({ id, status }) => [id, status]).sort()).toEqual(
      [
        [verificationId, 'cancelled'],
        [again.verificationId, 'waiting'],
      ].sort(),
    );
    expect(
      (await listOfCustomer(north, { customerId, status: 'waiting', before: null, most: 10 })).map(({ id }) => id),
    ).toEqual([again.verificationId]);
  });

  it('spend the push budget exactly', async () => {
    const { callId } = await asked();
    const limits = { promptsPerMinute: 3 };
    const decisions: (string | null)[] = [];
    for (let time = 0; time < 3; time += 1)
      decisions.push(
        (await startVerificationInCall(north, { callId, customerId, keyId, ...AMARA }, toStart(limits))).decision,
      );
    expect(decisions).toEqual(['ask', 'ask', 'push_budget']);
    expect(
      (await startVerificationInCall(north, { callId, customerId, keyId, ...AMARA }, toStart(limits))).retry_after,
    ).toBeGreaterThan(0);
  });

  it('are answered once, by a live device, while the count is as it was read', async () => {
    const question = await asked();
    expect(await recordAnswer(north, answerTo(question, { attemptsSeen: 1 }))).toBe(false);
    expect(await recordAnswer(north, answerTo(question, { failuresSeen: 1 }))).toBe(false);
    expect(await recordAnswer(north, answerTo(question, { deviceId: randomUUID() }))).toBe(false);
    expect(await recordAnswer(north, answerTo(question, { keyId: randomUUID() }))).toBe(false);
    const raced = await Promise.all(Array.from({ length: 5 }, () => recordAnswer(north, answerTo(question))));
    expect(raced.filter(Boolean)).toHaveLength(1);
    expect(await findVerification(north, question.verificationId)).toMatchObject({
      status: 'confirmed',
      answer: 'yes',
      device_id: question.deviceId,
      attempts_used: 1,
    });
    expect(await eventsOf('verification.confirmed')).toHaveLength(1);
  });

  it('are not confirmed by a revoked device, in an ended call, or where a relay is suspected', async () => {
    const revoked = await asked();
    await revokeDevice(north, { id: revoked.deviceId, customerId, author: 'app' });
    expect(await recordAnswer(north, answerTo(revoked))).toBe(false);
    const deviceId = await enrolled();
    for (const spoil of [
      'ended_at = now()',
      'relay_suspected_at = now()',
      `expires_at = now() - interval '1 second'`,
    ]) {
      const start = toStart();
      const { id: callId } = await declareCall(north, callToDeclare(), start);
      await sql(`UPDATE calls SET ${spoil} WHERE id = $1`, [callId]);
      expect(
        await recordAnswer(north, answerTo({ callId: callId!, verificationId: start.verificationId, deviceId })),
      ).toBe(false);
      expect(
        await recordAnswer(
          north,
          answerTo(
            { callId: callId!, verificationId: start.verificationId, deviceId },
            { status: 'reported', findings: ['relay_suspected'] },
          ),
        ),
      ).toBe(true);
    }
  });

  it('count a wrong code against the customer, and lock all that waits at the cap', async () => {
    const { verificationId: id, deviceId } = await asked();
    const wrong = (seen: number) =>
      recordWrongCode(north, { id, customerId, deviceId, attemptsSeen: seen, failuresSeen: seen, attemptsAllowed: 2 });
    expect(await wrong(1)).toBeNull();
    expect([await wrong(0), await wrong(0), await wrong(1)]).toEqual([
      { code_failures: 1, locked: false },
      null,
      { code_failures: 2, locked: true },
    ]);
    expect(await findVerification(north, id)).toMatchObject({ status: 'locked' });
    expect(await declareCall(north, callToDeclare(), toStart())).toMatchObject({ decision: 'locked' });
    await unlockCustomer(north, customerId, 'admin');
    expect(await declareCall(north, callToDeclare(), toStart())).toMatchObject({ decision: 'ask', attempts_left: 5 });
  });

  it('lapse by the database clock, once whoever looks, and are final', async () => {
    const { verificationId: id } = await asked();
    await sql(`UPDATE verifications SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
    expect(await findVerification(north, id)).toMatchObject({ status: 'waiting', lapsed: true });
    expect(await cancelVerification(north, { id: id, author: 'amara', owner: null })).toMatchObject({
      cancelled: false,
    });
    await Promise.all([
      lapseVerifications(north, [id]),
      lapseVerifications(north, [id]),
      lapseDueVerifications(north, 10),
    ]);
    expect(await findVerification(north, id)).toMatchObject({ status: 'expired' });
    expect(await eventsOf('verification.expired')).toHaveLength(1);
    await expect(
      sql(`UPDATE verifications SET status = 'waiting', closed_at = NULL WHERE id = $1`, [id]),
    ).rejects.toThrow(/a closed verification does not change/);
  });

  it('are not visible to another tenant', async () => {
    const question = await asked();
    const { verificationId: id, callId, deviceId } = question;
    expect([await findVerification(south, id), await readAnswerContext(south, id, deviceId)]).toEqual([null, null]);
    expect(await readAnswerContext(north, id, deviceId)).toMatchObject({
      call_live: true,
      public_key: { crv: 'P-256' },
      asks: ['answer', 'code'],
    });
    expect(await listOfCalls(south, [callId])).toEqual([]);
    expect(
      (await listOfCustomer(south, { customerId, status: null, before: null, most: 10 })).map((row) => row.id),
    ).toEqual([null]);
    expect(await cancelVerification(south, { id: id, author: 'mallory', owner: null })).toMatchObject({
      cancelled: false,
    });
    expect(await recordAnswer(south, answerTo(question, { keyId: twinKeyId }))).toBe(false);
    expect(
      await recordWrongCode(south, { id, customerId, deviceId, attemptsSeen: 0, failuresSeen: 0, attemptsAllowed: 1 }),
    ).toBeNull();
    await recordRefusedAnswer(south, id, 'signature');
    await sql(`UPDATE verifications SET expires_at = now() - interval '1 second' WHERE id = $1`, [id]);
    await lapseVerifications(south, [id]);
    expect(await lapseDueVerifications(south, 10)).toBe(0);
    expect(await sql('SELECT status FROM verifications WHERE id = $1', [id])).toEqual([{ status: 'waiting' }]);
    expect(await eventsOf('verification.answer_refused')).toEqual([]);
  });
});

describe('offline proofs', () => {
  it('of the bank serve one call in a time step', async () => {
    const { callId, deviceId } = await asked();
    const { id: otherCallId } = await declareCall(north, callToDeclare(), null);
    const proof = { callId, deviceId, device: 'dev_x', step: 100, author: 'amara', agentId: 'amara' };
    expect(await takeBankProof(north, proof)).toEqual({ call_live: true, taken: true });
    expect(await takeBankProof(north, proof)).toEqual({ call_live: true, taken: true });
    expect(await takeBankProof(north, { ...proof, callId: otherCallId! })).toEqual({ call_live: true, taken: false });
    expect(await takeBankProof(north, { ...proof, callId: otherCallId!, step: 101 })).toEqual({
      call_live: true,
      taken: true,
    });
    expect(await takeBankProof(north, { ...proof, step: 100 })).toEqual({ call_live: true, taken: false });
  });

  it('of the customer count once, and wrong ones lock', async () => {
    const { callId, deviceId } = await asked({ direction: 'inbound' });
    const proof = {
      callId,
      deviceId,
      device: 'dev_x',
      step: 100,
      author: 'amara',
      agentId: 'amara',
      customerId,
      failuresSeen: 0,
      findings: [],
    };
    expect([
      await acceptCustomerProof(north, proof),
      await acceptCustomerProof(north, proof),
      await acceptCustomerProof(north, { ...proof, step: 99 }),
    ]).toEqual([true, false, false]);
    expect(await failCustomerProof(north, { callId, customerId, failuresSeen: 0, cap: 2 })).toEqual({
      code_failures: 1,
      locked: false,
    });
    expect(await failCustomerProof(north, { callId, customerId, failuresSeen: 0, cap: 2 })).toBeNull();
    expect(await failCustomerProof(north, { callId, customerId, failuresSeen: 1, cap: 2 })).toEqual({
      code_failures: 2,
      locked: true,
    });
    expect(await acceptCustomerProof(north, { ...proof, step: 101, failuresSeen: 2 })).toBe(false);
    expect(await eventsOf('customer.locked')).toHaveLength(1);
  });

  it('are not visible to another tenant', async () => {
    const { callId, deviceId } = await asked({ direction: 'inbound' });
    const proof = { callId, deviceId, device: 'dev_x', step: 100, author: 'mallory', agentId: 'amara' };
    expect((await readOfflineContext(north, customerId)).map((row) => row.device_id)).toEqual([deviceId]);
    expect((await readOfflineContext(south, customerId)).map((row) => row.device_id)).toEqual([null]);
    expect(await takeBankProof(south, proof)).toEqual({ call_live: false, taken: false });
    expect(await acceptCustomerProof(south, { ...proof, customerId, failuresSeen: 0, findings: [] })).toBe(false);
    await failCustomerProof(south, { callId, customerId, failuresSeen: 0, cap: 1 });
    expect(await findCustomer(north, customerId)).toMatchObject({ locked_at: null });
    expect(await findVerification(north, (await listOfCalls(north, [callId]))[0]!.id)).toMatchObject({
      status: 'waiting',
    });
  });
});

/** The horizon, once it is past all that stands in the log: an open transaction of any other test holds it back. */
async function horizonPastAll(): Promise<Position> {
  await expect
    .poll(
      async () => (await sql('SELECT FROM events WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()) LIMIT 1')).length,
      { timeout: 60_000 },
    )
    .toBe(0);
  return readHorizon(north);
}

describe('events', () => {
  const typesOf = (rows: readonly { type: string }[]): string[] =>
    rows.map(({ type }) => type.replace('countersign.', ''));

  /** Reads until the log has settled so far: a transaction in any database of the cluster holds the horizon back, and other tests have some. */
  const settled = <Row extends { type: string }>(
    read: () => Promise<Row[]>,
    expected: readonly string[],
  ): Promise<Row[]> =>
    vi.waitFor(
      async () => {
        const rows = await read();
        expect(typesOf(rows)).toEqual(expected);
        return rows;
      },
      { timeout: 60_000 },
    );

  it('are read after a position, in the order of the log, of one call or of all', async () => {
    const from = await horizonPastAll();
    const { callId } = await asked();
    await north.transaction((db) => endCall(db, { id: callId, author: 'amara', owner: null }));
    const types = ['device.enrolled', 'call.declared', 'verification.started', 'verification.cancelled', 'call.ended'];
    await settled(() => readAfter(north, from, 100), types);
    const ofCall = await readWantedAfter(north, { callId }, from, 100);
    expect(typesOf(ofCall)).toEqual(types.slice(1));
    const position = await findPosition(north, { callId }, ofCall[1]!.id);
    expect(typesOf(await readWantedAfter(north, { callId }, position!, 100))).toEqual(types.slice(3));
    expect(await findPosition(north, { callId: randomUUID() }, ofCall[1]!.id)).toBeNull();
  });

  it('that commit late are read late, never skipped', async () => {
    const from = await horizonPastAll();
    const late = await owner.connect();
    try {
      await late.query('BEGIN');
      await late.query(`SELECT set_config('countersign.tenant', 'northbank', true)`);
      await late.query(
        `INSERT INTO events (type, about, customer_id, data) VALUES ('countersign.test.late', 'customer', $1, '{}')`,
        [customerId],
      );
      await declareCall(north, callToDeclare(), null);
      expect(await readAfter(north, from, 100)).toEqual([]);
      await late.query('COMMIT');
      await settled(() => readAfter(north, from, 100), ['test.late', 'call.declared']);
    } finally {
      late.release();
    }
  });

  it('are not visible to another tenant', async () => {
    const from = await horizonPastAll();
    const { callId } = await asked();
    expect(await readAfter(south, from, 100)).toEqual([]);
    expect(await readWantedAfter(south, { callId }, from, 100)).toEqual([]);
    const [event] = await settled(() => readWantedAfter(north, { callId }, from, 1), ['call.declared']);
    expect(await findPosition(south, { callId }, event!.id)).toBeNull();
  });
});

describe('idempotency keys', () => {
  const fingerprint = createHash('sha256').update('body').digest();
  const claimOf = (key: string, claim = randomUUID(), print = fingerprint) => ({
    subject: 'client/amara',
    key,
    claim,
    fingerprint: print,
  });

  it('are claimed by one, kept with the answer, and refused for another body', async () => {
    const key = randomUUID();
    const claims = Array.from({ length: 5 }, () => claimOf(key));
    const rows = await Promise.all(claims.map((claim) => claimKey(north, claim)));
    expect(rows.filter(({ claimed }) => claimed)).toHaveLength(1);
    const winner = claims[rows.findIndex(({ claimed }) => claimed)]!;
    expect(
      await keepResponse(
        north,
        { ...winner, claim: randomUUID() },
        { sealed: Buffer.from('not mine'), customerId: null, early: false },
      ),
    ).toBe(false);
    expect(await keepResponse(north, winner, { sealed: Buffer.from('answer'), customerId: null, early: false })).toBe(
      true,
    );
    expect(await claimKey(north, claimOf(key))).toEqual({
      claimed: false,
      same: true,
      response_sealed: Buffer.from('answer'),
    });
    expect(await claimKey(north, claimOf(key, randomUUID(), Buffer.alloc(32)))).toMatchObject({
      claimed: false,
      same: false,
    });
  });

  it('are free again after a release, after a claim that died, and after a day', async () => {
    const key = randomUUID();
    const first = claimOf(key);
    await claimKey(north, first);
    await releaseKey(north, first);
    expect(await claimKey(north, claimOf(key))).toMatchObject({ claimed: true });
    await sql(`UPDATE idempotency_keys SET claimed_until = now() - interval '1 second' WHERE key = $1`, [key]);
    const third = claimOf(key);
    expect(await claimKey(north, third)).toMatchObject({ claimed: true });
    await keepResponse(north, third, { sealed: Buffer.from('answer'), customerId: null, early: false });
    await sql(`UPDATE idempotency_keys SET created_at = now() - interval '25 hours' WHERE key = $1`, [key]);
    await forgetOldKeys(south, 100);
    expect(await sql('SELECT FROM idempotency_keys WHERE key = $1', [key])).toHaveLength(1);
    await forgetOldKeys(north, 100);
    expect(await sql('SELECT FROM idempotency_keys WHERE key = $1', [key])).toHaveLength(0);
  });

  it('are held for as long as they are renewed, and by their own claim alone', async () => {
    const mine = claimOf(randomUUID());
    const until = async (): Promise<Date> =>
      (await sql<{ at: Date }>('SELECT claimed_until AS at FROM idempotency_keys WHERE key = $1', [mine.key]))[0]!.at;
    await claimKey(north, mine);
    await sql(`UPDATE idempotency_keys SET claimed_until = now() + interval '1 second' WHERE key = $1`, [mine.key]);
    const before = await until();
    await renewClaim(north, { ...mine, claim: randomUUID() });
    expect(await until()).toEqual(before);
    await renewClaim(north, mine);
    expect((await until()).getTime()).toBeGreaterThan(before.getTime() + 2_000);
    await sql(
      `UPDATE idempotency_keys SET claimed_until = now() - interval '1 second', created_at = now() - interval '61 seconds' WHERE key = $1`,
      [mine.key],
    );
    await renewClaim(north, mine);
    expect(await claimKey(north, claimOf(mine.key))).toMatchObject({ claimed: true });
    expect(await keepResponse(north, mine, { sealed: Buffer.from('too late'), customerId: null, early: false })).toBe(
      false,
    );
  });

  it('with an early answer are waited for while their request lives; then it stands, and can be added to no more', async () => {
    const mine = claimOf(randomUUID());
    await claimKey(north, mine);
    expect(await keepResponse(north, mine, { sealed: Buffer.from('early'), customerId: null, early: true })).toBe(true);
    expect(await claimKey(north, claimOf(mine.key))).toEqual({ claimed: false, same: true, response_sealed: null });
    await releaseKey(north, mine);
    await sql(`UPDATE idempotency_keys SET claimed_until = now() - interval '1 second' WHERE key = $1`, [mine.key]);
    expect(await claimKey(north, claimOf(mine.key, randomUUID(), Buffer.alloc(32)))).toMatchObject({
      claimed: false,
      same: false,
    });
    const both = await Promise.all([claimKey(north, claimOf(mine.key)), claimKey(north, claimOf(mine.key))]);
    for (const row of both) expect(row.claimed).toBe(false);
    expect(both.map(({ response_sealed }) => response_sealed)).toContainEqual(Buffer.from('early'));
    expect(await keepResponse(north, mine, { sealed: Buffer.from('more'), customerId: null, early: false })).toBe(
      false,
    );
    await settleResponse(north, mine);
    expect(await claimKey(north, claimOf(mine.key))).toEqual({
      claimed: false,
      same: true,
      response_sealed: Buffer.from('early'),
    });
  });

  it('with an early answer take the last one in its place, or let it stand', async () => {
    for (const [end, answer] of [
      [
        (mine: ReturnType<typeof claimOf>) =>
          keepResponse(north, mine, { sealed: Buffer.from('last'), customerId: null, early: false }),
        'last',
      ],
      [(mine: ReturnType<typeof claimOf>) => settleResponse(north, mine), 'early'],
    ] as const) {
      const mine = claimOf(randomUUID());
      await claimKey(north, mine);
      await keepResponse(north, mine, { sealed: Buffer.from('early'), customerId: null, early: true });
      await end(mine);
      expect(await claimKey(north, claimOf(mine.key))).toEqual({
        claimed: false,
        same: true,
        response_sealed: Buffer.from(answer),
      });
    }
  });

  it('are not visible to another tenant', async () => {
    const mine = claimOf(randomUUID());
    await claimKey(north, mine);
    await keepResponse(north, mine, { sealed: Buffer.from('north'), customerId: null, early: false });
    await releaseKey(south, mine);
    expect(await claimKey(south, mine)).toMatchObject({ claimed: true, response_sealed: null });
    expect(await claimKey(north, claimOf(mine.key))).toMatchObject({
      claimed: false,
      response_sealed: Buffer.from('north'),
    });
  });
});
