import { createHash } from 'node:crypto';
import pg from 'pg';
import { Foundation1764000000000 } from '../../migrations/1764000000000-foundation.js';
import { Events1764000001000 } from '../../migrations/1764000001000-events.js';
import { Customers1764000002000 } from '../../migrations/1764000002000-customers.js';
import { LinesAndPolicies1764000003000 } from '../../migrations/1764000003000-lines-and-policies.js';
import { CallsAndVerifications1764000004000 } from '../../migrations/1764000004000-calls-and-verifications.js';
import { IdempotencyKeys1764000005000 } from '../../migrations/1764000005000-idempotency-keys.js';
import { ChangesAndCallbacks1764000006000 } from '../../migrations/1764000006000-changes-and-callbacks.js';
import { TransparencyLog1764000010000 } from '../../migrations/1764000010000-transparency-log.js';
import { RelayAndWebhooks1764000020000 } from '../../migrations/1764000020000-relay-and-webhooks.js';
import { ReportsAndCampaigns1764000030000 } from '../../migrations/1764000030000-reports-and-campaigns.js';
import { Notices1764000040000 } from '../../migrations/1764000040000-notices.js';
import { CallRecords1764000041000 } from '../../migrations/1764000041000-call-records.js';
import { DeliveryHeads1764000050000 } from '../../migrations/1764000050000-delivery-heads.js';
import { CheckpointsKept1764000050100 } from '../../migrations/1764000050100-checkpoints-kept.js';
import { ReportsThatCount1764000060000 } from '../../migrations/1764000060000-reports-that-count.js';
import { Retention1764000060100 } from '../../migrations/1764000060100-retention.js';
import { CoverageByLineAndTeam1764000060200 } from '../../migrations/1764000060200-coverage-by-line-and-team.js';
import { SelectiveColumnFirst1764000070000 } from '../../migrations/1764000070000-selective-column-first.js';
import { IndexesOfOnePurpose1764000072000 } from '../../migrations/1764000072000-indexes-of-one-purpose.js';
import { EventsByTime1764000073000 } from '../../migrations/1764000073000-events-by-time.js';
import { NativeTimeOrderedIds1764000074000 } from '../../migrations/1764000074000-native-time-ordered-ids.js';
import { StreamMarks1764000080000 } from '../../migrations/1764000080000-stream-marks.js';
import { EventLogHolders1764000080100 } from '../../migrations/1764000080100-event-log-holders.js';
import { FindingsOnChanges1764000084000 } from '../../migrations/1764000084000-findings-on-changes.js';
import { LinksAsIndicators1764000085000 } from '../../migrations/1764000085000-links-as-indicators.js';
import { LogEpochs1764000088000 } from '../../migrations/1764000088000-log-epochs.js';
import { WriteProbes1764000088100 } from '../../migrations/1764000088100-write-probes.js';
import { KeysOfCustomers1764000090000 } from '../../migrations/1764000090000-keys-of-customers.js';
import { DpopProofs1764000101000 } from '../../migrations/1764000101000-dpop-proofs.js';
import { Teams1764000110000 } from '../../migrations/1764000110000-teams.js';
import { CustomerSearches1764000111000 } from '../../migrations/1764000111000-customer-searches.js';
import { LookingThingsUp1764000112000 } from '../../migrations/1764000112000-looking-things-up.js';
import { ChannelsAndFeedback1764000130000 } from '../../migrations/1764000130000-channels-and-feedback.js';
import { Downloads1764000150000 } from '../../migrations/1764000150000-downloads.js';
import { Diagnostics1764000160000 } from '../../migrations/1764000160000-diagnostics.js';
import { ConfigError } from '../config/config-keys.js';
import { Passkeys1764000171000 } from '../../migrations/1764000171000-passkeys.js';
import { PushSubscriptions1764000172000 } from '../../migrations/1764000172000-push-subscriptions.js';
import { ClaimFiles1764000200000 } from '../../migrations/1764000200000-claim-files.js';
import { RateLimits1764000210000 } from '../../migrations/1764000210000-rate-limits.js';
import { KeyGenerations1764000220000 } from '../../migrations/1764000220000-key-generations.js';
import { StatisticsOfTheLog1764000240000 } from '../../migrations/1764000240000-statistics-of-the-log.js';
import { Tenants1764000260000 } from '../../migrations/1764000260000-tenants.js';
import { MigrationsTold1764000280000 } from '../../migrations/1764000280000-migrations-told.js';
import { TenantLimits1764000300000 } from '../../migrations/1764000300000-tenant-limits.js';
import { runsOf } from './key-generations.js';
import { listTenants } from './tenants.store.js';
import { readDatabaseAddress, withLogin } from './hosts.js';
import { installJobSchema, jobSchemaMark } from './job-schema.js';
import { holdLock, SETUP_LOCK } from './migration-locks.js';
import { type MigrationRun, runPending } from './migration-run.js';
import type { MigrationClass } from './pending-migrations.js';

