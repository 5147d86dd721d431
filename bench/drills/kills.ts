/**
 * The built service and its database killed again and again (`kill -9`) while a bank works: how soon verdicts are given
 * again, and whether every acknowledged decision is there exactly once. One process, then two.
 *
 * npm run drill:kills -- [--kills 100] [--json FILE]
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startIssuer } from '../load/issuer.js';
import { Bank, LINE, registerLine } from './bank.js';
import { plainPath } from './plain-path.js';
import { findPrograms, PostgresNode } from './postgres-node.js';
import { examineLedger, examineLog } from './proof.js';
import { DrillService } from './service.js';

const DATABASE = 'postgres';
const WORKERS = 8;
const WORK_MS = 700;
const LIMIT_MS = 3_000;
const VICTIMS = ['service', 'database', 'both'] as const;
type Victim = (typeof VICTIMS)[number];

interface Figures {
  readonly processes: number;
  readonly victim: Victim;
  /** From the start of what was killed to the first verdict that was no `unknown`. */
  readonly milliseconds: readonly number[];
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const { values } = parseArgs({ options: { kills: { type: 'string', default: '100' }, json: { type: 'string' } } });
const kills = Number(values.kills);
if (!Number.isInteger(kills) || kills < 6) {
  process.stderr.write('--kills should be a whole number from 6.\n');
  process.exit(2);
}
const directory = await mkdtemp(join(tmpdir(), 'countersign-drill-'));
const issuer = await startIssuer();
const [app, agent, admin] = await Promise.all([
  issuer.token('app'),
  issuer.token('agent', 'amara', 'Amara Okafor'),
  issuer.token('admin'),
]);
const node = new PostgresNode('database', directory, await findPrograms(directory), await plainPath());
let service: DrillService | undefined;
const figures: Figures[] = [];
const faults: string[] = [];

/** Whether a verdict can be had: of a customer whom nobody rings, by the bank's line. */
async function decides(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/v1/customers/drill-nobody/call-verdicts`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app}`, 'content-type': 'application/json' },
      body: JSON.stringify({ trigger: 'ringing', incomingNumber: LINE }),
      signal: AbortSignal.timeout(2_500),
    });
    return ((await response.json()) as { verdict?: string }).verdict === 'not_legitimate';
  } catch {
    return false;
  }
}

/** Kills, starts again, and says how long it took until a verdict was given. */
async function killAndStart(running: DrillService, victim: Victim): Promise<number> {
  if (victim !== 'service') await node.kill();
  if (victim !== 'database') await running.kill();
  const began = performance.now();
  const database = victim === 'service' ? Promise.resolve() : node.start();
  if (victim !== 'database') await running.start(decides);
  await database;
  while (!(await decides(running.url))) await pause(25);
  return performance.now() - began;
}

async function play(processes: number, count: number): Promise<void> {
  service = new DrillService({
    databaseUrl: node.url(DATABASE),
    directory,
    issuer,
    name: `service-${processes}`,
    environment: { PROCESSES: String(processes), LOG_LEVEL: 'warn' },
  });
  const first = await service.start();
  await registerLine(service.url, admin);
  const { url } = service;
  const bank = new Bank({ urls: () => [url], tokens: { app, agent }, workers: WORKERS });
  bank.start();
  const took = new Map<Victim, number[]>(VICTIMS.map((victim) => [victim, []]));
  for (let kill = 0; kill < count; kill += 1) {
    await pause(WORK_MS);
    const victim = VICTIMS[kill % VICTIMS.length]!;
    took.get(victim)!.push(await killAndStart(service, victim));
  }
  await pause(WORK_MS);
  await bank.stop();
  const query = <Row extends object>(statement: string): Promise<Row[]> => node.sql<Row>(DATABASE, statement);
  faults.push(...(await examineLedger(query, bank.ledger.values())), ...(await examineLog(query)));
  if (bank.stale > 0) faults.push(`${bank.stale} verdicts said that a call was live that had ended`);
  process.stdout.write(
    `${processes === 1 ? 'one process' : `${processes} processes`}: ready ${(first / 1_000).toFixed(1)} s after a first start; ${count} kills, ${bank.ledger.size} calls acknowledged.\n`,
  );
  for (const [victim, milliseconds] of took) {
    figures.push({ processes, victim, milliseconds });
    process.stdout.write(
      `  ${victim} killed ${milliseconds.length} times: a verdict again after ${(median(milliseconds) / 1_000).toFixed(1)} s (median), ${(Math.max(...milliseconds) / 1_000).toFixed(1)} s at most; ${milliseconds.filter((one) => one > LIMIT_MS).length} over 3 s\n`,
    );
    if (median(milliseconds) > LIMIT_MS)
      faults.push(`${victim} killed, ${processes} processes: half took longer than 3 s`);
  }
  await service.stop();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void Promise.allSettled([service?.kill(), node.kill()]).finally(() => process.exit(130));
  });
let failure: unknown;
try {
  await node.make({ max_connections: '200', checkpoint_timeout: '1min', recovery_init_sync_method: 'syncfs' });
  await node.start();
  await play(1, Math.ceil(kills / 2));
  await play(2, Math.floor(kills / 2));
} catch (error) {
  failure = error;
} finally {
  await service?.stop().catch(() => undefined);
  issuer.stop();
  await node.kill().catch(() => undefined);
  if (process.env.DRILL_KEEP === undefined) await rm(directory, { recursive: true, force: true });
}
process.stdout.write(
  `The load average of the machine was ${loadavg()[1]!.toFixed(1)} on ${availableParallelism()} cores.\n`,
);
if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
process.stdout.write(
  faults.length === 0 && !failure
    ? 'Nothing that was acknowledged is lost or there twice.\n'
    : `${faults.slice(0, 10).join('\n')}\n`,
);
if (failure) process.stderr.write(`${failure instanceof Error ? failure.stack : String(failure)}\n`);
process.exit(failure || faults.length > 0 ? 1 : 0);
