import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { lookupHash } from '../crypto/sealing.js';
import type { KeyRing } from '../crypto/key-ring.js';
import { EventTail } from '../events/event-tail.js';
import { Clock } from '../database/clock.js';
import { Databases } from '../database/databases.js';
import { ReplicaReads } from '../database/replica-reads.js';
import { toTypeId } from '../ids/ids.js';
import { importLines, type ImportTally, type NdjsonLine } from '../database/line-import.js';
import { readCallerNumber } from '../readers/caller-number.js';
import { LATEST_TIME } from '../readers/time.js';
import { invalidField } from '../refusals/refusal.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import { isUniqueViolation, type TenantDatabase, type TenantHandle } from '../database/tenant-database.js';
import { PolicyService } from '../policy/policy.service.js';
import { readCallRecord, RECORD_ID } from './call-record.js';
import { matchDeclarations, shareOf } from './coverage.policy.js';
import {
  addCallRecords,
  countLowCoverage,
  type CallRecord,
  type CallRecordRow,
  type CoverageRow,
  findCandidates,
  judgeCoverage,
  listCallRecords,
  type NumberHashes,
  readCoverage,
} from './coverage.store.js';

export interface Share {
  readonly declared: number;
  readonly undeclared: number;
  readonly total: number;
  /** From 0 to 1; null where there were no calls. */
  readonly share: number | null;
}

export interface Coverage extends Share {
  readonly from: string;
  readonly to: string;
  readonly by: 'line' | 'team';
  readonly data: readonly (Share & { readonly line?: string | null; readonly team?: string | null })[];
}

export interface RecordedCall {
  readonly recordId: string;
  readonly line: string;
  readonly team: string | null;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly callId: string | null;
  readonly declaredBy: 'number' | 'time' | null;
}

const BATCH = 500;
const MOST_TRIES = 8;
const MOST_LINES = 1_000;
const DAY_MS = 86_400_000;
const LONGEST_DAYS = 366;

/** Which of the calls that the bank really placed were declared. An undeclared genuine call teaches customers to ignore the check. */
@Injectable()
export class CoverageService implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly policies: PolicyService,
    private readonly tail: EventTail,
    @Inject(PROVIDED.serverKeys) private readonly keys: KeyRing,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
    private readonly replica: ReplicaReads,
  ) {}

  onModuleInit(): void {
    this.metrics.measure(
      {
        name: 'countersign_coverage_low',
        help: 'Lines and teams, and all calls together, of which too few were declared when records last came in.',
        labelNames: [],
      },
      async () => {
        const counts = await Promise.all(this.databases.all().map(countLowCoverage));
        return [{ labels: {}, value: counts.reduce((sum, one) => sum + one, 0) }];
      },
    );
  }

  /** Takes the telephone system's records, and tells where coverage fell under the floor. */
  async importRecords(tenantId: string, lines: AsyncIterable<NdjsonLine[]>): Promise<ImportTally> {
    const database = this.databases.of(tenantId);
    const { policy } = await this.policies.current(tenantId);
    const read = (text: string): string | null => readCallerNumber(text, policy.defaultCountry);
    const hash = (e164: string): NumberHashes =>
      this.keys.makeBoth((keys) => lookupHash(keys.lookup, tenantId, 'phone', e164));
    const context = { readNumber: read, readLine: remembering(read), hash };
    try {
      return await importLines<CallRecord>(lines, {
        batch: BATCH,
        read: (value) => readCallRecord(value, context),
        write: (records) => addBatch(database, records),
      });
    } finally {
      if (await judgeCoverage(database, policy.coverage)) this.tail.wake(tenantId);
    }
  }

  /**
   * How many of the outbound calls that began in a span of time were declared, by line or team.
   * @throws Refusal 400 for a span that ends before it begins, or is longer than a year.
   */
  async read(tenantId: string, query: { from?: string; to?: string; by: 'line' | 'team' }): Promise<Coverage> {
    const to = query.to === undefined ? this.clock.date() : new Date(query.to);
    const from = query.from === undefined ? new Date(to.getTime() - DAY_MS) : new Date(query.from);
    if (from >= to) throw invalidField('#/from', 'must be before to');
    if (to.getTime() - from.getTime() > LONGEST_DAYS * DAY_MS)
      throw invalidField('#/from', `must be within ${LONGEST_DAYS} days of to`);
    const span = { from: from.toISOString(), to: to.toISOString() };
    const db = this.databases.of(tenantId);
    const ask = (handle: TenantHandle): Promise<CoverageRow[]> => readCoverage(handle, query.by, span);
    const rows = await this.replica.read(db, 'getCoverage', ask, () => ask(db));
    const sum = (of: 'declared' | 'total'): number => rows.reduce((all, row) => all + row[of], 0);
    return {
      ...span,
      by: query.by,
      ...describeShare(sum('declared'), sum('total')),
      data: rows.map((row) => ({ [query.by]: row.of, ...describeShare(row.declared, row.total) })),
    };
  }

  /** The outbound calls themselves, newest first. */
  async list(
    tenantId: string,
    query: { declared?: boolean; line?: string; team?: string; after?: string; limit: number },
  ): Promise<{ data: RecordedCall[]; next: string | null }> {
    const { policy } = await this.policies.current(tenantId);
    const which = {
      declared: query.declared ?? null,
      line: query.line === undefined ? null : (readCallerNumber(query.line, policy.defaultCountry) ?? query.line),
      team: query.team ?? null,
      ...readCursor(query.after),
      most: query.limit + 1,
    };
    const db = this.databases.of(tenantId);
    const ask = (handle: TenantHandle): Promise<CallRecordRow[]> => listCallRecords(handle, which);
    const rows = await this.replica.read(db, 'listCallRecords', ask, () => ask(db));
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return {
      data: page.map(describeRecord),
      next: rows.length > query.limit && last ? `${last.started_at.getTime()}.${last.record_id}` : null,
    };
  }
}

