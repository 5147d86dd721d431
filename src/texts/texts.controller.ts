import { createHash } from 'node:crypto';
import { Controller, Get, Headers, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, FindsOwn, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { HearsLanguage } from '../http/hears-language.js';
import { isKnown } from '../http/static-documents.js';
import { textsFor } from '../policy/own-words.js';
import { PolicyService } from '../policy/policy.service.js';
import { TextsQuery } from './texts.dto.js';
import { AdviceWordsReply, TextsReply } from './texts.reply.js';
import { readLanguages } from './texts.js';

@ApiTags('Texts')
@ApiExtraModels(AdviceWordsReply)
@Controller('v1/texts')
export class TextsController {
  constructor(private readonly policies: PolicyService) {}

  @Get()
  @Scopes('app', 'customer', 'agent', 'supervisor', 'telephony', 'analyst', 'admin')
  @LoadClass('interactive')
  @FindsOwn()
  @HearsLanguage()
  @ApiOperation({
    operationId: 'getTexts',
    summary: 'What people are shown and told, in their language',
    description:
      "Words for every question, reason, finding, advice and reference: the bank's own where policy has some, else ours in English, German, French, Spanish, Dutch and Polish. For a language that nobody has words in, the policy's own.",
  })
  @ApiOkResponse({
    type: TextsReply,
    headers: {
      ETag: { schema: { type: 'string' }, description: 'Send it in If-None-Match to ask whether they changed.' },
    },
  })
  @ApiResponse({ status: 304, description: 'They are as they were.' })
  @Problems('invalid-request')
  async get(
    @Caller() caller: Principal,
    @Query() { locale }: TextsQuery,
    @Headers('accept-language') language: string | undefined,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<TextsReply | undefined> {
    const { policy } = await this.policies.current(caller.tenantId);
    const texts = textsFor(policy, [locale ?? null, ...readLanguages(language)]);
    const etag = `"${createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 22)}"`;
    void reply.headers({
      etag,
      'cache-control': 'private, no-cache',
      'content-language': texts.locale,
      vary: 'Accept-Language, Authorization',
    });
    if (!isKnown(known, etag)) return texts;
    void reply.status(304);
    return undefined;
  }
}
