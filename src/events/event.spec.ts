import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromTypeId, toTypeId } from '../ids/ids.js';
import { EVENT_CATALOGUE } from './catalogue.js';
import { type EventRow, isAfter, type Position, positionOf, TIME_MEMBERS, toCloudEvent } from './event.js';
import type { EventKind } from './event-members.js';

const CALL = '01935b6e-1234-7abc-8def-0123456789ab';
const ROW: EventRow = {
  id: '01935b6e-5d3e-7c11-9c8a-000000000001',
  xid: '731',
  sequence: '42',
  type: 'countersign.verification.confirmed',
  about: 'ver',
  about_id: '01935b6e-5d3e-7c11-9c8a-000000000002',
  customer_id: 'cust-1001',
  call_id: CALL,
  data: { findings: [] },
  occurred_at: new Date('2026-01-31T09:30:00.000Z'),
};

describe('an event as a CloudEvent', () => {
  it('has the members that CloudEvents 1.0 requires, and TypeIDs for ids', () => {
    const event = toCloudEvent(ROW, 'northbank');
    expect(event).toMatchObject({
      specversion: '1.0',
      source: 'urn:countersign:northbank',
      type: 'countersign.verification.confirmed',
      time: '2026-01-31T09:30:00.000Z',
      datacontenttype: 'application/json',
    });
    expect(fromTypeId('evt', event.id)).toBe(ROW.id);
    expect(fromTypeId('ver', event.subject)).toBe(ROW.about_id);
    expect(event.data).toMatchObject({ customerId: 'cust-1001', findings: [] });
    expect(fromTypeId('call', event.data.callId as string)).toBe(CALL);
  });

  it("is about a customer by the bank's own id, and about a policy or a line by its kind", () => {
    expect(toCloudEvent({ ...ROW, about: 'customer', about_id: null }, 'northbank').subject).toBe('cust-1001');
    expect(
      toCloudEvent(
        { ...ROW, about: 'policy', about_id: null, customer_id: null, call_id: null, data: { version: 2 } },
        'northbank',
      ),
    ).toMatchObject({ subject: 'policy', data: { version: 2 } });
  });

  it('names no customer and no call where there is none', () => {
    expect(toCloudEvent({ ...ROW, customer_id: null, call_id: null }, 'northbank').data).toEqual({ findings: [] });
  });
});

describe('ids and times in events', () => {
  const shown = (data: Record<string, unknown>): Record<string, unknown> =>
    toCloudEvent({ ...ROW, customer_id: null, call_id: null, data }, 'northbank').data;

  it('have one form, however a statement wrote them', () => {
    expect(
      shown({
        deviceId: '01935b6e-5d3e-7c11-9c8a-000000000002',
        displayTime: '2026-01-31T09:30:00.12345+00:00',
        expiredAt: '2026-01-31T10:30:00+01:00',
        failingSince: null,
        by: '2026-01-31T10:30:00+01:00',
      }),
    ).toEqual({
      deviceId: toTypeId('dev', '01935b6e-5d3e-7c11-9c8a-000000000002'),
      displayTime: '2026-01-31T09:30:00.123Z',
      expiredAt: '2026-01-31T09:30:00.000Z',
      failingSince: null,
      by: '2026-01-31T10:30:00+01:00',
    });
    const deviceId = toTypeId('dev', CALL);
    expect(shown({ deviceId })).toEqual({ deviceId });
  });

  it('are known of every type that has a time', () => {
    const times = Object.values<EventKind>(EVENT_CATALOGUE).flatMap(({ data }) =>
      Object.entries(data.properties)
        .filter(([, schema]) => JSON.stringify(schema).includes('"date-time"') && schema.type !== 'object')
        .filter(([, schema]) => !JSON.stringify(schema).includes('"object"'))
        .map(([name]) => name),
    );
    expect([...new Set(times)].sort()).toEqual([...TIME_MEMBERS].sort());
  });
});

describe('the order of the log', () => {
  const position = fc.record({
    xid: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    sequence: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  });

  it('is by transaction, then by sequence', () => {
    const at = (xid: bigint, sequence: bigint): Position => ({ xid, sequence });
    expect(isAfter(at(2n, 1n), at(1n, 9n))).toBe(true);
    expect(isAfter(at(1n, 9n), at(2n, 1n))).toBe(false);
    expect(isAfter(at(1n, 2n), at(1n, 1n))).toBe(true);
    expect(isAfter(at(1n, 1n), at(1n, 1n))).toBe(false);
  });

  it('is total: of two positions one comes after the other, unless they are one', () => {
    fc.assert(
      fc.property(position, position, (a, b) => {
        const same = a.xid === b.xid && a.sequence === b.sequence;
        expect([isAfter(a, b), isAfter(b, a), same].filter(Boolean)).toHaveLength(1);
      }),
    );
  });

  it('is transitive', () => {
    fc.assert(
      fc.property(position, position, position, (a, b, c) => {
        if (isAfter(a, b) && isAfter(b, c)) expect(isAfter(a, c)).toBe(true);
      }),
    );
  });

  it('is read beyond what a double holds', () => {
    expect(positionOf({ ...ROW, xid: '18446744073709551615', sequence: '9223372036854775807' })).toEqual({
      xid: 2n ** 64n - 1n,
      sequence: 2n ** 63n - 1n,
    });
  });
});
