import { html, nothing, type TemplateResult } from 'lit';
import { symbol } from '../../symbols.js';
import { toneOf } from '../call-standing.js';
import type { PanelView } from './panel-view.js';

/** How the call stands: a symbol, a word, a colour and a border, which all say the same. */
export function standingView({ session, wording }: PanelView): TemplateResult {
  const { standing, heardTime, asked } = session;
  const tone = toneOf(standing);
  const what =
    standing === 'stale' && heardTime === null
      ? wording.text('standing.stale.never')
      : (wording.maybe(`standing.${standing}.what`, { time: heardTime === null ? '' : wording.moment(heardTime) }) ??
        '');
  return html`<div role="status" class="notice tight ${tone} ${standing}" part="standing ${standing}">
    <p class="head">
      ${symbol(tone)}<span class="word">${wording.maybe(`standing.${standing}`)}</span>
      ${
        standing === 'waiting' && asked
          ? html`<span class="left" role="timer" aria-hidden="true"
              >${wording.text('code.left', { seconds: session.secondsUntil(asked.expiresAt) })}</span
            >`
          : nothing
      }
    </p>
    <p>${what}</p>
    ${session.unavailable && !asked ? html`<p><strong>${unavailable(session.unavailable, wording)}</strong></p>` : nothing}
  </div>`;
}

/** What speaks against the answer, in plain words, with what to do; and what the customer said. */
export function findingsView({ session, wording }: PanelView): TemplateResult | typeof nothing {
  const { asked, customerProof } = session;
  const findings = [...(asked?.findings ?? []), ...(customerProof?.findings ?? [])];
  const reason = asked?.reason ? wording.maybe(`reason.${asked.reason}`) : null;
  if (findings.length === 0 && reason === null) return nothing;
  return html`<section class="warning tight" part="findings">
    ${
      findings.length === 0
        ? nothing
        : html`<h2>${wording.text('finding.heading')}</h2>
            <ul>
              ${findings.map(
                (code) => html`<li>${wording.maybe(`finding.${code}`) ?? wording.text('finding.other', { code })}</li>`,
              )}
            </ul>`
    }
    ${
      reason === null
        ? nothing
        : html`<h2>${wording.text('reason.heading')}</h2>
            <p>${reason}</p>`
    }
  </section>`;
}

function unavailable(code: string, wording: PanelView['wording']): string {
  return wording.maybe(`unavailable.${code}`) ?? wording.text('problem.refused', { code });
}
