import type { FastifyInstance } from 'fastify';
import type { PagesOfTenants, TenantPages, TenantWithPages } from '../config/tenant-pages.js';
import { filesOf, serveAssets } from './built-files.js';
import { consolePolicy, hasConsole } from './console-server.js';
import { serveTenantPage } from './tenant-page.js';

const BUILD = 'panel';

/**
 * Serves the agent's panel for a frame of a desktop: `/panel` of the first tenant whose people can sign in, and
 * `/panel/{tenant}` of each; and beside it the page that the sign-in's window comes back to.
 */
export function servePanel(fastify: FastifyInstance, pages: PagesOfTenants, embedOrigins: readonly string[]): void {
  const read = filesOf(BUILD);
  serveAssets(fastify, BUILD, read);
  const serve = (file: PanelFile, paths: readonly string[], framedBy: readonly string[]): void =>
    serveTenantPage(fastify, {
      paths,
      pages,
      has: hasConsole,
      read,
      file,
      valuesOf: (one) => valuesOf(one, framedBy),
      headersOf: (own) => panelPolicy(file, own, framedBy),
      isFramed: () => framedBy.length > 0,
    });
  serve('panel.html', ['/panel', '/panel/:tenant'], embedOrigins);
  serve('signed-in.html', ['/panel/:tenant/signed-in'], []);
}

type PanelFile = 'panel.html' | 'signed-in.html';

/**
 * The policy of the other pages, but that a window may be opened that knows its opener: the panel signs in through one,
 * and what comes back in it is a page of this service that hands on an answer to its own origin and closes.
 */
function panelPolicy(
  file: PanelFile,
  pages: TenantPages,
  frameAncestors: readonly string[],
): Readonly<Record<string, string>> {
  return {
    ...consolePolicy(pages, frameAncestors),
    'cross-origin-opener-policy': file === 'panel.html' ? 'same-origin-allow-popups' : 'unsafe-none',
  };
}

/** What a build cannot know: whose panel it is, where one signs in to it, and which desktops it listens to. */
function valuesOf(
  { tenant, pages: { name, locale, console } }: TenantWithPages,
  embedOrigins: readonly string[],
): Readonly<Record<string, string>> {
  const { issuer, clientId, scope } = console!;
  const origins = embedOrigins.join(' ');
  return { tenant, name, locale, issuer, clientId, scope: panelScope(scope), embedOrigins: origins };
}

/** A panel is for calls: it asks for no more than that takes. */
function panelScope(scope: string): string {
  return scope
    .split(' ')
    .filter((one) => !['analyst', 'admin'].includes(one))
    .join(' ');
}
