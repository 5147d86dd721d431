import { html, nothing, type TemplateResult } from 'lit';
import { grouped, spelled } from '../spelling.js';
import { callBack } from './alarm.js';
import { callbackView } from './callback.js';
import { offlineView, transferView } from './drawers.js';
import { action, fact, type PanelView } from './panel-view.js';
import { previewView } from './preview.js';
import { findingsView } from './standing.js';

/** The call: the code first, then what to do, then what is known. */
export function inCallView(view: PanelView): TemplateResult {
  const { session, drawer } = view;
  const { call, asked } = session;
  const live = call!.state === 'live';
  return html`${findingsView(view)} ${live && asked?.status === 'waiting' ? codeView(view) : nothing}
    ${session.callback ? callbackView(view) : nothing} ${ownershipView(view)}
    <div class="buttons">${live ? liveButtons(view) : endedButtons(view)}</div>
    ${live && session.mine && drawer === 'offline' ? offlineView(view) : nothing}
    ${live && drawer === 'transfer' ? transferView(view) : nothing}
    ${live && asked?.status !== 'confirmed' && call!.direction === 'outbound' ? spokenView(view) : nothing}
    ${showsPreview(view) ? previewView(view) : nothing} ${factsView(view)}`;
}

/** While somebody can be asked, or is. */
function showsPreview({ session }: PanelView): boolean {
  const { call, asked, unavailable } = session;
  return call!.state === 'live' && (asked === null ? unavailable !== 'no_device' : asked.status === 'waiting');
}

/** The code, large and in groups, and how it is read aloud. */
function codeView({ session, wording }: PanelView): TemplateResult {
  const { code, codeFailed, asked } = session;
  if (code === null) return session.mine ? html`<p class="quiet">${wording.text('code.gone')}</p>` : html``;
  const groups = grouped(code);
  return html`<section class="code-card tight" part="code" aria-labelledby="code-heading">
    <h2 id="code-heading">${wording.text('code.heading')}</h2>
    <p class="code"><bdi>${groups.map((group) => html`<span>${group}</span>`)}</bdi></p>
    <p>
      <span class="quiet">${wording.text('code.say')}</span>
      <strong class="spelled">${spelled(code, wording.language)}</strong>
    </p>
    ${codeFailed ? html`<p class="warning" role="status">${wording.text('code.failed')}</p>` : nothing}
    ${asked!.attemptsLeft < 5 ? html`<p>${wording.text('code.tries', { left: asked!.attemptsLeft })}</p>` : nothing}
    <p class="small"><strong>${wording.text('code.never')}</strong></p>
  </section>`;
}

/** Whose call it is, where that is not plain. */
function ownershipView({ session, wording }: PanelView): TemplateResult | typeof nothing {
  const { call, mine, me } = session;
  const { transferTo, agent, state } = call!;
  if (state !== 'live') return nothing;
  const words = !mine
    ? `${wording.text('call.notYours', { name: agent.name })} ${transferTo && transferTo === me?.subject ? wording.text('call.offeredToYou') : ''}`
    : transferTo
      ? wording.text('call.offered', { name: transferTo })
      : '';
  return words === '' ? nothing : html`<p class="warning" role="status">${words}</p>`;
}

function liveButtons(view: PanelView): TemplateResult {
  const { session, actions, drawer } = view;
  const { asked, mine, call, me } = session;
  if (!mine) {
    const may = call!.transferTo === me?.subject || me?.scopes.includes('supervisor');
    return may
      ? html`${action(view, { key: 'U', words: 'do.takeOver', press: () => actions.takeOver(), does: 'take-over', kind: 'main' })}`
      : html``;
  }
  return html`${
    asked?.status === 'waiting'
      ? action(view, { key: 'C', words: 'do.takeBack', press: () => actions.takeBack(), does: 'take-back' })
      : action(view, {
          key: 'A',
          words: asked ? 'do.askAgain' : 'do.ask',
          press: () => actions.ask(),
          does: 'ask',
          kind: asked?.status === 'confirmed' ? '' : 'main',
        })
  }
  ${action(view, { key: 'X', words: 'do.end', press: () => actions.end(), does: 'end' })}
  ${action(view, { key: 'O', words: 'do.offline', press: () => view.toggle('offline'), expanded: drawer === 'offline' })}
  ${
    call!.transferTo
      ? action(view, { key: 'U', words: 'do.takeBackCall', press: () => actions.takeOver(), does: 'take-over' })
      : action(view, {
          key: 'T',
          words: 'do.transfer',
          press: () => view.toggle('transfer'),
          expanded: drawer === 'transfer',
        })
  }
  ${session.callback || session.planned ? nothing : callBack(view)}`;
}

function endedButtons(view: PanelView): TemplateResult {
  const { session } = view;
  return html`${action(view, { key: 'Q', words: 'do.next', press: () => view.next(), kind: 'main' })}
  ${session.callback || session.planned ? nothing : callBack(view)}`;
}

/** What to say to somebody whose app does not ask them: for a call that the bank placed, for a reference to another proves nothing. */
function spokenView({ session, wording }: PanelView): TemplateResult {
  const { reference } = session.call!;
  const [before, after] = wording.text('spoken.sentence', { reference: '\n' }).split('\n');
  return html`<section class="card tight" part="spoken">
    <h2>${wording.text('spoken.heading')}</h2>
    <blockquote>${before}<bdi class="nowrap">${reference}</bdi>${after}</blockquote>
    <p class="small">${wording.text('spoken.spelled', { spelled: spelled(reference, wording.language) })}</p>
  </section>`;
}

function factsView({ session, wording }: PanelView): TemplateResult {
  const { call, happened, planned } = session;
  const { reference, customerId, direction, agent, startedAt, purpose } = call!;
  const known = happened.flatMap(({ type, at }) => {
    const words = wording.maybe(`activity.${type}`);
    return words === null ? [] : [html`<li>${wording.moment(at)} · ${words}</li>`];
  });
  return html`<dl class="facts" part="facts">
      ${fact(wording.text('call.reference'), html`<bdi>${reference}</bdi>`)}
      ${fact(wording.text('call.customer'), html`<bdi>${customerId}</bdi>`)}
      ${fact(wording.text('call.direction'), wording.text(direction === 'inbound' ? 'call.inbound' : 'call.outbound'))}
      ${fact(wording.text('call.agent'), html`<bdi>${agent.name}</bdi>`)}
      ${fact(wording.text('call.since'), wording.moment(startedAt))}
      ${purpose ? fact(wording.text('call.purpose'), html`<bdi>${purpose}</bdi>`) : nothing}
    </dl>
    ${planned ? html`<p role="status">${wording.text('alarm.queued', { reference: planned.reference })}</p>` : nothing}
    ${
      known.length === 0
        ? nothing
        : html`<section class="tight" part="activity">
            <h2>${wording.text('activity.heading')}</h2>
            <ul class="small">
              ${known}
            </ul>
          </section>`
    }`;
}
