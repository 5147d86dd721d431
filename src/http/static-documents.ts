import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { keepsNothing } from './connection.js';

/** What is the same for everybody, until the program changes. */
export interface StaticDocument {
  readonly type: string;
  readonly body: Buffer;
  /** A strong validator (RFC 9110 section 8.8.3). */
  readonly etag: string;
}

/** A document of these bytes. */
export function staticDocument(type: string, content: string | Buffer): StaticDocument {
  const body = Buffer.from(content);
  return { type, body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` };
}

/** Serves a document at an address, from memory: it is made when it is first asked for, and all answers share its bytes. */
export function serveDocument(
  fastify: FastifyInstance,
  path: string,
  make: () => StaticDocument,
  headers: Readonly<Record<string, string>> = {},
): void {
  let made: StaticDocument | undefined;
  fastify.get(path, (request: FastifyRequest, reply: FastifyReply) => {
    made ??= make();
    return sendDocument(request, reply.headers(headers), made);
  });
}

/** Answers with a document; whoever has it gets 304 (RFC 9110 section 13.1.2). */
export function sendDocument({ headers }: FastifyRequest, reply: FastifyReply, document: StaticDocument): FastifyReply {
  void reply.headers({ etag: document.etag, 'cache-control': 'no-cache' });
  if (isKnown(headers['if-none-match'], document.etag)) return reply.status(304).send();
  keepsNothing(reply.raw);
  return reply.type(document.type).send(document.body);
}

/** Whether If-None-Match names a validator, compared weakly, or any. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
