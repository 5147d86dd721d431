import { giveFeedback, type Verdict, verdict } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { noticeCard, noticeStyles } from '../notice-card.js';
import { define, Part } from '../part.js';
import type { Tone } from '../symbols.js';

const AGAIN_MILLISECONDS = 3_000;
const HOLDS_MILLISECONDS = 5_000;

/**
 * "Is somebody calling you now?" One large control; then the verdict, asked for again and again. It is green only for
 * `legitimate`, and only for five seconds from when it was asked for: whatever holds longer was asked for anew.
 */
export class CallingNow extends Part {
  static override styles = [...Part.styles, noticeStyles];
  @state() private shown: Verdict | null = null;
  @state() private asking: 'no' | 'they_rang' | 'i_rang' = 'no';
  @state() private old = false;
  #number = '';
  #askedAt = 0;
  #told = false;
  #again?: ReturnType<typeof setTimeout>;
  #aging?: ReturnType<typeof setTimeout>;
  #stop = new AbortController();
  readonly #wake = (): void => {
    this.#age();
    this.#askIfSeen();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.#wake);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.#wake);
    this.#end();
  }

  override render(): TemplateResult {
    const { wording } = this;
    return html`<section class="stack" part="calling">
      <h2 tabindex="-1">${wording.text('calling.heading')}</h2>
      ${this.asking === 'no' ? this.#question() : nothing}
      <div role="status" part="verdict">${this.asking !== 'no' && !this.#isRelay ? this.#verdict() : nothing}</div>
      <div role="alert" part="relay">${this.asking !== 'no' && this.#isRelay ? this.#verdict() : nothing}</div>
      ${this.asking === 'no' ? nothing : this.#controls()}
    </section>`;
  }

  /** Somebody talks to the bank in the customer's name: the one thing that interrupts. */
  get #isRelay(): boolean {
    return this.shown?.reason === 'someone_rang_as_you';
  }

  #question(): TemplateResult {
    const { wording } = this;
    return html`<p>${wording.text('calling.intro')}</p>
      <button type="button" class="main large" part="button main" @click=${() => this.#begin('they_rang')}>
        ${wording.text('calling.ask')}
      </button>
      <button type="button" class="plain" part="button plain" @click=${() => this.#begin('i_rang')}>
        ${wording.text('calling.iRang')}
      </button>
      <label>
        ${wording.text('calling.number')}
        <input
          type="tel"
          inputmode="tel"
          autocomplete="off"
          maxlength="256"
          .value=${this.#number}
          @input=${(event: InputEvent) => (this.#number = (event.target as HTMLInputElement).value)}
        />
      </label>`;
  }

  #verdict(): TemplateResult {
    const { wording, shown, old } = this;
    if (!shown) return noticeCard({ tone: 'asking', word: wording.text('calling.asking') });
    if (old && shown.verdict === 'legitimate') {
      const headline = wording.text('calling.wasStale');
      return noticeCard({
        tone: 'unknown',
        word: wording.text('calling.unknown'),
        advice: { code: 'unavailable', headline, steps: [wording.text('doubt')] },
      });
    }
    const tone = toneOf(shown);
    const word = wording.text(
      tone === 'genuine' ? 'calling.genuine' : tone === 'wrong' ? 'calling.wrong' : 'calling.unknown',
    );
    const more = tone === 'genuine' ? this.#caller(shown) : old ? html`<p>${wording.text('stale')}</p>` : nothing;
    return noticeCard({ tone, word, advice: shown.advice, more });
  }

  #caller({ call }: Verdict): TemplateResult | typeof nothing {
    if (!call) return nothing;
    const { wording } = this;
    const rows: [string, string | null][] = [
      [wording.text('calling.who'), call.agentName],
      [wording.text('calling.department'), call.department],
      [wording.text('calling.purpose'), call.purpose],
      [wording.text('calling.since'), wording.moment(call.startedAt)],
    ];
    return html`<dl>
      ${rows.map(([term, value]) =>
        value
          ? html`<div>
              <dt>${term}</dt>
              <dd><bdi>${value}</bdi></dd>
            </div>`
          : nothing,
      )}
    </dl>`;
  }

  #controls(): TemplateResult {
    const { wording, shown, old } = this;
    const green = !old && shown?.verdict === 'legitimate';
    return html`<p class="quiet small">${wording.text('calling.again')}</p>
      <button type="button" part="button" @click=${() => this.#end()}>${wording.text('calling.over')}</button>
      ${
        shown && !green
          ? html`<button type="button" class="plain" part="button plain" @click=${() => this.#report()}>
              ${wording.text('calling.report')}
            </button>`
          : nothing
      }`;
  }

  #begin(who: 'they_rang' | 'i_rang'): void {
    this.#end();
    this.#stop = new AbortController();
    this.asking = who;
    this.#told = false;
    void this.#ask();
    void this.#focusFirstControl();
  }

  #askIfSeen(): void {
    if (document.visibilityState === 'visible' && this.asking !== 'no') void this.#ask();
  }

  async #ask(): Promise<void> {
    const connection = this.session?.connection;
    if (!connection) return;
    const { signal } = this.#stop;
    const askedAt = performance.now();
    const number = this.#number.trim();
    const reply = await verdict(
      connection,
      {
        trigger: 'customer',
        ...(number === '' ? {} : { incomingNumber: number }),
        handset: { inCall: true, outgoing: this.asking === 'i_rang' },
      },
      { signal },
    );
    if (signal.aborted || askedAt < this.#askedAt) return;
    this.#askedAt = askedAt;
    this.shown = reply;
    this.session!.lastVerdict = reply.verdict;
    this.#age();
    this.#schedule();
    this.#tellOnce(reply, performance.now() - askedAt);
  }

  /** Asks again soon, unless nobody looks. */
  #schedule(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#askIfSeen(), this.#askedAt + AGAIN_MILLISECONDS - performance.now());
  }

  /** Lets what is shown grow old, unless something newer comes. A timer may fire before its time, by a part of a millisecond. */
  #age(): void {
    clearTimeout(this.#aging);
    if (!this.shown) return;
    const left = this.#askedAt + HOLDS_MILLISECONDS - performance.now();
    this.old = left <= 0;
    if (left > 0) this.#aging = setTimeout(() => this.#age(), Math.ceil(left));
  }

  #tellOnce({ id }: Verdict, latencyMs: number): void {
    if (this.#told || id === undefined) return;
    this.#told = true;
    const shown = { outcome: 'shown', latencyMs: Math.round(latencyMs) } as const;
    void giveFeedback(this.session!.connection!, id, shown).catch(() => undefined);
  }

  #report(): void {
    const number = this.#number.trim();
    this.#end();
    this.tell('countersign-open', { view: 'report', channel: 'call', number, about: 'verdict' });
  }

  #end(): void {
    this.#stop.abort();
    clearTimeout(this.#again);
    clearTimeout(this.#aging);
    this.shown = null;
    this.old = false;
    this.#askedAt = 0;
    if (this.asking === 'no') return;
    this.asking = 'no';
    void this.#focusFirstControl();
  }

  /** The control that was pressed is gone, so the focus goes to what stands in its place. */
  async #focusFirstControl(): Promise<void> {
    if (!this.isConnected) return;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('button')?.focus();
  }
}

function toneOf({ verdict: word }: Verdict): Tone {
  switch (word) {
    case 'legitimate':
      return 'genuine';
    case 'not_legitimate':
      return 'wrong';
    case 'unknown':
      return 'unknown';
    default:
      throw new TypeError('unknown verdict');
  }
}

define('countersign-calling-now', CallingNow);
