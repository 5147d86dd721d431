import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { declareCall } from '../../src/calls/calls.store.js';
import { type CallToAsk, declareOne, declareTogether } from '../../src/calls/declarations-together.store.js';
import { isUniqueViolation, TenantDatabase } from '../../src/database/tenant-database.js';
import { newId } from '../../src/ids/ids.js';
import { type AnswerToRecord, recordAnswer } from '../../src/verifications/answers.store.js';
import { confirmTogether, recordGiven } from '../../src/verifications/answers-together.store.js';
import { type Twin, TwinBanks } from '../support/twin-banks.js';

let banks: TwinBanks;
let stranger: pg.Client;
beforeAll(async () => {
  banks = await TwinBanks.create('together');
  stranger = new pg.Client({ connectionString: banks.ownerUrl });
  await stranger.connect();
});
afterEach(() => stranger.query('ROLLBACK'));
afterAll(async () => {
  await stranger.end();
  await banks.close();
});

const questionTo = ({ customerId, keyId }: Twin, reference: string = randomUUID()): CallToAsk => ({
  call: {
    id: newId('call').uuid,
    reference,
    customerId,
    keyId,
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
  },
  toStart: {
    verificationId: newId('ver').uuid,
    kind: 'call',
    displaySealed: Buffer.from('display'),
    displayCommitment: 'commitment',
    challenge: randomUUID(),
    asks: ['answer', 'code'],
    codeMac: Buffer.from('mac'),
    startedBy: 'amara',
    policyVersion: 1,
    attemptsAllowed: 5,
    verificationSeconds: 300,
    promptsPerMinute: 100,
    promptsSinceConfirmed: 100,
  },
});
const yesTo = ({ call, toStart }: CallToAsk, { deviceId }: Twin): AnswerToRecord => ({
  id: toStart.verificationId,
  customerId: call.customerId,
  callId: call.id,
  keyId: call.keyId,
  changeId: null,
  status: 'confirmed',
  deviceId,
  answer: 'yes',
  reason: null,
  answerSealed: Buffer.from('answer'),
  answerCommitment: 'commitment',
  handset: null,
  findings: [],
  attemptsSeen: 0,
  failuresSeen: 0,
  signCount: null,
});

const several = (count: number): Promise<Twin[]> => Promise.all(Array.from({ length: count }, () => banks.customer()));
async function asked(count: number): Promise<{ twin: Twin; ask: CallToAsk; yes: AnswerToRecord }[]> {
  const twins = await several(count);
  const asks = twins.map((twin) => questionTo(twin));
  expect((await declareTogether(banks.north, asks)).every((row) => row?.decision === 'ask')).toBe(true);
  return twins.map((twin, at) => ({ twin, ask: asks[at]!, yes: yesTo(asks[at]!, twin) }));
}
const stateOf = (customerId: string): Promise<Record<string, unknown>[]> =>
  banks.sql(
    `SELECT (SELECT array_agg(status ORDER BY id) FROM verifications v WHERE v.tenant_id = c.tenant_id AND v.customer_id = c.id) AS statuses,
            c.code_failures, c.prompts_since_confirmed AS prompts, cardinality(c.recent_prompts) AS recent
       FROM customers c WHERE c.tenant_id = 'northbank' AND c.id = $1`,
    [customerId],
  );

