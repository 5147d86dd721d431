import { describe, expect, test } from 'vitest';
import { de } from '../../packages/elements/src/agent-panel/messages/de.js';
import { en, type PanelKey } from '../../packages/elements/src/agent-panel/messages/en.js';

const keys = Object.keys(en) as PanelKey[];

describe('the panel’s words', () => {
  test('are all there in German, each in its own words and with the same gaps', () => {
    expect(Object.keys(de).sort()).toEqual([...keys].sort());
    const gaps = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();
    for (const key of keys) expect(gaps(de[key]), key).toEqual(gaps(en[key]));
    const same = keys.filter((key) => de[key] === en[key]);
    expect(same).toEqual(['key']);
  });
});
