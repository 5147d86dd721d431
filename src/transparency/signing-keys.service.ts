import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson } from '../crypto/canonical-json.js';
import { lookupHash } from '../crypto/sealing.js';
import type { KeyRing } from '../crypto/key-ring.js';
import type { ServerKeys } from '../crypto/server-keys.js';
import type { Ed25519Jwk } from '../crypto/signing-key.js';
import { Databases } from '../database/databases.js';
import { PROVIDED } from '../config/provided.js';
import type { CheckpointSigner } from './checkpoint-signer.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import { keepSigningKey, listSigningKeys, type SigningKeyRow } from './signing-keys.store.js';

/** A public key as the key set shows it (RFC 7517). */
export interface PublishedKey extends Ed25519Jwk {
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** A key that signs, or has signed. */
export interface SigningKeyInUse {
  readonly kid: string;
  readonly isCurrent: boolean;
  /** Null while it has signed nothing for the tenant. */
  readonly firstUsedAt: Date | null;
}

/** The keys that sign and have signed. Each is vouched for under the master key, so that the database alone cannot add one. */
@Injectable()
export class SigningKeys {
  readonly signer: CheckpointSigner;

  constructor(
    private readonly databases: Databases,
    @Inject(TRANSPARENCY) { signer }: TransparencyOptions,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: KeyRing,
  ) {
    this.signer = signer;
  }

  /** The key in use, then every former one of any tenant. */
  async list(): Promise<PublishedKey[]> {
    const rows = (
      await Promise.all(
        this.databases
          .allKept()
          .map(async (db) => (await listSigningKeys(db)).map((row) => ({ ...row, tenantId: db.tenantId }))),
      )
    ).flat();
    const keys = new Map<string, Ed25519Jwk>([[this.signer.keyId, this.signer.publicJwk]]);
    for (const row of rows) {
      if (this.isVouchedFor(row.tenantId, row)) keys.set(row.key_id, row.public_jwk);
    }
    return [...keys].map(([kid, { kty, crv, x }]) => ({ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }));
  }

  /** The keys that sign or have signed for a tenant, the one in use first. */
  async inUse(tenantId: string): Promise<SigningKeyInUse[]> {
    const rows = (await listSigningKeys(this.databases.keptOf(tenantId))).filter((row) =>
      this.isVouchedFor(tenantId, row),
    );
    const current = rows.find(({ key_id }) => key_id === this.signer.keyId);
    const former = rows.filter((row) => row !== current);
    return [
      { kid: this.signer.keyId, isCurrent: true, firstUsedAt: current?.first_used_at ?? null },
      ...former.map(({ key_id, first_used_at }) => ({ kid: key_id, isCurrent: false, firstUsedAt: first_used_at })),
    ];
  }

  /** Keeps the key in use for the tenant, before anything that it signed is handed out. */
  async keep(tenantId: string): Promise<void> {
    await keepSigningKey(this.databases.keptOf(tenantId), {
      keyId: this.signer.keyId,
      publicJwk: this.signer.publicJwk,
      mac: this.mac(tenantId, this.signer.publicJwk),
    });
  }

  /** What vouches for a public key that is kept from now on. @throws KeysUnsure */
  mac(tenantId: string, publicJwk: object): Buffer {
    return this.serverKeys.make(macOf(tenantId, publicJwk));
  }

  private isVouchedFor(tenantId: string, row: SigningKeyRow): boolean {
    return isVouchedFor(this.serverKeys, tenantId, row);
  }
}

/** What vouches for a public key, under the keys of a generation. */
export function macOf(tenantId: string, publicJwk: object): (keys: ServerKeys) => Buffer {
  return (keys) => lookupHash(keys.lookup, tenantId, 'signing_key', canonicalJson(publicJwk));
}

/** Whether a key that was kept was kept by this service. */
export function isVouchedFor(ring: KeyRing, tenantId: string, { mac, public_jwk }: SigningKeyRow): boolean {
  const expected = ring.makeLike(mac, macOf(tenantId, public_jwk));
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}
