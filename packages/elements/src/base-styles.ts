import { css } from 'lit';

/** What every part looks like. Sizes are in rem, so that a reader's own text size holds. */
export const baseStyles = css`
  :host {
    display: block;
    color: var(--countersign-text);
    font-family: var(--countersign-font);
    font-size: 1rem;
    line-height: 1.5;
    overflow-wrap: break-word;
  }
  :host([hidden]),
  [hidden] {
    display: none;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  h2,
  h3,
  p,
  ul,
  ol,
  dl,
  dd,
  fieldset {
    margin: 0;
    padding: 0;
  }
  h2 {
    font-size: 1.375rem;
    line-height: 1.25;
  }
  h3 {
    font-size: 1.125rem;
    line-height: 1.3;
  }
  ul,
  ol {
    padding-inline-start: min(1.25rem, 6vw);
  }
  fieldset {
    border: 0;
    min-inline-size: 0;
  }
  legend,
  label {
    display: block;
    font-weight: 600;
    padding: 0;
  }
  .stack > * + * {
    margin-block-start: var(--countersign-gap);
  }
  .tight > * + * {
    margin-block-start: 0.375rem;
  }
  .card {
    background: var(--countersign-surface);
    border: 1px solid var(--countersign-hairline);
    border-radius: var(--countersign-radius);
    padding: var(--countersign-gap);
  }
  .quiet {
    color: var(--countersign-quiet);
  }
  .small {
    font-size: 0.9375rem;
  }
  .code {
    font-variant-numeric: tabular-nums;
    font-size: 2rem;
    font-weight: 700;
    letter-spacing: 0.12em;
    line-height: 1.2;
  }
  button,
  input,
  textarea {
    font: inherit;
    color: inherit;
  }
  button {
    background: var(--countersign-surface);
    border: 2px solid var(--countersign-edge);
    border-radius: var(--countersign-radius);
    cursor: pointer;
    font-weight: 600;
    inline-size: 100%;
    min-block-size: 3rem;
    padding: 0.625rem min(1rem, 3vw);
    text-align: center;
  }
  button.main {
    background: var(--countersign-accent);
    border-color: var(--countersign-accent);
    color: var(--countersign-on-accent);
  }
  button.plain {
    background: none;
    border-color: transparent;
    color: var(--countersign-accent);
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }
  button[aria-disabled='true'] {
    cursor: progress;
    opacity: 0.7;
  }
  input:not([type='checkbox']),
  textarea {
    background: var(--countersign-surface);
    border: 2px solid var(--countersign-edge);
    border-radius: 0.5rem;
    inline-size: 100%;
    margin-block-start: 0.375rem;
    min-block-size: 3rem;
    padding: 0.5rem 0.75rem;
  }
  textarea {
    min-block-size: 8rem;
    resize: vertical;
  }
  input[type='checkbox'] {
    accent-color: var(--countersign-accent);
    block-size: 1.5rem;
    flex: none;
    inline-size: 1.5rem;
    margin: 0;
  }
  :focus-visible {
    outline: 3px solid var(--countersign-focus);
    outline-offset: 2px;
  }
  h2:focus,
  h3:focus {
    outline: none;
  }
  .pair {
    display: grid;
    gap: 0.75rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 8rem), 1fr));
  }
  .check {
    align-items: center;
    display: flex;
    font-weight: 400;
    gap: 0.75rem;
    min-block-size: 3rem;
  }
  dl {
    display: grid;
    gap: 0.625rem;
  }
  dt {
    color: var(--countersign-quiet);
    font-size: 0.9375rem;
  }
  dl > *,
  .pair > * {
    min-inline-size: 0;
  }
  dd {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  dd bdi {
    white-space: pre-wrap;
  }
  dd dt {
    font-weight: 400;
  }
  dd dl {
    border-inline-start: 3px solid var(--countersign-hairline);
    gap: 0.25rem;
    margin-block-start: 0.25rem;
    padding-inline-start: 0.75rem;
  }
  .symbol {
    block-size: 2.5rem;
    flex: none;
    inline-size: 2.5rem;
  }
  @media (forced-colors: active) {
    button.main {
      border-color: ButtonText;
    }
    .card {
      border-color: CanvasText;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .turning {
      animation: turn 1.2s linear infinite;
      transform-origin: center;
    }
    @keyframes turn {
      to {
        transform: rotate(360deg);
      }
    }
  }
`;
