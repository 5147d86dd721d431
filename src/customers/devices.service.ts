import { Injectable } from '@nestjs/common';
import { type DeviceJwk, DeviceKeyRefused, parseDevicePublicKey } from '../crypto/device-key.js';
import { SignatureRefused, verifyDeviceSignature } from '../crypto/device-signature.js';
import { generateOfflineSecrets, sealOfflineSecrets } from '../crypto/offline-proof.js';
import { Databases, type Requester } from '../database/databases.js';
import { fromTypeId, newId, toTypeId } from '../ids/ids.js';
import { Refusal, invalidField } from '../refusals/refusal.js';
import { isUniqueViolation, type WorkHandle } from '../database/tenant-database.js';
import { PolicyService } from '../policy/policy.service.js';
import { type CustomerKey, CustomerKeys, openFor, sealFor } from './customer-keys.js';
import { trustedFrom } from './device-age.policy.js';
import { DEVICE_CLOCK_TOLERANCE_SECONDS } from './device-clock.js';
import {
  type DeviceRow,
  enrolDevice,
  type EnrolledRow,
  listDevices,
  type PasskeyToKeep,
  revokeDevice,
} from './devices.store.js';
import { CEREMONY_SECONDS } from './passkey-challenge.js';
import { PasskeysService } from './passkeys.service.js';

export const DEVICE_NAME = 'devices.name';
export const OFFLINE_SECRETS = 'devices.offline';
export const PROOF_AGE_SECONDS = 60;

export interface DeviceEnrolment {
  readonly name: string;
  readonly platform: string;
  /** Either these two, or a passkey. */
  readonly publicKey?: object;
  readonly proof?: string;
  readonly passkey?: object;
  readonly encryptionKey?: object;
}

/** A key that its holder has proved to have, by what counts once and soon. */
interface ProvedKey {
  readonly jwk: DeviceJwk;
  readonly thumbprint: string;
  readonly jti: string;
  readonly issuedAt: number;
  readonly passkey?: PasskeyToKeep;
}

/** What a page needs to ask a passkey for an answer. */
export interface EnrolledPasskey {
  readonly credentialId: string;
  readonly rpId: string;
  readonly transports: readonly string[];
}

export interface EnrolledDevice {
  readonly id: string;
  readonly keyThumbprint: string;
  readonly enrolledAt: string;
  readonly trustedFrom: string;
  readonly offline?: string;
  readonly passkey?: EnrolledPasskey;
}

export interface ListedDevice {
  readonly id: string;
  readonly name: string | null;
  readonly platform: string;
  readonly keyThumbprint: string;
  readonly enrolledAt: string;
  readonly trustedFrom: string;
  readonly revokedAt: string | null;
  readonly offline: boolean;
  readonly passkey: EnrolledPasskey | null;
}

@Injectable()
export class DevicesService {
  constructor(
    private readonly databases: Databases,
    private readonly keys: CustomerKeys,
    private readonly policies: PolicyService,
    private readonly passkeys: PasskeysService,
  ) {}

  /**
   * Enrols a device whose holder proves possession of its key (RFC 7800 by a fresh, single-use JWS), or a new passkey.
   * @throws Refusal 400 for a key that is not one, 422 for a proof that is stale, spent, or of another key or customer,
   * 409 where the key is enrolled already, 422 above policy's number of devices.
   */
  async enrol(caller: Requester, customerId: string, enrolment: DeviceEnrolment): Promise<EnrolledDevice> {
    const encryptionKey =
      enrolment.encryptionKey === undefined
        ? null
        : readKey('encryptionKey', enrolment.encryptionKey, 'encryption').jwk;
    const { jwk, thumbprint, jti, issuedAt, passkey } = await this.prove(caller.tenantId, customerId, enrolment);
    const db = this.databases.of(caller);
    const { policy } = await this.policies.current(db.tenantId);
    const secrets = encryptionKey ? generateOfflineSecrets() : null;
    const offline = encryptionKey && secrets ? await sealOfflineSecrets(encryptionKey, secrets) : undefined;
    const { id, uuid } = newId('dev');
    const row = await this.withKey(db, customerId, (key) =>
      enrolDevice(db, {
        id: uuid,
        customerId,
        keyId: key.keyId,
        jti,
        issuedAt,
        proofAgeSeconds: passkey ? CEREMONY_SECONDS : PROOF_AGE_SECONDS,
        clockToleranceSeconds: DEVICE_CLOCK_TOLERANCE_SECONDS,
        mostDevices: policy.device.mostPerCustomer,
        nameSealed: sealFor(key, DEVICE_NAME, enrolment.name),
        platform: enrolment.platform,
        publicKey: jwk,
        keyThumbprint: thumbprint,
        offlineSealed: secrets ? sealFor(key, OFFLINE_SECRETS, JSON.stringify(secrets)) : null,
        passkey: passkey ?? null,
      }),
    );
    if (!row.proof_fresh) throw new Refusal('proof-not-accepted');
    if (!row.enrolled_at) throw new Refusal('device-limit');
    return {
      id,
      keyThumbprint: thumbprint,
      enrolledAt: row.enrolled_at.toISOString(),
      trustedFrom: trustedFrom(row.enrolled_at, policy.device.ageSeconds).toISOString(),
      ...(offline ? { offline } : {}),
      ...(passkey ? { passkey: describePasskey(row)! } : {}),
    };
  }

