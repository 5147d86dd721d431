import { type OfflineCode, offlineCode, type OfflineKeys } from '@countersign/device';
import { html, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { define, Part } from '../part.js';

const TICK_MILLISECONDS = 500;

/**
 * Codes without a connection. Neither is on the screen from the first: the bank's is shown to compare it with what was
 * read out, the customer's to somebody who rang the bank.
 */
export class OfflineCodes extends Part {
  @property({ attribute: false }) keys: OfflineKeys | null = null;
  /** The bank's time in place of the device's own, in milliseconds. */
  @property({ attribute: false }) clock: () => number = () => Date.now();
  @state() private opened: keyof OfflineKeys | null = null;
  @state() private shown: OfflineCode | null = null;
  #ticking: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ticking = setInterval(() => void this.#compute(), TICK_MILLISECONDS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#ticking);
    this.opened = null;
    this.shown = null;
  }

  override render(): TemplateResult {
    const { wording } = this;
    return html`<section class="stack" part="offline-codes">
      <h2 tabindex="-1">${wording.text('offlineCodes.heading')}</h2>
      ${
        this.keys
          ? html`${this.#code('bankProof', 'bank')} ${this.#code('customerProof', 'customer')}`
          : html`<p>${wording.text('offlineCodes.none')}</p>`
      }
    </section>`;
  }

  #code(key: keyof OfflineKeys, name: 'bank' | 'customer'): TemplateResult {
    const { wording, shown } = this;
    return html`<div class="card stack">
      <h3>${wording.text(`offlineCodes.${name}`)}</h3>
      <p>${wording.text(`offlineCodes.${name}Hint`)}</p>
      ${
        this.opened === key && shown
          ? html`<p class="code" dir="ltr" part="code" role="status">${shown.code}</p>
              <p class="quiet small">${wording.text('offlineCodes.left', { seconds: shown.secondsLeft })}</p>
              ${this.button(wording.text('close'), () => (this.opened = null))}`
          : this.button(wording.text(`offlineCodes.${name}Show`), () => void this.#open(key))
      }
    </div>`;
  }

  async #open(key: keyof OfflineKeys): Promise<void> {
    this.opened = key;
    this.shown = null;
    await this.#compute();
  }

  async #compute(): Promise<void> {
    const { opened, keys } = this;
    if (!opened || !keys) return;
    const shown = await offlineCode(keys[opened], this.clock());
    if (this.opened === opened) this.shown = shown;
  }
}

define('countersign-offline-codes', OfflineCodes);
