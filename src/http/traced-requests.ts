import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuthenticatedRequest } from './access/scopes.decorator.js';
import { type RequestSpan, type TraceFields, traceRequest } from '../observability/tracing.js';

const spans = new WeakMap<FastifyRequest, RequestSpan>();

/** Tells of each request, by its route and never by its address, for as long as anybody is told. */
export function traceRequests(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const span = traceRequest(request.method, request.headers.traceparent);
    if (span === null) return done();
    spans.set(request, span);
    span.within(done);
  });
  // A body arrives by the events of its connection, which belong to no request: what comes after it is taken back in.
  fastify.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span) span.within(done);
    else done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest & AuthenticatedRequest, reply, done) => {
    spans.get(request)?.end({
      route: request.routeOptions.url ?? 'unmatched',
      status: reply.statusCode,
      tenant: request.principal?.tenantId,
    });
    done();
  });
}

/** What the line of a request says of its trace; nothing where nobody is told. */
export function tracedAs(request: FastifyRequest): TraceFields | object {
  return spans.get(request)?.fields ?? {};
}