/** Reading a number costs more than all the rest of a record. Whoever sends ever new lines is not helped, and does no harm. */
function remembering(read: (text: string) => string | null): (text: string) => string | null {
  const known = new Map<string, string | null>();
  return (text) => {
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    const value = read(text);
    if (known.size < MOST_LINES) known.set(text, value);
    return value;
  };
}

/** On a connection of its own, so that no verdict waits behind an import. Of two imports that want one declaration, the later looks again. */
async function addBatch(database: TenantDatabase, given: readonly CallRecord[]): Promise<number> {
  const records = [...new Map(given.map((record) => [record.recordId, record])).values()];
  for (let tries = 1; ; tries += 1) {
    try {
      return await database.transaction(async (db) => {
        const declarations = matchDeclarations(await findCandidates(db, records));
        return addCallRecords(
          db,
          records.map((record, place) => ({
            ...record,
            callId: declarations.get(place)?.callId ?? null,
            declaredBy: declarations.get(place)?.by ?? null,
          })),
        );
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'call_records_one_by_time') || tries === MOST_TRIES) throw error;
    }
  }
}

function readCursor(after: string | undefined): { afterTime: string | null; afterId: string | null } {
  if (after === undefined) return { afterTime: null, afterId: null };
  const [, time = '', id = ''] = /^(\d{1,15})\.(.+)$/.exec(after) ?? [];
  if (time === '' || Number(time) > LATEST_TIME.getTime() || !RECORD_ID.test(id))
    throw invalidField('#/after', 'must be the `next` of the page before');
  return { afterTime: new Date(Number(time)).toISOString(), afterId: id };
}

function describeShare(declared: number, total: number): Share {
  return { declared, undeclared: total - declared, total, share: shareOf(declared, total) };
}

function describeRecord(row: CallRecordRow): RecordedCall {
  return {
    recordId: row.record_id,
    line: row.line,
    team: row.team,
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at.toISOString(),
    callId: row.call_id === null ? null : toTypeId('call', row.call_id),
    declaredBy: row.declared_by,
  };
}