export const MIGRATIONS: readonly MigrationClass[] = [
  Foundation1764000000000,
  Events1764000001000,
  Customers1764000002000,
  LinesAndPolicies1764000003000,
  CallsAndVerifications1764000004000,
  IdempotencyKeys1764000005000,
  ChangesAndCallbacks1764000006000,
  TransparencyLog1764000010000,
  RelayAndWebhooks1764000020000,
  ReportsAndCampaigns1764000030000,
  Notices1764000040000,
  CallRecords1764000041000,
  DeliveryHeads1764000050000,
  CheckpointsKept1764000050100,
  ReportsThatCount1764000060000,
  Retention1764000060100,
  CoverageByLineAndTeam1764000060200,
  SelectiveColumnFirst1764000070000,
  IndexesOfOnePurpose1764000072000,
  EventsByTime1764000073000,
  NativeTimeOrderedIds1764000074000,
  StreamMarks1764000080000,
  EventLogHolders1764000080100,
  FindingsOnChanges1764000084000,
  LinksAsIndicators1764000085000,
  LogEpochs1764000088000,
  WriteProbes1764000088100,
  KeysOfCustomers1764000090000,
  DpopProofs1764000101000,
  Teams1764000110000,
  CustomerSearches1764000111000,
  LookingThingsUp1764000112000,
  ChannelsAndFeedback1764000130000,
  Downloads1764000150000,
  Diagnostics1764000160000,
  Passkeys1764000171000,
  PushSubscriptions1764000172000,
  ClaimFiles1764000200000,
  RateLimits1764000210000,
  KeyGenerations1764000220000,
  StatisticsOfTheLog1764000240000,
  Tenants1764000260000,
  MigrationsTold1764000280000,
  TenantLimits1764000300000,
];

/** The names of the migrations that have run, in order; none of a database that has none. */
export async function appliedNames(client: pg.Client): Promise<string[]> {
  const { rows } = await client
    .query<{ name: string }>(`SELECT name FROM migrations WHERE to_regclass('migrations') IS NOT NULL ORDER BY id`)
    .catch((error: { code?: string }) => {
      if (error.code === '42P01') return { rows: [] };
      throw error;
    });
  return rows.map((row) => row.name);
}

/** How a schema stands to this version, by the names of what has run. */
export interface SchemaStanding {
  /** What this version knows and what has not run: it is older than this version. */
  readonly missing: readonly string[];
  /** What has run and what this version does not know: it is newer, and serves this version, too. */
  readonly unknown: readonly string[];
}

/** Compares what has run with what this version knows. */
export function compareSchema(applied: readonly string[]): SchemaStanding {
  const known = MIGRATIONS.map(({ name }) => name);
  return {
    missing: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

/** Whether there is nothing to do: all that `migrate` would make is there, and nothing that it does not know. */
async function isUpToDate(client: pg.Client, eventsRetentionMonths: number | undefined): Promise<boolean> {
  const applied = await appliedNames(client);
  if (applied.length !== MIGRATIONS.length || MIGRATIONS.some(({ name }, at) => name !== applied[at])) return false;
  const { mark, months } = await readMarks(client);
  return mark === jobSchemaMark() && months === (eventsRetentionMonths ?? null);
}

/** What stands beside the migrations: which schema of jobs is installed, and for how many months events are kept, null for ever; undefined before that is said. */
export async function readMarks(
  client: pg.Client,
): Promise<{ mark: string | null; months: number | null | undefined }> {
  const { rows } = await client.query<{ mark: string | null; body: string | null }>(`
    SELECT obj_description(to_regnamespace('graphile_worker'), 'pg_namespace') AS mark,
           (SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure('events_retention()')) AS body`);
  const { mark, body } = rows[0]!;
  const months = /^SELECT (?:NULL|(\d+))::integer$/.exec(body ?? '');
  return { mark, months: months === null ? undefined : months[1] === undefined ? null : Number(months[1]) };
}

/** Brings the schema up to date, as `bringUpToDate` does, and returns the names of the migrations that ran. */
export async function migrate(ownerUrl: string, eventsRetentionMonths?: number): Promise<string[]> {
  return (await bringUpToDate(ownerUrl, { eventsRetentionMonths, tenantIds: [] })).applied;
}

/** What was done about an event log whose order was of another cluster. */
export interface MendedLog {
  /** From which epoch transaction ids count now (docs/decisions/0078). */
  readonly epoch: number;
  /** Events that had been decided since the restore, and were moved to the end of the log. */
  readonly moved: number;
}

/** What a database should come to. */
export interface Wanted {
  readonly eventsRetentionMonths: number | undefined;
  readonly tenantIds: readonly string[];
}

/**
 * Migrates, and mends the event log of these tenants where it was restored into a younger cluster; null where it was not.
 * Several nodes may start at once: one migrates while the others wait.
 * @throws ConfigError where the database was migrated by a newer version, or where a lock was not to be had.
 */
export async function bringUpToDate(
  ownerUrl: string,
  { eventsRetentionMonths, tenantIds }: Wanted,
  run: MigrationRun = { say: () => undefined },
): Promise<{ applied: string[]; mended: MendedLog | null }> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const applied = (await isUpToDate(client, eventsRetentionMonths))
      ? []
      : await runPending({ ownerUrl, beside: client, migrations: MIGRATIONS }, run, {
          check: async () => refuseNewer(await appliedNames(client)),
          finish: () => finish(client, ownerUrl, eventsRetentionMonths),
        });
    return {
      applied,
      mended: (await isLogAhead(client, await allTenants(client, tenantIds))) ? await mend(client) : null,
    };
  } finally {
    await client.end();
  }
}

