import { read, sql, write } from '../database/sql.js';
import { eventRow, eventRowWith, typeAbout } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { TypedAccount } from '../readers/account-numbers.js';
import type { Channel } from './channels.js';
import type { NoticeCheckVerdict } from './notice-check.policy.js';

export interface NoticeRow {
  readonly id: string;
  readonly reference: string;
  readonly channel: Channel;
  readonly sender: string | null;
  readonly summary: string;
  readonly text: string | null;
  readonly links: string[];
  readonly account_details: TypedAccount | null;
  readonly sent_at: Date;
  readonly sent: boolean;
  readonly recipients: number;
  readonly registered_at: Date;
}

const COLUMNS = sql`id, reference, channel, sender, summary, text, links, account_details, sent_at, (sent_at <= now()) AS sent,
  recipients, registered_at`;

export interface NoticeToRegister {
  readonly id: string;
  readonly reference: string;
  readonly channel: Channel;
  readonly sender: string | null;
  readonly summary: string;
  readonly text: string | null;
  readonly links: readonly string[];
  readonly accountDetails: TypedAccount | null;
  readonly sentAt: string;
  readonly registeredBy: string;
}

const register = write(
  'notices.register',
  sql`
  WITH registered AS (
    INSERT INTO notices (id, reference, channel, sender, summary, text, links, account_details, sent_at, registered_by)
    VALUES (:id, :reference, :channel, :sender, :summary, :text, :links::text[], :accountDetails::jsonb, :sentAt, :registeredBy)
    RETURNING ${COLUMNS}
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('notice.registered', sql`id`, {
      reference: sql`reference`,
      channel: sql`channel`,
      sentAt: sql`sent_at`,
      by: sql`:registeredBy::text`,
    })} FROM registered
  )
  SELECT * FROM registered`,
);

/** Registers what the bank sends. Fails on `notices_by_reference` where the reference is taken. */
export async function registerNotice(db: TenantHandle, notice: NoticeToRegister): Promise<NoticeRow> {
  const [row] = await db.query<NoticeRow>(register, {
    ...notice,
    accountDetails: notice.accountDetails === null ? null : JSON.stringify(notice.accountDetails),
  });
  return row!;
}

// In order, so that two imports of the same customers wait for each other and never in a circle.
const addRecipients = write(
  'notices.addRecipients',
  sql`
  WITH added AS (
    INSERT INTO notice_recipients (customer_id, notice_id)
    SELECT DISTINCT g.id, :noticeId::uuid FROM unnest(:customerIds::text[]) AS g (id) ORDER BY 1
    ON CONFLICT DO NOTHING
    RETURNING 1
  ), counted AS (
    SELECT count(*)::int AS added FROM added
  ), grown AS (
    UPDATE notices SET recipients = recipients + added FROM counted WHERE id = :noticeId AND added > 0
    RETURNING id
  ), logged AS (
    INSERT INTO events (type, about, about_id, data)
    SELECT ${eventRow('notice.recipients_added', sql`id`, { added: sql`added`, by: sql`:author::text` })} FROM grown, counted
  )
  SELECT added FROM counted`,
);

/** Adds customers to whom a notice goes; returns how many were not there already. */
export async function addNoticeRecipients(
  db: TenantHandle,
  values: { noticeId: string; customerIds: readonly string[]; author: string },
): Promise<number> {
  const [row] = await db.query<{ added: number }>(addRecipients, values);
  return row!.added;
}

const byId = read('notices.byId', sql`SELECT ${COLUMNS} FROM notices WHERE id = :id`);

export async function findNotice(db: TenantHandle, id: string): Promise<NoticeRow | null> {
  const [row] = await db.query<NoticeRow>(byId, { id });
  return row ?? null;
}

const byReference = read('notices.byReference', sql`SELECT ${COLUMNS} FROM notices WHERE reference = :reference`);

const byReferenceOfRecipient = read(
  'notices.byReferenceOfRecipient',
  sql`
  SELECT ${COLUMNS} FROM notices WHERE reference = :reference
     AND EXISTS (SELECT FROM notice_recipients r WHERE r.notice_id = notices.id AND r.customer_id = :customerId)`,
);

