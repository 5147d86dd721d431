import { Inject, Injectable } from '@nestjs/common';
import type { KeyRing } from '../crypto/key-ring.js';
import { generateWebhookSecret, verifierOf, type WebhookSignatureScheme } from '../crypto/webhook-signature.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { EgressGuard } from '../outbound/egress-guard.js';
import { fromTypeId, newId } from '../ids/ids.js';
import { Refusal } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { type DeliveryRow, listDeliveries, queueReplay, queueTestDelivery } from './deliveries.store.js';
import { kickEndpoints } from './pump.store.js';
import { WEBHOOK_CONSUMER } from './webhook-consumer.js';
import { secretContext } from './webhook-sender.js';
import {
  changeWebhook,
  createWebhook,
  findWebhook,
  listWebhooks,
  lockWebhook,
  removeWebhook,
  rotateSecret,
  type WebhookRow,
} from './webhooks.store.js';

const MOST_WEBHOOKS = 20;
const MOST_REPLAYED = 20_000;
const OVERLAP = '24 hours';

/** A webhook with what its receiver verifies by; for `v1` that is a secret, shown only when it is made. */
export interface MadeSecret {
  readonly row: WebhookRow;
  readonly verifier: string;
}

@Injectable()
export class WebhooksService {
  constructor(
    private readonly databases: Databases,
    private readonly egress: EgressGuard,
    private readonly tail: EventTail,
    @Inject(PROVIDED.serverKeys) private readonly keys: KeyRing,
  ) {}

