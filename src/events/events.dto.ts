import { Pattern } from '../http/fields.js';
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
