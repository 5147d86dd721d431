import { afterAll, beforeAll, expect, it } from 'vitest';
import { fromTypeId } from '../../src/ids/ids.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { type EventStream, ServiceClient } from '../support/service-client.js';

const NOTE = `INSERT INTO events (type, about, about_id, call_id, data) VALUES ('countersign.test.note', 'call', $1, $1, jsonb_build_object('note', $2::int))`;

let service: TestService;
let clients: ServiceClient[];
beforeAll(async () => {
  service = await startTestService();
  const other = await service.startAnother();
  clients = [service.amara, new ServiceClient(other.url, await service.token('agent:amara'))];
});
afterAll(() => service.stop());

/** A reader to whom note 2 was told while the transaction that had written note 1 before it was still open. */
async function toldAhead(
  path: string,
  callId: string,
): Promise<{ late: OpenTransaction; event: string; place: string }> {
  const late = await OpenTransaction.begin(service);
  await late.query(NOTE, [callId, 1]);
  const ahead = await OpenTransaction.begin(service);
  await ahead.query(NOTE, [callId, 2]);
  await ahead.commit();
  const stream = await clients[0]!.stream(path);
  const told = await stream.waitFor('test.note');
  expect(told.data.data.note).toBe(2);
  const reading = stream.next().catch(() => null);
  await expect.poll(() => stream.lastEventId).toContain('~');
  stream.close();
  await reading;
  return { late, event: told.id, place: stream.lastEventId };
}

/** What a reader is told who is cut after so many events, and resumes at the other process by the last of them. */
async function cutAfter(count: number, path: string, from: string, until: number): Promise<number[]> {
  const notes: number[] = [];
  let last = from;
  const read = async (stream: EventStream, isEnough: () => boolean): Promise<void> => {
    while (!isEnough()) {
      const event = await stream.waitFor('test.note');
      notes.push(event.data.data.note as number);
      last = event.id;
    }
    stream.close();
  };
  await read(await clients[1]!.stream(path, { headers: { 'last-event-id': last } }), () => notes.length === count);
  const resumed = await clients[0]!.stream(path, { headers: { 'last-event-id': last } });
  await read(resumed, () => notes.at(-1) === until);
  return notes;
}

it.each([
  ['event', 1],
  ['event', 2],
  ['place', 1],
  ['place', 2],
] as const)(
  'whoever resumes by %s, and is cut again after %i while catching up, has lost nothing',
  async (by, count) => {
    const call = { customerId: newCustomerId(), direction: 'outbound', purpose: 'x' };
    const { body } = await service.amara.post('/v1/calls', call);
    const [path, callId] = [`/v1/calls/${body.id}/stream`, fromTypeId('call', body.id)!];
    const { late, ...known } = await toldAhead(path, callId);
    await late.query(NOTE, [callId, 3]);
    for (const note of [4, 5]) {
      const after = await OpenTransaction.begin(service);
      await after.query(NOTE, [callId, note]);
      // Now all settle.
      if (note === 5) await late.commit();
      await after.commit();
    }
    expect(await cutAfter(count, path, known[by], 5)).toEqual(expect.arrayContaining([1, 3, 4]));
  },
);
