import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportHead, exportRows, toCsv } from './report-export.js';
import type { ExportRow } from './reports.store.js';

const row = (more: Partial<ExportRow> = {}): ExportRow => ({
  id: '019acb1e-4c7a-7000-8000-000000000001', reference: 'RKQM-7D4F', channel: 'sms', claimed_number: '+447700900666', claimed_sender: 'NorthBank', link_hosts: ['a.example', 'b.example'], shared: ['card', 'pin'],
  received_at: null, reported_at: new Date('2026-11-24T09:00:00Z'), campaign_id: null, ...more,
});

/** Reads RFC 4180: as strict as it is small. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [cells, cell, quoted, at]: [string[], string, boolean, number] = [[], '', false, 0];
  while (at < text.length) {
    if (quoted) {
      if (text[at] !== '"') cell += text[at];
      else if (text[at + 1] === '"') { cell += '"'; at += 1; } else quoted = false;
    } else if (text[at] === '"') quoted = true;
    else if (text[at] === ',') { cells.push(cell); cell = ''; } else if (text.startsWith('\r\n', at)) { rows.push([...cells, cell]); [cells, cell] = [[], '']; at += 1; } else cell += text[at];
    at += 1;
  }
  expect([cells, cell, quoted]).toEqual([[], '', false]);
  return rows;
}

describe('CSV', () => {
  it.each(['=1+1', '+447700900666', '-2', '@SUM(A1)', '\t=1', '\r=1', '=HYPERLINK("https://evil.example","Pay")', '＝1'])('neutralises %j', (cell) => {
    expect(readCsv(toCsv([[cell, 'x']]))).toEqual([[`'${cell}`, 'x']]);
  });

  it('leaves every other cell as it is, whatever is in it, and no cell begins like a formula', () => {
    fc.assert(fc.property(fc.array(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[=+\-@\t\r",\n ]{0,6}$/)), { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
      const read = readCsv(toCsv(rows));
      expect(read.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
      expect(read.map((cells) => cells.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/, '')))).toEqual(rows.map((cells) => cells.map((cell) => cell.replace(/^'(?=[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/, ''))));
    }));
  });

  it('has a head, and a row a report', () => {
    expect(exportHead('csv')).toBe('id,reference,reportedAt,receivedAt,channel,claimedNumber,claimedSender,linkHosts,shared,campaign\r\n');
    expect(readCsv(exportRows('csv', [row()]))).toEqual([[expect.stringMatching(/^rpt_/), 'RKQM-7D4F', '2026-11-24T09:00:00.000Z', '', 'sms', '\'+447700900666', 'NorthBank', 'a.example b.example', 'card pin', '']]);
  });
});

describe('NDJSON', () => {
  it('is one object a line, with every value as it is', () => {
    const text = exportRows('ndjson', [row(), row({ claimed_sender: '=a\u2028b"\n', claimed_number: null })]);
    const lines = text.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[2]).toBe('');
    expect(JSON.parse(lines[0]!)).toMatchObject({ claimedNumber: '+447700900666', linkHosts: ['a.example', 'b.example'], shared: ['card', 'pin'], campaign: null });
    expect(JSON.parse(lines[1]!)).toMatchObject({ claimedNumber: null, claimedSender: '=a\u2028b"\n' });
    expect(exportHead('ndjson')).toBe('');
  });
});
