import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { canonicalJson } from '../crypto/canonical-json.js';
import { lookupHash } from '../crypto/sealing.js';
import type { ServerKeys } from '../crypto/server-keys.js';
import type { Ed25519Jwk } from '../crypto/signing-key.js';
import { Databases } from '../database/databases.js';
import { PROVIDED } from '../config/provided.js';
import type { CheckpointSigner } from './checkpoint-signer.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import { keepSigningKey, listSigningKeys } from './signing-keys.store.js';

/** A public key as the key set shows it (RFC 7517). */
export interface PublishedKey extends Ed25519Jwk {
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** The keys that sign and have signed. Each is vouched for under the master key, so that the database alone cannot add one. */
@Injectable()
export class SigningKeys {
  readonly signer: CheckpointSigner;

  constructor(
    private readonly databases: Databases,
    @Inject(TRANSPARENCY) { signer }: TransparencyOptions,
    @Inject(PROVIDED.serverKeys) private readonly serverKeys: ServerKeys,
  ) {
    this.signer = signer;
  }

  /** The key in use, then every former one of any tenant. */
  async list(): Promise<PublishedKey[]> {
    const rows = (
      await Promise.all(
        [...this.databases.all()].map(async (db) =>
          (await listSigningKeys(db)).map((row) => ({ ...row, tenantId: db.tenantId })),
        ),
      )
    ).flat();
    const keys = new Map<string, Ed25519Jwk>([[this.signer.keyId, this.signer.publicJwk]]);
    for (const row of rows) {
      const mac = this.mac(row.tenantId, row.public_jwk);
      if (row.mac.length === mac.length && timingSafeEqual(row.mac, mac)) keys.set(row.key_id, row.public_jwk);
    }
    return [...keys].map(([kid, { kty, crv, x }]) => ({ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }));
  }

  /** Keeps the key in use for the tenant, before anything that it signed is handed out. */
  async keep(tenantId: string): Promise<void> {
    await keepSigningKey(this.databases.of(tenantId), {
      keyId: this.signer.keyId,
      publicJwk: this.signer.publicJwk,
      mac: this.mac(tenantId, this.signer.publicJwk),
    });
  }

  mac(tenantId: string, publicJwk: object): Buffer {
    return lookupHash(this.serverKeys.lookup, tenantId, 'signing_key', canonicalJson(publicJwk));
  }
}
