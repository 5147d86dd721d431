import type { TenantConfig } from './tenants.js';

/** What the pages for a tenant's customers say and use. */
export interface TenantPages {
  /** The bank's name, as its customers know it. */
  readonly name: string;
  /** The number on the card, as it is read; none where it is left out. */
  readonly cardNumber: string | null;
  /** For customers whose browser asks for a language that the pages do not have. */
  readonly locale: string;
  /** Origins whose pages may hold these in a frame. */
  readonly frameAncestors: readonly string[];
  /** Where customers sign in; none where the tenant has no issuer for them: then there is no `/my`. */
  readonly signIn: SignIn | null;
  /** Where the bank's people sign in to `/console`; none where the tenant has no console. */
  readonly console: ConsoleSignIn | null;
}

/** How the bank's people sign in: by authorization code with PKCE. */
export interface ConsoleSignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
}

/** How customers sign in: by authorization code with PKCE. */
export interface SignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
  /** The claim of the access token that holds the customer's id. */
  readonly claim: string;
}

/** What PAGES says of one tenant. */
export interface PagesEntry {
  readonly name?: string;
  readonly cardNumber?: string;
  readonly locale?: string;
  readonly frameAncestors?: readonly string[];
  readonly clientId?: string;
  readonly scope?: string;
  readonly consoleClientId?: string;
  readonly consoleScope?: string;
}

const MEMBERS: readonly string[] = [
  'name',
  'cardNumber',
  'locale',
  'frameAncestors',
  'clientId',
  'scope',
  'consoleClientId',
  'consoleScope',
];
const FORM =
  'a JSON object of tenants, each with `name`, `cardNumber`, `locale`, `frameAncestors`, `clientId`, `scope`, `consoleClientId` or `consoleScope` of at most 200 characters';
const CONSOLE_SCOPE = 'openid offline_access agent supervisor analyst admin';
/** For the development tenants, whose lines these are. */
const DEVELOPMENT_CARD_NUMBERS: Readonly<Record<string, string>> = {
  northbank: '020 7946 0199',
  southbank: '020 7946 0299',
};

/**
 * Reads the value of PAGES.
 * @throws Error that says what it should be
 */
export function readPages(parsed: unknown): Readonly<Record<string, PagesEntry>> {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error(FORM);
  for (const entry of Object.values(parsed)) {
    if (typeof entry !== 'object' || entry === null) throw new Error(FORM);
    for (const [member, value] of Object.entries(entry as object)) if (!isMember(member, value)) throw new Error(FORM);
  }
  return parsed as Record<string, PagesEntry>;
}

function isMember(member: string, value: unknown): boolean {
  if (!MEMBERS.includes(member)) return false;
  if (member === 'frameAncestors') return Array.isArray(value) && value.length <= 20 && value.every(isOrigin);
  return typeof value === 'string' && value !== '' && value.length <= 200 && !/\p{C}/u.test(value);
}

/** An origin and nothing else: what stands in a policy's header must not end it. */
function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && /^https?:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?$/.test(value);
}

/**
 * The pages of each tenant that has any: in production those with an issuer for their customers, or that PAGES names.
 * @throws Error where PAGES names a tenant that there is not
 */
export function tenantPages(
  tenants: readonly TenantConfig[],
  given: Readonly<Record<string, PagesEntry>>,
  production: boolean,
): ReadonlyMap<string, TenantPages> {
  const strange = Object.keys(given).find((id) => !tenants.some((tenant) => tenant.id === id));
  if (strange !== undefined) throw new Error('PAGES names a tenant that TENANTS does not.');
  const shown = tenants.filter(({ id, customerIssuer }) => !production || customerIssuer || Object.hasOwn(given, id));
  return new Map(shown.map((tenant) => [tenant.id, pagesOf(tenant, given[tenant.id] ?? {}, production)]));
}

function pagesOf({ id, issuer, customerIssuer }: TenantConfig, entry: PagesEntry, production: boolean): TenantPages {
  return {
    name: entry.name ?? id[0]!.toUpperCase() + id.slice(1),
    cardNumber: entry.cardNumber ?? (production ? null : (DEVELOPMENT_CARD_NUMBERS[id] ?? null)),
    locale: entry.locale ?? 'en',
    frameAncestors: entry.frameAncestors ?? [],
    signIn: customerIssuer
      ? {
          issuer: customerIssuer.issuer,
          clientId: entry.clientId ?? 'countersign-my',
          scope: entry.scope ?? 'openid offline_access customer',
          claim: customerIssuer.claim,
        }
      : null,
    console: consoleOf(issuer, entry, production),
  };
}

/** In production there is a console where PAGES names its client: nobody finds one that nobody asked for. */
function consoleOf(
  issuer: string,
  { consoleClientId, consoleScope = CONSOLE_SCOPE }: PagesEntry,
  production: boolean,
): ConsoleSignIn | null {
  const clientId = consoleClientId ?? (production ? null : 'countersign-console');
  return clientId === null ? null : { issuer, clientId, scope: consoleScope };
}
