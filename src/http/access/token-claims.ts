import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { ACCESS_TOKEN_TYPE, NO_TYPE, type TokenRules } from '../../config/token-rules.js';
import { readLocale } from '../../readers/locale.js';
import { MOST_TEAM_CHARACTERS, readTeam } from '../../readers/team.js';
import { ODDITIES, type Oddity, oddityOf } from '../../readers/plain-text.js';
import { type Confirmation, type Principal, type Scope, SCOPES } from './principal.js';
import { CUSTOMER_ID } from '../../ids/customer-id.js';

/** Whom an issuer's tokens speak for, and how they are read. */
export interface TokenReading {
  readonly tenantId: string;
  readonly rules: TokenRules;
  /** Whether the bank's own people and programs come from this issuer. */
  readonly people: boolean;
  /** Where its customers do: the claim that holds their id. */
  readonly customerClaim: string | undefined;
}

/** Why a token is not accepted. For the log and never for the caller; holds nothing of the token's values. */
export class TokenRefused extends Error {
  /** Whose issuer it names, where that is one of ours. */
  tenantId: string | undefined;

  constructor(
    readonly claim: string,
    readonly why: string,
    /** What the caller may read: how a text looks is told to them as it is of a text in a body. */
    readonly told?: string,
  ) {
    super(`${claim}: ${why}`);
  }
}

export const CLOCK_TOLERANCE_SECONDS = 5;
const MAX_TEXT_LENGTH = 255;
const MAX_SCOPES = 1_000;
const LAST_DATE_SECONDS = 8.64e12;
/** SHA-256 in base64url (RFC 7638 §3.1, RFC 8705 §3.1). */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
/** In what an id may not be odd: what cannot be stored, and what nobody could tell one subject from another by. */
const UNSTORABLE: readonly Oddity[] = ['ill_formed', 'control', 'blank'];
const UNSEEN: readonly Oddity[] = [...UNSTORABLE, 'direction', 'invisible'];

/** Refuses a token by its header's `typ` (RFC 9068 §4), and what is another kind of token under a type that many kinds have. */
export function requireType({ typ }: JWTHeaderParameters, claims: JWTPayload, { types }: TokenRules): void {
  const type = plainType(typ);
  if (!types.some((one) => plainType(one) === type))
    throw new TokenRefused('typ', 'is not a type that is taken from this issuer');
  if (type !== ACCESS_TOKEN_TYPE && isOtherToken(claims))
    throw new TokenRefused('typ', 'is that of an access token, and the claims are those of another kind');
}

/** RFC 7515 §4.1.9: `application/` may be left out, and letters count alike. */
function plainType(typ: unknown): string {
  if (typ === undefined) return NO_TYPE;
  return String(typ)
    .toLowerCase()
    .replace(/^application\/(?=[^/]*$)/, '');
}

/** ID tokens have hashes of what came with them (OpenID Connect Core §3.3.2.11); others say what they are. */
function isOtherToken(claims: JWTPayload): boolean {
  const { typ, token_use: use } = claims;
  return (
    ['at_hash', 'c_hash', 's_hash', 'events'].some((name) => claims[name] !== undefined) ||
    (typeof typ === 'string' && /^(id|refresh|offline|logout)$/i.test(typ)) ||
    use === 'id'
  );
}

/** Returns who a verified token speaks for. @throws TokenRefused */
export function readPrincipal(reading: TokenReading, claims: JWTPayload, now: number): Principal {
  const { sub, client_id: client, jti, name, department } = reading.rules.claims;
  const subject = requiredText(claims, sub, 'sub');
  const clientId = requiredText(claims, client, 'client_id');
  if (jti.length > 0) requiredText(claims, jti, 'jti');
  const expiresAt = readTimes(claims, now);
  const scopes = readScopes(claims, reading.rules);
  const confirmation = readConfirmation(claims.cnf);
  requireBinding(confirmation, reading.rules.proof);
  const common = {
    tenantId: reading.tenantId,
    clientId,
    expiresAt,
    locale: typeof claims.locale === 'string' ? readLocale(claims.locale) : null,
    ...(confirmation ? { confirmation } : {}),
  };
  if (reading.customerClaim !== undefined && (!reading.people || scopes.has('customer'))) {
    if (reading.people && scopes.size > 1) throw new TokenRefused('scope', 'is `customer` along with another');
    if (!scopes.has('customer')) return { ...common, subject, name: null, department: null, scopes: new Set<Scope>() };
    const customerId = readCustomerId(claims, reading.customerClaim);
    // The id at the issuer may be an address of theirs; what the bank calls its customer stands for both.
    return { ...common, subject: customerId, customerId, name: null, department: null, scopes: new Set(['customer']) };
  }
  scopes.delete('customer');
  const nameGiven = optionalText(claims, name, 'name');
  if (scopes.has('agent') || scopes.has('supervisor')) {
    if (nameGiven === null) throw new TokenRefused('name', 'is missing, and an agent needs one');
    // RFC 9068 §2.2: equal only where no person signed in.
    if (subject === clientId) throw new TokenRefused('sub', 'is the client, and an agent is a person');
  }
  return { ...common, subject, name: nameGiven, department: readDepartment(claims, department), scopes };
}