  /** @throws Refusal 422 for an address that is refused, and where there are too many. */
  async create(
    caller: Requester,
    wanted: { url: string; description: string | null; types: readonly string[]; signature: WebhookSignatureScheme },
    author: string,
  ): Promise<MadeSecret> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    this.requireUrl(wanted.url);
    const { uuid } = newId('whk');
    const secret = generateWebhookSecret(wanted.signature);
    const row = await createWebhook(db, {
      ...wanted,
      id: uuid,
      secretSealed: this.seal(tenantId, uuid, secret),
      author,
      most: MOST_WEBHOOKS,
      consumer: WEBHOOK_CONSUMER,
    });
    if (!row) throw new Refusal('webhook-limit');
    db.afterCommit(() => this.tail.wake(tenantId));
    return { row, verifier: verifierOf(wanted.signature, secret) };
  }

  async list(tenantId: string, after: string | null, limit: number): Promise<{ rows: WebhookRow[]; more: boolean }> {
    const rows = await listWebhooks(this.databases.of(tenantId), after, limit + 1);
    return { rows: rows.slice(0, limit), more: rows.length > limit };
  }

  /** @throws Refusal 404. */
  async get(tenantId: string, webhookId: string): Promise<WebhookRow> {
    return this.find(this.databases.of(tenantId), webhookId);
  }

  /** @throws Refusal 404, 422. */
  async change(
    tenantId: string,
    webhookId: string,
    wanted: { url?: string; description?: string; types?: readonly string[]; status?: 'active' | 'disabled' },
    author: string,
  ): Promise<WebhookRow> {
    const db = this.databases.of(tenantId);
    if (wanted.url !== undefined) this.requireUrl(wanted.url);
    const { id } = await this.find(db, webhookId);
    const row = await db.transaction(async (tx) => {
      await lockWebhook(tx, id);
      return changeWebhook(tx, {
        id,
        url: wanted.url ?? null,
        description: wanted.description ?? null,
        types: wanted.types ?? null,
        status: wanted.status ?? null,
        author,
      });
    });
    if (!row) throw new Refusal('not-found');
    if (wanted.url !== undefined) await kickEndpoints(db, [id]);
    this.tail.wake(tenantId);
    return row;
  }

  /** @throws Refusal 404. */
  async remove(tenantId: string, webhookId: string, author: string): Promise<void> {
    const { id } = await this.find(this.databases.of(tenantId), webhookId);
    const removed = await this.databases.of(tenantId).transaction(async (tx) => {
      await lockWebhook(tx, id);
      return removeWebhook(tx, id, author);
    });
    if (!removed) throw new Refusal('not-found');
    this.tail.wake(tenantId);
  }

  /** Makes a new secret; for a day both sign. @throws Refusal 404, and 409 where somebody else rotates it just now. */
  async rotate(caller: Requester, webhookId: string, author: string): Promise<MadeSecret> {
    const { tenantId } = caller;
    const db = this.databases.of(caller);
    const current = await this.find(db, webhookId);
    const secret = generateWebhookSecret(current.signature);
    const row = await rotateSecret(db, {
      id: current.id,
      current: current.secret_sealed,
      secretSealed: this.seal(tenantId, current.id, secret),
      overlap: OVERLAP,
      author,
    });
    if (!row) throw new Refusal('conflict');
    db.afterCommit(() => this.tail.wake(tenantId));
    return { row, verifier: verifierOf(current.signature, secret) };
  }

  /** Queues a test. @throws Refusal 404, and 409 where the webhook is disabled. */
  async test(caller: Requester, webhookId: string): Promise<DeliveryRow> {
    const db = this.databases.of(caller);
    const { id } = await this.find(db, webhookId);
    const delivery = await queueTestDelivery(db, id);
    if (!delivery) throw new Refusal('webhook-disabled');
    await kickEndpoints(db, [id]);
    return delivery;
  }

  /** Queues again what happened since a time. @throws Refusal 404, and 409 where the webhook is disabled. */
  async replay(caller: Requester, webhookId: string, since: Date): Promise<{ queued: number; next: Date | null }> {
    const db = this.databases.of(caller);
    const webhook = await this.find(db, webhookId);
    if (webhook.status === 'disabled') throw new Refusal('webhook-disabled');
    const { queued, wanted, until } = await queueReplay(db, {
      webhookId: webhook.id,
      consumer: WEBHOOK_CONSUMER,
      from: firstIdAt(since),
      most: MOST_REPLAYED,
    });
    await kickEndpoints(db, [webhook.id]);
    return { queued, next: wanted === MOST_REPLAYED ? until : null };
  }

  /** @throws Refusal 404. */
  async deliveries(
    tenantId: string,
    webhookId: string,
    query: { status: string | null; after: string | null; limit: number },
  ): Promise<{ rows: DeliveryRow[]; more: boolean }> {
    const db = this.databases.of(tenantId);
    const { id } = await this.find(db, webhookId);
    const rows = await listDeliveries(db, {
      webhookId: id,
      status: query.status,
      after: query.after,
      most: query.limit + 1,
    });
    return { rows: rows.slice(0, query.limit), more: rows.length > query.limit };
  }

  /** The public key of a `v1a` webhook, by which anybody may verify; null for `v1`. */
  publicKeyOf(tenantId: string, row: WebhookRow): string | null {
    return row.signature === 'v1a'
      ? verifierOf('v1a', this.keys.open('webhooks', row.secret_sealed, secretContext(tenantId, row.id)))
      : null;
  }

  private async find(db: TenantHandle, webhookId: string): Promise<WebhookRow> {
    const id = fromTypeId('whk', webhookId);
    const row = id === null ? null : await findWebhook(db, id);
    if (!row) throw new Refusal('not-found');
    return row;
  }

  private requireUrl(url: string): void {
    const fault = this.egress.faultOf(url);
    if (fault !== null) throw new Refusal('webhook-url-refused', { errors: [{ pointer: '#/url', detail: fault }] });
  }

  private seal(tenantId: string, webhookId: string, secret: Buffer): Buffer {
    return this.keys.seal('webhooks', secret, secretContext(tenantId, webhookId));
  }
}

/** The least id that an event of this time can have (RFC 9562 §5.7). */
function firstIdAt(time: Date): string {
  const hex = Math.max(0, time.getTime()).toString(16).padStart(12, '0').slice(-12);
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
