#!/usr/bin/env node
import type { OutsideCheckpoint, Statement, TrustedKey } from '@countersign/client';
import { readFile, stat } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { parseUrl } from '../src/readers/url.js';

const HELP = `Usage: npx countersign verify-evidence FILE --keys JWKS [--checkpoint NOTE [--consistency PROOF]]
       npx countersign verify-claim FILE [--keys JWKS]
       npx countersign verify-log URL --keys JWKS --checkpoint NOTE [--tenant ID]
       npx countersign doctor [--json]
       npx countersign health [--live]
       npx countersign mend-log
       npx countersign migrate [--plan [--json]]
       npx countersign keys status [--json] | rotate | verify | forget MASTER_KEY_NAME
       npx countersign tenants list [--json] | add FILE | change FILE | limit ID | suspend ID | resume ID
         [--requests-per-second N] [--events-per-second N] [--by NAME]

doctor checks the configuration in the environment, and all that it leads to: settings, keys, database and rights, migrations,
read replica, issuers, clocks and lines. It changes nothing. Ends with 0 if nothing failed, and with 1 if something did.

health asks the service that listens on HOST and PORT whether it can serve, or with --live whether it runs. Ends with 0 if
it does, and with 1 and why if not: what supervisors of containers call.

mend-log brings the event log of a database in order that was restored by pg_dump, or by another copy of its rows: in the
database of DATABASE_URL, as the role that owns it. It may be run again. Ends with 0 if the log is in order then, else with 1.

migrate brings the database of DATABASE_URL up to date, as the role that owns the schema, and says how far it is. Ends with 0
once it is, else with 1, and may be run again: it goes on where it was stopped. With --plan it changes nothing and says what
would run, which locks that takes, and for which of them verdicts would wait: it ends with 0 if there is nothing to do, with 3
if there is, and with 1 if it would fail.

keys works with the settings of the service, as the role that owns the schema, beside the service:

  status   which keys there are, by name, how much hangs on each, and what there is to do
  rotate   makes a new generation of keys, goes over to it, and destroys the former one; run it again wherever it ended.
           Ends with 0 once it is done, with 3 if something has to pass first, and with 1 if somebody has to look
  verify   opens everything that is kept for long, and says what cannot be opened
  forget   lets a master key that was left open nothing any more

tenants works with the settings of the service, as the role that owns the schema, beside the service; every process does as
it says within seconds:

  list     the banks that are served, where each is named, and who changed it last
  add      adds the one in FILE: JSON, as an entry of TENANTS is
  change   puts FILE in place of what is kept of a bank, but for one that stands in TENANTS
  limit    how much a bank may do in a second, wherever it is named: N, or default for what holds for all
  suspend  refuses every request of a bank, wherever it is named; its data and its log stay
  resume   serves it again

add and change take limits, too. --by says who does it, where that is not who the system says. Ends with 0 if it is so then, else with 1.

verify-evidence:

Checks an evidence file without the service, and says of each statement that it makes whether it holds.

  FILE                 what GET /v1/evidence/{id} answered
  --keys JWKS          the bank's keys, as GET /.well-known/jwks.json answers; nothing else is trusted
  --checkpoint NOTE    a checkpoint of the log that you have from somewhere else, such as a witness
  --consistency PROOF  what GET /log/consistency answered for the sizes of the two checkpoints

Ends with 0 if every statement holds that can be checked, with 1 if one does not, and with 2 if it could not begin.

verify-claim:

Checks a claim file (the zip of GET /v1/claims/{id}) the same way, without unpacking it: each file against the manifest, the
manifest against the bank's keys, each evidence and event against the log. Without --keys it can only say whether the file
fits together under the keys that it brings itself, for which nobody vouches: it ends with 3 then, and never with 0.

verify-log:

Asks the service at URL for its log, and says whether that grew out of the checkpoint in NOTE, which you kept from it before
(GET /log/checkpoint), by the keys in JWKS alone. Ends with 0 if it did; with 1 if not: the log was set back, as by a restore
to an earlier time, or shows another history than the one that was kept; and with 2 if it could not begin.
`;

const MARKS: Readonly<Record<Statement['result'], string>> = {
  verified: 'ok    ',
  failed: 'FAILED',
  not_verifiable: '–     ',
};

