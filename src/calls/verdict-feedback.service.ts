import { Injectable } from '@nestjs/common';
import { Databases, type Requester } from '../database/databases.js';
import { EventTail } from '../events/event-tail.js';
import { fromTypeId, momentOf } from '../ids/ids.js';
import { Metrics } from '../observability/metrics.js';
import { LATEST_TIME } from '../readers/time.js';
import { Refusal } from '../refusals/refusal.js';
import { takeFeedback } from './verdict-feedback.store.js';

/** What handsets tell of the verdicts that they were given. */
@Injectable()
export class VerdictFeedbackService {
  constructor(
    private readonly databases: Databases,
    private readonly tail: EventTail,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Takes what became of a verdict, once.
   * @throws Refusal 404 for a verdict that this customer was not given within a day; 409 where it was told already.
   */
  async give(
    caller: Requester,
    customerId: string,
    verdictId: string,
    { outcome, latencyMs }: { readonly outcome: string; readonly latencyMs?: number },
  ): Promise<void> {
    const db = this.databases.of(caller);
    const uuid = fromTypeId('vdt', verdictId);
    // An id may name any moment of the next nine thousand years; the database knows fewer.
    if (uuid === null || momentOf(uuid) > LATEST_TIME.getTime()) throw new Refusal('not-found');
    const at = new Date(momentOf(uuid));
    const taken = await takeFeedback(db, {
      customerId,
      verdictUuid: uuid,
      verdictId,
      at,
      outcome,
      latencyMs: latencyMs ?? null,
    });
    if (!taken) throw new Refusal('not-found');
    if (!taken.is_taken) throw new Refusal('feedback-given');
    db.afterCommit(() => {
      this.metrics.verdictFeedback.inc({ verdict: taken.verdict, outcome });
      if (latencyMs !== undefined) this.metrics.verdictWaits.observe({ verdict: taken.verdict }, latencyMs / 1_000);
      this.tail.wake(db.tenantId);
    });
  }
}
