import { html, nothing, type TemplateResult } from 'lit';
import { symbol } from '../../symbols.js';
import { findingsView } from './standing.js';
import { action, type PanelView } from './panel-view.js';

/** A suspected relay: the whole panel says so, with the one sentence to say and the two things to do. */
export function alarmView(view: PanelView): TemplateResult {
  const { session, actions, wording } = view;
  const { call, planned } = session;
  const direction = call!.direction === 'inbound' ? 'inbound' : 'outbound';
  const live = call!.state === 'live';
  return html`<section class="alarm" part="alarm">
    <div class="stack">
      <div role="alert" class="stack">
        <p class="head">
          ${symbol('wrong')}<span class="word" role="heading" aria-level="2">${wording.text('alarm.heading')}</span>
        </p>
        <p>${wording.text(`alarm.${direction}`)}</p>
        <p><strong>${wording.text('alarm.do')}</strong></p>
      </div>
      <p>${wording.text('alarm.say')}</p>
      <blockquote>${wording.text(`alarm.sentence.${direction}`)}</blockquote>
      ${findingsView(view)}
      <div class="buttons">
        ${
          live
            ? session.mine
              ? action(view, { key: 'X', words: 'do.end', press: () => actions.end(), does: 'end', kind: 'danger' })
              : nothing
            : action(view, { key: 'Q', words: 'do.next', press: () => view.next() })
        }
        ${planned ? nothing : callBack(view)}
      </div>
      <div role="status" class="tight">
        ${live ? nothing : html`<p>${wording.text('alarm.ended')}</p>`}
        ${planned ? html`<p>${wording.text('alarm.queued', { reference: planned.reference })}</p>` : nothing}
        ${view.silent ? html`<p>${wording.text('alarm.silent')}</p>` : nothing} ${failureView(view)}
      </div>
    </div>
  </section>`;
}

export function callBack(view: PanelView): TemplateResult {
  const press = (): unknown => view.actions.planCallback(view.wording.text('callback.reasonDefault'));
  return action(view, { key: 'B', words: 'do.callBack', press, does: 'plan-callback' });
}

/** What went wrong: what happened, what is safe now, and what to do. */
export function failureView({ actions, session, wording }: PanelView): TemplateResult | typeof nothing {
  if (session.signedOut) return html`<p class="failure">${wording.text('problem.signedOut')}</p>`;
  if (!actions.failure) return nothing;
  const { problem, values } = actions.failure;
  const words = wording.maybe(`problem.${problem}`, values) ?? wording.text('problem.refused', values);
  return html`<p class="failure">${words}</p>`;
}
