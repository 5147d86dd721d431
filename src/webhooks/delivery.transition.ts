import { type Fragment, sql } from '../database/sql.js';
/** Cancels what is queued for the webhooks of `from`. What has ended is in no queue, and stays as it is. */
export function cancelQueued({ from, where }: { from: Fragment; where: Fragment }): Fragment {
  return sql`UPDATE webhook_deliveries d SET status = 'cancelled', closed_at = now() FROM ${from} WHERE ${where}`;
}
