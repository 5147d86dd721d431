import type pg from 'pg';
import { ConfigError } from '../../config/config.js';
import { requireConfinedLogin } from '../../database/confined-login.js';
import { withLoginOf } from '../../database/hosts.js';
import { PooledSession, requireOwnSession } from '../../database/own-session.js';
import { requireTransactionPooler } from '../../database/transaction-pooler.js';
import { explainDatabaseFailure } from '../../database/database-failure.js';
import { atPrimary, describeHosts } from '../../database/at-primary.js';
import { matchMasterKey, type MasterKeys } from '../master-key.js';
import { appliedNames, compareSchema, MIGRATIONS } from '../../database/migrate.js';
import { findApplied, findLacking, MIGRATE_FIRST } from '../../database/schema-check.js';
import { connectedTo } from './connected.js';
import type { Finding } from './finding.js';
import { checkRoles, type RightsRow } from './rights.js';

const OLDEST_VERSION = 150_000;
const SKEW_MS = 5_000;
const CLOCK = 'clock of the database';
/** invalid_password, which also stands for a role that is not there, and invalid_authorization_specification. */
const NOT_LET_IN = new Set(['28P01', '28000']);

export interface DatabaseToCheck {
  /** The role that owns the schema, where the configuration names it. */
  readonly ownerUrl: string | undefined;
  /** The login that serves, where it is known. */
  readonly serviceUrl: string | undefined;
  /** Whether a start migrates. */
  readonly migrates: boolean;
  /** Of the pooler by which requests are served, where there is one beside that login. */
  readonly poolerUrl: string | undefined;
  /** Whether a start makes that login by itself. */
  readonly makesLogin: boolean;
  readonly tenantIds: readonly string[];
  /** Where it is known. */
  readonly masterKeys: MasterKeys | undefined;
}

interface OwnerRow extends RightsRow {
  readonly creates_tables: boolean;
  readonly now: number;
}

/** Reachability, rights, migrations, the login that serves, the clock, and lines. Nothing is changed. */
export async function checkDatabase(database: DatabaseToCheck): Promise<Finding[]> {
  const address = database.ownerUrl ?? database.serviceUrl;
  const hosts = address === undefined ? [] : await describeHosts(address);
  // What is checked next is set in sessions, which behind a pooler would be others'.
  const sessions = await checkSessions(database);
  if (sessions.length > 0) return [...hosts.map(hostFinding), ...sessions];
  return [...hosts.map(hostFinding), ...(await checkLogins(database)), ...(await checkPooler(database))];
}

async function checkPooler({ poolerUrl, serviceUrl }: DatabaseToCheck): Promise<Finding[]> {
  const check = 'pooler';
  if (poolerUrl === undefined || serviceUrl === undefined) return [];
  try {
    await requireTransactionPooler(withLoginOf(poolerUrl, serviceUrl), await atPrimary(serviceUrl));
  } catch (error) {
    return [{ check, result: 'failed', detail: sentenceOf(error) }];
  }
  return [{ check, result: 'ok', detail: 'It leads to the same database, as the login that serves.' }];
}

/** What leads to a pooler. Whatever else may be wrong, other checks tell. */
async function checkSessions({ ownerUrl, serviceUrl, poolerUrl, makesLogin }: DatabaseToCheck): Promise<Finding[]> {
  const addresses = [
    ...(ownerUrl === undefined ? [] : [{ url: ownerUrl, name: 'DATABASE_URL', isOpenedWithSettings: false }]),
    ...(serviceUrl === undefined
      ? []
      : [{ url: serviceUrl, name: makesLogin ? 'DATABASE_URL' : 'SERVICE_DATABASE_URL', isOpenedWithSettings: true }]),
  ];
  for (const { url, name, isOpenedWithSettings } of addresses) {
    try {
      const setting = poolerUrl === undefined ? name : 'DATABASE_DIRECT_URL';
      await requireOwnSession(await atPrimary(url), setting, isOpenedWithSettings);
    } catch (error) {
      if (error instanceof PooledSession) return [{ check: 'database', result: 'failed', detail: error.message }];
    }
  }
  return [];
}

