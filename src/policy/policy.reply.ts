import type { ApiPropertyOptions } from '@nestjs/swagger';
import { ReplyField } from '../http/fields.js';
import { PolicyDocumentDto } from './policy.dto.js';

/** The policy in force, every value filled in. */
export class PolicyReply extends PolicyDocumentDto {
  @ReplyField({
    type: 'integer',
    description: 'Goes up by one with each change; 0 means the defaults. Also the ETag.',
    example: 3,
  })
  version: number;
  @ReplyField({ type: 'string', format: 'date-time', nullable: true, description: 'When it was changed.' }) changedAt:
    string | null;
}

const ANY_VALUE: ApiPropertyOptions = {
  description: 'As the policy has it.',
  anyOf: [
    { type: 'number' },
    { type: 'string' },
    { type: 'boolean' },
    { type: 'array', items: {} },
    { type: 'object', additionalProperties: true },
  ],
};

class PolicyDifferenceReply {
  @ReplyField({ type: 'string', description: 'JSON pointer into the policy.', example: '/device/ageSeconds' })
  field: string;
  @ReplyField({ ...ANY_VALUE, example: 86_400 }) before: unknown;
  @ReplyField({ ...ANY_VALUE, example: 172_800 }) after: unknown;
}

class PastPolicyReply {
  @ReplyField({ type: 'integer', example: 3 }) version: number;
  @ReplyField({ type: 'string', format: 'date-time' }) changedAt: string;
  @ReplyField({ type: 'string', description: 'Who: the subject of their token.', example: 'gita' }) changedBy: string;
  @ReplyField({
    type: [PolicyDifferenceReply],
    description: 'Against the version before it; of the first, against the defaults.',
  })
  changes: readonly PolicyDifferenceReply[];
}

export class PolicyHistoryReply {
  @ReplyField({ type: [PastPolicyReply], description: 'Newest first.' }) data: readonly PastPolicyReply[];
  @ReplyField({ type: 'string', nullable: true, example: '2' }) next: string | null;
}

/** A version of the policy as it holds with the defaults of today. */
export class PolicyVersionReply extends PolicyReply {
  @ReplyField({ type: 'string', nullable: true, description: 'Null for version 0: nobody.', example: 'gita' })
  changedBy: string | null;
}
