import { CompactEncrypt, importJWK, type JWK } from 'jose';
import { generateSecret, generateSync, verifySync } from 'otplib';
import { parseDevicePublicKey } from './device-key.js';

const SECRET_BYTES = 20;
const STEP_SECONDS = 30;
const SETTINGS = { algorithm: 'sha1', digits: 6, period: STEP_SECONDS } as const;

/** 160 bits or more in base 32, unpadded. */
const SECRET = /^[A-Z2-7]{32,}$/;

/** The two TOTP secrets of a device, in base 32: whose code proves whom. */
export interface OfflineSecrets {
  /** Its code is read out by the agent and shown by the app. */
  bankProof: string;
  /** Its code is read out by a customer who phoned the bank. */
  customerProof: string;
}

/** Two new secrets of 160 bits each (RFC 4226 section 4, R6), as 32 characters of base 32. */
export function generateOfflineSecrets(): OfflineSecrets {
  return {
    bankProof: generateSecret({ length: SECRET_BYTES }),
    customerProof: generateSecret({ length: SECRET_BYTES }),
  };
}

/**
 * The code of a secret at a time: TOTP with SHA-1, 6 digits, 30 s (RFC 6238 section 4).
 *
 * @throws TypeError, without the secret, unless it is base 32 of 160 bits or more.
 */
export function currentProof(secret: string, now: Date): string {
  refuseBadSecret(secret);
  return generateSync({ ...SETTINGS, secret, epoch: unixSeconds(now) });
}

/**
 * The time step (floor of unix seconds / 30) whose code this is, to be kept as the last accepted one; or null. Looks at
 * the present step and one on either side, and never at a step that is not after the last accepted one, so that a code
 * is accepted once (RFC 6238 section 5.2). Codes are compared in constant time.
 *
 * @param code as typed; anything but 6 ASCII digits gives null.
 * @throws TypeError, without the secret, unless it is base 32 of 160 bits or more.
 */
export function matchProof(secret: string, code: string, now: Date, lastAcceptedStep: number | null): number | null {
  refuseBadSecret(secret);
  if (!/^[0-9]{6}$/.test(code)) return null;
  const epoch = unixSeconds(now);
  // The library throws where no step is left to look at, as after a clock was set back.
  if (lastAcceptedStep !== null && lastAcceptedStep > Math.floor(epoch / STEP_SECONDS)) return null;
  const afterTimeStep = lastAcceptedStep ?? undefined;
  const result = verifySync({ ...SETTINGS, secret, token: code, epoch, epochTolerance: STEP_SECONDS, afterTimeStep });
  return result.valid && 'timeStep' in result ? result.timeStep : null;
}

/**
 * The secrets as a compact JWE (RFC 7516) that the holder of the device's encryption key alone can read: A256GCM, with
 * the key agreement that the key names, else `ECDH-ES`; the plaintext is JSON with the members of
 * {@link OfflineSecrets}.
 *
 * @throws DeviceKeyRefused as `parseDevicePublicKey` does for an encryption key.
 */
export async function sealOfflineSecrets(encryptionKey: JWK, secrets: OfflineSecrets): Promise<string> {
  const { jwk } = parseDevicePublicKey(encryptionKey, 'encryption');
  const alg = 'alg' in jwk && jwk.alg !== undefined ? jwk.alg : 'ECDH-ES';
  const plaintext = JSON.stringify({ bankProof: secrets.bankProof, customerProof: secrets.customerProof });
  return new CompactEncrypt(Buffer.from(plaintext, 'utf8'))
    .setProtectedHeader({ alg, enc: 'A256GCM', typ: 'offline+jwe' })
    .encrypt(await importJWK(jwk, alg));
}

function unixSeconds(now: Date): number {
  return Math.floor(now.getTime() / 1000);
}

function refuseBadSecret(secret: string): void {
  // The library's own error would quote a letter of it.
  if (!SECRET.test(secret)) throw new TypeError('an offline secret must be base 32 of 160 bits or more');
}
