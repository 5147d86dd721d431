import { hash, randomUUID } from 'node:crypto';
import {
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  UseInterceptors,
} from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { firstValueFrom, from, type Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../access/scopes.decorator.js';
import { canonicalJson, CanonicalJsonRefused } from '../../crypto/canonical-json.js';
import type { KeyRing } from '../../crypto/key-ring.js';
import { Databases } from '../../database/databases.js';
import {
  type Claim,
  claimKey,
  type ClaimRow,
  isDestroyed,
  keepResponse,
  releaseKey,
  RENEW_EVERY_MS,
  renewClaim,
  settleResponse,
} from './idempotency.store.js';
import { KeyedWork } from '../../database/keyed-work.js';
import { Problem, type ProblemExtra, problemOf } from '../problem.js';
import { invalidField, Refusal, type RefusalReason } from '../../refusals/refusal.js';
import { PROVIDED } from '../../config/provided.js';
import {
  hasSqlState,
  LOCK_NOT_AVAILABLE,
  type TenantDatabase,
  type TenantHandle,
} from '../../database/tenant-database.js';

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

/** Whether a route is a POST whose answer is true only now, and so rather asks than does. */
export function isNeverReplayed(handler: object): boolean {
  return Reflect.getMetadata(REPETITION, handler) === 'never_replayed';
}

const KEY = /^[\x21-\x7e]{1,255}$/;
/** Refusals that a rule decided, and that would be decided again or would count again. */
const KEPT_REFUSALS = new Set([409, 422, 423]);

/** A claim with the customer that the request names, where it names one; their answers go with them (domain rule 9). */
type AskedClaim = Claim & { readonly customerId: string | null };

type KeptResponse = { status: number; body: unknown } | { problem: RefusalReason; extra: ProblemExtra };

/**
 * The same Idempotency-Key and body give the first answer again; kept 24 h. What a request does and its answer commit as
 * one (docs/decisions/0072). Keys belong to the caller who sent them, and answers are sealed, because an answer may hold a code.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly databases: Databases,
    @Inject(PROVIDED.serverKeys) private readonly keys: KeyRing,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest & AuthenticatedRequest>();
    const header = request.headers['idempotency-key'];
    if (header === undefined || !request.principal) return next.handle();
    if (typeof header !== 'string' || !KEY.test(header))
      throw invalidField('#/Idempotency-Key', 'must be 1 to 255 visible ASCII characters, once');
    return from(this.once(header, request, http.getResponse<FastifyReply>(), next));
  }

  private async once(
    key: string,
    request: FastifyRequest & AuthenticatedRequest,
    reply: FastifyReply,
    next: CallHandler,
  ): Promise<unknown> {
    const { tenantId, subject, clientId, customerId: ownId } = request.principal!;
    const db = this.databases.of(tenantId);
    const customerId = customerIn(request.params) ?? customerIn(request.body);
    const claim = {
      subject: JSON.stringify(ownId === undefined ? [clientId, subject] : [clientId, subject, 'customer']),
      key,
      claim: randomUUID(),
      customerId,
    };
    const row = await claimOrWait(db, claim, fingerprintOf(request));
    if (!row.claimed) return this.replay(row, `${tenantId}/${claim.subject}/${key}`, reply);
    const work = new KeyedWork(db, (tx, answer) =>
      this.keep(tx, claim, { status: reply.statusCode, body: answer }, true),
    );
    request.principal = { ...request.principal!, work };
    const renewing = setInterval(() => void renewClaim(db, claim).catch(() => undefined), RENEW_EVERY_MS);
    try {
      const body: unknown = await firstValueFrom(next.handle(), { defaultValue: undefined }).catch((error: unknown) =>
        this.endRefused(db, work, claim, error),
      );
      await this.end(db, work, claim, (tx) => this.keep(tx, claim, { status: reply.statusCode, body }));
      return body;
    } finally {
      clearInterval(renewing);
    }
  }

  /** What a rule refused stands with its refusal, as it does without a key. What failed otherwise has no effect. */
  private async endRefused(db: TenantDatabase, work: KeyedWork, claim: AskedClaim, error: unknown): Promise<never> {
    if (work.isAnsweredEarly) await settleResponse(db, claim).catch(() => undefined);
    else if (work.hasEnded || !(error instanceof Refusal) || problemOf(error).status >= 500)
      await this.giveUp(db, work, claim);
    else if (KEPT_REFUSALS.has(problemOf(error).status))
      await this.end(db, work, claim, (tx) => this.keep(tx, claim, { problem: error.reason, extra: error.details }));
    else await this.end(db, work, claim, (tx) => releaseKey(tx, claim));
    throw error;
  }

  private async end(
    db: TenantDatabase,
    work: KeyedWork,
    claim: Claim,
    last: (tx: TenantHandle) => Promise<void>,
  ): Promise<void> {
    try {
      await work.end(last);
    } catch (error) {
      if (!work.isAnsweredEarly) await this.giveUp(db, work, claim);
      throw error;
    }
  }

  /** Where it may have committed after all, the key stays claimed until that can be seen. */
  private async giveUp(db: TenantDatabase, work: KeyedWork, claim: Claim): Promise<void> {
    await work.abandon();
    if (!work.isOutcomeUnknown) await releaseKey(db, claim).catch(() => undefined);
  }

  /** @throws Problem 409 where somebody else took the key over, because nothing was heard of this request for too long. */
  private async keep(
    db: TenantHandle,
    { customerId, ...claim }: AskedClaim,
    response: KeptResponse,
    early = false,
  ): Promise<void> {
    const context = `${db.tenantId}/${claim.subject}/${claim.key}`;
    const sealed = this.keys.seal('idempotency', JSON.stringify(response), context);
    const about = customerId ?? ('body' in response ? customerInAnswer(response.body) : null);
    if (await keepResponse(db, claim, { sealed, customerId: about, early })) return;
    this.logger.warn(
      { tenant: db.tenantId },
      'a request took so long that a repetition took its Idempotency-Key over; what it did is taken back',
    );
    throw inProgress();
  }

  private replay(row: ClaimRow, context: string, reply: FastifyReply): unknown {
    if (row.same === false) throw new Problem('idempotency-key-reused');
    if (!row.response_sealed) throw inProgress();
    if (isDestroyed(row.response_sealed))
      throw new Problem('conflict', { detail: 'What was done under this key was destroyed with its customer.' });
    const kept = JSON.parse(
      this.keys.open('idempotency', row.response_sealed, context).toString('utf8'),
    ) as KeptResponse;
    if ('problem' in kept)
      throw new Problem(kept.problem, {
        ...kept.extra,
        headers: { ...kept.extra.headers, 'idempotency-replayed': 'true' },
      });
    void reply.header('idempotency-replayed', 'true').status(kept.status);
    return kept.body;
  }
}

