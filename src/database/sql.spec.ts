import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bind, type Fragment, literal, read, sql, type Statement, statements, write } from './sql.js';

let made = 0;
const of = (fragment: Fragment): Statement => read(`spec.${(made += 1)}`, fragment);
const textOf = (fragment: Fragment): string => of(fragment).text;
/** What the compiler refuses, as JavaScript would send it. */
const asFragment = (value: unknown): Fragment => value as Fragment;

describe('a fragment', () => {
  it('numbers its parameters by name, in the order in which they are first used', () => {
    const where = sql`b = :b AND a = :a`;
    expect(of(sql`SELECT :a::text, ${where} LIMIT :most`)).toMatchObject({
      text: 'SELECT $1::text, b = $2 AND a = $1 LIMIT $3',
      parameters: ['a', 'b', 'most'],
    });
  });

  it.each([
    ['a string', sql`'{"is":true}' || ':no ' || 'it''s :no'`],
    ['a string with escapes', sql`E'it\\'s :no' || e'\\\\'`],
    ['a quoted name', sql`SELECT 1 AS ":no"`],
    ['a line comment', sql`SELECT 1 -- it's :no\n`],
    ['a cast', sql`SELECT 1::no, 'a' ::text`],
    ['a named argument', sql`f(a := 1)`],
    ['a slice', sql`SELECT a[1 : 2], a[f(1):]`],
  ])('sees no parameter in %s', (_, fragment) => {
    expect(of(fragment).parameters).toEqual([]);
  });

  it.each(['customer', "'; DROP TABLE customers; --", '', 1, null, undefined, {}, ['a'], { pieces: ['a'] }])(
    'does not take %j',
    (value) => {
      expect(() => sql`SELECT ${asFragment(value)}`).toThrow(TypeError);
      expect(() => read('spec.refused', asFragment(value))).toThrow(TypeError);
    },
  );

  it('does not compile with a string, or from one', () => {
    const text: string = 'true';
    // @ts-expect-error -- a string is no fragment
    expect(() => sql`SELECT ${text}`).toThrow(TypeError);
    // @ts-expect-error -- nor is a template that nobody tagged
    expect(() => sql`SELECT ${`${text}`}`).toThrow(TypeError);
    // @ts-expect-error -- a statement is none either
    expect(() => sql`SELECT ${of(sql`SELECT 1`)}`).toThrow(TypeError);
    // @ts-expect-error -- a statement is made of a fragment
    expect(() => read('spec.refused', 'SELECT 1')).toThrow(TypeError);
  });

  it('becomes no string by accident', () => {
    expect(() => `${sql`true`}`).toThrow(TypeError);
  });

  it.each([
    ['a string', () => sql`SELECT 'a${sql`b`}c'`],
    ['a string, twice', () => sql`SELECT 'a${sql`b`}', 'c${sql`d`}'`],
    ['a string with escapes', () => sql`SELECT E'a\\'${sql`b`}'`],
    ['a string whose end is escaped', () => sql`SELECT E'a\\'${sql`b`}' || E'\\''`],
    ['a quoted name', () => sql`SELECT "a${sql`b`}"`],
    ['a comment', () => sql`SELECT 1 -- ${sql`b`}\n`],
    ['a block comment', () => sql`SELECT /* ${sql`b`} */ 1`],
    ['a dollar-quoted string', () => sql`SELECT $$ ${sql`b`} $$`],
  ])('is not taken within %s', (_, make) => {
    expect(make).toThrow(SyntaxError);
  });

  it.each([
    ['a number where a name belongs', () => sql`SELECT $1`],
    ['what may be the end of a slice', () => sql`SELECT a[1:most]`],
    ['a block comment', () => sql`SELECT 1 /* it's */`],
  ])('refuses %s', (_, make) => {
    expect(make).toThrow(SyntaxError);
  });

  it('says a constant as SQL does', () => {
    expect(textOf(sql`SELECT ${literal("it's :no")}, ${literal(7)}`)).toBe("SELECT 'it''s :no', 7");
    expect(() => literal(Number.NaN)).toThrow(RangeError);
    expect(() => literal(0.1)).toThrow(RangeError);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const statement = of(literal(value));
        expect(statement.parameters).toEqual([]);
        expect(statement.text.replaceAll("''", '')).toMatch(/^('[^']*')?$/);
      }),
    );
  });
});

describe('a statement', () => {
  it('says which connection it is for', () => {
    expect(read('spec.reads', sql`UPDATE is only a word here`).writes).toBe(false);
    expect(write('spec.writes', sql`SELECT 1`).writes).toBe(true);
  });

  it('has a name of its own, by which it is known', () => {
    const one = read('spec.twice', sql`SELECT 1`);
    expect(() => write('spec.twice', sql`SELECT 1`)).toThrow('two statements are called spec.twice');
    expect(statements()).toContain(one);
  });

  it('takes its values by name, from the second object where the first lacks one', () => {
    const statement = of(sql`SELECT :a, :b, :a`);
    expect(bind(statement, { a: 1 }, { a: 2, b: 3 })).toMatchObject({ text: 'SELECT $1, $2, $1', values: [1, 3] });
    expect(() => bind(statement, { a: 1 })).toThrow('lacks a value for b');
    expect(() => bind(of(sql`SELECT :toString`), {})).toThrow('lacks a value for toString');
  });
});
