import { type Config, ConfigError } from '../../config/config.js';
import { masterKeyId } from '../../crypto/server-keys.js';
import { keptKeyName } from '../../database/kept-key-name.js';
import { letOpenNothing } from '../../database/key-generations.js';
import { serviceLoginName } from '../../database/migrate.js';
import { withOwner } from '../service-database.js';
import { LASTING, PASSING } from './kinds.js';
import { KeysOwner } from './owner.js';
import { type RotationEnd, rotateKeys, type RotationOptions } from './rotation.js';

/** Which keys there are, by name, and what hangs on each. Holds no secret. */
export interface KeysStatus {
  readonly masterKeys: readonly {
    readonly id: string;
    /** As which of ours it is known here; null for one that is not. */
    readonly setting: 'MASTER_KEY' | 'MASTER_KEY_PREVIOUS' | null;
    readonly opens: readonly number[];
  }[];
  readonly generations: readonly {
    readonly generation: number;
    readonly isUsed: boolean;
    readonly canBeOpened: boolean;
    /** The master key that its root is itself, where it is of a time before there were generations. */
    readonly isMasterKey: string | null;
    readonly kept: readonly { readonly kind: string; readonly rows: number }[];
  }[];
  /** What there is to do. */
  readonly next: string;
}

/** What opens, and what does not. */
export interface KeysVerified {
  readonly opened: number;
  readonly unreadable: readonly { readonly tenant: string; readonly kind: string; readonly rows: number }[];
}

const BATCH = 500;

/** Says which keys there are and what hangs on each; changes nothing. @throws ConfigError where the database names none. */
export function keysStatus(config: Config): Promise<KeysStatus> {
  return asOwner(config, async (owner) => {
    const generations = await owner.generations();
    const tallies = await owner.tally([...LASTING, ...PASSING]);
    const settings = new Map<string, 'MASTER_KEY' | 'MASTER_KEY_PREVIOUS'>([
      ...(config.previousMasterKey ? [[masterKeyId(config.previousMasterKey), 'MASTER_KEY_PREVIOUS'] as const] : []),
      [owner.masterKeyId, 'MASTER_KEY'],
    ]);
    const ids = [...new Set([...settings.keys(), ...generations.flatMap(({ masterKeys }) => masterKeys)])];
    const status = {
      masterKeys: ids.map((id) => ({
        id,
        setting: settings.get(id) ?? null,
        opens: generations.flatMap(({ generation, masterKeys }) => (masterKeys.includes(id) ? [generation] : [])),
      })),
      generations: generations.map(({ generation, isUsed, root }) => ({
        generation,
        isUsed,
        canBeOpened: root !== null,
        isMasterKey: root === null ? null : (ids.find((id) => id === masterKeyId(root.secret)) ?? null),
        kept: tallies.map(({ kind, kept }) => ({ kind, rows: kept.get(generation) ?? 0 })),
      })),
    };
    return { ...status, next: nextStep(status) };
  });
}

function nextStep({ masterKeys, generations }: Omit<KeysStatus, 'next'>): string {
  const left = masterKeys.filter(({ setting, opens }) => setting !== 'MASTER_KEY' && opens.length > 0);
  if (generations.some(({ canBeOpened }) => !canBeOpened))
    return 'A generation cannot be opened: set the master key that opens it.';
  if (masterKeys.some(({ setting, opens }) => setting === 'MASTER_KEY' && opens.length < generations.length))
    return 'MASTER_KEY does not open every generation yet: start the service with it and MASTER_KEY_PREVIOUS.';
  if (left.length > 0)
    return `Where every process has MASTER_KEY: countersign keys forget ${left.map(({ id }) => id).join(', ')}.`;
  if (generations.length > 1) return 'A rotation is under way: countersign keys rotate goes on with it.';
  return 'Nothing.';
}

/** Makes a new generation and goes to it; see `rotateKeys`. */
export function keysRotate(config: Config, options: RotationOptions): Promise<RotationEnd> {
  return asOwner(config, (owner) => rotateKeys(owner, options));
}

/** Opens everything that is kept for long, of every tenant that is configured; changes nothing. */
export function keysVerify(config: Config): Promise<KeysVerified> {
  return asOwner(config, async (owner) => {
    const ring = await owner.ring();
    let opened = 0;
    const unreadable: KeysVerified['unreadable'][number][] = [];
    await owner.eachTenant(async (db) => {
      for (const kind of LASTING) {
        let rows = 0;
        for (let after: string | null = ''; after !== null;) {
          const batch = await kind.batch(db, ring, { after, most: BATCH, writes: false });
          opened += batch.read - batch.unreadable;
          rows += batch.unreadable;
          after = batch.last;
        }
        if (rows > 0) unreadable.push({ tenant: db.tenantId, kind: kind.name, rows });
      }
    });
    return { opened, unreadable };
  });
}

/**
 * Lets a master key that was left open nothing any more, and drops the login that follows from it.
 * @throws ConfigError for the one in use, where something still serves by it, or where MASTER_KEY does not open everything
 */
export function keysForget(config: Config, id: string): Promise<{ readonly opened: number; readonly isRoot: boolean }> {
  return asOwner(config, async (owner, ownerUrl) => {
    if (id === owner.masterKeyId) throw new ConfigError('That is MASTER_KEY itself.');
    const firstName = await keptKeyName(owner.client);
    const login = serviceLoginName(ownerUrl, firstName === id ? undefined : id);
    const { rows } = await owner.client.query<{ sessions: number }>(
      'SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE usename = $1',
      [login],
    );
    if (rows[0]!.sessions > 0)
      throw new ConfigError(
        `${rows[0]!.sessions} sessions are of processes that were started with that master key as MASTER_KEY. Start them with the new one first.`,
      );
    const generations = await owner.generations();
    if (!generations.some(({ masterKeys }) => masterKeys.includes(id)))
      throw new ConfigError('That master key opens nothing here.');
    const opened = await letOpenNothing(owner.runs, id, owner.masterKeyId);
    if (opened === 0)
      throw new ConfigError(
        'MASTER_KEY does not open every generation yet: start the service with it and MASTER_KEY_PREVIOUS first.',
      );
    await owner.client.query(`DROP ROLE IF EXISTS ${login}`);
    return { opened, isRoot: generations.some(({ root }) => root !== null && masterKeyId(root.secret) === id) };
  });
}

function asOwner<Result>(
  config: Config,
  work: (owner: KeysOwner, ownerUrl: string) => Promise<Result>,
): Promise<Result> {
  if (config.serviceDatabaseUrl && !config.ownerDatabaseUrl)
    throw new ConfigError(
      'DATABASE_URL is missing: keys are changed by the role that owns the schema, not the one that serves requests.',
    );
  return withOwner(config, (ownerUrl) => KeysOwner.work(ownerUrl, config, (owner) => work(owner, ownerUrl)));
}
