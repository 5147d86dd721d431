import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConnectionBudget,
  fitBudget,
  mostConnections,
  planConnections,
  planReplicaConnections,
} from './connection-budget.js';

const WANTED: ConnectionBudget = {
  sharedConnections: 2,
  writeConnections: 16,
  pooledConnections: 8,
  jobConnections: 8,
};

const FEWEST = { sharedConnections: 1, writeConnections: 1, pooledConnections: 1 };

describe('the connections of a process', () => {
  it('are those that are wanted where there is room', () => {
    expect(fitBudget(WANTED, { available: 97, processes: 1, tenants: 2 })).toBe(WANTED);
    expect(fitBudget(WANTED, { available: 61, processes: 1, tenants: 2 })).toBe(WANTED);
  });

  it('are one of each kind, and two for background work, where max_connections is 20 and two processes serve two tenants', () => {
    expect(fitBudget(WANTED, { available: 17, processes: 2, tenants: 2 })).toEqual({
      sharedConnections: 1,
      writeConnections: 1,
      pooledConnections: 1,
      jobConnections: 2,
    });
  });

  it('go to what writes, to transactions, to what reads and to background work in turns', () => {
    expect(fitBudget(WANTED, { available: 17, processes: 1, tenants: 2 })).toEqual({
      sharedConnections: 2,
      writeConnections: 2,
      pooledConnections: 2,
      jobConnections: 4,
    });
    expect(fitBudget({ ...WANTED, jobConnections: 0 }, { available: 17, processes: 1, tenants: 2 })).toEqual({
      sharedConnections: 2,
      writeConnections: 3,
      pooledConnections: 3,
      jobConnections: 0,
    });
  });

  it('never take more than there is room for, but for the fewest that serve, nor more than is wanted, and leave no room that could be used', () => {
    const kinds = ['sharedConnections', 'writeConnections', 'pooledConnections', 'jobConnections'] as const;
    const some = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        fc.record({
          sharedConnections: some,
          writeConnections: some,
          pooledConnections: some,
          jobConnections: fc.integer({ min: 0, max: 8 }),
        }),
        fc.record({
          available: fc.integer({ min: 1, max: 300 }),
          processes: fc.integer({ min: 1, max: 8 }),
          tenants: fc.integer({ min: 1, max: 10 }),
        }),
        (wanted, room) => {
          const fitted = fitBudget(wanted, room);
          const all = (budget: ConnectionBudget): number => room.processes * mostConnections(budget, room.tenants) + 1;
          const fewest = {
            sharedConnections: 1,
            writeConnections: 1,
            pooledConnections: 1,
            jobConnections: Math.min(2, wanted.jobConnections),
          };
          for (const kind of kinds) {
            expect(fitted[kind]).toBeLessThanOrEqual(wanted[kind]);
            expect(fitted[kind]).toBeGreaterThanOrEqual(fewest[kind]);
          }
          if (all(fewest) <= room.available) expect(all(fitted)).toBeLessThanOrEqual(room.available);
          else expect(fitted).toEqual(fewest);
          for (const kind of kinds)
            if (fitted[kind] < wanted[kind])
              expect(all({ ...fitted, [kind]: fitted[kind] + 1 })).toBeGreaterThan(room.available);
        },
      ),
    );
  });
});

describe('whether tenants share the connections of a process', () => {
  const counts = fc.record({
    sharedConnections: fc.integer({ min: 1, max: 10 }),
    writeConnections: fc.integer({ min: 1, max: 30 }),
    pooledConnections: fc.integer({ min: 1, max: 30 }),
    jobConnections: fc.integer({ min: 0, max: 8 }),
  });

  it.each([
    ['one tenant', WANTED, { available: 97, processes: 1, tenants: 1 }, false],
    ['few, whatever room there is', WANTED, { available: 17, processes: 2, tenants: 4 }, false],
    ['more than few, with all that is wanted', WANTED, { available: 5_000, processes: 1, tenants: 5 }, true],
    [
      'many, of whom each wants little and finds it',
      { ...WANTED, writeConnections: 2, pooledConnections: 1 },
      { available: 300, processes: 2, tenants: 20 },
      false,
    ],
    [
      'the same where there is no room for it',
      { ...WANTED, writeConnections: 2, pooledConnections: 1 },
      { available: 100, processes: 2, tenants: 20 },
      true,
    ],
    [
      'a hundred, on a server that would take ten thousand',
      WANTED,
      { available: 12_000, processes: 4, tenants: 100 },
      true,
    ],
  ])('is decided for %s', (_what, wanted, room, areShared) => {
    expect(planConnections(wanted, room).areShared).toBe(areShared);
  });

  it('comes to at most 200 for a hundred tenants and four processes, however many the server takes', () => {
    const { budget } = planConnections(WANTED, { available: 12_000, processes: 4, tenants: 100, watching: 1 });
    expect(budget).toEqual({ sharedConnections: 10, writeConnections: 16, pooledConnections: 8, jobConnections: 8 });
    expect(4 * (mostConnections(budget, 1) + 1)).toBe(172);
  });

  it('leaves few tenants what they had', () => {
    fc.assert(
      fc.property(
        counts,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 500 }),
        (wanted, tenants, available) => {
          const room = { available, processes: 2, tenants };
          expect(planConnections(wanted, room)).toEqual({ budget: fitBudget(wanted, room), areShared: false });
        },
      ),
    );
  });

  it('never takes more than there is room for, those that watch among them, but for the fewest that serve', () => {
    fc.assert(
      fc.property(
        counts,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 8 }),
        fc.constantFrom(0, 1),
        (wanted, tenants, available, processes, watching) => {
          const { budget, areShared } = planConnections(wanted, { available, processes, tenants, watching });
          const sets = areShared ? 1 : tenants;
          const fewest = mostConnections({ ...FEWEST, jobConnections: Math.min(2, wanted.jobConnections) }, sets);
          const own = mostConnections(budget, sets);
          expect(own <= fewest || processes * (own + watching) + 1 <= available).toBe(true);
        },
      ),
    );
  });
});

describe('the connections to a replica', () => {
  const plan = (available: number, processes: number, tenants: number): [number, boolean] => {
    const { connections, areShared } = planReplicaConnections(4, { available, processes, tenants });
    return [connections, areShared];
  };

  it('are as many as are wanted where there is room, and of few tenants one for each at least', () => {
    expect([plan(97, 1, 2), plan(97, 4, 5), plan(17, 2, 2), plan(3, 4, 4)]).toEqual([
      [4, false],
      [4, false],
      [3, false],
      [1, false],
    ]);
  });

  it('are shared by tenants who are not few, where what is wanted for each does not fit in', () => {
    expect([plan(97, 4, 6), plan(197, 4, 100), plan(Infinity, 1, 33), plan(12, 4, 9), plan(3, 4, 9)]).toEqual([
      [20, true],
      [20, true],
      [20, true],
      [1, true],
      [1, true],
    ]);
  });
});