/** More than any claim file has. */
const MOST_ZIP_BYTES = 256 * 1024 * 1024;

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

/** What a start would need is not loaded to verify a file. */
async function printExamination(asJson: boolean): Promise<void> {
  const { examine } = await import('../src/boot/doctor/doctor.js');
  const findings = await examine(process.env);
  const failures = findings.filter(({ result }) => result === 'failed');
  const failed = failures.length;
  // A start asks nothing of an issuer; only its tokens are not taken.
  const starts = failures.every(({ check }) => check.includes('issuer of '));
  process.exitCode = failed > 0 ? 1 : 0;
  if (asJson) return void process.stdout.write(`${JSON.stringify({ ok: failed === 0, findings }, null, 2)}\n`);
  for (const { check, result, detail } of findings) process.stdout.write(`${result.padEnd(7)}  ${check}: ${detail}\n`);
  process.stdout.write(
    failed === 0
      ? '\nThe service can start.\n'
      : starts
        ? `\nThe service can start, and takes no token of what failed: ${failed} failed.\n`
        : `\nThe service cannot start as it is: ${failed} failed.\n`,
  );
}

async function readKeySet(file: string): Promise<TrustedKey[]> {
  const { keys } = await readJson<{ keys?: TrustedKey[] }>(file, 'a JWK set');
  if (!Array.isArray(keys)) throw new UsageError(`${file} is not a JWK set.`);
  return keys;
}

async function readZipFile(file: string): Promise<Uint8Array> {
  const { size } = await stat(file).catch(() => ({ size: -1 }));
  if (size < 0) throw new UsageError(`${file} cannot be read.`);
  if (size > MOST_ZIP_BYTES) throw new UsageError(`${file} is too large to be a claim file.`);
  return readFile(file);
}

/** What a file says of itself moves no cursor, hides nothing and begins no line where it is printed. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '\ufffd');

function printStatements(statements: readonly Statement[], what: string): { failed: number; open: number } {
  for (const { name, result, detail } of statements)
    process.stdout.write(`${MARKS[result]}  ${plain(name)}: ${plain(detail)}\n`);
  const failed = statements.filter(({ result }) => result === 'failed');
  const open = statements.filter(({ result }) => result === 'not_verifiable').length;
  if (failed.length > 0)
    process.stdout.write(`\n${what} does NOT hold: ${failed.map(({ name }) => plain(name)).join('; ')}.\n`);
  return { failed: failed.length, open };
}

const holds = (what: string, statements: number, open: number): string =>
  `\n${what} holds: ${statements - open} statements verified${open > 0 ? `, ${open} that can no longer be checked` : ''}.\n`;

async function printClaim(file: string, keysFile: string | undefined): Promise<void> {
  const keys = keysFile === undefined ? null : await readKeySet(keysFile);
  const { verifyClaim } = await import('@countersign/client');
  const statements = verifyClaim(await readZipFile(file), keys);
  const { failed, open } = printStatements(statements, 'This claim file');
  process.exitCode = failed > 0 ? 1 : keys === null ? 3 : 0;
  if (failed > 0) return;
  process.stdout.write(
    keys === null
      ? "\nThis claim file fits together, and nobody vouches for it: give --keys with the bank's key set.\n"
      : holds('This claim file', statements.length, open),
  );
}

async function printGrowth(url: string, keysFile: string, noteFile: string, tenant: string | undefined): Promise<void> {
  if (!/^https?:\/\//.test(url) || !parseUrl(url)) throw new UsageError(`${url} is no address of a service.`);
  const [keys, kept] = [await readKeySet(keysFile), await readText(noteFile)];
  const { sizeOfCheckpoint, verifyLogGrowth } = await import('@countersign/client');
  const { readLogNow } = await import('./log-now.js');
  const statements = verifyLogGrowth(kept, await readLogNow(url, tenant, sizeOfCheckpoint(kept, keys)), keys);
  const { failed, open } = printStatements(statements, 'What was kept of this log');
  process.exitCode = failed + open > 0 ? 1 : 0;
  if (failed + open === 0) process.stdout.write('\nThe log goes on from what was kept of it.\n');
}

async function mendLog(): Promise<void> {
  const { mendLogOf } = await import('../src/boot/mend-log.js');
  try {
    process.stdout.write(`${await mendLogOf(process.env)}\n`);
  } catch (error) {
    process.stderr.write(`Could not mend the event log.\n${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

async function printHealth(liveness: boolean): Promise<void> {
  const { askForHealth } = await import('../src/boot/health-check.js');
  const { ok, detail } = await askForHealth(process.env, liveness ? 'live' : 'ready');
  process.exitCode = ok ? 0 : 1;
  process.stdout.write(`${detail}\n`);
}

/** How many words follow each. */
const KEYS_COMMANDS: Readonly<Record<string, number>> = { status: 0, rotate: 0, verify: 0, forget: 1 };

