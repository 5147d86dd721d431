import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../policy/policy.js';
import { toE164 } from '../readers/number.js';
import { decideNoticeCheck } from './notice-check.policy.js';
import { readContent } from './notice-content.js';
import { compareNotice, compareWithBank } from './notice-matching.js';
import { bankAddresses } from './prepared-notices.js';

const LINK = 'https://northbank.example/cards?from=sms';
const TEXT = `Northbank: your new card is on its way. Use it by Friday or 1 December. Call 0800 496 0999 for 2 more cards or see ${LINK} and nothing else. Please never tell anybody your PIN.`;
const read = (text: string) => readContent({ sender: 'Northbank', text }, (number) => toE164(number, 'GB'));

/** The verdict where the bank sent one text, and another is asked about. */
function verdictOn(received: string, sent = TEXT): string {
  const known = { id: 'n', reference: 'RQM7-2D4F', content: read(sent) };
  const content = read(received);
  const bank = bankAddresses(DEFAULT_POLICY, [known]);
  const own = [compareNotice({ reference: null, content }, known, bank)];
  return decideNoticeCheck({ own, onlyReference: false, elsewhere: false, unrecorded: false, ...compareWithBank(content, [known], bank.all) }).verdict;
}

const put = (was: string, is: string): string => TEXT.replace(was, is);

describe('marks of parts', () => {
  it.each([
    put('by Friday', 'by (1/12) Friday'), put('0800 496', '0800 (4/9) 496'), put('for 2 more', 'for [1/2] more'), put('for 2 more', 'for [1/2] 2 more'),
    put('Please', '\n10/12 Please'), put('1 December', '\n1/2 December'), put('1 December', '1\n1/2 December'), put('Friday', '<3/12> Friday'),
    `10/12 ${TEXT}`, `${TEXT} 1/2`, `(1/2) ${put('0800 496', '0800 (2/2) 496')}`, `(1/2) ${put('for 2', 'for 2 (2/2) 0')}`,
    put('December', 'December (1/2)'), put('PIN.', '(1/2) PIN.'), `${put('Friday', 'Friday (1/2)')} 2/2`, put('more', '2of3: more'),
  ])('that stand elsewhere than at the ends of all parts are never genuine: %j', (text) => {
    expect(verdictOn(text)).not.toBe('genuine');
  });

  it.each([
    put('Call', '(2/2) Call').replace(/^/, '(1/2) '), put(' Call', '(2/2)Call').replace(/^/, '(1/2)'), put(' Call', '\n2/2 Call').replace(/^/, '1/2 '),
    `${put(' Call', ' 1/2\nCall')} 2/2`, `1of2: ${put('Call', '\n2of2: Call')}`, `<1/2>${put('Call', '<2/2>Call')}`, `[1/2] ${put('nothing', 'no [2/2] thing')}`,
  ])('at the ends of all parts are genuine: %j', (text) => {
    expect(verdictOn(text)).toBe('genuine');
  });

  const [one, two, three] = [TEXT.slice(0, 40), TEXT.slice(40, 95), TEXT.slice(95)];
  it.each([
    `(2/3) ${two} (1/3) ${one} (3/3) ${three}`, `(1/3) ${one} (1/3) ${one} (2/3) ${two} (3/3) ${three}`, `(1/3) ${one} (3/3) ${three}`, `(2/3) ${two} (3/3) ${three}`,
    `(1/3) ${one} (2/3) ${two}`, `(2/3) ${two}`, `(3/3)${three}\n(1/3)${one}\n(2/3)${two}`, `1/3 ${one}\n3/3 ${three}`,
  ])('where parts are missing, came twice or in another order, make no fraud: %j', (text) => {
    expect(verdictOn(text)).toBe('unknown');
  });

  it.each([`(1/3) ${one} (3/3) ${three.replace('for 2', 'for 3').replace('2 more', '3 more')}`, `(1/3) ${one} (3/3) ${three.replace('northbank', 'evil')}`, `(2/3) ${two.replace('0800', '0900')} (1/3) ${one} (3/3) ${three}`])('where parts are missing, and one was changed, are altered: %j', (text) => {
    expect(verdictOn(text)).toBe('altered');
  });
});
