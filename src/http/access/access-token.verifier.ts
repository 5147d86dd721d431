import { hash } from 'node:crypto';
import { decodeJwt, errors, jwtVerify } from 'jose';
import { LRUCache } from 'lru-cache';
import { Problem } from '../problem.js';
import { STRICT_RULES } from '../../config/token-rules.js';
import type { CustomerIssuerConfig, IssuerConfig } from '../../config/tenants.js';
import {
  IssuerKeys,
  type IssuerKeysOptions,
  IssuerUnavailable,
  KEY_FETCH_LIMITS,
  requireConfidentialTransport,
} from './issuer-keys.js';
import type { FetchFault, KeyFetchLimits, KeySource, KeyStanding } from './issuer-keys.js';
import type { Principal } from './principal.js';
import {
  CLOCK_TOLERANCE_SECONDS,
  readPrincipal,
  requireType,
  type TokenReading,
  TokenRefused,
} from './token-claims.js';

const REQUIRED_CLAIMS = ['iss', 'exp', 'aud', 'iat'];
const MAX_TOKEN_LENGTH = 8 * 1024;
const CACHE_MS = 60_000;
const CACHE_ENTRIES = 10_000;
const NOT_ACCEPTED = "The access token is not accepted. Why stands in the service's log, under this request's id.";

export interface TenantIssuer extends IssuerConfig {
  readonly id: string;
  /** The issuer's key set, where it need not be fetched over the network. */
  readonly keySet?: KeySource['keySet'];
  /** May be the same issuer: then scope `customer` tells them apart, and no token has it along with another. */
  readonly customerIssuer?: CustomerIssuerConfig;
}

export interface AccessTokenVerifierOptions {
  /** Fetch keys over plain HTTP from hosts other than loopback (development only); refused by default. */
  readonly allowHttp?: boolean;
  readonly limits?: Partial<KeyFetchLimits>;
  /** What time it is, in milliseconds since 1970; by this process's own clock where nothing else is said. */
  readonly now?: () => number;
  /** Milliseconds of a clock that never goes back, by which keys grow old. */
  readonly elapsed?: () => number;
  /** Told of each fetch of a tenant's keys that failed. */
  readonly onKeysMissing?: (tenantId: string, failure: IssuerUnavailable) => void;
}

type Whom = Pick<TokenReading, 'people' | 'customerClaim'>;

/** An issuer of a tenant's tokens, in public facts alone. */
export interface IssuerInUse {
  readonly issuer: string;
  /** Whether the bank's people and programs come from it, and whether its customers do. */
  readonly of: readonly ('people' | 'customers')[];
  readonly audiences: readonly string[];
  readonly algorithms: readonly string[];
  readonly jwksUri: string | null;
  readonly keys: KeyStanding['keys'];
  readonly keysFetchedAt: Date | null;
  readonly lastFailure: { readonly at: Date; readonly why: FetchFault } | null;
}

interface KnownIssuer extends TokenReading {
  readonly issuer: string;
  readonly jwksUri: string | undefined;
  readonly keys: IssuerKeys;
}

/** Turns a JWT access token (RFC 9068) of a configured issuer into a principal, or refuses it. */
export class AccessTokenVerifier {
  #issuers: ReadonlyMap<string, KnownIssuer> = new Map();
  /** Grows with each change of whose tokens are taken. */
  #generation = 0;
  readonly #now: () => number;
  readonly #verified = new LRUCache<string, { principal: Principal; until: number }>({ max: CACHE_ENTRIES });

  readonly #makeKeys: (tenantId: string, source: KeySource) => IssuerKeys;
  readonly #allowHttp: boolean;

