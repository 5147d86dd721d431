import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { onceAdmitted } from './once-admitted.js';

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: any;
}

export interface RawRequest {
  readonly method?: string;
  /** Sent as it stands: not normalised, not encoded. */
  readonly path: string;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
  /** Whether a refusal that passes is what is asked about; else it is asked again (once-admitted.ts). */
  readonly once?: boolean;
}

/** Sends a request as a hostile client would: nothing is put in order on its way. */
export function send(serviceUrl: string, request: RawRequest): Promise<RawReply> {
  const ask = (): Promise<RawReply> => sendOnce(serviceUrl, request);
  return request.once === true ? ask() : onceAdmitted(ask);
}

function sendOnce(serviceUrl: string, { method = 'GET', path, headers = {}, body }: RawRequest): Promise<RawReply> {
  const { hostname, port } = new URL(serviceUrl);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path,
        headers: { ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }), ...headers },
        agent: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const json = /json/.test(incoming.headers['content-type'] ?? '') && text !== '';
          resolve({
            status: incoming.statusCode!,
            headers: incoming.headers,
            text,
            body: json ? JSON.parse(text) : text,
          });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Writes bytes to a connection and resolves with all that comes back until it is closed. */
export function exchange(serviceUrl: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(serviceUrl);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

const INTERNAL =
  /node_modules|\bat .+:\d+:\d+|\.ts\b|\.js\b|stack|SELECT |INSERT |postgres|pg_|Error:|undefined|\[object/i;

/** A refusal in the form that every refusal has (RFC 9457), with nothing internal in it. */
export function expectProblem(reply: RawReply, status: number, slug?: string): void {
  expect(reply).toMatchObject({
    status,
    headers: {
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'x-request-id': expect.any(String),
    },
  });
  expect(reply.body).toMatchObject({
    status,
    title: expect.any(String),
    type: expect.stringMatching(slug === undefined ? /\/problems\/[a-z-]+$/ : new RegExp(`/problems/${slug}$`)),
  });
  expect(reply.text).not.toMatch(INTERNAL);
}
