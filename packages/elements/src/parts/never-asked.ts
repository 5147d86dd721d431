import { html, type TemplateResult } from 'lit';
import { define, Part } from '../part.js';

/** Who may call, and what the bank never asks for: the bank's own list where it gives one. */
export class NeverAsked extends Part {
  override render(): TemplateResult {
    const { wording } = this;
    const list = this.texts?.neverAsk ?? wording.list('never.always');
    return html`<section class="stack" part="never">
      <h2 tabindex="-1">${wording.text('never.heading')}</h2>
      <p>${wording.text('never.mayCall')}</p>
      <p>${wording.text('never.proof')}</p>
      <h3>${wording.text('never.neverAsk')}</h3>
      <ul dir="auto">
        ${list.map((one) => html`<li>${one}</li>`)}
      </ul>
      <p><strong>${wording.text('never.listen')}</strong></p>
    </section>`;
  }
}

define('countersign-never-asked', NeverAsked);