async function checkLogins(database: DatabaseToCheck): Promise<Finding[]> {
  const owner =
    database.ownerUrl === undefined
      ? null
      : await through('database', database.ownerUrl, (client) => checkOwner(client, database));
  if (owner?.some(({ check, result }) => check === 'database' && result === 'failed')) return owner;
  const isMigrated = owner?.find(({ check }) => check === 'migrations')?.result ?? 'ok';
  if (database.serviceUrl === undefined)
    return [
      ...(owner ?? []),
      { check: 'service login', result: 'skipped', detail: 'It follows from the master key, which is not there yet.' },
    ];
  if (isMigrated === 'failed' && !database.migrates)
    return [...(owner ?? []), { check: 'service login', result: 'skipped', detail: 'Migrate first.' }];
  if (isMigrated === 'warning' && database.migrates && database.makesLogin)
    return [...(owner ?? []), { check: 'service login', result: 'skipped', detail: 'The first start makes it.' }];
  const service = await checkService(database.serviceUrl, database, owner === null);
  // Both are of the same database: the owner's look at its clock is enough.
  return owner === null ? service : [...owner, ...service.filter(({ check }) => check !== CLOCK)];
}

/** One that is away keeps nobody from starting, as long as another decides. */
function hostFinding({ name, words, answers }: { name: string; words: string; answers: boolean }): Finding {
  return { check: 'database host', result: answers ? 'ok' : 'warning', detail: `${name} ${words}.` };
}

async function checkMasterKey(client: pg.Client, { masterKeys, tenantIds }: DatabaseToCheck): Promise<Finding> {
  const check = 'master key';
  if (!masterKeys) return { check, result: 'skipped', detail: 'It is not there yet.' };
  const { match } = await matchMasterKey(client, masterKeys, tenantIds);
  if (match === 'another')
    return { check, result: 'failed', detail: 'It is not the one that this database was served with.' };
  if (match === 'unknown') return { check, result: 'ok', detail: 'Nothing in the database is sealed yet.' };
  if (masterKeys.previousMasterKey === undefined)
    return { check, result: 'ok', detail: 'It is the one that this database was served with.' };
  return {
    check,
    result: 'ok',
    detail:
      'It opens the keys of this database, together with MASTER_KEY_PREVIOUS; countersign keys status says what hangs on which.',
  };
}

async function checkOwner(client: pg.Client, database: DatabaseToCheck): Promise<Finding[]> {
  const { makesLogin, migrates } = database;
  const { rows } = await client.query<OwnerRow>(`
    SELECT current_setting('server_version_num')::int AS version, r.rolcreaterole OR r.rolsuper AS creates_roles,
           has_schema_privilege('public', 'CREATE') AS creates_tables,
           g.oid IS NOT NULL AS group_exists,
           r.rolsuper OR EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = g.oid AND m.member = r.oid AND m.admin_option) AS group_admin,
           (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
      FROM pg_roles r LEFT JOIN pg_roles g ON g.rolname = 'countersign_service' WHERE r.rolname = current_user`);
  const row = rows[0]!;
  const applied = await appliedNames(client);
  return [
    row.version >= OLDEST_VERSION
      ? { check: 'database', result: 'ok', detail: `PostgreSQL ${Math.floor(row.version / 10_000)} answers.` }
      : { check: 'database', result: 'failed', detail: 'PostgreSQL is older than 15.' },
    clockOf(row.now),
    row.creates_tables
      ? { check: 'right to create tables', result: 'ok', detail: 'The role in DATABASE_URL has it.' }
      : {
          check: 'right to create tables',
          result: 'failed',
          detail: 'The role in DATABASE_URL has it not. Run: ALTER DATABASE … OWNER TO <role>.',
        },
    ...(makesLogin ? [checkRoles(row)] : []),
    migrates ? checkMigrations(applied) : await checkSchema(client),
    await checkMasterKey(client, database),
    ...(await checkEventLogs(client, database)),
  ];
}

/** Whether nothing would be decided, because the rows came from another cluster (docs/decisions/0078). */
async function checkEventLogs(client: pg.Client, { ownerUrl, tenantIds }: DatabaseToCheck): Promise<Finding[]> {
  const found = await client.query<{ known: boolean }>(
    `SELECT to_regprocedure('public.log_is_ahead()') IS NOT NULL AS known`,
  );
  const findings: Finding[] = [];
  for (const tenantId of found.rows[0]!.known ? tenantIds : []) {
    await client.query(`SELECT set_config('countersign.tenant', $1, false)`, [tenantId]);
    const { rows } = await client.query<{ ahead: boolean }>('SELECT log_is_ahead() AS ahead');
    const check = `event log of ${tenantId}`;
    if (!rows[0]!.ahead) findings.push({ check, result: 'ok', detail: 'It is in order.' });
    else
      findings.push({
        check,
        result: ownerUrl === undefined ? 'failed' : 'warning',
        detail: `The database was restored into a younger cluster, and nothing is decided on it. Run: npx countersign mend-log, as the role that owns the schema${ownerUrl === undefined ? '' : '; a start that migrates does the same'}.`,
      });
  }
  return findings;
}

