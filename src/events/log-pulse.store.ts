import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

const pulse = read(
  'logPulse.read',
  sql`
  SELECT pg_sequence_last_value('events_sequence'::regclass)::text AS written, pg_snapshot_xmin(log_snapshot())::text AS horizon,
    pg_snapshot_xmax(log_snapshot())::text AS ceiling`,
);

/** One look at the log as a whole, which is the same for all tenants and tells nothing of any. */
export interface Pulse {
  /** The number of the event that was written last, committed or not. */
  readonly written: string | null;
  /** Before this transaction, all have ended. */
  readonly horizon: bigint;
  /** This transaction and all after it have not begun. */
  readonly ceiling: bigint;
}

/** Reads no table. */
export async function readPulse(db: TenantHandle): Promise<Pulse> {
  const [row] = await db.query<{ written: string | null; horizon: string; ceiling: string }>(pulse, {});
  return { written: row!.written, horizon: BigInt(row!.horizon), ceiling: BigInt(row!.ceiling) };
}

/** Who keeps the log from settling. What may not be seen is null. */
export interface LogHolder {
  readonly kind: 'session' | 'prepared transaction';
  readonly pid: number | null;
  readonly database: string | null;
  readonly login: string | null;
  readonly application: string | null;
  readonly state: string | null;
  readonly open_seconds: number | null;
  readonly prepared_as: string | null;
}

const holders = read(
  'logPulse.holders',
  sql`SELECT kind, pid, database, login, application, state, open_seconds, prepared_as FROM event_log_holders()`,
);

/** The session or the prepared transaction whose transaction is the oldest that has an id. */
export async function readLogHolders(db: TenantHandle): Promise<LogHolder[]> {
  return db.query<LogHolder>(holders, {});
}

const held = read(
  'logPulse.held',
  sql`SELECT EXISTS (SELECT FROM (SELECT FROM events WHERE xid >= pg_snapshot_xmin(log_snapshot()) ORDER BY xid, sequence
    LIMIT 1) e) AS held`,
);

/** Whether an event of the tenant is committed and has not settled. */
export async function isHeld(db: TenantHandle): Promise<boolean> {
  return (await db.query<{ held: boolean }>(held, {}))[0]!.held;
}
