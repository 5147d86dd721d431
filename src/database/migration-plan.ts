import type pg from 'pg';
import { MIGRATION_EFFECTS, type MigrationStep } from './migration-effects.js';
import { type MigrationClass, runsInSteps, statementsOf } from './pending-migrations.js';
import { readTableRows } from './table-rows.js';
import { type LockMode, stopsVerdicts } from './verdict-tables.js';

/** A lock that a step takes, and what it does with the table meanwhile. */
export interface PlannedLock {
  readonly table: string;
  readonly mode: LockMode;
  /** Whether verdicts wait for as long as it is held. */
  readonly stopsVerdicts: boolean;
  /** As PostgreSQL's statistics have them; null where they say nothing. */
  readonly rows: number | null;
  readonly reads: number;
  readonly indexes: number;
  readonly rewritten: boolean;
}

/** One transaction of a migration: it holds all of its locks to its end. */
export interface PlannedStep {
  readonly locks: readonly PlannedLock[];
  /** Estimated; null where a number of rows is unknown. */
  readonly seconds: number | null;
}

export interface PlannedMigration {
  readonly name: string;
  /** Whether it runs in several transactions, and goes on where it was stopped. */
  readonly inSteps: boolean;
  readonly statements: readonly string[];
  readonly steps: readonly PlannedStep[];
}

/** Seconds for one row, of the order that was seen on a busy machine of two cores; they tell seconds from minutes (docs/decisions/0144). */
const SECONDS = { read: 1e-6, index: 10e-6, rewrite: 20e-6 } as const;

/** What these migrations would do to a database, by a connection that can change nothing. */
export async function planMigrations(
  client: pg.Client,
  pending: readonly MigrationClass[],
): Promise<PlannedMigration[]> {
  const effects = pending.map(({ name }) => MIGRATION_EFFECTS[name] ?? []);
  const rows = await readTableRows(client, [
    ...new Set(effects.flatMap((steps) => steps.flatMap(({ locks }) => Object.keys(locks)))),
  ]);
  const planned: PlannedMigration[] = [];
  for (const [at, Migration] of pending.entries()) {
    const statements = await statementsOf(client, Migration);
    const steps = effects[at]!.map((step) => planStep(step, rows));
    planned.push({ name: Migration.name, inSteps: runsInSteps(Migration), statements, steps });
  }
  return planned;
}

/** @param rows of each table that is there; one that is not is made by an earlier migration, and is empty. */
export function planStep({ locks, work }: MigrationStep, rows: ReadonlyMap<string, number | null>): PlannedStep {
  const planned = Object.entries(locks).map(([table, mode]): PlannedLock => {
    const { reads = 0, indexes = 0, rewritten = false } = work[table] ?? {};
    const known = rows.has(table) ? rows.get(table)! : 0;
    return { table, mode, stopsVerdicts: stopsVerdicts(table, mode), rows: known, reads, indexes, rewritten };
  });
  const seconds = planned.map(secondsOf);
  return {
    locks: planned,
    seconds: seconds.includes(null) ? null : seconds.reduce((sum: number, one) => sum + one!, 0),
  };
}

function secondsOf({ rows, reads, indexes, rewritten }: PlannedLock): number | null {
  const each = reads * SECONDS.read + indexes * SECONDS.index + (rewritten ? SECONDS.rewrite : 0);
  if (each === 0) return 0;
  return rows === null ? null : rows * each;
}
