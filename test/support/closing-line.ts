import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Ends the report with `N passed, N failed` on a line of its own, which a machine can read. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string): number => tests.filter((candidate) => candidate === state).length;
    // A file that cannot be loaded, or fails outside a test, has failed although no test of it has.
    const broken = modules.filter(
      (module) => module.state() === 'failed' && ![...module.children.allTests('failed')].length,
    ).length;
    process.on('exit', () =>
      process.stdout.write(`\n${count('passed')} passed, ${count('failed') + broken + errors.length} failed\n`),
    );
  }
}
