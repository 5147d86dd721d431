import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Problem } from '../problem.js';
import { AccessTokenVerifier, unauthorized } from './access-token.verifier.js';
import { ACCESS } from './scopes.decorator.js';
import type { Access, AuthenticatedRequest } from './scopes.decorator.js';

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** Lets a request through to a route that is public, or with an access token that has one of the route's scopes. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(@Inject(AccessTokenVerifier) private readonly verifier: AccessTokenVerifier) {}

  /**
   * Sets `request.principal` and returns true, or refuses.
   * @throws Problem `unauthorized` without a good token, `forbidden` without a scope of the route (RFC 6750 §3.1)
   */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = Reflect.getMetadata(ACCESS, context.getHandler()) as Access | undefined;
    if (!access || context.getType() !== 'http') throw new Problem('forbidden');
    if ('public' in access) return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest & { raw: IncomingMessage }>();
    const principal = await this.verifier.verify(bearerToken(request.raw));
    if (!access.scopes.some((scope) => principal.scopes.has(scope))) {
      const scopes = access.scopes.join(' ');
      throw new Problem('forbidden', {
        detail: `This needs an access token with one of the scopes: ${scopes}.`,
        headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scopes}"` },
      });
    }
    request.principal = principal;
    return true;
  }
}

/** RFC 6750 §2.1, and no other way. Raw headers are read because Node drops a second Authorization header unseen. */
function bearerToken(request: IncomingMessage): string {
  const values = request.rawHeaders.filter(
    (_, index) => index % 2 === 1 && request.rawHeaders[index - 1]?.toLowerCase() === 'authorization',
  );
  const [value] = values;
  if (value === undefined) throw unauthorized('This needs an access token.', 'Bearer');
  const token = values.length === 1 ? BEARER.exec(value)?.[1] : undefined;
  if (token === undefined)
    throw unauthorized(
      'Send exactly one Authorization header, of the form `Bearer <token>`.',
      'Bearer error="invalid_request"',
    );
  return token;
}
