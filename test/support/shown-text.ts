import type { Page } from 'playwright-core';

/** All text of a page, that of shadow roots too; what fields hold is none. */
export function deepText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const textOf = (node: any): string =>
      node.nodeType === 3
        ? node.data
        : ['STYLE', 'SCRIPT', 'NOSCRIPT'].includes(node.nodeName)
          ? ''
          : [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes].map(textOf).join(' ');
    return textOf((globalThis as any).document.body).replace(/\s+/g, ' ');
  });
}

const SHORTEST_PHRASE = 13;

/** What English says and a language says otherwise, in pieces between braces that are long enough to be nobody's name. */
export function untranslated(
  shown: string,
  english: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
): string[] {
  const ownWords = Object.values(own).join('\n');
  return Object.values(english)
    .filter((words): words is string => typeof words === 'string')
    .flatMap((words) => words.split(/\{\w+\}/))
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= SHORTEST_PHRASE && shown.includes(piece) && !ownWords.includes(piece));
}

/** Words that no German sentence has, and hardly an English one is without. */
const ENGLISH_WORDS = /\b(?:the|and|of|with|your|this|that|these|must|is|are|has|have|been|by|to|what|which)\b/gi;

/** The words of English in a text, each with what stands about it. */
export function englishIn(shown: string): string[] {
  return [...shown.matchAll(ENGLISH_WORDS)].map(({ index }) => shown.slice(Math.max(0, index - 40), index + 40));
}