describe('what somebody else holds', () => {
  it.each(['customers', 'calls', 'devices', 'verifications'])(
    'of %s is left out of the batch, which waits for nobody, and the others are confirmed',
    async (table) => {
      const all = await asked(3);
      const [{ yes }] = all as [(typeof all)[0]];
      const id = { customers: yes.customerId, calls: yes.callId, devices: yes.deviceId, verifications: yes.id }[table];
      await stranger.query('BEGIN');
      await stranger.query(`SELECT FROM ${table} WHERE tenant_id = 'northbank' AND id = $1 FOR UPDATE`, [id]);
      expect(
        await confirmTogether(
          banks.north,
          all.map((one) => one.yes),
        ),
      ).toEqual([undefined, true, true]);
      await stranger.query('ROLLBACK');
      expect(await recordAnswer(banks.north, yes)).toBe(true);
      for (const { twin } of all)
        expect(await stateOf(twin.customerId)).toEqual([
          { statuses: ['confirmed'], code_failures: 0, prompts: 0, recent: 1 },
        ]);
    },
  );

  it('holds up its own question alone: whoever else is asked or answers meanwhile is served', async () => {
    const all = await asked(40);
    const [held, ...others] = all as [(typeof all)[0], ...typeof all];
    await stranger.query('BEGIN');
    await stranger.query(`SELECT FROM customers WHERE id = $1 FOR UPDATE`, [held.twin.customerId]);
    let [declared, confirmed] = [false, false];
    const waits = Promise.all([
      declareOne(banks.north, questionTo(held.twin).call, questionTo(held.twin).toStart).then(() => (declared = true)),
      recordGiven(banks.north, held.yes).then(() => (confirmed = true)),
    ]);
    expect(await Promise.all(others.map(({ yes }) => recordGiven(banks.north, yes)))).toEqual(others.map(() => true));
    const again = others.map(({ twin }) => questionTo(twin));
    const rows = await Promise.all(again.map(({ call, toStart }) => declareOne(banks.north, call, toStart)));
    expect(rows.every(({ decision }) => decision === 'ask')).toBe(true);
    expect([declared, confirmed]).toEqual([false, false]);
    await stranger.query('ROLLBACK');
    await waits;
  });
});

