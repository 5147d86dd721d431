import { createRemoteJWKSet, customFetch } from 'jose';
import type { FlattenedJWSInput, JWSHeaderParameters, JWTVerifyGetKey } from 'jose';

/** Bounds on fetching an issuer's keys; all times in milliseconds. */
export interface KeyFetchLimits {
  /** For discovery and key set together. */
  timeoutMs: number;
  maxBytes: number;
  /** Least time between two fetches that unknown key ids set off. */
  cooldownMs: number;
  /** Keys older than this are fetched again before they are used, so that a withdrawn key stops working. */
  refreshAfterMs: number;
  /** Keys older than this are not used even while the issuer is down. */
  staleLimitMs: number;
  /** After a failed fetch, no other is tried for this long. */
  retryAfterMs: number;
}

export const KEY_FETCH_LIMITS: Readonly<KeyFetchLimits> = {
  timeoutMs: 3_000,
  maxBytes: 256 * 1024,
  cooldownMs: 5_000,
  refreshAfterMs: 60_000,
  staleLimitMs: 600_000,
  retryAfterMs: 5_000,
};

/** The issuer's keys cannot be had just now: nothing may be concluded about the token. */
export class IssuerUnavailable extends Error {}

type RemoteKeys = ReturnType<typeof createRemoteJWKSet>;

/** One issuer's signature keys, fetched within limits, cached, and rotated as the issuer rotates them. */
export class IssuerKeys {
  readonly #remote: RemoteKeys;
  #discovered: string | undefined;
  #fetchedAt = -Infinity;
  #failedAt = -Infinity;

  /**
   * @param issuer exactly as in the `iss` claim; its discovery document is asked where no `jwksUri` is given
   * @param jwksUri where the key set is; as a function where it is known only once the service listens
   * @param allowHttp take keys over plain HTTP from hosts other than loopback (development only)
   */
  constructor(
    private readonly issuer: string,
    private readonly jwksUri: string | (() => string) | undefined,
    private readonly limits: Readonly<KeyFetchLimits>,
    private readonly allowHttp: boolean,
  ) {
    this.#remote = createRemoteJWKSet(new URL(issuer), {
      timeoutDuration: limits.timeoutMs,
      cooldownDuration: limits.cooldownMs,
      cacheMaxAge: limits.staleLimitMs,
      [customFetch]: (_url, { signal }) => this.#fetchWithinLimits(signal),
    });
  }

  /**
   * Returns the one public key that fits a token's header, for `jwtVerify`.
   * @throws IssuerUnavailable when the keys cannot be had; any other error means that no key fits
   */
  readonly resolve: JWTVerifyGetKey = async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    await this.#refreshIfDue();
    return this.#remote(header, token);
  };

  /** A refresh that fails leaves the keys that are cached in use until `staleLimitMs`. */
  async #refreshIfDue(): Promise<void> {
    const age = Date.now() - this.#fetchedAt;
    if (!this.#remote.fresh || age < this.limits.refreshAfterMs) return;
    await this.#remote.reload().catch(() => undefined);
  }

  async #fetchWithinLimits(signal: AbortSignal): Promise<Response> {
    if (Date.now() - this.#failedAt < this.limits.retryAfterMs) throw new IssuerUnavailable('a fetch failed a moment ago');
    try {
      const keys = await this.#fetchJson(await this.#keySetAddress(signal), signal);
      if (!isKeySet(keys)) throw new Error('not a JSON Web Key Set');
      this.#fetchedAt = Date.now();
      this.#failedAt = -Infinity;
      return Response.json(keys);
    } catch (cause) {
      this.#failedAt = Date.now();
      this.#discovered = undefined;
      throw new IssuerUnavailable(`the keys of ${this.issuer} cannot be fetched`, { cause });
    }
  }

  /** OpenID Connect Discovery 1.0 §4: the document must name this very issuer. */
  async #keySetAddress(signal: AbortSignal): Promise<string> {
    if (typeof this.jwksUri === 'function') return this.jwksUri();
    if (this.jwksUri !== undefined) return this.jwksUri;
    if (this.#discovered === undefined) {
      const document = await this.#fetchJson(`${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, signal);
      const { issuer, jwks_uri: address } = document as { issuer?: unknown; jwks_uri?: unknown };
      if (issuer !== this.issuer) throw new Error('the discovery document names another issuer');
      if (typeof address !== 'string') throw new Error('the discovery document has no jwks_uri');
      this.#discovered = address;
    }
    return this.#discovered;
  }

  async #fetchJson(address: string, signal: AbortSignal): Promise<object> {
    if (!this.allowHttp) requireConfidentialTransport(address);
    const response = await fetch(address, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    const parsed: unknown = JSON.parse(await readBounded(response, this.limits.maxBytes));
    if (typeof parsed !== 'object' || parsed === null) throw new Error('not a JSON object');
    return parsed;
  }
}

/** Refuses an address whose answer others on the network could change: neither https nor on this machine. */
export function requireConfidentialTransport(address: string): void {
  const { protocol, hostname } = new URL(address);
  const loopback = hostname === '127.0.0.1' || hostname === '[::1]' || hostname === 'localhost';
  if (protocol === 'https:' || (protocol === 'http:' && loopback)) return;
  throw new Error(`${address} is not https`);
}

function isKeySet(value: object): boolean {
  const { keys } = value as { keys?: unknown };
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null);
}

async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`longer than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
