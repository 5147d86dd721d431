/** Containers inside one another, the outermost counted as the first. */
const MAX_DEPTH = 8;

const LONE_SURROGATE = /\p{Cs}/u;
const NUMBER = /-?\d[\d.eE+-]*/y;
const COLON_NEXT = /[ \t\n\r]*:/y;

/** What was wrong with a text. */
export type StrictJsonFault =
  'too_long' | 'syntax' | 'not_an_object' | 'depth' | 'duplicate_key' | 'forbidden_key' | 'surrogate' | 'number';

/** Thrown by {@link parseStrictObject}. Names the fault, never the text. */
export class StrictJsonRefused extends Error {
  override readonly name = 'StrictJsonRefused';

  constructor(readonly fault: StrictJsonFault) {
    super(`JSON text refused: ${fault}`);
  }
}

/**
 * The JSON object that a text holds, where every reader of the text must come to the same object (I-JSON, RFC 7493).
 *
 * @param maxLength in UTF-16 code units.
 * @throws StrictJsonRefused for a text that is too long, is not one JSON object with nothing after it, is nested
 * deeper than 8, or holds a key twice (at any depth, and after unescaping), a `__proto__` key, a lone surrogate
 * (raw or escaped), or a number too large for a double.
 */
export function parseStrictObject(text: string, maxLength: number): Record<string, unknown> {
  if (text.length > maxLength) throw new StrictJsonRefused('too_long');
  const value = parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new StrictJsonRefused('not_an_object');
  }
  if (LONE_SURROGATE.test(text)) throw new StrictJsonRefused('surrogate');
  scan(text);
  return value as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new StrictJsonRefused('syntax');
  }
}

/** Looks for what `JSON.parse` forgives. The text is known to be valid JSON, so tokens can be told by their first character. */
function scan(text: string): void {
  const keysOfOpenContainers: Array<Set<string>> = [];
  let at = 0;
  while (at < text.length) {
    switch (text.charAt(at)) {
      case '{':
      case '[':
        keysOfOpenContainers.push(new Set());
        if (keysOfOpenContainers.length > MAX_DEPTH) throw new StrictJsonRefused('depth');
        at += 1;
        break;
      case '}':
      case ']':
        keysOfOpenContainers.pop();
        at += 1;
        break;
      case '"': {
        const end = endOfString(text, at);
        const content = contentOfString(text.slice(at, end));
        // Valid JSON has a colon after a key and after no other string.
        if (matchesAt(COLON_NEXT, text, end) > 0) addKey(keysOfOpenContainers.at(-1), content);
        at = end;
        break;
      }
      default:
        at += lengthOfOther(text, at);
    }
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function contentOfString(quoted: string): string {
  if (!quoted.includes('\\')) return quoted.slice(1, -1);
  const content = JSON.parse(quoted) as string;
  if (LONE_SURROGATE.test(content)) throw new StrictJsonRefused('surrogate');
  return content;
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (key === '__proto__') throw new StrictJsonRefused('forbidden_key');
  if (keys?.has(key)) throw new StrictJsonRefused('duplicate_key');
  keys?.add(key);
}

function lengthOfOther(text: string, at: number): number {
  const length = matchesAt(NUMBER, text, at);
  if (length === 0) return 1;
  if (!Number.isFinite(Number(text.slice(at, at + length)))) throw new StrictJsonRefused('number');
  return length;
}

function matchesAt(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.test(text) ? sticky.lastIndex - at : 0;
}
