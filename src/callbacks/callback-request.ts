import { type CustomerKey, openFor } from '../customers/customer-keys.js';
import { CONTACT_VALUE } from '../customers/customers.service.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { fromTypeId } from '../ids/ids.js';
import { isCostlyNumber } from '../readers/number.js';
import { LATEST_TIME } from '../readers/time.js';
import { type CallbackRow, findCallbackNumbers } from './callbacks.store.js';

export interface CallbackRequest {
  readonly reason: string;
  readonly about?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly externalId?: string;
  readonly externalSystem?: string;
}

/** A callback that proves a change: what it shows, who may not take it, and the age that the change's rules ask of a number. */
export interface ChangeCallback {
  readonly changeId: string;
  readonly display: object;
  readonly notBy: readonly string[];
  readonly contactAgeSeconds: number;
}

export interface ClaimingAgent {
  readonly id: string;
  readonly name: string;
  readonly department: string | null;
  readonly line?: string;
}

/**
 * The oldest number that the bank would ring, opened; null where none is left. One that is costly to ring has been on file
 * since before such were refused.
 */
export async function findContactToRing(
  db: TenantHandle,
  row: CallbackRow,
  key: CustomerKey,
): Promise<{ id: string; number: string } | null> {
  for (const contact of await findCallbackNumbers(db, row.id)) {
    const number = openFor(key, row.key_id, CONTACT_VALUE, contact.value_sealed);
    if (number !== null && !isCostlyNumber(number)) return { id: contact.contact_point_id, number };
  }
  return null;
}

export function latest(now: Date, wanted: string | undefined): Date {
  const time = wanted === undefined ? now : new Date(wanted);
  return time > now ? time : now;
}

/** From when it is due on, so that a weekend or holidays do not use the window up. */
export function after(dueAt: Date, windowSeconds: number): Date {
  return new Date(Math.min(dueAt.getTime() + windowSeconds * 1000, LATEST_TIME.getTime()));
}

export function aboutId(about: string | undefined): string | null {
  return about === undefined
    ? null
    : (fromTypeId('call', about) ?? fromTypeId('chg', about) ?? fromTypeId('rpt', about));
}
