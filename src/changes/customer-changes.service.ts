import { Injectable } from '@nestjs/common';
import { CustomerKeys } from '../customers/customer-keys.js';
import { Databases } from '../database/databases.js';
import { fromTypeId, toTypeId } from '../ids/ids.js';
import { invalidField } from '../refusals/refusal.js';
import { maskedOf } from './change-details-shown.js';
import { ChangeSettlementService } from './change-settlement.service.js';
import { type Change, describeChange } from './change.view.js';
import { type CustomerChangeRow, listChangesOfCustomer } from './customer-changes.store.js';

/** A change as its customer sees it: nothing of who entered it, and of what else the bank checks. */
export interface CustomerChange extends Pick<
  Change,
  | 'id'
  | 'reference'
  | 'subject'
  | 'status'
  | 'before'
  | 'after'
  | 'askedThrough'
  | 'requestedAt'
  | 'releaseAfter'
  | 'expiresAt'
  | 'closedAt'
  | 'releasedAt'
  | 'disputedAt'
> {
  readonly disputable: boolean;
}

/** Between the part of the list that is held and the rest: a change that is released meanwhile moves nobody's page. */
const HELD = 'held.';

@Injectable()
export class CustomerChangesService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly settlement: ChangeSettlementService,
  ) {}

  /**
   * A customer's changes as they stand after any step that is due: held ones first, each part newest first. A customer who
   * does not exist has none.
   * @throws Refusal 400 for a cursor that is not of this list.
   */
  async list(
    tenantId: string,
    customerId: string,
    cursor: string | null,
    limit: number,
  ): Promise<{ data: CustomerChange[]; next: string | null }> {
    const db = this.databases.of(tenantId);
    const found = await listChangesOfCustomer(db, { customerId, ...readCursor(cursor), most: limit + 1 });
    const page = found.slice(0, limit);
    const settled = new Map(
      (
        await this.settlement.read(
          db,
          page.map(({ id }) => id),
        )
      ).map((row) => [row.id, row] as const),
    );
    const key = (await this.keys.findAll(db, page.length === 0 ? [] : [customerId])).get(customerId) ?? null;
    const data = page.flatMap((listed) => {
      const row = settled.get(listed.id);
      return row ? [shown(describeChange(row, maskedOf(key, row)), listed)] : [];
    });
    return { data, next: found.length > limit ? cursorAfter(page.at(-1)!) : null };
  }
}

function shown(change: Change, { in_time_to_dispute: inTime }: CustomerChangeRow): CustomerChange {
  const { id, reference, subject, status, before, after, askedThrough, requestedAt, releaseAfter } = change;
  const { expiresAt, closedAt, releasedAt, disputedAt } = change;
  return {
    ...{ id, reference, subject, status, before, after, askedThrough, requestedAt, releaseAfter },
    ...{ expiresAt, closedAt, releasedAt, disputedAt },
    // One that was released while it was looked at has all its time left.
    disputable: status === 'held' || (status === 'released' && (inTime ?? true)),
  };
}

function cursorAfter({ id, held }: CustomerChangeRow): string {
  return `${held ? HELD : ''}${toTypeId('chg', id)}`;
}

function readCursor(cursor: string | null): { after: string | null; afterHeld: boolean } {
  if (cursor === null) return { after: null, afterHeld: true };
  const afterHeld = cursor.startsWith(HELD);
  const after = fromTypeId('chg', afterHeld ? cursor.slice(HELD.length) : cursor);
  if (after === null) throw invalidField('#/after', 'must be the `next` of the page before');
  return { after, afterHeld };
}
