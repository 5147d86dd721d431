import type { Advice } from '@countersign/device';
import { css, html, nothing, type TemplateResult } from 'lit';
import { symbol, type Tone } from './symbols.js';

/** How a verdict, an outcome or a warning looks: a symbol, a word and a colour, which all say the same. */
export const noticeStyles = css`
  .notice {
    --ground: var(--countersign-unknown-ground);
    --ink: var(--countersign-unknown);
    background: var(--ground);
    border: 2px solid var(--ink);
    border-radius: var(--countersign-radius);
    color: var(--countersign-text);
    padding: var(--countersign-gap);
  }
  .notice.genuine {
    --ground: var(--countersign-genuine-ground);
    --ink: var(--countersign-genuine);
  }
  .notice.wrong {
    --ground: var(--countersign-wrong-ground);
    --ink: var(--countersign-wrong);
    border-width: 4px;
  }
  .notice.note {
    --ground: var(--countersign-surface);
    --ink: var(--countersign-accent);
  }
  .notice.unknown,
  .notice.asking {
    border-style: dashed;
  }
  .notice .head {
    align-items: center;
    color: var(--ink);
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 0.75rem;
  }
  .notice .word {
    font-size: 1.5rem;
    font-weight: 700;
    line-height: 1.2;
  }
  .notice .headline {
    font-size: 1.125rem;
    font-weight: 600;
  }
  .notice button {
    color: var(--countersign-text);
  }
`;

export interface Notice {
  readonly tone: Tone;
  readonly word: string;
  readonly advice?: Advice | readonly Advice[];
  readonly more?: TemplateResult | typeof nothing;
}

/** Says what is so and what to do, the most urgent first. */
export function noticeCard({ tone, word, advice = [], more = nothing }: Notice): TemplateResult {
  const all = Array.isArray(advice) ? (advice as readonly Advice[]) : [advice as Advice];
  return html`<div class="notice stack ${tone}" part="notice ${tone}">
    <p class="head">${symbol(tone)}<span class="word">${word}</span></p>
    ${all.map((one) => adviceOf(one))} ${more}
  </div>`;
}

function adviceOf({ headline, steps }: Advice): TemplateResult {
  const others = steps.filter((step) => step !== headline);
  return html`<p class="headline" dir="auto">${headline}</p>
    ${
      others.length > 0
        ? html`<ul dir="auto">
            ${others.map((step) => html`<li>${step}</li>`)}
          </ul>`
        : nothing
    }`;
}
