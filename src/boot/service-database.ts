import { hkdfSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/config.js';
import { requireConfinedLogin } from '../database/confined-login.js';
import { atPrimary } from '../database/at-primary.js';
import { withLoginOf } from '../database/hosts.js';
import { requireOwnSession } from '../database/own-session.js';
import { requireTransactionPooler } from '../database/transaction-pooler.js';
import { NoPrimary } from '../database/primary.js';
import { NothingThere } from '../embedded-postgres/cluster.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../embedded-postgres/embedded-postgres.js';
import { keepMasterKey, loginSuffix, requireMasterKey } from './master-key.js';
import { isRefusedAsTooMany } from '../database/connection-allowance.js';
import { mostConnections, planConnections } from '../database/connection-budget.js';
import { MOST_JOB_CONNECTIONS } from '../database/job-schema.js';
import { createLogger } from '../observability/logger.js';
import {
  bringUpToDate,
  ensureServiceLogin,
  type MendedLog,
  mendLog,
  serviceLoginUrl,
  type Wanted,
} from '../database/migrate.js';
import type { MigrationRun } from '../database/migration-run.js';
import { requireSchema } from '../database/schema-check.js';

/** A database that is up to date. */
export interface ReadyDatabase {
  /** The login that serves. */
  readonly serviceDatabaseUrl: string;
  readonly embedded: EmbeddedPostgres | null;
}

const EMBEDDED_DATABASE = 'countersign';
/** Those of the owner and of whoever looks in. */
const SPARE_CONNECTIONS = 20;
const FEWEST_CONNECTIONS = 100;
/** PostgreSQL says so while it recovers. */
const CANNOT_CONNECT_NOW = '57P03';
const STARTING_UP_MS = 60_000;
const STARTING_UP_RETRY_MS = 100;

/**
 * Starts the embedded database where none is configured, and brings either up to date.
 * @param onLaunch told when a server was started and has only to be waited for
 */
export async function bringUpDatabase(config: Config, logger: Logger, onLaunch?: () => void): Promise<ReadyDatabase> {
  const embedded =
    config.ownerDatabaseUrl || config.serviceDatabaseUrl ? null : await startEmbedded(config, logger, onLaunch);
  try {
    return {
      serviceDatabaseUrl: await prepareDatabase(config, embedded?.url ?? config.ownerDatabaseUrl, logger),
      embedded,
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/**
 * Looks at a database as the owner, and makes nothing: neither keys nor a database. The embedded one is started where it does
 * not run, and stopped again.
 * @returns null where there is none
 */
export async function lookAtExisting<Result>(
  { ownerDatabaseUrl, dataDirectory }: { ownerDatabaseUrl: string | undefined; dataDirectory: string },
  look: (ownerUrl: string) => Promise<Result>,
): Promise<Result | null> {
  if (ownerDatabaseUrl) return look(await atPrimary(ownerDatabaseUrl));
  const options = { dataDirectory, database: EMBEDDED_DATABASE, onlyExisting: true, log: () => undefined };
  let embedded: EmbeddedPostgres;
  try {
    embedded = await startEmbeddedPostgres(options);
  } catch (error) {
    if (error instanceof NothingThere) return null;
    throw error;
  }
  try {
    return await look(embedded.url);
  } finally {
    await embedded.stop();
  }
}

async function startEmbedded(config: Config, logger: Logger, onLaunch?: () => void): Promise<EmbeddedPostgres> {
  const settings = { max_connections: String(Math.max(FEWEST_CONNECTIONS, mostOfAll(config) + SPARE_CONNECTIONS)) };
  return startEmbeddedPostgres({
    dataDirectory: config.dataDirectory,
    database: EMBEDDED_DATABASE,
    settings,
    log: (message) => logger.info(message),
    ...(onLaunch ? { onLaunch } : {}),
  });
}

/** As docs/operations.md counts them. */
function mostOfAll(config: Config): number {
  const wanted = { ...config, jobConnections: config.workInProcess ? MOST_JOB_CONNECTIONS : 0 };
  const tenants = config.tenants.length;
  const { budget, areShared } = planConnections(wanted, { available: Infinity, processes: config.processes, tenants });
  return config.processes * mostConnections(budget, areShared ? 1 : tenants);
}

/** Brings the database up to date as far as the configuration says, and returns the address of the login that serves. */
export async function prepareDatabase(config: Config, ownerUrl: string | undefined, logger: Logger): Promise<string> {
  return onceItTakesConnections(logger, () => prepareOnce(config, ownerUrl, logger));
}

/**
 * Does what a start needs of the database. Waits a minute at most for one that is starting up, as after both of them were
 * killed, or that takes no further connection just now.
 */
export async function onceItTakesConnections<Result>(logger: Logger, work: () => Promise<Result>): Promise<Result> {
  for (const deadline = Date.now() + STARTING_UP_MS; ;) {
    try {
      return await work();
    } catch (error) {
      const waitedFor = awaited(error);
      if (waitedFor === null || Date.now() > deadline) throw error;
      logger.warn(waitedFor);
      await sleep(STARTING_UP_RETRY_MS);
    }
  }
}

/** What a start waits for, for the log; null where to wait is of no use. */
function awaited(error: unknown): string | null {
  if ((error as { code?: string }).code === CANNOT_CONNECT_NOW) return 'the database is starting up; waiting for it';
  if (isRefusedAsTooMany(error)) return 'the database takes no further connection; waiting for one';
  if (error instanceof NoPrimary && error.mayPass) return 'no host of the database is a primary; waiting for one';
  return null;
}

async function prepareOnce(config: Config, ownerUrl: string | undefined, logger: Logger): Promise<string> {
  const serviceUrl = await prepareDirectly(config, ownerUrl, logger);
  if (config.poolerUrl !== undefined)
    await requireTransactionPooler(servedAt(config, serviceUrl), await atPrimary(serviceUrl));
  return serviceUrl;
}

async function prepareDirectly(config: Config, ownerUrl: string | undefined, logger: Logger): Promise<string> {
  const ownerAt = ownerUrl ? await atPrimary(ownerUrl) : null;
  // Before anything is set in a session, which behind a pooler would be somebody else's next.
  if (config.ownerDatabaseUrl !== undefined)
    await requireOwnSession(ownerAt!, sessionSetting(config, 'DATABASE_URL'), false);
  else if (config.serviceDatabaseUrl !== undefined)
    await requireOwnSession(
      await atPrimary(config.serviceDatabaseUrl),
      sessionSetting(config, 'SERVICE_DATABASE_URL'),
      true,
    );
  const { tenantIds } = wantedOf(config);
  const match = await requireMasterKey(ownerAt ?? (await atPrimary(config.serviceDatabaseUrl!)), config, tenantIds);
  const suffix = loginSuffix(match, config);
  const password = servicePassword(config.masterKey);
  const serviceUrl = config.serviceDatabaseUrl ?? serviceLoginUrl(ownerUrl!, password, suffix);
  const serviceAt = config.serviceDatabaseUrl
    ? await atPrimary(serviceUrl)
    : serviceLoginUrl(ownerAt!, password, suffix);
  // At all starts but the first there is nothing to migrate, and the login is there: both are asked at once.
  const [database, login] = await Promise.allSettled([
    ownerAt === null ? null : bringOrRequire(config, ownerAt, logger),
    requireServing(config, serviceAt),
  ]);
  if (database.status === 'rejected') throw database.reason as Error;
  const { applied, mended } = database.value ?? { applied: [], mended: null };
  if (config.migrate && ownerAt !== null) await keepMasterKey(ownerAt, config, match);
  if (applied.length > 0) logger.info({ migrations: applied }, 'migrated');
  if (mended)
    logger.warn(mended, 'the database was restored into a younger cluster: its event log was mended and goes on');
  if (login.status === 'rejected') {
    if (config.serviceDatabaseUrl === undefined) await ensureServiceLogin(ownerAt!, password, suffix);
    await requireServing(config, serviceAt);
  }
  // Whoever is no member of countersign_service is told that first, and not of a schema that it may not see.
  if (ownerAt === null) await requireSchema(serviceAt);
  return serviceUrl;
}

/** Migrates, or where that is not wanted sees to it that somebody has. */
async function bringOrRequire(
  config: Config,
  ownerAt: string,
  logger: Logger,
): Promise<{ applied: string[]; mended: MendedLog | null } | null> {
  if (config.migrate) return bringUpToDate(ownerAt, wantedOf(config), { say: (line) => logger.info(line) });
  await requireSchema(ownerAt);
  return null;
}

/** @throws ConfigError where banks would not be kept apart by this login at this address. */
async function requireServing(config: Config, serviceAt: string): Promise<void> {
  await requireConfinedLogin(serviceAt);
  if (config.ownerDatabaseUrl === undefined) return; // it is the embedded one, or was asked first of all
  const name = config.serviceDatabaseUrl === undefined ? 'DATABASE_URL' : 'SERVICE_DATABASE_URL';
  await requireOwnSession(serviceAt, sessionSetting(config, name), true);
}

/** The setting that holds the address of the database itself. */
function sessionSetting({ poolerUrl }: Config, name: string): string {
  return poolerUrl === undefined ? name : 'DATABASE_DIRECT_URL';
}

/** Where tenants are served, for the login that serves: where the database itself is, or its pooler. */
export function servedAt({ poolerUrl }: Config, serviceUrl: string): string {
  return poolerUrl === undefined ? serviceUrl : withLoginOf(poolerUrl, serviceUrl);
}

/** It follows from the master key, so that every node of a deployment makes the same login. */
export function servicePassword(masterKey: Buffer): string {
  return Buffer.from(hkdfSync('sha256', masterKey, 'countersign/service-login/v1', '', 24)).toString('base64url');
}

function wantedOf({ eventsRetentionMonths, tenants }: Config): Wanted {
  return { eventsRetentionMonths, tenantIds: tenants.map(({ id }) => id) };
}

/** Migrates without serving, as `npm run migrate` does; returns the names of the migrations that ran, and how the event log was mended. */
export async function migrateDatabase(
  config: Config,
  run: MigrationRun,
): Promise<{ applied: string[]; mended: MendedLog | null }> {
  return withOwner(config, async (ownerUrl) => {
    const match = await requireMasterKey(ownerUrl, config, wantedOf(config).tenantIds);
    const done = await bringUpToDate(ownerUrl, wantedOf(config), run);
    await keepMasterKey(ownerUrl, config, match);
    if (!config.serviceDatabaseUrl)
      await ensureServiceLogin(ownerUrl, servicePassword(config.masterKey), loginSuffix(match, config));
    return done;
  });
}

/** Mends the event log of a database that was restored, as `npm run mend-log` does. */
export async function mendDatabase(config: Config): Promise<MendedLog> {
  return withOwner(config, mendLog);
}

/** Works as the owner, on the embedded database where none is configured. */
export async function withOwner<Result>(config: Config, work: (ownerUrl: string) => Promise<Result>): Promise<Result> {
  const embedded = config.ownerDatabaseUrl ? null : await startEmbedded(config, createLogger(config.logLevel));
  try {
    if (embedded) return await work(embedded.url);
    const ownerAt = await atPrimary(config.ownerDatabaseUrl!);
    await requireOwnSession(ownerAt, sessionSetting(config, 'DATABASE_URL'), false);
    return await work(ownerAt);
  } finally {
    await embedded?.stop();
  }
}
