import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toCsv } from './csv.js';
import { exportHead, exportRows } from './report-export.js';
import type { ExportRow } from './reports.store.js';

const row = (more: Partial<ExportRow> = {}): ExportRow => ({
  id: '019acb1e-4c7a-7000-8000-000000000001',
  reference: 'RKQM-7D4F',
  channel: 'sms',
  claimed_number: '+447700900666',
  claimed_sender: 'NorthBank',
  link_hosts: ['a.example', 'b.example'],
  shared: ['card', 'pin'],
  received_at: null,
  reported_at: new Date('2026-11-24T09:00:00Z'),
  campaign_id: null,
  ...more,
});

/** Reads RFC 4180: as strict as it is small. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [cells, cell, quoted, at]: [string[], string, boolean, number] = [[], '', false, 0];
  while (at < text.length) {
    if (quoted) {
      if (text[at] !== '"') cell += text[at];
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (text[at] === '"') quoted = true;
    else if (text[at] === ',') {
      cells.push(cell);
      cell = '';
    } else if (text.startsWith('\r\n', at)) {
      rows.push([...cells, cell]);
      [cells, cell] = [[], ''];
      at += 1;
    } else cell += text[at];
    at += 1;
  }
  expect([cells, cell, quoted]).toEqual([[], '', false]);
  return rows;
}

/**
 * As a spreadsheet reads it that parts cells at another character: only a quotation mark at the beginning of a cell quotes,
 * and what follows the closing one belongs to the cell.
 */
function readAs(separator: string, text: string): string[] {
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; at < text.length && (text[at] !== '"' || text[at + 1] === '"'); at += text[at] === '"' ? 2 : 1)
        cell += text[at];
      at += 1;
    }
    while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') cell += text[at++];
    cells.push(cell);
    at += 1;
  }
  return cells;
}

const FORMULAS = [
  '=1+1',
  '+447700900123',
  '-2',
  '@SUM(A1)',
  '=HYPERLINK("https://evil.example","Pay")',
  '＝1',
  '＋1',
  '－1',
  '＠SUM(A1)',
  '﹦1',
  '﹢1',
  '⁼1',
  '−1',
  "=cmd|' /C calc'!A1",
];
const BEFORE = ['', ' ', '   ', '\u00a0', '\u3000', '\u200b', '\ufeff', '"', '""', ' "', '“', '\u0001'];
const PARTS = [';', ',', '\t', '|', '\r\n', '\n', '\r', '\u2028', '\u0085', '；'];

/** What a spreadsheet might take for a formula: after all that it may pass over. */
const FORMULA =
  /^[\s"\u201c\u201d\p{Default_Ignorable_Code_Point}\p{Cc}]*[=+\-@\u2212\u207a-\u207c\u208a-\u208c\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]/u;
const isFormula = (cell: string): boolean => FORMULA.test(cell);
const withoutAdded = (cell: string): string => cell.replaceAll("'", '');

describe('CSV', () => {
  it.each(FORMULAS)('neutralises %j, whatever stands before it', (formula) => {
    for (const before of BEFORE)
      expect(readCsv(toCsv([[`${before}${formula}`, 'x']]))).toEqual([[`'${before}${formula}`, 'x']]);
  });

  it.each(FORMULAS)('neutralises %j after whatever parts cells somewhere', (formula) => {
    for (const part of PARTS) {
      for (const before of BEFORE) {
        const text = toCsv([['a', `b${part}${before}${formula}`, `c"${part}${before}${formula}`, 'd']]);
        for (const separator of [',', ';', '\t', '|'])
          expect(readAs(separator, text).filter(isFormula), `${separator} ${text}`).toEqual([]);
      }
    }
  });

  it('leaves every other cell as it is', () => {
    for (const cell of [
      'NORTHBANK',
      'a-b',
      '1=1',
      'a; b',
      'a;b=c',
      'Ann "Lee"',
      'x@evil.example',
      "O'Neil",
      'a,b',
      'a\nb',
      '',
      '07700 900123',
      'a -5',
      '(+44) 20',
    ])
      expect(readCsv(toCsv([[cell]]))).toEqual([[cell]]);
  });

  it('holds no formula for any spreadsheet, whatever is in it, and loses nothing', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[=+\-@\t\r",;|\n ＝＠'a]{0,8}$/),
      fc
        .tuple(
          fc.constantFrom('', 'a', '"'),
          fc.constantFrom(...PARTS),
          fc.constantFrom(...BEFORE),
          fc.constantFrom(...FORMULAS),
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
        const text = toCsv(rows);
        const read = readCsv(text);
        expect(read.flat().filter((one) => isFormula(one) || /^[\t\r\n]/.test(one))).toEqual([]);
        for (const separator of [',', ';', '\t', '|']) expect(readAs(separator, text).filter(isFormula)).toEqual([]);
        expect(read.map((cells) => cells.map(withoutAdded))).toEqual(rows.map((cells) => cells.map(withoutAdded)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('has a head, and a row a report', () => {
    expect(exportHead('csv')).toBe(
      'id,reference,reportedAt,receivedAt,channel,claimedNumber,claimedSender,linkHosts,shared,campaign\r\n',
    );
    expect(readCsv(exportRows('csv', [row()]))).toEqual([
      [
        expect.stringMatching(/^rpt_/),
        'RKQM-7D4F',
        '2026-11-24T09:00:00.000Z',
        '',
        'sms',
        "'+447700900666",
        'NorthBank',
        'a.example b.example',
        'card pin',
        '',
      ],
    ]);
  });
});

describe('a byte order mark', () => {
  it('stands before the head of CSV where it is wanted, and nowhere else', () => {
    expect(exportHead('csv', true)).toBe(`\ufeff${exportHead('csv')}`);
    expect(exportHead('csv', false)).toMatch(/^id,/);
    expect(exportHead('ndjson', true)).toBe('');
  });
});

describe('NDJSON', () => {
  it('is one object a line, with every value as it is', () => {
    const text = exportRows('ndjson', [row(), row({ claimed_sender: '=a\u2028b"\n', claimed_number: null })]);
    const lines = text.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe('');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      claimedNumber: '+447700900666',
      linkHosts: ['a.example', 'b.example'],
      shared: ['card', 'pin'],
      campaign: null,
    });
    expect(JSON.parse(lines[1]!)).toMatchObject({ claimedNumber: null, claimedSender: '=a\u2028b"\n' });
    expect(exportHead('ndjson')).toBe('');
  });
});
