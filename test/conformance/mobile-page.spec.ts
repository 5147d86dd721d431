import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Each comment `vectors: topic tcId member` stands after the paragraph that quotes that value. */
test('the numbers of docs/mobile.md are those of the vectors', () => {
  const page = readFileSync('docs/mobile.md', 'utf8');
  const quoted = [...page.matchAll(/^(.*)<!-- vectors: (.+?) -->$/gm)];
  expect(quoted.length).toBeGreaterThan(2);
  for (const [, paragraph, references] of quoted)
    for (const reference of references!.split(', ')) {
      const [topic, tcId, member] = reference.split(' ');
      const { tests } = JSON.parse(readFileSync(`vectors/${topic}.json`, 'utf8'));
      const value: string = tests[Number(tcId) - 1].expected[member!];
      const parts = topic === 'der-signatures' ? [value.slice(0, 8), value.slice(-8)] : [value];
      for (const part of parts) expect(paragraph).toContain(`\`${part}\``);
    }
});
