import type { PagesEntry } from './pages.js';
import type { TenantRegistry } from './tenant-registry.js';
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

const CONSOLE_SCOPE = 'openid offline_access agent supervisor analyst admin';
/** For the development tenants, whose lines these are. */
const DEVELOPMENT_CARD_NUMBERS: Readonly<Record<string, string>> = {
  northbank: '020 7946 0199',
  southbank: '020 7946 0299',
};

/**
 * Refuses what PAGES cannot say of the tenants of TENANTS.
 * @throws Error where it names a tenant that there is not, or one whose own entry says it
 */
export function requirePagesOf(tenants: readonly TenantConfig[], given: Readonly<Record<string, PagesEntry>>): void {
  const named = Object.keys(given).map((id) => tenants.find((tenant) => tenant.id === id));
  if (named.includes(undefined)) throw new Error('PAGES names a tenant that TENANTS does not.');
  if (named.some((tenant) => tenant!.pages))
    throw new Error('PAGES names a tenant whose entry in TENANTS has `pages`.');
}

/** A tenant with its pages. */
export interface TenantWithPages {
  readonly tenant: string;
  readonly pages: TenantPages;
}

/** The pages of each tenant that has any, as they are now: in production of those with an issuer for their customers, or of whose pages something is said. */
export interface PagesOfTenants {
  get(tenant: string): TenantPages | undefined;
  /** Of the first tenant that has such pages. */
  first(isMeant: (pages: TenantPages) => boolean): TenantWithPages | undefined;
}

/** @param given what PAGES says */
export function pagesOfTenants(
  tenants: TenantRegistry,
  given: Readonly<Record<string, PagesEntry>>,
  production: boolean,
): PagesOfTenants {
  const made = tenants.values((tenant) => {
    const entry = Object.hasOwn(given, tenant.id) ? given[tenant.id] : tenant.pages;
    return production && !tenant.customerIssuer && !entry ? undefined : pagesOf(tenant, entry ?? {}, production);
  });
  return {
    get: (tenant) => made.get(tenant),
    first: (isMeant) => {
      for (const { id } of tenants.all()) {
        const pages = made.get(id);
        if (pages && isMeant(pages)) return { tenant: id, pages };
      }
      return undefined;
    },
  };
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
