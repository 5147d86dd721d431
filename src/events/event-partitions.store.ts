import { read, readAlsoAtReplica, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

const keep = write('eventPartitions.keep', sql`SELECT made, refused FROM keep_event_partitions()`);

/** Makes the partitions of this month and the next three, unless they are there; `refused` are months whose events stand in the default partition already. */
export async function keepPartitions(tx: TenantHandle): Promise<{ made: number; refused: number }> {
  return (await tx.query<{ made: number; refused: number }>(keep, {}))[0]!;
}

const old = read(
  'eventPartitions.old',
  sql`SELECT name FROM event_partitions() WHERE to_id <= uuid7_floor(now() - make_interval(months => events_retention())) ORDER BY to_id`,
);

/** The partitions all of whose events are older than they are kept, oldest first. */
export async function listOldPartitions(tx: TenantHandle): Promise<string[]> {
  return (await tx.query<{ name: string }>(old, {})).map(({ name }) => name);
}

const drop = write('eventPartitions.drop', sql`SELECT drop_event_partition(:name) AS outcome`);

/** Drops a partition where nothing needs it any more: says `dropped`, or why it stays. */
export async function dropPartition(tx: TenantHandle, name: string): Promise<string> {
  return (await tx.query<{ outcome: string }>(drop, { name }))[0]!.outcome;
}

const dropped = readAlsoAtReplica(
  'eventPartitions.dropped',
  sql`
  SELECT NOT EXISTS (SELECT FROM event_partitions() WHERE from_id <= :id::uuid AND :id::uuid < to_id)
    AND uuid7_floor(now()) > :id::uuid AS dropped`,
);

/** Whether the events of the time at which this id was made were dropped. */
export async function isDropped(db: TenantHandle, id: string): Promise<boolean> {
  return (await db.query<{ dropped: boolean }>(dropped, { id }))[0]!.dropped;
}

const analyze = write('eventPartitions.analyze', sql`SELECT analyze_events() AS analyzed`);

/** Takes the statistics of the whole log, unless about as many events are in it as when they were last taken. Whether it did. */
export async function analyzeEvents(tx: TenantHandle): Promise<boolean> {
  return (await tx.query<{ analyzed: boolean }>(analyze, {}))[0]!.analyzed;
}

const own = read('eventPartitions.own', sql`SELECT pg_backend_pid() AS pid`);

/** By which this transaction can be told to stop. */
export async function readBackend(tx: TenantHandle): Promise<number> {
  return (await tx.query<{ pid: number }>(own, {}))[0]!.pid;
}

const cancel = read('eventPartitions.cancel', sql`SELECT pg_cancel_backend(:pid)`);

/** Stops what a transaction is doing. */
export async function stopBackend(db: TenantHandle, pid: number): Promise<void> {
  await db.query(cancel, { pid });
}
