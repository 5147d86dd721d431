import { open, SealBroken } from '../crypto/sealing.js';
import { type LastingKind, lastingKind } from '../database/kept-kind.js';
import { countAddressHashes, nextAddresses, rehashAddresses } from './kept-push.store.js';
import type { PushAddress } from './push-transport.js';
import { addressHash } from './push-subscriptions.service.js';
import { ADDRESS } from './push-sender.js';

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** What subscriptions to pushes are the same by, made anew from their sealed addresses. */
export const ADDRESS_HASHES: LastingKind = lastingKind({
  name: 'look-up hashes of push subscriptions',
  table: 'push_subscriptions',
  columns: ['address_hash'],
  count: countAddressHashes,
  next: (db, after, most) => nextAddresses(db, after || BEFORE_ALL, most),
  kept: ({ address_hash }) => [address_hash],
  remake: (ring, tenantId, row) => {
    if (row.sealed_under !== row.key_id) throw new SealBroken();
    const owner = { tenantId, customerId: row.customer_id, keyId: row.key_id };
    const text = open(ring.unwrap(row.wrapped_key, owner), row.address_sealed, ADDRESS).toString('utf8');
    return { row, hash: ring.make(addressHash(tenantId, JSON.parse(text) as PushAddress)) };
  },
  write: rehashAddresses,
});
