import { SignJWT } from 'jose';
import type { FcmConfig } from '../config/push-settings.js';
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

type Address = Extract<PushAddress, { kind: 'fcm' }>;

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const ASSERTION_SECONDS = 3_600;
/** A token is not used in the last minute of its life. */
const TOKEN_SKEW_SECONDS = 60;
const TOKEN = /^[A-Za-z0-9\-._~+/]{1,8192}=*$/;

/** Firebase Cloud Messaging, HTTP v1, as a service account (RFC 7523). */
export class Fcm implements PushTransport<Address> {
  private readonly client: Http2Client;
  private readonly tokens: Http2Client;
  private token: { readonly value: string; readonly until: number } | null = null;

  constructor(private readonly config: FcmConfig) {
    this.client = new Http2Client(new URL(config.baseUrl).origin);
    this.tokens = new Http2Client(new URL(config.tokenUrl).origin);
  }

  async send({ token }: Address, { seconds, nowSeconds }: Lifetime): Promise<PushOutcome> {
    const message = {
      token,
      data: { v: String(MESSAGE.v), do: MESSAGE.do },
      android: { priority: 'HIGH', ttl: `${seconds}s`, collapse_key: 'open' },
    };
    try {
      const access = await this.accessToken(nowSeconds);
      if (access === null) return failed('token');
      const answer = await this.client.post({
        path: `${new URL(this.config.baseUrl).pathname.replace(/\/$/, '')}/v1/projects/${this.config.projectId}/messages:send`,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${access}`, ...traceHeaders() },
        body: JSON.stringify({ message }),
        totalMs: ATTEMPT_MS,
      });
      if (answer.status === 401) {
        this.token = null;
        return failed('401');
      }
      const retryAfterMs = readRetryAfter(answer.retryAfter, nowSeconds * 1_000);
      return outcomeOf(
        answer.status,
        retryAfterMs,
        answer.status === 404 && errorCodeIn(answer.body) === 'UNREGISTERED',
      );
    } catch (error) {
      if (error instanceof Http2Failed) return failed(error.reason);
      throw error;
    }
  }

  close(): void {
    this.client.close();
    this.tokens.close();
  }

  /** Null where none is given out. */
  private async accessToken(nowSeconds: number): Promise<string | null> {
    if (this.token && nowSeconds < this.token.until) return this.token.value;
    const { clientEmail, privateKey, tokenUrl } = this.config;
    const issuedAt = Math.floor(nowSeconds);
    const assertion = await new SignJWT({ scope: SCOPE })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
      .setIssuer(clientEmail)
      .setAudience(tokenUrl)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ASSERTION_SECONDS)
      .sign(privateKey);
    const { pathname, search } = new URL(tokenUrl);
    const { status, body } = await this.tokens.post({
      path: pathname + search,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }).toString(),
      totalMs: ATTEMPT_MS,
    });
    const { access_token: value, expires_in: life } = objectIn(body);
    if (status !== 200 || typeof value !== 'string' || !TOKEN.test(value)) return null;
    const seconds = typeof life === 'number' && life > 0 ? Math.min(life, ASSERTION_SECONDS) : TOKEN_SKEW_SECONDS;
    this.token = { value, until: nowSeconds + seconds - TOKEN_SKEW_SECONDS };
    return value;
  }
}

/** The code of an FcmError among the details of an answer. */
function errorCodeIn(body: string): unknown {
  const { details } = Object(objectIn(body).error) as { details?: unknown };
  const found = Array.isArray(details) ? details : [];
  return found
    .map((detail) => (Object(detail) as { errorCode?: unknown }).errorCode)
    .find((code) => typeof code === 'string');
}

function objectIn(body: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
