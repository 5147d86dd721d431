import { describe, expect, it } from 'vitest';
import { splitStatements } from './split-statements.js';

describe('statements', () => {
  it.each([
    ['nothing', ' \n ; ;', []],
    ['one without an end', ' SELECT 1 ', ['SELECT 1']],
    ['a string', `SELECT ';'; SELECT 'it''s;'`, [`SELECT ';'`, `SELECT 'it''s;'`]],
    ['a string with backslashes', String.raw`SELECT E'\';'; SELECT 2`, [String.raw`SELECT E'\';'`, 'SELECT 2']],
    ['a string that ends in a backslash', String.raw`SELECT '\'; SELECT 2`, [String.raw`SELECT '\'`, 'SELECT 2']],
    ['a quoted name', 'SELECT ";"; SELECT 2', ['SELECT ";"', 'SELECT 2']],
    ['a body', `DO $$ BEGIN a; END $$; SELECT 2`, ['DO $$ BEGIN a; END $$', 'SELECT 2']],
    ['a body in a body', `DO $a$ x $$;$$ y; $a$; SELECT 2`, ['DO $a$ x $$;$$ y; $a$', 'SELECT 2']],
    ['a parameter', 'SELECT $1; SELECT $2', ['SELECT $1', 'SELECT $2']],
    ['a comment', `-- it's; one\nSELECT 1; /* ; ' */ SELECT 2`, ['SELECT 1', 'SELECT 2']],
    ['a comment within', `CREATE TABLE t (\n  -- a; 'b\n  a int\n)`, ['CREATE TABLE t (\n  \n  a int\n)']],
  ])('are told apart: %s', (_, text, statements) => {
    expect(splitStatements(text)).toEqual(statements);
  });
});
