import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { PROBLEMS } from './problem-kinds.js';
import { Problem, problemOf } from './problem.js';
import { tracedAs } from './traced-requests.js';
import { Refusal, type RefusalReason } from '../refusals/refusal.js';
import { KeysUnsure } from '../crypto/key-ring.js';
import { isDatabaseUnavailable } from '../database/tenant-database.js';

const BY_STATUS: Readonly<Record<number, RefusalReason>> = {
  400: 'malformed-request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  405: 'not-found',
  408: 'request-timeout',
  413: 'payload-too-large',
  414: 'malformed-request',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
  431: 'malformed-request',
  503: 'temporarily-unavailable',
};

/** Turns whatever was thrown into a problem; what is not foreseen is an `internal-error` that says nothing of its cause. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Refusal) return problemOf(error);
  if (isDatabaseUnavailable(error) || error instanceof KeysUnsure)
    return new Problem('temporarily-unavailable', { retryAfterSeconds: 1 });
  const status =
    error instanceof HttpException ? error.getStatus() : (error as { statusCode?: unknown } | null)?.statusCode;
  const slug = typeof status === 'number' ? BY_STATUS[status] : undefined;
  return new Problem(slug ?? 'internal-error', slug === 'temporarily-unavailable' ? { retryAfterSeconds: 1 } : {});
}

/** The one place where errors become HTTP. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly publicUrl: string,
    private readonly logger: Logger,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.send(error, http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
  }

  send(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const problem = asProblem(error);
    // Whatever is refused for too much to do is counted, and told now and then: a line for each would be more to do.
    if (problem.status >= 500 && problem.reason !== 'overloaded') {
      const cause = error instanceof Refusal ? error.cause : error;
      this.logger.error(
        { requestId: request.id, ...tracedAs(request), problem: problem.reason, cause: describe(cause) },
        PROBLEMS[problem.reason].title,
      );
    }
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    void reply
      .status(problem.status)
      .headers({ 'cache-control': 'no-store', ...problem.headers })
      .type('application/problem+json')
      .send(problem.toBody(this.publicUrl));
  }
}

/** What a log may hold of an error: a database error's detail can quote the row, so only its code and place are kept. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error };
  const { code, constraint, routine } = error as { code?: string; constraint?: string; routine?: string };
  // Where in the code it was asked for says nothing about a database that is away, and would be said of each request.
  const stack = isDatabaseUnavailable(error)
    ? undefined
    : error.stack
        ?.split('\n')
        .filter((line) => /^\s+at /.test(line))
        .slice(0, 12)
        .join('\n');
  // A `code` inside of anything is taken out of the log, as it may be one that somebody was sent.
  return {
    kind: error.name,
    errorCode: code,
    constraint,
    routine,
    ...(routine ? {} : { message: error.message }),
    stack,
  };
}
