/** Where a push goes, as its subscription says it; sealed where it is kept. */
export type PushAddress =
  | {
      readonly kind: 'webpush';
      readonly endpoint: string;
      readonly keys: { readonly p256dh: string; readonly auth: string };
    }
  | { readonly kind: 'fcm'; readonly token: string }
  | { readonly kind: 'apns'; readonly token: string; readonly topic: string };

export const PUSH_KINDS = ['webpush', 'fcm', 'apns'] as const;
export type PushKind = (typeof PUSH_KINDS)[number];

/** What every push says, by every way: open the app. No name, no question, no wording (docs/decisions/0107). */
export const MESSAGE = { v: 1, do: 'open' } as const;

/** What came of one attempt. */
export interface PushOutcome {
  /** `gone`: the subscription is of nobody any more; `refused`: not taken, and would not be again; `failed`: try again. */
  readonly result: 'sent' | 'gone' | 'refused' | 'failed';
  /** For metrics: a status, or why there was none. */
  readonly because: string;
  readonly retryAfterMs: number | null;
}

/** When a push is of no use any more. */
export interface Lifetime {
  readonly seconds: number;
  /** The database's clock, Unix seconds. */
  readonly nowSeconds: number;
}

/** One way to push. Sends once, and never throws for what the other side does. */
export interface PushTransport<Address extends PushAddress = PushAddress> {
  send(address: Address, life: Lifetime): Promise<PushOutcome>;
  close(): void;
}

/** For one attempt, from the connection to the last byte. */
export const ATTEMPT_MS = 10_000;

/** What a status of HTTP means where the service has no word of its own for it. */
export function outcomeOf(status: number, retryAfterMs: number | null, gone: boolean): PushOutcome {
  const because = String(status);
  if (gone) return { result: 'gone', because, retryAfterMs: null };
  if (status >= 200 && status < 300) return { result: 'sent', because, retryAfterMs: null };
  const again = status === 408 || status === 425 || status === 429 || status >= 500;
  return { result: again ? 'failed' : 'refused', because, retryAfterMs: again ? retryAfterMs : null };
}

export function failed(because: string): PushOutcome {
  return { result: 'failed', because, retryAfterMs: null };
}
