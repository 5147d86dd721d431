import { applyDecorators, createParamDecorator, SetMetadata } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import { Problems } from '../api-problems.js';
import { unauthorized } from './access-token.verifier.js';
import type { Principal, Scope } from './principal.js';

export const ACCESS = 'countersign:access';
export const FINDS_OWN = 'countersign:finds-own';

/** Who may call a route: anyone, or a token with at least one of the scopes. */
export type Access = { readonly public: true } | { readonly scopes: readonly [Scope, ...Scope[]] };

/** A request after the guard. */
export interface AuthenticatedRequest {
  principal?: Principal;
  /** Whose token was good, where what they asked for is not theirs: for the record alone. */
  refused?: Principal;
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

/**
 * For a route with scope `customer` whose path names no customer: what it finds is compared with the caller's customer by
 * `requireOwn`. Where the path has `:customerId`, the guard has compared already.
 */
export function FindsOwn(): MethodDecorator {
  return SetMetadata(FINDS_OWN, true);
}

/** The route needs no access token; one that is sent is not looked at. On methods only. */
export function Public(): MethodDecorator {
  return declareAccess({ public: true });
}

/** The principal of the request; 401 where the route is public and has none. */
export function callerOf(_data: unknown, context: ExecutionContext): Principal {
  const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!principal) throw unauthorized('This needs an access token.', 'Bearer');
  return principal;
}

/** What {@link callerOf} returns. */
export const Caller = createParamDecorator(callerOf);

function declareAccess(access: Access): MethodDecorator {
  return (target, key, descriptor) => {
    if (!descriptor?.value) throw new Error('@Scopes and @Public belong on methods.');
    if (Reflect.hasMetadata(ACCESS, descriptor.value))
      throw new Error(`${target.constructor.name}.${String(key)} says twice who may call it.`);
    SetMetadata(ACCESS, access)(target, key, descriptor);
  };
}
