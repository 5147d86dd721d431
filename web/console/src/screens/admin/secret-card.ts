import { html, type TemplateResult } from 'lit';
import type { Words } from '../../messages/words.js';

/** A secret that is told once. */
export function secretCard(secret: string, words: Words, onSeen: () => void): TemplateResult {
  return html`<section class="notice stack" role="status">
    <h2>${words.text('secret.heading')}</h2>
    <p>${words.text('secret.once')}</p>
    <pre tabindex="0">${secret}</pre>
    <p><button type="button" @click=${onSeen}>${words.text('secret.seen')}</button></p>
  </section>`;
}
