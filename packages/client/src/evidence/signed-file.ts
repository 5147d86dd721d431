import { decodeBase64url, utf8 } from './bytes.js';
import { ed25519Fits } from './signatures.js';
import { Wrong } from './statement.js';
import { parseStrictObject } from './strict-json.js';

const MAX_LENGTH = 16 * 1024 * 1024;

/** A public key that whoever verifies trusts: an entry of a JWK set (RFC 7517), Ed25519 (RFC 8037). */
export interface TrustedKey {
  readonly kty?: unknown;
  readonly crv?: unknown;
  readonly x?: unknown;
  readonly kid?: unknown;
}

/** The Ed25519 keys of a set, by their ids; others are passed over. */
export function readKeys(trusted: readonly TrustedKey[]): Map<string, Uint8Array> {
  const keys = new Map<string, Uint8Array>();
  for (const { kty, crv, x, kid } of trusted) {
    const bytes = typeof x === 'string' ? decodeBase64url(x) : null;
    if (kty === 'OKP' && crv === 'Ed25519' && bytes?.length === 32 && typeof kid === 'string') keys.set(kid, bytes);
  }
  return keys;
}

/** A compact JWS (RFC 7515), read and not yet verified. */
export interface ReadJws {
  readonly kid: string;
  readonly input: string;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
}

/** A compact JWS of exactly the header of a type. @throws Wrong for everything else. */
export function readJws(file: string, type: string): ReadJws {
  const text = file.endsWith('\n') ? file.slice(0, -1) : file;
  const parts = text.length > MAX_LENGTH ? [] : text.split('.', 4);
  const [header, payload, signature] = parts.map(decodeBase64url);
  if (parts.length !== 3 || !header || !payload || !signature)
    throw new Wrong('it is not three parts of canonical base64url');
  let read: Record<string, unknown>;
  try {
    read = parseStrictObject(new TextDecoder().decode(header), 1_000);
  } catch {
    throw new Wrong('its header is not one JSON object');
  }
  const { alg, kid, typ, ...more } = read;
  if (alg !== 'EdDSA' || typ !== type || typeof kid !== 'string' || Object.keys(more).length > 0)
    throw new Wrong(`its header is not { alg: "EdDSA", kid, typ: "${type}" }`);
  return { kid, input: `${parts[0]}.${parts[1]}`, signature, payload };
}

/** The id of the key that signed. @throws Wrong where the key is not among the given ones, or does not fit. */
export function verifySignature({ kid, input, signature }: ReadJws, keys: ReadonlyMap<string, Uint8Array>): string {
  const key = keys.get(kid);
  if (!key) throw new Wrong(`key ${kid} is not among the given keys`);
  if (signature.length !== 64 || !ed25519Fits(signature, utf8(input), key))
    throw new Wrong('the signature does not fit: the file was altered');
  return kid;
}
