import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose';

/** Signatures that a proof may have. */
export const PROOF_ALGORITHMS = ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'];

const MAX_PROOF_LENGTH = 4 * 1024;
const JTI = /^[\x21-\x7e]{1,255}$/;
/** A nonce is taken in the window that it was given in, and in the next one. */
const NONCE_WINDOW_MS = 120_000;
const WINDOW_BYTES = 4;
const NONCE_MAC_BYTES = 16;

/** A request as a proof speaks of it. */
export interface ProvenRequest {
  readonly method: string;
  /** Where it was sent, as clients know it. */
  readonly url: string;
  readonly token: string;
  readonly now: number;
}

/** Why a proof is not accepted. For the log; holds nothing of the proof. */
export class ProofRefused extends Error {
  constructor(
    readonly why: string,
    /** Whether the same with a nonce of ours would be (RFC 9449 §9). */
    readonly wantsNonce = false,
  ) {
    super(why);
  }
}

/**
 * Checks a proof by RFC 9449 §4.3, but for whether it came before, and returns the thumbprint of its key (RFC 7638) and the
 * hash by which it is known. A nonce of ours stands for the time, so that a phone whose clock is wrong is served.
 * @throws ProofRefused
 */
export async function checkProof(
  proof: string,
  request: ProvenRequest,
  nonceKeys: readonly Buffer[],
): Promise<{ readonly jkt: string; readonly known: Buffer }> {
  if (proof.length > MAX_PROOF_LENGTH) throw new ProofRefused(`is longer than ${MAX_PROOF_LENGTH} bytes`);
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: PROOF_ALGORITHMS,
    currentDate: new Date(request.now),
  }).catch(() => {
    throw new ProofRefused('is no JWT of type dpop+jwt, signed by the public key in its header');
  });
  const { htm, htu, jti, iat, ath, nonce } = payload;
  if (htm !== request.method) throw new ProofRefused('is for another method');
  if (typeof htu !== 'string' || !isSameAddress(htu, request.url)) throw new ProofRefused('is for another address');
  if (typeof jti !== 'string' || !JTI.test(jti)) throw new ProofRefused('has no jti');
  if (typeof iat !== 'number') throw new ProofRefused('has no iat');
  if (ath !== hash('sha256', request.token, 'base64url')) throw new ProofRefused('is for another access token');
  if (nonce === undefined) throw new ProofRefused('has no nonce', true);
  if (!isNonceOf(nonce, nonceKeys, request.now)) throw new ProofRefused('has a nonce that is none, or old', true);
  const jkt = await calculateJwkThumbprint(protectedHeader.jwk!);
  return { jkt, known: hash('sha256', `${jkt}.${jti}`, 'buffer') };
}

/** The nonce to give out now: the window of time, and a MAC by a key that all processes have. */
export function nonceOf(key: Buffer, now: number): string {
  return nonceOfWindow(key, Math.floor(now / NONCE_WINDOW_MS)).toString('base64url');
}

function isNonceOf(nonce: unknown, keys: readonly Buffer[], now: number): boolean {
  if (typeof nonce !== 'string' || nonce.length > 64) return false;
  const given = Buffer.from(nonce, 'base64url');
  const current = Math.floor(now / NONCE_WINDOW_MS);
  return keys
    .flatMap((key) => [current, current - 1].map((window) => nonceOfWindow(key, window)))
    .some((expected) => expected.length === given.length && timingSafeEqual(expected, given));
}

function nonceOfWindow(key: Buffer, window: number): Buffer {
  const counted = Buffer.alloc(WINDOW_BYTES);
  counted.writeUInt32BE(window);
  return Buffer.concat([counted, createHmac('sha256', key).update(counted).digest().subarray(0, NONCE_MAC_BYTES)]);
}

/** RFC 9449 §4.3 step 9: without query and fragment, after the normalisation of RFC 3986 §6.2.2 and §6.2.3. */
function isSameAddress(given: string, expected: string): boolean {
  const [left, right] = [given, expected].map(normalised);
  return left !== null && left === right;
}

function normalised(address: string): string | null {
  try {
    const { origin, pathname, username, password } = new URL(address);
    if (username !== '' || password !== '') return null;
    return origin + pathname.replace(/%[0-9a-f]{2}/gi, (escape) => normalEscape(escape));
  } catch {
    return null;
  }
}

function normalEscape(escape: string): string {
  const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
}
