import { OneOf, Pattern, Time } from '../http/fields.js';
import { PageQuery } from '../http/page.js';
import { CUSTOMER_ID } from '../ids/customer-id.js';

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
  @Time({
    optional: true,
    description: 'Begin with what happened at this time or later. `Last-Event-ID` comes before it.',
    example: '2026-01-31T09:30:00Z',
  })
  from?: string;
}

export class EventQuery extends PageQuery {
  @Pattern(TYPES, TYPES_OPTIONS) types?: string;
  @OneOf(['asc', 'desc'], {
    optional: true,
    description: 'Oldest first, which is the default, or newest first.',
    example: 'desc',
  })
  order?: 'asc' | 'desc';
  @Time({ optional: true, description: 'What happened at this time or later.', example: '2026-01-31T00:00:00Z' })
  from?: string;
  @Time({ optional: true, description: 'What happened before this time.', example: '2026-02-01T00:00:00Z' })
  to?: string;
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'must be 1 to 64 of A–Z a–z 0–9 . _ -',
    description: "Only this customer's.",
    example: 'cust-1001',
  })
  customerId?: string;
  @Pattern(CUSTOMER_ID, {
    maxLength: 64,
    optional: true,
    says: 'the `subject` of an event',
    description: 'Only those about this: the id of a call, verification, device, change …, or of a customer.',
    example: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  subject?: string;
}
