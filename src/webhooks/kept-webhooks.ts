import type { KeyRing } from '../crypto/key-ring.js';
import { type LastingKind, lastingKind } from '../database/kept-kind.js';
import { countSecrets, nextSecrets, resealSecrets } from './kept-webhooks.store.js';
import { secretContext } from './webhook-sender.js';

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Secrets by which webhooks are signed. */
export const WEBHOOK_SECRETS: LastingKind = lastingKind({
  name: 'secrets of webhooks',
  table: 'webhooks',
  columns: ['secret_sealed', 'previous_secret_sealed'],
  count: countSecrets,
  next: (db, after, most) => nextSecrets(db, after || BEFORE_ALL, most),
  kept: (row) => [row.secret_sealed, ...(row.previous_secret_sealed ? [row.previous_secret_sealed] : [])],
  remake: (ring, tenantId, row) => {
    const again = (sealed: Buffer): Buffer => resealed(ring, sealed, secretContext(tenantId, row.id));
    const { previous_secret_sealed: previous } = row;
    return { row, sealed: again(row.secret_sealed), previous: previous && again(previous) };
  },
  write: resealSecrets,
});

function resealed(ring: KeyRing, sealed: Buffer, context: string): Buffer {
  return ring.seal('webhooks', ring.open('webhooks', sealed, context), context);
}
