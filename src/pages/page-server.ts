import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PagesOfTenants, TenantPages } from '../config/tenant-pages.js';
import { keepsNothing } from '../http/connection.js';
import { sendDocument, staticDocument } from '../http/static-documents.js';
import { filesOf, type ReadFiles, serveAssets } from './built-files.js';
import { contentPolicy, webManifest } from './page-policy.js';
import { onceFor, serveTenantPage } from './tenant-page.js';

const BUILD = 'customer';

const signsIn = ({ signIn }: TenantPages): boolean => signIn !== null;

/**
 * Serves the pages for customers: `/my` and `/check` of the first tenant that has them, `/my/{tenant}` and
 * `/check/{tenant}` of each. They are files and a public API; nothing here knows who asks.
 */
export function servePages(fastify: FastifyInstance, pages: PagesOfTenants): void {
  const read = filesOf(BUILD);
  serveAssets(fastify, BUILD, read);
  for (const [page, has] of [
    ['check', () => true],
    ['my', signsIn],
  ] as const)
    serveTenantPage(fastify, {
      paths: [`/${page}`, `/${page}/:tenant`],
      pages,
      has,
      read,
      file: `${page}.html`,
      valuesOf: ({ tenant, pages: { name, locale } }) => ({ tenant, name, locale }),
      headersOf: contentPolicy,
      isFramed: ({ frameAncestors }) => frameAncestors.length > 0,
    });
  serveWorker(fastify, read);
  for (const icon of ['icon.svg', 'icon-maskable.svg']) serveIcon(fastify, icon, read);
  serveManifest(fastify, pages);
}

function serveManifest(fastify: FastifyInstance, pages: PagesOfTenants): void {
  const made = onceFor((one) => staticDocument('application/manifest+json', webManifest(one.tenant, one.pages)));
  fastify.get(
    '/my/:tenant/manifest.webmanifest',
    (request: FastifyRequest<{ Params: { tenant: string } }>, reply: FastifyReply) => {
      const { tenant } = request.params;
      const own = pages.get(tenant);
      if (!own || !signsIn(own)) return reply.callNotFound();
      return sendDocument(request, reply, made({ tenant, pages: own }));
    },
  );
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
