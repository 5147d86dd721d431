import { canonicalHash } from './canonical.js';
import { concat, decodeBase64url, equal, sha256, utf8 } from './bytes.js';
import { type DeviceKey, deviceSignatureFits } from './signatures.js';
import { Wrong } from './statement.js';
import { parseStrictObject } from './strict-json.js';

const MOST_CHARACTERS = 131_072;
const MOST_CLIENT_DATA_CHARACTERS = 3_072;
const AUTHENTICATOR_DATA_BYTES = 37;
const [PRESENT, VERIFIED, ATTESTED, EXTENDED] = [0x01, 0x04, 0x40, 0x80];
const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The payload of a compact JWS with exactly the header of an answer (RFC 7515). @throws Wrong where it does not hold. */
export function openSignedJws(jws: string, deviceId: string, key: DeviceKey): Record<string, unknown> {
  const parts = jws.length > MOST_CHARACTERS ? [] : jws.split('.', 4);
  const [head, payload, signature] = parts.map(decodeBase64url);
  if (parts.length !== 3 || !head || !payload || !signature) throw new Wrong('the answer is no compact JWS');
  const { alg, kid, typ, ...more } = readObject(head);
  const fits = alg === (key.kty === 'EC' ? 'ES256' : 'EdDSA') && kid === deviceId && typ === 'answer+jws';
  if (!fits || Object.keys(more).length > 0) throw new Wrong('the answer has another header');
  if (signature.length !== 64 || !deviceSignatureFits(key, utf8(`${parts[0]}.${parts[1]}`), signature, 'compact'))
    throw new Wrong("the customer's signature does not fit");
  return readObject(payload);
}

/** The passkey of a device, and the domain that it was made for. */
export interface EnrolledPasskey {
  readonly credentialId: string;
  readonly rpId: string;
}

/**
 * The payload that a passkey asserted (Web Authentication, section 7.2): the challenge is the hash of its canonical JSON,
 * the user was there and verified, and no frame of another origin asked. @throws Wrong where it does not hold.
 */
export function openAssertedPayload(
  signed: string,
  { credentialId, rpId }: EnrolledPasskey,
  key: DeviceKey,
): Record<string, unknown> {
  const { payload, response } = parseStrictObject(signed, MOST_CHARACTERS) as {
    payload: Record<string, unknown>;
    response: Record<string, unknown>;
  };
  if (response['id'] !== credentialId) throw new Wrong('another passkey signed');
  const [clientData, authenticatorData, signature] = ['clientDataJSON', 'authenticatorData', 'signature'].map((name) =>
    decodeBase64url(response[name]),
  );
  if (!clientData || !authenticatorData || !signature) throw new Wrong('the assertion is none');
  requireClientData(readObject(clientData, MOST_CLIENT_DATA_CHARACTERS), canonicalHash(payload), rpId);
  requireAuthenticatorData(authenticatorData, rpId);
  if (!deviceSignatureFits(key, concat(authenticatorData, sha256(clientData)), signature, 'der'))
    throw new Wrong("the passkey's signature does not fit");
  return payload;
}

function requireClientData(read: Record<string, unknown>, challenge: string, rpId: string): void {
  const { type, origin, crossOrigin, topOrigin } = read;
  if (type !== 'webauthn.get' || typeof origin !== 'string') throw new Wrong('the assertion is of another kind');
  if (read['challenge'] !== challenge) throw new Wrong('the passkey signed another answer');
  if (!isOriginOf(origin, rpId)) throw new Wrong('the passkey signed for another site');
  if ((crossOrigin ?? false) !== false || topOrigin !== undefined) throw new Wrong('a frame of another site asked');
}

function requireAuthenticatorData(bytes: Uint8Array, rpId: string): void {
  if (bytes.length < AUTHENTICATOR_DATA_BYTES) throw new Wrong('the assertion is cut short');
  if (!equal(bytes.subarray(0, 32), sha256(rpId))) throw new Wrong('the passkey signed for another domain');
  const flags = bytes[32]!;
  const isExtended = (flags & EXTENDED) !== 0;
  if ((flags & ATTESTED) !== 0 || isExtended !== bytes.length > AUTHENTICATOR_DATA_BYTES)
    throw new Wrong('the authenticator data is of another form');
  if ((flags & PRESENT) === 0 || (flags & VERIFIED) === 0) throw new Wrong('the customer was not verified');
}

/** A page of the domain or below it, or an Android app, which no domain names; `localhost` is for development. */
function isOriginOf(origin: string, rpId: string): boolean {
  if (/^android:apk-key-hash:[A-Za-z0-9_-]{43}$/.test(origin)) return true;
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    return false;
  }
  if (url.origin !== origin) return false;
  if (rpId === 'localhost' && url.protocol === 'http:')
    return ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  return url.protocol === 'https:' && (url.hostname === rpId || url.hostname.endsWith(`.${rpId}`));
}

function readObject(bytes: Uint8Array, mostCharacters = MOST_CHARACTERS): Record<string, unknown> {
  try {
    return parseStrictObject(text.decode(bytes), mostCharacters);
  } catch {
    throw new Wrong('what was signed is not one JSON object');
  }
}
