import type { FastifyInstance } from 'fastify';
import type { ConsoleSignIn, PagesOfTenants, TenantPages } from '../config/tenant-pages.js';
import { filesOf, serveAssets } from './built-files.js';
import { contentPolicy } from './page-policy.js';
import { serveTenantPage } from './tenant-page.js';

const BUILD = 'console';

/** Whether a tenant's people can sign in here. */
export const hasConsole = (pages: TenantPages): boolean => pages.console !== null;

/** The policy of a page on which the bank's people sign in. */
export function consolePolicy(pages: TenantPages, frameAncestors: readonly string[]): ReturnType<typeof contentPolicy> {
  const { issuer, clientId, scope }: ConsoleSignIn = pages.console!;
  return contentPolicy({ ...pages, frameAncestors, signIn: { issuer, clientId, scope, claim: 'sub' } });
}

/**
 * Serves the console of the bank's people: `/console` of the first tenant that has one, and `/console/{tenant}` of each
 * with all addresses below it, which are screens of the one page. No page of others may frame it.
 */
export function serveConsole(fastify: FastifyInstance, pages: PagesOfTenants): void {
  const read = filesOf(BUILD);
  serveAssets(fastify, BUILD, read);
  serveTenantPage(fastify, {
    paths: ['/console', '/console/:tenant', '/console/:tenant/*'],
    pages,
    has: hasConsole,
    read,
    file: 'console.html',
    valuesOf: ({ tenant, pages: { name, locale, console } }) => ({ tenant, name, locale, ...console! }),
    headersOf: (own) => consolePolicy(own, []),
    isFramed: () => false,
  });
}
