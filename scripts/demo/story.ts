import { inspect, isDeepStrictEqual } from 'node:util';

/** Where a line of the demo goes. A step waits for it, so that one can look at what has changed. */
export type Say = (line: string) => void | Promise<void>;

/** A step was not as it should be: which, what was expected, and what came instead. */
export class StepFailed extends Error {
  constructor(story: string, step: string, differences: readonly string[]) {
    super(
      `The demo stopped in "${story}" at this step:\n  ✗ ${step}\n${differences.map((difference) => `    ${difference}`).join('\n')}`,
    );
  }
}

/** Tells one story, a line a step, and stops at the first step that is not as it should be. */
export class Story {
  constructor(
    private readonly title: string,
    private readonly say: Say,
  ) {
    void say(`\n${title}`);
  }

  /**
   * Does a step and holds its result against what it should be: every member that `expected` names, at any depth.
   * @param outcome what came of it, in words, added to the line
   * @throws StepFailed
   */
  async step<Result>(
    words: string,
    act: () => Result | Promise<Result>,
    expected: unknown,
    outcome?: (result: Result) => string,
  ): Promise<Result> {
    let result: Result;
    try {
      result = await act();
    } catch (error) {
      throw new StepFailed(this.title, words, [`expected ${show(expected)}`, `but: ${(error as Error).message}`]);
    }
    const differences = compare(expected, result, '');
    if (differences.length > 0) throw new StepFailed(this.title, words, differences);
    await this.say(`  ✓ ${words}${outcome ? ` → ${outcome(result)}` : ''}`);
    return result;
  }
}

/** What differs from what is expected; a regular expression stands for any text that it matches. */
function compare(expected: unknown, actual: unknown, path: string): string[] {
  if (expected instanceof RegExp)
    return typeof actual === 'string' && expected.test(actual) ? [] : [difference(path, expected, actual)];
  if (Array.isArray(expected) || typeof expected !== 'object' || expected === null)
    return isDeepStrictEqual(expected, actual) ? [] : [difference(path, expected, actual)];
  if (typeof actual !== 'object' || actual === null) return [difference(path, expected, actual)];
  return Object.entries(expected).flatMap(([name, value]) =>
    compare(value, (actual as Record<string, unknown>)[name], path ? `${path}.${name}` : name),
  );
}

function difference(path: string, expected: unknown, actual: unknown): string {
  return `${path || 'it'}: expected ${show(expected)}, got ${show(actual)}`;
}

function show(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: Infinity });
}
