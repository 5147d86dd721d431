import { hash } from 'node:crypto';
import { configure } from 'safe-stable-stringify';

/** Far above any display or event, and far below what would exhaust the stack. */
const MAX_DEPTH = 64;

// Sorts keys by UTF-16 code units, as RFC 8785 wants; the rest of it is what JSON.stringify does with all that is let through.
const stringify = configure({ deterministic: true, circularValue: undefined });

/** Names that an object does not keep in the order in which they were set: what may be an index, and one that is no name of its own. */
const KEPT_OUT_OF_ORDER = /^(?:\d|__proto__$)/;
/** Stands for a value that no object holds in the order of RFC 8785. */
const NO_ORDER = Symbol('no order');

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
  const ordered = inOrder(value, 1);
  return ordered === NO_ORDER ? stringify(value)! : JSON.stringify(ordered);
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

/**
 * A copy whose objects have their names in order: written in one go, that leaves far less garbage than a text that is put together
 * member by member, and every event is written so. `NO_ORDER` where an object cannot hold the order.
 */
function inOrder(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw new CanonicalJsonRefused('number');
      return value;
    case 'string':
      refuseLoneSurrogates(value);
      return value;
    case 'object':
      if (value === null) return value;
      if (depth > MAX_DEPTH) throw new CanonicalJsonRefused('depth');
      return Array.isArray(value) ? arrayInOrder(value, depth) : objectInOrder(value, depth);
    case 'bigint':
    case 'function':
    case 'symbol':
    case 'undefined':
      throw new CanonicalJsonRefused('not_json');
  }
}

function arrayInOrder(array: readonly unknown[], depth: number): unknown {
  const ordered: unknown[] = [];
  // By index, because the array methods skip holes.
  for (let at = 0; at < array.length; at += 1) ordered.push(inOrder(array[at], depth + 1));
  return ordered.includes(NO_ORDER) ? NO_ORDER : ordered;
}

function objectInOrder(object: object, depth: number): unknown {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw new CanonicalJsonRefused('not_json');
  const members = object as Record<string, unknown>;
  const names = Object.keys(object).sort();
  let ordered: Record<string, unknown> | null = {};
  for (const name of names) {
    refuseLoneSurrogates(name);
    if (members[name] === undefined) continue;
    const member = inOrder(members[name], depth + 1);
    if (member === NO_ORDER || KEPT_OUT_OF_ORDER.test(name)) ordered = null;
    else if (ordered) ordered[name] = member;
  }
  return ordered ?? NO_ORDER;
}

function refuseLoneSurrogates(text: string): void {
  if (!text.isWellFormed()) throw new CanonicalJsonRefused('surrogate');
}
