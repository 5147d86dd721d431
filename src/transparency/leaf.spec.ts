import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../crypto/canonical-json.js';
import type { EventRow } from '../events/event.js';
import { toTypeId } from '../ids/ids.js';
import { leafRecord } from './leaf.js';

const uuid = fc.uuid({ version: 7 });
const dataName = fc.oneof(
  fc.constantFrom('customerId', 'callId', 'tellContactPoints', 'contactPoint', '__proto__', 'constructor', '0'),
  fc.string(),
);
/** Whatever an event may ever hold, and the names and ids that a record treats in its own way. */
const data = fc
  .array(fc.tuple(dataName, fc.oneof(fc.jsonValue(), uuid, fc.array(uuid))))
  .map((members) => Object.fromEntries(members));
const row: fc.Arbitrary<EventRow> = fc.record({
  id: uuid,
  type: fc.string(),
  about: fc.constantFrom('call', 'ver', 'customer'),
  about_id: fc.option(uuid),
  customer_id: fc.option(fc.string()),
  call_id: fc.option(uuid),
  occurred_at: fc.date({ noInvalidDate: true }),
  data,
}) as never;

/** What a leaf holds, in the words in which it was first written: it can never change. */
function dataOf({ customer_id, call_id, data }: EventRow): object {
  const { tellContactPoints, contactPoint } = data;
  return {
    ...(customer_id === null ? {} : { customerId: customer_id }),
    ...(call_id === null ? {} : { callId: toTypeId('call', call_id) }),
    ...data,
    ...(Array.isArray(tellContactPoints)
      ? { tellContactPoints: tellContactPoints.map((id) => toTypeId('ctp', id as string)) }
      : {}),
    ...(typeof contactPoint === 'string' ? { contactPoint: toTypeId('ctp', contactPoint) } : {}),
  };
}

/** The outcome of either: what is no id is refused by both. */
const outcome = (make: () => unknown): unknown => {
  try {
    return make();
  } catch (error) {
    return (error as Error).name;
  }
};

describe('the record of an event', () => {
  it('holds to the byte, and in the same order, what it held when the log began', () => {
    fc.assert(
      fc.property(row, (event) => {
        const now = outcome(() => JSON.stringify(leafRecord(event, 'northbank').data));
        expect(now).toEqual(outcome(() => JSON.stringify(dataOf(event))));
        expect(outcome(() => canonicalJson(leafRecord(event, 'northbank').data))).toEqual(
          outcome(() => canonicalJson(dataOf(event))),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
