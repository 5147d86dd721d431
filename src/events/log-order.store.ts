import { read, sql } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

const ahead = read('logOrder.ahead', sql`SELECT log_is_ahead() AS ahead`);

/** Whether the tenant's log holds transaction ids that this cluster has not come to yet: then it was filled by another one. */
export async function isAhead(db: TenantHandle): Promise<boolean> {
  return (await db.query<{ ahead: boolean }>(ahead, {}))[0]!.ahead;
}
