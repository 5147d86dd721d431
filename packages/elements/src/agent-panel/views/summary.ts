import { html, nothing, type TemplateResult } from 'lit';
import type { Summary } from '../panel-api.js';
import { action, fact, type PanelView } from './panel-view.js';

/** What is known of the customer before somebody dials. What warns comes first. */
export function summaryView(view: PanelView): TemplateResult | typeof nothing {
  const { session, wording, draft } = view;
  const { summary, summaryAt, summaryFailed } = session;
  if (draft.customerId === '' || view.callbackId !== '') return nothing;
  return html`<section class="card tight" part="summary">
    <h2>${wording.text('summary.heading')}</h2>
    <div role="status">
      ${
        summaryFailed
          ? html`<p class="failure">${wording.text('summary.failed')}</p>`
          : summary
            ? html`${summary.known ? facts(view, summary) : html`<p>${wording.text('summary.none')}</p>`}`
            : html`<p class="quiet">${wording.text('summary.loading')}</p>`
      }
    </div>
    ${summaryAt === null ? nothing : html`<p class="quiet small">${wording.text('summary.asOf', { time: wording.moment(summaryAt) })}</p>`}
  </section>`;
}

function facts(view: PanelView, summary: Summary): TemplateResult {
  const { wording } = view;
  const {
    devices,
    signals,
    locked,
    lockedAt,
    liveCalls,
    heldChanges,
    openCallbacks,
    lastVerifiedContact: last,
  } = summary;
  const moment = (time: string | null): string => (time === null ? '' : wording.moment(time));
  return html`${locked ? warning(wording.text('summary.locked', { time: moment(lockedAt) })) : nothing}
    ${
      signals.hold
        ? warning(
            html`${wording.text('summary.hold')}
              <ul>
                ${signals.reasons.slice(0, 5).map(({ type, at }) => html`<li>${wording.maybe(`signal.${type}`) ?? type} · ${moment(at)}</li>`)}
              </ul>`,
          )
        : nothing
    }
    ${liveCalls.length > 0 ? liveCallsView(view, liveCalls) : nothing}
    <dl>
      ${fact(
        wording.text('summary.devices'),
        devices.count === 0
          ? wording.text('summary.noDevices')
          : html`${wording.text('summary.devicesValue', { count: devices.count, trusted: devices.trusted })}${devices.newestEnrolledAt ? html`<br /><span class="small">${wording.text('summary.newest', { time: moment(devices.newestEnrolledAt) })}</span>` : nothing}`,
      )}
      ${fact(wording.text('summary.last'), last ? moment(last.at) : wording.text('summary.lastNever'))}
      ${heldChanges.length > 0 ? fact(wording.text('summary.changes'), list(heldChanges.map(({ reference, subject }) => `${reference} · ${view.customerWording.maybe(`value.${subject}`) ?? subject}`))) : nothing}
      ${openCallbacks.length > 0 ? fact(wording.text('summary.callbacks'), list(openCallbacks.map(({ reference, dueAt, agentName }) => [reference, moment(dueAt), agentName].filter(Boolean).join(' · ')))) : nothing}
    </dl>`;
}

function liveCallsView(view: PanelView, calls: Summary['liveCalls']): TemplateResult {
  const { wording, session, actions } = view;
  const own = calls.find(({ agent }) => agent.id === session.me?.subject);
  return warning(
    html`${wording.text('summary.live')}
      <ul>
        ${calls.map(
          ({ reference, agent, startedAt, relaySuspectedAt }) =>
            html`<li>
              <bdi>${reference}</bdi>
              ${wording.text('summary.liveWith', { name: agent.name, time: wording.moment(startedAt) })}
              ${relaySuspectedAt ? html`<strong>${wording.text('summary.relay')}</strong>` : nothing}
            </li>`,
        )}
      </ul>
      ${own ? action(view, { key: 'L', words: 'do.openCall', press: () => actions.open(own.id), does: 'open' }) : nothing}`,
  );
}

function warning(words: unknown): TemplateResult {
  return html`<div class="warning">${words}</div>`;
}

function list(items: readonly string[]): TemplateResult {
  return html`<ul>
    ${items.map((one) => html`<li>${one}</li>`)}
  </ul>`;
}
