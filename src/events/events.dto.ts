import { Answer, Pattern } from '../http/fields.js';
import { PageQuery } from '../http/page.js';

const TYPES = /^[a-z_.*,]+$/;
const TYPES_OPTIONS = {
  maxLength: 1_000,
  optional: true,
  says: 'event types with commas between',
  description: 'Only these types, with commas between; `countersign.call.*` stands for all of a kind.',
  example: 'countersign.verification.confirmed,countersign.call.*',
} as const;

export class StreamQuery {
  @Pattern(TYPES, TYPES_OPTIONS) types?: string;
}

export class EventQuery extends PageQuery {
  @Pattern(TYPES, TYPES_OPTIONS) types?: string;
}

/** CloudEvents 1.0. */
export class CloudEventAnswer {
  @Answer({ type: 'string', enum: ['1.0'] }) specversion: '1.0';
  @Answer({ type: 'string', example: 'evt_01jd3f6q8zfk1rz1m3v9w1c2aa' }) id: string;
  @Answer({ type: 'string', description: 'The tenant that it is of.', example: 'urn:countersign:northbank' })
  source: string;
  @Answer({ type: 'string', example: 'countersign.verification.confirmed' }) type: string;
  @Answer({ type: 'string', description: 'The id of what it is about.', example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' })
  subject: string;
  @Answer({ type: 'string', format: 'date-time' }) time: string;
  @Answer({ type: 'string', enum: ['application/json'] }) datacontenttype: 'application/json';
  @Answer({
    type: 'object',
    additionalProperties: true,
    description: 'What happened, by ids: `customerId` and `callId` where there is one, and what the type has beside.',
    example: { customerId: 'cust-1001', callId: 'call_01jd3f6q8zfk1rz1m3v9w1c2aa', findings: [] },
  })
  data: Record<string, unknown>;
}

export class EventListAnswer {
  @Answer({ type: [CloudEventAnswer], description: 'In the order of the log.' }) data: CloudEventAnswer[];
  @Answer({
    type: 'string',
    nullable: true,
    description:
      'Send it as `after` for the next page. At the end of the log, send the id of the last event that you have read.',
  })
  next: string | null;
}
