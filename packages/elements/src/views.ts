import type { Report } from '@countersign/device';
import { html, type TemplateResult } from 'lit';
import type { MessageKey, Wording } from './messages/messages.js';
import './parts/callback-request.js';
import './parts/calling-now.js';
import './parts/detail-changes.js';
import './parts/devices.js';
import './parts/enrolment.js';
import './parts/letter-code.js';
import './parts/message-check.js';
import './parts/never-asked.js';
import './parts/offline-codes.js';
import './parts/push-offer.js';
import './parts/reference-check.js';
import './parts/report-fraud.js';
import './parts/waiting.js';
import type { LookUp } from './parts/reference-check.js';
import type { ServiceTexts } from './service-texts.js';
import type { CustomerSession } from './session.js';

/** What can be opened from home. */
export const VIEWS = [
  { view: 'report', words: 'report.heading' },
  { view: 'message', words: 'message.heading' },
  { view: 'callback', words: 'callback.heading' },
  { view: 'changes', words: 'changes.heading' },
  { view: 'reference', words: 'reference.heading' },
  { view: 'never', words: 'never.heading' },
  { view: 'offline', words: 'offlineCodes.heading' },
  { view: 'letter', words: 'letter.heading' },
  { view: 'devices', words: 'devices.heading' },
] as const satisfies readonly { view: string; words: MessageKey }[];

export type View = (typeof VIEWS)[number]['view'] | 'home';

export interface Shared {
  readonly session: CustomerSession;
  readonly wording: Wording;
  readonly texts: ServiceTexts | null;
  readonly begunReport: Partial<Report>;
  readonly lookUp: LookUp;
}

/** The part of a view. */
export function viewOf(view: View, { session, wording, texts, begunReport, lookUp }: Shared): TemplateResult {
  switch (view) {
    case 'home':
      return html``;
    case 'report':
      return html`<countersign-report
        .session=${session}
        .wording=${wording}
        .texts=${texts}
        .begun=${begunReport}
      ></countersign-report>`;
    case 'message':
      return html`<countersign-message-check .session=${session} .wording=${wording}></countersign-message-check>`;
    case 'callback':
      return html`<countersign-callback .session=${session} .wording=${wording}></countersign-callback>`;
    case 'changes':
      return html`<countersign-changes .session=${session} .wording=${wording}></countersign-changes>`;
    case 'reference':
      return html`<countersign-reference-check
        .session=${session}
        .wording=${wording}
        .texts=${texts}
        .lookUp=${lookUp}
      ></countersign-reference-check>`;
    case 'never':
      return html`<countersign-never-asked
        .session=${session}
        .wording=${wording}
        .texts=${texts}
      ></countersign-never-asked>`;
    case 'offline':
      return html`<countersign-offline-codes
        .wording=${wording}
        .keys=${session.device?.offline ?? null}
        .clock=${() => session.now()}
      ></countersign-offline-codes>`;
    case 'letter':
      return html`<countersign-letter-code .session=${session} .wording=${wording}></countersign-letter-code>`;
    case 'devices':
      return html`<countersign-devices .session=${session} .wording=${wording}></countersign-devices>`;
    default:
      throw new TypeError('unknown view');
  }
}
