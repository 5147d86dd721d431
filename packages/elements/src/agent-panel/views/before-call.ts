import { html, nothing, type TemplateResult } from 'lit';
import type { Direction } from '../panel-api.js';
import { action, type PanelView } from './panel-view.js';
import { previewView } from './preview.js';
import { summaryView } from './summary.js';

/** Before the call: who, from which line, about what, and what is known of them. */
export function beforeCallView(view: PanelView): TemplateResult {
  const { wording, actions, draft, callbackId } = view;
  return html`<section class="card stack" part="before">
      <h2>${wording.text(callbackId ? 'callback.heading' : 'before.heading')}</h2>
      ${callbackId ? nothing : fields(view)} ${lineField(view)}
      <div class="buttons">
        ${
          callbackId
            ? action(view, {
                key: 'A',
                words: 'do.claim',
                press: () => actions.claim(callbackId, draft),
                does: 'claim',
                kind: 'main',
              })
            : html`${action(view, { key: 'A', words: 'do.declareAndAsk', press: () => declare(view, true), does: 'declare', kind: 'main' })}
              ${action(view, { key: 'W', words: 'do.declare', press: () => declare(view, false), does: 'declare' })}`
        }
      </div>
    </section>
    ${summaryView(view)} ${callbackId ? nothing : previewView(view)}`;
}

function declare({ actions, draft }: PanelView, verify: boolean): unknown {
  const complete = draft.customerId.trim() !== '' && draft.purpose.trim() !== '';
  return complete ? actions.declare(draft, verify) : actions.refuse('incomplete');
}

function fields(view: PanelView): TemplateResult {
  const { wording, draft } = view;
  return html`<label>
      ${wording.text('before.customer')}
      <input
        autocomplete="off"
        autocapitalize="off"
        spellcheck="false"
        maxlength="64"
        .value=${draft.customerId}
        @input=${(event: InputEvent) => view.edit({ customerId: valueOf(event) })}
      />
    </label>
    <fieldset>
      <legend>${wording.text('before.direction')}</legend>
      <div class="pair">${(['outbound', 'inbound'] as const).map((direction) => directionField(view, direction))}</div>
    </fieldset>
    <label>
      ${wording.text('before.purpose')}
      <input
        autocomplete="off"
        maxlength="280"
        aria-describedby="purpose-hint"
        .value=${draft.purpose}
        @input=${(event: InputEvent) => view.edit({ purpose: valueOf(event) })}
      />
    </label>
    <p class="quiet small" id="purpose-hint">${wording.text('before.purposeHint')}</p>`;
}

function directionField(view: PanelView, direction: Direction): TemplateResult {
  return html`<label class="check">
    <input
      type="radio"
      name="direction"
      value=${direction}
      .checked=${view.draft.direction === direction}
      @change=${() => view.edit({ direction })}
    />
    ${view.wording.text(`before.${direction}`)}
  </label>`;
}

/** The bank's lines; a line that it never rings from is offered for calls that came in alone. */
function lineField(view: PanelView): TemplateResult {
  const { wording, draft, session } = view;
  const outbound = draft.direction === 'outbound' || view.callbackId !== '';
  const lines = session.lines.filter(({ use }) => !outbound || use === 'outbound');
  const strange = draft.line !== '' && !lines.some(({ number }) => number === draft.line);
  return html`<label>
    ${wording.text('before.line')}
    <select @change=${(event: Event) => view.edit({ line: valueOf(event) })}>
      <option value="" ?selected=${draft.line === ''}>${wording.text('before.noLine')}</option>
      ${strange ? html`<option value=${draft.line} selected>${draft.line}</option>` : nothing}
      ${lines.map(
        ({ number, label }) =>
          html`<option value=${number} ?selected=${number === draft.line}>${label} (${number})</option>`,
      )}
    </select>
  </label>`;
}

function valueOf(event: Event): string {
  return (event.target as HTMLInputElement | HTMLSelectElement).value;
}
