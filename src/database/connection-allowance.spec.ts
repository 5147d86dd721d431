import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { ConnectionAllowance, isRefusedAsTooMany } from './connection-allowance.js';

describe('one more connection', () => {
  it('may be asked for as long as there are fewer than there may be', () => {
    const allowance = new ConnectionAllowance(3);
    expect([0, 1, 2, 3, 4].map((live) => allowance.mayOpen(live, 0))).toEqual([true, true, true, false, false]);
  });

  it('is not asked for within two seconds of a refusal, unless there is none', () => {
    const allowance = new ConnectionAllowance(3);
    allowance.refused(1_000);
    expect([0, 1].map((live) => allowance.mayOpen(live, 2_999))).toEqual([true, false]);
    expect([0, 1].map((live) => allowance.mayOpen(live, 3_000))).toEqual([true, true]);
  });

  it('is not asked for within five seconds after half of them were given up, and what is too many is told until then', () => {
    const allowance = new ConnectionAllowance(9);
    expect(allowance.surplus(9, 0)).toBe(0);
    allowance.giveWay(5, 0);
    allowance.giveWay(3, 1);
    allowance.refused(2);
    expect([1, 3, 4, 5].map((open) => allowance.surplus(open, 4_999))).toEqual([0, 0, 1, 2]);
    expect([0, 1].map((live) => allowance.mayOpen(live, 4_999))).toEqual([true, false]);
    expect([allowance.surplus(5, 5_000), allowance.mayOpen(1, 5_000)]).toEqual([0, true]);
    allowance.giveWay(0, 6_000);
    expect([0, 1, 2].map((open) => allowance.surplus(open, 6_001))).toEqual([0, 0, 1]);
  });
});

describe('a refusal', () => {
  it('is one for want of room where the server says so, and nothing else', () => {
    const refusal = (code: string): Error => Object.assign(new pg.DatabaseError('no', 0, 'error'), { code });
    expect(
      [refusal('53300'), refusal('53100'), new Error('sorry, too many clients already'), null, undefined, '53300'].map(
        isRefusedAsTooMany,
      ),
    ).toEqual([true, false, false, false, false, false]);
  });
});
