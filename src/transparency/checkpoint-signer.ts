import { type KeyObject, sign } from 'node:crypto';
import { type Ed25519Jwk, publicJwkOf } from '../crypto/signing-key.js';

/**
 * What signs checkpoints and evidence: one Ed25519 key, held by this process or reached through a program of the
 * operator's (src/transparency/command-signer.ts). Nothing else sees the key.
 * `sign` is PureEdDSA over the message itself (RFC 8032), which is what KMS products call `ED25519_SHA_512` or `EDDSA`.
 */
export interface CheckpointSigner {
  /** RFC 7638 thumbprint of the public key: the `kid` of what it signs. */
  readonly keyId: string;
  readonly publicJwk: Ed25519Jwk;
  /** The signature of 64 bytes. Rejects where the key cannot be reached; sealing then goes on and signing is tried again. */
  sign(message: Uint8Array): Promise<Buffer>;
}

/** Thrown by a signer whose key cannot be reached just now. */
export class SignerUnavailable extends Error {
  override readonly name = 'SignerUnavailable';
}

/** Signs with a key that this process holds. */
export class LocalSigner implements CheckpointSigner {
  readonly keyId: string;
  readonly publicJwk: Ed25519Jwk;

  constructor(private readonly key: KeyObject) {
    const { jwk, keyId } = publicJwkOf(key);
    this.publicJwk = jwk;
    this.keyId = keyId;
  }

  async sign(message: Uint8Array): Promise<Buffer> {
    return sign(null, message, this.key);
  }
}
