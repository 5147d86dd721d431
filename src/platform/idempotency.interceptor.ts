import { hash, randomUUID } from 'node:crypto';
import { applyDecorators, type CallHandler, type ExecutionContext, Inject, Injectable, type NestInterceptor, SetMetadata, UseInterceptors } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { firstValueFrom, from, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../auth/scopes.decorator.js';
import { open, seal } from '../crypto/sealing.js';
import type { ServerKeys } from '../crypto/server-keys.js';
import { Databases } from './databases.js';
import { claimKey, keepResponse, releaseKey } from './idempotency.store.js';
import { invalidField, Problem, type ProblemExtra, type ProblemSlug } from './problem.js';
import { PROVIDED } from './provided.js';

const REPETITION = 'countersign:repetition';

/** Says the same in the OpenAPI document, until the document is completed. */
export const NEVER_REPLAYED_MARK = 'x-never-replayed';

/** For a POST whose answer is true only now. */
export function NeverReplayed(): MethodDecorator {
  return applyDecorators(SetMetadata(REPETITION, 'never_replayed'), ApiExtension(NEVER_REPLAYED_MARK, true));
}

/** For every other POST: a repetition with the same Idempotency-Key gets the first answer. */
export function Idempotent(): MethodDecorator {
  return applyDecorators(SetMetadata(REPETITION, 'idempotent'), UseInterceptors(IdempotencyInterceptor));
}

/** Whether a route says what becomes of a repetition, as each POST must. */
export function saysWhatRepetitionDoes(handler: object): boolean {
  return Reflect.hasMetadata(REPETITION, handler);
}

const KEY = /^[\x21-\x7e]{1,255}$/;
/** Refusals that a rule decided, and that would be decided again or would count again. */
const KEPT_REFUSALS = new Set([409, 422, 423]);

type KeptResponse = { status: number; body: unknown } | { problem: ProblemSlug; extra: ProblemExtra };

/**
 * The same Idempotency-Key and body give the first answer again; kept 24 h. Keys belong to the caller who sent them, and
 * answers are sealed, because an answer may hold a code.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly databases: Databases, @Inject(PROVIDED.serverKeys) private readonly keys: ServerKeys, @Inject(PROVIDED.logger) private readonly logger: Logger) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & AuthenticatedRequest>();
    const header = request.headers['idempotency-key'];
    if (header === undefined || !request.principal) return next.handle();
    if (typeof header !== 'string' || !KEY.test(header)) throw invalidField('#/Idempotency-Key', 'must be 1 to 255 visible ASCII characters, once');
    return from(this.once(header, request, http.getResponse<FastifyReply>(), next));
  }

  private async once(key: string, request: FastifyRequest & AuthenticatedRequest, reply: FastifyReply, next: CallHandler): Promise<unknown> {
    const { tenantId, subject, clientId } = request.principal!;
    const db = this.databases.of(tenantId);
    const fingerprint = hash('sha256', JSON.stringify([request.url, request.body ?? null]), 'buffer');
    const mine = { subject: JSON.stringify([clientId, subject]), key, claim: randomUUID() };
    const row = await claimKey(db, { ...mine, fingerprint });
    if (!row.claimed) return this.replay(row, `${tenantId}/${mine.subject}/${key}`, reply);
    let body: unknown;
    try {
      body = await firstValueFrom(next.handle(), { defaultValue: undefined });
    } catch (error) {
      if (error instanceof Problem && KEPT_REFUSALS.has(error.status)) await this.keep(db, mine, { problem: error.slug, extra: error.extra });
      else await releaseKey(db, mine).catch(() => undefined);
      throw error;
    }
    await this.keep(db, mine, { status: reply.statusCode, body });
    return body;
  }

  /** What was done is done, so an answer that cannot be kept is given all the same, and the key stays claimed: a repetition is told to wait, and does nothing twice. */
  private async keep(db: ReturnType<Databases['of']>, mine: { subject: string; key: string; claim: string }, response: KeptResponse): Promise<void> {
    const sealed = seal(this.keys.idempotency, JSON.stringify(response), `${db.tenantId}/${mine.subject}/${mine.key}`);
    await keepResponse(db, { ...mine, sealed }).catch((error: Error) => {
      this.logger.warn({ tenant: db.tenantId, kind: error.name, code: (error as { code?: string }).code }, 'an answer could not be kept for its Idempotency-Key');
    });
  }

  private replay(row: { same: boolean | null; response_sealed: Buffer | null }, context: string, reply: FastifyReply): unknown {
    if (row.same === false) throw new Problem('idempotency-key-reused');
    if (!row.response_sealed) throw new Problem('idempotency-in-progress', { headers: { 'retry-after': '1' } });
    const kept = JSON.parse(open(this.keys.idempotency, row.response_sealed, context).toString('utf8')) as KeptResponse;
    if ('problem' in kept) throw new Problem(kept.problem, { ...kept.extra, headers: { ...kept.extra.headers, 'idempotency-replayed': 'true' } });
    void reply.header('idempotency-replayed', 'true').status(kept.status);
    return kept.body;
  }
}
