import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = 'src/domain';
const rows = readFileSync(join(FOLDER, 'RULES.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line));

describe('the rules of the domain', () => {
  it('are numbered without a gap', () => {
    expect(rows.map((row) => Number(row.split('|')[1]))).toEqual(rows.map((_, place) => place + 1));
    expect(rows.length).toBeGreaterThanOrEqual(11);
  });

  it.each(rows)('each name a file that holds them and a test that stands for them: %s', (row) => {
    const [, , , held = '', test = ''] = row.split('|');
    const files = [...held.matchAll(/\]\(([^)]+)\)/g)].map(([, file]) => file!);
    expect(files).not.toHaveLength(0);
    for (const file of files) expect(existsSync(join(FOLDER, file)), file).toBe(true);
    const [, spec, name] = /\]\(([^)]+\.spec\.ts)\) "([^"]+)"/.exec(test) ?? [];
    expect(spec, 'a test').toBeDefined();
    const source = readFileSync(join(FOLDER, spec!), 'utf8');
    const literals = [`'${name!.replaceAll("'", "\\'")}'`, `'${name}'`, `"${name}"`, `\`${name}\``];
    expect(
      literals.some((literal) => source.includes(`(${literal},`)),
      name,
    ).toBe(true);
  });
});
