import { Answer } from './fields.js';

class RejectedLineAnswer {
  @Answer({ type: 'integer', description: 'Counted from 1.', example: 4211 }) line: number;
  @Answer({ type: 'string', example: 'is not JSON' }) detail: string;
}

/** What a bulk import came to. */
export class ImportAnswer {
  @Answer({ type: 'integer', description: 'Lines that were new.', example: 69_998 }) accepted: number;
  @Answer({ type: 'integer', description: 'Lines that were there already, or came twice.', example: 1 })
  duplicates: number;
  @Answer({ type: [RejectedLineAnswer], description: 'The first hundred lines that were not taken.' })
  rejected: readonly RejectedLineAnswer[];
  @Answer({ type: 'integer', description: 'How many were not taken.', example: 1 }) rejectedCount: number;
}
