import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Acknowledged, Bank } from '../../bench/drills/bank.js';
import { divide, examineAfter } from '../../bench/drills/moment.js';
import { examineLedger, type Query } from '../../bench/drills/proof.js';
import { fromTypeId } from '../../src/ids/ids.js';
import { startTestService, type TestService } from '../support/service.js';

vi.setConfig({ hookTimeout: 150_000 });

const ENOUGH = 6;
let service: TestService;
let query: Query;
const acknowledged: Acknowledged[] = [];

/** Lets the bank work until so many more calls have ended. */
async function work(): Promise<Acknowledged[]> {
  const tokens = { app: await service.token('app'), agent: await service.token('agent:amara') };
  const bank = new Bank({ urls: () => [service.url], tokens, workers: 2 });
  bank.start();
  await vi.waitFor(
    () => expect([...bank.ledger.values()].filter(({ ended }) => ended).length).toBeGreaterThanOrEqual(ENOUGH),
    { timeout: 60_000 },
  );
  await bank.stop();
  expect(bank.stale).toBe(0);
  return [...bank.ledger.values()];
}

let moment: Date;
let after: Acknowledged[];
beforeAll(async () => {
  service = await startTestService();
  query = (statement) => service.sql(statement);
  acknowledged.push(...(await work()));
  // Strictly between what was acknowledged and what is asked for.
  moment = new Date(Date.now() + 1);
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(moment.getTime()));
  after = await work();
  acknowledged.push(...after);
});
afterAll(() => service.stop());

describe('the ledger of the drills', () => {
  it('is divided at a moment into what was acknowledged, what was asked for later, and what was under way', () => {
    const whole = divide(acknowledged, moment.getTime());
    expect(whole.before.map(({ callId }) => callId)).toEqual(
      acknowledged.slice(0, -after.length).map(({ callId }) => callId),
    );
    expect(whole.declaredAfter).toEqual(after.map(({ callId }) => callId));
    expect(whole.underWay).toBe(0);
    const one = after[0]!;
    expect(divide([one], one.declaration.doneAt)).toMatchObject({ before: [], declaredAfter: [], underWay: 1 });
    const { before, endedAfter } = divide(
      [{ ...one, end: { askedAt: 30, doneAt: 40 }, declaration: { askedAt: 10, doneAt: 20 } }],
      25,
    );
    expect(before).toMatchObject([{ callId: one.callId, ended: false }]);
    expect(endedAfter).toEqual([one.callId]);
  });

  it('finds what is there of after a moment to which it should have been set back', async () => {
    expect(await examineAfter(query, divide(acknowledged, Date.now() + 1), new Date(Date.now() + 60_000))).toEqual([]);
    const faults = await examineAfter(query, divide(acknowledged, moment.getTime()), moment);
    for (const { callId } of after) expect(faults).toContain(`${callId} was declared after the moment and is there`);
    // The bank gives up the end of a call that is refused while it stops.
    const ended = after.filter((one) => one.ended);
    expect(ended.length).toBeGreaterThanOrEqual(ENOUGH);
    for (const { callId } of ended)
      expect(faults).toContain(`the end of ${callId} was asked for after the moment and is there`);
    expect(faults.at(-1)).toMatch(/^\d+ events are of after the moment$/);
  });

  it('finds a call that is lost, one that lost its end, and one whose event is gone', async () => {
    expect(await examineLedger(query, acknowledged)).toEqual([]);
    const [first, second, third] = acknowledged as [Acknowledged, Acknowledged, Acknowledged];
    const [lost, open, silent] = [first, second, third].map(({ callId }) => fromTypeId('call', callId));
    await service.sql(`DO $$ BEGIN SET LOCAL session_replication_role = replica;
      DELETE FROM calls WHERE id = '${lost}'; UPDATE calls SET ended_at = NULL WHERE id = '${open}';
      DELETE FROM events WHERE call_id = '${silent}' AND type = 'countersign.call.declared'; END $$`);
    expect(await examineLedger(query, acknowledged)).toEqual([
      `${first.callId} was acknowledged and is lost`,
      `the end of ${second.callId} was acknowledged: 1 there`,
      `${third.callId} was declared 0 times`,
    ]);
  });
});
