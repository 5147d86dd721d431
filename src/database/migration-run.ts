import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { DataSource, Migration, MigrationExecutor, QueryRunner } from 'typeorm';
import { ConfigError } from '../config/config-keys.js';
import { endAutovacuum } from './autovacuum.js';
import { MIGRATION_EFFECTS } from './migration-effects.js';
import { holdLock, MIGRATING_LOCK, releaseLock, SETUP_LOCK } from './migration-locks.js';
import { MigrationWatch, openLongest } from './migration-watch.js';
import { type MigrationClass, shorten } from './pending-migrations.js';
import { LOCK_NOT_AVAILABLE } from './tenant-database.js';

/** For so long a lock is waited for, because everybody who comes later waits behind it: a verdict has 4 s in all. */
const LOCK_MS = 200;
/** What is left to others between two tries. */
const PAUSE_MS = 1_000;
/** After so long without a free moment somebody has to look. */
const PATIENCE_MS = 15 * 60_000;

const DEADLOCK_DETECTED = '40P01';

export interface MigrationRun {
  /** Is told how far it is, a line at a time. */
  readonly say: (line: string) => void;
  /** Milliseconds for which locks that are held by others are tried again, for each migration. */
  readonly patienceMs?: number;
}

/** TypeORM is loaded by nobody who has nothing to migrate. */
async function open(ownerUrl: string, migrations: readonly MigrationClass[], told: (text: string) => void) {
  const { DataSource, MigrationExecutor } = await import('typeorm');
  const nothing = (): void => undefined;
  const source: DataSource = new DataSource({
    type: 'postgres',
    url: ownerUrl,
    applicationName: 'countersign migrate',
    migrations: [...migrations],
    synchronize: false,
    logging: ['query'],
    logger: {
      logQuery: told,
      logQueryError: nothing,
      logQuerySlow: nothing,
      logSchemaBuild: nothing,
      logMigration: nothing,
      log: nothing,
    },
    poolSize: 2,
  });
  await source.initialize();
  const runner = source.createQueryRunner();
  return { source, runner, executor: new MigrationExecutor(source, runner) };
}

/**
 * Runs the migrations that have not run, and returns their names. One process does at a time, and others wait. Each is a
 * transaction, or goes on where it stopped. `finish` is run by whoever was let in, also where nothing was to be done.
 * @param beside a connection on which nothing else runs meanwhile
 */
export async function runPending(
  { ownerUrl, beside, migrations }: { ownerUrl: string; beside: pg.Client; migrations: readonly MigrationClass[] },
  { say, patienceMs = PATIENCE_MS }: MigrationRun,
  { check, finish }: { check: () => Promise<void>; finish: () => Promise<void> },
): Promise<string[]> {
  let inSteps = false;
  const { source, runner, executor } = await open(ownerUrl, migrations, (text) => {
    if (inSteps && !/^\s*(?:SELECT|SHOW|SET|RESET|INSERT|CREATE TABLE IF NOT EXISTS)\b/i.test(text))
      say(`  ${shorten(text)}`);
  });
  const watch = new MigrationWatch(beside, say);
  try {
    await settle(runner);
    for (const lock of [MIGRATING_LOCK, SETUP_LOCK])
      await holdLock(runner, lock, () => say('Another process is migrating; waiting for it to end.'));
    await check();
    const pending = await executor.getPendingMigrations();
    for (const [at, migration] of pending.entries()) {
      say(`${migration.name} (${at + 1} of ${pending.length})`);
      inSteps = migration.instance!.transaction === false;
      // A process of 0.1.0 that started now would wait for this lock within a statement: building an index would wait for it.
      if (inSteps) await releaseLock(runner, SETUP_LOCK);
      await watch.during(runner, () => runOne({ runner, executor, migration, beside, say, patienceMs }));
      inSteps = false;
    }
    await finish();
    return pending.map(({ name }) => name);
  } finally {
    await source.destroy();
  }
}

/** What a role or database may have set is of no use here, and a server whose client was killed is to notice it. */
async function settle(runner: QueryRunner): Promise<void> {
  await runner.query(
    `SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET lock_timeout = ${LOCK_MS}`,
  );
  // Not on every system.
  await runner.query(`SET client_connection_check_interval = '1s'`).catch(() => undefined);
}

interface One {
  readonly runner: QueryRunner;
  readonly executor: MigrationExecutor;
  readonly migration: Migration;
  readonly beside: pg.Client;
  readonly say: (line: string) => void;
  readonly patienceMs: number;
}

/** Where a lock is not free it lets all of its own go, so that others get on, and tries again. */
async function runOne({ runner, executor, migration, beside, say, patienceMs }: One): Promise<void> {
  const inTransaction = migration.instance!.transaction !== false;
  for (const deadline = Date.now() + patienceMs; ;) {
    try {
      if (inTransaction) await runner.startTransaction();
      await executor.executeMigration(migration);
      if (inTransaction) await runner.commitTransaction();
      return;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      if (![LOCK_NOT_AVAILABLE, DEADLOCK_DETECTED].includes((error as { code?: string }).code ?? '')) throw error;
      const held = `a lock was not free within ${LOCK_MS} ms${await openLongest(beside)}`;
      if (Date.now() > deadline)
        throw new ConfigError(
          `${migration.name}: ${held}. All before it has been done, and of it what was in a transaction is undone. End what holds the lock, and migrate again.`,
          { cause: error },
        );
      say(`  ${held}; trying again`);
      await sleep(PAUSE_MS);
      await endAutovacuums(beside, migration.name);
    }
  }
}

/** Of every table that a migration locks: the next try comes before they begin again. */
async function endAutovacuums(client: pg.Client, migration: string): Promise<void> {
  const steps = MIGRATION_EFFECTS[migration] ?? [];
  for (const table of new Set(steps.flatMap(({ locks }) => Object.keys(locks)))) await endAutovacuum(client, table);
}