/** As a start that migrates takes them. */
function checkMigrations(applied: readonly string[]): Finding {
  const check = 'migrations';
  const { missing, unknown } = compareSchema(applied);
  if (unknown.length > 0)
    return {
      check,
      result: 'failed',
      detail: `A newer version of this service migrated the database (${unknown.join(', ')}). Start that one, or this one with MIGRATE=false.`,
    };
  return missing.length > 0
    ? {
        check,
        result: 'warning',
        detail: `${missing.length} of ${MIGRATIONS.length} have not run. A start runs them, or npm run migrate.`,
      }
    : { check, result: 'ok', detail: `All ${MIGRATIONS.length} have run.` };
}

/** As a start that does not migrate takes it: an older schema not, and a newer one as it is. */
async function checkSchema(client: pg.Client): Promise<Finding> {
  const check = 'migrations';
  const lacking = await findLacking(client);
  if (lacking !== null) return { check, result: 'failed', detail: `${lacking}. ${MIGRATE_FIRST}.` };
  const { unknown } = compareSchema((await findApplied(client)) ?? []);
  return unknown.length > 0
    ? {
        check,
        result: 'warning',
        detail: `A newer version of this service migrated the database (${unknown.join(', ')}). This one serves beside it; exchange it soon.`,
      }
    : { check, result: 'ok', detail: `All ${MIGRATIONS.length} have run.` };
}

async function checkService(url: string, database: DatabaseToCheck, checksAll: boolean): Promise<Finding[]> {
  const { tenantIds } = database;
  const check = 'service login';
  try {
    await requireConfinedLogin(await atPrimary(url));
  } catch (error) {
    // As after a restore from a dump, which carries no roles.
    if (database.makesLogin && NOT_LET_IN.has(String((error as { code?: unknown }).code)))
      return [{ check, result: 'warning', detail: 'It is not there, or has another password. A start makes it.' }];
    return [{ check, result: 'failed', detail: sentenceOf(error) }];
  }
  const confined: Finding = {
    check,
    result: 'ok',
    detail: 'It owns nothing, and is confined to one tenant at a time.',
  };
  const rest = await through('lines', url, async (client) => {
    const { rows } = await client.query<{ now: number }>(
      'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
    );
    const clock = clockOf(rows[0]!.now);
    const schema = checksAll ? [await checkSchema(client)] : [];
    if (schema.some(({ result }) => result === 'failed')) return [clock, ...schema];
    const lines: Finding[] = [];
    for (const tenantId of tenantIds) lines.push(await checkLines(client, tenantId));
    return [
      clock,
      ...schema,
      ...(checksAll ? [await checkMasterKey(client, database), ...(await checkEventLogs(client, database))] : []),
      ...lines,
    ];
  });
  return [confined, ...rest];
}

async function checkLines(client: pg.Client, tenantId: string): Promise<Finding> {
  await client.query(`SELECT set_config('countersign.tenant', $1, false)`, [tenantId]);
  const { rows } = await client.query<{ lines: number }>('SELECT count(*)::int AS lines FROM lines');
  const check = `lines of ${tenantId}`;
  const { lines } = rows[0]!;
  return lines > 0
    ? { check, result: 'ok', detail: lines === 1 ? '1 is registered.' : `${lines} are registered.` }
    : {
        check,
        result: 'warning',
        detail:
          'None is registered, so no call can be declared on one: PUT /v1/lines/{number} with a token of scope admin.',
      };
}

function clockOf(now: number): Finding {
  const skew = Date.now() - now;
  return Math.abs(skew) > SKEW_MS
    ? {
        check: CLOCK,
        result: 'failed',
        detail: `It is ${Math.round(Math.abs(skew) / 1_000)} s ${skew > 0 ? 'behind' : 'ahead of'} this machine. Let both keep time by NTP.`,
      }
    : { check: CLOCK, result: 'ok', detail: 'It agrees with this machine.' };
}

async function through(
  check: string,
  url: string,
  work: (client: pg.Client) => Promise<Finding[]>,
): Promise<Finding[]> {
  try {
    return await connectedTo(await atPrimary(url), work);
  } catch (error) {
    return [{ check, result: 'failed', detail: sentenceOf(error) }];
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return explainDatabaseFailure(error) ?? `The database cannot be used: ${(error as Error).message}.`;
}
