import { Inject, Injectable } from '@nestjs/common';
import { readAccount as readAccountDetails } from '../readers/account.js';
import type { ModulusWeights } from '../readers/uk-modulus-weights.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';
import { EventTail } from '../events/event-tail.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId, toTypeId } from '../ids/ids.js';
import { importLines, type ImportTally, type NdjsonLine } from '../database/line-import.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import { PROVIDED } from '../config/provided.js';
import { generateReference } from '../ids/reference.js';
import { isUniqueViolation, type RequestDatabase } from '../database/tenant-database.js';
import type { TypedAccount } from '../readers/account-numbers.js';
import { PolicyService } from '../policy/policy.service.js';
import { readLink } from '../readers/link.js';
import type { OwnAddresses } from '../readers/own-addresses.js';
import type { SharedHosts } from '../readers/shared-hosts.js';
import type { Channel } from './channels.js';
import { describeNotice, type Notice } from './notice.view.js';
import { PreparedNotices } from './prepared-notices.js';
import {
  addNoticeRecipients,
  findNotice,
  findNoticeByReference,
  listNotices,
  type NoticeRow,
  registerNotice,
} from './notices.store.js';

export interface NoticeToSend {
  readonly channel: Channel;
  readonly sender?: string;
  readonly summary: string;
  readonly text?: string;
  readonly links?: readonly string[];
  readonly accountDetails?: TypedAccount;
  readonly sentAt: string;
  readonly recipients?: readonly string[];
}

interface Recipient {
  readonly customerId: string;
}

/** Measured: larger batches are no faster, and hold what they lock for longer. See docs/notices.md. */
const BATCH = 2_000;
const MOST_TRIES = 8;
const WEB = /^https?:$/;

@Injectable()
export class NoticesService {
  constructor(
    private readonly databases: Databases,
    private readonly policies: PolicyService,
    private readonly prepared: PreparedNotices,
    private readonly tail: EventTail,
    @Inject(PROVIDED.modulusWeights) private readonly weights: ModulusWeights,
  ) {}

  /**
   * Registers something that the bank sends, with its first recipients.
   * @throws Refusal 400 for a link that no browser follows, 422 for an account that cannot exist.
   */
  async register(caller: Requester, notice: NoticeToSend, registeredBy: string): Promise<Notice> {
    (notice.links ?? []).forEach((link, index) => checkLink(link, `#/links/${index}`));
    const accountDetails =
      notice.accountDetails === undefined ? null : readAccount(notice.accountDetails, this.weights);
    const db = this.databases.of(caller);
    const row = await this.insert(
      db,
      {
        channel: notice.channel,
        sender: notice.sender ?? null,
        summary: notice.summary,
        text: notice.text ?? null,
        links: notice.links ?? [],
        accountDetails,
        sentAt: notice.sentAt,
        registeredBy,
      },
      notice.recipients ?? [],
    );
    db.afterCommit(() => this.tail.wake(db.tenantId));
    return describeNotice(row);
  }

  async get(tenantId: string, noticeId: string): Promise<Notice> {
    return describeNotice(await this.find(tenantId, noticeId));
  }

  async list(
    tenantId: string,
    query: { channel: string | null; afterId: string | null; limit: number },
  ): Promise<{ data: Notice[]; next: string | null }> {
    const rows = await listNotices(this.databases.of(tenantId), {
      channel: query.channel,
      afterId: query.afterId,
      most: query.limit + 1,
    });
    const page = rows.slice(0, query.limit);
    return {
      data: page.map(describeNotice),
      next: rows.length > query.limit ? toTypeId('ntc', page.at(-1)!.id) : null,
    };
  }

  /** Takes in to whom a notice goes, batch by batch; what is taken stays taken when the import is cut off. */
  async importRecipients(
    tenantId: string,
    noticeId: string,
    lines: AsyncIterable<NdjsonLine[]>,
    author: string,
  ): Promise<ImportTally> {
    const { id } = await this.find(tenantId, noticeId);
    const database = this.databases.of(tenantId);
    const tally = await importLines<Recipient>(lines, {
      batch: BATCH,
      read: readRecipient,
      // On a connection of its own, so that no verdict waits behind an import.
      write: (rows) =>
        database.transaction((db) =>
          addNoticeRecipients(db, { noticeId: id, customerIds: rows.map(({ customerId }) => customerId), author }),
        ),
    });
    this.tail.wake(tenantId);
    return tally;
  }

  /** What the bank's policy and its newest notices say of hosts: a few seconds old at most. */
  async knownHosts(tenantId: string): Promise<{ readonly own: OwnAddresses; readonly shared: SharedHosts }> {
    const { policy, version } = await this.policies.current(tenantId);
    const { all, shared } = await this.prepared.addressesOf(this.databases.of(tenantId), version, policy);
    return { own: all, shared };
  }

  /** The notice of a reference; where a customer is named, only one that went to them. */
  findByReference(tenantId: string, reference: string, customerId: string | null): Promise<NoticeRow | null> {
    return findNoticeByReference(this.databases.of(tenantId), reference, customerId);
  }

  private async find(tenantId: string, noticeId: string): Promise<NoticeRow> {
    const id = fromTypeId('ntc', noticeId);
    const row = id && (await findNotice(this.databases.of(tenantId), id));
    if (!row) throw new Refusal('not-found');
    return row;
  }

  private async insert(
    database: RequestDatabase,
    notice: Omit<Parameters<typeof registerNotice>[1], 'id' | 'reference'>,
    customerIds: readonly string[],
  ): Promise<NoticeRow> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await database.transaction(async (db) => {
          const row = await registerNotice(db, {
            id: newId('ntc').uuid,
            reference: generateReference('notice'),
            ...notice,
          });
          const recipients =
            customerIds.length === 0
              ? 0
              : await addNoticeRecipients(db, { noticeId: row.id, customerIds, author: notice.registeredBy });
          return { ...row, recipients };
        });
      } catch (error) {
        if (!isUniqueViolation(error, 'notices_by_reference') || tries === MOST_TRIES) throw error;
      }
    }
  }
}

function checkLink(link: string, pointer: string): void {
  const { target } = readLink(link);
  if (target === null || (target.scheme !== null && !WEB.test(target.scheme)))
    throw invalidField(pointer, 'must be a web address such as https://bank.example/help');
}

/** A recipient is `{"customerId":"…"}` or the id alone. A row is an object, so that it cannot be taken for a fault. */
function readRecipient(value: unknown): Recipient | string {
  const customerId =
    typeof value === 'object' && value !== null && Object.keys(value).join() === 'customerId'
      ? (value as Recipient).customerId
      : value;
  return typeof customerId === 'string' && CUSTOMER_ID.test(customerId)
    ? { customerId }
    : 'must be {"customerId":"…"} or "…", 1 to 64 of A–Z a–z 0–9 . _ -';
}

/** The account in its one form; unlike in a change of details, the holder may be left out. */
function readAccount({ holder, ...given }: TypedAccount, weights: ModulusWeights): TypedAccount {
  const read = readAccountDetails({ ...given, holder: 'anybody' }, weights);
  if ('account' in read) {
    const { holder: _anybody, ...account } = read.account;
    return { ...(holder === undefined ? {} : { holder }), ...account };
  }
  const { fault, pointer, detail } = read;
  throw fault === 'shape'
    ? invalidField(`#/accountDetails${pointer}`, detail)
    : notValid(`#/accountDetails${pointer}`, detail);
}

function notValid(pointer: string, detail: string): Refusal {
  return new Refusal('account-not-valid', { errors: [{ pointer, detail }] });
}
