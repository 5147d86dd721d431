import { Injectable } from '@nestjs/common';
import { CallbacksService } from '../callbacks/callbacks.service.js';
import { CallsService } from '../calls/calls.service.js';
import { ChangesService } from '../changes/changes.service.js';
import { NoticesService } from '../notices/notices.service.js';
import { Refusal } from '../refusals/refusal.js';
import { parseReference, type ReferenceKind } from '../ids/reference.js';
import { ReportsService } from '../reports/reports.service.js';
import {
  type ReferenceSummary,
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
  ) {}

  /** What a reference stands for. @throws Refusal 404 for what is no reference, or none of this tenant's. */
  async find(tenantId: string, text: string): Promise<ReferenceSummary> {
    const parsed = parseReference(text);
    const summary = parsed && (await this.summarise(tenantId, parsed.kind, parsed.reference));
    if (!summary) throw new Refusal('not-found');
    return summary;
  }

  private async summarise(tenantId: string, kind: ReferenceKind, reference: string): Promise<ReferenceSummary | null> {
    switch (kind) {
      case 'call': {
        const row = await this.calls.findByReference(tenantId, reference);
        return (
          row &&
          summariseCall({
            direction: row.direction,
            live: row.live,
            relaySuspected: row.relay_suspected_at !== null,
            startedAt: row.started_at,
          })
        );
      }
      case 'callback': {
        const row = await this.callbacks.findByReference(tenantId, reference);
        return row && summariseCallback({ status: row.status, requestedAt: row.requested_at });
      }
      case 'change': {
        const row = await this.changes.findByReference(tenantId, reference);
        return row && summariseChange({ status: row.status, requestedAt: row.requested_at });
      }
      case 'notice': {
        const row = await this.notices.findByReference(tenantId, reference);
        return (
          row && summariseNotice({ channel: row.channel, summary: row.summary, sent: row.sent, sentAt: row.sent_at })
        );
      }
      case 'report': {
        const row = await this.reports.findByReference(tenantId, reference);
        return row && summariseReport({ reportedAt: row.reported_at });
      }
    }
  }
}
