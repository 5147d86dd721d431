/** One thing that an evidence says, and whether it holds. */
export interface Statement {
  readonly name: string;
  readonly result: 'verified' | 'failed' | 'not_verifiable';
  readonly detail: string;
}

/** What was found to be wrong. */
export class Wrong extends Error {
  override readonly name = 'Wrong';
}

/** Why it cannot be said whether something holds. */
export class Unverifiable extends Error {
  override readonly name = 'Unverifiable';
}

/** Adds a statement by running its check; returns what the check read, or null where it did not hold. Whatever is thrown is a failure. */
export function statementOf<Result>(
  statements: Statement[],
  name: string,
  check: () => Result,
  describe: (result: Result) => unknown,
): Result | null {
  try {
    const result = check();
    statements.push({ name, result: 'verified', detail: String(describe(result)) });
    return result;
  } catch (error) {
    if (error instanceof Unverifiable) statements.push({ name, result: 'not_verifiable', detail: error.message });
    else
      statements.push({
        name,
        result: 'failed',
        detail:
          error instanceof Wrong || (error instanceof Error && /Refused$/.test(error.name))
            ? error.message
            : 'it has not the form that it should have',
      });
    return null;
  }
}
