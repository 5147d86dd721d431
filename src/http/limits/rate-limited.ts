import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROVIDED } from '../../config/provided.js';
import type { LimitName } from '../../config/rate-limits.js';
import { TenantRegistry } from '../../config/tenant-registry.js';
import { Refusal } from '../../refusals/refusal.js';
import type { Principal } from '../access/principal.js';
import type { AuthenticatedRequest } from '../access/scopes.decorator.js';
import { Problems } from '../api-problems.js';
import { clientOfRequest } from '../client-address.js';
import { RateLimits, type TenantQuotas } from './rate-limits.js';
import { type Standing, tellStanding } from './standing.js';

export const LIMIT = 'countersign:rate-limit';
/** Says the same in the OpenAPI document, until the document is completed. */
export const RATE_LIMIT_MARK = 'x-rate-limited';

/** Whoever has a token of one of these is a person; whoever has none of them, and is no customer, is a program that asks for everybody. */
const PEOPLE = ['agent', 'supervisor', 'analyst', 'admin'] as const;

type LimitedRequest = AuthenticatedRequest & FastifyRequest;

/**
 * Refuses with 429 who asks oftener than the limit of this name allows, before the route does anything, and says in the answer how
 * they stand. One limit a route; what the route itself counts, as `customer-lookups`, it tells by `tellLimit` of its caller.
 */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(
    private readonly limits: RateLimits,
    @Inject(PROVIDED.rateLimits) private readonly quotas: TenantQuotas,
    private readonly tenants: TenantRegistry,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const name = Reflect.getMetadata(LIMIT, context.getHandler()) as LimitName;
    const http = context.switchToHttp();
    const request = http.getRequest<LimitedRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (name === 'public-references') return this.admitStranger(request, reply);
    const principal = request.principal!;
    if (name === 'verdicts') return this.admitVerdict(request, principal, reply);
    request.principal = { ...principal, tellLimit: (limit, standing) => tellStanding(reply, limit, standing) };
    return name === 'customer-lookups' ? true : this.admit(name, request, principal, reply);
  }

  private async admit(
    name: LimitName,
    request: LimitedRequest,
    principal: Principal,
    reply: FastifyReply,
  ): Promise<true> {
    const limit = name === 'references' && isProgram(principal) ? 'machine-references' : name;
    const [tenantId, caller] = [principal.tenantId, callerOf(request, principal)];
    const standing =
      limit === 'notice-checks'
        ? await this.limits.whateverIsBroken(tenantId, limit, caller)
        : await this.limits.shared(tenantId, limit, caller);
    tellStanding(reply, limit, standing);
    return admitted(limit, standing);
  }

  /**
   * Costs no statement, and nothing is said of it before half is used up.
   * @throws Refusal 429
   */
  admitVerdict(request: FastifyRequest, principal: Principal, reply: FastifyReply): true {
    const standing = this.limits.here(principal.tenantId, 'verdicts', callerOf(request, principal));
    if (standing.left * 2 < standing.quota) tellStanding(reply, 'verdicts', standing);
    return admitted('verdicts', standing);
  }

  /** By address: first at this process, whatever tenant they name, and then by what all processes of that tenant count. */
  private async admitStranger(request: LimitedRequest, reply: FastifyReply): Promise<true> {
    const name = 'public-references';
    const client = clientOfRequest(request);
    const [anyTenant] = this.tenants.all();
    let standing = this.limits.here(anyTenant!.id, name, [client]);
    const { tenant } = request.params as { tenant: string };
    if (standing.isAllowed && this.quotas.has(tenant)) standing = await this.limits.shared(tenant, name, [client]);
    tellStanding(reply, name, standing);
    return admitted(name, standing);
  }
}

/** @throws Refusal 429 */
function admitted(name: LimitName, { isAllowed, resetSeconds }: Standing): true {
  if (!isAllowed)
    throw new Refusal('too-many-requests', {
      retryAfterSeconds: Math.max(1, Math.ceil(resetSeconds)),
      'violated-policies': [name],
    });
  return true;
}

function isProgram({ customerId, scopes }: Principal): boolean {
  return customerId === undefined && !PEOPLE.some((scope) => scopes.has(scope));
}

/**
 * Whose budget it is: the token's subject at its client. A program asks for all customers, so it has one for each: nobody's
 * customers are refused for what another's used up.
 */
function callerOf({ params }: FastifyRequest, principal: Principal): string[] {
  const { customerId } = Object(params) as { customerId?: string };
  const caller = [principal.clientId, principal.subject];
  return isProgram(principal) && customerId !== undefined ? [...caller, customerId] : caller;
}

/** The route is limited by this name; see `config/rate-limits.ts`. */
export function RateLimited(name: LimitName): MethodDecorator {
  return applyDecorators(
    SetMetadata(LIMIT, name),
    UseGuards(RateLimitGuard),
    ApiExtension(RATE_LIMIT_MARK, true),
    Problems('too-many-requests'),
  );
}
