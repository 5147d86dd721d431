import type { FastifyReply, FastifyRequest } from 'fastify';
import { SAFE_HEADERS } from '../platform/http-edge.js';
import { fromTypeId } from '../platform/ids.js';
import { Problem } from '../platform/problem.js';
import type { TenantHandle } from '../platform/tenant-database.js';
import { type EventRow, isAfter, type Position, positionOf, toCloudEvent } from './event.js';
import type { EventTail } from './event-tail.js';
import { findPosition, readOfCallAfter } from './events.store.js';

const HEARTBEAT_MS = 15_000;
/** A reader that lets this much pile up is cut, never buffered without bound; it resumes by Last-Event-ID. */
const MOST_BUFFERED_BYTES = 256 * 1024;
const BATCH = 200;
const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } as const;
const BEGINNING: Position = { xid: 0n, sequence: 0n };

export interface StreamOptions {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly database: TenantHandle;
  readonly tail: EventTail;
  readonly callId: string;
  /** When the caller's token expires; the stream does not outlive it. */
  readonly until: Date;
}

/**
 * Streams the events of one call as server-sent events, from the call's first event or after `Last-Event-ID`,
 * without gap or repeat. Resolves once the stream is open.
 * @throws Problem 400 for a Last-Event-ID that this call does not have.
 */
export async function streamCallEvents(options: StreamOptions): Promise<void> {
  const { database, tail, callId } = options;
  const start = await startingPosition(options.request, database, callId);
  if (options.request.method === 'HEAD') return void options.reply.headers(STREAM_HEADERS).send();
  const waiting: EventRow[] = [];
  let deliver = (event: EventRow): void => { waiting.push(event); };
  const stop = await tail.listen(database.tenantId, callId, (event) => deliver(event));
  try {
    const backlog = await readBacklog(database, callId, start);
    if (options.reply.raw.destroyed) {
      // The reader went away meanwhile, and will not be told of again.
      options.reply.hijack();
      return stop();
    }
    const stream = new ServerSentEvents(options, start, stop);
    for (const event of [...backlog, ...waiting]) stream.send(event);
    deliver = (event) => stream.send(event);
  } catch (error) {
    stop();
    throw error;
  }
}

async function startingPosition(request: FastifyRequest, database: TenantHandle, callId: string): Promise<Position> {
  const last = request.headers['last-event-id'];
  if (last === undefined || last === '') return BEGINNING;
  const eventId = typeof last === 'string' ? fromTypeId('evt', last) : null;
  const position = eventId === null ? null : await findPosition(database, callId, eventId);
  if (!position) throw new Problem('malformed-request', { detail: 'Last-Event-ID is not the id of an event of this call.' });
  return position;
}

async function readBacklog(database: TenantHandle, callId: string, start: Position): Promise<EventRow[]> {
  const events: EventRow[] = [];
  for (let position = start; ; position = positionOf(events.at(-1)!)) {
    const batch = await readOfCallAfter(database, callId, position, BATCH);
    events.push(...batch);
    if (batch.length < BATCH) return events;
  }
}

class ServerSentEvents {
  private readonly raw;
  private closed = false;

  constructor(private readonly options: StreamOptions, private position: Position, stop: () => void) {
    const { reply, request, until } = options;
    reply.hijack();
    this.raw = reply.raw;
    this.raw.writeHead(200, { ...SAFE_HEADERS, ...STREAM_HEADERS, 'x-request-id': request.id });
    this.raw.write('retry: 1000\n\n');
    const heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS);
    const expiry = setTimeout(() => this.end(), Math.max(0, Math.min(until.getTime() - Date.now(), 2 ** 31 - 1)));
    this.raw.on('close', () => {
      this.closed = true;
      clearInterval(heartbeat);
      clearTimeout(expiry);
      stop();
      OPEN.delete(this);
    });
    OPEN.add(this);
  }

  send(event: EventRow): void {
    if (!isAfter(positionOf(event), this.position)) return;
    this.position = positionOf(event);
    const cloudEvent = toCloudEvent(event, this.options.database.tenantId);
    this.write(`id: ${cloudEvent.id}\nevent: ${cloudEvent.type.replace(/^countersign\./, '')}\ndata: ${JSON.stringify(cloudEvent)}\n\n`);
  }

  end(): void {
    this.raw.end();
  }

  private write(text: string): void {
    if (this.closed) return;
    if (this.raw.writableLength > MOST_BUFFERED_BYTES) this.raw.destroy();
    else this.raw.write(text);
  }
}

const OPEN = new Set<ServerSentEvents>();

/** Ends every open stream, so that a draining server can close; clients reconnect elsewhere and resume. */
export function endOpenStreams(): void {
  for (const stream of OPEN) stream.end();
}

export function countOpenStreams(): number {
  return OPEN.size;
}
