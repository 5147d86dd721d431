import { type Connection, newIdempotencyKey, ofCustomer, request } from './connection.js';
import { pages } from './event-stream.js';
import type { Advice } from './safe-advice.js';

/** A fraud that the customer tells of. */
export interface Report {
  readonly channel: 'call' | 'sms' | 'email' | 'letter' | 'other';
  /** The number as the phone showed it. */
  readonly claimedNumber?: string;
  readonly claimedSender?: string;
  /** As it came: nothing cleaned. */
  readonly text?: string;
  readonly links?: readonly string[];
  readonly receivedAt?: string;
  readonly shared?: readonly string[];
  readonly lost?: { readonly amount: number; readonly currency: string };
  /** A call, a change, a verification, or `verdict`. */
  readonly about?: string;
}

export interface ReportReceived {
  readonly id: string;
  readonly reference: string;
  readonly advice: Advice | readonly Advice[];
}

/** Tells the bank of a fraud. What waits for this customer ends at once. @throws Refused (`report-limit`), Unreachable */
export function report(connection: Connection, about: Report): Promise<ReportReceived> {
  return post(connection, ofCustomer(connection, '/reports'), about);
}

/** A message that says to be the bank's, as it came. */
export interface Message {
  readonly reference?: string;
  readonly sender?: string;
  readonly text?: string;
  readonly links?: readonly string[];
  readonly accountDetails?: Readonly<Record<string, unknown>>;
  readonly receivedAt?: string;
}

export interface MessageVerdict {
  readonly verdict: 'genuine' | 'altered' | 'not_ours' | 'unknown';
  readonly reason?: string;
  readonly differences: readonly Readonly<Record<string, unknown>>[];
  readonly advice: Advice;
}

/** Whether the bank sent a message. Never make a link of what was received. @throws Refused, Unreachable */
export function checkMessage(connection: Connection, message: Message): Promise<MessageVerdict> {
  return post(connection, ofCustomer(connection, '/notice-checks'), message);
}

/** A change of the customer's details, masked. */
export interface DetailChange {
  readonly id: string;
  readonly reference: string;
  readonly subject: string;
  readonly status: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly askedThrough: string;
  readonly requestedAt: string;
  readonly releaseAfter: string;
}

/** The customer's changes of details, newest first. @throws Refused, Unreachable */
export function changes(connection: Connection): AsyncGenerator<DetailChange, void> {
  return pages(connection, ofCustomer(connection, '/changes'));
}

/** Says that a change is not the customer's: refuses it while it is held, and disputes it after. @throws Refused */
export function dispute(connection: Connection, changeId: string): Promise<{ readonly status: string }> {
  return post(connection, `/v1/changes/${encodeURIComponent(changeId)}/dispute`, undefined);
}

/**
 * Enters the code of a letter, as it was typed.
 *
 * @throws Refused: `not-a-code` where it cannot be one and nothing was counted, `code-mismatch` where it is wrong.
 */
export function enterLetterCode(connection: Connection, code: string): Promise<Readonly<Record<string, unknown>>> {
  return post(connection, ofCustomer(connection, '/letters'), { code });
}

/** A call that the bank owes. */
export interface Callback {
  readonly id: string;
  readonly reference: string;
  readonly status: string;
  readonly window: { readonly opensAt?: string; readonly closesAt?: string } & Readonly<Record<string, unknown>>;
}

/** Asks to be rung back. @throws Refused (422) where no number on file is old enough; `details` say what else to do. */
export function requestCallback(
  connection: Connection,
  callback: {
    readonly reason: string;
    readonly about?: string;
    readonly notBefore?: string;
    readonly notAfter?: string;
  },
): Promise<Callback> {
  return post(connection, ofCustomer(connection, '/callbacks'), callback);
}

/** The calls that the bank owes, and those that it made. @throws Refused, Unreachable */
export function callbacks(connection: Connection): AsyncGenerator<Callback, void> {
  return pages(connection, ofCustomer(connection, '/callbacks'));
}

/** What a reference stands for. A genuine one does not make a message or a caller genuine. */
export interface ReferenceMeaning {
  readonly kind: string;
  readonly genuine: boolean;
  readonly at: string;
  readonly state: string;
  readonly summary: string;
}

/** What a reference stands for; null where there is none. @throws Refused for anything but 404, Unreachable */
export async function lookUpReference(connection: Connection, reference: string): Promise<ReferenceMeaning | null> {
  try {
    return await request<ReferenceMeaning>(connection, `/v1/references/${encodeURIComponent(reference)}`);
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 404) return null;
    throw error;
  }
}

/** Where the bank sends a push that says no more than to open the app. */
export type PushTarget =
  | {
      readonly kind: 'webpush';
      readonly endpoint: string;
      readonly keys: { readonly p256dh: string; readonly auth: string };
    }
  | { readonly kind: 'fcm'; readonly token: string }
  | { readonly kind: 'apns'; readonly token: string };

/** The key by which a browser subscribes to pushes. @throws Refused (404 where there are none), Unreachable */
export async function pushKey(connection: Connection): Promise<string> {
  return (await request<{ publicKey: string }>(connection, '/v1/push-key')).publicKey;
}

/** Registers for pushes. @throws Refused, Unreachable */
export function subscribeToPush(connection: Connection, target: PushTarget): Promise<{ readonly id: string }> {
  return post(connection, ofCustomer(connection, '/push-subscriptions'), target);
}

/** Ends pushes to a subscription. @throws Refused, Unreachable */
export function unsubscribeFromPush(connection: Connection, subscriptionId: string): Promise<void> {
  const path = ofCustomer(connection, `/push-subscriptions/${encodeURIComponent(subscriptionId)}`);
  return request(connection, path, { method: 'DELETE' });
}

/** Who a token is for, such as `customerId` of a customer's own. @throws Refused, Unreachable */
export function whoAmI(
  connection: Connection,
): Promise<{ readonly tenant: string; readonly customerId?: string; readonly locale?: string | null }> {
  return request(connection, '/v1/me');
}

/** The service's words for questions, reasons, findings and advice, as they are for a locale. @throws Refused, Unreachable */
export function texts(connection: Connection, locale?: string): Promise<Readonly<Record<string, unknown>>> {
  return request(connection, `/v1/texts${locale === undefined ? '' : `?locale=${encodeURIComponent(locale)}`}`);
}

function post<T>(connection: Connection, path: string, body: unknown): Promise<T> {
  return request(connection, path, { method: 'POST', body, idempotencyKey: newIdempotencyKey() });
}
