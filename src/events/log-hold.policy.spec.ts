import { describe, expect, it } from 'vitest';
import { type HoldNews, LogHoldWatch, type Sighting } from './log-hold.policy.js';

/** Looks each half second; returns what was said, with the second at which it was. */
function watch(
  alertSeconds: number,
  seconds: number,
  sighting: (second: number) => Sighting,
): (HoldNews & { at: number })[] {
  const hold = new LogHoldWatch(alertSeconds * 1_000);
  const said: (HoldNews & { at: number })[] = [];
  for (let at = 0; at <= seconds; at += 0.5) {
    const news = hold.next(sighting(at), at * 1_000);
    if (news) said.push({ ...news, at });
  }
  return said;
}

describe('a log that is held back', () => {
  it('is told of soon, then rarely, as an alert from the limit on, and when it is over', () => {
    const said = watch(60, 1_000, (at) => ({ horizon: at < 700 ? 7n : 9n, waits: at < 700 }));
    expect(said.map(({ at, held, overdue }) => [at, held, overdue])).toEqual([
      [2, true, false],
      [15, true, false],
      [60, true, true],
      [360, true, true],
      [660, true, true],
      [700, false, true],
    ]);
    expect(said.map(({ seconds }) => seconds)).toEqual([2, 15, 60, 360, 660, 700]);
  });

  it('is an alert at the limit that an operator sets, however soon that is', () => {
    const held = (): Sighting => ({ horizon: 7n, waits: true });
    expect(watch(5, 20, held).map(({ at, overdue }) => [at, overdue])).toEqual([
      [2, false],
      [5, true],
      [15, true],
    ]);
    expect(watch(300, 400, held).map(({ at, overdue }) => [at, overdue])).toEqual([
      [2, false],
      [15, false],
      [60, false],
      [300, true],
    ]);
  });

  it('is not told of where nothing waits, or the horizon moves on', () => {
    expect(watch(60, 100, () => ({ horizon: 7n, waits: false }))).toEqual([]);
    expect(watch(60, 100, (at) => ({ horizon: BigInt(Math.floor(at)), waits: true }))).toEqual([]);
  });

  it('by one transaction after the other, is told of at a bounded rate', () => {
    const said = watch(60, 600, (at) => ({ horizon: BigInt(Math.floor(at / 3)), waits: true })).filter(
      ({ held }) => held,
    );
    expect(said.length).toBeGreaterThan(10);
    expect(said.length).toBeLessThanOrEqual(60);
  });

  it('is held on, and for as long, where a look at it fails: nobody has seen that it is over', () => {
    const said = watch(10, 20, (at) => ({ horizon: 7n, waits: at === 3 || at === 9.5 ? null : true }));
    expect(said.map(({ at, held, overdue }) => [at, held, overdue])).toEqual([
      [2, true, false],
      [10, true, true],
    ]);
  });

  it('is measured in seconds', () => {
    const hold = new LogHoldWatch(10_000);
    for (const now of [0, 4_000]) hold.next({ horizon: 7n, waits: true }, now);
    expect([hold.secondsAt(4_000), hold.isOverdue(4_000), hold.isOverdue(10_000)]).toEqual([4, false, true]);
    hold.next({ horizon: 8n, waits: false }, 11_000);
    expect([hold.secondsAt(11_000), hold.isOverdue(11_000)]).toEqual([0, false]);
  });
});
