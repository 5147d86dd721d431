import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { EventTail } from '../events/event-tail.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { PROVIDED } from '../config/provided.js';
import { parseReference } from '../ids/reference.js';
import { isDatabaseUnavailable } from '../database/tenant-database.js';
import { TimeLimitPassed, withinTimeLimit } from '../upkeep/time-limit.js';
import { type Advice, type AdviceCode, adviceFor } from '../policy/advice.js';
import { PolicyService } from '../policy/policy.service.js';
import { visible } from '../readers/text.js';
import {
  decideNoticeCheck,
  NOTICE_CHECK_UNAVAILABLE,
  type NoticeCheckFacts,
  type NoticeCheckVerdict,
  type NoticeDifference,
} from './notice-check.policy.js';
import type { Message } from './notice-content.js';
import { compareNotice, compareWithBank, isFrom, linksIn, type Question } from './notice-matching.js';
import type { BankAddresses } from './notice-links.js';
import { readForNoticeCheck, recordNoticeCheck } from './notices.store.js';
import { bankAddresses, type KnownNotice, MOST_COMPARED, PreparedNotices, WINDOW_SECONDS } from './prepared-notices.js';

export interface NoticeQuestion extends Message {
  readonly reference?: string;
  readonly receivedAt?: string;
}

/** In which languages the words may be, and which agent asks on behalf of the customer. */
export interface Asker {
  readonly languages?: readonly string[];
  readonly agentId?: string | null;
}

export interface AnsweredNoticeCheck {
  readonly verdict: NoticeCheckVerdict['verdict'];
  readonly reason: NoticeCheckVerdict['reason'];
  readonly differences: readonly NoticeDifference[];
  readonly notice?: {
    readonly reference: string;
    readonly summary: string;
    readonly channel: string;
    readonly sentAt: string;
  };
  readonly advice: Advice;
  readonly checkedAt: string;
}

const TIME_LIMIT_MS = 1_500;
/** What came earlier than this before the bank sent it was not sent by the bank. Phones and mail servers have clocks of their own. */
const EARLY_MS = 86_400_000;

@Injectable()
export class NoticeChecksService {
  constructor(
    private readonly databases: Databases,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    private readonly notices: PreparedNotices,
    private readonly clock: Clock,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  /** The verdict on a message, recorded before it is given. Whatever is broken, the answer is `unknown` and never green. */
  async check(
    tenantId: string,
    customerId: string,
    question: NoticeQuestion,
    { languages = [], agentId = null }: Asker = {},
  ): Promise<AnsweredNoticeCheck> {
    try {
      return await withinTimeLimit(this.decide(tenantId, customerId, question, { languages, agentId }), TIME_LIMIT_MS);
    } catch (error) {
      const expected = error instanceof TimeLimitPassed || isDatabaseUnavailable(error);
      this.logger[expected ? 'warn' : 'error'](
        { tenant: tenantId, kind: (error as Error).name, code: (error as { code?: string }).code },
        'no message could be checked; answered unknown',
      );
      return {
        verdict: 'unknown',
        reason: 'unavailable',
        differences: [],
        advice: adviceFor(adviceCode(NOTICE_CHECK_UNAVAILABLE), this.policies.lastKnown(tenantId), languages),
        checkedAt: this.clock.date().toISOString(),
      };
    }
  }

  private async decide(
    tenantId: string,
    customerId: string,
    { reference, receivedAt, ...message }: NoticeQuestion,
    { languages, agentId }: Required<Asker>,
  ): Promise<AnsweredNoticeCheck> {
    const db = this.databases.of(tenantId);
    const { policy } = await this.policies.current(tenantId);
    const asked = reference === undefined ? null : readReference(reference);
    const question: Question = { reference: asked, content: this.notices.read(message, policy.defaultCountry) };
    const row = await readForNoticeCheck(db, {
      customerId,
      reference: asked,
      windowSeconds: WINDOW_SECONDS,
      most: MOST_COMPARED,
    });
    const known = await this.notices.prepare(db, [...new Set([...row.own, ...row.recent])], policy.defaultCountry);
    const verdict = decideNoticeCheck(
      factsOf(question, row, known, bankAddresses(policy, [...known.values()]), receivedAt),
    );
    await recordNoticeCheck(db, customerId, verdict, agentId);
    this.tail.wake(tenantId);
    return {
      ...describeVerdict(verdict, known),
      advice: adviceFor(adviceCode(verdict), policy, [row.locale, ...languages]),
      checkedAt: row.now.toISOString(),
    };
  }
}

/** What is no reference fits no notice; what is blank is none. */
function readReference(text: string): string | null {
  const typed = visible(text).trim();
  return parseReference(typed)?.reference ?? (typed.slice(0, 16).toWellFormed() || null);
}

function factsOf(
  question: Question,
  row: { now: Date; own: string[]; recent: string[] },
  known: ReadonlyMap<string, KnownNotice>,
  bank: BankAddresses,
  receivedAt: string | undefined,
): NoticeCheckFacts {
  const { content } = question;
  const among = (ids: readonly string[]): KnownNotice[] => ids.flatMap((id) => known.get(id) ?? []);
  const mine = new Set(row.own);
  const received = receivedAt === undefined ? row.now.getTime() : Date.parse(receivedAt);
  const own = among(row.own).filter((notice) => received > notice.row.sent_at.getTime() - EARLY_MS);
  return {
    own: own.map((notice) => compareNotice(question, notice, bank)),
    onlyReference: content.readings.length === 0 && linksIn(content).length === 0 && content.account === null,
    elsewhere: among(row.recent).some((notice) => !mine.has(notice.id) && isFrom(content, notice)),
    unrecorded: own.some(
      (notice) =>
        notice.content.readings.length === 0 &&
        (notice.content.sender === null || notice.content.sender.exact === content.sender?.exact),
    ),
    ...compareWithBank(content, among([...new Set([...row.recent, ...row.own])]), bank.all),
  };
}

function describeVerdict(
  { verdict, reason, noticeId, differences }: NoticeCheckVerdict,
  known: ReadonlyMap<string, KnownNotice>,
): Omit<AnsweredNoticeCheck, 'advice' | 'checkedAt'> {
  const row = noticeId === null ? undefined : known.get(noticeId)?.row;
  const notice = row && {
    reference: row.reference,
    summary: row.summary,
    channel: row.channel,
    sentAt: row.sent_at.toISOString(),
  };
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
