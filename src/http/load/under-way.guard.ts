import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AuthenticatedRequest } from '../access/scopes.decorator.js';
import { LoadShedding } from './load-shedding.js';

/** Counts what the process works on, from when it is known who asks until the answer is with the network. Streams are not work. */
@Injectable()
export class UnderWayGuard implements CanActivate {
  constructor(private readonly load: LoadShedding) {}

  canActivate(context: ExecutionContext): true {
    const http = context.switchToHttp();
    const { principal, routeOptions } = http.getRequest<AuthenticatedRequest & FastifyRequest>();
    const { loadClass } = Object(routeOptions.config) as { loadClass?: string };
    if (principal && loadClass !== 'stream')
      http.getResponse<FastifyReply>().raw.once('close', this.load.begin(principal.tenantId));
    return true;
  }
}