function readTimes({ exp, iat }: JWTPayload, now: number): Date {
  if (typeof iat !== 'number' || iat > now / 1000 + CLOCK_TOLERANCE_SECONDS)
    throw new TokenRefused('iat', 'is missing, or later than now: compare the clocks');
  if (typeof exp !== 'number' || exp > LAST_DATE_SECONDS) throw new TokenRefused('exp', 'is missing or no time');
  return new Date(exp * 1000);
}

/** RFC 8693 §4.2: one string, scopes parted by spaces; or what the issuer's map says. */
function readScopes(claims: JWTPayload, { claims: map }: TokenRules): Set<Scope> {
  const { scopeValues } = map;
  const given = map.scope.flatMap((path) => scopesIn(claimAt(claims, path), map.scopeLists));
  if (given.length > MAX_SCOPES) throw new TokenRefused('scope', `has more than ${MAX_SCOPES} values`);
  if (scopeValues) return new Set(given.flatMap((value) => scopeValues.get(value) ?? []));
  return new Set(SCOPES.filter((scope) => given.includes(scope)));
}

function scopesIn(claim: unknown, lists: boolean): readonly string[] {
  if (claim === undefined || claim === null) return [];
  if (typeof claim === 'string') return claim.split(' ');
  if (lists && Array.isArray(claim) && claim.every((value) => typeof value === 'string')) return claim;
  throw new TokenRefused('scope', lists ? 'is neither a text nor a list of texts' : 'is not a text');
}

function readCustomerId(claims: JWTPayload, path: string): string {
  const value = claimAt(claims, path);
  if (typeof value !== 'string' || !CUSTOMER_ID.test(value))
    throw new TokenRefused('customerIssuer.claim', 'is missing, or no customer id');
  return value;
}

/** Where the tenant says that its tokens are bound, one that is not is nobody's. */
function requireBinding(confirmation: Confirmation | undefined, proof: TokenRules['proof']): void {
  const bound = {
    dpop: confirmation?.jkt,
    mtls: confirmation?.x5t,
    'dpop-or-mtls': confirmation?.jkt ?? confirmation?.x5t,
  };
  if (proof !== null && bound[proof] === undefined)
    throw new TokenRefused('cnf', `is missing, and tokens of this issuer must be bound by ${proof}`);
}

/** What the token is bound to: a key (RFC 9449 §6.1) or a certificate (RFC 8705 §3.1). Nothing else can be proved here. */
function readConfirmation(cnf: unknown): Confirmation | undefined {
  if (cnf === undefined) return undefined;
  const { jkt, 'x5t#S256': x5t, ...others } = Object(cnf) as Record<string, unknown>;
  for (const thumbprint of [jkt, x5t])
    if (thumbprint !== undefined && (typeof thumbprint !== 'string' || !THUMBPRINT.test(thumbprint)))
      throw new TokenRefused('cnf', 'holds what is no SHA-256 thumbprint');
  if (Object.keys(others).length > 0 || (jkt === undefined && x5t === undefined))
    throw new TokenRefused('cnf', 'binds the token in a way that cannot be proved here');
  return { jkt: jkt as string | undefined, x5t: x5t as string | undefined };
}

/** The team as `?team=` and a body name it. A name that is too long is refused: cut, it could be that of another team. */
function readDepartment(claims: JWTPayload, paths: readonly string[]): string | null {
  const text = optionalText(claims, paths, 'department');
  const name = text === null ? null : readTeam(text);
  if (text === null || name !== null) return name;
  throw new TokenRefused('department', `is longer than ${MOST_TEAM_CHARACTERS} characters`);
}

function requiredText(claims: JWTPayload, paths: readonly string[], name: string): string {
  const value = optionalText(claims, paths, name);
  if (value === null) throw new TokenRefused(name, 'is missing');
  return value;
}

function optionalText(claims: JWTPayload, paths: readonly string[], name: string): string | null {
  const value = paths.map((path) => claimAt(claims, path)).find((one) => one !== undefined && one !== null);
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw new TokenRefused(name, 'is not a text');
  if (value.length > MAX_TEXT_LENGTH) throw new TokenRefused(name, `is longer than ${MAX_TEXT_LENGTH} characters`);
  const oddity = oddityOf(value);
  const isShown = name === 'name' || name === 'department';
  // What is shown to customers and signed by them is as in a body; an id may be of any letters that are seen.
  if (oddity !== null && (isShown || (name === 'sub' ? UNSEEN : UNSTORABLE).includes(oddity)))
    throw new TokenRefused(
      name,
      ODDITIES[oddity],
      `The access token's \`${name}\` is not accepted: it ${ODDITIES[oddity]}.`,
    );
  return value;
}

/** A claim by its name; else by a path of names with dots between, or by a JSON pointer (RFC 6901). */
function claimAt(claims: JWTPayload, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  const names = path.startsWith('/')
    ? path
        .slice(1)
        .split('/')
        .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
    : path.split('.');
  let value: unknown = claims;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}
