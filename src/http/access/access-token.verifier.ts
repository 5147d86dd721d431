import { hash } from 'node:crypto';
import { decodeJwt, errors, jwtVerify } from 'jose';
import type { JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { Problem } from '../problem.js';
import { ODDITIES, type Oddity, oddityOf } from '../../readers/plain-text.js';
import {
  IssuerKeys,
  type IssuerKeysOptions,
  IssuerUnavailable,
  KEY_FETCH_LIMITS,
  requireConfidentialTransport,
} from './issuer-keys.js';
import type { KeyFetchLimits, KeySource } from './issuer-keys.js';
import { SCOPES } from './principal.js';
import type { Principal, Scope } from './principal.js';

/** What every access token for this service carries in `aud`. */
export const AUDIENCE = 'urn:countersign';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const REQUIRED_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'];
const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_TOKEN_LENGTH = 8 * 1024;
const MAX_NAME_LENGTH = 255;
/** In what an id may not be odd: what cannot be stored, and what nobody could tell one subject from another by. */
const UNSTORABLE: readonly Oddity[] = ['ill_formed', 'control', 'blank'];
const UNSEEN: readonly Oddity[] = [...UNSTORABLE, 'direction', 'invisible'];
const CACHE_MS = 60_000;
const CACHE_ENTRIES = 10_000;
const LAST_DATE_SECONDS = 8.64e12;

export interface TenantIssuer {
  readonly id: string;
  readonly issuer: string;
  /** Without it, the issuer's discovery document is asked. */
  readonly jwksUri?: string;
  /** The issuer's key set, where it need not be fetched over the network. */
  readonly keySet?: KeySource['keySet'];
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

interface KnownIssuer {
  readonly issuer: string;
  readonly tenantId: string;
  readonly keys: IssuerKeys;
}

/** Turns a JWT access token (RFC 9068) of a configured issuer into a principal, or refuses it. */
export class AccessTokenVerifier {
  readonly #issuers = new Map<string, KnownIssuer>();
  readonly #now: () => number;
  readonly #verified = new LRUCache<string, { principal: Principal; until: number }>({ max: CACHE_ENTRIES });

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
    for (const { id, issuer, jwksUri, keySet } of tenants) {
      if (this.#issuers.has(issuer))
        throw new Error(`Tenant ${id}: another tenant has the same issuer, and the issuer decides the tenant.`);
      if (!allowHttp && !keySet) requireConfidentialTransport(jwksUri ?? issuer);
      const onFailure: IssuerKeysOptions['onFailure'] = (failure) => onKeysMissing?.(id, failure);
      const keys = new IssuerKeys(
        { issuer, jwksUri, keySet, allowHttp },
        { limits: { ...KEY_FETCH_LIMITS, ...limits }, elapsed, onFailure },
      );
      this.#issuers.set(issuer, { issuer, tenantId: id, keys });
    }
  }

  /** The age of the oldest keys that are in use, milliseconds: a minute or less while every issuer answers. */
  oldestKeysMs(): number {
    return Math.max(0, ...[...this.#issuers.values()].map(({ keys }) => keys.ageMs));
  }

  /**
   * Verifies a compact JWT by RFC 9068 §4 and returns who it speaks for; an accepted token is remembered for
   * at most 60 s and never past its `exp`.
   * @throws Problem `unauthorized` for any token that is not fully in order; `temporarily-unavailable` while its
   * issuer's keys cannot be had
   */
  async verify(token: string): Promise<Principal> {
    if (token.length > MAX_TOKEN_LENGTH) throw unauthorized('The access token is too long.');
    const key = hash('sha256', token, 'base64');
    const known = this.#verified.get(key);
    if (known && this.#now() < known.until) return known.principal;
    const principal = await this.#verifyAnew(token);
    const until = Math.min(principal.expiresAt.getTime(), this.#now() + CACHE_MS);
    if (until > this.#now()) this.#verified.set(key, { principal, until });
    return principal;
  }

  async #verifyAnew(token: string): Promise<Principal> {
    try {
      const { issuer, tenantId, keys } = this.#issuerOf(token);
      const { payload } = await jwtVerify(token, keys.resolve, {
        issuer,
        audience: AUDIENCE,
        typ: 'at+jwt',
        algorithms: ALGORITHMS,
        requiredClaims: REQUIRED_CLAIMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(this.#now()),
      });
      return toPrincipal(tenantId, payload, this.#now());
    } catch (error) {
      throw toProblem(error);
    }
  }

  /** Reads `iss` unverified, only to choose the keys that must then verify it. */
  #issuerOf(token: string): KnownIssuer {
    const known = this.#issuers.get(decodeJwt(token).iss ?? '');
    if (!known) throw unauthorized('The access token is of an issuer that is not known here.');
    return known;
  }
}

/** 401 with the challenge of RFC 6750 §3; the detail reaches the caller and never quotes the token. */
export function unauthorized(detail: string, challenge = 'Bearer error="invalid_token"'): Problem {
  return new Problem('unauthorized', { detail, headers: { 'WWW-Authenticate': challenge } });
}

function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof IssuerUnavailable) {
    const problem = new Problem('temporarily-unavailable', {
      detail: "The keys of the access token's issuer cannot be fetched.",
      retryAfterSeconds: 5,
    });
    return Object.assign(problem, { cause: error });
  }
  if (error instanceof errors.JWTExpired) return unauthorized('The access token has expired.');
  if (error instanceof errors.JWTClaimValidationFailed)
    return unauthorized(`The access token's \`${error.claim}\` is missing or not accepted.`);
  return unauthorized('The access token is not accepted.');
}

function toPrincipal(tenantId: string, claims: JWTPayload, now: number): Principal {
  const subject = requiredText(claims, 'sub');
  const clientId = requiredText(claims, 'client_id');
  requiredText(claims, 'jti');
  const { exp, iat } = claims;
  if (typeof iat !== 'number' || iat > now / 1000 + CLOCK_TOLERANCE_SECONDS) throw refusedClaim('iat');
  if (typeof exp !== 'number' || exp > LAST_DATE_SECONDS) throw refusedClaim('exp');
  // A token bound to a key (RFC 9449, RFC 8705) is worth nothing without the proof, which is not checked here.
  if (claims.cnf !== undefined) throw refusedClaim('cnf');
  const scopes = readScopes(claims.scope);
  const name = claims.name === undefined ? null : requiredText(claims, 'name');
  if (scopes.has('agent')) {
    if (name === null) throw refusedClaim('name');
    // RFC 9068 §2.2: equal only where no person signed in.
    if (subject === clientId) throw refusedClaim('sub');
  }
  return { tenantId, subject, name, clientId, scopes, expiresAt: new Date(exp * 1000) };
}

/** RFC 8693 §4.2: one string, scopes parted by spaces. */
function readScopes(claim: unknown): ReadonlySet<Scope> {
  if (claim === undefined) return new Set();
  if (typeof claim !== 'string') throw refusedClaim('scope');
  const given = new Set(claim.split(' '));
  return new Set(SCOPES.filter((scope) => given.has(scope)));
}

function requiredText(claims: JWTPayload, name: string): string {
  const value = claims[name];
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_NAME_LENGTH) throw refusedClaim(name);
  const oddity = oddityOf(value);
  // A name is shown to customers and signed by them, as one in a body is; an id may be of any letters that are seen.
  if (oddity !== null && (name === 'name' || (name === 'sub' ? UNSEEN : UNSTORABLE).includes(oddity)))
    throw refusedClaim(name, ODDITIES[oddity]);
  return value;
}

function refusedClaim(name: string, reason?: string): Problem {
  return unauthorized(
    `The access token's \`${name}\` is missing or not accepted${reason === undefined ? '' : `: it ${reason}`}.`,
  );
}
