import type pg from 'pg';
import { FIRST_GENERATION } from '../crypto/key-generation.js';
import type { KnownGeneration } from '../crypto/key-ring.js';
import { SealBroken } from '../crypto/sealing.js';
import { masterKeyId, type RootKey, unwrapRoot, wrapRoot } from '../crypto/server-keys.js';
import { bind, read, sql, type Statement, type Values, write } from './sql.js';

/** What runs statements: a tenant's database or a connection. */
export interface Runs {
  query<Row extends object>(what: Statement, values: Values): Promise<Row[]>;
}

/** A connection as something that runs statements, as whoever it is of. */
export function runsOf(client: pg.Client): Runs {
  return {
    query: async <Row extends object>(what: Statement, values: Values) =>
      (await client.query<Row>(bind(what, values))).rows,
  };
}

interface GenerationRow {
  readonly generation: number;
  readonly is_used: boolean;
  readonly slots: readonly { readonly masterKey: string; readonly root: string }[];
}

const list = read(
  'keys.generations',
  sql`
  SELECT g.generation, g.used_from <= now() AS is_used,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('masterKey', s.master_key, 'root', encode(s.wrapped_root, 'base64'))
           ORDER BY s.master_key), '[]') FROM key_slots s WHERE s.generation = g.generation) AS slots
    FROM key_generations g ORDER BY g.generation LIMIT 100`,
);

/** A generation with the names of the master keys that open it. */
export interface SlottedGeneration extends KnownGeneration {
  readonly masterKeys: readonly string[];
}

/** Every generation there is, opened by the first of the given master keys that does; none of a database that names none. */
export async function listGenerations(db: Runs, masterKeys: readonly Buffer[]): Promise<SlottedGeneration[]> {
  const rows = await db.query<GenerationRow>(list, {});
  return rows.map(({ generation, is_used: isUsed, slots }) => ({
    generation,
    isUsed,
    masterKeys: slots.map(({ masterKey }) => masterKey),
    root: openSlot(generation, slots, masterKeys),
  }));
}

/** A slot that does not open under the key that it names is as none. */
function openSlot(generation: number, slots: GenerationRow['slots'], masterKeys: readonly Buffer[]): RootKey | null {
  for (const masterKey of masterKeys) {
    const slot = slots.find((one) => one.masterKey === masterKeyId(masterKey));
    if (!slot) continue;
    try {
      return unwrapRoot(masterKey, generation, Buffer.from(slot.root, 'base64'));
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
    }
  }
  return null;
}

const add = write(
  'keys.addGeneration',
  sql`
  WITH added AS (
    INSERT INTO key_generations (generation, used_from)
    SELECT :generation, now() + make_interval(secs => :leadSeconds)
     WHERE (SELECT coalesce(max(generation), 0) FROM key_generations) = :generation::int - 1
    ON CONFLICT DO NOTHING RETURNING generation
  )
  INSERT INTO key_slots (generation, master_key, wrapped_root)
  SELECT added.generation, s.master_key, s.wrapped_root
    FROM added, unnest(:masterKeys::text[], :wrappedRoots::bytea[]) AS s (master_key, wrapped_root)
  RETURNING generation`,
);

/** Adds the generation after the last one, for the given master keys; false where somebody else did. As the owner. */
export async function addGeneration(
  db: Runs,
  { generation, root, leadSeconds }: { generation: number; root: RootKey; leadSeconds: number },
  masterKeys: readonly Buffer[],
): Promise<boolean> {
  const rows = await db.query(add, {
    generation,
    leadSeconds,
    masterKeys: masterKeys.map(masterKeyId),
    wrappedRoots: masterKeys.map((masterKey) => wrapRoot(masterKey, generation, root)),
  });
  return rows.length > 0;
}

/** Adds the first generation, used from now on. As the owner. */
export function addFirstGeneration(db: Runs, root: RootKey, masterKeys: readonly Buffer[]): Promise<boolean> {
  return addGeneration(db, { generation: FIRST_GENERATION, root, leadSeconds: 0 }, masterKeys);
}

const addSlot = write(
  'keys.addSlot',
  sql`
  INSERT INTO key_slots (generation, master_key, wrapped_root)
  SELECT generation, :masterKey, :wrappedRoot FROM key_generations WHERE generation = :generation
  ON CONFLICT DO NOTHING`,
);

/** Lets a master key open a generation too. As the owner. */
export async function letOpen(db: Runs, masterKey: Buffer, generation: number, root: RootKey): Promise<void> {
  await db.query(addSlot, {
    generation,
    masterKey: masterKeyId(masterKey),
    wrappedRoot: wrapRoot(masterKey, generation, root),
  });
}

const removeSlots = write(
  'keys.removeSlots',
  sql`
  DELETE FROM key_slots s WHERE s.master_key = :masterKey AND NOT EXISTS (
    SELECT FROM key_generations g WHERE NOT EXISTS (
      SELECT FROM key_slots k WHERE k.generation = g.generation AND k.master_key = :keptBy))
  RETURNING s.generation`,
);

/** Lets a master key open nothing any more, as long as another opens everything; returns how many generations it opened. As the owner. */
export async function letOpenNothing(db: Runs, masterKey: string, keptBy: string): Promise<number> {
  return (await db.query(removeSlots, { masterKey, keptBy })).length;
}

const remove = write(
  'keys.removeGeneration',
  sql`
  DELETE FROM key_generations WHERE generation = :generation AND generation < (
    SELECT max(generation) FROM key_generations WHERE used_from <= now()) RETURNING generation`,
);

/** Destroys a generation under which nothing is kept any more; false for the one in use. As the owner. */
export async function removeGeneration(db: Runs, generation: number): Promise<boolean> {
  return (await db.query(remove, { generation })).length > 0;
}

const inUse = read(
  'keys.secondsInUse',
  sql`SELECT extract(epoch FROM now() - used_from)::float8 AS seconds FROM key_generations WHERE generation = :generation`,
);

/** For how long a generation has been in use, seconds; less than 0 for one that is not yet. */
export async function secondsInUse(db: Runs, generation: number): Promise<number> {
  const [row] = await db.query<{ seconds: number }>(inUse, { generation });
  if (!row) throw new Error('there is no such generation');
  return row.seconds;
}
