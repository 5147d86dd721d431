import type { INestApplicationContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Activity } from '../observability/audit-event.js';
import type { AuditLog } from '../observability/audit-log.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';
import type { AuthenticatedRequest } from './access/scopes.decorator.js';
import { clientOfRequest } from './client-address.js';
import { controllerRoutes } from './controller-routes.js';
import { isNeverReplayed } from './idempotency/idempotency.interceptor.js';

/** Where @nestjs/swagger keeps what @ApiOperation says. */
const API_OPERATION = 'swagger/apiOperation';
const MOST_RESOURCES = 8;
const BY_METHOD: Readonly<Record<string, Activity>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'update',
  DELETE: 'delete',
};

interface Audited {
  readonly operation: string;
  readonly activity: Activity;
}

/** Tells the audit log of each request of somebody whose token is good, when it is over, refused or not. */
export function auditRequests(
  fastify: FastifyInstance,
  app: INestApplicationContext,
  log: AuditLog,
  now: () => number,
): void {
  let routes: ReadonlyMap<string, Audited> | undefined;
  fastify.addHook('onResponse', (request: FastifyRequest & AuthenticatedRequest, reply, done) => {
    const caller = request.principal ?? request.refused;
    const route = request.routeOptions.url;
    if (!caller || route === undefined) return done();
    routes ??= auditedRoutes(app);
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    const audited = routes.get(`${method} ${route}`);
    if (audited)
      log.write({
        ...audited,
        requestId: request.id,
        method: request.method,
        status: reply.statusCode,
        at: now(),
        tenantId: caller.tenantId,
        subject: caller.customerId ?? caller.subject,
        clientId: caller.clientId,
        scopes: [...caller.scopes],
        // A customer's own address is nobody's business here.
        address: caller.customerId === undefined ? networkOf(clientOfRequest(request)) : undefined,
        resources: resourcesOf(request),
      });
    done();
  });
}

function auditedRoutes(app: INestApplicationContext): ReadonlyMap<string, Audited> {
  return new Map(
    controllerRoutes(app).map(({ method, path, name, handler }) => {
      const { operationId = name } = (Reflect.getMetadata(API_OPERATION, handler) ?? {}) as { operationId?: string };
      const activity = isNeverReplayed(handler) ? 'read' : (BY_METHOD[method] ?? 'read');
      return [`${method} ${path}`, { operation: operationId, activity }];
    }),
  );
}

/** Of IPv6 a client has a network, whose first half is given. */
function networkOf(client: string): string {
  return client.includes(':') ? `${client}::` : client;
}

/** The ids in the path, and the customer that the query or the body names; what is no id is left out. */
function resourcesOf({ params, query, body }: FastifyRequest): { type: string; uid: string }[] {
  const named = [
    ...Object.entries(params as Record<string, unknown>),
    ...[query, body].map((fields) => ['customerId', (Object(fields) as { customerId?: unknown }).customerId] as const),
  ];
  return named.slice(0, MOST_RESOURCES).flatMap(([name, value]) => {
    if (typeof value !== 'string' || !CUSTOMER_ID.test(value)) return [];
    return [{ type: name.replace(/Id$/, ''), uid: value }];
  });
}
