import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { AppModule, type AppOptions } from './app.module.js';
import { configuredTenants } from './tenants/at-start.js';
import { createDevelopmentIssuers } from '../http/access/issuer/development-issuers.js';
import { remoteAdapter } from '../http/access/issuer/remote-adapter.js';
import type { AuthenticatedRequest } from '../http/access/scopes.decorator.js';
import { serveDocuments } from '../http/openapi/openapi-page.js';
import { refuseEncodedBodies } from '../http/body-encoding.js';
import { auditRequests } from '../http/audited-requests.js';
import { ConfigError } from '../config/config.js';
import type { PagesOfTenants } from '../config/tenant-pages.js';
import { PROVIDED } from '../config/provided.js';
import { type AuditLog, openAuditLog } from '../observability/audit-log.js';
import { Clock } from '../database/clock.js';
import { inRanges } from '../http/client-address.js';
import { Connections } from '../http/connections.js';
import { answerMethods, CrossOrigin } from '../http/cross-origin.js';
import { LoadShedding } from '../http/load/load-shedding.js';
import { httpEdge, SAFE_HEADERS } from '../http/http-edge.js';
import { findUnstorable, isNestedDeeper } from '../http/json-text.js';
import { nestLogger } from '../observability/logger.js';
import { tracedAs, traceRequests } from '../http/traced-requests.js';
import { Metrics } from '../observability/metrics.js';
import { NDJSON, takesNdjson } from '../http/ndjson.js';
import { Problem } from '../http/problem.js';
import { invalidField } from '../refusals/refusal.js';
import { serveConsole } from '../pages/console-server.js';
import { servePages } from '../pages/page-server.js';
import { servePanel } from '../pages/panel-server.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { refuseUnreadableAddresses } from '../http/request-address.js';
import { RouteTable } from '../http/route-table.js';
import { serveShortWay } from '../http/short-way/short-way.js';
import { validationPipe } from '../http/validation.js';

/** What validates and copies a body does so by recursion. */
const DEEPEST_BODY = 32;

/** What one process keeps at most for clients that it waits for, whoever they are. */
const MOST_WAITING_BYTES = 16 * 1024 * 1024;
/** Of what waits for it a client must read something within this time. */
const UNREAD_MS = 30_000;
/** Between two lines of the log about connections for which there was no room. */
const LOG_EVERY_MS = 60_000;

/** Builds the HTTP application; it does not listen yet. */
export async function createApplication(options: AppOptions): Promise<NestFastifyApplication> {
  const { config, logger } = options;
  const filter = new ProblemFilter(config.publicUrl, logger);
  const bodyTime = { requestMs: config.requestTimeoutSeconds * 1_000, importMs: config.importTimeoutSeconds * 1_000 };
  const { publicUrl, maxConnections, maxConnectionsPerClient } = config;
  const isProxy = inRanges(config.trustedProxies ?? []);
  const connections = new Connections({
    connections: maxConnections,
    connectionsPerClient: maxConnectionsPerClient,
    waitingBytes: MOST_WAITING_BYTES,
    bodyTime,
    unreadMs: UNREAD_MS,
    isProxy,
    publicUrl,
  });
  const tenants = options.tenants ?? configuredTenants(config);
  const crossOrigin = new CrossOrigin(tenants);
  const adapter = new FastifyAdapter(httpEdge({ filter, publicUrl, connections, bodyTime, crossOrigin, isProxy }));
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register({ ...options, tenants, crossOrigin }),
    adapter,
    {
      logger: nestLogger(logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const fastify = adapter.getInstance<FastifyInstance>();
  const routes = new RouteTable().watch(fastify);
  acceptJsonOnly(fastify);
  acceptNdjsonImports(fastify);
  if (config.telemetryUrl !== undefined) traceRequests(fastify);
  if (config.auditLog !== undefined) keepAuditLog(fastify, app, config.auditLog, logger);
  logRequests(fastify, logger, app.get(Metrics));
  tellOfConnections(connections, logger, app.get(Metrics));
  answerMethods(fastify, routes, crossOrigin);
  app.get(LoadShedding).watch(fastify);
  refuseUnreadableAddresses(fastify);
  refuseEncodedBodies(fastify);
  if (config.developmentIssuer) await mountDevelopmentIssuers(fastify, options, app.get(Clock));
  app.useGlobalFilters(filter);
  app.useGlobalPipes(validationPipe());
  serveShortWay(fastify, app, filter);
  serveDocuments(fastify, app);
  const pages = app.get<PagesOfTenants>(PROVIDED.pages);
  servePages(fastify, pages);
  serveConsole(fastify, pages);
  servePanel(fastify, pages, config.embedOrigins ?? []);
  return app;
}

/** One JSON object in UTF-8, not too deep; an empty body is none, whatever its content type says. */
function acceptJsonOnly(fastify: FastifyInstance): void {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    let text: string;
    try {
      text = utf8.decode(body as Buffer);
    } catch {
      return done(new Problem('malformed-request', { detail: 'The body is not UTF-8.' }));
    }
    if (isNestedDeeper(text, DEEPEST_BODY))
      return done(new Problem('malformed-request', { detail: `The body is nested deeper than ${DEEPEST_BODY}.` }));
    return parse(request, text, (error, value) => {
      if (!error && (typeof value !== 'object' || value === null || Array.isArray(value)))
        return done(new Problem('malformed-request', { detail: 'The body is not a JSON object.' }));
      const unstorable = error ? null : findUnstorable(text, value);
      if (unstorable !== null)
        return done(invalidField(unstorable, 'must hold no NUL, and no number that is out of range'));
      return done(error, value);
    });
  });
}

