import type { Event } from './streams.js';

const TOLERANCE_SECONDS = 300;
type Bytes = Uint8Array<ArrayBuffer>;

/** A delivery that is not the service's, or too old. Names the check, never the content. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
}

export interface WebhookKeys {
  /** What POST /v1/webhooks gave, `whsec_…`; during a rotation the old one too. */
  readonly secrets?: readonly string[];
  /** Ed25519 keys `whpk_…`, for signatures `v1a`. */
  readonly publicKeys?: readonly string[];
}

/**
 * The event of a webhook delivery (Standard Webhooks 1.0).
 *
 * @param body exactly as it came, before any parsing.
 * @throws WebhookRefused where no signature fits, or the time is more than five minutes off.
 */
export async function verifyWebhook(
  body: string,
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>,
  keys: WebhookKeys,
  atMilliseconds: number = Date.now(),
): Promise<Event> {
  const header = (name: string): string => {
    const value = headers instanceof Headers ? headers.get(name) : headers[name];
    if (typeof value !== 'string' || value === '') throw new WebhookRefused(`${name} is missing`);
    return value;
  };
  const [id, timestamp, signatures] = [header('webhook-id'), header('webhook-timestamp'), header('webhook-signature')];
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(atMilliseconds / 1000 - Number(timestamp)) > TOLERANCE_SECONDS)
    throw new WebhookRefused('webhook-timestamp is too old or too new');
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const part of signatures.split(' ')) {
    const [version, signature] = part.split(',', 2);
    if (signature !== undefined && (await fits(version!, signature, signed, keys))) return JSON.parse(body) as Event;
  }
  throw new WebhookRefused('no signature fits');
}

async function fits(version: string, signature: string, signed: Bytes, keys: WebhookKeys): Promise<boolean> {
  const bytes = decode(signature);
  if (bytes === null) return false;
  if (version === 'v1')
    return someKey(keys.secrets, 'whsec_', { name: 'HMAC', hash: 'SHA-256' }, (key) =>
      crypto.subtle.verify('HMAC', key, bytes, signed),
    );
  if (version === 'v1a')
    return someKey(keys.publicKeys, 'whpk_', { name: 'Ed25519' }, (key) =>
      crypto.subtle.verify('Ed25519', key, bytes, signed),
    );
  return false;
}

async function someKey(
  texts: readonly string[] | undefined,
  prefix: string,
  algorithm: HmacImportParams | Algorithm,
  verifies: (key: CryptoKey) => Promise<boolean>,
): Promise<boolean> {
  for (const text of texts ?? []) {
    const raw = decode(text.startsWith(prefix) ? text.slice(prefix.length) : text);
    if (raw === null) throw new TypeError(`a key is not ${prefix}…`);
    if (await verifies(await crypto.subtle.importKey('raw', raw, algorithm, false, ['verify']))) return true;
  }
  return false;
}

function decode(base64: string): Bytes | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
