import { Injectable } from '@nestjs/common';
import { CallbacksService } from '../callbacks/callbacks.service.js';
import { CallsService } from '../calls/calls.service.js';
import { ChangesService } from '../changes/changes.service.js';
import { NoticesService } from '../notices/notices.service.js';
import type { Requester } from '../database/databases.js';
import { requireOwn } from '../refusals/own-customer.js';
import { Refusal } from '../refusals/refusal.js';
import { parseReference, type ReferenceKind } from '../ids/reference.js';
import { PolicyService } from '../policy/policy.service.js';
import { referenceText } from '../policy/own-words.js';
import { fill } from '../texts/texts.js';
import { ReportsService } from '../reports/reports.service.js';
import {
  type ReferenceSummary,
  type ReferenceWords,
  summariseCall,
  summariseCallback,
  summariseChange,
  summariseNotice,
  summariseReport,
} from './reference-summary.js';

@Injectable()
export class ReferencesService {
  constructor(
    private readonly calls: CallsService,
    private readonly callbacks: CallbacksService,
    private readonly changes: ChangesService,
    private readonly notices: NoticesService,
    private readonly reports: ReportsService,
    private readonly policies: PolicyService,
  ) {}

  /**
   * What a reference stands for. @throws Refusal 404 for what is no reference, or none of this tenant's; to a customer who
   * asks for themself also what is another's: whoever gave it to them was not talking about them.
   */
  async find(caller: Requester, text: string, languages: readonly string[] = []): Promise<ReferenceSummary> {
    const parsed = parseReference(text);
    const { policy } = await this.policies.current(caller.tenantId);
    const say: ReferenceWords = (code, values = {}) => fill(referenceText(code, policy, languages), values);
    const summary = parsed && (await this.summarise(caller, parsed.kind, parsed.reference, say));
    if (!summary) throw new Refusal('not-found');
    return summary;
  }

  private async summarise(
    caller: Requester,
    kind: ReferenceKind,
    reference: string,
    say: ReferenceWords,
  ): Promise<ReferenceSummary | null> {
    const { tenantId } = caller;
    switch (kind) {
      case 'call': {
        const row = await this.calls.findByReference(tenantId, reference);
        if (row) requireOwn(caller, row.customer_id);
        return (
          row &&
          summariseCall(
            {
              direction: row.direction,
              live: row.live,
              relaySuspected: row.relay_suspected_at !== null,
              doubted: row.doubted,
              startedAt: row.started_at,
            },
            say,
          )
        );
      }
      case 'callback': {
        const row = await this.callbacks.findByReference(tenantId, reference);
        if (row) requireOwn(caller, row.customer_id);
        return row && summariseCallback({ status: row.status, requestedAt: row.requested_at }, say);
      }
      case 'change': {
        const row = await this.changes.findByReference(tenantId, reference);
        if (row) requireOwn(caller, row.customer_id);
        return row && summariseChange({ status: row.status, requestedAt: row.requested_at }, say);
      }
      case 'notice': {
        const row = await this.notices.findByReference(tenantId, reference, caller.customerId ?? null);
        return (
          row &&
          summariseNotice({ channel: row.channel, summary: row.summary, sent: row.sent, sentAt: row.sent_at }, say)
        );
      }
      case 'report': {
        const row = await this.reports.findByReference(tenantId, reference);
        if (row) requireOwn(caller, row.customer_id);
        return row && summariseReport({ reportedAt: row.reported_at }, say);
      }
    }
  }
}
