import type pg from 'pg';

/** A piece of text, or a parameter by its name. */
type Piece = string | { readonly parameter: string };

/** A part of a statement. `sql` and `literal` alone make one: there is no way from a string to it that is not quoted. */
class Fragment {
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  /** @throws where it is none: what the compiler was talked out of. */
  static piecesOf(part: Fragment): readonly Piece[] {
    if (typeof part !== 'object' || part === null || !(#pieces in part))
      throw new TypeError(`SQL takes fragments of SQL alone, not ${typeof part}`);
    return part.#pieces;
  }

  /** @throws Always: a fragment that becomes a string leaves what keeps it apart from one. */
  toString(): never {
    throw new TypeError('a fragment of SQL is no string');
  }
}
export type { Fragment };

/**
 * What stands between two fragments (PostgreSQL, 4.1): strings, quoted names and line comments, in which nothing is a
 * parameter; casts; parameters; and what may not be there, because it would hide where a string ends.
 */
const TOKENS = new RegExp(
  [
    String.raw`(?<passed>(?<!\w)[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*\n|::|:=)`,
    String.raw`(?<refused>(?<!\w)[eE]'|['"]|--|/\*|\*/|\$)`,
    String.raw`(?<=(?<before>[\w)\]]?)):(?<parameter>[a-zA-Z]\w*)`,
  ].join('|'),
  'gs',
);

function piecesOfText(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { index, 0: token, groups } of text.matchAll(TOKENS)) {
    const { passed, refused, before, parameter } = groups!;
    if (passed !== undefined) continue;
    const place = () => `in SQL, at “${text.slice(index, index + 40)}”`;
    if (refused !== undefined)
      throw new SyntaxError(`a string or comment that does not end, a block comment or a dollar sign ${place()}`);
    if (before) throw new SyntaxError(`the end of a slice, or a parameter: set a space ${place()}`);
    pieces.push(text.slice(from, index), { parameter: parameter! });
    from = index + token.length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

/**
 * SQL. `:name` stands for a value that is given when a statement is run; `${…}` takes other fragments and nothing else, and
 * not within quotes or a comment. Once, when the module loads.
 * @throws SyntaxError where a piece of the text is not whole.
 */
export function sql(texts: TemplateStringsArray, ...parts: readonly Fragment[]): Fragment {
  const pieces = texts.flatMap((text, at) => [
    ...(at === 0 ? [] : Fragment.piecesOf(parts[at - 1]!)),
    ...piecesOfText(text),
  ]);
  return new Fragment(pieces);
}

/** A constant of the code as SQL writes it: a number, or a quoted string (PostgreSQL, 4.1.2.1). */
export function literal(value: string | number): Fragment {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError('not a whole number');
  return new Fragment([typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`]);
}

/** A prepared statement: its name is its identity on a connection. */
export interface Statement<Name extends string = string> {
  readonly name: Name;
  readonly text: string;
  readonly parameters: readonly string[];
  /** Whether it changes or locks rows, and so may wait for others and for a commit to reach the disk. */
  readonly writes: boolean;
  /** Whether it goes before others, and has a connection that is kept for it: of what a phone waits for as it rings. */
  readonly isUrgent: boolean;
  /** Whether it may be asked of a read replica: nothing is decided from what it says there. */
  readonly isForReplica: boolean;
}

/** Values by the names of a statement's parameters. */
export type Values = object;

const declared = new Map<string, Statement>();

/** All statements of the modules that are loaded. */
export function statements(): readonly Statement[] {
  return [...declared.values()];
}

function declare<Name extends string>(
  name: Name,
  fragment: Fragment,
  { writes = false, isUrgent = false, isForReplica = false }: Partial<Omit<Statement, 'name' | 'text' | 'parameters'>>,
): Statement<Name> {
  if (declared.has(name)) throw new Error(`two statements are called ${name}`);
  const parameters: string[] = [];
  const text = Fragment.piecesOf(fragment)
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      if (!parameters.includes(piece.parameter)) parameters.push(piece.parameter);
      return `$${parameters.indexOf(piece.parameter) + 1}`;
    })
    .join('');
  const statement = { name, text, parameters, writes, isUrgent, isForReplica };
  declared.set(name, statement);
  return statement;
}

/**
 * Names a statement that reads, for the connections that all reads share; it can neither change nor lock a row there.
 * By convention `<store>.<function>`. @throws where the name is taken.
 */
export function read<const Name extends string>(name: Name, fragment: Fragment): Statement<Name> {
  return declare(name, fragment, {});
}

/**
 * As `read`, and it may also be asked of a read replica, by `ReplicaReads` and for the uses that are listed there alone.
 * @throws where the name is taken.
 */
export function readAlsoAtReplica<const Name extends string>(name: Name, fragment: Fragment): Statement<Name> {
  return declare(name, fragment, { isForReplica: true });
}

/** Names a statement that changes or locks rows, or waits for another: it gets a connection to itself. @throws where the name is taken. */
export function write<const Name extends string>(name: Name, fragment: Fragment): Statement<Name> {
  return declare(name, fragment, { writes: true });
}

/** As `write`, and it goes before others. @throws where the name is taken. */
export function writeUrgently<const Name extends string>(name: Name, fragment: Fragment): Statement<Name> {
  return declare(name, fragment, { writes: true, isUrgent: true });
}

/** A statement as a connection takes it. @throws where a value is missing. */
export function bind(what: Statement, values: Values, more?: Values): pg.QueryConfig {
  return {
    name: what.name,
    text: what.text,
    values: what.parameters.map((parameter) => {
      const from = more && !Object.hasOwn(values, parameter) ? more : values;
      if (!Object.hasOwn(from, parameter)) throw new Error(`${what.name} lacks a value for ${parameter}`);
      return (from as Record<string, unknown>)[parameter];
    }),
  };
}