  async list(
    tenantId: string,
    customerId: string,
    after: string | null,
    limit: number,
  ): Promise<{ data: ListedDevice[]; next: string | null }> {
    const { policy } = await this.policies.current(tenantId);
    const rows = await listDevices(this.databases.of(tenantId), customerId, after, limit + 1);
    const [first] = rows;
    if (!first) throw new Refusal('not-found');
    const key = this.keys.unwrap(tenantId, customerId, first);
    const data = rows
      .slice(0, limit)
      .filter((row) => row.id !== null)
      .map((row) => ({
        id: toTypeId('dev', row.id!),
        name: openFor(key, row.key_id, DEVICE_NAME, row.name_sealed!),
        platform: row.platform!,
        keyThumbprint: row.key_thumbprint!,
        enrolledAt: row.enrolled_at!.toISOString(),
        trustedFrom: trustedFrom(row.enrolled_at!, policy.device.ageSeconds).toISOString(),
        revokedAt: row.revoked_at?.toISOString() ?? null,
        offline: row.has_offline ?? false,
        passkey: describePasskey(row),
      }));
    return { data, next: rows.length > limit ? data.at(-1)!.id : null };
  }

  /** @throws Refusal 404 where the customer has no such device. Revoking twice is no error. */
  async revoke(tenantId: string, customerId: string, deviceId: string, author: string): Promise<void> {
    const id = fromTypeId('dev', deviceId);
    if (id === null || !(await revokeDevice(this.databases.of(tenantId), { id, customerId, author })))
      throw new Refusal('not-found');
  }

  private async prove(tenantId: string, customerId: string, enrolment: DeviceEnrolment): Promise<ProvedKey> {
    const { publicKey, proof, passkey, platform } = enrolment;
    if (passkey !== undefined) {
      if (publicKey !== undefined || proof !== undefined)
        throw invalidField('#/passkey', 'must not be given together with `publicKey` and `proof`');
      if (platform !== 'web') throw invalidField('#/platform', 'must be `web` for a passkey');
      return this.passkeys.prove(tenantId, customerId, passkey);
    }
    if (publicKey === undefined || proof === undefined) throw missing({ publicKey, proof });
    const { jwk, thumbprint } = readKey('publicKey', publicKey, 'signature');
    return { jwk, thumbprint, ...readProof(proof, jwk, customerId) };
  }

  /** Runs the enrolment under the customer's key, once more where that key was shredded meanwhile. */
  private async withKey(
    db: WorkHandle,
    customerId: string,
    run: (key: CustomerKey) => Promise<EnrolledRow>,
  ): Promise<EnrolledRow> {
    try {
      const row = await run(await this.keys.ensure(db, customerId));
      if (row.customer_known) return row;
      this.keys.forget(db.tenantId, customerId);
      const again = await run(await this.keys.ensure(db, customerId));
      if (!again.customer_known) throw new Refusal('conflict');
      return again;
    } catch (error) {
      if (isUniqueViolation(error, 'devices_live_key') || isUniqueViolation(error, 'devices_live_credential'))
        throw new Refusal('device-already-enrolled');
      throw error;
    }
  }
}

function describePasskey({
  credential_id,
  rp_id,
  transports,
}: Pick<{ [Column in keyof DeviceRow]: DeviceRow[Column] | null }, 'credential_id' | 'rp_id' | 'transports'>) {
  return credential_id === null ? null : { credentialId: credential_id, rpId: rp_id!, transports: transports! };
}

function missing(given: Readonly<Record<string, unknown>>): Refusal {
  const errors = Object.entries(given)
    .filter(([, value]) => value === undefined)
    .map(([name]) => ({ pointer: `#/${name}`, detail: 'must be given, where no `passkey` is' }));
  return new Refusal('invalid-request', { errors });
}

function readKey(
  field: string,
  value: object,
  use: 'signature' | 'encryption',
): { jwk: DeviceJwk; thumbprint: string } {
  try {
    return parseDevicePublicKey(value, use);
  } catch (error) {
    if (error instanceof DeviceKeyRefused)
      throw invalidField(
        `#/${field}`,
        `must be a public JWK: ${use === 'signature' ? 'P-256 or Ed25519' : 'P-256'}, without private members`,
      );
    throw error;
  }
}

export function readProof(jws: string, publicKey: DeviceJwk, customerId: string): { jti: string; issuedAt: number } {
  let payload: Record<string, unknown>;
  try {
    ({ payload } = verifyDeviceSignature({ jws, typ: 'enrolment+jws', publicKey, headerMembers: ['alg', 'typ'] }));
  } catch (error) {
    if (error instanceof SignatureRefused) throw new Refusal('proof-not-accepted');
    throw error;
  }
  const { customer, aud, iat, jti } = payload;
  const fits =
    customer === customerId &&
    aud === 'urn:countersign' &&
    typeof iat === 'number' &&
    Number.isFinite(iat) &&
    Math.abs(iat) < 1e11 &&
    typeof jti === 'string' &&
    /^[\x21-\x7e]{8,128}$/.test(jti);
  if (!fits) throw new Refusal('proof-not-accepted');
  return { jti, issuedAt: iat };
}
