import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { usageOf } from './process-usage.js';

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'countersign.js');
const LOOK_MS = 250;

/** What `countersign …` printed and how it ended. */
export interface Operated {
  /** Null for one that was killed. */
  readonly code: number | null;
  readonly seconds: number;
  readonly lines: readonly { readonly text: string; readonly second: number }[];
  /** Its greatest resident memory, as far as looks saw it; 0 where there is no /proc. */
  readonly megabytes: number;
}

/**
 * Runs `countersign …` as an operator does, line by line.
 * @param on told each line and when it came; whoever returns true has the program killed as by `kill -9`
 */
export async function operate(
  environment: NodeJS.ProcessEnv,
  args: readonly string[],
  on: (text: string, second: number) => boolean | void = () => undefined,
): Promise<Operated> {
  const began = performance.now();
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: { text: string; second: number }[] = [];
  let [rest, megabytes] = ['', 0];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop()!;
    for (const text of parts) {
      const second = (performance.now() - began) / 1_000;
      lines.push({ text, second });
      if (on(text, second)) child.kill('SIGKILL');
    }
  });
  const timer = setInterval(() => {
    megabytes = Math.max(megabytes, usageOf(child.pid!)?.residentMegabytes ?? 0);
  }, LOOK_MS);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(timer);
  return { code, seconds: (performance.now() - began) / 1_000, lines, megabytes };
}
