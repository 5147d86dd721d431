import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.js';
import type { TenantPages } from '../config/pages.js';
import { keepsNothing } from '../http/connection.js';
import { type StaticDocument, staticDocument } from '../http/static-documents.js';
import { filesOf, filledIn, type ReadFiles, serveAssets } from './built-files.js';
import { contentPolicy } from './page-policy.js';

const BUILD = 'console';

/**
 * Serves the console of the bank's people: `/console` of the first tenant that has one, and `/console/{tenant}` of each
 * with all addresses below it, which are screens of the one page. No page of others may frame it.
 */
export function serveConsole(fastify: FastifyInstance, pages: Config['pages']): void {
  const consoles = [...pages].filter(([, page]) => page.console !== null);
  const [first] = consoles;
  if (!first) return;
  const read = filesOf(BUILD);
  serveAssets(fastify, BUILD, read);
  servePage(fastify, ['/console'], first, read);
  for (const one of consoles) servePage(fastify, [`/console/${one[0]}`, `/console/${one[0]}/*`], one, read);
}

function servePage(
  fastify: FastifyInstance,
  paths: readonly string[],
  [tenant, page]: readonly [string, TenantPages],
  read: ReadFiles,
): void {
  const { name, locale } = page;
  const { issuer, clientId, scope } = page.console!;
  const headers = contentPolicy({ ...page, frameAncestors: [], signIn: { issuer, clientId, scope, claim: 'sub' } });
  let made: StaticDocument | undefined;
  const send = (_request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const file = read().find(({ name }) => name === 'console.html');
    if (!file) return reply.callNotFound() as unknown as FastifyReply;
    made ??= staticDocument(
      file.type,
      filledIn(file.body.toString('utf8'), { tenant, name, locale, issuer, clientId, scope }),
    );
    void reply.headers({ 'cache-control': 'no-cache', etag: made.etag, ...headers });
    keepsNothing(reply.raw);
    return reply.type(made.type).send(made.body);
  };
  for (const path of paths) fastify.get(path, send);
}
