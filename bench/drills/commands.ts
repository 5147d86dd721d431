import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'scripts', 'countersign.js');

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs `countersign …` as an operator does; what it printed and ended with. */
export function countersign(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { env: environment }, (error, output, complaint) =>
      resolve({
        code: error ? (typeof error.code === 'number' ? error.code : 1) : 0,
        output: `${output}${complaint}`.trim(),
      }),
    );
  });
}
