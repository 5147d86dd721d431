import { stringify } from 'csv-stringify/sync';

/** What a spreadsheet takes for the beginning of a formula: = + - @ and the forms of them that input methods make. */
const FORMULA = '=+\\-@\\u2212\\u207a-\\u207c\\u208a-\\u208c\\ufe62\\ufe63\\ufe66\\ufe6b\\uff0b\\uff0d\\uff1d\\uff20';
/** What parts cells or rows somewhere: commas, semicolons where a comma is the decimal sign, tabs, bars, any line break. */
const SEPARATOR = ',;|\\t\\n\\v\\f\\r\\u0085\\u2028\\u2029\\uff0c\\uff1b';
/** What is passed over before a cell is read: white space, what nobody sees, quotation marks. */
const PASSED_OVER = '[\\s"\\u201c\\u201d\\p{Default_Ignorable_Code_Point}\\p{Cc}]*';

const BEGINS_A_FORMULA = new RegExp(`(?<=^|[${SEPARATOR}])(?=${PASSED_OVER}[${FORMULA}])`, 'gu');
const BEGINS_WITH_A_BREAK = /^[\t\n\v\f\r\u0085\u2028\u2029]/;

/**
 * Rows of RFC 4180. Whatever a spreadsheet could take for a formula gets an apostrophe in front, as OWASP advises, which
 * makes a text of it: at the beginning of a cell, a number in E.164 among it, and within a cell after each character that
 * parts cells elsewhere. Half of Europe's spreadsheets part at semicolons, and then quotation marks within a line quote nothing.
 */
export function toCsv(rows: readonly (readonly (string | null)[])[]): string {
  return stringify(
    rows.map((row) => row.map((cell) => (cell === null ? null : neutral(cell)))),
    { record_delimiter: 'windows' },
  );
}

function neutral(cell: string): string {
  const safe = cell.replace(BEGINS_A_FORMULA, "'");
  return BEGINS_WITH_A_BREAK.test(safe) ? `'${safe}` : safe;
}
