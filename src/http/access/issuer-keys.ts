import { createLocalJWKSet, errors } from 'jose';
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { isConfidential } from '../../config/known-tenants.js';

/** Bounds on fetching an issuer's keys; all times in milliseconds. */
export interface KeyFetchLimits {
  /** For discovery and key set together. */
  timeoutMs: number;
  maxBytes: number;
  /** Least time between two fetches that unknown key ids set off. */
  cooldownMs: number;
  /** Keys of this age are fetched again, behind what asks for them meanwhile, so that a withdrawn key stops working. */
  refreshAfterMs: number;
  /** Keys of this age are not used any more: whoever needs them waits for others. */
  staleLimitMs: number;
  /**
   * After a failed fetch, no other is tried for this long; behind requests for twice as long after each further failure,
   * up to `refreshAfterMs`.
   */
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

/** So many keys of an issuer are listed; banks have two or three. */
const MOST_SHOWN = 50;

/** The issuer's keys cannot be had just now: nothing may be concluded about the token. */
export class IssuerUnavailable extends Error {}

/** Where an issuer's keys come from. */
export interface KeySource {
  /** Exactly as in the `iss` claim; its discovery document is asked where nothing else says where the keys are. */
  readonly issuer: string;
  readonly jwksUri?: string | undefined;
  /** The key set itself, where it need not be fetched over the network. */
  readonly keySet?: (() => Promise<object>) | undefined;
  /** Takes keys over plain HTTP from hosts other than loopback (development only). */
  readonly allowHttp: boolean;
}

/** How an issuer's keys stand, in public facts alone. */
export interface KeyStanding {
  /** For how long the keys at hand have been so; null where none were ever fetched. */
  readonly ageMs: number | null;
  readonly keys: readonly { readonly kid: string | null; readonly alg: string | null; readonly kty: string | null }[];
  /** The last fetch that failed, also where another has not since. */
  readonly failure: { readonly agoMs: number; readonly why: FetchFault } | null;
}

/** Why keys could not be fetched, in a word: never what was answered. */
export type FetchFault = 'timed_out' | 'unreachable' | 'refused' | 'not_understood';

export interface IssuerKeysOptions {
  readonly limits: Readonly<KeyFetchLimits>;
  /** Milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
  /** Told of each fetch that failed. */
  readonly onFailure?: ((failure: IssuerUnavailable) => void) | undefined;
}

/**
 * One issuer's signature keys, fetched within limits, cached, and rotated as the issuer rotates them. Whoever has keys
 * does not wait for newer ones: they are fetched once a minute behind the requests, also while there are none.
 */
export class IssuerKeys {
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #fetchedAt = -Infinity;
  #failedAt = -Infinity;
  #failures = 0;
  #refreshAt = -Infinity;
  #fetching: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #discovered: string | undefined;
  #closed = false;
  #lastFailure: { at: number; why: FetchFault } | undefined;

  constructor(
    private readonly source: KeySource,
    private readonly options: IssuerKeysOptions,
  ) {}

  /** For how long the keys at hand have been so, milliseconds; 0 where none were ever fetched. */
  get ageMs(): number {
    return this.#keys ? this.#age() : 0;
  }

  /** How its keys stand in this process. */
  get standing(): KeyStanding {
    const { keys = [] } = this.#keys?.jwks() ?? {};
    const failure = this.#lastFailure;
    return {
      ageMs: this.#keys ? this.#age() : null,
      keys: keys.slice(0, MOST_SHOWN).map(({ kid, alg, kty }) => ({
        kid: textOrNull(kid),
        alg: textOrNull(alg),
        kty: textOrNull(kty),
      })),
      failure: failure ? { agoMs: this.options.elapsed() - failure.at, why: failure.why } : null,
    };
  }

