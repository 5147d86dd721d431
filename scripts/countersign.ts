#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type OutsideCheckpoint, type TrustedKey, verifyEvidence } from '../src/transparency/evidence-verifier.js';
import type { Statement } from '../src/transparency/statement.js';

const HELP = `Usage: npx countersign verify-evidence FILE --keys JWKS [--checkpoint NOTE [--consistency PROOF]]

Checks an evidence file without the service, and says of each statement that it makes whether it holds.

  FILE                 what GET /v1/evidence/{id} answered
  --keys JWKS          the bank's keys, as GET /.well-known/jwks.json answers; nothing else is trusted
  --checkpoint NOTE    a checkpoint of the log that you have from somewhere else, such as a witness
  --consistency PROOF  what GET /log/consistency answered for the sizes of the two checkpoints

Ends with 0 if every statement holds that can be checked, with 1 if one does not, and with 2 if it could not begin.
`;

const MARKS: Readonly<Record<Statement['result'], string>> = {
  verified: 'ok    ',
  failed: 'FAILED',
  not_verifiable: '–     ',
};

class UsageError extends Error {}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read.`);
  }
}

async function readJson<Value>(file: string, form: string): Promise<Value> {
  const text = await readText(file);
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new UsageError(`${file} is not ${form}.`);
  }
}

async function readOutside(
  checkpoint: string | undefined,
  consistency: string | undefined,
): Promise<OutsideCheckpoint | undefined> {
  if (checkpoint === undefined) return undefined;
  const proof =
    consistency === undefined
      ? undefined
      : (await readJson<{ proof?: string[] }>(consistency, 'an answer of /log/consistency')).proof;
  return { note: await readText(checkpoint), ...(Array.isArray(proof) ? { consistency: proof } : {}) };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      keys: { type: 'string' },
      checkpoint: { type: 'string' },
      consistency: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [command, file, ...more] = positionals;
  if (command !== 'verify-evidence' || file === undefined || more.length > 0 || values.keys === undefined)
    throw new UsageError(HELP);
  const { keys } = await readJson<{ keys?: TrustedKey[] }>(values.keys, 'a JWK set');
  if (!Array.isArray(keys)) throw new UsageError(`${values.keys} is not a JWK set.`);
  const statements = verifyEvidence(
    await readText(file),
    keys,
    await readOutside(values.checkpoint, values.consistency),
  );
  for (const { name, result, detail } of statements) process.stdout.write(`${MARKS[result]}  ${name}: ${detail}\n`);
  const failed = statements.filter(({ result }) => result === 'failed');
  const open = statements.filter(({ result }) => result === 'not_verifiable');
  process.stdout.write(
    failed.length > 0
      ? `\nThis evidence does NOT hold: ${failed.map(({ name }) => name).join('; ')}.\n`
      : `\nThis evidence holds: ${statements.length - open.length} statements verified${open.length > 0 ? `, ${open.length} that can no longer be checked` : ''}.\n`,
  );
  process.exitCode = failed.length > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
