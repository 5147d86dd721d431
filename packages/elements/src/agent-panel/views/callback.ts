import { html, nothing, type TemplateResult } from 'lit';
import { action, type PanelView } from './panel-view.js';

const RESULTS = [
  ['verified', 'Y'],
  ['no_answer', 'N'],
  ['wrong_person', 'P'],
  ['declined', 'I'],
] as const;

/** A callback that was claimed: the number to dial, and what came of it. */
export function callbackView(view: PanelView): TemplateResult {
  const { session, actions, wording } = view;
  const { callback, number } = session;
  const { status, askedDuringCall, claimedUntil, reason } = callback!;
  return html`<section class="card tight" part="callback">
    <h2>${wording.text('callback.heading')}</h2>
    ${reason ? html`<p><bdi>${reason}</bdi></p>` : nothing}
    ${askedDuringCall ? html`<p class="warning">${wording.text('callback.duringCall')}</p>` : nothing}
    ${
      number === null
        ? nothing
        : html`<p class="quiet">${wording.text('callback.number')}</p>
            <p class="number"><bdi>${number}</bdi></p>`
    }
    <div role="status">
      ${status === 'claimed' ? nothing : html`<p>${wording.text('callback.recorded', { result: wording.maybe(`callback.${status}`) ?? status })}</p>`}
    </div>
    ${
      status === 'claimed'
        ? html`${claimedUntil ? html`<p class="small quiet">${wording.text('callback.until', { time: wording.moment(claimedUntil) })}</p>` : nothing}
            <p id="outcome"><strong>${wording.text('callback.outcome')}</strong></p>
            <div class="buttons" role="group" aria-labelledby="outcome">
              ${RESULTS.map(([result, key]) =>
                action(view, {
                  key,
                  words: `callback.${result}`,
                  press: () => actions.outcome(result),
                  does: 'outcome',
                }),
              )}
            </div>`
        : nothing
    }
  </section>`;
}
