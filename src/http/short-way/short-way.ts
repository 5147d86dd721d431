import type { IncomingMessage } from 'node:http';
import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  HEADERS_METADATA,
  HTTP_CODE_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
} from '@nestjs/common/constants.js';
import { ApplicationConfig } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { AccessTokenVerifier } from '../access/access-token.verifier.js';
import { AuthGuard } from '../access/auth.guard.js';
import type { Principal } from '../access/principal.js';
import { type Access, ACCESS, type AuthenticatedRequest } from '../access/scopes.decorator.js';
import type { LimitName } from '../../config/rate-limits.js';
import { PROVIDED } from '../../config/provided.js';
import { TenantRegistry } from '../../config/tenant-registry.js';
import { LoadShedding } from '../load/load-shedding.js';
import { UnderWayGuard } from '../load/under-way.guard.js';
import { type Held, heldOf } from '../limits/held.js';
import { LIMIT, RateLimitGuard } from '../limits/rate-limited.js';
import { RateLimits, type TenantQuotas } from '../limits/rate-limits.js';
import { TenantRateGuard } from '../limits/tenant-rate.guard.js';
import { TenantRates } from '../limits/tenant-rates.js';
import { type ControllerRoute, controllerRoutes } from '../controller-routes.js';
import { DOWNLOADABLE } from '../downloads/downloadable.js';
import { IdempotencyInterceptor } from '../idempotency/idempotency.interceptor.js';
import type { ProblemFilter } from '../problem.filter.js';
import { UnreadBodyGuard } from '../unread-body.guard.js';
import { RequestValidationPipe } from '../validation.js';
import { type ArgumentReader, argumentReaders, ORDINARY, readsBody } from './route-arguments.js';
import { SHORT_WAY } from './short-way.decorator.js';

/** What Nest runs for every request, and the short way knows what to do in its stead. */
const KNOWN: { readonly guards: readonly unknown[]; readonly pipes: readonly unknown[] } = {
  guards: [AuthGuard, UnreadBodyGuard, TenantRateGuard, UnderWayGuard],
  pipes: [RequestValidationPipe],
};

/** What a request has to be, and what is done with it then. */
interface ShortRoute {
  readonly scopes: readonly string[];
  readonly readers: readonly ArgumentReader[];
  readonly readsBody: boolean;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly run: (values: unknown[]) => unknown;
  /** What a guard of the route's own does. @throws Refusal */
  readonly admit: ((request: FastifyRequest, caller: Principal, reply: FastifyReply) => unknown) | undefined;
  readonly held: Held;
  readonly rates: TenantRates;
  readonly load: LoadShedding;
  readonly verifier: AccessTokenVerifier;
  readonly tenants: TenantRegistry;
  readonly filter: ProblemFilter;
}

/**
 * Serves the routes that are marked with `@ShortWay()` without Nest's pipeline, as long as there is nothing unusual about a
 * request: one token for its bearer that was verified in the last minute and has a scope of the route, of a tenant that is served, the customer's own id,
 * fields that the compiled readers take, no Idempotency-Key, no page of another origin. Every other goes the ordinary way from
 * the beginning, before anything was done. Call it before the routes are made.
 *
 * The routes are not made, and so the application does not start, with an Error where a global guard, pipe, interceptor or
 * filter, or one of a marked route, is not one of those that this knows of.
 */
export function serveShortWay(fastify: FastifyInstance, app: NestFastifyApplication, filter: ProblemFilter): void {
  let routes: ReadonlyMap<string, ControllerRoute> | undefined;
  fastify.addHook('onRoute', (options) => {
    routes ??= new Map(
      controllerRoutes(app)
        .filter(({ handler }) => Reflect.hasMetadata(SHORT_WAY, handler))
        .map((route) => [`${route.method} ${route.path}`, route]),
    );
    const route = routes.get(`${String(options.method)} ${options.url}`);
    if (!route) return;
    requireKnownPipeline(app, filter);
    options.handler = shortHandler(shortRoute(app, route, filter, options.config), options.handler);
  });
}

/** Calls the method at once, or hands the request on as it came. */
function shortHandler(route: ShortRoute, ordinary: RouteHandlerMethod): RouteHandlerMethod {
  return function (this: FastifyInstance, request: FastifyRequest & AuthenticatedRequest, reply) {
    const caller = ordinaryCaller(route, request);
    const values = caller && readValues(route, request, caller);
    if (!values) return ordinary.call(this, request, reply);
    request.principal = caller;
    reply.raw.once('close', route.load.begin(caller.tenantId));
    return answer(route, caller, values, request, reply);
  };
}

