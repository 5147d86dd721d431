import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a bundle was made of, as the compiler and npm say it: their files in a build folder and beside it. */
const MADE_OF = ['.tsbuildinfo', '../package-lock.json'];

/** Under this name a bundle says what it was made of. */
export const STAMP = 'made-of';

/** What a bundle that was made now would be made of; null for what is not there, as where a build was shipped without it. */
export function stampOf(dist: string): (string | null)[] {
  return MADE_OF.map((name) => {
    const content = read(join(dist, name));
    return content === null ? null : hash('sha256', content);
  });
}

/** The program in few files, where there is one and it was made of what is there now; else null. */
export function currentBundle(dist: string): string | null {
  const stamp = read(join(dist, 'bundle', STAMP));
  if (stamp === null) return null;
  const made = JSON.parse(stamp) as unknown[];
  const current = stampOf(dist).every((part, at) => part === null || part === made[at]);
  return current ? pathToFileURL(join(dist, 'bundle', 'program.js')).href : null;
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
