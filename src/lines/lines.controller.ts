import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { LoadClass } from '../http/load/load-class.js';
import { PageQuery } from '../http/page.js';
import { PutLineDto } from './lines.dto.js';
import { LineReply, LineListReply } from './lines.reply.js';
import { LinesService } from './lines.service.js';

@ApiTags('Lines')
@Controller('v1/lines')
export class LinesController {
  constructor(private readonly lines: LinesService) {}

  @Put(':number')
  @Scopes('admin')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'putLine', summary: "Register one of the bank's own phone numbers" })
  @ApiParam({ name: 'number', example: '+442079460100' })
  @ApiOkResponse({ type: LineReply, description: 'Replaced.' })
  @ApiCreatedResponse({ type: LineReply, description: 'Registered.' })
  @Problems('invalid-request')
  async put(
    @Caller() caller: Principal,
    @Param('number') number: string,
    @Body() body: PutLineDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LineReply> {
    const { created, line } = await this.lines.put(caller.tenantId, number, body, caller.subject);
    void reply.status(created ? 201 : 200);
    return line;
  }

  @Get()
  @Scopes('admin', 'agent', 'supervisor', 'telephony')
  @LoadClass('bulk')
  @ApiOperation({ operationId: 'listLines', summary: "The bank's lines" })
  @ApiOkResponse({ type: LineListReply })
  @Problems('invalid-request')
  list(@Caller() caller: Principal, @Query() page: PageQuery): Promise<LineListReply> {
    return this.lines.list(caller.tenantId, page.after ?? null, page.limitOrDefault());
  }

  @Delete(':number')
  @Scopes('admin')
  @LoadClass('interactive')
  @HttpCode(204)
  @ApiOperation({ operationId: 'deleteLine', summary: "Take a number out of the bank's lines" })
  @ApiParam({ name: 'number', example: '+442079460100' })
  @ApiNoContentResponse({ description: 'Removed.' })
  @Problems('not-found')
  delete(@Caller() caller: Principal, @Param('number') number: string): Promise<void> {
    return this.lines.remove(caller.tenantId, number, caller.subject);
  }
}
