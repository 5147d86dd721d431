import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayTake, nextTurn, type Share, type SharedRoom } from './tenant-turns.policy.js';

const share = (tenantId: string, more: Partial<Share> = {}): Share => ({
  tenantId,
  held: 0,
  heldUrgently: 0,
  waits: true,
  waitsUrgently: false,
  ...more,
});
const room = (more: Partial<SharedRoom> = {}): SharedRoom => ({
  capacity: 16,
  taken: 0,
  kept: 1,
  boundIdle: new Set(),
  ...more,
});
const shares = fc.uniqueArray(
  fc.record({
    tenantId: fc.constantFrom(...'abcdefgh'),
    held: fc.nat(6),
    heldUrgently: fc.nat(3),
    waits: fc.boolean(),
    waitsUrgently: fc.boolean(),
  }),
  { selector: ({ tenantId }) => tenantId },
);

describe('whose turn it is of connections that all tenants share', () => {
  it.each([
    ['of one alone half of them', 1, 16, 0, [8]],
    ['of two a third each', 2, 15, 0, [5, 5]],
    ['of one alone half, without what is kept for urgent ones', 1, 17, 1, [8]],
    ['the only one', 1, 1, 1, [1]],
    ['one of two', 1, 2, 1, [1]],
    ['one each, where there are as many as tenants', 4, 4, 0, [1, 1, 1, 1]],
  ])('is, where all want all: %s', (_what, tenants, capacity, kept, expected) => {
    const held = new Map(Array.from({ length: tenants }, (_, n) => [`t${n}`, 0]));
    for (;;) {
      const taken = [...held.values()].reduce((sum, one) => sum + one, 0);
      const all = [...held].map(([tenantId, own]) => share(tenantId, { held: own }));
      const turn = nextTurn(all, room({ capacity, taken, kept }));
      if (!turn) break;
      held.set(turn.tenantId, held.get(turn.tenantId)! + 1);
    }
    expect([...held.values()].sort((a, b) => b - a)).toEqual(expected);
  });

  it('is of who holds nothing, however much others hold and want, as long as one is free', () => {
    fc.assert(
      fc.property(shares, fc.integer({ min: 1, max: 20 }), fc.nat(20), (others, capacity, taken) => {
        fc.pre(taken < capacity - 1);
        const all = [...others.map((other) => ({ ...other, waitsUrgently: false, held: other.held + 1 })), share('z')];
        expect(nextTurn(all, room({ capacity, taken }))?.tenantId).toBe('z');
      }),
    );
  });

  it('is never of who does not wait or may not take, and of nobody only where nobody may', () => {
    fc.assert(
      fc.property(shares, fc.nat(20), fc.nat(20), fc.nat(2), (all, capacity, taken, kept) => {
        const there = room({ capacity, taken, kept, boundIdle: new Set(['b', 'd']) });
        const turn = nextTurn(all, there);
        const able = all.flatMap((one) =>
          [true, false]
            .filter((isUrgent) => (isUrgent ? one.waitsUrgently : one.waits) && mayTake(one, there, isUrgent))
            .map((isUrgent) => ({ tenantId: one.tenantId, isUrgent })),
        );
        if (turn === null) expect(able).toEqual([]);
        else expect(able).toContainEqual(turn);
        if (taken >= capacity) expect(turn).toBeNull();
        if (able.some(({ isUrgent }) => isUrgent)) expect(turn!.isUrgent).toBe(true);
      }),
    );
  });

  it('is of verdicts also where the other statements of their tenant hold all that they may', () => {
    const stuck = share('a', { held: 8, waitsUrgently: true });
    expect(nextTurn([stuck], room({ taken: 8 }))).toEqual({ tenantId: 'a', isUrgent: true });
    expect(nextTurn([share('a', { held: 8 })], room({ taken: 8 }))).toBeNull();
    expect(nextTurn([share('b')], room({ taken: 15 }))).toBeNull();
    expect(nextTurn([share('b', { waitsUrgently: true })], room({ taken: 15 }))).toMatchObject({ isUrgent: true });
  });

  it('is, of those that hold as many, of who needs no change of hands, then of who was served longest ago', () => {
    const three = [share('a'), share('b'), share('c')];
    expect(nextTurn(three, room())?.tenantId).toBe('a');
    expect(nextTurn(three, room({ boundIdle: new Set(['c']) }))?.tenantId).toBe('c');
    expect(nextTurn([share('a', { held: 1 }), share('b')], room({ boundIdle: new Set(['a']) }))?.tenantId).toBe('b');
  });
});