async function runKeysCommand(words: readonly string[], asJson: boolean): Promise<void> {
  if (KEYS_COMMANDS[words[0] ?? ''] !== words.length - 1) throw new UsageError(HELP);
  const { runKeys } = await import('../src/boot/keys/program.js');
  process.exitCode = await runKeys(words, process.env, { asJson, say: (text) => void process.stdout.write(text) });
}

const TENANTS_COMMANDS: Readonly<Record<string, number>> = {
  list: 0,
  add: 1,
  change: 1,
  limit: 1,
  suspend: 1,
  resume: 1,
};
/** Which of them take limits. */
const LIMITING = ['add', 'change', 'limit'];

interface TenantsFlags {
  readonly json: boolean;
  readonly by?: string | undefined;
  readonly 'requests-per-second'?: string | undefined;
  readonly 'events-per-second'?: string | undefined;
}

async function runTenantsCommand(words: readonly string[], flags: TenantsFlags): Promise<void> {
  const [command = ''] = words;
  const { 'requests-per-second': requestsPerSecond, 'events-per-second': eventsPerSecond } = flags;
  const isLimiting = requestsPerSecond !== undefined || eventsPerSecond !== undefined;
  if (TENANTS_COMMANDS[command] !== words.length - 1) throw new UsageError(HELP);
  if (isLimiting ? !LIMITING.includes(command) : command === 'limit') throw new UsageError(HELP);
  const { runTenants } = await import('../src/boot/tenants/program.js');
  process.exitCode = await runTenants(words, process.env, {
    asJson: flags.json,
    by: flags.by,
    requestsPerSecond,
    eventsPerSecond,
    say: (text) => void process.stdout.write(text),
  });
}

async function migrate(plan: boolean, asJson: boolean): Promise<void> {
  const { runMigrate } = await import('../src/boot/migrating/program.js');
  process.exitCode = await runMigrate(process.env, { plan, asJson, say: (text) => void process.stdout.write(text) });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      keys: { type: 'string' },
      checkpoint: { type: 'string' },
      consistency: { type: 'string' },
      tenant: { type: 'string' },
      by: { type: 'string' },
      'requests-per-second': { type: 'string' },
      'events-per-second': { type: 'string' },
      json: { type: 'boolean', default: false },
      live: { type: 'boolean', default: false },
      plan: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [command, file, ...more] = positionals;
  if (command === 'doctor' && file === undefined) return printExamination(values.json);
  if (command === 'health' && file === undefined) return printHealth(values.live);
  if (command === 'migrate' && file === undefined) return migrate(values.plan, values.json);
  if (command === 'mend-log' && file === undefined) return mendLog();
  if (command === 'verify-log' && file !== undefined && more.length === 0 && values.keys && values.checkpoint)
    return printGrowth(file, values.keys, values.checkpoint, values.tenant);
  if (command === 'keys') return runKeysCommand(positionals.slice(1), values.json);
  if (command === 'tenants') return runTenantsCommand(positionals.slice(1), values);
  if (command === 'verify-claim' && file !== undefined && more.length === 0) return printClaim(file, values.keys);
  if (command !== 'verify-evidence' || file === undefined || more.length > 0 || values.keys === undefined)
    throw new UsageError(HELP);
  const { verifyEvidence } = await import('@countersign/client');
  const statements = verifyEvidence(
    await readText(file),
    await readKeySet(values.keys),
    await readOutside(values.checkpoint, values.consistency),
  );
  const { failed, open } = printStatements(statements, 'This evidence');
  if (failed === 0) process.stdout.write(holds('This evidence', statements.length, open));
  process.exitCode = failed > 0 ? 1 : 0;
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
