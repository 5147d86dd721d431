import { html, nothing, type TemplateResult } from 'lit';
import { questionWords, shownDisplay } from '../../parts/shown-display.js';
import type { Display } from '../panel-api.js';
import type { PanelView } from './panel-view.js';

/** What the customer sees: drawn from what the service shows them while they are asked, and before that from the draft. */
export function previewView(view: PanelView): TemplateResult {
  const { session, wording, customerWording } = view;
  const { call, display } = session;
  const shown = display ?? planned(view);
  const inbound = (call ?? view.draft).direction === 'inbound';
  return html`<section class="preview tight" part="preview" aria-labelledby="preview">
    <h2 id="preview">${wording.text(display ? 'preview.heading' : 'preview.planned')}</h2>
    <div class="phone tight">
      <p><strong dir="auto">${questionWords(shown, customerWording, null)}</strong></p>
      ${shownDisplay(shown, customerWording)}
    </div>
    ${inbound ? html`<p class="quiet small">${wording.text('preview.inbound')}</p>` : nothing}
  </section>`;
}

function planned({ session, draft }: PanelView): Display {
  const { call, me } = session;
  if ((call ?? draft).direction === 'inbound') return { question: 'did_you_phone_us' };
  return {
    question: 'are_you_talking_to_us',
    direction: 'outbound',
    agentName: call?.agent.name ?? me?.name ?? null,
    department: call?.agent.department ?? (draft.department || (me?.team ?? null)),
    purpose: call?.purpose ?? (draft.purpose || null),
  };
}
