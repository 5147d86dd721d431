import { changes, type DetailChange, dispute } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { define, Part } from '../part.js';
import { shownDisplay } from './shown-display.js';

const MOST_SHOWN = 20;

/** Changes of the customer's details, newest first, each with a way to say that it is not theirs. */
export class DetailChanges extends Part {
  @state() private all: readonly DetailChange[] | null = null;
  @state() private asked: string | null = null;
  @state() private done = '';

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override render(): TemplateResult {
    const { wording, all } = this;
    return html`<section class="stack" part="changes">
      <h2 tabindex="-1">${wording.text('changes.heading')}</h2>
      <p>${wording.text('changes.intro')}</p>
      <p role="status">${this.done || nothing}</p>
      ${all?.length === 0 ? html`<p>${wording.text('changes.none')}</p>` : nothing}
      ${(all ?? []).map((change) => this.#change(change))} ${this.status()}
      ${all === null && this.failure ? this.button(wording.text('tryAgain'), () => void this.#load()) : nothing}
    </section>`;
  }

  #change(change: DetailChange): TemplateResult {
    const { wording } = this;
    const { id, reference, subject, status, before, after, askedThrough, requestedAt } = change;
    const canDispute = status === 'held' || status === 'released';
    return html`<article class="card stack" part="change">
      <h3>${wording.maybe(`value.${subject}`) ?? subject}</h3>
      <p><strong>${wording.maybe(`changes.status.${status}`) ?? status}</strong></p>
      ${shownDisplay({ before, after, askedThrough, askedAt: requestedAt, reference }, wording)}
      ${canDispute ? this.#disputing(id) : nothing}
    </article>`;
  }

  #disputing(id: string): TemplateResult {
    const { wording } = this;
    if (this.asked !== id) return this.button(wording.text('changes.dispute'), () => this.#ask(id));
    return html`<div class="stack" role="group" aria-labelledby="sure">
      <p id="sure" class="sure" tabindex="-1"><strong>${wording.text('changes.sure')}</strong></p>
      <div class="pair">
        ${this.button(wording.text('changes.sureYes'), () => void this.#dispute(id))}
        ${this.button(wording.text('back'), () => (this.asked = null))}
      </div>
    </div>`;
  }

  #ask(id: string): void {
    this.asked = id;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.sure')?.focus());
  }

  async #dispute(id: string): Promise<void> {
    await this.attempt(async () => {
      await dispute(this.session!.connection!, id);
      this.asked = null;
      this.done = this.wording.text('changes.disputed');
      void this.session!.refresh();
    });
    if (this.done) await this.#load();
  }

  #load(): Promise<void> {
    return this.attempt(async () => {
      const all: DetailChange[] = [];
      for await (const change of changes(this.session!.connection!)) {
        all.push(change);
        if (all.length === MOST_SHOWN) break;
      }
      this.all = all;
    });
  }
}

define('countersign-changes', DetailChanges);
