import { ReplyField } from '../fields.js';
import { SCOPES } from './principal.js';

export class MeReply {
  @ReplyField({ type: 'string', example: 'northbank' }) tenant: string;
  @ReplyField({ type: 'string', description: "The token's `sub`: an agent's id.", example: 'amara' }) subject: string;
  @ReplyField({ type: 'string', nullable: true, example: 'Amara Okafor' }) name: string | null;
  @ReplyField({ type: [String], enum: SCOPES, isArray: true, example: ['agent'] }) scopes: readonly string[];
  @ReplyField({ type: 'string', nullable: true, description: "The token's `department`.", example: 'Fraud Operations' })
  team: string | null;
  @ReplyField({ type: 'string', nullable: true, description: "The token's `locale`.", example: 'en-GB' })
  locale: string | null;
  @ReplyField({ type: 'string', required: false, description: "Of a customer's token alone.", example: 'cust-1001' })
  customerId?: string;
  @ReplyField({
    type: [String],
    description:
      'What may be done, by the `operationId` of this document. Whose call or customer it is, is asked there.',
    example: ['declareCall', 'getMe'],
  })
  operations: readonly string[];
  @ReplyField({ type: 'string', format: 'date-time', description: 'When the token expires.' }) expiresAt: string;
}
