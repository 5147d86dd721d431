import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/service-client.js';
import { onceReached } from '../support/once-reached.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { CARD_LINE, LINE, newCustomerId, OTHER_LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

interface Expected {
  readonly customerId: string;
  readonly question: object;
  readonly verdict: object;
  readonly callId?: string;
}

const ask = (customerId: string, question: object): Promise<Reply> =>
  service.app.post(`/v1/customers/${customerId}/call-verdicts`, question);

async function declare(
  direction: 'inbound' | 'outbound',
  purpose = 'A payment we stopped',
): Promise<{ customerId: string; call: any }> {
  const customerId = newCustomerId();
  const { status, body } = await service.amara.post('/v1/calls', {
    customerId,
    direction,
    line: direction === 'inbound' ? CARD_LINE : LINE,
    purpose,
  });
  expect(status).toBe(201);
  return { customerId, call: body };
}

const ringing = { trigger: 'ringing', incomingNumber: LINE };

/** A customer for each place, of ten kinds that come in turns, and what each is to be told. */
const kinds: ((place: number) => Promise<Expected>)[] = [
  ...Array.from({ length: 3 }, () => async (place: number): Promise<Expected> => {
    const { customerId, call } = await declare('outbound', `Purpose ${place}`);
    return {
      customerId,
      question: ringing,
      callId: call.id,
      verdict: {
        verdict: 'legitimate',
        reason: 'live_call',
        call: { id: call.id, reference: call.reference, agentName: 'Amara Okafor', purpose: `Purpose ${place}` },
      },
    };
  }),
  async () => ({
    customerId: (await declare('outbound')).customerId,
    question: { trigger: 'ringing', incomingNumber: OTHER_LINE },
    verdict: { verdict: 'unknown', reason: 'other_line' },
  }),
  async () => ({
    customerId: (await declare('inbound')).customerId,
    question: ringing,
    verdict: { verdict: 'not_legitimate', reason: 'someone_rang_as_you' },
  }),
  async () => ({
    customerId: (await declare('inbound')).customerId,
    question: { trigger: 'customer', handset: { inCall: true, outgoing: true } },
    verdict: { verdict: 'unknown', reason: 'customer_rang' },
  }),
  async () => ({
    customerId: (await declare('outbound')).customerId,
    question: { trigger: 'ringing', incomingNumber: CARD_LINE },
    verdict: { verdict: 'not_legitimate', reason: 'inbound_only_line' },
  }),
  async () => ({
    customerId: newCustomerId(),
    question: ringing,
    verdict: { verdict: 'not_legitimate', reason: 'no_live_call' },
  }),
  async (place) => ({
    customerId: newCustomerId(),
    question: { trigger: 'ringing', incomingNumber: `+447700900${100 + place}` },
    verdict: { verdict: 'unknown', reason: 'not_our_line' },
  }),
  async () => ({
    customerId: newCustomerId(),
    question: { trigger: 'customer', phoneNumberSuffixes: ['1234'] },
    verdict: { verdict: 'not_legitimate', reason: 'no_live_call' },
  }),
];

async function expectGivenOnce({ customerId, verdict, callId }: Expected): Promise<void> {
  const { verdict: name, reason } = verdict as { verdict: string; reason: string };
  expect(
    await service.sql(
      `SELECT data ->> 'verdict' AS verdict, data ->> 'reason' AS reason, call_id IS NOT NULL AS of_call FROM events WHERE customer_id = $1 AND type = 'countersign.verdict.given'`,
      [customerId],
    ),
  ).toEqual([{ verdict: name, reason, of_call: callId !== undefined }]);
}