/** The customer that the parameters or the body of a request name, or an answer. */
function customerIn(value: unknown): string | null {
  const { customerId } = Object(value) as { customerId?: unknown };
  return typeof customerId === 'string' ? customerId : null;
}

/** An answer that is about a call names its customer there. */
function customerInAnswer(body: unknown): string | null {
  return customerIn(body) ?? customerIn((Object(body) as { call?: unknown }).call);
}

function inProgress(): Problem {
  return new Problem('idempotency-in-progress', { retryAfterSeconds: 1 });
}

async function claimOrWait(db: TenantDatabase, claim: Claim, fingerprint: Buffer): Promise<ClaimRow> {
  try {
    return await claimKey(db, { ...claim, fingerprint });
  } catch (error) {
    // Whoever holds the row is about to commit.
    if (hasSqlState(error, LOCK_NOT_AVAILABLE)) throw inProgress();
    throw error;
  }
}

/** What makes two requests the same: the route and what stands in it, and the body, whatever the order of its members. */
function fingerprintOf({ method, routeOptions, params, query, body }: FastifyRequest): Buffer {
  // What Fastify reads an address into is no plain object.
  const [inPath, inQuery] = [{ ...(params as object) }, { ...(query as object) }];
  return hash('sha256', canonicalText([method, routeOptions.url ?? null, inPath, inQuery, body ?? null]), 'buffer');
}

/** Text that no canonical form holds, such as half a character, stands for itself. */
function canonicalText(request: readonly unknown[]): string {
  try {
    return canonicalJson(request);
  } catch (error) {
    if (error instanceof CanonicalJsonRefused) return JSON.stringify(request);
    throw error;
  }
}
