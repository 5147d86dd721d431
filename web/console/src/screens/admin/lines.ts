import type { ItemOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { choice, field } from '../../parts/fields.js';
import { Listing, pager, table } from '../../parts/listing.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Line = ItemOf<'/v1/lines'>;

const USES: readonly Line['use'][] = ['outbound', 'inbound_only'];

/** The bank's own numbers, and which of them it calls from. */
class LinesScreen extends Screen {
  /** The line that is about to be removed. */
  @state() private leaving: string | null = null;
  readonly #listing = new Listing<Line>((after) =>
    this.session.client.get('/v1/lines', { query: { limit: 100, ...(after ? { after } : {}) }, signal: this.signal }),
  );

  protected override load(): Promise<void> {
    return this.#listing.load();
  }

  protected override render(): TemplateResult {
    const { words } = this;
    return html`${this.heading(this.text('lines.heading'))}
      <p>${this.text('lines.intro')}</p>
      ${this.status()}
      ${
        this.#listing.loaded
          ? table<Line>({
              caption: this.text('lines.heading'),
              items: this.#listing.items,
              empty: this.text('lines.none'),
              columns: [
                { words: this.text('field.number'), cell: ({ number }) => html`<bdi>${number}</bdi>` },
                { words: this.text('lines.use'), cell: ({ use }) => words.code('lineUse', use) },
                { words: this.text('lines.label'), cell: ({ label }) => html`<bdi>${label}</bdi>` },
                { words: this.text('actions'), cell: (line) => this.#actions(line) },
              ],
            })
          : nothing
      }
      ${pager(this.#listing, words, () => void this.attempt(() => this.#listing.more()))}
      <section class="card stack">
        <h2>${this.text('lines.put')}</h2>
        ${this.#form()}
      </section>`;
  }

  #actions({ number }: Line): TemplateResult {
    if (this.leaving !== number)
      return html`<button
        type="button"
        aria-label=${this.text('lines.removeOf', { number })}
        @click=${() => (this.leaving = number)}
      >
        ${this.text('remove')}
      </button>`;
    const remove = async (): Promise<void> => {
      await this.session.client.delete('/v1/lines/{number}', { path: { number } });
      this.leaving = null;
      await this.#listing.load();
    };
    return html`<p>${this.text('lines.removeWhat', { number })}</p>
      <span class="actions">
        ${this.button({ words: this.text('lines.removeYes'), kind: 'danger', run: () => void this.attempt(remove, this.text('lines.removed')) })}
        ${this.button({ words: this.text('cancel'), run: () => (this.leaving = null) })}
      </span>`;
  }

  #form(): TemplateResult {
    const send = async (values: Readonly<Record<string, string>>, form: HTMLFormElement): Promise<void> => {
      await this.session.client.put('/v1/lines/{number}', {
        path: { number: values['number']!.trim() },
        body: { use: values['use'] as Line['use'], label: values['label']!.trim() },
      });
      form.reset();
      await this.#listing.load();
    };
    const fields = html`<div class="fields">
      ${field({ name: 'number', label: this.text('field.number'), hint: this.text('lines.numberHint'), required: true })}
      ${choice({ name: 'use', label: this.text('lines.use'), options: USES.map((value) => ({ value, words: this.words.code('lineUse', value) })) })}
      ${field({ name: 'label', label: this.text('lines.label'), required: true, most: 80 })}
    </div>`;
    return this.form({
      send,
      fields,
      submit: this.text('save'),
      label: this.text('lines.put'),
      done: this.text('lines.saved'),
    });
  }
}

defineScreen('console-lines', LinesScreen);
