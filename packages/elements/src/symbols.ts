import { html, type TemplateResult } from 'lit';

/** How sure something is. A symbol differs in its outline too, not by colour alone. */
export type Tone = 'genuine' | 'wrong' | 'unknown' | 'note' | 'asking';

/** The symbol of a tone; the words beside it say the same. */
export function symbol(tone: Tone): TemplateResult {
  switch (tone) {
    case 'genuine':
      return html`<svg class="symbol" viewBox="0 0 40 40" aria-hidden="true">
        <circle cx="20" cy="20" r="18" fill="currentColor" />
        <path d="m11 21 6 6 12-14" fill="none" stroke="var(--ground)" stroke-width="4" stroke-linecap="round" />
      </svg>`;
    case 'wrong':
      return html`<svg class="symbol" viewBox="0 0 40 40" aria-hidden="true">
        <path d="M13 2h14l11 11v14L27 38H13L2 27V13z" fill="currentColor" />
        <path d="m13 13 14 14m0-14L13 27" fill="none" stroke="var(--ground)" stroke-width="4" stroke-linecap="round" />
      </svg>`;
    case 'unknown':
      return html`<svg class="symbol" viewBox="0 0 40 40" aria-hidden="true">
        <rect x="3" y="3" width="34" height="34" rx="4" fill="none" stroke="currentColor" stroke-width="3" />
        <path
          d="M15 16a5 5 0 1 1 7.5 4.3c-1.700 1-2.5 2-2.5 3.700"
          fill="none"
          stroke="currentColor"
          stroke-width="3"
          stroke-linecap="round"
        />
        <circle cx="20" cy="29.5" r="2" fill="currentColor" />
      </svg>`;
    case 'note':
      return html`<svg class="symbol" viewBox="0 0 40 40" aria-hidden="true">
        <circle cx="20" cy="20" r="17" fill="none" stroke="currentColor" stroke-width="3" />
        <path d="M20 10v12" stroke="currentColor" stroke-width="4" stroke-linecap="round" />
        <circle cx="20" cy="29" r="2.5" fill="currentColor" />
      </svg>`;
    case 'asking':
      return html`<svg class="symbol turning" viewBox="0 0 40 40" aria-hidden="true">
        <circle cx="20" cy="20" r="16" fill="none" stroke="currentColor" stroke-width="3" stroke-dasharray="70 31" />
      </svg>`;
    default:
      throw new TypeError('unknown tone');
  }
}
