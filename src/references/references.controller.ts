import { Controller, Get, Header, Headers, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, FindsOwn, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { RateLimited } from '../http/limits/rate-limited.js';
import { HearsLanguage } from '../http/hears-language.js';
import { readLanguages } from '../texts/texts.js';
import { ReferenceReply } from './references.reply.js';
import { ReferencesService } from './references.service.js';

@ApiTags('References')
@Controller('v1/references')
export class ReferencesController {
  constructor(private readonly references: ReferencesService) {}

  @Get(':reference')
  @Scopes('agent', 'telephony', 'app', 'customer')
  @LoadClass('interactive')
  @RateLimited('references')
  @FindsOwn()
  @Header('cache-control', 'no-store')
  @HearsLanguage()
  @ApiOperation({
    operationId: 'getReference',
    summary: 'What a reference stands for',
    description:
      'For the customer who hangs up and rings the number on the card; an IVR can read the summary out. Holds no personal data. Case, hyphen and the letters O, I and L do not matter.',
  })
  @ApiParam({ name: 'reference', example: '3QM7-2D4F' })
  @ApiOkResponse({ type: ReferenceReply })
  @Problems('not-found')
  get(
    @Caller() caller: Principal,
    @Param('reference') reference: string,
    @Headers('accept-language') language: string | undefined,
  ): Promise<ReferenceReply> {
    return this.references.find(caller, reference, readLanguages(language));
  }
}
