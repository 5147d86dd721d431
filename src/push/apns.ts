import { SignJWT } from 'jose';
import type { ApnsConfig } from '../config/push-settings.js';
import { traceHeaders } from '../observability/tracing.js';
import { Http2Client, Http2Failed } from '../outbound/http2-client.js';
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

type Address = Extract<PushAddress, { kind: 'apns' }>;

/** Apple takes a token for an hour, and not a new one more often than each 20 minutes. */
const TOKEN_SECONDS = 45 * 60;
const TOKEN_REASONS: readonly unknown[] = ['ExpiredProviderToken', 'InvalidProviderToken'];

/** The Apple Push Notification service over HTTP/2, with token-based authentication. */
export class Apns implements PushTransport<Address> {
  private readonly client: Http2Client;
  private token: { readonly value: string; readonly issuedAt: number } | null = null;

  constructor(private readonly config: ApnsConfig) {
    this.client = new Http2Client(config.baseUrl);
  }

  async send({ token, topic }: Address, { seconds, nowSeconds }: Lifetime): Promise<PushOutcome> {
    const headers = {
      'apns-topic': topic,
      'apns-push-type': 'alert',
      'apns-priority': '10',
      'apns-expiration': String(Math.floor(nowSeconds + seconds)),
      'apns-collapse-id': 'open',
    };
    // The words are the app's own, under this key; an app that has none shows nothing of ours.
    const body = JSON.stringify({ aps: { alert: { 'loc-key': 'countersign.open' }, sound: 'default' }, ...MESSAGE });
    try {
      const answer = await this.client.post({
        path: `/3/device/${token}`,
        headers: { ...headers, authorization: `bearer ${await this.providerToken(nowSeconds)}`, ...traceHeaders() },
        body,
        totalMs: ATTEMPT_MS,
      });
      const reason = reasonIn(answer.body);
      if (answer.status === 403 && TOKEN_REASONS.includes(reason)) {
        this.token = null;
        return failed('403');
      }
      // Not for BadDeviceToken: whoever confuses Apple's sandbox with the other would lose every subscription.
      return outcomeOf(answer.status, readRetryAfter(answer.retryAfter, nowSeconds * 1_000), answer.status === 410);
    } catch (error) {
      if (error instanceof Http2Failed) return failed(error.reason);
      throw error;
    }
  }

  close(): void {
    this.client.close();
  }

  private async providerToken(nowSeconds: number): Promise<string> {
    if (this.token && nowSeconds - this.token.issuedAt < TOKEN_SECONDS) return this.token.value;
    const issuedAt = Math.floor(nowSeconds);
    const value = await new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: this.config.keyId })
      .setIssuer(this.config.teamId)
      .setIssuedAt(issuedAt)
      .sign(this.config.privateKey);
    this.token = { value, issuedAt };
    return value;
  }
}

function reasonIn(body: string): unknown {
  try {
    return (Object(JSON.parse(body)) as { reason?: unknown }).reason;
  } catch {
    return undefined;
  }
}
