import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { PushConfig } from '../config/push-settings.js';
import { PROVIDED } from '../config/provided.js';
import { CustomerKeys, openFor } from '../customers/customer-keys.js';
import { Databases } from '../database/databases.js';
import { Jobs } from '../database/jobs.js';
import { Metrics } from '../observability/metrics.js';
import { traced } from '../observability/tracing.js';
import { EgressGuard } from '../outbound/egress-guard.js';
import { Apns } from './apns.js';
import { Fcm } from './fcm.js';
import { type DuePush, dropGone, retryPush, servePush, takePush } from './push-queue.store.js';
import { nextPushIn } from './push-retry.policy.js';
import { ATTEMPT_MS, type PushAddress, type PushKind, type PushOutcome, type PushTransport } from './push-transport.js';
import { WebPush } from './web-push.js';

/** What the address of a subscription is sealed for. */
export const ADDRESS = 'push_subscriptions.address';
/** Longer than an attempt takes at most, with the token that it may have to fetch first. */
const LEASE = `${2 * ATTEMPT_MS + 5_000} milliseconds`;

/** Sends what waits: at most one push to a subscription at a time, and none once no question waits. */
@Injectable()
export class PushSender implements OnModuleInit, OnModuleDestroy {
  private readonly transports: Partial<Record<PushKind, PushTransport>>;

  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly jobs: Jobs,
    private readonly metrics: Metrics,
    egress: EgressGuard,
    @Inject(PROVIDED.push) { webPush, fcm, apns }: PushConfig,
  ) {
    this.transports = {
      ...(webPush ? { webpush: new WebPush(webPush, egress) as PushTransport } : {}),
      ...(fcm ? { fcm: new Fcm(fcm) as PushTransport } : {}),
      ...(apns ? { apns: new Apns(apns) as PushTransport } : {}),
    };
  }

  onModuleInit(): void {
    this.jobs.register('push.send', ({ tenantId, subscriptionId }) => this.send(tenantId!, subscriptionId!));
  }

  onModuleDestroy(): void {
    for (const transport of Object.values(this.transports)) transport.close();
  }

  /** Sends the push that waits for a subscription, if one does and a question still waits for the customer. */
  async send(tenantId: string, id: string): Promise<void> {
    const db = this.databases.of(tenantId);
    const due = await takePush(db, { id, lease: LEASE });
    if (!due) return;
    const address = this.addressOf(tenantId, due);
    const transport = address && this.transports[address.kind];
    if (!transport || due.seconds_left === null || due.seconds_left < 1)
      return servePush(db, { id, wanted: due.wanted });
    const life = { seconds: due.seconds_left, nowSeconds: due.now_seconds };
    const outcome = await traced('send', `push ${address.kind}`, tenantId, () => transport.send(address, life));
    this.metrics.pushAttempts.inc({ kind: address.kind, outcome: outcome.result });
    if (outcome.result === 'gone') return dropGone(db, { id, addressSealed: due.address_sealed });
    const waitMs = this.waitAfter(outcome, due);
    if (waitMs === null) return servePush(db, { id, wanted: due.wanted });
    await retryPush(db, { id, wanted: due.wanted, waitMs });
  }

  /** Null where it is not tried again. */
  private waitAfter({ result, retryAfterMs }: PushOutcome, { attempts, seconds_left: left }: DuePush): number | null {
    return result === 'failed' ? nextPushIn(attempts, retryAfterMs, left! * 1_000) : null;
  }

  private addressOf(tenantId: string, due: DuePush): PushAddress | null {
    const key = this.keys.unwrap(tenantId, due.customer_id, due);
    const text = openFor(key, due.sealed_under, ADDRESS, due.address_sealed);
    return text === null ? null : (JSON.parse(text) as PushAddress);
  }
}
