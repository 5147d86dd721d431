import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigError } from '../../config/config.js';
import { KNOWN_FOR_MS, type KeyRing } from '../../crypto/key-ring.js';
import { masterKeyId, nextRoot } from '../../crypto/server-keys.js';
import type { Batch, LastingKind } from '../../database/kept-kind.js';
import {
  addGeneration,
  letOpen,
  removeGeneration,
  secondsInUse,
  type SlottedGeneration,
} from '../../database/key-generations.js';
import type { TenantHandle } from '../../database/tenant-database.js';
import { closeTo } from './closing.js';
import { LASTING, PASSING } from './kinds.js';
import type { KeysOwner, Tally } from './owner.js';

export interface RotationOptions {
  /** Is told how far it is, a line at a time. */
  readonly tell: (line: string) => void;
  /** How long a new generation is only read, so that every process knows it when something is written under it. */
  readonly leadSeconds?: number;
  /** How long after that nothing more comes under the former one, whatever a process missed. */
  readonly settleSeconds?: number;
  readonly batch?: number;
}

/** `waits`: what is left passes by itself, and the same is to be run again then. `stuck`: somebody has to look. */
export type RotationEnd = 'done' | 'waits' | 'stuck';

/** Longer than what a process knows of the generations is acted upon. */
const LEAD_SECONDS = (KNOWN_FOR_MS * 1.5) / 1_000;
const BATCH = 500;
const LOOK_MS = 500;
const MOST_PASSES = 20;
/** Batches between two lines about one kind. */
const TELL_EVERY = 40;
const PASS_PAUSE_MS = 1_000;

/**
 * Makes a new generation of keys, or goes on where one was made before; makes anew under it what is kept for long; and
 * destroys the former one once nothing hangs on it. May be killed at any point, and run again, also by two at once.
 * @throws ConfigError where a master key is missing
 */
export async function rotateKeys(owner: KeysOwner, options: RotationOptions): Promise<RotationEnd> {
  const { tell } = options;
  const newest = await begin(owner, options);
  await untilUsed(owner, newest, options);
  const ring = await owner.ring();
  const former = ring.generations.filter((generation) => generation < newest);
  if (former.length === 0) return 'done';
  const { left, unreadable } = await remakeAll(owner, ring, former, options);
  if (unreadable > 0) {
    tell(`${unreadable} cannot be opened; \`countersign keys verify\` says which. Generation ${former[0]} stays.`);
    return 'stuck';
  }
  const passing = sumOf(await owner.tally(PASSING), former);
  if (left + passing > 0) {
    tell(
      `On generation ${former[0]} still hang ${left} that others hold, and ${passing} codes and kept answers that pass by themselves. Run this again later.`,
    );
    return 'waits';
  }
  return destroy(owner, former, newest, tell);
}

async function destroy(
  owner: KeysOwner,
  former: readonly number[],
  newest: number,
  tell: RotationOptions['tell'],
): Promise<RotationEnd> {
  for (const { table, columns } of LASTING) {
    const closing = await closeTo(owner.client, { table, columns, from: newest });
    if (closing === 'busy') {
      tell(`${table} was busy for too long to be closed to generation ${former[0]}. Run this again.`);
      return 'waits';
    }
    if (closing === 'kept') {
      tell(
        `Something in ${table} is under generation ${former[0]} still, perhaps of a tenant that TENANTS does not name. Run this again, with that tenant.`,
      );
      return 'stuck';
    }
  }
  for (const generation of former) {
    await removeGeneration(owner.runs, generation);
    tell(`Nothing hangs on generation ${generation} any more: it is destroyed.`);
  }
  return 'done';
}

/** The number of the generation to go to. */
async function begin(owner: KeysOwner, { tell, leadSeconds = LEAD_SECONDS }: RotationOptions): Promise<number> {
  await owner.ring();
  const generations = await owner.generations();
  for (const { generation, root, masterKeys } of generations)
    if (!masterKeys.includes(owner.masterKeyId)) await letOpen(owner.runs, owner.config.masterKey, generation, root!);
  const newest = generations.at(-1)!;
  if (generations.length > 1) {
    tell(`Going on with generation ${newest.generation}.`);
    return newest.generation;
  }
  const generation = newest.generation + 1;
  const made = { generation, root: nextRoot(newest.root!), leadSeconds };
  const added = await addGeneration(owner.runs, made, openersOf(owner, newest));
  tell(added ? `Generation ${generation} is made.` : `Somebody else made generation ${generation}.`);
  return generation;
}

/** Whoever opens the newest generation has to open the next one: a process may still run with that master key alone. */
function openersOf(owner: KeysOwner, { masterKeys }: SlottedGeneration): Buffer[] {
  const names = new Set([...masterKeys, owner.masterKeyId]);
  const known = owner.masterKeys.filter((key) => names.delete(masterKeyId(key)));
  if (names.size > 0)
    throw new ConfigError(
      `Processes may still run with master key ${[...names].join(', ')}: set MASTER_KEY_PREVIOUS to it, or run \`countersign keys forget\` with its name first.`,
    );
  return known;
}

async function untilUsed(
  owner: KeysOwner,
  generation: number,
  { tell, settleSeconds = KNOWN_FOR_MS / 1_000 }: RotationOptions,
): Promise<void> {
  for (let told = false; ; told = true) {
    const left = settleSeconds - (await secondsInUse(owner.runs, generation));
    if (left <= 0) return;
    if (!told) tell(`Every process learns of it: ${Math.ceil(left)} s.`);
    await sleep(Math.min(left * 1_000 + 1, LOOK_MS));
  }
}

/** Goes through everything until a pass finds nothing left, or nothing but what no key opens. */
async function remakeAll(
  owner: KeysOwner,
  ring: KeyRing,
  former: readonly number[],
  options: RotationOptions,
): Promise<{ left: number; unreadable: number }> {
  for (let pass = 1; ; pass += 1) {
    let unreadable = 0;
    await owner.eachTenant(async (db) => {
      for (const kind of LASTING) unreadable += await remakeKind(db, kind, ring, options);
    });
    const left = sumOf(await owner.tally(LASTING), former);
    if (left <= unreadable || pass === MOST_PASSES) return { left, unreadable };
    await sleep(PASS_PAUSE_MS);
  }
}

/** Returns how many rows no key opens. */
async function remakeKind(
  db: TenantHandle,
  kind: LastingKind,
  ring: KeyRing,
  { tell, batch: most = BATCH }: RotationOptions,
): Promise<number> {
  let [written, unreadable, batches] = [0, 0, 0];
  for (let after: string | null = ''; after !== null; batches += 1) {
    const batch: Batch = await kind.batch(db, ring, { after, most, writes: true });
    written += batch.written;
    unreadable += batch.unreadable;
    after = batch.last;
    if (after !== null && batches % TELL_EVERY === TELL_EVERY - 1)
      tell(`${db.tenantId}: ${kind.name}: ${written} made anew so far`);
  }
  if (written > 0) tell(`${db.tenantId}: ${kind.name}: ${written} made anew`);
  return unreadable;
}

function sumOf(tallies: readonly Tally[], generations: readonly number[]): number {
  return tallies.reduce(
    (sum, { kept }) => sum + generations.reduce((of, generation) => of + (kept.get(generation) ?? 0), 0),
    0,
  );
}
