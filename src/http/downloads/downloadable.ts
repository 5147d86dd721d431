import { applyDecorators, SetMetadata } from '@nestjs/common';

export const DOWNLOADABLE = 'countersign:downloadable';

/** The query parameter in which a link carries its secret. */
export const LINK_PARAMETER = 'download';

/** A GET that a one-time link may open without a token: what it gives is a file for a person. On methods only. */
export function Downloadable(): MethodDecorator {
  return applyDecorators(SetMetadata(DOWNLOADABLE, true));
}
