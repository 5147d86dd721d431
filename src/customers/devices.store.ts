import type { DeviceJwk } from '../crypto/device-key.js';
import { read, sql, write } from '../database/sql.js';
import { eventData, eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { currentContactPoints } from './customer.transition.js';
import { REVOKE } from './device.transition.js';

export interface DeviceRow {
  readonly id: string;
  readonly customer_id: string;
  readonly name_sealed: Buffer;
  readonly platform: string;
  readonly key_thumbprint: string;
  readonly enrolled_at: Date;
  readonly revoked_at: Date | null;
  readonly has_offline: boolean;
  /** Of a passkey; null for a key that a program holds. */
  readonly credential_id: string | null;
  readonly rp_id: string | null;
  readonly transports: string[] | null;
}

const COLUMNS = sql`id, customer_id, name_sealed, platform, key_thumbprint, enrolled_at, revoked_at,
  offline_sealed IS NOT NULL AS has_offline, credential_id, rp_id, transports`;

// The proof is spent first, so that a replay races with nothing: whoever inserts its jti owns it.
const enrol = write(
  'devices.enrol',
  sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND key_id = :keyId FOR UPDATE
  ), proof AS (
    INSERT INTO enrolment_proofs (jti)
    SELECT :jti FROM customer
     WHERE to_timestamp(:issuedAt) BETWEEN now() - make_interval(secs => :proofAgeSeconds)
       AND now() + make_interval(secs => :clockToleranceSeconds)
    ON CONFLICT DO NOTHING
    RETURNING jti
  ), live AS (
    SELECT count(*) AS devices FROM devices WHERE customer_id = :customerId AND revoked_at IS NULL
  ), device AS (
    INSERT INTO devices (id, customer_id, name_sealed, platform, public_key, key_thumbprint, offline_sealed, credential_id,
      rp_id, transports, sign_count)
    SELECT :id, :customerId, :nameSealed, :platform, :publicKey::jsonb, :keyThumbprint, :offlineSealed, :credentialId::text,
      :rpId::text, :transports::text[], :signCount::bigint
      FROM proof, live WHERE live.devices < :mostDevices
    RETURNING ${COLUMNS}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow(
      'device.enrolled',
      sql`device.id, :customerId`,
      {
        platform: sql`platform`,
        keyThumbprint: sql`key_thumbprint`,
        tellContactPoints: currentContactPoints(sql`:customerId`),
      },
      sql`CASE WHEN rp_id IS NULL THEN '{}' ELSE ${eventData('device.enrolled', { rpId: sql`rp_id` })} END`,
    )}
      FROM device
  )
  SELECT EXISTS (SELECT FROM customer) AS customer_known, EXISTS (SELECT FROM proof) AS proof_fresh, device.*
    FROM (SELECT) one LEFT JOIN device ON true`,
);

export type EnrolledRow = { customer_known: boolean; proof_fresh: boolean } & {
  [Column in keyof DeviceRow]: DeviceRow[Column] | null;
};

export interface DeviceToEnrol {
  readonly id: string;
  readonly customerId: string;
  readonly keyId: string;
  readonly jti: string;
  /** Unix time in seconds. */
  readonly issuedAt: number;
  readonly proofAgeSeconds: number;
  readonly clockToleranceSeconds: number;
  readonly mostDevices: number;
  readonly nameSealed: Buffer;
  readonly platform: string;
  readonly publicKey: DeviceJwk;
  readonly keyThumbprint: string;
  readonly offlineSealed: Buffer | null;
  /** Where the key is a passkey's. */
  readonly passkey?: PasskeyToKeep | null;
}

/** What is kept of a passkey besides its key. */
export interface PasskeyToKeep {
  readonly credentialId: string;
  readonly rpId: string;
  readonly transports: readonly string[];
  readonly signCount: number;
}

/** Spends the proof and enrols the device; the row says which of the conditions held. */
export async function enrolDevice(db: TenantHandle, device: DeviceToEnrol): Promise<EnrolledRow> {
  const { passkey, ...others } = device;
  const [row] = await db.query<EnrolledRow>(enrol, {
    ...others,
    publicKey: JSON.stringify(device.publicKey),
    ...(passkey ?? { credentialId: null, rpId: null, transports: null, signCount: null }),
  });
  return row!;
}

const ofCustomer = read(
  'devices.ofCustomer',
  sql`
  SELECT c.key_id, c.wrapped_key, d.* FROM customers c
    LEFT JOIN (SELECT ${COLUMNS} FROM devices WHERE customer_id = :customerId AND (:after::uuid IS NULL OR id > :after) ORDER BY id
      LIMIT :most) d ON true
   WHERE c.id = :customerId`,
);

export type CustomerDeviceRow = { key_id: string; wrapped_key: Buffer } & {
  [Column in keyof DeviceRow]: DeviceRow[Column] | null;
};

/** The customer's devices with the customer's key: one row without a device where there is none, no row where there is no customer. */
export async function listDevices(
  db: TenantHandle,
  customerId: string,
  after: string | null,
  most: number,
): Promise<CustomerDeviceRow[]> {
  return db.query<CustomerDeviceRow>(ofCustomer, { customerId, after, most });
}

const credentials = read(
  'devices.credentials',
  sql`
  SELECT credential_id, transports FROM devices
   WHERE customer_id = :customerId AND credential_id IS NOT NULL AND revoked_at IS NULL AND rp_id = :rpId ORDER BY id LIMIT 200`,
);

/** The live passkeys of a customer for a relying party; none for a customer who does not exist. */
export async function listCredentials(
  db: TenantHandle,
  values: { customerId: string; rpId: string },
): Promise<{ credential_id: string; transports: string[] }[]> {
  return db.query<{ credential_id: string; transports: string[] }>(credentials, values);
}

const revoke = write(
  'devices.revoke',
  sql`
  WITH revoked AS (
    ${REVOKE}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, data)
    SELECT ${eventRow('device.revoked', sql`id, :customerId`, { by: sql`:author::text` })} FROM revoked
  )
  SELECT id FROM devices WHERE id = :id AND customer_id = :customerId`,
);

/** Revokes a device for good, once; false where the customer has no such device. */
export async function revokeDevice(
  db: TenantHandle,
  values: { id: string; customerId: string; author: string },
): Promise<boolean> {
  return (await db.query(revoke, values)).length === 1;
}

const forgetProofs = write(
  'devices.forgetSpentProofs',
  sql`DELETE FROM enrolment_proofs WHERE used_at < now() - interval '10 minutes'`,
);

/** Forgets spent proofs that are too old to be accepted again. */
export async function forgetSpentProofs(db: TenantHandle): Promise<void> {
  await db.query(forgetProofs, {});
}
