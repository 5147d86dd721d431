import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_TEAM_CHARACTERS, readTeam } from './team.js';

describe('the name of a team', () => {
  it.each([
    ['Fraud Operations', 'Fraud Operations'],
    ['  Fraud  Operations ', 'Fraud Operations'],
    ['Fraud\u00a0Operations', 'Fraud Operations'],
    ['Kundenbetreuung Ko\u0308ln', 'Kundenbetreuung K\u00f6ln'],
    ['x'.repeat(80), 'x'.repeat(80)],
    [` ${'x'.repeat(80)} `, 'x'.repeat(80)],
    ['', null],
    ['  ', null],
    ['x'.repeat(81), null],
    ['\ud800', null],
  ])('%j is %j', (text, name) => expect(readTeam(text)).toBe(name));

  it('has one form, which is read as itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (text) => {
        const name = readTeam(text);
        fc.pre(name !== null);
        expect(readTeam(name!)).toBe(name);
        expect(readTeam(` ${name} `)).toBe(name);
        expect(name!.length).toBeLessThanOrEqual(MOST_TEAM_CHARACTERS);
      }),
    );
  });
});
