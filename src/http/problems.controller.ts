import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from './access/scopes.decorator.js';
import { LoadClass } from './load/load-class.js';
import { ReplyField } from './fields.js';
import { PROBLEMS, type ProblemKind } from './problem-kinds.js';
import { Problem } from './problem.js';

class ProblemPage {
  @ReplyField({ type: 'string', enum: Object.keys(PROBLEMS), example: 'push-budget' }) slug: string;
  @ReplyField({ type: 'integer', example: 429 }) status: number;
  @ReplyField({ type: 'string', description: 'What it means.' }) title: string;
  @ReplyField({ type: 'string', description: 'What to do about it.' }) remedy: string;
}

@ApiTags('Problems')
@Controller('problems')
export class ProblemsController {
  @Get(':slug')
  @Public()
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'getProblem', summary: 'What a problem type means and what to do about it' })
  @ApiOkResponse({ type: ProblemPage })
  get(@Param('slug') slug: string): ProblemPage {
    const kind: ProblemKind | undefined = Object.hasOwn(PROBLEMS, slug)
      ? PROBLEMS[slug as keyof typeof PROBLEMS]
      : undefined;
    if (!kind) throw new Problem('not-found');
    return { slug, status: kind.status, title: kind.title, remedy: kind.remedy };
  }
}
