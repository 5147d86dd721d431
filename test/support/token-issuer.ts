import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';

export interface SigningKey {
  alg: string;
  kid: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  jwk: JWK;
}

/** A key pair for signing access tokens, with its public half as an issuer publishes it. */
export async function newSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Signs an `at+jwt`; members of `header` replace the usual ones. */
export function signAccessToken(
  key: SigningKey,
  claims: JWTPayload,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'at+jwt', ...header })
    .sign(key.privateKey);
}

/** Now, as JWTs count. */
export const seconds = (): number => Math.floor(Date.now() / 1000);

/** A real issuer on a real port, with discovery and a key set whose answer a test can change. */
export class TokenIssuer {
  /** How often the key set was asked for. */
  fetches = 0;
  keys: JWK[] = [];
  answer: ((req: IncomingMessage, res: ServerResponse) => void) | undefined;
  url = '';
  readonly #server: Server = createServer((req, res) => {
    if (req.url === '/.well-known/openid-configuration')
      return void res.end(JSON.stringify({ issuer: this.url, jwks_uri: `${this.url}/jwks` }));
    this.fetches += 1;
    if (this.answer) return this.answer(req, res);
    res.end(JSON.stringify({ keys: this.keys }));
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  /** The claims of a good token of scope `app`, changed as told; `undefined` leaves one out. */
  claims(change: JWTPayload = {}): JWTPayload {
    return {
      iss: this.url,
      aud: 'urn:countersign',
      sub: 'backend',
      client_id: 'app',
      iat: seconds(),
      exp: seconds() + 600,
      jti: 'j1',
      scope: 'app other',
      ...change,
    };
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
