import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VERDICT_FINDINGS, VERDICT_REASONS } from '../calls/verdict.policy.js';
import { neverAskFor, referenceText, textsFor } from '../policy/own-words.js';
import { DEFAULT_POLICY } from '../policy/policy.js';
import { FINDINGS, REASONS } from '../verifications/answer.policy.js';
import { ENGLISH } from './english.js';
import { BUILT_IN, fill, lookUp, readLanguages } from './texts.js';
import { FINDING_CODES, REASON_CODES, type Words } from './words.js';

/** Every text with the way to it. */
function textsOf(words: Words): Map<string, string> {
  const found = new Map<string, string>();
  const walk = (path: string, value: unknown): void => {
    if (typeof value === 'string') found.set(path, value);
    else for (const [name, member] of Object.entries(value as object)) walk(`${path}/${name}`, member);
  };
  walk('', words);
  return found;
}

const placesIn = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
const english = textsOf(ENGLISH);
const others = Object.entries(BUILT_IN).filter(([language]) => language !== 'en');

describe('the words that come with the service', () => {
  it('are in six languages', () => {
    expect(Object.keys(BUILT_IN).sort()).toEqual(['de', 'en', 'es', 'fr', 'nl', 'pl']);
  });

  it('name every reason and finding that there is', () => {
    expect([...REASON_CODES].sort()).toEqual([...VERDICT_REASONS, ...REASONS].sort());
    expect([...FINDING_CODES].sort()).toEqual([...new Set([...FINDINGS, ...VERDICT_FINDINGS])].sort());
  });

  it.each(others)(
    'are complete in %s: the same keys, none empty, each with the places of the English one',
    (_of, words) => {
      const texts = textsOf(words);
      expect([...texts.keys()].sort()).toEqual([...english.keys()].sort());
      for (const [path, text] of texts) {
        expect(text.trim(), path).toBe(text);
        expect(text, path).not.toBe('');
        expect(placesIn(text), path).toEqual(placesIn(english.get(path)!));
      }
    },
  );

  it.each(others)('are translated in %s, and no text is left as it is in English', (_of, words) => {
    const same = [...textsOf(words)].filter(([path, text]) => text === english.get(path));
    expect(same).toEqual([]);
  });

  it.each(Object.entries(BUILT_IN))(
    'are short in %s: one line each, and a headline is read at a glance',
    (_of, words) => {
      for (const [path, text] of textsOf(words)) {
        expect(text, path).not.toMatch(/\n|\s\s/);
        expect(text.length, path).toBeLessThanOrEqual(path.startsWith('/references') ? 260 : 140);
      }
      for (const { headline, steps } of Object.values(words.advice)) {
        expect(headline.length).toBeLessThanOrEqual(100);
        expect(headline).toMatch(/[.!]$/);
        expect(steps.length).toBeGreaterThan(0);
      }
    },
  );

  it.each(Object.entries(BUILT_IN))('use no words of the trade in %s', (_of, words) => {
    for (const [path, text] of textsOf(words))
      expect(text, path).not.toMatch(/terminat|session|authenti|verif[yi]|handset|token|spoof|phish|relay|credential/i);
  });
});

describe('which words are taken', () => {
  const own =
    (...locales: string[]) =>
    (wanted: string) =>
      locales.includes(wanted) ? `own ${wanted}` : undefined;
  const take = (locales: (string | null)[], given: string[] = []) =>
    lookUp(locales, own(...given), (words) => words.questions.did_you_phone_us);

  it("are of the first locale that has any, the bank's before ours, the nearest before the less particular", () => {
    expect(take(['de-AT']).what).toBe(BUILT_IN.de!.questions.did_you_phone_us);
    expect(take(['de-AT'], ['de']).what).toBe('own de');
    expect(take(['de-AT'], ['de-at', 'de']).what).toBe('own de-at');
    expect(take(['sv', null, 'PL-pl']).what).toBe(BUILT_IN.pl!.questions.did_you_phone_us);
    expect(take(['sv']).what).toBe(ENGLISH.questions.did_you_phone_us);
    expect(take(['constructor', '__proto__']).what).toBe(ENGLISH.questions.did_you_phone_us);
  });

  it("are the bank's own for what it never asks for: a list of its own in every language but those it has others for", () => {
    const policy = {
      ...DEFAULT_POLICY,
      neverAsk: ['your shoe size'],
      neverAskIn: [{ locale: 'de', lines: ['Ihre Schuhgröße'] }],
    };
    expect(neverAskFor(policy, ['de-CH'])).toEqual(['Ihre Schuhgröße']);
    expect(neverAskFor(policy, ['fr'])).toEqual(['your shoe size']);
    expect(neverAskFor(DEFAULT_POLICY, ['fr'])).toEqual(BUILT_IN.fr!.neverAsk);
    expect(neverAskFor(DEFAULT_POLICY, [])).toEqual(ENGLISH.neverAsk);
  });

  it("are the bank's own for one text, and ours for those beside it", () => {
    const policy = {
      ...DEFAULT_POLICY,
      texts: [{ key: 'references.call_live', locale: 'fr-CA', text: 'C’est nous.' }],
    };
    expect(referenceText('call_live', policy, ['fr-CA'])).toBe('C’est nous.');
    expect(referenceText('call_live', policy, ['fr'])).toBe(BUILT_IN.fr!.references.call_live);
    const texts = textsFor(policy, ['fr-CA']);
    expect(texts).toEqual({
      ...BUILT_IN.fr,
      locale: 'fr-CA',
      references: { ...BUILT_IN.fr!.references, call_live: 'C’est nous.' },
    });
  });
});

describe('a text', () => {
  it('has its places filled, and nothing in a value is taken for one', () => {
    expect(fill('{a} and {b}', { a: '{b}', b: '$&' })).toBe('{b} and $&');
    expect(fill('{toString}', {})).toBe('{toString}');
  });
});

describe('Accept-Language', () => {
  it('is read in the order that is wanted', () => {
    expect(readLanguages('da, en-gb;q=0.8, en;q=0.7')).toEqual(['da', 'en-gb', 'en']);
    expect(readLanguages('en;q=0.5,de-AT;q=0.9 , *;q=0.1, fr;q=0')).toEqual(['de-AT', 'en']);
    expect(readLanguages('*')).toEqual([]);
    expect(readLanguages(undefined)).toEqual([]);
    expect(readLanguages(`${'x'.repeat(600)}`)).toEqual([]);
  });

  it('fails nothing, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ maxLength: 600 }), (header) => readLanguages(header).length <= 12));
  });
});
