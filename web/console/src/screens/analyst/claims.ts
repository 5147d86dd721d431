import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { choice, field, instant } from '../../parts/fields.js';
import { pairs } from '../../parts/pairs.js';
import { saveFile } from '../../parts/save-file.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Claim = ReplyOf<'post', '/v1/claims'>;

const LANGUAGES = ['en', 'de'] as const;
const MONTH_DAYS = 30;

/** All that proves what the bank did for one customer in a time, as one file that anybody can verify without it. */
class ClaimsScreen extends Screen {
  @state() private made: Claim | null = null;

  protected override render(): TemplateResult {
    const { made } = this;
    return html`${this.heading(this.text('claims.heading'))}
      <p>${this.text('claims.intro')}</p>
      <section class="card">
        ${this.form({
          send: (values) => this.#make(values),
          fields: this.#fields(),
          submit: this.text('claims.make'),
          label: this.text('claims.heading'),
        })}
      </section>
      ${this.status()}
      <div role="status">${made ? this.#made(made) : nothing}</div>`;
  }

  #fields(): TemplateResult {
    const day = (ago: number): string => localInput(new Date(Date.now() - ago * 86_400_000));
    return html`<div class="fields">
      ${field({ name: 'customerId', label: this.text('customerId'), value: this.session.customerId, required: true, most: 64 })}
      ${field({ name: 'from', label: this.text('from'), type: 'datetime-local', value: day(MONTH_DAYS), hint: this.zone, required: true })}
      ${field({ name: 'to', label: this.text('to'), type: 'datetime-local', value: day(0), hint: this.zone, required: true })}
      ${choice({
        name: 'locale',
        label: this.text('claims.language'),
        value: this.words.language,
        options: LANGUAGES.map((value) => ({ value, words: this.words.code('language', value) })),
      })}
    </div>`;
  }

  async #make(values: Readonly<Record<string, string>>): Promise<void> {
    this.made = null;
    this.made = await this.session.post('/v1/claims', {
      body: {
        customerId: values['customerId']!.trim(),
        from: instant(values['from']) ?? '',
        to: instant(values['to']) ?? '',
        locale: values['locale']!,
      },
    });
  }

  #made({ id, from, to }: Claim): TemplateResult {
    const save = (): void => void this.attempt(() => saveFile(this.session, `/v1/claims/${id}`), this.text('saved'));
    return html`<section class="card stack">
      <h2>${this.text('claims.made')}</h2>
      ${pairs([
        [this.text('from'), this.time(from)],
        [this.text('to'), this.time(to)],
      ])}
      <p>${this.text('claims.holds')}</p>
      <p class="actions">${this.button({ words: this.text('claims.download'), kind: 'main', key: 'v', run: save })}</p>
      <p class="quiet">${this.text('claims.verify')} <code>countersign verify-claim</code></p>
    </section>`;
  }
}

/** A moment as a `datetime-local` has it, in the viewer's zone. */
function localInput(moment: Date): string {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

defineScreen('console-claims', ClaimsScreen);
