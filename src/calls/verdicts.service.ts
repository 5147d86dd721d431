import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { type CustomerKey, CustomerKeys } from '../customers/customer-keys.js';
import { EventTail } from '../events/event-tail.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { newIdAt } from '../ids/ids.js';
import { readCallerNumber } from '../readers/caller-number.js';
import { readShortNumber } from '../readers/number.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import { Batches } from '../database/batches.js';
import { NoPrimary } from '../database/primary.js';
import { isDatabaseUnavailable } from '../database/tenant-database.js';
import { TimeLimitPassed, withinTimeLimit } from '../upkeep/time-limit.js';
import { type Advice, type AdviceCode, adviceFor, type CampaignNotice, campaignNotice } from '../policy/advice.js';
import { PolicyService } from '../policy/policy.service.js';
import {
  describeLiveCall,
  recordOf,
  type ShownCall,
  type ShownNumber,
  type VerdictQuestion,
} from './verdict.record.js';
import { decideVerdict, UNAVAILABLE, type Verdict, type VerdictReason } from './verdict.policy.js';
import {
  readForVerdicts,
  readSignals,
  recordVerdicts,
  recordVerdictWithAlarm,
  type VerdictRow,
  type VerdictToRecord,
} from './verdicts.store.js';

export interface AnsweredVerdict {
  readonly id: string;
  readonly verdict: Verdict['verdict'];
  readonly reason: VerdictReason;
  readonly findings: Verdict['findings'];
  readonly call?: ShownCall;
  readonly advice: Advice;
  readonly campaign?: CampaignNotice;
  readonly checkedAt: string;
}

/** A phone is ringing: an answer that comes later than this is none. */
const TIME_LIMIT_MS = 1_500;
/** While one batch waits for its commit, the next is read. */
const BATCHES_AT_ONCE = 3;
const MOST_IN_BATCH = 200;
/** Numbers that phones show: the bank's own lines, and those of a wave, are asked about over and over. Those of customers are never kept like this. */
const shownNumbers = new LRUCache<string, ShownNumber>({ max: 10_000 });

const NONE_SHOWN: ShownNumber = { e164: null, reported: null };

interface Asked {
  readonly verdictId: string;
  readonly customerId: string;
  readonly shown: ShownNumber;
  readonly question: VerdictQuestion;
  /** From then on nobody waits for it; as performance.now(). */
  readonly until: number;
}

interface Decided {
  /** Nothing is recorded as given that came too late to be; an alarm is, whenever. */
  readonly isLate: boolean;
  readonly row: VerdictRow;
  readonly verdict: Verdict;
  readonly key: CustomerKey | null;
  readonly record: VerdictToRecord;
}

/**
 * `not_legitimate` says to hang up now, and `unknown` to ring the number on the card; but a caller of whom nobody says that
 * they are the bank may just be left.
 */
function adviceCode({ verdict, reason }: Verdict, trigger: VerdictQuestion['trigger']): AdviceCode {
  if (reason === 'customer_rang') return 'you_rang';
  if (reason === 'someone_rang_as_you' || reason === 'already_on_that_call') return reason;
  if (verdict === 'legitimate') return 'call_is_genuine';
  if (verdict === 'not_legitimate') return 'hang_up';
  const claimsNothing = trigger === 'ringing' && (reason === 'not_our_line' || reason === 'number_withheld');
  return claimsNothing ? 'unknown_caller' : 'hang_up_and_ring_card_number';
}

@Injectable()
export class VerdictsService {
  private readonly batches = new Map<string, Batches<Asked, Decided>>();

  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    private readonly metrics: Metrics,
    private readonly clock: Clock,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  /** The verdict on a call, recorded before it is given. Whatever is broken, the answer is `unknown` and never green. */
  async ask(
    tenantId: string,
    customerId: string,
    question: VerdictQuestion,
    languages: readonly string[] = [],
  ): Promise<AnsweredVerdict> {
    const { id } = newIdAt('vdt', this.clock.milliseconds());
    const answered = await this.decideOrSayUnknown(id, tenantId, customerId, question, languages);
    this.metrics.verdicts.inc({ verdict: answered.verdict, reason: answered.reason });
    return answered;
  }

  /** Whether to hold a payment of this customer, and why. */
  async signals(
    tenantId: string,
    customerId: string,
  ): Promise<{ hold: boolean; reasons: { type: string; at: string }[] }> {
    const { policy } = await this.policies.current(tenantId);
    const rows = await readSignals(this.databases.of(tenantId), customerId, policy.signals.windowSeconds);
    return { hold: rows.length > 0, reasons: rows.map((row) => ({ type: row.type, at: row.at.toISOString() })) };
  }

