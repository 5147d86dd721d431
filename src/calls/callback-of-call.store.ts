import { read, sql } from '../database/sql.js';
import type { WorkHandle } from '../database/tenant-database.js';

const callbackOf = read(
  'calls.callbackOf',
  sql`
  SELECT reference, change_id, key_id, about_sealed FROM callbacks WHERE call_id = :callId AND status = 'claimed'`,
);

export interface CallbackOfCallRow {
  readonly reference: string;
  readonly change_id: string | null;
  readonly key_id: string;
  readonly about_sealed: Buffer | null;
}

/** The callback that a call was placed for, until its outcome is recorded; null for any other call. */
export async function findCallbackOfCall(db: WorkHandle, callId: string): Promise<CallbackOfCallRow | null> {
  const [row] = await db.query<CallbackOfCallRow>(callbackOf, { callId });
  return row ?? null;
}
