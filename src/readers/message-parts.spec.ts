import { describe, expect, it } from 'vitest';
import { GAP, JOIN, withoutPartMarks } from './message-parts.js';

describe('marks of parts', () => {
  it.each<[string, string]>([
    ['(1/2) One (2/2) two', `One${JOIN}two`],
    ['One (1/2)two(2/2)', `One${JOIN}two`],
    ['[1/3]One\n[2/3]two\n[3/3]three', `One${JOIN}two${JOIN}three`],
    ['1/2 One\n2/2 two', `One${JOIN}two`],
    ['<1/2> One <2/2> two', `One${JOIN}two`],
    ['1of2: One\n2of2: two', `One${JOIN}two`],
    ['(1 of 2) Pay £5.00 (2 of 2) by Friday', `Pay £5.00${JOIN}by Friday`],
  ])('%j certainly parts %j', (text, whole) => {
    expect(withoutPartMarks(text)).toEqual({ text: whole, isCertain: true });
  });

  it.each<[string, string]>([
    ['(2/2) two (1/2) One', `One${JOIN}two`],
    ['(1/3) One (3/3) three', `One${GAP}three`],
    ['(1/2) One (1/2) One (2/2) two', `One${JOIN}two`],
    ['(2/3) two', 'two'],
    ['One two 1/2', 'One two'],
    ['1/2 December', 'December'],
    ['10/12 Please', 'Please'],
    ['(1/2) One [2/2] two', `One${JOIN}two`],
    ['(1/3)One (2/3) two(3/3)', `One${JOIN}two`],
    ['(1/2) Ring 0800 (2/2) 496 0999', `Ring 0800${JOIN}496 0999`],
    ['(1/2) Pay £ (2/2) 50', `Pay £${JOIN}50`],
    ['(1/2) Code QX7- (2/2) 204', `Code QX7-${JOIN}204`],
    ['Pay GBP (1/2) 5 now (2/2)', `Pay GBP${JOIN}5 now`],
    ['0 1/2\n2/2', '0'],
    ['(1/2) One (1/2) other (2/2) two', `One${JOIN}other${JOIN}two`],
  ])('%j may part %j', (text, whole) => {
    expect(withoutPartMarks(text)).toEqual({ text: whole, isCertain: false });
  });

  it.each([
    'by (1/12) Friday',
    'Ring 0800 (4/9) 496 0999',
    'for [1/2] more',
    'Ring by\n10/12 Please',
    'See us on\n1/2 December',
    'a (1/2) b (2/2) c',
    'One',
    '(1/2) One (2/2) two (1/2) other',
    '(3/2) One',
    '(0/2) One',
    '(1/1) One',
  ])('none are in %j', (text) => {
    expect(withoutPartMarks(text)).toBeNull();
  });
});
