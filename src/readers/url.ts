/** Browsers read these as what holds a full stop (UTS #46 without STD3 rules); Node 20 refuses them. */
const HIDDEN_DOTS = /[\u2024-\u2026\u2488-\u249b\ufe19\ufe30\ufe52]/gu;
const HOST = /^([a-z][a-z0-9+.-]*:[/\\]*(?:[^/\\?#]*@)?)([^/\\?#@]*)/i;

/**
 * A URL as browsers read it (WHATWG URL), or null. `URL.canParse` of Node 20 answers false for Latin-1 letters as soon as
 * V8 has compiled the call that makes it, so nothing here calls it.
 */
export function parseUrl(text: string): URL | null {
  return (
    parse(text) ??
    (text.search(HIDDEN_DOTS) < 0
      ? null
      : parse(text.replace(HOST, (_all, before: string, host: string) => before + withDotsShown(host))))
  );
}

function withDotsShown(host: string): string {
  return host.replace(HIDDEN_DOTS, (hidden) => hidden.normalize('NFKC'));
}

function parse(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
