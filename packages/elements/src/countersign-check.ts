import type { ReferenceMeaning } from '@countersign/device';
import { Refused, Unreachable } from '@countersign/device';
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { baseStyles } from './base-styles.js';
import { designTokens } from './design-tokens.js';
import { ENGLISH, loadWording, type Wording } from './messages/messages.js';
import { define } from './part.js';
import './parts/reference-check.js';

/** The public look-up of a reference: it asks for nothing else, and knows nobody. */
export class CountersignCheck extends LitElement {
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
  @property() url = '';
  @property() tenant = '';
  @property() locale = '';
  @property({ attribute: 'card-number' }) cardNumber = '';
  @state() private wording: Wording = ENGLISH;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('locale'))
      void loadWording(this.locale || navigator.language).then((wording) => (this.wording = wording));
  }

  override render(): TemplateResult {
    const { wording, cardNumber } = this;
    const doubt = wording.doubt(cardNumber);
    return html`<div class="page stack" lang=${wording.language}>
      <countersign-reference-check
        class="card"
        .wording=${wording}
        .lookUp=${(reference: string) => this.#lookUp(reference)}
      ></countersign-reference-check>
      <p part="doubt"><strong dir="auto">${doubt}</strong></p>
    </div>`;
  }

  async #lookUp(reference: string): Promise<ReferenceMeaning | null> {
    const path = `/v1/public/${encodeURIComponent(this.tenant)}/references/${encodeURIComponent(reference)}`;
    let response: Response;
    try {
      response = await fetch((this.url || location.origin) + path, {
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(10_000),
      });
      if (response.ok) return (await response.json()) as ReferenceMeaning;
    } catch (error) {
      throw new Unreachable('The bank could not be reached.', { cause: error });
    }
    if (response.status === 404) return null;
    throw new Refused(response.status, 'unknown', {});
  }
}

define('countersign-check', CountersignCheck);
