import { describe, expect, it } from 'vitest';
import { ADVICE_CODES, adviceFor } from './advice.policy.js';
import { type AdviceWords, DEFAULT_POLICY, type Policy } from './policy.js';

const words = (locale: string, code = 'hang_up'): AdviceWords => ({ code, locale, headline: `${code} in ${locale}`, steps: [`Do it in ${locale}.`] });
const withWords = (...advice: AdviceWords[]): Policy => ({ ...DEFAULT_POLICY, advice });

describe('advice', () => {
  it.each(ADVICE_CODES)('has words of its own for %s', (code) => {
    const advice = adviceFor(code, DEFAULT_POLICY, null);
    expect(advice.code).toBe(code);
    expect(advice.headline).toMatch(/^[A-Z].*\.$/);
    expect(advice.headline.length).toBeLessThanOrEqual(140);
    expect(advice.steps.length).toBeGreaterThan(0);
  });

  it.each(['hang_up', 'hang_up_and_ring_card_number', 'someone_rang_as_you', 'not_confirmed', 'locked'] as const)('sends the customer of %s to the number on the card', (code) => {
    expect(adviceFor(code, DEFAULT_POLICY, null).steps.join(' ')).toMatch(/number on (the back of )?your card/);
  });

  it('never calls the customer negligent (domain rule 10)', () => {
    const all = ADVICE_CODES.map((code) => JSON.stringify(adviceFor(code, DEFAULT_POLICY, null))).join(' ');
    expect(all).not.toMatch(/negligen|your fault|careless|you should have|liab/i);
  });

  it('is in the customer\'s locale, else its language, else the policy\'s locale, else English', () => {
    const policy = withWords(words('cy-GB'), words('cy'), words('de'), words('fr', 'locked'));
    expect(adviceFor('hang_up', policy, 'cy-GB').headline).toBe('hang_up in cy-GB');
    expect(adviceFor('hang_up', policy, 'cy-US').headline).toBe('hang_up in cy');
    expect(adviceFor('hang_up', policy, 'de-AT').headline).toBe('hang_up in de');
    expect(adviceFor('hang_up', { ...policy, defaultLocale: 'de' }, 'pl').headline).toBe('hang_up in de');
    expect(adviceFor('hang_up', { ...policy, defaultLocale: 'de' }, null).headline).toBe('hang_up in de');
    expect(adviceFor('hang_up', policy, 'fr').headline).toBe(adviceFor('hang_up', DEFAULT_POLICY, null).headline);
  });

  it('keeps its code whatever the words', () => {
    expect(adviceFor('hang_up', withWords(words('en')), 'en')).toEqual({ code: 'hang_up', headline: 'hang_up in en', steps: ['Do it in en.'] });
  });
});
