import { enterLetterCode, readLetterCode, type Refused } from '@countersign/device';
import { html, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { define, Part } from '../part.js';

/** The code of a posted letter, sent as it was typed. */
export class LetterCode extends Part {
  @state() private done = false;
  #code = '';

  override render(): TemplateResult {
    const { wording } = this;
    return html`<section class="stack" part="letter">
      <h2 tabindex="-1">${wording.text('letter.heading')}</h2>
      ${
        this.done
          ? html`<p role="status"><strong>${wording.text('letter.done')}</strong></p>`
          : html`<p>${wording.text('letter.intro')}</p>
              <form class="stack" @submit=${(event: Event) => this.#send(event)}>
                <div>
                  <label for="code">${wording.text('letter.code')}</label>
                  <p class="quiet small" id="hint">${wording.text('letter.hint')}</p>
                  <input
                    id="code"
                    autocomplete="off"
                    autocapitalize="characters"
                    spellcheck="false"
                    maxlength="64"
                    aria-describedby="hint"
                    @input=${(event: InputEvent) => (this.#code = (event.target as HTMLInputElement).value)}
                  />
                </div>
                <button type="submit" class="main" part="button main" aria-disabled=${this.busy}>
                  ${wording.text('letter.send')}
                </button>
              </form>
              ${this.status()}`
      }
    </section>`;
  }

  #send(event: Event): void {
    event.preventDefault();
    if (readLetterCode(this.#code) === null) {
      this.failure = this.wording.text('letter.wrongForm');
      this.renderRoot.querySelector<HTMLElement>('#code')?.focus();
      return;
    }
    void this.attempt(
      async () => {
        await enterLetterCode(this.session!.connection!, this.#code);
        this.done = true;
        void this.focusHeading();
      },
      (error) => this.#explain(error),
    );
  }

  #explain({ problem }: Refused): string | null {
    if (problem === 'not-a-code') return this.wording.text('letter.wrongForm');
    if (problem === 'letter-code-mismatch' || problem === 'code-mismatch') return this.wording.text('letter.mismatch');
    return problem === 'locked' ? this.wording.text('letter.locked') : null;
  }
}

define('countersign-letter-code', LetterCode);
