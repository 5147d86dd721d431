import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { type Problem } from './problem.js';

/** On every response. */
export const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
} as const;

/** Answers a request that no route sees, and closes the connection. */
export function refuseRequest(response: ServerResponse, problem: Problem, publicUrl: string): void {
  const body = JSON.stringify(problem.toBody(publicUrl));
  response.writeHead(problem.status, { ...headersOf(problem), 'content-length': Buffer.byteLength(body) }).end(body);
}

/** Says a problem on a connection on which no answer has begun, and closes it. Whoever does not read it is not waited for. */
export function endWithProblem(socket: Socket, problem: Problem, publicUrl: string): void {
  const body = JSON.stringify(problem.toBody(publicUrl));
  const headers = Object.entries({ ...headersOf(problem), 'content-length': Buffer.byteLength(body) });
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  const head = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`;
  socket.end([head, ...lines, '', body].join('\r\n'), () => socket.destroy());
  if (socket.writableLength > 0) socket.destroy();
}

function headersOf(problem: Problem): Record<string, string> {
  return {
    connection: 'close',
    'cache-control': 'no-store',
    'content-type': 'application/problem+json',
    'x-request-id': randomUUID(),
    ...SAFE_HEADERS,
    ...problem.headers,
  };
}
