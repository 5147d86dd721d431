import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { takesNdjson } from './ndjson.js';
import { Problem } from './problem.js';

/** Refuses fields that a route without a body would not read: whoever sends them expects something of them. */
@Injectable()
export class UnreadBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    // An import reads its body as it comes, and says itself what is none.
    if (takesNdjson(request)) return true;
    const { body } = request;
    const fields = typeof body === 'object' && body !== null ? Object.keys(body) : [];
    if (fields.length > 0 && !readsBody(context)) {
      throw new Problem('invalid-request', {
        errors: [{ pointer: '#', detail: 'must be empty: this request has no fields' }],
      });
    }
    return true;
  }
}

function readsBody(context: ExecutionContext): boolean {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as
    object | undefined;
  return Object.keys(parameters ?? {}).some((key) => key.startsWith(`${RouteParamtypes.BODY}:`));
}
