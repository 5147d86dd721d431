import { hkdfSync } from 'node:crypto';
import { decodeBase64url } from './base64url.js';

const KEY_BYTES = 32;

/** Changing any label makes what is stored under its key unreadable. */
const SALT = 'countersign/server-keys/v1';

/** The keys of the service, each 32 bytes and for one purpose alone. */
export interface ServerKeys {
  /** A short name of the master key, no secret: 16 hex digits. Tells which master key wrapped something. */
  readonly id: string;
  /** Wraps the customers' data keys. */
  readonly wrapping: Buffer;
  /** MACs of codes. */
  readonly codeMac: Buffer;
  /** Keyed hashes by which a phone number is found. */
  readonly lookup: Buffer;
  /** Seals responses kept for idempotency. */
  readonly idempotency: Buffer;
  /** Seals the secrets of webhooks. */
  readonly webhooks: Buffer;
}

/** Thrown by {@link parseMasterKey}. Never holds what was given. */
export class MasterKeyRefused extends Error {
  override readonly name = 'MasterKeyRefused';
}

/**
 * The master key in a text: exactly 32 bytes as hex, base64 or base64url, padded or not; white space around it, such as
 * a file's last line break, does not count.
 *
 * @throws MasterKeyRefused for anything else, and for a key of zeros.
 */
export function parseMasterKey(text: string): Buffer {
  const trimmed = text.trim();
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : decodeEitherBase64(trimmed);
  if (key?.length !== KEY_BYTES) {
    throw new MasterKeyRefused('a master key must be exactly 32 bytes as hex, base64 or base64url');
  }
  if (key.every((byte) => byte === 0)) throw new MasterKeyRefused('a master key must not be all zeros');
  return key;
}

/**
 * The keys that follow from a master key, by HKDF-SHA-256 (RFC 5869) under one label each.
 *
 * @throws MasterKeyRefused unless the master key has 32 bytes.
 */
export function deriveServerKeys(masterKey: Buffer): ServerKeys {
  if (masterKey.length !== KEY_BYTES) throw new MasterKeyRefused('a master key must have 32 bytes');
  const derive = (label: string, bytes = KEY_BYTES) =>
    Buffer.from(hkdfSync('sha256', masterKey, SALT, `countersign/v1/${label}`, bytes));
  return {
    id: derive('id', 8).toString('hex'),
    wrapping: derive('wrapping'),
    codeMac: derive('code-mac'),
    lookup: derive('lookup'),
    idempotency: derive('idempotency'),
    webhooks: derive('webhooks'),
  };
}

function decodeEitherBase64(text: string): Buffer | null {
  const unpadded = text.length === 44 && text.endsWith('=') ? text.slice(0, -1) : text;
  const standard = /[+/]/.test(unpadded);
  if (standard && /[-_]/.test(unpadded)) return null;
  return decodeBase64url(unpadded.replaceAll('+', '-').replaceAll('/', '_'));
}
