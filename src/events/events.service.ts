import { Injectable } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { invalidField } from '../refusals/refusal.js';
import { type CloudEvent, type Position, toCloudEvent } from './event.js';
import type { EventFilter } from './event-filter.js';
import { findPosition, readWantedAfter } from './events.store.js';

@Injectable()
export class EventsService {
  constructor(private readonly databases: Databases) {}

  /**
   * Events in the order of the log, after an event. Only settled ones: what comes after the last of them can never
   * come to stand before it. @throws Refusal 400 for what is no event of the tenant.
   */
  async list(
    tenantId: string,
    filter: EventFilter,
    afterId: string | null,
    limit: number,
  ): Promise<{ data: CloudEvent[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const after: Position | null = afterId === null ? { xid: 0n, sequence: 0n } : await findPosition(db, {}, afterId);
    if (!after) throw invalidField('#/after', 'must be the id of an event, such as the `next` of the page before');
    const rows = await readWantedAfter(db, filter, after, limit + 1);
    const data = rows.slice(0, limit).map((row) => toCloudEvent(row, tenantId));
    return { data, next: rows.length > limit ? data.at(-1)!.id : null };
  }
}
