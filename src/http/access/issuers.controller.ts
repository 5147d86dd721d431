import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { ReplyField } from '../fields.js';
import { AccessTokenVerifier } from './access-token.verifier.js';
import type { Principal } from './principal.js';
import { Caller, Scopes } from './scopes.decorator.js';
import { LoadClass } from '../load/load-class.js';

class IssuerKeyReply {
  @ReplyField({ type: 'string', nullable: true, example: '2026-11' }) kid: string | null;
  @ReplyField({ type: 'string', nullable: true, example: 'ES256' }) alg: string | null;
  @ReplyField({ type: 'string', nullable: true, example: 'EC' }) kty: string | null;
}

class KeyFailureReply {
  @ReplyField({ type: 'string', format: 'date-time' }) at: string;
  @ReplyField({
    type: 'string',
    enum: ['timed_out', 'unreachable', 'refused', 'not_understood'],
    description: '`refused`: another status than 200. `not_understood`: no key set, or of another issuer.',
  })
  why: string;
}

class IssuerReply {
  @ReplyField({ type: 'string', example: 'https://login.bank.example' }) issuer: string;
  @ReplyField({ type: [String], enum: ['people', 'customers'], description: 'Whose tokens come from it.' })
  of: readonly string[];
  @ReplyField({ type: [String], example: ['urn:countersign'] }) audiences: readonly string[];
  @ReplyField({ type: [String], example: ['ES256', 'RS256'] }) algorithms: readonly string[];
  @ReplyField({ type: 'string', nullable: true, description: 'Where its keys are; null where its discovery says so.' })
  jwksUri: string | null;
  @ReplyField({ type: [IssuerKeyReply], description: 'Public keys at hand, 50 at most.' })
  keys: readonly IssuerKeyReply[];
  @ReplyField({ type: 'string', format: 'date-time', nullable: true, description: 'Null where none were needed yet.' })
  keysFetchedAt: string | null;
  @ReplyField({ type: KeyFailureReply, nullable: true, description: 'The last fetch that failed, since the start.' })
  lastFailure: KeyFailureReply | null;
}

class IssuerListReply {
  @ReplyField({ type: [IssuerReply], description: "The tenant's, one or two." }) data: readonly IssuerReply[];
}

@ApiTags('Access')
@Controller('v1/issuers')
export class IssuersController {
  constructor(@Inject(AccessTokenVerifier) private readonly verifier: AccessTokenVerifier) {}

  @Get()
  @Scopes('admin')
  @LoadClass('bulk')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listIssuers',
    summary: 'Whose access tokens are taken, and how their keys stand',
    description:
      "Public facts alone, of the caller's tenant. Each process fetches keys for itself: this is as the one that answers has them.",
  })
  @ApiOkResponse({ type: IssuerListReply })
  list(@Caller() caller: Principal): IssuerListReply {
    return {
      data: this.verifier.issuersOf(caller.tenantId).map(({ keysFetchedAt, lastFailure, ...issuer }) => ({
        ...issuer,
        keysFetchedAt: keysFetchedAt?.toISOString() ?? null,
        lastFailure: lastFailure && { at: lastFailure.at.toISOString(), why: lastFailure.why },
      })),
    };
  }
}
