import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { Problem } from './problem.js';
import type { RouteTable } from './route-table.js';
import type { TenantRegistry } from '../config/tenant-registry.js';

/** What a page may send. Fixed, whatever a preflight asks for: nothing of what it asks for is read. */
const TAKEN_HEADERS = [
  'Accept-Language',
  'Authorization',
  'Cache-Control',
  'Content-Type',
  'DPoP',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'X-Request-Id',
].join(', ');
/** What a page may read besides the body. */
const SHOWN_HEADERS = [
  'Allow',
  'Content-Disposition',
  'DPoP-Nonce',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ');
/** How long a browser keeps the answer to a preflight. */
const KEPT_SECONDS = '600';

interface TenantOrigins {
  readonly id: string;
  readonly corsOrigins?: readonly string[];
}

/**
 * Which pages of other origins may ask and read (the CORS protocol of the Fetch standard). What a browser asks before it
 * knows a tenant (a preflight has no token, nor has a request that is refused for it) is answered to the origins of any
 * tenant; once the token is known, to those of its tenant alone. Credentials of the browser's own are never taken.
 */
export class CrossOrigin {
  private byTenant: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  private any: ReadonlySet<string> = new Set();

  constructor(tenants: TenantRegistry | null) {
    const take = (): void => this.replace(tenants?.all() ?? []);
    tenants?.onChange(take);
    take();
  }

  private replace(tenants: readonly TenantOrigins[]): void {
    this.byTenant = new Map(tenants.map(({ id, corsOrigins = [] }) => [id, new Set(corsOrigins)]));
    this.any = new Set(tenants.flatMap(({ corsOrigins = [] }) => corsOrigins));
  }

  /** Says to a browser that the page may read the answer, whichever way it is written. */
  tell({ headers }: IncomingMessage, response: ServerResponse): void {
    if (this.any.size === 0) return;
    response.setHeader('vary', 'Origin');
    if (headers.origin === undefined || !this.any.has(headers.origin)) return;
    response.setHeader('access-control-allow-origin', headers.origin);
    response.setHeader('access-control-expose-headers', SHOWN_HEADERS);
  }

  /**
   * Holds a request whose tenant is known now to that tenant's own origins. An origin that is nobody's is left alone:
   * programs send one too, as a proxy that passes it on does, and no browser shows such a page the answer.
   * @throws Problem 403 for an origin that is another tenant's alone
   */
  hold(tenantId: string, { headers: { origin } }: IncomingMessage, response: ServerResponse): void {
    if (origin === undefined || !this.any.has(origin) || this.byTenant.get(tenantId)?.has(origin)) return;
    for (const name of response.getHeaderNames()) if (name.startsWith('access-control-')) response.removeHeader(name);
    throw new Problem('forbidden', { detail: "The page's origin is none of this tenant's." });
  }

  /** The answer to a preflight for an address of these methods. */
  answerPreflight({ headers }: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
    if (headers.origin === undefined || !this.any.has(headers.origin)) return;
    response.setHeader('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
    response.setHeader('access-control-allow-methods', methods.join(', '));
    response.setHeader('access-control-allow-headers', TAKEN_HEADERS);
    response.setHeader('access-control-max-age', KEPT_SECONDS);
  }
}

/**
 * Tells browsers of other origins what they may read; answers OPTIONS with the methods of an address, for which no token
 * is needed; and refuses a method that an address does not have with 405 (RFC 9110 §9.3.7, §15.5.6).
 */
export function answerMethods(fastify: FastifyInstance, routes: RouteTable, crossOrigin: CrossOrigin): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    crossOrigin.tell(raw, reply.raw);
    if (!request.is404) return done();
    const methods = routes.methodsAt(raw.url ?? '');
    if (methods.length === 0) return done();
    const allowed = [...methods, 'OPTIONS'];
    if (raw.method !== 'OPTIONS')
      return done(new Problem('method-not-allowed', { headers: { allow: allowed.join(', ') } }));
    crossOrigin.answerPreflight(raw, reply.raw, methods);
    void reply
      .status(204)
      .headers({ allow: allowed.join(', '), 'cache-control': 'no-store' })
      .send();
  });
  fastify.addHook('onSend', (_request, reply: FastifyReply, payload, done) => {
    // What a route says of its own replaces what was said before it.
    const [own, said] = [reply.getHeader('vary'), reply.raw.getHeader('vary')];
    if (typeof own === 'string' && typeof said === 'string' && own !== said)
      void reply.header('vary', `${said}, ${own}`);
    done(null, payload);
  });
}
