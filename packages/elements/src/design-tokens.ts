import { css } from 'lit';

/**
 * What a bank themes: set any of these on `countersign-customer` or `countersign-check` from the page's own style sheet.
 * Every pair of text and ground here has a contrast of 4.5:1 or more, every edge of a control 3:1.
 */
export const designTokens = css`
  :host {
    --countersign-font: system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
    --countersign-text: #16202b;
    --countersign-quiet: #46535f;
    --countersign-page: #f3f5f7;
    --countersign-surface: #ffffff;
    --countersign-edge: #6f7d8a;
    --countersign-hairline: #d5dce2;
    --countersign-accent: #0b4f8a;
    --countersign-on-accent: #ffffff;
    --countersign-focus: #0b4f8a;
    --countersign-genuine: #0a5c31;
    --countersign-genuine-ground: #e3f4ea;
    --countersign-wrong: #97151a;
    --countersign-wrong-ground: #fdeaea;
    --countersign-unknown: #3a4651;
    --countersign-unknown-ground: #e9edf0;
    --countersign-mark: #ffe08a;
    --countersign-on-mark: #16202b;
    --countersign-radius: 0.75rem;
    --countersign-gap: min(1rem, 4vw);
  }
  @media (prefers-color-scheme: dark) {
    :host {
      --countersign-text: #e9eef3;
      --countersign-quiet: #b4c0cb;
      --countersign-page: #0e151c;
      --countersign-surface: #18222c;
      --countersign-edge: #8493a1;
      --countersign-hairline: #33414e;
      --countersign-accent: #8cc6ff;
      --countersign-on-accent: #0a1a29;
      --countersign-focus: #8cc6ff;
      --countersign-genuine: #8be3b0;
      --countersign-genuine-ground: #10301f;
      --countersign-wrong: #ffb0b0;
      --countersign-wrong-ground: #401619;
      --countersign-unknown: #d3dce4;
      --countersign-unknown-ground: #2a3641;
      --countersign-mark: #6b5200;
      --countersign-on-mark: #fff3cf;
    }
  }
`;
