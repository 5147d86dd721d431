import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import type { ConsoleSignIn, TenantPages } from '../config/pages.js';
import { keepsNothing } from '../http/connection.js';
import { type StaticDocument, staticDocument } from '../http/static-documents.js';
import { filesOf, filledIn, type ReadFiles, serveAssets } from './built-files.js';
import { contentPolicy } from './page-policy.js';

const BUILD = 'panel';

/**
 * Serves the agent's panel for a frame of a desktop: `/panel` of the first tenant whose people can sign in, and
 * `/panel/{tenant}` of each; and beside it the page that the sign-in's window comes back to.
 */
export function servePanel(fastify: FastifyInstance, pages: Config['pages'], embedOrigins: readonly string[]): void {
  const panels = [...pages].filter(([, page]) => page.console !== null);
  const [first] = panels;
  if (!first) return;
  const read = filesOf(BUILD);
  serveAssets(fastify, BUILD, read);
  const serve = (path: string, file: PanelFile, [tenant, page]: [string, TenantPages]): void =>
    servePage(fastify, path, { file, tenant, page, embedOrigins, read });
  serve('/panel', 'panel.html', first);
  for (const one of panels) {
    serve(`/panel/${one[0]}`, 'panel.html', one);
    serve(`/panel/${one[0]}/signed-in`, 'signed-in.html', one);
  }
}

type PanelFile = 'panel.html' | 'signed-in.html';

interface ServedPanel {
  readonly file: PanelFile;
  readonly tenant: string;
  readonly page: TenantPages;
  readonly embedOrigins: readonly string[];
  readonly read: ReadFiles;
}

function servePage(
  fastify: FastifyInstance,
  path: string,
  { file, tenant, page, embedOrigins, read }: ServedPanel,
): void {
  const framed = file === 'panel.html' ? embedOrigins : [];
  const headers = panelPolicy(file, page, framed);
  let made: StaticDocument | undefined;
  fastify.get(path, (_request: FastifyRequest, reply: FastifyReply) => {
    const found = read().find(({ name }) => name === file);
    if (!found) return reply.callNotFound();
    made ??= staticDocument(found.type, filledIn(found.body.toString('utf8'), valuesOf(tenant, page, framed)));
    void reply.headers({ 'cache-control': 'no-cache', etag: made.etag, ...headers });
    if (framed.length > 0) void reply.removeHeader('x-frame-options');
    keepsNothing(reply.raw);
    return reply.type(made.type).send(made.body);
  });
}

/**
 * The policy of the other pages, but that a window may be opened that knows its opener: the panel signs in through one,
 * and what comes back in it is a page of this service that hands on an answer to its own origin and closes.
 */
function panelPolicy(
  file: PanelFile,
  page: TenantPages,
  frameAncestors: readonly string[],
): Readonly<Record<string, string>> {
  const { issuer, clientId, scope } = page.console!;
  return {
    ...contentPolicy({ ...page, frameAncestors, signIn: { issuer, clientId, scope, claim: 'sub' } }),
    'cross-origin-opener-policy': file === 'panel.html' ? 'same-origin-allow-popups' : 'unsafe-none',
  };
}

/** What a build cannot know: whose panel it is, where one signs in to it, and which desktops it listens to. */
function valuesOf(
  tenant: string,
  page: TenantPages,
  embedOrigins: readonly string[],
): Readonly<Record<string, string>> {
  const { name, locale } = page;
  const { issuer, clientId, scope }: ConsoleSignIn = page.console!;
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
