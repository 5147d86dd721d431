import { SetMetadata } from '@nestjs/common';

export const SHORT_WAY = 'countersign:short-way';

/**
 * A route that is asked all the time: a request with nothing unusual about it reaches the method without Nest's pipeline, and
 * every other goes the ordinary way (docs/decisions/0138-a-short-way-in.md). What comes of a request is the same either way.
 */
export function ShortWay(): MethodDecorator {
  return SetMetadata(SHORT_WAY, true);
}
