import { designTokens } from '@countersign/elements/design-tokens';

// The tokens are made for elements; the page takes the same ones.
const sheet = new CSSStyleSheet();
sheet.replaceSync(designTokens.cssText.replaceAll(':host', ':root'));
document.adoptedStyleSheets = [sheet];
await import('./shell/shell.js');
