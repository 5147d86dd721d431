import { describe, expect, it } from 'vitest';
import { ADVICE_CODES } from './advice-codes.policy.js';
import { adviceFor, campaignNotice } from './advice.js';
import { ENGLISH } from '../texts/english.js';
import { FRENCH } from '../texts/french.js';
import { type AdviceWords, DEFAULT_POLICY, type Policy } from './policy.js';

const words = (locale: string, code = 'hang_up'): AdviceWords => ({
  code,
  locale,
  headline: `${code} in ${locale}`,
  steps: [`Do it in ${locale}.`],
});
const withWords = (...advice: AdviceWords[]): Policy => ({ ...DEFAULT_POLICY, advice });

describe('advice', () => {
  it.each(ADVICE_CODES)('has words of its own for %s', (code) => {
    const advice = adviceFor(code, DEFAULT_POLICY, []);
    expect(advice.code).toBe(code);
    expect(advice.headline).toMatch(/^[A-Z].*\.$/);
    expect(advice.headline.length).toBeLessThanOrEqual(140);
    expect(advice.steps.length).toBeGreaterThan(0);
  });

  it.each([
    'hang_up',
    'hang_up_and_ring_card_number',
    'unknown_caller',
    'already_on_that_call',
    'someone_rang_as_you',
    'not_confirmed',
    'locked',
  ] as const)('sends the customer of %s to the number on the card', (code) => {
    expect(adviceFor(code, DEFAULT_POLICY, []).steps.join(' ')).toMatch(/number on (the back of )?your card/);
  });

  it('never calls the customer negligent (domain rule 10)', () => {
    const all = ADVICE_CODES.map((code) => JSON.stringify(adviceFor(code, DEFAULT_POLICY, []))).join(' ');
    expect(all).not.toMatch(/negligen|your fault|careless|you should have|liab/i);
  });

  it("is in the customer's locale, else its language, else the next, else the policy's locale, else English; the bank's words before ours", () => {
    const policy = withWords(words('cy-GB'), words('cy'), words('de'), words('fr', 'locked'));
    expect(adviceFor('hang_up', policy, ['cy-GB']).headline).toBe('hang_up in cy-GB');
    expect(adviceFor('hang_up', policy, ['cy-US']).headline).toBe('hang_up in cy');
    expect(adviceFor('hang_up', policy, ['de-AT']).headline).toBe('hang_up in de');
    expect(adviceFor('hang_up', { ...policy, defaultLocale: 'de' }, ['pl']).headline).toBe('hang_up in de');
    expect(adviceFor('hang_up', { ...policy, defaultLocale: 'de' }, []).headline).toBe('hang_up in de');
    expect(adviceFor('hang_up', policy, ['sv', 'cy']).headline).toBe('hang_up in cy');
    expect(adviceFor('hang_up', policy, ['fr']).headline).toBe(FRENCH.advice.hang_up.headline);
    expect(adviceFor('hang_up', policy, ['sv']).headline).toBe(ENGLISH.advice.hang_up.headline);
  });

  it('keeps its code whatever the words', () => {
    expect(adviceFor('hang_up', withWords(words('en')), ['en'])).toEqual({
      code: 'hang_up',
      headline: 'hang_up in en',
      steps: ['Do it in en.'],
    });
  });
});

describe('what is said of a campaign', () => {
  const now = new Date('2026-11-24T09:00:00Z');
  const notice = (since: string, policy: Policy = DEFAULT_POLICY, locale: string | null = null) =>
    campaignNotice('campaign_number', { since: new Date(since), customers: 1214, now }, policy, [locale]).headline;

  it('is how many and since which day, by the calendar of the bank', () => {
    expect(notice('2026-11-24T00:10:00Z')).toBe(
      'Beware: 1,214 customers have reported calls from this number, the first today.',
    );
    expect(notice('2026-11-23T23:59:00Z')).toContain('the first yesterday');
    expect(notice('2026-11-21T12:00:00Z')).toContain('the first 3 days ago');
    expect(
      notice('2026-11-23T23:59:00Z', {
        ...DEFAULT_POLICY,
        callbacks: { ...DEFAULT_POLICY.callbacks, timeZone: 'Asia/Tokyo' },
      }),
    ).toContain('the first today');
  });

  it('is in the words and numbers of the locale', () => {
    const policy = withWords({
      code: 'campaign_number',
      locale: 'de',
      headline: 'Vorsicht: {customers} Meldungen, die erste {day}.',
      steps: ['Legen Sie auf.'],
    });
    expect(notice('2026-11-24T00:10:00Z', policy, 'de-DE')).toBe('Vorsicht: 1.214 Meldungen, die erste heute.');
  });
});
