import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/** Every `[file](path) "name", "name"` of the document. */
function namedTests(text: string): NamedTest[] {
  const groups = text.matchAll(/\]\(\.\.\/([\w./-]+\.spec\.ts)\)((?:,? "[^"]+")+)/g);
  return [...groups].flatMap(([, file, names]) =>
    [...names!.matchAll(/"([^"]+)"/g)].map(([, name]) => ({ file: file!, name: name! })),
  );
}

describe('the threat model', () => {
  const text = readFileSync('docs/threat-model.md', 'utf8');
  const rows = text.split('\n').filter((line) => line.startsWith('| **'));

  it('names a test for each attack', () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) expect(namedTests(row), row).not.toHaveLength(0);
  });

  it.each(namedTests(text))('is right that $file has "$name"', ({ file, name }) => {
    const source = readFileSync(join(process.cwd(), file), 'utf8').replace(/\(\s+/g, '(');
    expect(
      [`'${name.replaceAll("'", "\\'")}'`, `'${name}'`, `"${name}"`, `\`${name}\``].some((literal) =>
        source.includes(`(${literal},`),
      ),
    ).toBe(true);
  });
});
