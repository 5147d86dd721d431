import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { MigrationStep } from '../../src/database/migration-effects.js';
import { runsInSteps, type MigrationClass } from '../../src/database/pending-migrations.js';
import { LOCK_MODES, type LockMode } from '../../src/database/verdict-tables.js';

/** Tables that were there, each with its file and its indexes; partitions go by the name of their parent. */
const TABLES = `
  SELECT c.oid::int4 AS oid, coalesce((SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = c.oid), c.relname) AS name,
         relfilenode::int4 AS file, ARRAY(SELECT indexrelid::int4 FROM pg_index WHERE indrelid = c.oid) AS indexes
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'migrations' ORDER BY c.oid`;
/** Locks of a backend on tables, and how often it has read all of one in its transaction. */
const LOCKS = `SELECT relation::int4 AS oid, mode, granted FROM pg_locks WHERE pid = $1 AND locktype = 'relation' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
const READS = `SELECT relid::int4 AS oid, seq_scan::int4 AS reads FROM pg_stat_xact_user_tables`;

interface Table {
  readonly oid: number;
  readonly name: string;
  readonly file: number;
  readonly indexes: readonly number[];
}
type Reads = { readonly oid: number; readonly reads: number };
type Locks = { oid: number; mode: LockMode; granted: boolean }[];

/** Runs migrations as they run, and sees in PostgreSQL itself what each of its transactions holds and reads. */
export class EffectsRecorder {
  private readonly steps: MigrationStep[] = [];

  private constructor(
    private readonly client: pg.Client,
    private readonly beside: pg.Client,
    private readonly pid: number,
  ) {}

  static async open(url: string): Promise<EffectsRecorder> {
    const [client, beside] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })];
    await Promise.all([client.connect(), beside.connect()]);
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return new EffectsRecorder(client, beside, rows[0]!.pid);
  }

  async close(): Promise<void> {
    await Promise.all([this.client.end(), this.beside.end()]);
  }

  /** @returns what it does to tables that were there before it. */
  async run(Migration: MigrationClass): Promise<MigrationStep[]> {
    this.steps.length = 0;
    const before = new Set((await this.tables()).map(({ oid }) => oid));
    const migration = new Migration();
    const plain = async (text: string): Promise<object[]> => (await this.client.query<object>(text)).rows;
    const run = (query: (text: string) => Promise<object[]>): Promise<void> => migration.up({ query } as never);
    if (!runsInSteps(Migration)) await this.inTransaction(before, () => run(plain));
    else
      await run(async (text) => {
        if (/^\s*(SELECT|SHOW|SET|RESET)\b/i.test(text)) return plain(text);
        await (/\bCONCURRENTLY\b/i.test(text)
          ? this.concurrently(before, text)
          : this.inTransaction(before, () => plain(text)));
        return [];
      });
    const names = (await this.tables()).map(({ name }) => name);
    const isPartitioned = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name);
    // One partition after another is one step.
    return this.steps.filter(
      (step, at) =>
        JSON.stringify(step) !== JSON.stringify(this.steps[at - 1]) || !Object.keys(step.locks).every(isPartitioned),
    );
  }

  private async tables(): Promise<Table[]> {
    return (await this.beside.query<Table>(TABLES)).rows;
  }

  private async inTransaction(before: ReadonlySet<number>, work: () => Promise<unknown>): Promise<void> {
    const then = await this.tables();
    await this.client.query('BEGIN');
    // What earlier transactions read is counted among this one's until the server has put it away.
    const earlier = new Map((await this.client.query<Reads>(READS)).rows.map((row) => [row.oid, row.reads]));
    await work();
    const { rows: locks } = await this.client.query<Locks[number]>(LOCKS, [this.pid]);
    const { rows: reads } = await this.client.query<Reads>(READS);
    await this.client.query('COMMIT');
    const own = new Map(reads.map((row) => [row.oid, row.reads - (earlier.get(row.oid) ?? 0)]));
    await this.note(before, then, locks, own);
  }

  /** Such a statement waits for those who write, once it holds its lock: so long it can be looked at. */
  private async concurrently(before: ReadonlySet<number>, text: string): Promise<void> {
    const then = await this.tables();
    const name = /\bON\s+(?:ONLY\s+)?(\w+)/i.exec(text)![1]!;
    const { rows } = await this.beside.query<{ oid: number }>('SELECT $1::regclass::int4 AS oid', [name]);
    const { oid } = rows[0]!;
    await this.beside.query(`BEGIN; LOCK TABLE ${name} IN ROW EXCLUSIVE MODE`);
    const done = this.client.query(text);
    const waits = async (): Promise<boolean> =>
      (
        await this.beside.query(`SELECT FROM pg_locks WHERE pid = $1 AND NOT granted AND locktype = 'virtualxid'`, [
          this.pid,
        ])
      ).rowCount! > 0;
    while (!(await waits())) await sleep(10);
    const { rows: locks } = await this.beside.query<Locks[number]>(LOCKS, [this.pid]);
    await this.beside.query('COMMIT');
    await done;
    // Once to fill it, and once more for what was written meanwhile.
    await this.note(before, then, locks, new Map([[oid, 2]]));
  }

  private async note(
    before: ReadonlySet<number>,
    then: readonly Table[],
    locks: Locks,
    reads: ReadonlyMap<number, number>,
  ): Promise<void> {
    const now = new Map((await this.tables()).map((table) => [table.oid, table]));
    const strongest: Record<string, LockMode> = {};
    const work: Record<string, { reads: number; indexes: number; rewritten: boolean }> = {};
    for (const { oid, name, file, indexes } of then.filter((table) => before.has(table.oid))) {
      for (const { mode } of locks.filter((lock) => lock.oid === oid && lock.mode !== 'AccessShareLock'))
        if (strongest[name] === undefined || LOCK_MODES.indexOf(mode) > LOCK_MODES.indexOf(strongest[name]))
          strongest[name] = mode;
      const here = now.get(oid);
      const made = (here?.indexes ?? []).filter((index) => !indexes.includes(index)).length;
      const found = {
        reads: reads.get(oid) ?? 0,
        indexes: here?.file === 0 ? 0 : made,
        rewritten: here !== undefined && here.file !== file,
      };
      const { reads: most = 0, indexes: many = 0, rewritten = false } = work[name] ?? {};
      if (found.reads > 0 || found.rewritten || work[name])
        work[name] = {
          reads: Math.max(most, found.reads),
          indexes: Math.max(many, found.indexes),
          rewritten: rewritten || found.rewritten,
        };
    }
    if (Object.keys(strongest).length > 0) this.steps.push({ locks: sorted(strongest), work: sorted(work) });
  }
}

const sorted = <Value>(of: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1)));
