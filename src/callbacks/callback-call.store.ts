import { write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { ATTACH_CALL } from './callback.transition.js';

const attachCall = write('callbacks.attachCall', ATTACH_CALL);

/** Notes which call the claim declared. */
export async function attachCallToCallback(db: TenantHandle, values: { id: string; callId: string }): Promise<void> {
  await db.query(attachCall, values);
}
