import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';
import { invalidField, type Refusal } from '../refusals/refusal.js';

/**
 * Refuses, before anything else is done, every request whose address holds a NUL or is not UTF-8 (RFC 3986 §2.5): such a
 * text cannot be stored or compared, and a reader that passes over what it cannot decode takes it for another.
 */
export function refuseUnreadableAddresses(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw }, _reply, done) => done(faultOf(raw.url ?? '') ?? undefined));
}

function faultOf(address: string): Refusal | null {
  if (!address.includes('%')) return null;
  if (address.includes('%00')) return invalidField(pointerTo(address), 'must hold no NUL');
  try {
    decodeURIComponent(address);
    return null;
  } catch {
    return new Problem('malformed-request', { detail: 'The address is not UTF-8.' });
  }
}

/** To the first parameter of the query that holds it, as validation would; else to the request. */
function pointerTo(address: string): string {
  const name = /[?&](\w{1,64})=[^&#]*%00/.exec(address)?.[1];
  return name === undefined ? '#' : `#/${name}`;
}
