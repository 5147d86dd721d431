import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const FOLDER = 'docs/decisions';
const files = readdirSync(FOLDER)
  .filter((file) => /^\d{4}-/.test(file))
  .sort();
const pages = files.map((file) => ({ file, lines: readFileSync(join(FOLDER, file), 'utf8').split('\n') }));

describe('the decisions', () => {
  it.each(pages)(
    '$file has its number, a date and a status, and cites no issue that a reader cannot open',
    ({ file, lines }) => {
      expect(lines[0]).toMatch(new RegExp(`^# ${file.slice(0, 4)} \\S`));
      expect(lines[2]).toMatch(/^\d{4}-\d\d-\d\d · (?:accepted|accepted, amended|superseded)$/);
      expect(lines.join('\n')).not.toMatch(/\bissues? (?:#?\d+)\b/i);
    },
  );

  it('are listed in their order, each with its title, date and status', () => {
    const rows = readFileSync(join(FOLDER, 'README.md'), 'utf8')
      .split('\n')
      .filter((line) => /^\| \[\d{4}\]/.test(line));
    expect(rows).toEqual(
      pages.map(({ file, lines }) => {
        const [date, status] = lines[2]!.split(' · ');
        return `| [${file.slice(0, 4)}](${file}) | ${lines[0]!.replace(/^# \d{4} /, '')} | ${date} | ${status} |`;
      }),
    );
  });
});
