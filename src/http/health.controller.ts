import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public, Scopes } from './access/scopes.decorator.js';
import { Problems } from './api-problems.js';
import { LoadClass } from './load/load-class.js';
import { Databases } from '../database/databases.js';
import { ReplyField } from './fields.js';
import { Metrics } from '../observability/metrics.js';
import { Problem } from './problem.js';
import { Readiness } from '../observability/readiness.js';

class HealthReply {
  @ReplyField({ type: 'string', enum: ['ok'] }) status: 'ok';
}

@ApiTags('Operations')
@Controller()
export class HealthController {
  constructor(
    private readonly databases: Databases,
    private readonly metrics: Metrics,
    private readonly readiness: Readiness,
  ) {}

  @Get('health/live')
  @Public()
  @LoadClass('critical')
  @ApiOperation({ operationId: 'getLiveness', summary: 'Whether the process runs' })
  @ApiOkResponse({ type: HealthReply })
  live(): HealthReply {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @Public()
  @LoadClass('critical')
  @ApiOperation({
    operationId: 'getReadiness',
    summary: 'Whether it can serve: the database answers and can be written to, and it is not draining',
    description: 'Where it cannot, `detail` says why.',
  })
  @ApiOkResponse({ type: HealthReply })
  @Problems('temporarily-unavailable')
  async ready(): Promise<HealthReply> {
    const detail = await this.readiness.obstacle(this.databases);
    if (detail !== null) throw new Problem('temporarily-unavailable', { detail, retryAfterSeconds: 1 });
    return { status: 'ok' };
  }

  @Get('metrics')
  @Scopes('admin')
  @LoadClass('critical')
  @Header('content-type', 'text/plain; version=0.0.4')
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'Prometheus metrics',
    description: 'Without a token on METRICS_PORT, where that is set.',
  })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  scrape(): Promise<string> {
    return this.metrics.text();
  }
}
