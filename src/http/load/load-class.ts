import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { routeConfig } from '../route-config.js';

/**
 * What is refused first where there is too much to do: `bulk` (imports, exports, lists), then `interactive` (somebody waits) and new
 * `stream`s; `critical` never for that (a phone rings, a customer answers, a payment waits, somebody watches the service).
 */
export type LoadClassName = 'critical' | 'interactive' | 'stream' | 'bulk';

/** Under which the OpenAPI document says it. */
export const LOAD_CLASS_MARK = 'x-load-class';

/** Of which class a route is. Each route of the API says it, once: the service does not start with one that does not. */
export function LoadClass(name: LoadClassName): MethodDecorator {
  return applyDecorators(routeConfig({ loadClass: name }), ApiExtension(LOAD_CLASS_MARK, name));
}
