import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeReplica, ReplicaLag } from './replica.policy.js';

const PRIMARY = { position: 1_000n, timeline: 2, origin: '7/5' };

describe('a server that is to be a replica', () => {
  it('is asked where it is a standby of the same database and timeline, and has come to where the primary was', () => {
    const standing = (of: object) => judgeReplica(PRIMARY, { ...PRIMARY, isStandby: true, ...of });
    expect(standing({})).toBe(null);
    expect(standing({ position: 1_001n })).toBe(null);
    expect(standing({ position: 999n })).toBe('behind');
    expect(standing({ isStandby: false })).toBe('promoted');
    for (const timeline of [1, 3]) expect(standing({ timeline, position: 5_000n })).toBe('other_timeline');
    for (const origin of ['7/6', '8/5', '']) expect(standing({ origin, position: 5_000n })).toBe('other_cluster');
  });

  it('is never asked where anything differs, however far it is', () => {
    const anything = fc.record({
      position: fc.bigInt({ min: 0n, max: 2n ** 64n }),
      timeline: fc.integer({ min: 1, max: 4 }),
      origin: fc.constantFrom('7/5', '7/6', '8/5'),
    });
    fc.assert(
      fc.property(anything, anything, fc.boolean(), (primary, replica, isStandby) => {
        const asked = judgeReplica(primary, { ...replica, isStandby }) === null;
        expect(asked).toBe(
          isStandby &&
            replica.origin === primary.origin &&
            replica.timeline === primary.timeline &&
            replica.position >= primary.position,
        );
      }),
    );
  });
});

describe('the lag of a replica', () => {
  it('is the time since the primary was first seen where the replica has not come to', () => {
    const lag = new ReplicaLag();
    expect(lag.seconds(9_000)).toBe(0);
    lag.note(10n, 1_000);
    lag.note(10n, 2_000);
    lag.note(20n, 3_000);
    expect(lag.seconds(4_000)).toBe(3);
    lag.replayed(9n);
    expect(lag.seconds(4_000)).toBe(3);
    lag.replayed(10n);
    expect(lag.seconds(4_000)).toBe(1);
    lag.replayed(25n);
    expect(lag.seconds(4_000)).toBe(0);
    lag.note(25n, 5_000);
    lag.replayed(25n);
    expect(lag.seconds(60_000)).toBe(0);
  });

  it('of a replica that stands still grows on, however much the primary writes', () => {
    const lag = new ReplicaLag();
    for (let n = 0; n < 20_000; n += 1) lag.note(BigInt(n + 1), n * 500);
    lag.replayed(0n);
    expect(lag.seconds(10_000_000)).toBe(10_000);
  });
});
