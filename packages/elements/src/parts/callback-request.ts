import { type Callback, callbacks, requestCallback } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { define, Part } from '../part.js';

const MOST_SHOWN = 10;
const OPEN: readonly string[] = ['queued', 'claimed'];

/** Asks the bank to ring, and says who will and when. */
export class CallbackRequest extends Part {
  @state() private all: readonly Callback[] | null = null;
  #reason: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.attempt(() => this.#load());
  }

  override render(): TemplateResult {
    const { wording, all } = this;
    const open = (all ?? []).filter(({ status }) => OPEN.includes(status));
    return html`<section class="stack" part="callback">
      <h2 tabindex="-1">${wording.text('callback.heading')}</h2>
      <p>${wording.text('callback.intro')}</p>
      <div role="status" class="stack">
        ${open.length > 0 ? html`<h3 tabindex="-1">${wording.text('callback.listHeading')}</h3>` : nothing}
        ${open.map((one) => this.#callback(one))}
        ${all !== null && open.length === 0 ? html`<p class="quiet">${wording.text('callback.none')}</p>` : nothing}
      </div>
      <form class="stack" @submit=${(event: Event) => this.#send(event)}>
        <div>
          <label for="reason">${wording.text('callback.reason')}</label>
          <input
            id="reason"
            maxlength="140"
            autocomplete="off"
            .value=${this.#reason ?? wording.text('callback.reasonDefault')}
            @input=${(event: InputEvent) => (this.#reason = (event.target as HTMLInputElement).value)}
          />
        </div>
        <button type="submit" class="main" part="button main" aria-disabled=${this.busy}>
          ${wording.text('callback.send')}
        </button>
      </form>
      ${this.status()}
    </section>`;
  }

  #callback({ reference, status, window, ...more }: Callback): TemplateResult {
    const { wording } = this;
    const { notBefore, notAfter, dueAt } = window as Readonly<Record<string, string | undefined>>;
    const from = dueAt ?? notBefore;
    const name = (more as { agentName?: string | null }).agentName;
    return html`<article class="card tight" part="planned">
      <p><strong>${wording.maybe(`callback.status.${status}`) ?? status}</strong></p>
      <dl>
        ${
          from && notAfter
            ? html`<div>
                <dt>${wording.text('callback.when')}</dt>
                <dd>
                  ${wording.text('callback.between', { from: wording.moment(from), to: wording.moment(notAfter) })}
                </dd>
              </div>`
            : nothing
        }
        ${
          name
            ? html`<div>
                <dt>${wording.text('callback.who')}</dt>
                <dd><bdi>${name}</bdi></dd>
              </div>`
            : nothing
        }
        <div>
          <dt>${wording.text('callback.reference')}</dt>
          <dd><bdi>${reference}</bdi></dd>
        </div>
      </dl>
    </article>`;
  }

  #send(event: Event): void {
    event.preventDefault();
    const { wording } = this;
    const reason =
      (this.#reason ?? wording.text('callback.reasonDefault')).trim() || wording.text('callback.reasonDefault');
    void this.attempt(
      async () => {
        await requestCallback(this.session!.connection!, { reason });
        await this.#load();
      },
      ({ problem }) => (problem === 'no-callback-number' ? wording.text('callback.noNumber') : null),
    );
  }

  async #load(): Promise<void> {
    const all: Callback[] = [];
    for await (const one of callbacks(this.session!.connection!)) {
      all.push(one);
      if (all.length === MOST_SHOWN) break;
    }
    this.all = all;
  }
}

define('countersign-callback', CallbackRequest);
