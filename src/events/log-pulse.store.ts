import { statement, type TenantHandle } from '../platform/tenant-database.js';

const pulse = statement('logPulse.read', `
  SELECT pg_sequence_last_value('events_sequence'::regclass)::text AS written, pg_snapshot_xmin(log_snapshot())::text AS horizon, pg_snapshot_xmax(log_snapshot())::text AS ceiling`);

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
