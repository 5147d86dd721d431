import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { LoadClass } from '../http/load/load-class.js';
import { ReplyField } from '../http/fields.js';
import { SigningKeys } from './signing-keys.service.js';

class SigningKeyReply {
  @ReplyField({ type: 'string', description: 'As in the key set: its thumbprint (RFC 7638).' }) kid: string;
  @ReplyField({ type: 'string', enum: ['EdDSA'] }) algorithm: 'EdDSA';
  @ReplyField({ type: 'boolean', description: 'Whether it signs now; a former one only verifies.' }) current: boolean;
  @ReplyField({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'Since when it has signed for this bank; null while it has not.',
  })
  firstUsedAt: string | null;
}

class SigningKeyListReply {
  @ReplyField({ type: [SigningKeyReply], description: 'The one in use first.' }) data: readonly SigningKeyReply[];
}

@ApiTags('Transparency log')
@Controller('v1/signing-keys')
export class SigningKeysController {
  constructor(private readonly keys: SigningKeys) {}

  @Get()
  @Scopes('admin')
  @LoadClass('bulk')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'listSigningKeys',
    summary: 'The keys that sign checkpoints, evidence and claim files, and since when',
    description: 'Public facts alone. The keys themselves are at `/.well-known/jwks.json`.',
  })
  @ApiOkResponse({ type: SigningKeyListReply })
  async list(@Caller() caller: Principal): Promise<SigningKeyListReply> {
    const keys = await this.keys.inUse(caller.tenantId);
    return {
      data: keys.map(({ kid, isCurrent, firstUsedAt }) => ({
        kid,
        algorithm: 'EdDSA',
        current: isCurrent,
        firstUsedAt: firstUsedAt?.toISOString() ?? null,
      })),
    };
  }
}
