import { html, type TemplateResult } from 'lit';

export type Tone = 'good' | 'bad' | 'waiting' | 'quiet';

const OUTLINES: Readonly<Record<Tone, TemplateResult>> = {
  good: html`<svg viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="7" fill="currentColor" />
    <path d="m4.500 8.500 2.300 2.300 4.700-5" fill="none" stroke="var(--ground)" stroke-width="2" />
  </svg>`,
  bad: html`<svg viewBox="0 0 16 16" aria-hidden="true">
    <path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" />
    <path d="m5 5 6 6m0-6-6 6" stroke="var(--ground)" stroke-width="2" />
  </svg>`,
  waiting: html`<svg viewBox="0 0 16 16" aria-hidden="true">
    <circle cx="8" cy="8" r="6.500" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="5 3" />
  </svg>`,
  quiet: html`<svg viewBox="0 0 16 16" aria-hidden="true">
    <rect x="2" y="2" width="12" height="12" rx="2" fill="none" stroke="currentColor" stroke-width="2" />
  </svg>`,
};

/** A state: a symbol, a word and a colour that all say the same. */
export function badge(tone: Tone, words: string): TemplateResult {
  return html`<span class="badge ${tone}">${OUTLINES[tone]}<span>${words}</span></span>`;
}

const GOOD: readonly string[] = ['confirmed', 'in'];
const BAD: readonly string[] = [
  'denied',
  'reported',
  'locked',
  'refused',
  'disputed',
  'unreachable',
  'wrong_person',
  'declined',
  'exhausted',
  'disabled',
];
const WAITING: readonly string[] = ['waiting', 'held', 'queued', 'claimed', 'pending', 'open'];

/** Green is for what holds: a confirmed verification and a proof that is in. */
export function toneOf(status: string): Tone {
  if (GOOD.includes(status)) return 'good';
  if (BAD.includes(status)) return 'bad';
  return WAITING.includes(status) ? 'waiting' : 'quiet';
}
