/** What a semicolon does not end a statement in (PostgreSQL, 4.1): bodies between dollars, strings, quoted names and comments. */
const TOKENS =
  /(?<dollars>\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\k<dollars>|(?<!\w)[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<end>;)/g;

/** The statements of a text, without the comments between them and what surrounds each. */
export function splitStatements(text: string): string[] {
  const statements: string[] = [];
  let statement = '';
  let from = 0;
  const finish = (): void => {
    if (statement.trim() !== '') statements.push(statement.trim());
    statement = '';
  };
  for (const { index, 0: token, groups } of text.matchAll(TOKENS)) {
    statement += text.slice(from, index);
    from = index + token.length;
    if (groups!.end !== undefined) finish();
    else if (groups!.comment === undefined) statement += token;
  }
  statement += text.slice(from);
  finish();
  return statements;
}