  private async decideOrSayUnknown(
    id: string,
    tenantId: string,
    customerId: string,
    question: VerdictQuestion,
    languages: readonly string[],
  ): Promise<AnsweredVerdict> {
    try {
      return await withinTimeLimit(this.decide(id, tenantId, customerId, question, languages), TIME_LIMIT_MS);
    } catch (error) {
      const expected = error instanceof TimeLimitPassed || isDatabaseUnavailable(error);
      this.logger[expected ? 'warn' : 'error'](
        { tenant: tenantId, kind: (error as Error).name, code: (error as { code?: string }).code },
        'no verdict could be reached; answered unknown',
      );
      const advice = adviceFor(adviceCode(UNAVAILABLE, question.trigger), this.policies.lastKnown(tenantId), languages);
      return {
        id,
        verdict: UNAVAILABLE.verdict,
        reason: UNAVAILABLE.reason,
        findings: UNAVAILABLE.findings,
        advice,
        checkedAt: this.clock.date().toISOString(),
      };
    }
  }

  private async decide(
    verdictId: string,
    tenantId: string,
    customerId: string,
    question: VerdictQuestion,
    languages: readonly string[],
  ): Promise<AnsweredVerdict> {
    const until = performance.now() + TIME_LIMIT_MS;
    const { policy } = await this.policies.current(tenantId);
    const { incomingNumber } = question;
    const shown = incomingNumber === undefined ? NONE_SHOWN : shownNumber(incomingNumber, policy.defaultCountry);
    const { row, verdict, key, record, isLate } = await this.batchesOf(tenantId).do({
      verdictId,
      customerId,
      shown,
      question,
      until,
    });
    // An alarm locks a call, which somebody else may hold: it waits for that by itself, and no batch waits with it.
    if (raisesAlarm(verdict)) await recordVerdictWithAlarm(this.databases.of(tenantId), record, verdict.relayedCallIds);
    else if (isLate) throw new TimeLimitPassed();
    if (raisesAlarm(verdict) || verdict.callId) this.tail.wake(tenantId);
    return {
      id: verdictId,
      verdict: verdict.verdict,
      reason: verdict.reason,
      findings: verdict.findings,
      ...(verdict.callId ? { call: describeLiveCall(row, verdict.callId, key) } : {}),
      advice: adviceFor(adviceCode(verdict, question.trigger), policy, [row.locale, ...languages]),
      // A call that is genuine is not made doubtful by others that forge its number.
      ...(row.campaign && verdict.verdict !== 'legitimate'
        ? {
            campaign: campaignNotice(
              'campaign_number',
              { ...row.campaign, since: new Date(row.campaign.since), now: row.now },
              policy,
              [row.locale, ...languages],
            ),
          }
        : {}),
      checkedAt: row.now.toISOString(),
    };
  }

  private batchesOf(tenantId: string): Batches<Asked, Decided> {
    const known = this.batches.get(tenantId);
    if (known) return known;
    const made = new Batches<Asked, Decided>({
      work: (asked) => this.decideAll(tenantId, asked),
      atOnce: BATCHES_AT_ONCE,
      most: MOST_IN_BATCH,
      tryApart: (error) => !isDatabaseUnavailable(error),
    });
    this.batches.set(tenantId, made);
    return made;
  }

  /** Reads, decides and records, but for what raises an alarm: two round trips and one commit for all who ask at this moment. */
  private async decideAll(tenantId: string, asked: readonly Asked[]): Promise<Decided[]> {
    const db = this.databases.of(tenantId);
    const { generation } = db;
    const rows = await readForVerdicts(
      db,
      asked.map(({ customerId, shown, question }) => ({
        customerId,
        incomingNumber: shown.reported,
        withNumbers: question.phoneNumberSuffixes !== undefined,
        inAnotherCall: question.trigger === 'ringing' && question.handset?.inCall === true,
      })),
    );
    const now = performance.now();
    const decided = asked.map((one, place): Decided => {
      const row = rows[place]!;
      const verdict = decideVerdict({
        trigger: one.question.trigger,
        incomingNumber: one.shown.e164,
        lineUse: row.line_use,
        handset: one.question.handset ?? null,
        liveCalls: row.live_calls,
      });
      const key =
        row.wrapped_key && row.customer_key_id
          ? this.keys.unwrap(tenantId, one.customerId, {
              key_id: row.customer_key_id,
              wrapped_key: row.wrapped_key,
              locale: row.locale,
            })
          : null;
      return {
        isLate: now >= one.until,
        row,
        verdict,
        key,
        record: { customerId: one.customerId, callId: verdict.callId, data: recordOf(one, row, verdict, key) },
      };
    });
    const quiet = decided.filter(({ verdict, isLate }) => !isLate && !raisesAlarm(verdict));
    if (quiet.length > 0)
      await recordVerdicts(
        db,
        quiet.map(({ record }) => record),
      );
    if (db.generation !== generation)
      throw new NoPrimary('The primary changed between what was read and what was recorded.');
    return decided;
  }
}

function raisesAlarm({ relayedCallIds }: Verdict): boolean {
  return relayedCallIds.length > 0;
}

function shownNumber(text: string, defaultCountry: string): ShownNumber {
  const key = `${defaultCountry} ${text}`;
  const known = shownNumbers.get(key);
  if (known !== undefined) return known;
  const e164 = readCallerNumber(text, defaultCountry);
  const number = { e164, reported: e164 ?? readShortNumber(text) };
  shownNumbers.set(key, number);
  return number;
}
