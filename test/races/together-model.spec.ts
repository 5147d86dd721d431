import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declareCall, endCall } from '../../src/calls/calls.store.js';
import { type CallToAsk, declareTogether } from '../../src/calls/declarations-together.store.js';
import type { Declared } from '../../src/calls/declared.js';
import type { TenantDatabase } from '../../src/database/tenant-database.js';
import { newId } from '../../src/ids/ids.js';
import {
  type AnswerToRecord,
  readAnswerContext,
  recordAnswer,
  recordWrongCode,
} from '../../src/verifications/answers.store.js';
import { confirmTogether, readContextsTogether } from '../../src/verifications/answers-together.store.js';
import { cancelVerification, findVerification, listOfCustomer } from '../../src/verifications/verifications.store.js';
import { findTogether, listWaitingTogether } from '../../src/verifications/verifications-together.store.js';
import { INBOUND, OUTBOUND, type Twin, TwinBanks, withoutMoments } from '../support/twin-banks.js';

/** Of whom the last has no device. */
const CUSTOMERS = 4;
const who = fc.integer({ min: 0, max: CUSTOMERS - 1 });
const mostly = <Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(usual, ...others) });

const declaration = fc.record({
  customer: who,
  direction: fc.constantFrom('outbound' as const, 'inbound' as const),
  line: mostly<string | null>(null, OUTBOUND, INBOUND, '+15550100'),
  channel: mostly<'phone' | 'in_app'>('phone', 'in_app'),
  team: mostly<string | null>('Fraud Operations', null),
  external: mostly<string | null>(null, 'case/1'),
  keyIsOld: mostly(false, true),
  perMinute: mostly(20, 1),
  sinceConfirmed: mostly(100, 2),
  referenceIsTaken: fc.oneof(
    { weight: 12, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});
const answer = fc.record({
  customer: who,
  device: mostly<'own' | 'other'>('own', 'other'),
  findings: mostly<readonly ('new_device' | 'new_contact')[]>([], ['new_device'], ['new_device', 'new_contact']),
  handset: mostly<object | null>({ inCall: true, outgoing: false }, null),
  keyIsOld: mostly(false, true),
  attemptsOff: mostly(0, 1),
  failuresOff: mostly(0, 1),
  anotherCall: mostly(false, true),
});
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('declare' as const),
      all: fc.uniqueArray(declaration, { selector: ({ customer }) => customer, minLength: 1, maxLength: CUSTOMERS }),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('confirm' as const),
      all: fc.uniqueArray(answer, { selector: ({ customer }) => customer, minLength: 1, maxLength: CUSTOMERS }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('wrongCode', 'endCall', 'lapseQuestion', 'lapseCall', 'relay', 'revoke', 'nextDay', 'cancel'),
      customer: who,
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

let banks: TwinBanks;
beforeAll(async () => {
  banks = await TwinBanks.create('together_model');
});
afterAll(() => banks.close());

let [done, left] = [0, 0];

/** One history: what is done together at one bank is done one by one at the other. */
class History {
  private readonly asked = new Map<string, CallToAsk>();
  private reference: string = randomUUID();

  private constructor(private readonly customers: readonly Twin[]) {}

  static async begin(): Promise<History> {
    const places = Array.from({ length: CUSTOMERS }, (_, place) => place);
    return new History(await Promise.all(places.map((place) => banks.customer(place < CUSTOMERS - 1))));
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'declare') await this.declare(step.all);
    else if (step.do === 'confirm') await this.confirm(step.all);
    else for (const db of banks.both) await this.happen(db, step.do, this.customers[step.customer]!);
    await this.compare();
  }

  private async declare(all: (typeof declaration extends fc.Arbitrary<infer One> ? One : never)[]): Promise<void> {
    const asks = all.map(({ customer, direction, line, channel, team, external, keyIsOld, ...limits }): CallToAsk => {
      const { customerId, keyId } = this.customers[customer]!;
      const reference = limits.referenceIsTaken ? this.reference : randomUUID();
      return {
        call: {
          id: newId('call').uuid,
          reference,
          customerId,
          keyId: keyIsOld ? randomUUID() : keyId,
          direction,
          channel,
          line,
          purposeSealed: Buffer.from(`purpose of ${reference}`),
          agentId: 'amara',
          agentName: 'Amara Okafor',
          agentDepartment: team,
          declaredBy: 'telephony',
          externalId: external,
          externalSystem: external && 'crm',
          callSeconds: 1_800,
          changeId: null,
        },
        toStart: {
          verificationId: newId('ver').uuid,
          kind: 'call',
          displaySealed: Buffer.from(`display of ${reference}`),
          displayCommitment: `commitment of ${reference}`,
          challenge: randomUUID(),
          asks: ['answer', 'code'],
          codeMac: Buffer.from(`mac of ${reference}`),
          startedBy: 'telephony',
          policyVersion: 3,
          attemptsAllowed: 3,
          verificationSeconds: 300,
          promptsPerMinute: limits.perMinute,
          promptsSinceConfirmed: limits.sinceConfirmed,
        },
      };
    });
    // For how long somebody would have to wait is told of a question that was not put, and means nothing else.
    const alone = async (db: TenantDatabase, { call, toStart }: CallToAsk): Promise<Declared> => {
      const declared = await declareCall(db, call, toStart);
      return declared.decision === 'ask' ? { ...declared, retry_after: null } : declared;
    };
    const outcomes = await bothWays(asks, declareTogether, alone);
    asks.forEach((ask, at) => {
      const outcome = outcomes[at] as { decision?: string; id?: string | null };
      if (outcome.id) this.reference = ask.call.reference;
      if (outcome.decision === 'ask') this.asked.set(ask.call.customerId, ask);
    });
  }

  private async confirm(all: (typeof answer extends fc.Arbitrary<infer One> ? One : never)[]): Promise<void> {
    const answers: AnswerToRecord[] = [];
    for (const { customer, device, findings, handset, keyIsOld, attemptsOff, failuresOff, anotherCall } of all) {
      const { customerId, keyId, deviceId } = this.customers[customer]!;
      const ask = this.asked.get(customerId);
      if (!ask) continue;
      const seen = (await findVerification(banks.north, ask.toStart.verificationId))!;
      answers.push({
        id: seen.id,
        customerId,
        callId: anotherCall ? randomUUID() : seen.call_id,
        keyId: keyIsOld ? randomUUID() : keyId,
        changeId: null,
        status: 'confirmed',
        deviceId: device === 'own' ? deviceId : this.customers[(customer + 1) % CUSTOMERS]!.deviceId,
        answer: 'yes',
        reason: null,
        answerSealed: Buffer.from('answer'),
        answerCommitment: 'commitment',
        handset: handset as never,
        findings,
        attemptsSeen: seen.attempts_used + attemptsOff,
        failuresSeen: (seen.code_failures ?? 0) + failuresOff,
        signCount: null,
      });
    }
    await bothWays(answers, confirmTogether, recordAnswer);
  }

  private async happen(db: TenantDatabase, what: string, { customerId, deviceId }: Twin): Promise<void> {
    const ask = this.asked.get(customerId);
    if (what === 'revoke') await set(db, 'devices', 'revoked_at = now()', 'id = $2', deviceId);
    if (what === 'nextDay')
      await set(
        db,
        'customers',
        `recent_prompts = ARRAY(SELECT at - interval '25 hours' FROM unnest(recent_prompts) at)`,
        'id = $2',
        customerId,
      );
    if (!ask) return;
    const { verificationId: id, attemptsAllowed } = ask.toStart;
    if (what === 'endCall')
      await db.transaction((tx) => endCall(tx, { id: ask.call.id, author: 'amara', owner: null }));
    if (what === 'lapseCall') await set(db, 'calls', 'expires_at = started_at', 'id = $2', ask.call.id);
    if (what === 'relay') await set(db, 'calls', 'relay_suspected_at = now()', 'id = $2', ask.call.id);
    if (what === 'lapseQuestion')
      await set(db, 'verifications', 'expires_at = created_at', `id = $2 AND status = 'waiting'`, id);
    if (what === 'cancel') await cancelVerification(db, { id, author: 'amara', owner: null });
    if (what === 'wrongCode') {
      const seen = (await findVerification(db, id))!;
      const counts = { attemptsSeen: seen.attempts_used, failuresSeen: seen.code_failures ?? 0 };
      await recordWrongCode(db, { id, customerId, deviceId, ...counts, attemptsAllowed });
    }
  }

  /** Both banks have the same, and reading together gives what reading one by one does. */
  private async compare(): Promise<void> {
    for (const { customerId } of this.customers)
      expect(await banks.recordOf(banks.north, customerId)).toEqual(await banks.recordOf(banks.south, customerId));
    const asks = [...this.asked.values()];
    const contexts = asks.map(({ call, toStart }) => ({
      id: toStart.verificationId,
      deviceId: this.customers.find(({ customerId }) => customerId === call.customerId)!.deviceId,
    }));
    const db = banks.north;
    const unknown = randomUUID();
    contexts.push({ id: unknown, deviceId: unknown });
    await same(await readContextsTogether(db, contexts), contexts, (one) =>
      readAnswerContext(db, one.id, one.deviceId),
    );
    const ids = contexts.map(({ id }) => id);
    await same(await findTogether(db, ids), ids, (id) => findVerification(db, id));
    const whose = [...this.customers.map(({ customerId }) => customerId), unknown, this.customers[0]!.customerId];
    const lists = whose.map((customerId, at) => ({ customerId, most: 1 + at }));
    await same(await listWaitingTogether(db, lists), lists, (one) =>
      listOfCustomer(db, { ...one, status: 'waiting', before: null }),
    );
  }
}

/** What reading one by one gives is what was read together, but for the moment of it and the place in the list. */
async function same<Asked>(
  together: readonly unknown[],
  asked: readonly Asked[],
  alone: (one: Asked) => Promise<unknown>,
) {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    const { now: _now, place: _place, ...row } = Object(value) as Record<string, unknown>;
    return value === null ? null : row;
  };
  expect(together.map(plain)).toEqual((await Promise.all(asked.map(alone))).map(plain));
}

const set = (db: TenantDatabase, table: string, what: string, where: string, id: string): Promise<unknown> =>
  banks.sql(`UPDATE ${table} SET ${what} WHERE tenant_id = $1 AND ${where}`, [db.tenantId, id]);

/** The outcomes, which are the same at the bank where all were done together, and the rest by themselves, and at the one where each was. */
async function bothWays<Item, Result>(
  items: readonly Item[],
  together: (db: TenantDatabase, items: readonly Item[]) => Promise<readonly (Result | undefined)[]>,
  alone: (db: TenantDatabase, item: Item) => Promise<Result>,
): Promise<unknown[]> {
  const tried = (work: Promise<unknown>): Promise<unknown> =>
    work.then(withoutMoments, (error: { constraint?: string }) => {
      if (!error.constraint) throw error;
      return { refused: error.constraint };
    });
  const first = await together(banks.north, items).catch((error: { constraint?: string }) => {
    if (!error.constraint) throw error;
    return items.map(() => undefined);
  });
  const [north, south]: [unknown[], unknown[]] = [[], []];
  for (const [at, item] of items.entries()) {
    if (first[at] === undefined) left += 1;
    else done += 1;
    north.push(first[at] === undefined ? await tried(alone(banks.north, item)) : withoutMoments(first[at]));
    south.push(await tried(alone(banks.south, item)));
  }
  expect(north).toEqual(south);
  return south;
}

describe('what is done together', () => {
  it('comes out as what is done one by one: outcomes, rows, and events in their order, over random histories', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 12 }), async (steps) => {
        const history = await History.begin();
        for (const one of steps) await history.take(one);
      }),
      { numRuns: 40, endOnFailure: true },
    );
    // Both kinds came about, so that the one is held against the other.
    expect(done).toBeGreaterThan(50);
    expect(left).toBeGreaterThan(50);
  }, 150_000);
});
