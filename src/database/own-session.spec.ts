import { describe, expect, it } from 'vitest';
import { judgeSessions, type Look, type Round } from './own-session.js';

const MARKS = ['a', 'b'] as const;
const at = (pid: number, mark: string | null): Look => ({ pid, mark });
const round = (first: Look, other: Look, meanwhile: Look): Round => [first, other, meanwhile];
const OWN = round(at(1, 'a'), at(2, 'b'), at(1, 'a'));

describe('two connections', () => {
  it('are two sessions where each keeps its own, with what it was opened with', () => {
    expect(judgeSessions([OWN, OWN, OWN], MARKS)).toBeNull();
    expect(judgeSessions([round(at(1, null), at(2, null), at(1, null))], null)).toBeNull();
  });

  it.each([
    ['the second has that of the first', /the same session/, [round(at(1, 'a'), at(1, 'a'), at(2, 'b'))]],
    ['the first one is given that of the other', /the same session/, [round(at(1, 'a'), at(2, 'b'), at(2, 'b'))]],
    ['the first one moves meanwhile', /from one session/, [round(at(1, 'a'), at(2, 'b'), at(3, 'a'))]],
    ['the first one moves later', /from one session/, [OWN, round(at(3, 'a'), at(2, 'b'), at(3, 'a'))]],
    ['the other one moves', /from one session/, [OWN, OWN, round(at(1, 'a'), at(4, 'b'), at(1, 'a'))]],
    ['both change places', /from one session/, [OWN, round(at(2, 'a'), at(1, 'b'), at(2, 'a'))]],
    ['one has the settings of another', /settings of another/, [round(at(1, 'a'), at(2, 'a'), at(1, 'a'))]],
    ['settings change', /settings of another/, [OWN, round(at(1, 'a'), at(2, 'b'), at(1, 'b'))]],
    ['one is without settings', /does not reach/, [round(at(1, 'a'), at(2, null), at(1, 'a'))]],
  ])('are not where %s', (_what, why, rounds) => expect(judgeSessions(rounds, MARKS)).toMatch(why));
});
