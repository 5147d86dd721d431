import { toTypeId } from '../ids/ids.js';
import type { TypedAccount } from '../readers/account-numbers.js';
import type { NoticeRow } from './notices.store.js';

/** A notice as the bank sees it. */
export interface Notice {
  readonly id: string;
  readonly reference: string;
  readonly channel: string;
  readonly sender: string | null;
  readonly summary: string;
  readonly text: string | null;
  readonly links: readonly string[];
  readonly accountDetails: TypedAccount | null;
  readonly sentAt: string;
  readonly recipients: number;
  readonly registeredAt: string;
}

export function describeNotice(row: NoticeRow): Notice {
  return {
    id: toTypeId('ntc', row.id),
    reference: row.reference,
    channel: row.channel,
    sender: row.sender,
    summary: row.summary,
    text: row.text,
    links: row.links,
    accountDetails: row.account_details,
    sentAt: row.sent_at.toISOString(),
    recipients: row.recipients,
    registeredAt: row.registered_at.toISOString(),
  };
}
