import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PagesOfTenants, TenantPages, TenantWithPages } from '../config/tenant-pages.js';
import { keepsNothing } from '../http/connection.js';
import { staticDocument } from '../http/static-documents.js';
import { filledIn, type ReadFiles } from './built-files.js';

type Texts = Readonly<Record<string, string>>;

/** A page that each tenant has of its own, or not. */
export interface TenantPage {
  /** With `:tenant` in it; or without, where it is the first tenant's that has the page. */
  readonly paths: readonly string[];
  readonly pages: PagesOfTenants;
  /** Whether a tenant has this page. */
  readonly has: (pages: TenantPages) => boolean;
  readonly read: ReadFiles;
  /** Of the build. */
  readonly file: string;
  /** What the build cannot know, in place of each `__name__`. */
  readonly valuesOf: (one: TenantWithPages) => Texts;
  readonly headersOf: (pages: TenantPages) => Texts;
  /** Whether another page may frame it. */
  readonly isFramed: (pages: TenantPages) => boolean;
}

/** Serves a page of each tenant that has it at that moment; of whom there is none, or none of this kind, is not there. */
export function serveTenantPage(fastify: FastifyInstance, page: TenantPage): void {
  const { pages, has, read, file, isFramed } = page;
  const made = onceFor((one) => {
    const found = read().find(({ name }) => name === file);
    if (!found) return undefined;
    const document = staticDocument(found.type, filledIn(found.body.toString('utf8'), page.valuesOf(one)));
    return { document, headers: page.headersOf(one.pages) };
  });
  const serve = (
    request: FastifyRequest<{ Params: { tenant?: string } }>,
    reply: FastifyReply,
  ): FastifyReply | void => {
    const one = tenantOf(pages, has, request.params.tenant);
    const { document, headers } = (one && made(one)) ?? {};
    if (!one || !document) return reply.callNotFound();
    void reply.headers({ 'cache-control': 'no-cache', etag: document.etag, ...headers });
    if (isFramed(one.pages)) void reply.removeHeader('x-frame-options');
    keepsNothing(reply.raw);
    return reply.type(document.type).send(document.body);
  };
  for (const path of page.paths) fastify.get(path, serve);
}

function tenantOf(
  pages: PagesOfTenants,
  has: (pages: TenantPages) => boolean,
  tenant: string | undefined,
): TenantWithPages | undefined {
  if (tenant === undefined) return pages.first(has);
  const own = pages.get(tenant);
  return own && has(own) ? { tenant, pages: own } : undefined;
}

/** Makes something of a tenant's pages once, for as long as nothing else is said of them. */
export function onceFor<Made>(make: (one: TenantWithPages) => Made): (one: TenantWithPages) => Made {
  const made = new WeakMap<TenantPages, { readonly value: Made }>();
  return (one) => {
    const known = made.get(one.pages) ?? { value: make(one) };
    made.set(one.pages, known);
    return known.value;
  };
}
