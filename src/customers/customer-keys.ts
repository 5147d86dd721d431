import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { commit, commitmentSalt } from '../crypto/commitment.js';
import { generateDataKey, open, seal, SealBroken } from '../crypto/sealing.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantHandle, WorkHandle } from '../database/tenant-database.js';
import { ensureCustomerKey, findCustomerKeys } from './customer-keys.store.js';

/** A customer's data key, ready for use. */
export interface CustomerKey {
  readonly keyId: string;
  readonly dataKey: Buffer;
  /** The customer's locale, some minutes old at most; undefined where it was not read. */
  readonly locale?: string | null;
}

const MOST_KNOWN = 20_000;
const KNOWN_MS = 10 * 60_000;

/** Data keys of customers. A key kept here may be of a customer who was shredded elsewhere, so whoever writes under it compares `key_id` in the statement. */
@Injectable()
export class CustomerKeys {
  private readonly known = new LRUCache<string, CustomerKey>({ max: MOST_KNOWN, ttl: KNOWN_MS });

  constructor(@Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing) {}

  /** The customer's key; creates the customer, with no contact on file, where there is none. */
  async ensure(db: WorkHandle, customerId: string): Promise<CustomerKey> {
    const known = this.known.get(`${db.tenantId}/${customerId}`);
    if (known?.locale !== undefined) return known;
    for (;;) {
      const fresh = { keyId: randomUUID(), dataKey: generateDataKey() };
      const row = await ensureCustomerKey(db, customerId, fresh.keyId, this.wrap(db.tenantId, customerId, fresh));
      if (row?.key_id === fresh.keyId) db.afterRollback(() => this.forget(db.tenantId, customerId));
      if (row) return this.unwrap(db.tenantId, customerId, row);
    }
  }

  /** The keys of those of the given customers who exist. */
  async findAll(db: TenantHandle, customerIds: readonly string[]): Promise<Map<string, CustomerKey>> {
    const rows = customerIds.length === 0 ? [] : await findCustomerKeys(db, customerIds);
    return new Map(rows.map((row) => [row.id, this.unwrap(db.tenantId, row.id, row)]));
  }

  /** Forgets what is kept of a customer, after a statement found no customer under the key. */
  forget(tenantId: string, customerId: string): void {
    this.known.delete(`${tenantId}/${customerId}`);
  }

  generate(tenantId: string, customerId: string): CustomerKey & { wrappedKey: Buffer } {
    const fresh = { keyId: randomUUID(), dataKey: generateDataKey() };
    return { ...fresh, wrappedKey: this.wrap(tenantId, customerId, fresh) };
  }

  /** The key that a row of `customers` holds. */
  unwrap(
    tenantId: string,
    customerId: string,
    row: { key_id: string; wrapped_key: Buffer; locale?: string | null },
  ): CustomerKey {
    const name = `${tenantId}/${customerId}`;
    const known = this.known.get(name);
    const locale = row.locale;
    if (known?.keyId === row.key_id && (locale === undefined || locale === known.locale)) return known;
    if (known?.keyId === row.key_id) {
      const renewed = { ...known, locale };
      this.known.set(name, renewed);
      return renewed;
    }
    const key = {
      locale,
      keyId: row.key_id,
      dataKey: this.serverKeys.unwrap(row.wrapped_key, { tenantId, customerId, keyId: row.key_id }),
    };
    this.known.set(name, key);
    return key;
  }

  private wrap(tenantId: string, customerId: string, key: CustomerKey): Buffer {
    return this.serverKeys.wrap(key.dataKey, { tenantId, customerId, keyId: key.keyId });
  }
}

/** Seals text for one customer; `context` names the column, so that a value cannot be moved to another. */
export function sealFor(key: CustomerKey, context: string, text: string): Buffer {
  return seal(key.dataKey, text, context);
}

/** What the event log holds of a value that is sealed: a commitment that says nothing once the customer's key is destroyed. */
export function commitFor(key: CustomerKey, context: string, id: string, text: string): string {
  return commit(commitmentSalt(key.dataKey, context, id), text);
}

/** Opens what was sealed, or null where it was sealed under a key that has been destroyed. */
export function openFor(key: CustomerKey | null, keyId: string, context: string, sealed: Buffer): string | null {
  if (key?.keyId !== keyId) return null;
  try {
    return open(key.dataKey, sealed, context).toString('utf8');
  } catch (error) {
    if (error instanceof SealBroken) throw new Error(`a sealed value of ${context} is damaged`, { cause: error });
    throw error;
  }
}
