import { Type } from 'class-transformer';
import { Pattern, Whole } from './fields.js';
import { fromTypeId, type IdPrefix } from '../ids/ids.js';
import { invalidField } from '../refusals/refusal.js';

const DEFAULT_LIMIT = 50;

/** How lists are paged: `?limit=` (1–200, 50) and `?after=`, the `next` of the page before. */
export class PageQuery {
  @Type(() => Number)
  @Whole({ min: 1, max: 200, optional: true, description: 'How many at most; 50 by default.', example: 50 })
  limit?: number;
  @Pattern(/^[\x21-\x7e]+$/, {
    maxLength: 200,
    optional: true,
    says: 'the `next` of the page before',
    description: 'The `next` of the page before.',
  })
  after?: string;

  limitOrDefault(): number {
    return this.limit ?? DEFAULT_LIMIT;
  }
}

/** The id that a cursor stands for, or null where there is none. @throws Problem 400 for what is not a cursor of this list. */
export function cursorUuid(prefix: IdPrefix, page: PageQuery): string | null {
  if (page.after === undefined) return null;
  const uuid = fromTypeId(prefix, page.after);
  if (uuid === null) throw invalidField('#/after', 'must be the `next` of the page before');
  return uuid;
}
