import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  type ApiPropertyOptions,
  ApiResponse,
  type ApiResponseSchemaHost,
  getSchemaPath,
} from '@nestjs/swagger';
import { ReplyField } from './fields.js';
import { PROBLEMS } from './problem-kinds.js';
import { type RefusalReason } from '../refusals/refusal.js';

class FieldErrorReply {
  @ReplyField({ type: 'string', description: 'JSON pointer to the field.', example: '#/purpose' }) pointer: string;
  @ReplyField({ type: 'string', example: 'must be shorter than or equal to 140 characters' }) detail: string;
}

/** RFC 9457. */
export class ProblemReply {
  @ReplyField({
    type: 'string',
    format: 'uri',
    pattern: `/problems/(${Object.keys(PROBLEMS).join('|')})$`,
    description: 'Which problem: its last segment is the `slug` of `GET /problems/{slug}`.',
    example: 'https://countersign.example/problems/not-found',
  })
  type: string;
  @ReplyField({ type: 'string', example: 'There is nothing here under this address.' }) title: string;
  @ReplyField({ type: 'integer', example: 404 }) status: number;
  @ReplyField({ type: 'string', required: false, description: 'What was wrong this time.' }) detail?: string;
  @ReplyField({ type: [FieldErrorReply], required: false, description: 'Each wrong field.' })
  errors?: FieldErrorReply[];
  @ReplyField({
    type: 'integer',
    required: false,
    description: 'With `code-mismatch` and its like: how many attempts remain.',
    example: 4,
  })
  attemptsLeft?: number;
  @ReplyField({
    type: 'string',
    required: false,
    description: 'With `verification-closed`: the outcome that it has.',
    example: 'confirmed',
  })
  verificationStatus?: string;
  @ReplyField({
    type: 'string',
    required: false,
    description: 'With `answer-not-accepted`, where developers may ask why: for `GET /v1/diagnostics/{traceId}`.',
    example: 'trc_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  traceId?: string;
  @ReplyField({
    type: [String],
    required: false,
    description: 'With `too-many-requests`: which limits were used up, by the names that `RateLimit-Policy` has.',
    example: ['references'],
  })
  'violated-policies'?: string[];
  // Named, not imported: platform knows no feature.
  @ReplyField({
    allOf: [{ $ref: '#/components/schemas/AdviceReply' }],
    required: false,
    description: 'What to tell the customer now.',
  } as ApiPropertyOptions)
  advice?: object;
}

/** One response that can stand for each of the given problems, all of one status. */
export function problemResponse(
  status: number,
  slugs: readonly RefusalReason[],
): Pick<ApiResponseSchemaHost, 'content' | 'description'> {
  return {
    description: slugs.map((slug) => `\`${slug}\`: ${PROBLEMS[slug].title}`).join('\n\n'),
    content: {
      'application/problem+json': {
        schema: { $ref: getSchemaPath(ProblemReply) },
        examples: Object.fromEntries(
          slugs.map((slug) => [
            slug,
            {
              value: {
                type: `https://countersign.example/problems/${slug}`,
                title: PROBLEMS[slug].title,
                status,
                code: slug,
              },
            },
          ]),
        ),
      },
    },
  };
}

/** Documents the problems that an operation can answer with; what follows from its kind is added for every operation. */
export function Problems(...slugs: RefusalReason[]): MethodDecorator & ClassDecorator {
  const byStatus = new Map<number, RefusalReason[]>();
  for (const slug of slugs) byStatus.set(PROBLEMS[slug].status, [...(byStatus.get(PROBLEMS[slug].status) ?? []), slug]);
  return applyDecorators(
    ApiExtraModels(ProblemReply),
    ...[...byStatus].map(([status, ofStatus]) => ApiResponse({ status, ...problemResponse(status, ofStatus) })),
  );
}