async function finish(client: pg.Client, ownerUrl: string, eventsRetentionMonths: number | undefined): Promise<void> {
  await installJobSchema(ownerUrl);
  // Said by the owner alone: the login that serves requests has no word in what may be dropped.
  await client.query(
    `CREATE OR REPLACE FUNCTION events_retention() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT ${eventsRetentionMonths ?? 'NULL'}::integer'`,
  );
}

/**
 * Mends the event log after a restore, whether or not it is noticed any more: its order goes on after all that was
 * restored, and what was decided since comes last in it, to be sealed and handed on. What is in order stays as it is.
 */
export async function mendLog(ownerUrl: string): Promise<MendedLog> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    return await mend(client);
  } finally {
    await client.end();
  }
}

async function mend(client: pg.Client): Promise<MendedLog> {
  await holdLock(client, SETUP_LOCK);
  const {
    rows: [mended],
  } = await client.query<{ epoch: number; moved: string }>('SELECT epoch, moved FROM mend_log()');
  return { epoch: mended!.epoch, moved: Number(mended!.moved) };
}

/** With those that the database names itself. */
async function allTenants(client: pg.Client, tenantIds: readonly string[]): Promise<readonly string[]> {
  return [...new Set([...tenantIds, ...(await listTenants(runsOf(client))).map(({ id }) => id)])];
}

/** Whether one of these tenants has an event of a transaction that this cluster has not come to yet. */
async function isLogAhead(client: pg.Client, tenantIds: readonly string[]): Promise<boolean> {
  for (const tenantId of tenantIds) {
    await client.query(`SELECT set_config('countersign.tenant', $1, false)`, [tenantId]);
    const {
      rows: [row],
    } = await client.query<{ ahead: boolean }>('SELECT log_is_ahead() AS ahead');
    if (row!.ahead) return true;
  }
  return false;
}

/** @throws ConfigError where something has run that this version does not know. */
export function refuseNewer(applied: readonly string[]): void {
  const { unknown } = compareSchema(applied);
  if (unknown.length > 0)
    throw new ConfigError(
      `The database was migrated by a newer version of this service (${unknown.join(', ')}). Start that version, or this one with MIGRATE=false, or restore the database.`,
    );
}

/**
 * The login through which requests are served, named after the database so that two databases of one cluster do not share it.
 * @param suffix what its name ends in, for each master key after the first one of a database: both serve while one is left
 */
export function serviceLoginUrl(ownerUrl: string, password: string, suffix?: string): string {
  return withLogin(ownerUrl, serviceLoginName(ownerUrl, suffix), password);
}

/** The name of that login. */
export function serviceLoginName(ownerUrl: string, suffix?: string): string {
  const { hosts, at } = readDatabaseAddress(ownerUrl);
  const { pathname } = new URL(at(hosts[0]!).replace('@/', '@socket/'));
  const name = `countersign_service_${createHash('sha256').update(pathname).digest('hex').slice(0, 12)}`;
  return suffix === undefined ? name : `${name}_${suffix}`;
}

/** Creates or refreshes that login, a member of `countersign_service` that owns nothing, and returns its connection URL. */
export async function ensureServiceLogin(ownerUrl: string, password: string, suffix?: string): Promise<string> {
  const login = serviceLoginName(ownerUrl, suffix);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await holdLock(client, SETUP_LOCK);
    const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [login]);
    const verb = rowCount === 0 ? 'CREATE' : 'ALTER';
    // A new role is no superuser and bypasses nothing; saying so again of one that exists takes a superuser.
    await client.query(`${verb} ROLE ${login} LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query(`GRANT countersign_service TO ${login}`);
  } catch (error) {
    if ((error as { code?: string }).code === '42501') {
      throw new ConfigError(
        'The role in DATABASE_URL may not create the login that serves requests: it needs CREATEROLE, and countersign_service WITH ADMIN OPTION where another role made that. Or create a login yourself (GRANT countersign_service TO it) and set SERVICE_DATABASE_URL.',
        { cause: error },
      );
    }
    throw error;
  } finally {
    await client.end();
  }
  return serviceLoginUrl(ownerUrl, password, suffix);
}
