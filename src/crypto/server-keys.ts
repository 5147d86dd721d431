import { hkdfSync, randomBytes } from 'node:crypto';
import { decodeBase64url } from './base64url.js';
import { open, seal } from './sealing.js';

const KEY_BYTES = 32;

/** Changing any label makes what is stored under its key unreadable. */
const SALT = 'countersign/server-keys/v1';

/** The keys of the service, each 32 bytes and for one purpose alone. */
export interface ServerKeys {
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
  /** MACs of the nonces that are given out for proofs of possession. */
  readonly dpopNonce: Buffer;
  /** MACs of the challenges of passkeys. */
  readonly passkeys: Buffer;
}

/** What the keys of a generation follow from, with the two keys of names that are the same in every generation. */
export interface RootKey {
  readonly secret: Buffer;
  readonly handles: Buffer;
  readonly wording: Buffer;
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
 * The keys that follow from the secret of a root, by HKDF-SHA-256 (RFC 5869) under one label each.
 *
 * @throws MasterKeyRefused unless the secret has 32 bytes.
 */
export function deriveServerKeys(secret: Buffer): ServerKeys {
  return {
    wrapping: derive(secret, 'wrapping'),
    codeMac: derive(secret, 'code-mac'),
    lookup: derive(secret, 'lookup'),
    idempotency: derive(secret, 'idempotency'),
    webhooks: derive(secret, 'webhooks'),
    dpopNonce: derive(secret, 'dpop-nonce'),
    passkeys: derive(secret, 'passkeys'),
  };
}

/** A short name of a master key, no secret: 16 hex digits. */
export function masterKeyId(masterKey: Buffer): string {
  return derive(masterKey, 'id', 8).toString('hex');
}

/** The first root of a database: random, or the master key where things were kept under that before there were roots. */
export function firstRoot(secret: Buffer = randomBytes(KEY_BYTES)): RootKey {
  return { secret, handles: derive(secret, 'passkeys'), wording: derive(secret, 'lookup') };
}

/** A root to come after another: a new secret, and the same names. */
export function nextRoot({ handles, wording }: RootKey): RootKey {
  return { secret: randomBytes(KEY_BYTES), handles, wording };
}

/** A root as it may be stored, sealed under a master key and bound to the number of its generation. */
export function wrapRoot(masterKey: Buffer, generation: number, { secret, handles, wording }: RootKey): Buffer {
  return seal(derive(masterKey, 'root'), Buffer.concat([secret, handles, wording]), rootContext(generation));
}

/** The root that {@link wrapRoot} wrapped. @throws SealBroken for another master key or generation, and for altered bytes. */
export function unwrapRoot(masterKey: Buffer, generation: number, wrapped: Buffer): RootKey {
  const bytes = open(derive(masterKey, 'root'), wrapped, rootContext(generation));
  const part = (place: number): Buffer => bytes.subarray(place * KEY_BYTES, (place + 1) * KEY_BYTES);
  return { secret: part(0), handles: part(1), wording: part(2) };
}

function rootContext(generation: number): string {
  return `key_slots/${generation}`;
}

function derive(secret: Buffer, label: string, bytes = KEY_BYTES): Buffer {
  if (secret.length !== KEY_BYTES) throw new MasterKeyRefused('a master key must have 32 bytes');
  return Buffer.from(hkdfSync('sha256', secret, SALT, `countersign/v1/${label}`, bytes));
}

function decodeEitherBase64(text: string): Buffer | null {
  const unpadded = text.length === 44 && text.endsWith('=') ? text.slice(0, -1) : text;
  const standard = /[+/]/.test(unpadded);
  if (standard && /[-_]/.test(unpadded)) return null;
  return decodeBase64url(unpadded.replaceAll('+', '-').replaceAll('/', '_'));
}
