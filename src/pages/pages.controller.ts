import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import type { PagesOfTenants, TenantPages } from '../config/tenant-pages.js';
import { PROVIDED } from '../config/provided.js';
import { Public } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { RateLimited } from '../http/limits/rate-limited.js';
import { ReferenceReply } from '../references/references.reply.js';
import { ReferencesService } from '../references/references.service.js';
import { Refusal } from '../refusals/refusal.js';
import { PageSettingsReply } from './pages.reply.js';

/** What anybody may ask: it says nothing of a customer, and takes nothing from one. */
@ApiTags('Pages')
@Controller('v1/public/:tenant')
export class PagesController {
  constructor(
    @Inject(PROVIDED.pages) private readonly pages: PagesOfTenants,
    private readonly references: ReferencesService,
  ) {}

  @Get('settings')
  @Public()
  @LoadClass('interactive')
  @Header('cache-control', 'no-cache')
  @ApiOperation({ operationId: 'getPageSettings', summary: "What the pages for a tenant's customers say and use" })
  @ApiParam({ name: 'tenant', description: 'The id of the tenant.', example: 'northbank' })
  @ApiOkResponse({ type: PageSettingsReply })
  @Problems('not-found')
  settings(@Param('tenant') tenant: string): PageSettingsReply {
    const { name, cardNumber, locale, signIn } = this.pagesOf(tenant);
    return { tenant, name, cardNumber, locale, signIn: signIn && { ...signIn } };
  }

  @Get('references/:reference')
  @Public()
  @LoadClass('interactive')
  @RateLimited('public-references')
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'checkReference',
    summary: 'What a reference stands for, to anybody',
    description:
      'Says what `GET /v1/references/{reference}` says, without a token, and so many times a minute to one address. What is no reference, and what is none of this bank, are the same 404. A genuine reference does not make a caller or a message genuine: it can be copied.',
  })
  @ApiParam({ name: 'tenant', description: 'The id of the tenant.', example: 'northbank' })
  @ApiParam({ name: 'reference', example: '3QM7-2D4F' })
  @ApiOkResponse({ type: ReferenceReply })
  @Problems('not-found', 'temporarily-unavailable')
  reference(@Param('tenant') tenant: string, @Param('reference') reference: string): Promise<ReferenceReply> {
    this.pagesOf(tenant);
    return this.references.find({ tenantId: tenant }, reference);
  }

  private pagesOf(tenant: string): TenantPages {
    const pages = this.pages.get(tenant);
    if (!pages) throw new Refusal('not-found');
    return pages;
  }
}
