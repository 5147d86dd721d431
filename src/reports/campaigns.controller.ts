import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { cursorUuid } from '../http/page.js';
import { CampaignsService } from './campaigns.service.js';
import { CampaignQuery } from './reports.dto.js';
import { CampaignInFullReply, CampaignListReply } from './reports.reply.js';

@ApiTags('Campaigns')
@Controller('v1/campaigns')
export class CampaignsController {
  constructor(private readonly campaigns: CampaignsService) {}

  @Get()
  @Scopes('analyst')
  @LoadClass('bulk')
  @ApiOperation({
    operationId: 'listCampaigns',
    summary: 'Campaigns, the last to open first',
    description:
      'Reports of many customers within a short time that share a number, a sender, a link or their wording. They open, grow and close by themselves.',
  })
  @ApiOkResponse({ type: CampaignListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() query: CampaignQuery): Promise<CampaignListReply> {
    return this.campaigns.list(caller.tenantId, {
      state: query.state ?? null,
      before: cursorUuid('cmp', query),
      limit: query.limitOrDefault(),
    });
  }

  @Get(':campaignId')
  @Scopes('analyst')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getCampaign', summary: 'A campaign with its counts by minute' })
  @ApiOkResponse({ type: CampaignInFullReply })
  @Problems('not-found')
  get(@Caller() caller: Principal, @Param('campaignId') campaignId: string): Promise<CampaignInFullReply> {
    return this.campaigns.get(caller.tenantId, campaignId);
  }
}
