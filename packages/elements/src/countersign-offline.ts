import { openKeyStore, type StoredDevice } from '@countersign/device';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { baseStyles } from './base-styles.js';
import { designTokens } from './design-tokens.js';
import { ENGLISH, loadWording, type Wording } from './messages/messages.js';
import { define } from './part.js';
import './parts/offline-codes.js';

/** What is left without a connection: the number on the card, and the codes of this browser. Never a verdict. */
export class CountersignOffline extends LitElement {
  static override styles = [
    designTokens,
    baseStyles,
    css`
      :host {
        background: var(--countersign-page);
      }
      .page {
        margin-inline: auto;
        max-inline-size: 40rem;
        padding: var(--countersign-gap);
      }
    `,
  ];
  @property() locale = '';
  @property({ attribute: 'card-number' }) cardNumber = '';
  @state() private wording: Wording = ENGLISH;
  @state() private held: readonly StoredDevice[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    void openKeyStore()
      .then((store) => store.list())
      .then(
        (held) => (this.held = held),
        () => undefined,
      );
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('locale'))
      void loadWording(this.locale || navigator.language).then((wording) => (this.wording = wording));
  }

  override render(): TemplateResult {
    const { wording, cardNumber } = this;
    const withCodes = this.held.filter(({ offline }) => offline);
    return html`<div class="page stack" lang=${wording.language}>
      <section class="card stack">
        <h2 tabindex="-1">${wording.text('offlineCodes.offlineHeading')}</h2>
        <p>${wording.text('offlineCodes.offlineIntro')}</p>
        ${
          cardNumber
            ? html`<p class="tight">
                <span class="quiet">${wording.text('offlineCodes.card')}</span><br />
                <bdi class="code">${cardNumber}</bdi>
              </p>`
            : nothing
        }
      </section>
      ${
        withCodes.length === 0
          ? html`<countersign-offline-codes class="card" .wording=${wording}></countersign-offline-codes>`
          : withCodes.map(
              ({ offline }) =>
                html`<countersign-offline-codes
                  class="card"
                  .wording=${wording}
                  .keys=${offline!}
                ></countersign-offline-codes>`,
            )
      }
    </div>`;
  }
}

define('countersign-offline', CountersignOffline);
