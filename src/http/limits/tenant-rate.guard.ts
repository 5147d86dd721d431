import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthenticatedRequest } from '../access/scopes.decorator.js';
import { heldOf } from './held.js';
import { TenantRates } from './tenant-rates.js';

/** Holds a tenant to what it may do in a second, once it is known whose a request is: nobody uses up what is another's. */
@Injectable()
export class TenantRateGuard implements CanActivate {
  constructor(private readonly rates: TenantRates) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp();
    const request = http.getRequest<AuthenticatedRequest & FastifyRequest>();
    const { principal } = request;
    if (principal)
      this.rates.admit(
        principal.tenantId,
        heldOf(request.routeOptions.config, request.method),
        http.getResponse<FastifyReply>(),
      );
    return true;
  }
}
