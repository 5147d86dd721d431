import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import type { TenantPages } from '../config/pages.js';
import { keepsNothing } from '../http/connection.js';
import { type StaticDocument, serveDocument, staticDocument } from '../http/static-documents.js';
import { filesOf, filledIn, type ReadFiles, serveAssets } from './built-files.js';
import { contentPolicy, webManifest } from './page-policy.js';

const BUILD = 'customer';

/**
 * Serves the pages for customers: `/my` and `/check` of the first tenant that has them, `/my/{tenant}` and
 * `/check/{tenant}` of each. They are files and a public API; nothing here knows who asks.
 */
export function servePages(fastify: FastifyInstance, pages: Config['pages']): void {
  if (pages.size === 0) return;
  const read = filesOf(BUILD);
  serveAssets(fastify, BUILD, read);
  servePage(fastify, { page: 'check', pages, read });
  const signedIn = new Map([...pages].filter(([, { signIn }]) => signIn !== null));
  if (signedIn.size === 0) return;
  servePage(fastify, { page: 'my', pages: signedIn, read });
  serveWorker(fastify, read);
  for (const icon of ['icon.svg', 'icon-maskable.svg']) serveIcon(fastify, icon, read);
  for (const [tenant, page] of signedIn)
    serveDocument(fastify, `/my/${tenant}/manifest.webmanifest`, () =>
      staticDocument('application/manifest+json', webManifest(tenant, page)),
    );
}

interface ServedPage {
  readonly page: 'my' | 'check';
  readonly pages: Config['pages'];
  readonly read: ReadFiles;
}

function servePage(fastify: FastifyInstance, { page, pages, read }: ServedPage): void {
  const serve = (path: string, tenant: string, settings: TenantPages): void => {
    let made: StaticDocument | undefined;
    fastify.get(path, (_request: FastifyRequest, reply: FastifyReply) => {
      const file = read().find(({ name }) => name === `${page}.html`);
      if (!file) return reply.callNotFound();
      made ??= staticDocument(
        file.type,
        filledIn(file.body.toString('utf8'), { tenant, name: settings.name, locale: settings.locale }),
      );
      void reply.headers({ 'cache-control': 'no-cache', etag: made.etag, ...contentPolicy(settings) });
      if (settings.frameAncestors.length > 0) void reply.removeHeader('x-frame-options');
      keepsNothing(reply.raw);
      return reply.type(made.type).send(made.body);
    });
  };
  const [first] = pages;
  serve(`/${page}`, ...first!);
  for (const [tenant, settings] of pages) serve(`/${page}/${tenant}`, tenant, settings);
}

/** The service worker stands above all that it may answer for. */
function serveWorker(fastify: FastifyInstance, read: ReadFiles): void {
  fastify.get('/my/worker.js', (_request, reply) => {
    const file = read().find(({ name }) => name === 'worker.js');
    if (!file) return reply.callNotFound();
    void reply.headers({
      'cache-control': 'no-cache',
      'service-worker-allowed': '/my',
      'content-security-policy': "default-src 'none'; connect-src 'self'",
    });
    keepsNothing(reply.raw);
    return reply.type(file.type).send(file.body);
  });
}

function serveIcon(fastify: FastifyInstance, icon: string, read: ReadFiles): void {
  fastify.get(`/my/${icon}`, (_request, reply) => {
    const file = read().find(({ name }) => name === icon);
    if (!file) return reply.callNotFound();
    void reply.headers({ 'cache-control': 'public, max-age=86400', 'content-security-policy': "default-src 'none'" });
    return reply.type(file.type).send(file.body);
  });
}
