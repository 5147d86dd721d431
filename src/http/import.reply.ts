import { ReplyField } from './fields.js';

class RejectedLineReply {
  @ReplyField({ type: 'integer', description: 'Counted from 1.', example: 4211 }) line: number;
  @ReplyField({ type: 'string', example: 'is not JSON' }) detail: string;
}

/** What a bulk import came to. */
export class ImportReply {
  @ReplyField({ type: 'integer', description: 'Lines that were new.', example: 69_998 }) accepted: number;
  @ReplyField({ type: 'integer', description: 'Lines that were there already, or came twice.', example: 1 })
  duplicates: number;
  @ReplyField({ type: [RejectedLineReply], description: 'The first hundred lines that were not taken.' })
  rejected: readonly RejectedLineReply[];
  @ReplyField({ type: 'integer', description: 'How many were not taken.', example: 1 }) rejectedCount: number;
}
