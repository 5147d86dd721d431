import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { HeldAs } from './tenant-rate.policy.js';
import { routeConfig } from '../route-config.js';

/** How a request is held to what its tenant may do in a second. */
export interface Held {
  readonly heldAs: HeldAs;
  /** Whether it may write what could wait into the log. */
  readonly writes: boolean;
}

/**
 * What the route does protects somebody: a report, the end of a stolen device's trust, a change that is taken back. It is held to the limits
 * of its tenant as a verdict is, whatever its class of load. The OpenAPI document says so as `x-protects`.
 */
export function Protects(): MethodDecorator {
  return applyDecorators(routeConfig({ protects: true }), ApiExtension('x-protects', true));
}

/** @param config of its route, as Fastify has it */
export function heldOf(config: unknown, method: string): Held {
  const { loadClass, protects = false } = Object(config) as { loadClass?: string; protects?: boolean };
  const heldAs =
    protects || loadClass === undefined || loadClass === 'critical'
      ? 'critical'
      : loadClass === 'bulk'
        ? 'bulk'
        : 'interactive';
  return { heldAs, writes: heldAs !== 'critical' && method !== 'GET' && method !== 'HEAD' };
}
