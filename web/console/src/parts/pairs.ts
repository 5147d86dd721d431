import { html, type TemplateResult } from 'lit';

/** Names with their values. */
export function pairs(entries: readonly (readonly [string, unknown])[]): TemplateResult {
  return html`<dl class="pairs">
    ${entries.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`;
}
