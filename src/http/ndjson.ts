import {
  applyDecorators,
  type CanActivate,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  UseGuards,
} from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { NeverReplayed } from './idempotency/idempotency.interceptor.js';
import type { NdjsonLine } from '../database/line-import.js';
import { readLines } from './ndjson-lines.js';
import { Problem } from './problem.js';
import { routeConfig } from './route-config.js';

export const NDJSON = 'application/x-ndjson';

/** Whether a route takes a stream of lines; only on such a one is a body of that type accepted, and handed over unread. */
export function takesNdjson(request: FastifyRequest): boolean {
  return (request.routeOptions.config as { ndjson?: boolean } | undefined)?.ndjson === true;
}

/** Refuses, after it is known who asks, what is no stream of lines. */
@Injectable()
class NdjsonOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    if (headers['content-type']?.split(';')[0]!.trim().toLowerCase() !== NDJSON)
      throw new Problem('unsupported-media-type', { detail: `Send one JSON value a line, as ${NDJSON}.` });
    return true;
  }
}

/**
 * A bulk import: takes NDJSON as a stream, past the limit on other bodies. An Idempotency-Key does nothing here, because
 * what is there already does no harm when it comes again.
 */
export function NdjsonImport(options: { description: string; example: string }): MethodDecorator {
  return applyDecorators(
    routeConfig({ ndjson: true }),
    UseGuards(NdjsonOnly),
    NeverReplayed(),
    ApiConsumes(NDJSON),
    ApiBody({ required: true, description: options.description, schema: { type: 'string', example: options.example } }),
  );
}

/** The lines of the body, as they come. */
export const NdjsonLines = createParamDecorator(
  (_data: unknown, context: ExecutionContext): AsyncGenerator<NdjsonLine[]> =>
    readLines(context.switchToHttp().getRequest<FastifyRequest>().raw),
);