  /** @throws Error for two tenants with one issuer, and for keys that would come over plain HTTP from another host */
  constructor(tenants: readonly TenantIssuer[], options: AccessTokenVerifierOptions = {}) {
    const {
      allowHttp = false,
      limits = {},
      now = () => Date.now(),
      elapsed = () => performance.now(),
      onKeysMissing,
    } = options;
    this.#now = now;
    this.#allowHttp = allowHttp;
    this.#makeKeys = (tenantId, source) => {
      const onFailure: IssuerKeysOptions['onFailure'] = (failure) => onKeysMissing?.(tenantId, failure);
      return new IssuerKeys(source, { limits: { ...KEY_FETCH_LIMITS, ...limits }, elapsed, onFailure });
    };
    this.replace(tenants);
  }

  /**
   * Takes tokens of these tenants' issuers from now on, and of no other: what was accepted before is verified anew. The keys of an issuer of
   * which nothing else is said stay in use.
   * @throws Error as the constructor does, and changes nothing then
   */
  replace(tenants: readonly TenantIssuer[]): void {
    const before = this.#issuers;
    const issuers = new Map<string, KnownIssuer>();
    const add = (id: string, from: IssuerConfig & Pick<TenantIssuer, 'keySet'>, whom: Whom): void => {
      const { issuer, jwksUri, keySet, rules = STRICT_RULES } = from;
      if (issuers.has(issuer))
        throw new Error(`Tenant ${id}: another tenant has the same issuer, and the issuer decides the tenant.`);
      if (!this.#allowHttp && !keySet) requireConfidentialTransport(jwksUri ?? issuer);
      const known = before.get(issuer);
      const isSame = known?.tenantId === id && known.jwksUri === jwksUri;
      const source = { issuer, jwksUri, keySet, allowHttp: this.#allowHttp };
      const keys = isSame ? known.keys : this.#makeKeys(id, source);
      issuers.set(issuer, { issuer, jwksUri, tenantId: id, keys, rules, ...whom });
    };
    for (const tenant of tenants) {
      const { id, customerIssuer } = tenant;
      const isShared = customerIssuer?.issuer === tenant.issuer;
      add(id, tenant, { people: true, customerClaim: isShared ? customerIssuer.claim : undefined });
      if (customerIssuer && !isShared) add(id, customerIssuer, { people: false, customerClaim: customerIssuer.claim });
    }
    this.#issuers = issuers;
    this.#generation += 1;
    this.#verified.clear();
    for (const { issuer, keys } of before.values()) if (issuers.get(issuer)?.keys !== keys) keys.close();
  }

  /** The age of the oldest keys that are in use, milliseconds: a minute or less while every issuer answers. */
  oldestKeysMs(): number {
    return Math.max(0, ...[...this.#issuers.values()].map(({ keys }) => keys.ageMs));
  }

  /** Whose tokens are taken for a tenant, and how their keys stand in this process. */
  issuersOf(tenantId: string): IssuerInUse[] {
    const ago = (milliseconds: number): Date => new Date(this.#now() - milliseconds);
    return [...this.#issuers.values()]
      .filter((known) => known.tenantId === tenantId)
      .map(({ issuer, jwksUri, rules, people, customerClaim, keys: { standing } }) => ({
        issuer,
        of: [
          ...(people ? (['people'] as const) : []),
          ...(customerClaim === undefined ? [] : (['customers'] as const)),
        ],
        audiences: [...rules.audiences],
        algorithms: [...rules.algorithms],
        jwksUri: jwksUri ?? null,
        keys: standing.keys,
        keysFetchedAt: standing.ageMs === null ? null : ago(standing.ageMs),
        lastFailure: standing.failure && { at: ago(standing.failure.agoMs), why: standing.failure.why },
      }));
  }

  /** Of which tenant a token says that it is, which nobody has verified: good for nothing but whom to refuse first. */
  claimedTenant(token: string): string | undefined {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    try {
      return this.#issuers.get(decodeJwt(token).iss ?? '')?.tenantId;
    } catch {
      return undefined;
    }
  }

  /**
   * Verifies a compact JWT by RFC 9068 §4 and returns who it speaks for; an accepted token is remembered for
   * at most 60 s and never past its `exp`.
   * @throws Problem `unauthorized` for any token that is not fully in order; `temporarily-unavailable` while its
   * issuer's keys cannot be had
   */
  async verify(token: string): Promise<Principal> {
    if (token.length > MAX_TOKEN_LENGTH)
      throw refusedToken(new TokenRefused('token', `is longer than ${MAX_TOKEN_LENGTH} bytes`));
    const key = hash('sha256', token, 'base64');
    const known = this.#verified.get(key);
    if (known && this.#now() < known.until) return known.principal;
    const generation = this.#generation;
    const principal = await this.#verifyAnew(token);
    // Its issuer may be another tenant's by now, or nobody's.
    if (generation !== this.#generation) return this.verify(token);
    const until = Math.min(principal.expiresAt.getTime(), this.#now() + CACHE_MS);
    if (until > this.#now()) this.#verified.set(key, { principal, until });
    return principal;
  }

  /** Whom a token speaks for that was accepted in the last 60 s and has not expired; undefined for any other. Verifies nothing. */
  known(token: string): Principal | undefined {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const known = this.#verified.get(hash('sha256', token, 'base64'));
    return known && this.#now() < known.until ? known.principal : undefined;
  }

  async #verifyAnew(token: string): Promise<Principal> {
    let known: KnownIssuer | undefined;
    try {
      known = this.#issuerOf(token);
      const { issuer, keys, rules } = known;
      const { payload, protectedHeader } = await jwtVerify(token, keys.resolve, {
        issuer,
        audience: [...rules.audiences],
        algorithms: [...rules.algorithms],
        requiredClaims: REQUIRED_CLAIMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.#now()),
      });
      requireType(protectedHeader, payload, rules);
      return readPrincipal(known, payload, this.#now());
    } catch (error) {
      throw toProblem(error, known?.tenantId);
    }
  }

  /** Reads `iss` unverified, only to choose the keys that must then verify it. */
  #issuerOf(token: string): KnownIssuer {
    const known = this.#issuers.get(decodeJwt(token).iss ?? '');
    if (!known) throw new TokenRefused('iss', 'is of no tenant here');
    return known;
  }
}

/** 401 with the challenge of RFC 6750 §3; the detail reaches the caller and never quotes the token. */
export function unauthorized(
  detail: string,
  challenge = 'Bearer error="invalid_token"',
  headers: Readonly<Record<string, string>> = {},
): Problem {
  return new Problem('unauthorized', { detail, headers: { 'WWW-Authenticate': challenge, ...headers } });
}

function toProblem(error: unknown, tenantId: string | undefined): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof IssuerUnavailable) {
    const problem = new Problem('temporarily-unavailable', {
      detail: "The keys of the access token's issuer cannot be fetched.",
      retryAfterSeconds: 5,
    });
    return Object.assign(problem, { cause: error });
  }
  return refusedToken(Object.assign(error instanceof TokenRefused ? error : toRefusal(error), { tenantId }));
}

/** 401 whose reason is for the log alone. */
function refusedToken(reason: TokenRefused): Problem {
  return Object.assign(unauthorized(reason.told ?? NOT_ACCEPTED), { cause: reason });
}

function toRefusal(error: unknown): TokenRefused {
  if (error instanceof errors.JWTExpired) return new TokenRefused('exp', 'has passed');
  if (error instanceof errors.JWTClaimValidationFailed)
    return new TokenRefused(error.claim, error.reason === 'missing' ? 'is missing' : 'is none that is taken');
  if (error instanceof errors.JOSEAlgNotAllowed)
    return new TokenRefused('alg', 'is not one that is taken from this issuer');
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return new TokenRefused('kid', 'is that of no key of this issuer');
  if (error instanceof errors.JWSSignatureVerificationFailed) return new TokenRefused('signature', 'is not by the key');
  return new TokenRefused('token', 'is not a signed JWT');
}
