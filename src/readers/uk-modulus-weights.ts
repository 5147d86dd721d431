const METHODS = ['MOD10', 'MOD11', 'DBLAL'] as const;
const DIGITS = 14;
const LAST_EXCEPTION = 14;

/** How the weighted digits are added up, and by what the sum is divided. */
export type ModulusMethod = (typeof METHODS)[number];

/** One line of `valacdos.txt`: the check for a range of sort codes. */
export interface ModulusRule {
  /** Both ends belong to the range; 6 digits, so that texts compare as numbers do. */
  from: string;
  to: string;
  method: ModulusMethod;
  /** For the positions u v w x y z (sort code) and a b c d e f g h (account number). */
  weights: readonly number[];
  exception: number | null;
}

/** Vocalink's published data for the modulus check, as `parseWeights` reads it. */
export interface ModulusWeights {
  rules: readonly ModulusRule[];
  /** For exception 5: the sort code that is checked in place of another. */
  substitutions: ReadonlyMap<string, string>;
}

/**
 * Reads the two files that Vocalink publishes for the UK modulus check.
 *
 * @param valacdos the text of `valacdos.txt`: the weight table.
 * @param scsubtab the text of `scsubtab.txt`: the sort code substitution table.
 * @throws Error naming the file, the line and what is wrong with it. An exception that this implementation does not know
 *   is refused too: to pass over it would be to accept accounts unchecked.
 */
export function parseWeights(valacdos: string, scsubtab: string): ModulusWeights {
  const rules = linesOf(valacdos).map(([line, number]) => ({ ...readRule(line, number), number }));
  if (rules.length === 0) throw new Error('valacdos.txt: holds no rule');
  // By their beginnings, so that each is compared with those alone that may still cover it.
  let covering: typeof rules = [];
  for (const rule of rules.toSorted((a, b) => (a.from < b.from ? -1 : Number(a.from > b.from)))) {
    covering = [...covering.filter(({ to }) => rule.from <= to), rule];
    if (covering.length > 2)
      throw wrong('valacdos.txt', covering[0]!.number, `a third rule for sort code ${rule.from}`);
  }
  return { rules: rules.map(({ number: _, ...rule }) => rule), substitutions: readSubstitutions(scsubtab) };
}

/** The one or two rules for a sort code, in their order in the table; none where the table does not cover it. */
export function rulesFor(sortCode: string, { rules }: ModulusWeights): ModulusRule[] {
  return rules.filter(({ from, to }) => from <= sortCode && sortCode <= to);
}

function readRule(line: string, number: number): ModulusRule {
  const [from = '', to = '', method = '', ...rest] = line.split(/\s+/);
  const fail = (what: string) => wrong('valacdos.txt', number, what);
  if (!isSortCode(from) || !isSortCode(to) || from > to) throw fail(`${from} to ${to} is no range of sort codes`);
  if (!isMethod(method)) throw fail(`the method ${method} is not known`);
  if (rest.length !== DIGITS && rest.length !== DIGITS + 1)
    throw fail(`${rest.length} numbers follow where 14 weights and perhaps an exception belong`);
  const weights = rest.slice(0, DIGITS).map((weight) => {
    if (!/^-?[0-9]{1,3}$/.test(weight)) throw fail(`the weight ${weight} is no whole number`);
    return Number(weight);
  });
  const given = rest[DIGITS];
  const exception = given === undefined ? null : Number(given);
  if (exception !== null && !(/^[0-9]{1,2}$/.test(given ?? '') && exception >= 1 && exception <= LAST_EXCEPTION)) {
    throw fail(`the exception ${given} is not known`);
  }
  return { from, to, method, weights, exception };
}

function readSubstitutions(text: string): Map<string, string> {
  const substitutions = new Map<string, string>();
  for (const [line, number] of linesOf(text)) {
    const [from = '', to = '', ...rest] = line.split(/\s+/);
    if (!isSortCode(from) || !isSortCode(to) || rest.length > 0)
      throw wrong('scsubtab.txt', number, 'not two sort codes');
    if (substitutions.has(from)) throw wrong('scsubtab.txt', number, `a second substitute for ${from}`);
    substitutions.set(from, to);
  }
  return substitutions;
}

/** The lines that hold something, each with its number from 1. */
function linesOf(text: string): [line: string, number: number][] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index): [string, number] => [line.trim(), index + 1])
    .filter(([line]) => line !== '');
}

function isSortCode(text: string): boolean {
  return /^[0-9]{6}$/.test(text);
}

function isMethod(text: string): text is ModulusMethod {
  return METHODS.some((method) => method === text);
}

function wrong(file: string, line: number, what: string): Error {
  return new Error(`${file}, line ${line}: ${what}`);
}
