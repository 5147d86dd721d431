import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Policy } from '../policy/policy.js';
import type { Link } from '../readers/link.js';
import { toE164 } from '../readers/number.js';
import { joinAddresses, ownAddressesIn, readOwnAddresses } from '../readers/own-addresses.js';
import { sharedHosts } from '../readers/shared-hosts.js';
import { type Content, type Message, readContent } from './notice-content.js';
import type { BankAddresses } from './notice-links.js';
import type { PreparedNotice } from './notice-matching.js';
import { findNotices, listRecentNotices, type NoticeRow } from './notices.store.js';

export interface KnownNotice extends PreparedNotice {
  readonly row: NoticeRow;
}

/** A message is compared with this many of the newest notices, of the customer and of the bank, and none that is older. */
export const MOST_COMPARED = 200;
export const WINDOW_SECONDS = 90 * 86_400;
/** Characters of text whose parts are kept ready. */
const MOST_KEPT = 8_000_000;
const MOST_TENANTS = 1_000;
/** How long what the bank's notices say of its addresses may be old. */
const FRESH_MS = 10_000;

/** Notices, taken apart. A notice never changes, and thousands of its recipients ask about it. */
@Injectable()
export class PreparedNotices {
  private readonly prepared = new LRUCache<string, KnownNotice>({
    maxSize: MOST_KEPT,
    sizeCalculation: ({ row }) => 200 + 2 * (row.text?.length ?? 0) + row.links.join('').length,
  });
  private readonly addresses = new LRUCache<string, BankAddresses>({ max: MOST_TENANTS, ttl: FRESH_MS });

  /** Those notices that there are, by their ids. */
  async prepare(
    db: TenantHandle,
    ids: readonly string[],
    defaultCountry: string,
  ): Promise<ReadonlyMap<string, KnownNotice>> {
    const found = new Map<string, KnownNotice>();
    const missing: string[] = [];
    for (const id of ids) {
      const kept = this.prepared.get(`${db.tenantId}/${id}`);
      if (kept) found.set(id, kept);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    for (const row of await findNotices(db, missing)) {
      const notice = {
        id: row.id,
        reference: row.reference,
        content: readContent({ ...row, accountDetails: row.account_details }, (text) => toE164(text, defaultCountry)),
        row,
      };
      this.prepared.set(`${db.tenantId}/${row.id}`, notice);
      found.set(row.id, notice);
    }
    return found;
  }

  /** Takes apart what a customer has. */
  read(message: Message, defaultCountry: string): Content {
    return readContent(message, (text) => toE164(text, defaultCountry));
  }

  /** What leads to the bank, by its policy and by its newest notices; a few seconds old at most. */
  async addressesOf(db: TenantHandle, version: number, policy: Policy): Promise<BankAddresses> {
    const name = `${db.tenantId}/${version}`;
    const kept = this.addresses.get(name);
    if (kept) return kept;
    const ids = await listRecentNotices(db, { windowSeconds: WINDOW_SECONDS, most: MOST_COMPARED });
    const addresses = bankAddresses(policy, [...(await this.prepare(db, ids, policy.defaultCountry)).values()]);
    this.addresses.set(name, addresses);
    return addresses;
  }
}

/** What leads to the bank, by its policy and by these notices. */
export function bankAddresses({ ownAddresses, campaigns }: Policy, notices: readonly PreparedNotice[]): BankAddresses {
  const declared = readOwnAddresses(ownAddresses);
  const shared = sharedHosts(campaigns.sharedHosts);
  return { declared, all: joinAddresses(declared, ownAddressesIn(notices.flatMap(linksOf), shared)), shared };
}

function linksOf({ content: { links, readings, sender } }: PreparedNotice): Link[] {
  return [
    ...links,
    ...readings.flatMap((reading) => [...reading.links, ...reading.linksBeside]),
    ...(sender?.address ? [sender.address] : []),
  ];
}
