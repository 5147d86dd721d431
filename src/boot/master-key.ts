import pg from 'pg';
import { type Config, ConfigError } from '../config/config.js';
import { firstGeneration, KeyRing, KNOWN_FOR_MS, type KnownGeneration } from '../crypto/key-ring.js';
import { SealBroken, unwrapDataKey } from '../crypto/sealing.js';
import { deriveServerKeys, firstRoot, masterKeyId } from '../crypto/server-keys.js';
import { findAnyCustomerKey } from '../customers/customer-keys.store.js';
import { atPrimary } from '../database/at-primary.js';
import {
  addFirstGeneration,
  letOpen,
  listGenerations,
  runsOf,
  type SlottedGeneration,
} from '../database/key-generations.js';
import { keepKeyName, keptKeyName } from '../database/kept-key-name.js';
import type { TenantHandle } from '../database/tenant-database.js';

const ANOTHER =
  'MASTER_KEY is not the one that this database was served with: nothing that is sealed in it could be read. Nothing was changed; give the key of before.';

/** The master key of a process, and the one that is being left. */
export type MasterKeys = Pick<Config, 'masterKey' | 'previousMasterKey'>;

/** What a database says of the master keys that a process has. */
export interface KeyMatch {
  /** `unknown` where nothing in it says so yet. */
  readonly match: 'same' | 'another' | 'unknown';
  /** The name of the master key that it was first served with, where that is kept. */
  readonly firstName: string | null;
  /** The master key under which it keeps things without naming a generation; null where it names one, or it is not known. */
  readonly founding: Buffer | null;
  /** Whether nothing was ever kept in it. */
  readonly isNew: boolean;
}

/** The master keys of a process, the current one first. */
export function allOf({ masterKey, previousMasterKey }: MasterKeys): readonly Buffer[] {
  return previousMasterKey ? [masterKey, previousMasterKey] : [masterKey];
}

/**
 * Compares by the generations of keys that the database names. Where an older version served it, by the name that is kept,
 * and where there is none, by opening one customer's key of each tenant.
 */
export async function matchMasterKey(
  client: pg.Client,
  keys: MasterKeys,
  tenantIds: readonly string[],
): Promise<KeyMatch> {
  const masterKeys = allOf(keys);
  const firstName = await keptKeyName(client);
  const generations = await generationsOf(client, masterKeys);
  const found = (match: KeyMatch['match'], founding: Buffer | null = null, isNew = false): KeyMatch => ({
    match,
    firstName,
    founding,
    isNew,
  });
  if (generations.length > 0) return found(generations.every(({ root }) => root !== null) ? 'same' : 'another');
  if (firstName !== null) {
    const founding = masterKeys.find((key) => masterKeyId(key) === firstName) ?? null;
    return found(founding === null ? 'another' : 'same', founding);
  }
  if (!(await isThere(client, 'customers'))) return found('unknown', null, true);
  for (const tenantId of tenantIds) {
    const row = await findAnyCustomerKey(await asTenant(client, tenantId));
    if (!row) continue;
    const owner = { tenantId, customerId: row.id, keyId: row.key_id };
    const founding = masterKeys.find((key) => opens(key, row.wrapped_key, owner)) ?? null;
    return found(founding === null ? 'another' : 'same', founding);
  }
  return found('unknown');
}

function opens(masterKey: Buffer, wrapped: Buffer, owner: Parameters<typeof unwrapDataKey>[2]): boolean {
  try {
    unwrapDataKey(deriveServerKeys(masterKey).wrapping, wrapped, owner);
    return true;
  } catch (error) {
    if (error instanceof SealBroken) return false;
    throw error;
  }
}

async function generationsOf(
  client: pg.Client,
  masterKeys: readonly Buffer[],
): Promise<Awaited<ReturnType<typeof listGenerations>>> {
  return (await isThere(client, 'key_slots')) ? listGenerations(runsOf(client), masterKeys) : [];
}

async function isThere(client: pg.Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  return rows[0]!.there;
}

/** @throws ConfigError where no master key is that of the database; before anything was changed. */
export async function requireMasterKey(url: string, keys: MasterKeys, tenantIds: readonly string[]): Promise<KeyMatch> {
  return through(url, async (client) => {
    const found = await matchMasterKey(client, keys, tenantIds);
    if (found.match === 'another') throw new ConfigError(ANOTHER);
    return found;
  });
}

/**
 * Keeps in a database that is up to date what later starts compare: the name of the first master key, the first generation
 * of keys, and that this master key opens each. A root is random where nothing was ever kept, and else the master key.
 * @throws ConfigError where another start was first, with another key
 */
export async function keepMasterKey(
  ownerUrl: string,
  keys: MasterKeys,
  { founding, isNew }: Pick<KeyMatch, 'founding' | 'isNew'> = { founding: null, isNew: false },
): Promise<void> {
  const masterKeys = allOf(keys);
  const first = founding ?? keys.masterKey;
  await through(ownerUrl, async (client) => {
    const db = runsOf(client);
    const list = async (): Promise<SlottedGeneration[]> => {
      const generations = await listGenerations(db, masterKeys);
      if (generations.some(({ root }) => root === null)) throw new ConfigError(ANOTHER);
      return generations;
    };
    const isNamed = (await list()).length > 0;
    const name = await keepKeyName(ownerUrl, masterKeyId(first));
    if (!isNamed && !masterKeys.some((key) => masterKeyId(key) === name)) throw new ConfigError(ANOTHER);
    if (!isNamed) await addFirstGeneration(db, isNew ? firstRoot() : firstRoot(first), masterKeys);
    for (const { generation, root, masterKeys: openers } of await list())
      if (!openers.includes(masterKeyId(keys.masterKey))) await letOpen(db, keys.masterKey, generation, root!);
  });
}

/** The keys that a process uses, and those of a database as long as that names no generation. */
export interface LoadedKeys {
  readonly ring: KeyRing;
  readonly unnamed: readonly KnownGeneration[];
}

/** The keys of a database that is up to date. @throws ConfigError where the process has not all that it needs. */
export async function loadKeys(url: string, keys: MasterKeys, tenantIds: readonly string[]): Promise<LoadedKeys> {
  return through(await atPrimary(url), async (client) => {
    const { match, founding } = await matchMasterKey(client, keys, tenantIds);
    if (match === 'another') throw new ConfigError(ANOTHER);
    const unnamed = firstGeneration(firstRoot(founding ?? keys.masterKey));
    const generations = await generationsOf(client, allOf(keys));
    return { ring: new KeyRing(generations.length > 0 ? generations : unnamed, KNOWN_FOR_MS), unnamed };
  });
}

/** What the name of the service's login ends in under a master key: nothing under the first one of the database. */
export function loginSuffix(
  { firstName, founding }: Pick<KeyMatch, 'firstName' | 'founding'>,
  { masterKey }: MasterKeys,
): string | undefined {
  const id = masterKeyId(masterKey);
  const first = firstName ?? masterKeyId(founding ?? masterKey);
  return id === first ? undefined : id;
}

/** The name of the master key that a database was first served with, or null. */
export async function keptNameOf(url: string): Promise<string | null> {
  return through(await atPrimary(url), keptKeyName);
}

async function through<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // what it is asked fails too
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function asTenant(client: pg.Client, tenantId: string): Promise<TenantHandle> {
  await client.query(`SELECT set_config('countersign.tenant', $1, false)`, [tenantId]);
  return { tenantId, ...runsOf(client) };
}
