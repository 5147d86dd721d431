import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { Problem } from './problem.js';

/** The one encoding that is none (RFC 9110 §8.4.1). */
const READ_AS_IT_IS = 'identity';

/**
 * Refuses a body in a content encoding with 415, and says in `Accept-Encoding` that none is taken (RFC 9110 §15.5.16).
 * To decode one would read sixty megabytes out of sixty kilobytes.
 */
export function refuseEncodedBodies(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw }, _reply, done) => {
    const encodings = (raw.headers['content-encoding'] ?? '')
      .split(',')
      .map((encoding) => encoding.trim().toLowerCase());
    const isEncoded = encodings.some((encoding) => encoding !== '' && encoding !== READ_AS_IT_IS) && hasBody(raw);
    done(
      isEncoded
        ? new Problem('unsupported-media-type', {
            detail: 'Send the body without a Content-Encoding.',
            headers: { 'accept-encoding': READ_AS_IT_IS },
          })
        : undefined,
    );
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
