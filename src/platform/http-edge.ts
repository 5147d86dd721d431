import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions, FastifyReply, FastifyRequest } from 'fastify';
import type { BodyTimeLimits } from './body-time.js';
import { Problem } from './problem.js';
import type { ProblemFilter } from './problem.filter.js';

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;
/** A slow client has this long to send its headers; what it has for the rest is in `body-time.ts`, and Node's own limit stands behind that. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often Node looks for clients that are too slow; by default only every 30 s. */
const CHECK_CONNECTIONS_MS = 1_000;

/** How the HTTP server treats what comes in before any route sees it. */
export function httpEdge(filter: ProblemFilter, publicUrl: string, limits: BodyTimeLimits): FastifyHttpOptions<Server> {
  return {
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: HEADERS_TIMEOUT_MS + limits.requestMs + limits.importMs,
    connectionTimeout: 0,
    keepAliveTimeout: 65_000,
    forceCloseConnections: 'idle',
    http: { connectionsCheckingInterval: CHECK_CONNECTIONS_MS, headersTimeout: HEADERS_TIMEOUT_MS },
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    routerOptions: { maxParamLength: 256 },
    // An address that the router cannot read: no hook has run.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers({ 'x-request-id': request.id, ...SAFE_HEADERS });
      filter.send(error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, publicUrl),
  };
}

/** On every response. */
export const SAFE_HEADERS = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' } as const;

/** Answers a request whose body came too slowly, and closes the connection; where an answer has begun, only that. */
export function refuseSlowBody({ socket }: IncomingMessage, response: ServerResponse, publicUrl: string): void {
  if (response.headersSent || !socket.writable) socket.destroy();
  else endWith(new Problem('request-timeout'), socket, publicUrl);
}

/** Answers what is not HTTP, or came too slowly, in the form of every other refusal, and closes the connection. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket, publicUrl: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  endWith(new Problem(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'malformed-request'), socket, publicUrl);
}

function endWith(problem: Problem, socket: Socket, publicUrl: string): void {
  const body = JSON.stringify(problem.toBody(publicUrl));
  socket.end([
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, 'connection: close', 'cache-control: no-store', 'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`, `x-request-id: ${randomUUID()}`, '', body,
  ].join('\r\n'), () => socket.destroy());
}
