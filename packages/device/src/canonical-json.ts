import { encodeBase64url, utf8 } from './base64url.js';

const MAX_DEPTH = 64;

/**
 * The canonical JSON text of a value (RFC 8785, JCS). A member that is `undefined` is left out.
 *
 * @throws TypeError for what JSON cannot hold: lone surrogates, NaN and infinities, functions, instances of classes,
 * and nesting deeper than 64.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 1);
}

/** base64url(SHA-256(UTF-8(JCS(value)))), 43 characters: how an answer says what was shown. */
export async function canonicalHash(value: unknown): Promise<string> {
  return encodeBase64url(await crypto.subtle.digest('SHA-256', utf8(canonicalJson(value))));
}

function write(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value);
  if (typeof value === 'string') return writeText(value);
  if (typeof value !== 'object' || depth > MAX_DEPTH) throw new TypeError('no canonical JSON');
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join()}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('no canonical JSON');
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // By UTF-16 code units, as RFC 8785 section 3.2.3 wants.
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, member]) => `${writeText(name)}:${write(member, depth + 1)}`);
  return `{${members.join()}}`;
}

function writeText(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new TypeError('no canonical JSON: lone surrogate');
  return JSON.stringify(text);
}
