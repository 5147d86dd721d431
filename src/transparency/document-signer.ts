import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { PROVIDED } from '../config/provided.js';
import { Refusal } from '../refusals/refusal.js';
import { SignerUnavailable } from './checkpoint-signer.js';
import { SigningKeys } from './signing-keys.service.js';

/** Signs documents that prove something without this service. */
@Injectable()
export class DocumentSigner {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  /**
   * A compact JWS (RFC 7515, EdDSA) of a type over a JSON text, by the key in use, whose public half is kept first.
   * @throws Refusal 503 where the signing key cannot be reached.
   */
  async sign(tenantId: string, type: string, payload: string): Promise<string> {
    await this.keys.keep(tenantId);
    const { signer } = this.keys;
    const input = [JSON.stringify({ alg: 'EdDSA', kid: signer.keyId, typ: type }), payload]
      .map((part) => Buffer.from(part, 'utf8').toString('base64url'))
      .join('.');
    const signature = await signer.sign(Buffer.from(input, 'ascii')).catch((error: Error) => {
      if (!(error instanceof SignerUnavailable)) throw error;
      this.logger.warn({ what: error.message, type }, 'a document could not be signed');
      throw new Refusal('temporarily-unavailable', {
        detail: 'The signing key cannot be reached just now.',
        retryAfterSeconds: 2,
      });
    });
    return `${input}.${signature.toString('base64url')}`;
  }
}
