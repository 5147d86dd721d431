import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { EventTail } from '../events/event-tail.js';
import { Clock } from '../platform/clock.js';
import { Databases } from '../platform/databases.js';
import { toE164 } from '../readers/number.js';
import { PROVIDED } from '../platform/provided.js';
import { parseReference } from '../platform/reference.js';
import { isDatabaseUnavailable, type TenantHandle } from '../platform/tenant-database.js';
import { TimeLimitPassed, withinTimeLimit } from '../platform/time-limit.js';
import { type Advice, type AdviceCode, adviceFor } from '../policy/advice.policy.js';
import { PolicyService } from '../policy/policy.service.js';
import { visible } from '../readers/text.js';
import { decideNoticeCheck, NOTICE_CHECK_UNAVAILABLE, type NoticeCheckFacts, type NoticeCheckVerdict, type NoticeDifference } from './notice-check.policy.js';
import { type Message, readContent } from './notice-content.js';
import { compareNotice, compareWithBank, isFrom, type PreparedNotice, type Question } from './notice-matching.js';
import { findNotices, type NoticeRow, readForNoticeCheck, recordNoticeCheck } from './notices.store.js';

export interface NoticeQuestion extends Message {
  readonly reference?: string;
  readonly receivedAt?: string;
}

export interface AnsweredNoticeCheck {
  readonly verdict: NoticeCheckVerdict['verdict'];
  readonly reason: NoticeCheckVerdict['reason'];
  readonly differences: readonly NoticeDifference[];
  readonly notice?: { readonly reference: string; readonly summary: string; readonly channel: string; readonly sentAt: string };
  readonly advice: Advice;
  readonly checkedAt: string;
}

interface KnownNotice extends PreparedNotice {
  readonly row: NoticeRow;
}

const TIME_LIMIT_MS = 1_500;
/** A message is compared with this many of the newest notices, of the customer and of the bank, and none that is older. */
const MOST_COMPARED = 200;
const WINDOW_SECONDS = 90 * 86_400;
/** What came earlier than this before the bank sent it was not sent by the bank. Phones and mail servers have clocks of their own. */
const EARLY_MS = 86_400_000;
/** Characters of text whose parts are kept ready. */
const MOST_KEPT = 8_000_000;

@Injectable()
export class NoticeChecksService {
  /** A notice never changes, and thousands of its recipients ask about it. */
  private readonly prepared = new LRUCache<string, KnownNotice>({ maxSize: MOST_KEPT, sizeCalculation: ({ row }) => 200 + (row.text?.length ?? 0) + row.links.join('').length });

  constructor(
    private readonly databases: Databases, private readonly policies: PolicyService, private readonly tail: EventTail, private readonly clock: Clock, @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  /** The verdict on a message, recorded before it is given. Whatever is broken, the answer is `unknown` and never green. */
  async check(tenantId: string, customerId: string, question: NoticeQuestion): Promise<AnsweredNoticeCheck> {
    try {
      return await withinTimeLimit(this.decide(tenantId, customerId, question), TIME_LIMIT_MS);
    } catch (error) {
      const expected = error instanceof TimeLimitPassed || isDatabaseUnavailable(error);
      this.logger[expected ? 'warn' : 'error']({ tenant: tenantId, kind: (error as Error).name, code: (error as { code?: string }).code }, 'no message could be checked; answered unknown');
      return { verdict: 'unknown', reason: 'unavailable', differences: [], advice: adviceFor(adviceCode(NOTICE_CHECK_UNAVAILABLE), this.policies.lastKnown(tenantId), null), checkedAt: this.clock.date().toISOString() };
    }
  }

  private async decide(tenantId: string, customerId: string, { reference, receivedAt, ...message }: NoticeQuestion): Promise<AnsweredNoticeCheck> {
    const db = this.databases.of(tenantId);
    const { policy } = await this.policies.current(tenantId);
    const read = (what: Message) => readContent(what, (text) => toE164(text, policy.defaultCountry));
    const asked = reference === undefined ? null : readReference(reference);
    const question: Question = { reference: asked, content: read(message) };
    const row = await readForNoticeCheck(db, { customerId, reference: asked, windowSeconds: WINDOW_SECONDS, most: MOST_COMPARED });
    const known = await this.prepare(db, [...new Set([...row.own, ...row.recent])], (notice) => read({ ...notice, accountDetails: notice.account_details }));
    const verdict = decideNoticeCheck(factsOf(question, row, known, receivedAt));
    await recordNoticeCheck(db, customerId, verdict);
    this.tail.wake(tenantId);
    return { ...describeVerdict(verdict, known), advice: adviceFor(adviceCode(verdict), policy, row.locale), checkedAt: row.now.toISOString() };
  }

  private async prepare(db: TenantHandle, ids: readonly string[], read: (notice: NoticeRow) => PreparedNotice['content']): Promise<ReadonlyMap<string, KnownNotice>> {
    const found = new Map<string, KnownNotice>();
    const missing: string[] = [];
    for (const id of ids) {
      const kept = this.prepared.get(`${db.tenantId}/${id}`);
      if (kept) found.set(id, kept);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    for (const row of await findNotices(db, missing)) {
      const notice = { id: row.id, reference: row.reference, content: read(row), row };
      this.prepared.set(`${db.tenantId}/${row.id}`, notice);
      found.set(row.id, notice);
    }
    return found;
  }
}

/** What is no reference fits no notice; what is blank is none. */
function readReference(text: string): string | null {
  const typed = visible(text).trim();
  return parseReference(typed)?.reference ?? (typed.slice(0, 16).toWellFormed() || null);
}

function factsOf(question: Question, row: { now: Date; own: string[]; recent: string[] }, known: ReadonlyMap<string, KnownNotice>, receivedAt: string | undefined): NoticeCheckFacts {
  const { content } = question;
  const among = (ids: readonly string[]): KnownNotice[] => ids.flatMap((id) => known.get(id) ?? []);
  const mine = new Set(row.own);
  const received = receivedAt === undefined ? row.now.getTime() : Date.parse(receivedAt);
  const own = among(row.own).filter((notice) => received > notice.row.sent_at.getTime() - EARLY_MS);
  return {
    own: own.map((notice) => compareNotice(question, notice)),
    onlyReference: content.wording === null && content.links.length === 0 && content.accounts.length === 0,
    elsewhere: among(row.recent).some((notice) => !mine.has(notice.id) && isFrom(content, notice)),
    ...compareWithBank(content, among([...new Set([...row.recent, ...row.own])])),
  };
}

function describeVerdict({ verdict, reason, noticeId, differences }: NoticeCheckVerdict, known: ReadonlyMap<string, KnownNotice>): Omit<AnsweredNoticeCheck, 'advice' | 'checkedAt'> {
  const row = noticeId === null ? undefined : known.get(noticeId)?.row;
  const notice = row && { reference: row.reference, summary: row.summary, channel: row.channel, sentAt: row.sent_at.toISOString() };
  return { verdict, reason, differences, ...(notice ? { notice } : {}) };
}

function adviceCode({ verdict, reason }: NoticeCheckVerdict): AdviceCode {
  switch (verdict) {
    case 'genuine':
      return reason === 'reference_only' ? 'notice_reference_only' : 'notice_is_genuine';
    case 'altered':
      return 'notice_altered';
    case 'not_ours':
      return 'notice_not_ours';
    case 'unknown':
      return reason === 'incomplete' ? 'notice_incomplete' : 'notice_unknown';
  }
}
