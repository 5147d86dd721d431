import { Controller, Get, Header, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { ConsistencyQuery, InclusionQuery, LogQuery } from './log.dto.js';
import { ConsistencyReply, InclusionReply, JwksReply } from './log.reply.js';
import { LogService } from './log.service.js';
import { SigningKeys } from './signing-keys.service.js';

@ApiTags('Transparency log')
@Controller()
export class LogController {
  constructor(
    private readonly log: LogService,
    private readonly keys: SigningKeys,
  ) {}

  @Get('log/checkpoint')
  @Public()
  @LoadClass('bulk')
  @Header('content-type', 'text/plain; charset=utf-8')
  @Header('cache-control', 'no-cache')
  @ApiOperation({
    operationId: 'getCheckpoint',
    summary: 'How many events are sealed, and under which root',
    description:
      'A C2SP tlog-checkpoint: a signed note. Keep one, and nobody can rewrite what it covers without your noticing.',
  })
  @ApiOkResponse({
    content: {
      'text/plain': {
        schema: { type: 'string' },
        example:
          'countersign.example/log/northbank\n8\nXdnaeacGWamtVZy3Ad7aoqudgjqtL0lgz+Nw7/RgQyg=\n\n— countersign.example/log/northbank …\n',
      },
    },
  })
  @Problems('invalid-request', 'not-found', 'temporarily-unavailable')
  checkpoint(@Query() query: LogQuery): Promise<string> {
    return this.log.checkpoint(query.tenant);
  }

  @Get('log/proof')
  @Public()
  @LoadClass('bulk')
  @Header('cache-control', 'no-cache')
  @ApiOperation({
    operationId: 'getInclusionProof',
    summary: 'The proof that an event is in the log',
    description: 'By `leaf` or by `event`. Shows hashes alone; whoever has the event can compute its leaf.',
  })
  @ApiOkResponse({ type: InclusionReply })
  @Problems('invalid-request', 'not-found', 'temporarily-unavailable')
  inclusion(@Query() query: InclusionQuery): Promise<InclusionReply> {
    return this.log.inclusion({ ...query, treeSize: query.tree_size });
  }

  @Get('log/consistency')
  @Public()
  @LoadClass('bulk')
  @Header('cache-control', 'no-cache')
  @ApiOperation({ operationId: 'getConsistencyProof', summary: 'The proof that the log only grew between two sizes' })
  @ApiOkResponse({ type: ConsistencyReply })
  @Problems('invalid-request', 'not-found', 'temporarily-unavailable')
  consistency(@Query() query: ConsistencyQuery): Promise<ConsistencyReply> {
    return this.log.consistency(query);
  }

  @Get('.well-known/jwks.json')
  @Public()
  @LoadClass('bulk')
  @Header('cache-control', 'public, max-age=60')
  @ApiOperation({
    operationId: 'getSigningKeys',
    summary: 'The keys that sign checkpoints and evidence',
    description: 'RFC 7517. Former keys stay, so that what they signed can still be verified.',
  })
  @ApiOkResponse({ type: JwksReply })
  @Problems('temporarily-unavailable')
  async jwks(): Promise<JwksReply> {
    return { keys: await this.keys.list() };
  }
}
