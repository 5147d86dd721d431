import { hash } from 'node:crypto';
import { configure } from 'safe-stable-stringify';

/** Far above any display or event, and far below what would exhaust the stack. */
const MAX_DEPTH = 64;

// Sorts keys by UTF-16 code units, as RFC 8785 wants; the rest of it is what JSON.stringify does with all that is let through.
const stringify = configure({ deterministic: true, circularValue: undefined });

/** What a value holds that RFC 8785 has no form for. */
export type CanonicalJsonFault = 'depth' | 'not_json' | 'number' | 'surrogate';

/** Thrown by {@link canonicalJson}. Names the fault, never the value. */
export class CanonicalJsonRefused extends Error {
  override readonly name = 'CanonicalJsonRefused';

  constructor(readonly fault: CanonicalJsonFault) {
    super(`value has no canonical JSON form: ${fault}`);
  }
}

/**
 * The canonical JSON text of a value (RFC 8785, JCS).
 *
 * Takes only what JSON itself can hold: null, booleans, finite numbers, well-formed strings, arrays, and plain
 * objects. As in `JSON.stringify`, an object member that is `undefined` is left out.
 *
 * @throws CanonicalJsonRefused for a lone surrogate (in a string or a key), NaN or an infinity; `undefined` anywhere
 * else; functions, symbols, bigints; instances of classes (a Date must be turned into its text first, so that what is
 * hashed is what is sent); and nesting deeper than 64, which includes cycles.
 */
export function canonicalJson(value: unknown): string {
  refuseUnlessJson(value, 1);
  return stringify(value)!;
}

/**
 * The hash of what a customer is shown, as an answer signs it: base64url(SHA-256(UTF-8(JCS(display)))), 43 characters.
 *
 * @throws CanonicalJsonRefused as {@link canonicalJson} does.
 */
export function displayHash(display: unknown): string {
  return canonicalHash(display);
}

/** The hash of any JSON value: base64url(SHA-256(UTF-8(JCS(value)))). @throws CanonicalJsonRefused as {@link canonicalJson} does. */
export function canonicalHash(value: unknown): string {
  return hash('sha256', canonicalJson(value), 'base64url');
}

function refuseUnlessJson(value: unknown, depth: number): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new CanonicalJsonRefused('number');
      return;
    case 'string':
      refuseLoneSurrogates(value);
      return;
    case 'object':
      if (value !== null) refuseUnlessJsonContainer(value, depth);
      return;
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new CanonicalJsonRefused('not_json');
  }
}

function refuseUnlessJsonContainer(value: object, depth: number): void {
  if (depth > MAX_DEPTH) throw new CanonicalJsonRefused('depth');
  if (Array.isArray(value)) {
    // By index, because the array methods skip holes.
    for (let i = 0; i < value.length; i += 1) refuseUnlessJson(value[i], depth + 1);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new CanonicalJsonRefused('not_json');
  for (const key of Object.keys(value)) {
    refuseLoneSurrogates(key);
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) refuseUnlessJson(member, depth + 1);
  }
}

function refuseLoneSurrogates(text: string): void {
  if (!text.isWellFormed()) throw new CanonicalJsonRefused('surrogate');
}