/** A notice; where a customer is named, only one that went to them. */
export async function findNoticeByReference(
  db: TenantHandle,
  reference: string,
  customerId: string | null,
): Promise<NoticeRow | null> {
  const [row] = await (customerId === null
    ? db.query<NoticeRow>(byReference, { reference })
    : db.query<NoticeRow>(byReferenceOfRecipient, { reference, customerId }));
  return row ?? null;
}

const list = read(
  'notices.list',
  sql`
  SELECT ${COLUMNS} FROM notices
   WHERE (:channel::text IS NULL OR channel = :channel) AND (:afterId::uuid IS NULL OR id < :afterId)
   ORDER BY id DESC LIMIT :most`,
);

/** Newest first. */
export async function listNotices(
  db: TenantHandle,
  values: { channel: string | null; afterId: string | null; most: number },
): Promise<NoticeRow[]> {
  return db.query<NoticeRow>(list, values);
}

export interface NoticeCheckRow {
  readonly now: Date;
  readonly locale: string | null;
  /** Notices to this customer, newest first; the one of the reference before all. */
  readonly own: string[];
  /** Notices of the bank, newest first. */
  readonly recent: string[];
}

// One row whether or not the customer exists, so that neither shape nor time tells.
const readForCheck = read(
  'notices.readForCheck',
  sql`
  SELECT now() AS now,
         (SELECT locale FROM customers WHERE id = :customerId) AS locale,
         ARRAY(SELECT n.id::text FROM notice_recipients r JOIN notices n ON n.id = r.notice_id
                WHERE r.customer_id = :customerId
                  AND (n.sent_at > now() - make_interval(secs => :windowSeconds) OR n.reference = :reference)
                ORDER BY n.reference IS NOT DISTINCT FROM :reference::text DESC, n.sent_at DESC LIMIT :most) AS own,
         ARRAY(SELECT n.id::text FROM notices n WHERE n.sent_at > now() - make_interval(secs => :windowSeconds) ORDER BY n.sent_at DESC
           LIMIT :most) AS recent`,
);

/** Which notices a message is to be compared with. */
export async function readForNoticeCheck(
  db: TenantHandle,
  values: { customerId: string; reference: string | null; windowSeconds: number; most: number },
): Promise<NoticeCheckRow> {
  const [row] = await db.query<NoticeCheckRow>(readForCheck, values);
  return row!;
}

const recent = read(
  'notices.recent',
  sql`
  SELECT id::text AS id FROM notices WHERE sent_at > now() - make_interval(secs => :windowSeconds) ORDER BY sent_at DESC LIMIT :most`,
);

/** The ids of the bank's newest notices, newest first. */
export async function listRecentNotices(
  db: TenantHandle,
  values: { windowSeconds: number; most: number },
): Promise<string[]> {
  return (await db.query<{ id: string }>(recent, values)).map(({ id }) => id);
}

const byIds = read('notices.byIds', sql`SELECT ${COLUMNS} FROM notices WHERE id = ANY(:ids::uuid[])`);

export async function findNotices(db: TenantHandle, ids: readonly string[]): Promise<NoticeRow[]> {
  return db.query<NoticeRow>(byIds, { ids });
}

const record = write(
  'notices.recordCheck',
  sql`
  INSERT INTO events (type, about, about_id, customer_id, data)
  VALUES (${eventRowWith(
    typeAbout('notice.checked', sql`CASE WHEN :noticeId::uuid IS NULL THEN 'customer' ELSE 'ntc' END`),
    sql`:noticeId::uuid, :customerId`,
    sql`:data::jsonb`,
  )})`,
);

/** Records the verdict on a message: in which fields it differed, which agent asked for the customer, and nothing of what it said. */
export async function recordNoticeCheck(
  db: TenantHandle,
  customerId: string,
  { verdict, reason, noticeId, differences }: NoticeCheckVerdict,
  agentId: string | null,
): Promise<void> {
  const differs = [...new Set(differences.map(({ field }) => field))];
  const by = agentId === null ? {} : { by: agentId };
  await db.query(record, { customerId, noticeId, data: JSON.stringify({ verdict, reason, differs, ...by }) });
}
