import { Inject, Injectable } from '@nestjs/common';
import type { KeyRing } from '../crypto/key-ring.js';
import { signWebhook, type WebhookSignatureScheme } from '../crypto/webhook-signature.js';
import { Clock } from '../database/clock.js';
import { EgressFailed, type EgressFailure, EgressGuard } from '../outbound/egress-guard.js';
import { traceHeaders } from '../observability/tracing.js';
import { PROVIDED } from '../config/provided.js';
import { readRetryAfter } from './retry.policy.js';
import type { WebhookMessage } from './webhook-message.js';

export interface Destination {
  readonly url: string;
  readonly signature: WebhookSignatureScheme;
  readonly secrets: readonly Buffer[];
}

/** What came of one attempt. */
export interface Attempt {
  /** Null where it was delivered. */
  readonly failure: EgressFailure | 'status' | null;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly latencyMs: number;
}

/** The context under which a webhook's secret is sealed. */
export function secretContext(tenantId: string, webhookId: string): string {
  return `${tenantId}/webhooks/${webhookId}`;
}

/** Signs messages and posts them (Standard Webhooks 1.0). */
@Injectable()
export class WebhookSender {
  constructor(
    @Inject(PROVIDED.serverKeys) private readonly keys: KeyRing,
    private readonly egress: EgressGuard,
    private readonly clock: Clock,
  ) {}

  /** Opens what a webhook's row holds. */
  destinationOf(
    tenantId: string,
    webhookId: string,
    row: {
      url: string;
      signature: WebhookSignatureScheme;
      secret_sealed: Buffer;
      previous_secret_sealed: Buffer | null;
    },
  ): Destination {
    const sealed = [row.secret_sealed, ...(row.previous_secret_sealed ? [row.previous_secret_sealed] : [])];
    return {
      url: row.url,
      signature: row.signature,
      secrets: sealed.map((one) => this.keys.open('webhooks', one, secretContext(tenantId, webhookId))),
    };
  }

  /** Posts once. Never throws for what the other side does. */
  async send(
    { url, signature, secrets }: Destination,
    { id, body }: WebhookMessage,
    totalMs: number,
  ): Promise<Attempt> {
    const timestamp = Math.floor(this.clock.milliseconds() / 1_000);
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'user-agent': 'Countersign-Webhooks/1',
      'webhook-id': id,
      'webhook-timestamp': String(timestamp),
      ...traceHeaders(),
      'webhook-signature': signWebhook(signature, secrets, { id, timestamp, body }),
    };
    const began = performance.now();
    const latency = (): number => Math.round(performance.now() - began);
    try {
      const { status, retryAfter } = await this.egress.post({ url, headers, body, totalMs });
      return {
        failure: status >= 200 && status < 300 ? null : 'status',
        status,
        retryAfterMs: readRetryAfter(retryAfter, this.clock.milliseconds()),
        latencyMs: latency(),
      };
    } catch (error) {
      if (!(error instanceof EgressFailed)) throw error;
      return { failure: error.reason, status: null, retryAfterMs: null, latencyMs: latency() };
    }
  }
}
