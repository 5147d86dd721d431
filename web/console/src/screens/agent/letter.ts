import type { ReplyOf } from '@countersign/client';
import { html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { defineScreen, Screen } from '../../shell/screen.js';

type Change = ReplyOf<'get', '/v1/changes/{changeId}'>;

/** A letter with a code, to print. The code is told once: it is kept while the page is open, and nowhere. */
class LetterScreen extends Screen {
  @state() private change: Change | null = null;

  get #path(): { readonly changeId: string } {
    return { changeId: this.params['id']! };
  }

  protected override async load(): Promise<void> {
    this.change = await this.session.client.get('/v1/changes/{changeId}', { path: this.#path, signal: this.signal });
  }

  protected override render(): TemplateResult {
    const { change } = this;
    const letter = this.session.letters.get(this.params['id']!);
    const make = (): void =>
      void this.attempt(async () => {
        const made = await this.session.post('/v1/changes/{changeId}/letter', { path: this.#path });
        this.session.letters.set(this.params['id']!, made);
      });
    return html`<div class="unprinted stack">
        ${this.heading(this.text('letter.heading'), html`<a href=${this.address(`/changes/${this.params['id']}`)}>${this.text('letter.back')}</a>`)}
        ${this.status()}
        <p>${this.text(letter ? 'letter.once' : 'letter.intro')}</p>
        <p class="actions">
          ${
            letter
              ? this.button({ words: this.text('letter.print'), kind: 'main', key: 'p', run: () => print() })
              : this.button({
                  words: this.text('letter.make'),
                  kind: 'main',
                  key: 'm',
                  disabled: change?.status !== 'held',
                  run: make,
                })
          }
        </p>
      </div>
      ${letter && change ? this.#letter(change, letter) : nothing}`;
  }

  #letter(
    { reference, subject, requestedAt }: Change,
    { code, expiresAt }: { readonly code: string; readonly expiresAt: string },
  ): TemplateResult {
    const { name } = this.session.settings;
    return html`<article class="letter card stack" aria-label=${this.text('letter.heading')}>
      <p><strong>${name}</strong></p>
      <p>${this.text('letter.reference', { reference })}</p>
      <h2>${this.text('letter.subject')}</h2>
      <p>
        ${this.text('letter.asked', { when: this.words.day(requestedAt), what: this.words.code('subject', subject) })}
      </p>
      <p>${this.text('letter.enter')}</p>
      <p class="code">${code}</p>
      <p>${this.text('letter.until', { when: this.words.day(expiresAt) })}</p>
      <p><strong>${this.text('letter.never')}</strong></p>
      <p>${this.text('letter.notYou')}</p>
    </article>`;
  }
}

defineScreen('console-letter', LetterScreen);
