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
