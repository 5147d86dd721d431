import type { ReplyOf } from '@countersign/client';
import { Problem } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { badge } from '../../parts/badges.js';
import { field } from '../../parts/fields.js';
import { pairs } from '../../parts/pairs.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Reference = ReplyOf<'get', '/v1/references/{reference}'>;

/** Says what a reference stands for that a customer reads out. */
class ReferenceScreen extends Screen {
  @state() private found: Reference | 'nothing' | null = null;

  protected override render(): TemplateResult {
    const send = async ({ reference = '' }: Readonly<Record<string, string>>): Promise<void> => {
      this.found = null;
      try {
        this.found = await this.session.client.get('/v1/references/{reference}', {
          path: { reference: reference.trim() },
        });
      } catch (error) {
        if (!(error instanceof Problem && error.status === 404)) throw error;
        this.found = 'nothing';
      }
    };
    return html`${this.heading(this.text('reference.heading'))}
      <p>${this.text('reference.intro')}</p>
      <section class="card">
        ${this.form({
          send,
          label: this.text('reference.heading'),
          fields: field({
            name: 'reference',
            label: this.text('reference'),
            hint: this.text('reference.hint'),
            required: true,
            most: 40,
          }),
          submit: this.text('reference.send'),
        })}
      </section>
      ${this.status()}
      <div role="status" class="stack">${this.#answer()}</div>`;
  }

  #answer(): TemplateResult | typeof nothing {
    const { found } = this;
    if (found === null) return nothing;
    if (found === 'nothing')
      return html`<p class="notice failure">
        <strong>${this.text('reference.nothing')}</strong> ${this.text('reference.nothingWhat')}
      </p>`;
    return html`<section class="card stack">
      <p>
        ${badge(found.genuine ? 'good' : 'quiet', this.text(found.genuine ? 'reference.genuine' : 'reference.notGenuine'))}
      </p>
      <p><bdi>${found.summary}</bdi></p>
      ${pairs([
        [this.text('reference.kind'), this.words.code('kind', found.kind)],
        [this.text('state'), this.words.code('referenceState', found.state)],
        [this.text('reference.at'), this.time(found.at)],
      ])}
      <p class="hint">${this.text('reference.copied')}</p>
    </section>`;
  }
}

defineScreen('console-reference', ReferenceScreen);
