import { Inject, Injectable } from '@nestjs/common';
import type { PushConfig } from '../config/push-settings.js';
import { PROVIDED } from '../config/provided.js';
import { lookupHash } from '../crypto/sealing.js';
import type { KeyRing } from '../crypto/key-ring.js';
import type { ServerKeys } from '../crypto/server-keys.js';
import { type CustomerKey, CustomerKeys, sealFor } from '../customers/customer-keys.js';
import { Databases, type Requester } from '../database/databases.js';
import type { WorkHandle } from '../database/tenant-database.js';
import { fromTypeId, newId, toTypeId } from '../ids/ids.js';
import { EgressGuard } from '../outbound/egress-guard.js';
import { Refusal } from '../refusals/refusal.js';
import { type GivenSubscription, readAddress } from './push-address.js';
import { ADDRESS } from './push-sender.js';
import { type KeptRow, keepSubscription, listSubscriptions, removeSubscription } from './push-subscriptions.store.js';
import type { PushAddress, PushKind } from './push-transport.js';

/** A subscription without what pushes could be sent by. */
export interface Subscription {
  readonly id: string;
  readonly kind: PushKind;
  readonly createdAt: string;
}

const MOST_OF_A_CUSTOMER = 20;

@Injectable()
export class PushSubscriptionsService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly egress: EgressGuard,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
    @Inject(PROVIDED.push) private readonly config: PushConfig,
  ) {}

  /** The public key by which a browser subscribes (RFC 8292, section 4). @throws Refusal 404 where Web Push is off. */
  key(): string {
    if (!this.config.webPush) throw new Refusal('not-found', { detail: 'Web Push is off here.' });
    return this.config.webPush.publicKey;
  }

  /**
   * Keeps a subscription; the same again is the same one.
   * @throws Refusal 400 for one of another form, 422 where this way is off, its address is refused, or there are too many.
   */
  async subscribe(
    caller: Requester,
    customerId: string,
    given: GivenSubscription,
    author: string,
  ): Promise<Subscription> {
    const address = readAddress(given, this.config, this.egress);
    const db = this.databases.of(caller);
    const { uuid } = newId('psub');
    const row = await this.withKey(db, customerId, (key) =>
      keepSubscription(db, {
        id: uuid,
        customerId,
        keyId: key.keyId,
        kind: address.kind,
        addressSealed: sealFor(key, ADDRESS, JSON.stringify(address)),
        ...this.serverKeys.makeBoth(addressHash(db.tenantId, address)),
        most: MOST_OF_A_CUSTOMER,
        author,
      }),
    );
    if (row.id === null) throw new Refusal('push-subscription-limit');
    return { id: toTypeId('psub', row.id), kind: address.kind, createdAt: row.created_at!.toISOString() };
  }

  /** A customer's subscriptions, oldest first. A customer who does not exist has none. */
  async list(
    tenantId: string,
    customerId: string,
    after: string | null,
    limit: number,
  ): Promise<{ data: Subscription[]; next: string | null }> {
    const rows = await listSubscriptions(this.databases.of(tenantId), { customerId, after, most: limit + 1 });
    const data = rows
      .slice(0, limit)
      .map(({ id, kind, created_at }) => ({ id: toTypeId('psub', id), kind, createdAt: created_at.toISOString() }));
    return { data, next: rows.length > limit ? data.at(-1)!.id : null };
  }

  /** @throws Refusal 404 where the customer has no such subscription. */
  async remove(tenantId: string, customerId: string, subscriptionId: string, author: string): Promise<void> {
    const id = fromTypeId('psub', subscriptionId);
    if (id === null || !(await removeSubscription(this.databases.of(tenantId), { id, customerId, author })))
      throw new Refusal('not-found');
  }

  /** Under the customer's key, once more where that key was shredded meanwhile. */
  private async withKey(
    db: WorkHandle,
    customerId: string,
    run: (key: CustomerKey) => Promise<KeptRow>,
  ): Promise<KeptRow> {
    const row = await run(await this.keys.ensure(db, customerId));
    if (row.customer_known) return row;
    this.keys.forget(db.tenantId, customerId);
    const again = await run(await this.keys.ensure(db, customerId));
    if (!again.customer_known) throw new Refusal('conflict');
    return again;
  }
}

/** What two subscriptions are the same by, under the keys of a generation. */
export function addressHash(tenantId: string, address: PushAddress): (keys: ServerKeys) => Buffer {
  const name = address.kind === 'webpush' ? address.endpoint : `${address.kind}:${address.token}`;
  return (keys) => lookupHash(keys.lookup, tenantId, 'push', name);
}