describe('two hundred verdicts that are asked at once', () => {
  it("are each the right one, with the customer's own call, and are recorded once each, as are the alarms", async () => {
    const expected: Expected[] = [];
    for (let place = 0; place < 200; place += 1) expected.push(await kinds[place % kinds.length]!(place));
    // Of so many a busy machine gives some too late; these are not recorded, and are asked again.
    const replies = await Promise.all(
      expected.map(({ customerId, question }) => onceReached(() => ask(customerId, question))),
    );
    replies.forEach((reply, place) => {
      expect(reply).toMatchObject({ status: 200, body: expected[place]!.verdict });
      expect(Object.hasOwn(reply.body, 'call')).toBe(expected[place]!.callId !== undefined);
    });
    for (const one of expected) await expectGivenOnce(one);
    const relayed = expected
      .filter(({ verdict }) => (verdict as { reason: string }).reason === 'someone_rang_as_you')
      .map(({ customerId }) => customerId);
    expect(relayed).toHaveLength(20);
    const marked = await service.sql<{ customer_id: string }>(
      `SELECT customer_id FROM calls WHERE relay_suspected_at IS NOT NULL`,
    );
    const alarms = await service.sql<{ customer_id: string }>(
      `SELECT customer_id FROM events WHERE type = 'countersign.call.relay_suspected'`,
    );
    for (const rows of [marked, alarms])
      expect(rows.map(({ customer_id }) => customer_id).sort()).toEqual([...relayed].sort());
  });
});

describe('a transaction that holds a customer, and a call, fast', () => {
  it("holds up the alarm of a relay in that call, and nobody else's verdict, however many such alarms wait", async () => {
    const relayed = await Promise.all(Array.from({ length: 6 }, () => declare('inbound')));
    const others: Expected[] = [];
    for (let place = 0; place < 40; place += 1) others.push(await kinds[place % kinds.length]!(place));
    const transaction = await OpenTransaction.begin(service);
    await transaction.query(
      'SELECT FROM calls WHERE id IN (SELECT call_id FROM events WHERE customer_id = ANY($1)) FOR UPDATE',
      [relayed.map(({ customerId }) => customerId)],
    );
    const waiting: Promise<Reply>[] = [];
    for (const { customerId } of relayed) {
      waiting.push(ask(customerId, ringing));
      await transaction.untilWaiting(waiting.length);
    }
    const replies = await Promise.all(others.map(({ customerId, question }) => ask(customerId, question)));
    replies.forEach((reply, place) => expect(reply.body).toMatchObject(others[place]!.verdict));
    await transaction.commit();
    // Each of these was given in time, or was said to be unavailable: how long the others took decides it.
    for (const reply of await Promise.all(waiting))
      expect(['someone_rang_as_you', 'unavailable']).toContain(reply.body.reason);
    for (const other of others) await expectGivenOnce(other);
  });

  it('does not hold up the verdict of that customer where nothing in the call is to be changed', async () => {
    const { customerId, call } = await declare('outbound');
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    await transaction.query('SELECT FROM calls WHERE customer_id = $1 FOR UPDATE', [customerId]);
    expect((await ask(customerId, ringing)).body).toMatchObject({ verdict: 'legitimate', call: { id: call.id } });
    await transaction.rollback();
  });

  it('that is let go in time lets the alarm be raised and the verdict be given', async () => {
    const { customerId } = await declare('inbound');
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM calls WHERE customer_id = $1 FOR UPDATE', [customerId]);
    const waiting = ask(customerId, ringing);
    await transaction.untilWaiting();
    await transaction.commit();
    const verdict = { verdict: 'not_legitimate', reason: 'someone_rang_as_you' };
    expect((await waiting).body).toMatchObject(verdict);
    await expectGivenOnce({ customerId, question: ringing, verdict });
    expect(
      await service.sql(`SELECT FROM calls WHERE customer_id = $1 AND relay_suspected_at IS NOT NULL`, [customerId]),
    ).toHaveLength(1);
  });
});

describe('a verdict that comes too late to be told', () => {
  it('is not recorded as given: the log does not say more than the customer heard', async () => {
    const { customerId } = await declare('outbound');
    const holder = await OpenTransaction.begin(service);
    await holder.query('LOCK TABLE lines IN ACCESS EXCLUSIVE MODE');
    const asked = ask(customerId, ringing);
    expect((await asked).body).toMatchObject({ verdict: 'unknown', reason: 'unavailable' });
    await holder.rollback();
    await expect.poll(async () => (await ask(customerId, ringing)).body.verdict).toBe('legitimate');
    // Long after what had waited for the lock went on.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await expectGivenOnce({
      customerId,
      question: ringing,
      verdict: { verdict: 'legitimate', reason: 'live_call' },
      callId: 'any',
    });
  });
});
