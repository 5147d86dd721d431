import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge, toneOf } from '../parts/badges.js';
import { pager, table } from '../parts/listing.js';
import { type Call, LiveCalls, type Whose } from '../session/live-calls.js';
import { Screen } from '../shell/screen.js';

/** So many calls are drawn at first: the alarms come first, and a wall that takes long to draw shows them late. */
const DRAWN_AT_ONCE = 100;

/** A screen with a list of live calls, which follows them while it is open. */
export abstract class LiveCallScreen extends Screen {
  protected live: LiveCalls | null = null;
  @state() private drawn = DRAWN_AT_ONCE;
  #followed = '';

  protected abstract whose(): Whose;

  protected override load(): void {
    const whose = this.whose();
    if (this.#followed === JSON.stringify(whose)) return;
    this.#followed = JSON.stringify(whose);
    this.live?.stop();
    this.live = new LiveCalls(this.session, whose);
    this.live.addEventListener('change', () => this.requestUpdate());
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#followed = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.live?.stop();
  }

  protected calls(): TemplateResult {
    const { live } = this;
    if (!live?.current)
      return html`<p class="notice old" role="status">${this.text(live?.failure ? 'calls.lost' : 'calls.opening')}</p>`;
    const { calls } = live;
    const shown = { items: calls.slice(0, this.drawn), next: calls.length > this.drawn ? 'more' : null };
    return html`${this.#table(shown.items)} ${pager(shown, this.words, () => (this.drawn += DRAWN_AT_ONCE))}`;
  }

  #table(items: readonly Call[]): TemplateResult {
    return table<Call>({
      caption: this.text('calls.heading'),
      items,
      empty: this.text('calls.none'),
      rowClass: ({ relaySuspectedAt }) => (relaySuspectedAt ? 'alarm' : ''),
      columns: [
        { words: this.text('calls.state'), cell: (call) => this.#standing(call) },
        { words: this.text('customer'), cell: ({ customerId }) => html`<bdi>${customerId}</bdi>` },
        { words: this.text('calls.about'), cell: (call) => this.#about(call) },
        { words: this.text('agent'), cell: ({ agent }) => html`<bdi>${agent.name}</bdi>` },
        { words: this.text('calls.since'), cell: ({ startedAt }) => this.time(startedAt) },
        { words: this.text('reference'), cell: ({ reference }) => html`<span class="nowrap">${reference}</span>` },
        { words: this.text('actions'), cell: (call) => this.#actions(call) },
      ],
    });
  }

  #standing({ relaySuspectedAt, verification }: Call): TemplateResult {
    if (relaySuspectedAt) return badge('bad', this.text('calls.relay'));
    if (!verification) return badge('quiet', this.text('calls.unasked'));
    return badge(toneOf(verification.status), this.words.code('verification', verification.status));
  }

  #about({ direction, purpose, line }: Call): TemplateResult {
    return html`<bdi>${purpose ?? '–'}</bdi>
      <div class="quiet small">${this.words.code('direction', direction)}${line ? html`, ${line}` : nothing}</div>`;
  }

  #actions(call: Call): TemplateResult {
    const { subject } = this.session.me;
    const mine = call.agent.id === subject;
    const offered = call.transferTo === subject;
    const leads = this.session.has('supervisor') && call.agent.department === this.session.me.team;
    return html`<span class="actions">
      <a
        class="button"
        href=${this.address(`/desk?call=${call.id}`)}
        aria-label=${this.text('calls.openOf', { reference: call.reference })}
      >
        ${this.text('calls.open')}
      </a>
      ${
        !mine && (offered || leads)
          ? html`<button
              type="button"
              aria-disabled=${this.busy}
              aria-label=${this.text('calls.takeOverOf', { reference: call.reference })}
              @click=${() => void this.attempt(() => this.#takeOver(call), this.text('calls.taken', { reference: call.reference }))}
            >
              ${this.text('calls.takeOver')}
            </button>`
          : nothing
      }
      ${call.transferTo && !offered ? html`<span class="quiet small">${this.text('calls.offered', { to: call.transferTo })}</span>` : nothing}
    </span>`;
  }

  async #takeOver({ id: callId }: Call): Promise<void> {
    await this.session.post('/v1/calls/{callId}/take-over', { path: { callId } });
    await this.live?.refresh(callId);
  }
}
