import pg from 'pg';
import { type Config, ConfigError } from '../../config/config.js';
import { KeyRing } from '../../crypto/key-ring.js';
import { masterKeyId } from '../../crypto/server-keys.js';
import type { KeptKind } from '../../database/kept-kind.js';
import { listGenerations, type Runs, runsOf, type SlottedGeneration } from '../../database/key-generations.js';
import { listTenants } from '../../database/tenants.store.js';
import type { TenantHandle } from '../../database/tenant-database.js';
import { allOf } from '../master-key.js';

/** How much of a kind is kept for all tenants, by generation. */
export interface Tally {
  readonly kind: string;
  readonly kept: ReadonlyMap<number, number>;
}

/** A connection of the owner, on which the keys of all tenants are worked at, one tenant after the other. */
export class KeysOwner {
  readonly masterKeys: readonly Buffer[];

  private constructor(
    readonly client: pg.Client,
    readonly config: Config,
  ) {
    this.masterKeys = allOf(config);
  }

  /** Works as the owner, on a connection that is closed afterwards. */
  static async work<Result>(url: string, config: Config, work: (owner: KeysOwner) => Promise<Result>): Promise<Result> {
    const client = new pg.Client({ connectionString: url, application_name: 'countersign keys' });
    client.on('error', () => undefined); // what it is asked fails too
    await client.connect();
    try {
      return await work(new KeysOwner(client, config));
    } finally {
      await client.end();
    }
  }

  get runs(): Runs {
    return runsOf(this.client);
  }

  get masterKeyId(): string {
    return masterKeyId(this.config.masterKey);
  }

  /** @throws ConfigError where there is none yet: a start as the owner makes the first. */
  async generations(): Promise<SlottedGeneration[]> {
    const { rows } = await this.client.query<{ there: boolean }>(
      `SELECT to_regclass('key_slots') IS NOT NULL AS there`,
    );
    const found = rows[0]!.there ? await listGenerations(this.runs, this.masterKeys) : [];
    if (found.length === 0)
      throw new ConfigError('The database names no keys yet: start the service once, or run npm run migrate.');
    return found;
  }

  /** The keys of all generations. @throws ConfigError where one cannot be opened. */
  async ring(): Promise<KeyRing> {
    const generations = await this.generations();
    const closed = generations.filter(({ root }) => root === null);
    if (closed.length > 0)
      throw new ConfigError(
        `Neither MASTER_KEY nor MASTER_KEY_PREVIOUS opens generation ${closed.map(({ generation }) => generation).join(', ')}.`,
      );
    return new KeyRing(generations);
  }

  /** Does something for each tenant in turn, also for those that are suspended: their data is kept under keys as well. */
  async eachTenant(work: (db: TenantHandle) => Promise<void>): Promise<void> {
    const kept = await listTenants(this.runs);
    for (const tenantId of new Set([...this.config.tenants, ...kept].map(({ id }) => id))) {
      await this.client.query(`SELECT set_config('countersign.tenant', $1, false)`, [tenantId]);
      await work({ tenantId, ...this.runs });
    }
  }

  /** How much of each kind is kept under which generation. */
  async tally(kinds: readonly KeptKind[]): Promise<Tally[]> {
    const tallies = kinds.map(({ name }) => ({ kind: name, kept: new Map<number, number>() }));
    await this.eachTenant(async (db) => {
      for (const [place, kind] of kinds.entries()) {
        const { kept } = tallies[place]!;
        for (const row of await kind.count(db)) kept.set(row.generation, (kept.get(row.generation) ?? 0) + row.kept);
      }
    });
    return tallies;
  }
}