  /**
   * Returns the one public key that fits a token's header, for `jwtVerify`. Waits for a fetch only where there are no
   * keys that may be used, or where none of them has the token's key id and none was fetched for it a moment ago.
   * @throws IssuerUnavailable when the keys cannot be had; any other error means that no key fits
   */
  readonly resolve: JWTVerifyGetKey = async (header, token) => {
    const { staleLimitMs, cooldownMs } = this.options.limits;
    if (this.#age() >= staleLimitMs) await this.#fetch();
    else if (this.options.elapsed() >= this.#refreshAt) this.#refresh();
    try {
      return await this.#keys!(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#age() < cooldownMs) throw error;
    }
    await this.#fetch();
    return this.#keys!(header, token);
  };

  /** Fetches no more behind those who ask. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #age(): number {
    return this.options.elapsed() - this.#fetchedAt;
  }

  /** Fetches behind whoever asked; a failure leaves the keys at hand in use. */
  readonly #refresh = (): void => {
    this.#fetch().catch(() => undefined);
  };

  /** One fetch at a time, for all who wait for one. */
  #fetch(): Promise<void> {
    if (!this.#fetching && this.options.elapsed() - this.#failedAt < this.options.limits.retryAfterMs)
      return Promise.reject(new IssuerUnavailable('a fetch failed a moment ago'));
    this.#fetching ??= this.#fetchWithinLimits().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  async #fetchWithinLimits(): Promise<void> {
    const { timeoutMs, refreshAfterMs, retryAfterMs } = this.options.limits;
    try {
      const keys = await this.#keySet(AbortSignal.timeout(timeoutMs));
      if (!isKeySet(keys)) throw new Error('not a JSON Web Key Set');
      this.#keys = createLocalJWKSet(keys);
      this.#fetchedAt = this.options.elapsed();
      this.#failures = 0;
      this.#failedAt = -Infinity;
      this.#fetchAgainIn(refreshAfterMs);
    } catch (cause) {
      this.#failedAt = this.options.elapsed();
      this.#lastFailure = { at: this.#failedAt, why: faultOf(cause) };
      this.#discovered = undefined;
      this.#fetchAgainIn(Math.min(retryAfterMs * 2 ** this.#failures, refreshAfterMs));
      this.#failures += 1;
      const failure = new IssuerUnavailable(`the keys of ${this.source.issuer} cannot be fetched`, { cause });
      this.options.onFailure?.(failure);
      throw failure;
    }
  }

  /** Also where nobody asks: the first after a quiet hour neither waits nor is let in by a key that was withdrawn. */
  #fetchAgainIn(milliseconds: number): void {
    this.#refreshAt = this.options.elapsed() + milliseconds;
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(this.#refresh, milliseconds).unref();
  }

  async #keySet(signal: AbortSignal): Promise<object> {
    if (this.source.keySet) return this.source.keySet();
    return this.#fetchJson(this.source.jwksUri ?? (await this.#discover(signal)), signal);
  }

  /** OpenID Connect Discovery 1.0 §4: the document must name this very issuer. */
  async #discover(signal: AbortSignal): Promise<string> {
    if (this.#discovered === undefined) {
      const document = await this.#fetchJson(
        `${this.source.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
        signal,
      );
      const { issuer, jwks_uri: address } = document as { issuer?: unknown; jwks_uri?: unknown };
      if (issuer !== this.source.issuer) throw new Error('the discovery document names another issuer');
      if (typeof address !== 'string') throw new Error('the discovery document has no jwks_uri');
      this.#discovered = address;
    }
    return this.#discovered;
  }

  async #fetchJson(address: string, signal: AbortSignal): Promise<object> {
    if (!this.source.allowHttp) requireConfidentialTransport(address);
    const response = await fetch(address, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`status ${response.status}`);
    }
    const parsed: unknown = JSON.parse(await readBounded(response, this.options.limits.maxBytes));
    if (typeof parsed !== 'object' || parsed === null) throw new Error('not a JSON object');
    return parsed;
  }
}

/** Refuses an address whose answer others on the network could change: neither https nor on this machine. */
export function requireConfidentialTransport(address: string): void {
  if (isConfidential(address)) return;
  throw new Error(`${address} is not https`);
}

function faultOf(cause: unknown): FetchFault {
  const { name, message } = Object(cause) as { name?: unknown; message?: unknown };
  if (name === 'TimeoutError' || name === 'AbortError') return 'timed_out';
  if (name === 'TypeError') return 'unreachable';
  return /^status \d{3}$/.test(String(message)) ? 'refused' : 'not_understood';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value.slice(0, 200) : null;
}

function isKeySet(value: object): value is JSONWebKeySet {
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
