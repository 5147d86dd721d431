import { Type } from 'class-transformer';
import { Pattern, Whole } from '../http/fields.js';

const MOST = Number.MAX_SAFE_INTEGER;

export class LogQuery {
  @Pattern(/^[a-z][a-z0-9-]{0,31}$/, {
    maxLength: 32,
    optional: true,
    says: 'the id of a tenant',
    description: 'Whose log; by default that of the first tenant that is configured.',
    example: 'northbank',
  })
  tenant?: string;
}

export class InclusionQuery extends LogQuery {
  @Type(() => Number)
  @Whole({ min: 0, max: MOST, optional: true, description: 'Number of the leaf, from 0.', example: 0 })
  leaf?: number;
  @Pattern(/^evt_[0-9a-z]{26}$/, {
    maxLength: 30,
    optional: true,
    says: 'the id of an event',
    description: 'Or the id of the event.',
    example: 'evt_01jd3f6q8zfk1rz1m3v9w1c2aa',
  })
  event?: string;
  @Type(() => Number)
  @Whole({
    min: 1,
    max: MOST,
    optional: true,
    description: 'In the tree of how many leaves; by default that of the newest checkpoint.',
    example: 1,
  })
  tree_size?: number;
}

export class ConsistencyQuery extends LogQuery {
  @Type(() => Number)
  @Whole({ min: 1, max: MOST, description: 'Leaves of the earlier tree.', example: 1 })
  first: number;
  @Type(() => Number)
  @Whole({
    min: 1,
    max: MOST,
    optional: true,
    description: 'Leaves of the later tree; by default that of the newest checkpoint.',
    example: 1,
  })
  second?: number;
}
