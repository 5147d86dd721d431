import { readReference, type ReferenceMeaning } from '@countersign/device';
import { html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { noticeCard, noticeStyles } from '../notice-card.js';
import { define, Part } from '../part.js';

/** Looks a reference up; null where there is none. */
export type LookUp = (reference: string) => Promise<ReferenceMeaning | null>;

/** What a reference stands for. Never green: a genuine reference makes neither a caller nor a message genuine. */
export class ReferenceCheck extends Part {
  static override styles = [...Part.styles, noticeStyles];
  @property({ attribute: false }) lookUp!: LookUp;
  @state() private found: ReferenceMeaning | null | 'not_asked' = 'not_asked';
  #typed = '';

  override render(): TemplateResult {
    const { wording, found } = this;
    return html`<section class="stack" part="reference">
      <h2 tabindex="-1">${wording.text('reference.heading')}</h2>
      <p>${wording.text('reference.intro')}</p>
      <form class="stack" @submit=${(event: Event) => this.#check(event)}>
        <div>
          <label for="reference">${wording.text('reference.label')}</label>
          <input
            id="reference"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck="false"
            maxlength="32"
            @input=${(event: InputEvent) => (this.#typed = (event.target as HTMLInputElement).value)}
          />
        </div>
        <button type="submit" class="main" part="button main" aria-disabled=${this.busy}>
          ${wording.text('reference.send')}
        </button>
      </form>
      ${this.status()}
      <div role="status" class="stack">${found === 'not_asked' ? nothing : this.#meaning(found)}</div>
      <h3>${wording.text('reference.wouldHeading')}</h3>
      <ul>
        ${wording.list('reference.would').map((one) => html`<li>${one}</li>`)}
      </ul>
      <p>${wording.text('never.neverAsk')}:</p>
      <ul dir="auto">
        ${(this.texts?.neverAsk ?? wording.list('never.always')).map((one) => html`<li>${one}</li>`)}
      </ul>
    </section>`;
  }

  #meaning(found: ReferenceMeaning | null): TemplateResult {
    const { wording } = this;
    if (found === null)
      return noticeCard({
        tone: 'wrong',
        word: wording.text('reference.none'),
        more: html`<p>${wording.text('reference.noneWhat')}</p>`,
      });
    return noticeCard({
      tone: found.genuine ? 'note' : 'unknown',
      word: wording.text(found.genuine ? 'reference.ours' : 'reference.notOurs'),
      more: html`<p dir="auto">${found.summary}</p>
        <p class="quiet">${wording.moment(found.at)}</p>
        <p><strong>${wording.text('reference.copied')}</strong></p>`,
    });
  }

  #check(event: Event): void {
    event.preventDefault();
    this.found = 'not_asked';
    const read = readReference(this.#typed);
    if (read === null) {
      this.failure = this.wording.text('reference.wrongForm');
      this.renderRoot.querySelector<HTMLElement>('#reference')?.focus();
      return;
    }
    void this.attempt(async () => {
      this.found = await this.lookUp(read.reference);
    });
  }
}

define('countersign-reference-check', ReferenceCheck);
