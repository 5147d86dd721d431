import { Injectable } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { ReplicaReads } from '../database/replica-reads.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { invalidField } from '../refusals/refusal.js';
import { fromTypeId, type IdPrefix } from '../ids/ids.js';
import { type CloudEvent, type EventRow, type Position, toCloudEvent } from './event.js';
import { type EventSubject, listEventsByTime } from './events-by-time.store.js';
import { findPosition, readHorizon, readWantedAfter } from './events.store.js';

/** Which events, and in which order. */
export interface EventListQuery {
  readonly types: readonly string[] | undefined;
  readonly order: 'asc' | 'desc';
  readonly from: string | null;
  readonly to: string | null;
  readonly customerId: string | null;
  readonly subject: string | null;
}

@Injectable()
export class EventsService {
  constructor(
    private readonly databases: Databases,
    private readonly replica: ReplicaReads,
  ) {}

  /**
   * Events in the order of the log, after an event; by their time, where they are narrowed or asked for backwards. Only settled ones: what comes after the last of them can never
   * come to stand before it. @throws Refusal 400 for what is no event of the tenant.
   */
  async list(
    tenantId: string,
    query: EventListQuery,
    afterId: string | null,
    limit: number,
  ): Promise<{ data: CloudEvent[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const ask = (handle: TenantHandle): Promise<EventRow[]> => readRows(handle, query, afterId, limit + 1);
    const rows = await this.replica.read(
      db,
      'listEvents',
      async (handle) => whereSettled(db, await ask(handle)),
      () => ask(db),
    );
    return pageOf(rows, limit, tenantId);
  }
}

async function readRows(
  db: TenantHandle,
  query: EventListQuery,
  afterId: string | null,
  most: number,
): Promise<EventRow[]> {
  if (isByTime(query)) {
    const subject = query.subject === null ? null : readSubject(query.subject);
    return listEventsByTime(db, { ...query, subject, after: afterId, most });
  }
  const after: Position | null = afterId === null ? { xid: 0n, sequence: 0n } : await findPosition(db, {}, afterId);
  if (!after) throw invalidField('#/after', 'must be the id of an event, such as the `next` of the page before');
  return readWantedAfter(db, { types: query.types }, after, most);
}

/**
 * A replica may have what the primary has not acknowledged yet, and would lose with a promotion: events are shown once the
 * primary has them settled.
 */
async function whereSettled(primary: TenantHandle, rows: EventRow[]): Promise<EventRow[] | null> {
  if (rows.length === 0) return rows;
  const { xid } = await readHorizon(primary);
  return rows.every((row) => BigInt(row.xid) <= xid) ? rows : null;
}

function isByTime({ order, from, to, customerId, subject }: EventListQuery): boolean {
  return order === 'desc' || [from, to, customerId, subject].some((narrows) => narrows !== null);
}

function pageOf(
  rows: readonly EventRow[],
  limit: number,
  tenantId: string,
): { data: CloudEvent[]; next: string | null } {
  const data = rows.slice(0, limit).map((row) => toCloudEvent(row, tenantId));
  return { data, next: rows.length > limit ? data.at(-1)!.id : null };
}

const THINGS: readonly IdPrefix[] = ['ver', 'chg', 'cbk', 'dev', 'ntc', 'rpt', 'cmp', 'whk', 'clm'];
const KINDS: readonly string[] = ['policy', 'line', 'coverage', 'data'];

/** What an event's `subject` stands for: whatever has no prefix of ours is a customer, whose ids are the bank's own. */
function readSubject(text: string): EventSubject {
  const callId = fromTypeId('call', text);
  if (callId !== null) return { is: 'call', about: 'call', id: callId };
  for (const about of THINGS) {
    const id = fromTypeId(about, text);
    if (id !== null) return { is: 'thing', about, id };
  }
  return KINDS.includes(text) ? { is: 'kind', about: text } : { is: 'customer', customerId: text };
}
