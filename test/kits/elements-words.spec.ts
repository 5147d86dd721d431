import { describe, expect, test } from 'vitest';
import { de } from '../../packages/elements/src/messages/de.js';
import { en } from '../../packages/elements/src/messages/en.js';
import { es } from '../../packages/elements/src/messages/es.js';
import { fr } from '../../packages/elements/src/messages/fr.js';
import { chooseTag, ENGLISH, loadWording } from '../../packages/elements/src/messages/messages.js';
import { nl } from '../../packages/elements/src/messages/nl.js';
import { pl } from '../../packages/elements/src/messages/pl.js';

const LANGUAGES = { de, es, fr, nl, pl };
const holes = (message: string | readonly string[]): string[] =>
  [...String(message).matchAll(/\{\w+\}/g)].map(String).sort();

describe('the words', () => {
  test.each(Object.entries(LANGUAGES))(
    'of %s are complete, say the same values, and are not English',
    (_, messages) => {
      expect(Object.keys(messages).sort()).toEqual(Object.keys(en).sort());
      for (const [key, message] of Object.entries(en)) {
        const translated = messages[key as keyof typeof en];
        expect(holes(translated), key).toEqual(holes(message));
        if (Array.isArray(message)) expect(translated, key).toHaveLength(message.length);
        if (typeof message === 'string' && message.length > 12) expect(translated, key).not.toBe(message);
      }
    },
  );

  test('are short: no sentence of more than twenty words', () => {
    for (const [key, message] of Object.entries(en))
      for (const sentence of [message].flat().flatMap((one) => one.split(/[.?!:]\s/)))
        expect(sentence.split(/\s+/).length, key).toBeLessThanOrEqual(20);
  });

  test('are those of the language, else English; a locale that is none breaks nothing', async () => {
    expect((await loadWording('de-AT')).text('back')).toBe('Zurück');
    expect((await loadWording('de-AT')).language).toBe('de');
    for (const locale of ['xx', 'not a locale', '', 'constructor'])
      expect((await loadWording(locale)).language).toBe('en');
    expect(chooseTag('', 'not a locale', 'pl-PL@posix', 'de')).toBe('pl-PL');
    expect(chooseTag('', '')).toBe('en');
    expect(ENGLISH.text('waiting.left', { seconds: 5 })).toBe('5 seconds left');
    expect(ENGLISH.maybe('toString')).toBeNull();
    expect(ENGLISH.moment('no time')).toBe('no time');
  });
});
