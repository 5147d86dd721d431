import { applyDecorators, createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { Problems } from '../api-problems.js';
import { unauthorized } from './access-token.verifier.js';
import type { Principal, Scope } from './principal.js';

export const ACCESS = 'countersign:access';

/** Who may call a route: anyone, or a token with at least one of the scopes. */
export type Access = { readonly public: true } | { readonly scopes: readonly [Scope, ...Scope[]] };

/** A request after the guard. */
export interface AuthenticatedRequest {
  principal?: Principal;
}

/**
 * The route takes an access token with at least one of these scopes. On methods only: each route says for itself who
 * may call it, and its OpenAPI entry says the same.
 */
export function Scopes(...scopes: [Scope, ...Scope[]]): MethodDecorator {
  if (scopes.length === 0) throw new Error('@Scopes() needs a scope; a route for everyone is @Public().');
  return applyDecorators(
    declareAccess({ scopes }),
    ...scopes.map((scope) => ApiSecurity('bearer', [scope])),
    Problems('unauthorized', 'forbidden', 'temporarily-unavailable'),
  );
}

/** The route needs no access token; one that is sent is not looked at. On methods only. */
export function Public(): MethodDecorator {
  return declareAccess({ public: true });
}

/** The principal of the request; 401 where the route is public and has none. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw unauthorized('This needs an access token.', 'Bearer');
  return principal;
});

function declareAccess(access: Access): MethodDecorator {
  return (target, key, descriptor) => {
    if (!descriptor?.value) throw new Error('@Scopes and @Public belong on methods.');
    if (Reflect.hasMetadata(ACCESS, descriptor.value))
      throw new Error(`${target.constructor.name}.${String(key)} says twice who may call it.`);
    SetMetadata(ACCESS, access)(target, key, descriptor);
  };
}
