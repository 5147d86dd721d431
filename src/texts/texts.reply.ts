import { ReplyField } from '../http/fields.js';
import { ADVICE_CODES } from '../policy/advice-codes.policy.js';
import { FINDING_CODES, QUESTIONS, REASON_CODES, REFERENCE_CODES } from './words.js';

const named = (
  codes: readonly string[],
  schema: object,
): { properties: Record<string, object>; required: string[]; selfRequired: boolean } => ({
  properties: Object.fromEntries(codes.map((code) => [code, schema])),
  required: [...codes],
  selfRequired: true,
});
const TEXT = { type: 'string' } as const;

export class AdviceWordsReply {
  @ReplyField({ type: 'string', example: 'This is not your bank. Hang up now.' }) headline: string;
  @ReplyField({ type: [String], example: ['Hang up.'] }) steps: readonly string[];
}

export class TextsReply {
  @ReplyField({ type: 'string', description: 'What they are in.', example: 'de-AT' }) locale: string;
  @ReplyField({ type: 'object', description: 'By `display.question`.', ...named(QUESTIONS, TEXT) } as never)
  questions: object;
  @ReplyField({
    type: 'object',
    description: 'By the `reason` of a verdict, and of a no.',
    ...named(REASON_CODES, TEXT),
  } as never)
  reasons: object;
  @ReplyField({ type: 'object', description: 'By `findings`.', ...named(FINDING_CODES, TEXT) } as never)
  findings: object;
  @ReplyField({
    type: 'object',
    description: 'What references are summed up in; with places such as `{summary}`.',
    ...named(REFERENCE_CODES, TEXT),
  } as never)
  references: object;
  @ReplyField({
    type: 'object',
    description: 'By `advice.code`; with places such as `{customers}`.',
    ...named(ADVICE_CODES, { $ref: '#/components/schemas/AdviceWordsReply' }),
  } as never)
  advice: object;
  @ReplyField({ type: [String], example: ['your PIN or your full password'] }) neverAsk: readonly string[];
}
