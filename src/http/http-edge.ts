import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyHttpOptions, FastifyReply, FastifyRequest } from 'fastify';
import type { BodyTimeLimits } from './connection.js';
import { connectionOf, type Connections } from './connections.js';
import type { CrossOrigin } from './cross-origin.js';
import { Problem } from './problem.js';
import type { ProblemFilter } from './problem.filter.js';
import { endWithProblem, refuseRequest, SAFE_HEADERS } from './raw-problem.js';

export { SAFE_HEADERS } from './raw-problem.js';

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;
/** A slow client has this long to send its headers; what it has for the rest is in `connections.ts`. */
const HEADERS_TIMEOUT_MS = 10_000;
/** How often Node looks for clients that are too slow; by default only every 30 s. */
const CHECK_CONNECTIONS_MS = 1_000;
const KEEP_ALIVE_MS = 65_000;

export interface HttpEdgeOptions {
  readonly filter: ProblemFilter;
  readonly publicUrl: string;
  readonly connections: Connections;
  readonly bodyTime: BodyTimeLimits;
  readonly crossOrigin: CrossOrigin;
  /** Whether `X-Forwarded-For` from an address is believed. */
  readonly isProxy: (address: string | undefined) => boolean;
}

/** How the HTTP server treats what comes in before any route sees it. */
export function httpEdge({
  filter,
  publicUrl,
  connections,
  bodyTime,
  crossOrigin,
  isProxy,
}: HttpEdgeOptions): FastifyHttpOptions<Server> {
  // Node's own limit, which is the same for all requests, stands behind those on bodies and on imports.
  const requestTimeout = HEADERS_TIMEOUT_MS + bodyTime.requestMs + bodyTime.importMs;
  return {
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: isProxy,
    forceCloseConnections: 'idle',
    // What was on its way when the process began to stop is served; its connection is closed after it.
    return503OnClosing: false,
    serverFactory: (listener) => createBoundedServer(connections, publicUrl, listener, { requestTimeout }),
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    routerOptions: { maxParamLength: 256 },
    // An address that the router cannot read: no hook has run.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.headers({ 'x-request-id': request.id, ...SAFE_HEADERS });
      crossOrigin.tell(request.raw, reply.raw);
      filter.send(error, request, reply);
    },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, publicUrl),
  };
}

/** An HTTP server whose connections are bounded, and which answers everything that Node would answer by itself. */
export function createBoundedServer(
  connections: Connections,
  publicUrl: string,
  listener: RequestListener,
  options: ServerOptions = {},
): Server {
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    ...options,
    requireHostHeader: false,
  });
  server.on(
    'request',
    connections.inTurn((request, response) => {
      if (!hasHost(request))
        refuseRequest(
          response,
          new Problem('malformed-request', { detail: 'A request has exactly one Host.' }),
          publicUrl,
        );
      // No address (RFC 9112 section 3.2.4), and the router would take it for the root.
      else if (request.url === '*') refuseRequest(response, new Problem('not-found'), publicUrl);
      else listener(request, response);
    }),
  );
  server.on(
    'checkExpectation',
    connections.inTurn((_request, response) => refuseRequest(response, new Problem('expectation-failed'), publicUrl)),
  );
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined);
    endWithProblem(socket, new Problem('malformed-request', { detail: 'This is not a proxy.' }), publicUrl);
  });
  // Node drops what is beyond a number of headers and goes on: bounded by their size alone, none is lost.
  server.maxHeadersCount = 0;
  connections.watch(server);
  return server;
}

/** RFC 9112 section 3.2: one Host, which only HTTP/1.0 may leave out. Node takes the first of several. */
function hasHost({ rawHeaders, httpVersionMinor, httpVersionMajor }: IncomingMessage): boolean {
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2)
    if (rawHeaders[at]!.length === 4 && rawHeaders[at]!.toLowerCase() === 'host') hosts += 1;
  return hosts === 1 || (hosts === 0 && (httpVersionMinor === 0 || httpVersionMajor === 0));
}

/** Answers what is not HTTP, or came too slowly, in the form of every other refusal, and closes the connection. */
function answerUnreadable(error: Error & { code?: string }, socket: Socket, publicUrl: string): void {
  // What is said in the midst of an answer would be read as a part of it.
  if (error.code === 'ECONNRESET' || !socket.writable || connectionOf(socket)?.isAnswering) {
    socket.destroy();
    return;
  }
  endWithProblem(
    socket,
    new Problem(error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 'request-timeout' : 'malformed-request'),
    publicUrl,
  );
}
