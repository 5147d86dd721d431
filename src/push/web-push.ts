import type { WebPushConfig } from '../config/push-settings.js';
import { EgressFailed, type EgressGuard } from '../outbound/egress-guard.js';
import { traceHeaders } from '../observability/tracing.js';
import { readRetryAfter } from '../webhooks/retry.policy.js';
import {
  ATTEMPT_MS,
  failed,
  type Lifetime,
  MESSAGE,
  outcomeOf,
  type PushAddress,
  type PushOutcome,
  type PushTransport,
} from './push-transport.js';

type Address = Extract<PushAddress, { kind: 'webpush' }>;

/** Of several pushes that wait for a browser that is offline, the last is enough (RFC 8030, section 5.4). */
const TOPIC = 'open';

/** Web Push (RFC 8030), encrypted (RFC 8291) and signed (RFC 8292); where it goes is the browser's choice, so the egress guard judges it. */
export class WebPush implements PushTransport<Address> {
  constructor(
    private readonly config: WebPushConfig,
    private readonly egress: EgressGuard,
  ) {}

  async send({ endpoint, keys }: Address, { seconds, nowSeconds }: Lifetime): Promise<PushOutcome> {
    // Loaded by the first push.
    const { default: webPush } = await import('web-push');
    const { headers, body } = webPush.generateRequestDetails({ endpoint, keys }, JSON.stringify(MESSAGE), {
      vapidDetails: this.config,
      TTL: seconds,
      urgency: 'high',
      topic: TOPIC,
    });
    const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    try {
      const answer = await this.egress.post({
        url: endpoint,
        headers: { ...texts, ...traceHeaders() },
        body: body!,
        totalMs: ATTEMPT_MS,
      });
      const retryAfterMs = readRetryAfter(answer.retryAfter, nowSeconds * 1_000);
      return outcomeOf(answer.status, retryAfterMs, answer.status === 404 || answer.status === 410);
    } catch (error) {
      if (error instanceof EgressFailed)
        return error.reason === 'blocked'
          ? { result: 'refused', because: 'blocked', retryAfterMs: null }
          : failed(error.reason);
      throw error;
    }
  }

  close(): void {
    // The egress guard is closed by itself.
  }
}
