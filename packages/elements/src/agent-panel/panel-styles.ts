import { css } from 'lit';

/** What the panel adds: it stands beside other things all day, so it is dense, and its alarm covers all of it. */
export const panelStyles = css`
  :host {
    --countersign-gap: 0.75rem;
    background: var(--countersign-page);
    font-size: 0.9375rem;
    line-height: 1.4;
  }
  .panel {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    margin-inline: auto;
    max-inline-size: 44rem;
    min-block-size: inherit;
  }
  .panel > * {
    grid-area: 1 / 1;
  }
  .rest {
    padding: var(--countersign-gap);
  }
  .old {
    background: repeating-linear-gradient(-45deg, transparent 0 12px, var(--countersign-unknown-ground) 12px 24px);
  }
  h2 {
    font-size: 1rem;
  }
  .code-card h2,
  .card > h2:first-child {
    font-size: 1.125rem;
  }
  button {
    align-items: center;
    display: flex;
    flex: 1 1 12rem;
    flex-wrap: wrap;
    gap: 0.25rem 0.5rem;
    inline-size: auto;
    justify-content: space-between;
    min-block-size: 2.5rem;
    padding: 0.375rem 0.75rem;
    text-align: start;
  }
  button.danger {
    background: var(--countersign-wrong);
    border-color: var(--countersign-wrong);
    color: var(--countersign-wrong-ground);
  }
  .buttons {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
  kbd {
    border: 1px solid currentColor;
    border-radius: 0.25rem;
    flex: none;
    font: inherit;
    font-size: 0.75rem;
    padding-inline: 0.375rem;
  }
  input:not([type='radio']):not([type='checkbox']),
  select {
    background: var(--countersign-surface);
    border: 2px solid var(--countersign-edge);
    border-radius: 0.5rem;
    color: inherit;
    font: inherit;
    font-weight: 400;
    inline-size: 100%;
    margin-block-start: 0.25rem;
    min-block-size: 2.5rem;
    padding: 0.25rem 0.5rem;
  }
  input[type='radio'] {
    accent-color: var(--countersign-accent);
    block-size: 1.5rem;
    flex: none;
    inline-size: 1.5rem;
    margin: 0;
  }
  fieldset .pair {
    gap: 0 1rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 10.5rem), 1fr));
  }
  .check {
    gap: 0.5rem;
    min-block-size: 2.25rem;
  }
  .notice {
    padding: 0.625rem 0.75rem;
  }
  .notice .word {
    flex: 1 1 8rem;
    font-size: 1.375rem;
  }
  .notice .left {
    color: var(--countersign-text);
    font-variant-numeric: tabular-nums;
    margin-inline-start: auto;
    text-align: end;
  }
  .notice.genuine {
    border-width: 4px;
  }
  .symbol {
    block-size: 2rem;
    inline-size: 2rem;
  }
  .code-card {
    background: var(--countersign-surface);
    border: 3px solid var(--countersign-accent);
    border-radius: var(--countersign-radius);
    padding: var(--countersign-gap);
  }
  .code {
    font-size: 2.75rem;
    letter-spacing: 0.08em;
  }
  .code bdi {
    column-gap: 0.4em;
    display: flex;
    flex-wrap: wrap;
  }
  .head .word,
  .number {
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .spelled {
    font-size: 1.125rem;
  }
  .number {
    font-size: 1.5rem;
    font-weight: 700;
  }
  .warning {
    background: var(--countersign-wrong-ground);
    border-inline-start: 6px double var(--countersign-wrong);
    color: var(--countersign-text);
    padding: 0.5rem 0.75rem;
  }
  .failure {
    border: 2px solid var(--countersign-wrong);
    border-radius: 0.5rem;
    font-weight: 600;
    padding: 0.5rem 0.75rem;
  }
  .good {
    font-weight: 700;
  }
  .nowrap {
    white-space: nowrap;
  }
  blockquote {
    border-inline-start: 4px solid var(--countersign-accent);
    font-size: 1.125rem;
    margin: 0;
    padding-inline-start: 0.75rem;
  }
  .phone {
    background: var(--countersign-surface);
    border: 1px solid var(--countersign-edge);
    border-radius: 1rem;
    padding: 0.75rem;
  }
  dl {
    gap: 0.375rem 1rem;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr));
  }
  .alarm {
    background: var(--countersign-wrong-ground);
    border: 8px solid var(--countersign-wrong);
    color: var(--countersign-text);
    min-block-size: 100%;
    padding: var(--countersign-gap);
    position: relative;
    z-index: 1;
  }
  .alarm > * {
    inset-block-start: var(--countersign-gap);
    position: sticky;
  }
  .alarm .head {
    --ground: var(--countersign-wrong-ground);
    align-items: center;
    color: var(--countersign-wrong);
    display: flex;
    flex-wrap: wrap;
    gap: 0.25rem 0.75rem;
  }
  .alarm .head .symbol {
    block-size: 3.5rem;
    inline-size: 3.5rem;
  }
  .alarm .word {
    flex: 1 1 8rem;
    font-weight: 700;
    font-size: 1.75rem;
    line-height: 1.15;
  }
  .alarm blockquote {
    border-color: var(--countersign-wrong);
    font-size: 1.375rem;
    font-weight: 600;
  }
  .alarm .warning {
    background: var(--countersign-surface);
  }
  @media (forced-colors: active) {
    button.main,
    button.danger {
      background: ButtonFace;
      border-color: ButtonText;
      color: ButtonText;
    }
    .alarm {
      border-color: CanvasText;
    }
  }
`;
