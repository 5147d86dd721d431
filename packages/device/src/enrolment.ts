import {
  clockIsKnown,
  type Connection,
  newIdempotencyKey,
  now,
  ofCustomer,
  type Prepared,
  prepared,
  request,
} from './connection.js';
import { type OfflineKeys, openOfflineKeys } from './offline-codes.js';
import { createPasskey, type CreationOptionsJson, type Credentials, type Passkey } from './passkey.js';
import { publicMembers, type SigningKey, signJws } from './signing-key.js';

/** A device as the bank lists it. */
export interface ListedDevice {
  readonly id: string;
  readonly name: string | null;
  readonly platform: string;
  readonly keyThumbprint: string;
  readonly enrolledAt: string;
  readonly trustedFrom: string;
  readonly revokedAt: string | null;
  readonly offline: boolean;
}

/** What came of an enrolment. Keep the id with the keys: answers are signed under it. */
export interface Enrolment {
  readonly id: string;
  readonly keyThumbprint: string;
  readonly enrolledAt: string;
  /** Until then the device is new: it answers, and vouches for no change. */
  readonly trustedFrom: string;
  readonly offlineKeys?: OfflineKeys;
}

export interface DeviceToEnrol {
  /** What the customer calls it. */
  readonly name: string;
  readonly platform: 'ios' | 'android' | 'web';
  readonly key: SigningKey;
  /** Where the device is to have codes without a connection; see `generateDecryptionKey`. */
  readonly decryptionKey?: CryptoKeyPair;
}

/**
 * Enrols a device by its key.
 *
 * @throws Refused, as `proof-not-accepted`; Unreachable, where nobody knows what became of it: see
 * {@link prepareEnrolment}.
 */
export async function enrol(connection: Connection, device: DeviceToEnrol): Promise<Enrolment> {
  return (await prepareEnrolment(connection, device)).send();
}

/**
 * Signs what enrols a device by its key, and leaves the sending to you: where the reply is lost, the same is sent again
 * and enrols one device. A proof holds for a minute; after that one that never arrived is refused, and made anew.
 */
export async function prepareEnrolment(connection: Connection, device: DeviceToEnrol): Promise<Prepared<Enrolment>> {
  const { name, platform, key, decryptionKey } = device;
  // A proof is refused where the phone's clock is wrong, so the bank's time is asked for first.
  if (!clockIsKnown(connection))
    await request(connection, ofCustomer(connection, '/verifications?status=waiting&limit=1'));
  const proof = await enrolmentProof(key, connection.customerId, now(connection));
  const body = {
    name,
    platform,
    publicKey: publicMembers(await key.publicKey()),
    proof,
    ...(decryptionKey ? { encryptionKey: await exportPublic(decryptionKey) } : {}),
  };
  return prepared(connection, ofCustomer(connection, '/devices'), body, opened(decryptionKey));
}

/** What a reply to an enrolment holds, with the offline secrets opened. */
function opened(
  decryptionKey?: CryptoKeyPair,
): (reply: Enrolment & { readonly offline?: string }) => Promise<Enrolment> {
  return async ({ offline, ...enrolled }) => {
    if (!decryptionKey || offline === undefined) return enrolled;
    return { ...enrolled, offlineKeys: await openOfflineKeys(offline, decryptionKey.privateKey) };
  };
}

/** The proof that a key is held: a compact JWS with `typ` `enrolment+jws`. */
export function enrolmentProof(key: SigningKey, customerId: string, atMilliseconds: number): Promise<string> {
  return signJws(
    key,
    { typ: 'enrolment+jws' },
    { customer: customerId, aud: 'urn:countersign', iat: Math.floor(atMilliseconds / 1000), jti: newIdempotencyKey() },
  );
}

export interface PasskeyToEnrol {
  readonly name: string;
  readonly decryptionKey?: CryptoKeyPair;
  readonly credentials?: Credentials;
}

/** What came of the enrolment of a passkey. Keep the passkey with the id: answers are signed by it. */
export type PasskeyEnrolment = Enrolment & { readonly passkey: Passkey };

/**
 * Makes a passkey and enrols it.
 *
 * @throws DOMException where the person declines; Refused; Unreachable: see {@link preparePasskeyEnrolment}.
 */
export async function enrolPasskey(connection: Connection, toEnrol: PasskeyToEnrol): Promise<PasskeyEnrolment> {
  return (await preparePasskeyEnrolment(connection, toEnrol)).send();
}

/**
 * Makes a passkey, and leaves the sending to you: where the reply is lost, the same is sent again and enrols one device,
 * and nobody is asked for a finger twice.
 */
export async function preparePasskeyEnrolment(
  connection: Connection,
  { name, decryptionKey, credentials }: PasskeyToEnrol,
): Promise<Prepared<PasskeyEnrolment>> {
  const path = ofCustomer(connection, '/devices');
  const options = await request<CreationOptionsJson>(connection, `${path}/passkey-options`, {
    method: 'POST',
    body: {},
  });
  const response = await createPasskey(options, credentials);
  const body = {
    name,
    platform: 'web',
    passkey: response,
    ...(decryptionKey ? { encryptionKey: await exportPublic(decryptionKey) } : {}),
  };
  const passkey = { credentialId: response.id, rpId: options.rp.id };
  return prepared(connection, path, body, async (reply: Enrolment & { offline?: string }) => ({
    ...(await opened(decryptionKey)(reply)),
    passkey,
  }));
}

/** The customer's devices, oldest first, revoked ones too. */
export async function devices(connection: Connection): Promise<readonly ListedDevice[]> {
  return (await request<{ data: ListedDevice[] }>(connection, ofCustomer(connection, '/devices?limit=200'))).data;
}

/** Revokes a device: from now on nothing that it signs counts. */
export async function revokeDevice(connection: Connection, deviceId: string): Promise<void> {
  await request(connection, ofCustomer(connection, `/devices/${encodeURIComponent(deviceId)}`), { method: 'DELETE' });
}

async function exportPublic(pair: CryptoKeyPair): Promise<JsonWebKey> {
  return publicMembers(await crypto.subtle.exportKey('jwk', pair.publicKey));
}
