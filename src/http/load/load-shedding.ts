import { Inject, Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { PROVIDED } from '../../config/provided.js';
import { Databases } from '../../database/databases.js';
import { Metrics } from '../../observability/metrics.js';
import { AccessTokenVerifier } from '../access/access-token.verifier.js';
import { readLink } from '../downloads/download-path.js';
import { Problem } from '../problem.js';
import { isShed } from './load.policy.js';
import type { LoadClassName } from './load-class.js';

const BEARER = /^(?:Bearer|DPoP) +(\S+)$/i;
const API = /^\/v1(\/|$)/;
const LOG_EVERY_MS = 60_000;
/** Those who were refused do not all come back in the same second. */
const RETRY_SECONDS = 3;

/** Refuses what can wait, where a tenant's database or this process has too much to do. */
@Injectable()
export class LoadShedding {
  private requests = 0;
  private readonly byTenant = new Map<string, number>();
  private loggedAt = -Infinity;
  private shed = 0;

  constructor(
    private readonly databases: Databases,
    private readonly verifier: AccessTokenVerifier,
    private readonly metrics: Metrics,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
    @Inject(PROVIDED.requestsUnderWay) private readonly mostRequests: number,
  ) {}

  /** Counts a request that is worked on. To be ended once, by what is returned. */
  begin(tenantId: string): () => void {
    this.requests += 1;
    this.byTenant.set(tenantId, (this.byTenant.get(tenantId) ?? 0) + 1);
    return () => {
      this.requests -= 1;
      const left = this.byTenant.get(tenantId)! - 1;
      if (left > 0) this.byTenant.set(tenantId, left);
      else this.byTenant.delete(tenantId);
    };
  }

  /**
   * Refuses requests before their bodies are read and their tokens verified: a token is asked for its issuer alone, and who lies about that
   * is refused in another way.
   * @throws Error at the start, for a route of the API that does not say of which class it is
   */
  watch(fastify: FastifyInstance): void {
    fastify.addHook('onRoute', ({ url, method, config }) => {
      if (API.test(url) && !classOf(config))
        throw new Error(`What is refused before ${String(method)} ${url}? Each route needs @LoadClass(…).`);
    });
    fastify.addHook('onRequest', (request, _reply, done) => {
      const loadClass = classOf(request.routeOptions.config);
      if (loadClass === undefined || loadClass === 'critical' || this.admits(loadClass, request)) return done();
      this.tell(loadClass);
      done(new Problem('overloaded', { retryAfterSeconds: 1 + Math.floor(Math.random() * RETRY_SECONDS) }));
    });
  }

  private admits(loadClass: Exclude<LoadClassName, 'critical'>, request: FastifyRequest): boolean {
    const tenantId = this.tenantOf(request);
    // Whose tenant is nobody's is refused by the guard, or is not there.
    if (tenantId === undefined) return true;
    const { waitedMs, statements } = this.databases.of(tenantId).pressure();
    const ownRequests = this.byTenant.get(tenantId) ?? 0;
    const tenants = this.byTenant.size + (ownRequests === 0 ? 1 : 0);
    return !isShed(
      loadClass,
      { waitedMs, statements, requests: this.requests, ownRequests, tenants },
      this.mostRequests,
    );
  }

  private tenantOf({ params, headers, raw }: FastifyRequest): string | undefined {
    const [, token] = BEARER.exec(headers.authorization ?? '') ?? [];
    if (token !== undefined) return this.verifier.claimedTenant(token);
    const { tenant = readLink(raw.url ?? '')?.tenantId } = Object(params) as { tenant?: string };
    return tenant !== undefined && this.databases.has(tenant) ? tenant : undefined;
  }

  private tell(loadClass: LoadClassName): void {
    this.metrics.shed.inc({ class: loadClass });
    this.shed += 1;
    const now = performance.now();
    if (now - this.loggedAt < LOG_EVERY_MS) return;
    this.logger.warn(
      { class: loadClass, refused: this.shed },
      'there is too much to do: requests that can wait are refused',
    );
    [this.loggedAt, this.shed] = [now, 0];
  }
}

function classOf(config: unknown): LoadClassName | undefined {
  return (Object(config) as { loadClass?: LoadClassName }).loadClass;
}
