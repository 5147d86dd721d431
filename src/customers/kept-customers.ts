import { lookupHash, open } from '../crypto/sealing.js';
import { type LastingKind, lastingKind } from '../database/kept-kind.js';
import { CONTACT_VALUE } from './customers.service.js';
import {
  countNumberHashes,
  countWrappedKeys,
  nextNumberHashes,
  nextWrappedKeys,
  rehashNumbers,
  rewrapKeys,
} from './kept-customers.store.js';

const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** Customers' data keys. */
export const WRAPPED_KEYS: LastingKind = lastingKind({
  name: "customers' data keys",
  table: 'customers',
  columns: ['wrapped_key'],
  count: countWrappedKeys,
  next: nextWrappedKeys,
  kept: ({ wrapped_key }) => [wrapped_key],
  remake: (ring, tenantId, row) => {
    const owner = { tenantId, customerId: row.id, keyId: row.key_id };
    return { row, wrapped: ring.wrap(ring.unwrap(row.wrapped_key, owner), owner) };
  },
  write: rewrapKeys,
});

/** What customers are found by: keyed hashes of their numbers, made anew from the sealed numbers. */
export const NUMBER_HASHES: LastingKind = lastingKind({
  name: 'look-up hashes of numbers',
  table: 'contact_points',
  columns: ['value_hash'],
  count: countNumberHashes,
  next: (db, after, most) => nextNumberHashes(db, after || BEFORE_ALL, most),
  kept: ({ value_hash }) => [value_hash],
  remake: (ring, tenantId, row) => {
    const owner = { tenantId, customerId: row.customer_id, keyId: row.key_id };
    const number = open(ring.unwrap(row.wrapped_key, owner), row.value_sealed, CONTACT_VALUE).toString('utf8');
    return { row, hash: ring.make((keys) => lookupHash(keys.lookup, tenantId, 'phone', number)) };
  },
  write: rehashNumbers,
});
