import { isPagesEntry, PAGES_MEMBERS, type PagesEntry } from './pages.js';
import { readRelyingParty, type RelyingParty } from './passkey-settings.js';
import { ORIGINS, readOrigin } from './origins.js';
import { type Scope, SCOPES } from './scopes.js';
import { type RateLimitSettings, readRateLimits } from './rate-limits.js';
import { parseUrl } from '../readers/url.js';
import { members, readTokenRules, RULE_MEMBERS, type TokenRules } from './token-rules.js';

/** An issuer of access tokens. */
export interface IssuerConfig {
  readonly issuer: string;
  /** Where the issuer's keys are, if its discovery document should not be asked. */
  readonly jwksUri?: string;
  /** RFC 9068 to the letter where nothing is said. */
  readonly rules?: TokenRules;
}

/** The issuer where a bank's customers sign in. */
export interface CustomerIssuerConfig extends IssuerConfig {
  /** The claim that holds the customer's id at the bank; a name or a path. */
  readonly claim: string;
}

/** A bank (or a part of one) whose data is kept apart from all others. */
export interface TenantConfig extends IssuerConfig {
  readonly id: string;
  /** None where customers come through the backend of the bank's app alone. */
  readonly customerIssuer?: CustomerIssuerConfig;
  /** Origins whose pages may ask with this tenant's tokens; those of CORS_ORIGINS where it is not said. */
  readonly corsOrigins?: readonly string[];
  /** Whether its developers may ask why an answer was not accepted; in production no, where it is not said. */
  readonly diagnostics?: boolean;
  /** For whom its customers make passkeys; without it, the host of PUBLIC_URL. */
  readonly passkeys?: RelyingParty;
  /** How often a minute one caller may do what an attacker would repeat, where it is not as for all. */
  readonly rateLimits?: RateLimitSettings;
  /** What its pages say and use, where PAGES says nothing of it. */
  readonly pages?: PagesEntry;
}

const TENANT_ID = /^[a-z][a-z0-9-]{0,31}$/;
const STAFF: readonly Scope[] = SCOPES.filter((scope) => scope !== 'customer');
const ISSUER_MEMBERS = ['issuer', 'jwksUri', ...RULE_MEMBERS];

/**
 * Reads the value of TENANTS.
 * @throws Error that says what it should be; among others where an issuer would speak for two tenants, or where nothing
 * would tell a bank's customers from its people
 */
export function readTenants(parsed: unknown): TenantConfig[] {
  if (!Array.isArray(parsed) || parsed.length === 0) throw new Error('a JSON array of at least one tenant');
  const tenants = parsed.map(readEntry);
  if (new Set(tenants.map(({ id }) => id)).size !== tenants.length)
    throw new Error('a list in which each `id` stands once: the issuer decides the tenant');
  refuseSharedIssuers(tenants);
  return tenants;
}

/**
 * Reads one entry of TENANTS, wherever it stands.
 * @throws Error that says what it should be, as what is to follow “should be”
 */
export function readTenantEntry(given: unknown): TenantConfig {
  return readTenants([given])[0]!;
}

function readEntry(given: unknown): TenantConfig {
  const { id } = Object(given) as { id?: unknown };
  if (typeof id !== 'string' || !TENANT_ID.test(id))
    throw new Error('a list in which each `id` is 1–32 of a–z, 0–9 and hyphen, and starts with a letter');
  const entry = members(given, id);
  return {
    id,
    ...readIssuer(entry, STAFF),
    ...(entry.customerIssuer === undefined ? {} : { customerIssuer: readCustomerIssuer(entry.customerIssuer) }),
    ...(entry.diagnostics === undefined ? {} : { diagnostics: readDiagnostics(entry.diagnostics) }),
    ...(entry.corsOrigins === undefined ? {} : { corsOrigins: readTenantOrigins(entry.corsOrigins) }),
    ...(entry.passkeys === undefined ? {} : { passkeys: readRelyingParty(entry.passkeys, id) }),
    ...(entry.rateLimits === undefined ? {} : { rateLimits: readTenantLimits(entry.rateLimits) }),
    ...(entry.pages === undefined ? {} : { pages: readTenantPages(entry.pages) }),
  };
}

function readTenantOrigins(value: unknown): string[] {
  const origins = Array.isArray(value) ? value.map(readOrigin) : [null];
  if (origins.includes(null)) throw new Error(`a list in which \`corsOrigins\` is a list of ${ORIGINS.slice(0, -1)}`);
  return [...new Set(origins as string[])];
}

function readTenantLimits(value: unknown): RateLimitSettings {
  try {
    return readRateLimits(value);
  } catch (error) {
    throw new Error(`a list in which \`rateLimits\` has ${(error as Error).message}`, { cause: error });
  }
}

function readTenantPages(value: unknown): PagesEntry {
  if (!isPagesEntry(value)) throw new Error(`a list in which \`pages\` has nothing but ${PAGES_MEMBERS}`);
  return value;
}

function readDiagnostics(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Error('a list in which `diagnostics` is true or false');
  return value;
}

function readCustomerIssuer(given: unknown): CustomerIssuerConfig {
  const entry = members(given, 'customerIssuer', ['claim', ...ISSUER_MEMBERS]);
  const { claim } = entry;
  if (typeof claim !== 'string' || claim === '' || claim.length > 255)
    throw new Error("a list in which `customerIssuer.claim` names the claim that holds the customer's id");
  return { ...readIssuer(entry, ['customer']), claim };
}

function readIssuer(entry: Readonly<Record<string, unknown>>, grantable: readonly Scope[]): IssuerConfig {
  const { issuer, jwksUri } = entry;
  for (const address of [issuer, jwksUri ?? issuer])
    if (typeof address !== 'string' || !isHttpUrl(address))
      throw new Error('a list in which `issuer` and `jwksUri` are https URLs');
  return {
    issuer: issuer as string,
    ...(jwksUri ? { jwksUri: jwksUri as string } : {}),
    ...(RULE_MEMBERS.some((member) => entry[member] !== undefined) ? { rules: readTokenRules(entry, grantable) } : {}),
  };
}

/** The issuer decides the tenant, and whether somebody is a customer: so no two entries may name the same one. */
function refuseSharedIssuers(tenants: readonly TenantConfig[]): void {
  const own = tenants.map(({ issuer }) => issuer);
  const all = [...own, ...tenants.flatMap(({ customerIssuer }) => customerIssuer?.issuer ?? [])];
  if (new Set(own).size !== own.length)
    throw new Error('a list in which each `issuer` stands once: the issuer decides the tenant');
  if (new Set(all).size !== all.length)
    throw new Error(
      "a list in which no `customerIssuer` is also the issuer of a bank's people, or of another bank: " +
        'the issuer alone tells customers from agents',
    );
}

function isHttpUrl(text: string): boolean {
  return /^https?:$/.test(parseUrl(text)?.protocol ?? '');
}
