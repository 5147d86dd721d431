import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Optional } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { PROVIDED } from '../../config/provided.js';
import { TenantRegistry } from '../../config/tenant-registry.js';
import { requireOwn } from '../../refusals/own-customer.js';
import { CrossOrigin } from '../cross-origin.js';
import { Problem } from '../problem.js';
import { DownloadLinks } from '../downloads/download-links.js';
import { AccessTokenVerifier, unauthorized } from './access-token.verifier.js';
import { Possession, type Presented } from './possession.js';
import type { Principal } from './principal.js';
import { ACCESS } from './scopes.decorator.js';
import type { Access, AuthenticatedRequest } from './scopes.decorator.js';
import { TokenRefused } from './token-claims.js';

type GuardedRequest = AuthenticatedRequest & FastifyRequest;

const TOKEN = /^(Bearer|DPoP) +([\w.~+/-]+=*)$/i;

/** Lets a request through to a route that is public, or with an access token that has one of the route's scopes. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(AccessTokenVerifier) private readonly verifier: AccessTokenVerifier,
    @Inject(TenantRegistry) private readonly tenants: TenantRegistry,
    @Optional() @Inject(Possession) private readonly possession?: Possession,
    @Optional() @Inject(PROVIDED.logger) private readonly logger?: Logger,
    @Inject(CrossOrigin) @Optional() private readonly crossOrigin?: CrossOrigin,
    @Inject(DownloadLinks) @Optional() private readonly links?: DownloadLinks,
  ) {}

  /**
   * Sets `request.principal` and returns true, or refuses.
   * @throws Problem `unauthorized` without a good token, `tenant-suspended` whatever its scopes are, `forbidden` without a scope of the route (RFC 6750 §3.1)
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = Reflect.getMetadata(ACCESS, context.getHandler()) as Access | undefined;
    if (!access || context.getType() !== 'http') throw new Problem('forbidden');
    if ('public' in access) return true;
    const http = context.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const reply = http.getResponse<FastifyReply>();
    const principal = this.links?.isLink(request, context.getHandler())
      ? await this.openLink(this.links, request, reply)
      : await this.authenticate(request, reply);
    request.refused = principal;
    this.crossOrigin?.hold(principal.tenantId, request.raw, reply.raw);
    if (!this.tenants.isActive(principal.tenantId)) throw new Problem('tenant-suspended');
    if (!access.scopes.some((scope) => principal.scopes.has(scope))) {
      const scopes = access.scopes.join(' ');
      throw new Problem('forbidden', {
        detail: `This needs an access token with one of the scopes: ${scopes}.`,
        headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scopes}"` },
      });
    }
    // A route that names no customer asks what it finds itself (docs/decisions/0087).
    const { customerId } = Object(request.params) as { customerId?: string };
    if (customerId !== undefined) requireOwn(principal, customerId);
    request.principal = principal;
    return true;
  }

  private authenticate(request: GuardedRequest, reply: FastifyReply): Promise<Principal> {
    return this.verify(request, reply).catch((error: unknown) => this.tell(error, request));
  }

  private async verify({ raw }: GuardedRequest, reply: FastifyReply): Promise<Principal> {
    const presented = presentedToken(raw);
    const principal = await this.verifier.verify(presented.token);
    if (principal.confirmation || presented.scheme === 'dpop') {
      if (!this.possession) throw unauthorized('The access token is bound to a key.');
      void reply.headers(await this.possession.require(principal, presented, raw));
    }
    return principal;
  }

  /** Says in the log which claim of a token is not accepted, and why: nothing that the token holds. */
  private tell(error: unknown, { id, routeOptions }: GuardedRequest): never {
    const { cause } = Object(error) as { cause?: unknown };
    if (cause instanceof TokenRefused)
      this.logger?.info(
        { requestId: id, route: routeOptions?.url, tenant: cause.tenantId, claim: cause.claim, why: cause.why },
        'an access token is not accepted',
      );
    throw error;
  }

  /** Without a token, or with one of whoever made the link. */
  private async openLink(links: DownloadLinks, request: GuardedRequest, reply: FastifyReply): Promise<Principal> {
    const hasToken = request.raw.headers.authorization !== undefined;
    return links.open(request, reply, hasToken ? await this.authenticate(request, reply) : undefined);
  }
}

/** RFC 6750 §2.1 or RFC 9449 §7.1, and no other way. Raw headers are read because Node drops a second Authorization header unseen. */
function presentedToken(request: IncomingMessage): Presented {
  const values = request.rawHeaders.filter(
    (_, index) => index % 2 === 1 && request.rawHeaders[index - 1]?.toLowerCase() === 'authorization',
  );
  const [value] = values;
  if (value === undefined) throw unauthorized('This needs an access token.', 'Bearer');
  const [, scheme, token] = (values.length === 1 && TOKEN.exec(value)) || [];
  if (scheme === undefined || token === undefined)
    throw unauthorized(
      'Send exactly one Authorization header, of the form `Bearer <token>`, or `DPoP <token>` with a proof.',
      'Bearer error="invalid_request"',
    );
  return { scheme: scheme.toLowerCase() as Presented['scheme'], token };
}
