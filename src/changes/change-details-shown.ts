import { type CustomerKey, openFor } from '../customers/customer-keys.js';
import type { Display } from '../verifications/display.js';
import { type Details, maskDetails } from './change-details.js';
import type { SettlementRow } from './change-settlement.store.js';
import type { SealedDetails } from './change.view.js';
import type { ChangeRow } from './changes.store.js';

/** What the details of a change are sealed for. */
export const DETAILS = 'changes.details';

export function maskedOf(key: CustomerKey | null, row: SettlementRow): { before: object | null; after: object } | null {
  const text = openFor(key, row.key_id, DETAILS, row.details_sealed);
  if (text === null) return null;
  return maskedDetails(JSON.parse(text) as SealedDetails);
}

/** Before and after as they are shown together: two that differ never look alike. */
function maskedDetails(sealed: SealedDetails): { before: object | null; after: object } {
  const [before, after] = [sealed.before as Details | null, sealed.after as Details];
  return { before: before && maskDetails(before, after), after: maskDetails(after, before) };
}

export function displayOf(row: ChangeRow, sealed: SealedDetails): Display {
  return {
    reference: row.reference,
    subject: row.subject,
    ...maskedDetails(sealed),
    askedThrough: row.asked_through,
    detailsFingerprint: sealed.fingerprint,
  };
}
