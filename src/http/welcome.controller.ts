import { Controller, Get, Header, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from './access/scopes.decorator.js';
import { LoadClass } from './load/load-class.js';
import { ReplyField } from './fields.js';

const PAGE_POLICY = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Where everything is, under the address of the service. */
const PLACES = {
  documentation: ['/docs', 'The API page, to read and to try things out on.'],
  openapi: ['/openapi.json', 'The OpenAPI document; `/openapi.yaml` says the same.'],
  live: ['/health/live', 'Whether the process runs.'],
  ready: ['/health/ready', 'Whether it can serve.'],
  keys: ['/.well-known/jwks.json', 'The keys by which evidence and the log are verified.'],
  log: ['/log/checkpoint', 'The newest checkpoint of the transparency log.'],
} as const;

class WelcomeReply {
  @ReplyField({ type: 'string', example: 'Countersign' }) name: string;
  @ReplyField({ type: 'string', description: 'What it is for.' }) about: string;
  @ReplyField({ type: 'string', description: PLACES.documentation[1], example: '/docs' }) documentation: string;
  @ReplyField({ type: 'string', description: PLACES.openapi[1], example: '/openapi.json' }) openapi: string;
  @ReplyField({ type: 'string', description: PLACES.live[1], example: '/health/live' }) live: string;
  @ReplyField({ type: 'string', description: PLACES.ready[1], example: '/health/ready' }) ready: string;
  @ReplyField({ type: 'string', description: PLACES.keys[1], example: '/.well-known/jwks.json' }) keys: string;
  @ReplyField({ type: 'string', description: PLACES.log[1], example: '/log/checkpoint' }) log: string;
}

const NAME = 'Countersign';
const ABOUT = 'Is this really my bank? A live, provable answer for a bank’s customer.';

@ApiTags('Operations')
@Controller()
export class WelcomeController {
  @Get()
  @Public()
  @LoadClass('interactive')
  @Header('cache-control', 'no-cache')
  @Header('vary', 'Accept')
  @ApiOperation({ operationId: 'getWelcome', summary: 'Where everything is', description: 'A page for a browser.' })
  @ApiOkResponse({ type: WelcomeReply })
  get(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): WelcomeReply | string {
    if (request.headers.accept?.includes('text/html')) {
      void reply.headers({ 'content-security-policy': PAGE_POLICY }).type('text/html; charset=utf-8');
      return PAGE;
    }
    const places = Object.fromEntries(Object.entries(PLACES).map(([name, [path]]) => [name, path]));
    return { name: NAME, about: ABOUT, ...places } as unknown as WelcomeReply;
  }
}

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${NAME}</title><link rel="icon" href="data:,"></head>
<body>
<h1>${NAME}</h1>
<p>${ABOUT}</p>
<ul>
${Object.values(PLACES)
  .map(([path, text]) => `<li><a href="${path.slice(1)}">${path}</a>: ${text.replaceAll('`', '')}</li>`)
  .join('\n')}
</ul>
</body>
</html>
`;
