import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, matchDeclarations, shareOf } from './coverage.policy.js';

const candidate = fc.record({
  place: fc.nat(6),
  callId: fc.constantFrom('a', 'b', 'c', 'd'),
  byNumber: fc.boolean(),
  distance: fc.nat(600),
});

describe('which declared call a record is of', () => {
  it('is the one to that customer, as often as they were tried', () => {
    const tries: Candidate[] = [0, 1, 2].map((place) => ({ place, callId: 'a', byNumber: true, distance: 10 * place }));
    expect([...matchDeclarations(tries)]).toEqual([0, 1, 2].map((place) => [place, { callId: 'a', by: 'number' }]));
  });

  it('is by line and time the nearest, and for one record only', () => {
    const both: Candidate[] = [
      { place: 0, callId: 'a', byNumber: false, distance: 90 },
      { place: 1, callId: 'a', byNumber: false, distance: 5 },
      { place: 0, callId: 'b', byNumber: false, distance: 200 },
    ];
    expect(Object.fromEntries(matchDeclarations(both))).toEqual({
      0: { callId: 'b', by: 'time' },
      1: { callId: 'a', by: 'time' },
    });
  });

  it('never covers a second record by time, nor one that the number has taken', () => {
    fc.assert(
      fc.property(fc.array(candidate, { maxLength: 40 }), (candidates) => {
        const matched = [...matchDeclarations(candidates)];
        const byTime = matched.filter(([, { by }]) => by === 'time').map(([, { callId }]) => callId);
        expect(new Set(byTime).size).toBe(byTime.length);
        for (const [, { callId, by }] of matched) if (by === 'number') expect(byTime).not.toContain(callId);
        for (const [place, { callId, by }] of matched)
          expect(candidates).toContainEqual(expect.objectContaining({ place, callId, byNumber: by === 'number' }));
        for (const { place, byNumber } of candidates)
          if (byNumber) expect(matched.find(([one]) => one === place)?.[1].by).toBe('number');
      }),
    );
  });
});

describe('a share', () => {
  it('is from 0 to 1, and none of nothing', () => {
    expect([shareOf(0, 0), shareOf(0, 3), shareOf(2, 3), shareOf(3, 3)]).toEqual([null, 0, 0.6667, 1]);
  });
});
