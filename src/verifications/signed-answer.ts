import type { RelyingParty } from '../config/passkey-settings.js';
import { canonicalHash, canonicalJson, CanonicalJsonRefused } from '../crypto/canonical-json.js';
import { toCoseKey } from '../crypto/cose-key.js';
import { readUnverifiedHeader, SignatureRefused, verifyDeviceSignature } from '../crypto/device-signature.js';
import { type PasskeyAssertion, PasskeyRefused, readAssertion, verifyAssertion } from '../crypto/passkey-assertion.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { fromTypeId } from '../ids/ids.js';
import type { RefusalCause } from './answer.payload.js';
import { type AnswerContextRow, readPasskeyAnswerContext } from './answers.store.js';
import { readContext } from './answers-together.store.js';

/** An answer is not accepted; the cause is for the event log alone. */
export class AnswerRefused extends Error {
  constructor(readonly refusal: RefusalCause) {
    super('answer refused');
  }
}

/** What a customer's device sent as its answer, by whichever way it signs. */
export interface SignedAnswer {
  /** Where in the request a code stands that cannot be one. */
  readonly codePointer: string;
  /** The question with the device that is said to have signed; the device's columns are null where the customer has no such one. */
  context(db: TenantHandle, verificationId: string): Promise<AnswerContextRow | null>;
  /** What was signed, and the sign counter of a passkey. @throws AnswerRefused */
  verify(row: AnswerContextRow): Opened | Promise<Opened>;
  /** The device that it names, enrolled or not; null where it names none that is found. */
  deviceId(row: AnswerContextRow): string | null;
  /** The text that is kept as the customer's own. */
  readonly text: string;
}

interface Opened {
  readonly payload: Record<string, unknown>;
  /** Null for a key that counts nothing. */
  readonly signCount: number | null;
}

/** An answer as a compact JWS. */
export function jwsAnswer(jws: string): SignedAnswer {
  const device = readDeviceId(jws);
  return {
    text: jws,
    codePointer: '#/jws',
    deviceId: () => device?.uuid ?? null,
    context: (db, verificationId) => readContext(db, { id: verificationId, deviceId: device?.uuid ?? null }),
    verify: ({ public_key: publicKey }) => {
      if (!publicKey || device === null) throw new AnswerRefused('device');
      try {
        const { payload } = verifyDeviceSignature({ jws, typ: 'answer+jws', publicKey, keyId: device.kid });
        return { payload, signCount: null };
      } catch (error) {
        if (error instanceof SignatureRefused) throw new AnswerRefused(error.failure);
        throw error;
      }
    },
  };
}

/**
 * An answer as an assertion of a passkey, whose challenge is the hash of the payload's canonical JSON: so it signs what was
 * seen, as a JWS does. Null where `payload` or `response` has not the form that the API describes.
 */
export function passkeyAnswer(
  { payload, response }: Readonly<Record<string, unknown>>,
  relyingParty: RelyingParty | null,
): SignedAnswer | null {
  const assertion = readAssertion(response);
  const text = assertion && textOf(payload, assertion);
  if (assertion === null || text === null) return null;
  return {
    text,
    codePointer: '#/passkey/payload/code',
    deviceId: ({ answering_device_id: id }) => id,
    context: (db, verificationId) => readPasskeyAnswerContext(db, verificationId, assertion.id),
    verify: async ({ public_key: publicKey, rp_id: rpId, sign_count: kept }) => {
      if (!publicKey || !rpId || !kept) throw new AnswerRefused('passkey');
      if (relyingParty?.rpId !== rpId) throw new AnswerRefused('rp_id');
      const challenge = canonicalHash(payload);
      const expected = { challenge, rpId, origins: relyingParty.origins, publicKey };
      const { signCount } = checked(() => verifyAssertion(assertion, expected));
      if (signCount <= Number(kept) && (signCount > 0 || Number(kept) > 0)) throw new AnswerRefused('sign_count');
      await requireLibraryAgrees(assertion, expected, Number(kept));
      return { payload: payload as Record<string, unknown>, signCount };
    },
  };
}

/** What is kept of a passkey's answer: all that proves it, in one form. Null where the payload is no object that has such a form. */
function textOf(payload: unknown, response: PasskeyAssertion): string | null {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) return null;
  try {
    return canonicalJson({ payload, response });
  } catch (error) {
    if (error instanceof CanonicalJsonRefused) return null;
    throw error;
  }
}

function checked<Result>(verify: () => Result): Result {
  try {
    return verify();
  } catch (error) {
    if (error instanceof PasskeyRefused) throw new AnswerRefused(error.failure);
    throw error;
  }
}

/**
 * The library reads it too: what is accepted here satisfies it and the check by which evidence is verified, or is refused.
 * Loaded by the first answer by a passkey.
 */
async function requireLibraryAgrees(
  { id, ...response }: PasskeyAssertion,
  expected: { challenge: string; rpId: string; origins: readonly string[]; publicKey: Parameters<typeof toCoseKey>[0] },
  counter: number,
): Promise<void> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const answer = await verifyAuthenticationResponse({
    response: { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} },
    expectedChallenge: expected.challenge,
    expectedOrigin: [...expected.origins],
    expectedRPID: expected.rpId,
    requireUserVerification: true,
    credential: { id, publicKey: new Uint8Array(toCoseKey(expected.publicKey)), counter },
  }).catch(() => null);
  if (answer?.verified !== true) throw new AnswerRefused('signature');
}

function readDeviceId(jws: string): { uuid: string; kid: string } | null {
  try {
    const { kid } = readUnverifiedHeader(jws);
    const uuid = fromTypeId('dev', kid);
    return uuid === null ? null : { uuid, kid };
  } catch (error) {
    if (error instanceof SignatureRefused) return null;
    throw error;
  }
}