/** Statements that read customers wait between their beginning and that, until `work` has been done: what it changes is newer than what they see. */
async function between(work: () => Promise<unknown>, statement: () => Promise<unknown>): Promise<void> {
  await stranger.query('SELECT pg_advisory_lock(4711)');
  await banks.sql(`CREATE OR REPLACE FUNCTION gate() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
    BEGIN PERFORM pg_advisory_lock_shared(4711); PERFORM pg_advisory_unlock_shared(4711); RETURN true; END $$`);
  const policy = `tenant_id = current_setting('countersign.tenant', true)`;
  await banks.sql(`ALTER POLICY tenant ON customers USING (${policy} AND gate())`);
  const running = statement();
  for (const deadline = Date.now() + 30_000; ;) {
    const waiting = await banks.sql(
      `SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`,
    );
    if (waiting.length > 0) break;
    if (Date.now() > deadline) throw new Error('nothing waits at the gate');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await work();
  await stranger.query('SELECT pg_advisory_unlock(4711)');
  await running;
  await banks.sql(`ALTER POLICY tenant ON customers USING (${policy})`);
}

describe('a customer who changes between the beginning of a batch and its lock', () => {
  it('is left out of the asking, and the question that came between is displaced', async () => {
    const [changed, same] = (await several(2)) as [Twin, Twin];
    const asks = [questionTo(changed), questionTo(same)];
    let rows: unknown[] = [];
    await between(
      () =>
        banks.sql(
          `WITH counted AS (UPDATE customers SET prompts_since_confirmed = 1, recent_prompts = ARRAY[now()] WHERE tenant_id = 'northbank' AND id = $1)
           INSERT INTO verifications (tenant_id, id, customer_id, kind, direction, key_id, display_sealed, challenge, asks, attempts_allowed, policy_version, started_by, expires_at)
           VALUES ('northbank', '00000000-0000-7000-8000-000000000001', $1, 'call', 'outbound', $2, '', 'c', '{answer}', 5, 1, 'ben', now() + interval '5 minutes')`,
          [changed.customerId, changed.keyId],
        ),
      async () => {
        rows = await declareTogether(banks.north, asks);
      },
    );
    expect(rows).toEqual([undefined, expect.objectContaining({ decision: 'ask' })]);
    const { call, toStart } = asks[0]!;
    expect(await declareCall(banks.north, call, toStart)).toMatchObject({ decision: 'ask' });
    expect(await stateOf(changed.customerId)).toEqual([
      { statuses: ['cancelled', 'waiting'], code_failures: 0, prompts: 2, recent: 2 },
    ]);
    expect(await stateOf(same.customerId)).toEqual([
      { statuses: ['waiting'], code_failures: 0, prompts: 1, recent: 1 },
    ]);
  });

  it('is left out of the confirming, also where the change means nothing; nothing of it is half done', async () => {
    const all = await asked(2);
    const [changed, same] = all as [(typeof all)[0], (typeof all)[0]];
    let recorded: unknown[] = [];
    await between(
      () =>
        banks.sql(`UPDATE customers SET locale = 'de' WHERE tenant_id = 'northbank' AND id = $1`, [
          changed.twin.customerId,
        ]),
      async () => {
        recorded = await confirmTogether(banks.north, [changed.yes, same.yes]);
      },
    );
    expect(recorded).toEqual([undefined, true]);
    expect(await stateOf(changed.twin.customerId)).toMatchObject([{ statuses: ['waiting'], prompts: 1 }]);
    expect(await recordAnswer(banks.north, changed.yes)).toBe(true);
    for (const { twin } of all)
      expect(await stateOf(twin.customerId)).toMatchObject([{ statuses: ['confirmed'], prompts: 0 }]);
  });
});

describe('a reference that is taken', () => {
  it('fails its own declaration alone, and no other of its batch', async () => {
    const [first, ...others] = (await several(6)) as [Twin, ...Twin[]];
    const taken = questionTo(first);
    await declareCall(banks.north, taken.call, taken.toStart);
    const asks = others.map((twin, at) => questionTo(twin, at === 2 ? taken.call.reference : undefined));
    const outcomes = await Promise.allSettled(asks.map(({ call, toStart }) => declareOne(banks.north, call, toStart)));
    expect(outcomes.map(({ status }) => status)).toEqual(asks.map((_, at) => (at === 2 ? 'rejected' : 'fulfilled')));
    const refused = outcomes[2] as PromiseRejectedResult;
    expect(isUniqueViolation(refused.reason, 'calls_by_reference')).toBe(true);
    expect(await stateOf(others[2]!.customerId)).toEqual([{ statuses: null, code_failures: 0, prompts: 0, recent: 0 }]);
  });
});

describe('a customer whom two processes ask at once, over and over,', () => {
  it('has one question that waits, and the log tells of each in its order', async () => {
    const [hot, ...others] = (await several(9)) as [Twin, ...Twin[]];
    const second = new TenantDatabase({
      url: banks.serviceUrl,
      tenantId: 'northbank',
      sharedConnections: 1,
      pooledConnections: 1,
    });
    const declare = async (db: TenantDatabase, twin: Twin): Promise<unknown> => {
      for (let tries = 0; tries < 12; tries += 1) {
        try {
          const { call, toStart } = questionTo(twin);
          return (await declareOne(db, call, toStart)).decision;
        } catch (error) {
          // As the service does.
          if (!isUniqueViolation(error, 'verifications_one_waiting')) throw error;
        }
      }
      throw new Error('it never came to a question');
    };
    try {
      const decisions = await Promise.all(
        Array.from({ length: 16 }, () => [banks.north, second])
          .flat()
          .flatMap((db, at) => [declare(db, hot), declare(db, others[at % others.length]!)]),
      );
      expect(new Set(decisions)).toEqual(new Set(['ask']));
    } finally {
      await second.close();
    }
    for (const { customerId } of [hot, ...others]) {
      const log = await banks.sql<{ type: string; about_id: string }>(
        `SELECT type, about_id FROM events WHERE tenant_id = 'northbank' AND customer_id = $1 AND type LIKE '%.verification.%' ORDER BY xid, sequence`,
        [customerId],
      );
      const started = log.filter(({ type }) => type.endsWith('started'));
      const waiting: string[] = [];
      for (const { type, about_id } of log) {
        if (type.endsWith('started')) waiting.push(about_id);
        else expect(waiting.splice(0)).toEqual([about_id]);
      }
      expect(waiting).toEqual([started.at(-1)!.about_id]);
      const [state] = await stateOf(customerId);
      expect(state).toMatchObject({ prompts: started.length, recent: Math.min(20, started.length) });
      expect((state!.statuses as string[]).filter((status) => status === 'waiting')).toHaveLength(1);
    }
  });
});
