import { hash, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Databases } from '../../database/databases.js';
import { inRanges } from '../client-address.js';
import type { Problem } from '../problem.js';
import { unauthorized } from './access-token.verifier.js';
import { spendProof } from './dpop-proofs.store.js';
import { checkProof, nonceOf, PROOF_ALGORITHMS, ProofRefused } from './dpop-proof.js';
import type { Principal } from './principal.js';
import { TokenRefused } from './token-claims.js';

export interface PossessionOptions {
  readonly databases: Databases;
  /** What nonces are made with, and what else those are taken of; the same in every process. */
  readonly nonceKeys: () => readonly [Buffer, ...Buffer[]];
  readonly now: () => number;
  /** How clients reach the service, without a trailing slash. */
  readonly publicUrl: string;
  /** CIDR ranges of proxies that end TLS and say in `Client-Cert` who came. */
  readonly certificateProxies: readonly string[];
}

/** A token as it was sent. */
export interface Presented {
  readonly scheme: 'bearer' | 'dpop';
  readonly token: string;
}

const ALGORITHMS = `algs="${PROOF_ALGORITHMS.join(' ')}"`;
const NOT_PROVEN =
  "Possession of what the token is bound to is not proved. Why stands in the service's log, under this request's id.";
const MAX_CERTIFICATE_LENGTH = 16 * 1024;

/** Whether whoever sends a token that is bound to a key or a certificate has that (RFC 9449, RFC 8705). */
export class Possession {
  readonly #isProxy: (address: string | undefined) => boolean;

  constructor(private readonly options: PossessionOptions) {
    this.#isProxy = inRanges(options.certificateProxies);
  }

  /**
   * Resolves with the headers of the answer where every binding of the token is proved, and a proof has not come before.
   * @throws Problem `unauthorized`; its challenge is of scheme DPoP where a proof is wanted (RFC 9449 §7.1)
   */
  async require(principal: Principal, presented: Presented, request: IncomingMessage): Promise<Record<string, string>> {
    const { jkt, x5t } = principal.confirmation ?? {};
    if (x5t !== undefined) this.#requireCertificate(x5t, request);
    if (jkt === undefined) {
      if (presented.scheme === 'dpop')
        throw refused('Authorization', 'is of scheme DPoP, and the token is bound to no key');
      return {};
    }
    if (presented.scheme !== 'dpop')
      throw refused('Authorization', 'is of scheme Bearer, and the token is bound to a key');
    return this.#requireProof(principal.tenantId, jkt, presented.token, request);
  }

  async #requireProof(
    tenantId: string,
    bound: string,
    token: string,
    request: IncomingMessage,
  ): Promise<Record<string, string>> {
    const { databases, publicUrl } = this.options;
    const now = this.options.now();
    const nonceKeys = this.options.nonceKeys();
    const nonce = { 'dpop-nonce': nonceOf(nonceKeys[0], now) };
    try {
      const proof = onlyHeader(request, 'dpop');
      if (proof === undefined) throw new ProofRefused('is missing, or there are several');
      const url = publicUrl + (request.url ?? '');
      const { jkt, known } = await checkProof(proof, { method: request.method ?? '', url, token, now }, nonceKeys);
      if (jkt !== bound) throw new ProofRefused('is by another key than the token is bound to');
      if (!(await spendProof(databases.of(tenantId), known))) throw new ProofRefused('came before');
      return nonce;
    } catch (error) {
      if (!(error instanceof ProofRefused)) throw error;
      const reason = error.wantsNonce ? 'use_dpop_nonce' : 'invalid_dpop_proof';
      throw refused('DPoP', error.why, `DPoP error="${reason}", ${ALGORITHMS}`, nonce);
    }
  }

  /** RFC 8705 §3, with the certificate that a proxy hands on: as RFC 9440 says, or as PEM with escapes, as nginx does. */
  #requireCertificate(bound: string, request: IncomingMessage): void {
    const given = this.#isProxy(request.socket.remoteAddress) ? onlyHeader(request, 'client-cert') : undefined;
    if (given === undefined)
      throw refused('Client-Cert', 'is missing, or not from a proxy that is trusted', 'Bearer error="invalid_token"');
    const certificate = readCertificate(given);
    if (certificate === null || hash('sha256', certificate.raw, 'base64url') !== bound)
      throw refused('Client-Cert', 'is not the certificate that the token is bound to', 'Bearer error="invalid_token"');
  }
}

function readCertificate(text: string): X509Certificate | null {
  if (text.length > MAX_CERTIFICATE_LENGTH) return null;
  try {
    const encoded = /^:([A-Za-z0-9+/]+=*):$/.exec(text)?.[1];
    return new X509Certificate(encoded === undefined ? decodeURIComponent(text) : Buffer.from(encoded, 'base64'));
  } catch {
    return null;
  }
}

/** The value of a header that was sent exactly once. */
function onlyHeader({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  return values.length === 1 ? values[0] : undefined;
}

function refused(
  what: string,
  why: string,
  challenge = `DPoP error="invalid_token", ${ALGORITHMS}`,
  headers: Record<string, string> = {},
): Problem {
  const problem = unauthorized(NOT_PROVEN, challenge, headers);
  return Object.assign(problem, { cause: new TokenRefused(what, why) });
}