/** Lines are read by the route that takes them, and by no other: the body is left unread here. */
function acceptNdjsonImports(fastify: FastifyInstance): void {
  fastify.addContentTypeParser(NDJSON, (request, _body, done) => {
    if (request.is404 || takesNdjson(request)) return done(null, undefined);
    return done(new Problem('unsupported-media-type'));
  });
}

/** One line a request, by route and never by address: an address can hold what a person typed. */
function logRequests(fastify: FastifyInstance, logger: Logger, metrics: Metrics): void {
  // Of these fields none holds what a caller chose, but for ids of a strict form: to look for secrets in them costs more than to write them.
  const requests = logger.child({}, { redact: [] });
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    void reply.headers(SAFE_HEADERS);
    done();
  });
  fastify.addHook('onResponse', (request: FastifyRequest & AuthenticatedRequest, reply: FastifyReply, done) => {
    const route = request.routeOptions.url ?? 'unmatched';
    metrics.requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    const level = route.startsWith('/health') || route === '/metrics' ? 'debug' : 'info';
    requests[level](
      {
        requestId: request.id,
        ...tracedAs(request),
        method: request.method,
        route,
        status: reply.statusCode,
        milliseconds: Math.round(reply.elapsedTime * 10) / 10,
        tenant: request.principal?.tenantId,
        client: request.principal?.clientId,
      },
      'request',
    );
    done();
  });
}

function keepAuditLog(fastify: FastifyInstance, app: NestFastifyApplication, file: string, logger: Logger): void {
  let log: AuditLog;
  try {
    log = openAuditLog(file, logger, app.get(Metrics).auditFailures);
  } catch (error) {
    throw new ConfigError(`AUDIT_LOG cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`);
  }
  const clock = app.get(Clock);
  auditRequests(fastify, app, log, () => clock.milliseconds());
  fastify.addHook('onClose', () => log.close());
}

function tellOfConnections(connections: Connections, logger: Logger, metrics: Metrics): void {
  metrics.count({ name: 'countersign_open_connections', help: 'Open connections of clients.' }, () => connections.size);
  let [loggedAt, ended] = [-Infinity, 0];
  connections.onEnd = (reason) => {
    metrics.connectionEnds.inc({ reason });
    if (reason !== 'refused' && reason !== 'made_room') return;
    ended += 1;
    if (performance.now() - loggedAt < LOG_EVERY_MS) return;
    logger.warn(
      { reason, ended, open: connections.size },
      'connections were ended: there are too many, or too much waits for them',
    );
    [loggedAt, ended] = [performance.now(), 0];
  };
}

async function mountDevelopmentIssuers(
  fastify: FastifyInstance,
  { config, logger, siblings }: AppOptions,
  clock: Clock,
): Promise<void> {
  const issuers = await createDevelopmentIssuers({
    tenants: config.tenants.map((tenant) => tenant.id),
    publicUrl: config.publicUrl,
    dataDirectory: config.dataDirectory,
    ...(siblings
      ? { storage: (tenant: string) => remoteAdapter((call) => siblings.storeSignIn({ ...call, tenant })) }
      : {}),
    now: () => clock.milliseconds(),
    onError: (tenant, error) => logger.error({ tenant, kind: error.name }, 'the development issuer failed'),
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (issuers.handle(request.raw, reply.raw)) reply.hijack();
    else done();
  });
}