async function answer(
  { admit, rates, held, status, headers, run, filter }: ShortRoute,
  caller: Principal,
  values: unknown[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  try {
    rates.admit(caller.tenantId, held, reply);
    admit?.(request, caller, reply);
    void reply.status(status).headers(headers);
    void reply.send(await run(values));
  } catch (error) {
    filter.send(error, request, reply);
  }
  return reply;
}

/** Who asks, where the guards would let them pass and have nothing else to say; undefined for whatever they have to look at. */
function ordinaryCaller(
  { scopes, verifier, tenants }: ShortRoute,
  { raw, params }: FastifyRequest,
): Principal | undefined {
  const token = raw.headers['idempotency-key'] === undefined && raw.headers.origin === undefined && onlyBearer(raw);
  const caller = token ? verifier.known(token) : undefined;
  if (!caller || !tenants.isActive(caller.tenantId)) return undefined;
  if (caller.confirmation || !scopes.some((scope) => caller.scopes.has(scope as never))) return undefined;
  const { customerId } = params as { customerId?: string };
  if (customerId !== undefined && caller.customerId !== undefined && caller.customerId !== customerId) return undefined;
  return caller;
}

function readValues(
  { readers, readsBody: reads }: ShortRoute,
  request: FastifyRequest,
  caller: Principal,
): unknown[] | undefined {
  if (!reads && request.body !== undefined) return undefined;
  const values: unknown[] = [];
  for (const read of readers) {
    const value = read(request, caller);
    if (value === ORDINARY) return undefined;
    values.push(value);
  }
  return values;
}

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** The token of the one Authorization header that a request has, if it is for its bearer. */
function onlyBearer({ rawHeaders }: IncomingMessage): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!;
    if (name.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    if (value !== undefined) return undefined;
    value = rawHeaders[at + 1];
  }
  return value === undefined ? undefined : BEARER.exec(value)?.[1];
}

/** @throws Error for a route whose pipeline, answer or arguments the short way cannot stand for */
function shortRoute(
  app: NestFastifyApplication,
  { controller, name, handler, method }: ControllerRoute,
  filter: ProblemFilter,
  config: unknown,
): ShortRoute {
  const refuse = (why: string): never => {
    throw new Error(`${controller.name}.${name} cannot have @ShortWay(): ${why}.`);
  };
  const limit = Reflect.getMetadata(LIMIT, handler) as LimitName | undefined;
  for (const key of [GUARDS_METADATA, PIPES_METADATA, EXCEPTION_FILTERS_METADATA, INTERCEPTORS_METADATA])
    for (const place of [controller, handler])
      for (const used of (Reflect.getMetadata(key, place) ?? []) as unknown[])
        if (used !== IdempotencyInterceptor && !(used === RateLimitGuard && limit === 'verdicts'))
          refuse(`it has ${key} that the short way does not know`);
  const access = Reflect.getMetadata(ACCESS, handler) as Access;
  if (Reflect.hasMetadata(DOWNLOADABLE, handler)) refuse('a link may open it');
  const status = Reflect.getMetadata(HTTP_CODE_METADATA, handler) as number | undefined;
  const headers = (Reflect.getMetadata(HEADERS_METADATA, handler) ?? []) as { name: string; value: unknown }[];
  if (headers.some(({ value }) => typeof value !== 'string')) refuse('a header of its answer is not a fixed text');
  const instance = app.get<Record<string, (...values: unknown[]) => unknown>>(controller, { strict: false });
  return {
    scopes: 'scopes' in access ? access.scopes : refuse('it is public'),
    readers: argumentReaders(controller, name),
    readsBody: readsBody(controller, name),
    status: status ?? (method === 'POST' ? 201 : 200),
    headers: Object.fromEntries(headers.map(({ name: header, value }) => [header, value as string])),
    admit: limit && admission(app),
    run: (values) => instance[name]!(...values),
    held: heldOf(config, method),
    rates: app.get(TenantRates, { strict: false }),
    load: app.get(LoadShedding, { strict: false }),
    verifier: app.get(AccessTokenVerifier, { strict: false }),
    tenants: app.get(TenantRegistry, { strict: false }),
    filter,
  };
}

function admission(app: NestFastifyApplication): NonNullable<ShortRoute['admit']> {
  const limits = app.get(RateLimits, { strict: false });
  const guard = new RateLimitGuard(
    limits,
    app.get<TenantQuotas>(PROVIDED.rateLimits, { strict: false }),
    app.get(TenantRegistry, { strict: false }),
  );
  return (request, caller, reply) => guard.admitVerdict(request, caller, reply);
}

/** @throws Error where Nest runs anything for every request that the short way does not know of: it would be skipped unseen */
function requireKnownPipeline(app: NestFastifyApplication, filter: ProblemFilter): void {
  const { config } = app as unknown as { config: unknown };
  if (!(config instanceof ApplicationConfig))
    throw new Error("Nest's configuration cannot be read: no route has a short way.");
  const strangers = [
    ...config.getGlobalGuards().filter((used) => !KNOWN.guards.includes(used.constructor)),
    ...config.getGlobalPipes().filter((used) => !KNOWN.pipes.includes(used.constructor)),
    ...config.getGlobalFilters().filter((used) => used !== filter),
    ...config.getGlobalInterceptors(),
    ...config.getGlobalRequestGuards(),
    ...config.getGlobalRequestPipes(),
    ...config.getGlobalRequestFilters(),
    ...config.getGlobalRequestInterceptors(),
    ...config.getGlobalPreRequestHooks(),
  ].map((used) => ('name' in used && typeof used.name === 'string' ? used.name : used.constructor.name));
  if (strangers.length > 0)
    throw new Error(`The short way would skip ${strangers.join(', ')}: say in short-way.ts what takes its place.`);
}
