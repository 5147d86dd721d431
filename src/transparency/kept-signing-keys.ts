import { SealBroken } from '../crypto/sealing.js';
import { type LastingKind, lastingKind } from '../database/kept-kind.js';
import { countVouchers, nextVouchedKeys, revouchKeys } from './kept-signing-keys.store.js';
import { isVouchedFor, macOf } from './signing-keys.service.js';

/** What vouches for the public keys that signed. For one that this service never kept nothing is written. */
export const SIGNING_KEY_VOUCHERS: LastingKind = lastingKind({
  name: 'vouchers of signing keys',
  table: 'signing_keys',
  columns: ['mac'],
  count: countVouchers,
  next: nextVouchedKeys,
  kept: ({ mac }) => [mac],
  remake: (ring, tenantId, row) => {
    if (!isVouchedFor(ring, tenantId, row)) throw new SealBroken();
    return { row, mac: ring.make(macOf(tenantId, row.public_jwk)) };
  },
  write: revouchKeys,
});
