import type { FastifyReply, FastifyRequest } from 'fastify';
import { SAFE_HEADERS } from '../platform/http-edge.js';
import { fromTypeId } from '../platform/ids.js';
import { Problem } from '../platform/problem.js';
import type { TenantHandle } from '../platform/tenant-database.js';
import { type EventRow, isAfter, type Position, positionOf, toCloudEvent } from './event.js';
import type { EventFilter } from './event-filter.js';
import type { EventTail } from './event-tail.js';
import { findPosition, readHorizon, readWantedAfter } from './events.store.js';

const HEARTBEAT_MS = 15_000;
/** A reader that lets this much pile up is cut, never buffered without bound; it resumes by Last-Event-ID. */
const MOST_BUFFERED_BYTES = 256 * 1024;
/** While a reader catches up, what it has not taken in this time was not wanted. */
const CATCH_UP_STALL_MS = 30_000;
const BATCH = 200;
const STREAM_HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' } as const;
const BEGINNING: Position = { xid: 0n, sequence: 0n };
/** A place in the log between events; sent as `id` when a stream opens, so that a reader who lost the stream before its first event resumes too. */
const PLACE = /^(\d{1,19})\.(\d{1,19})$/;

export interface StreamOptions {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly database: TenantHandle;
  readonly tail: EventTail;
  readonly filter: EventFilter;
  /** Where a reader begins that does not resume: with all that the log holds of it, or with what happens from now on. */
  readonly from: 'beginning' | 'now';
  /** When the caller's token expires; the stream does not outlive it. */
  readonly until: Date;
}

/**
 * Streams the events that a filter wants as server-sent events, after `Last-Event-ID` where that is given, without gap
 * or repeat. Resolves once the stream is open.
 * @throws Problem 400 for a Last-Event-ID that this stream never had.
 */
export async function streamEvents(options: StreamOptions): Promise<void> {
  const start = await startingPosition(options);
  if (options.request.method === 'HEAD') return void options.reply.headers(STREAM_HEADERS).send();
  // A reader who went away meanwhile will not be told of again.
  if (options.reply.raw.destroyed) return void options.reply.hijack();
  const stream = new ServerSentEvents(options, start);
  stream.follow().catch((error: Error) => stream.fail(error));
}

async function startingPosition({ request, database, filter, from }: StreamOptions): Promise<Position> {
  const last = request.headers['last-event-id'];
  if (last === undefined || last === '') return from === 'beginning' ? BEGINNING : readHorizon(database);
  const [, xid, sequence] = PLACE.exec(String(last)) ?? [];
  if (xid !== undefined && sequence !== undefined) return { xid: BigInt(xid), sequence: BigInt(sequence) };
  const eventId = typeof last === 'string' ? fromTypeId('evt', last) : null;
  const position = eventId === null ? null : await findPosition(database, filter, eventId);
  if (!position) throw new Problem('malformed-request', { detail: 'Last-Event-ID is not the id of an event of this stream.' });
  return position;
}

class ServerSentEvents {
  private readonly raw;
  private closed = false;
  private sent = false;
  private stopListening: (() => void) | null = null;

  constructor(private readonly options: StreamOptions, private position: Position) {
    const { reply, request, until } = options;
    reply.hijack();
    this.raw = reply.raw;
    this.raw.writeHead(200, { ...SAFE_HEADERS, ...STREAM_HEADERS, 'x-request-id': request.id });
    const heartbeat = setInterval(() => this.write(': still here\n\n'), HEARTBEAT_MS);
    const expiry = setTimeout(() => this.end(), Math.max(0, Math.min(until.getTime() - Date.now(), 2 ** 31 - 1)));
    this.raw.on('close', () => {
      this.closed = true;
      clearInterval(heartbeat);
      clearTimeout(expiry);
      this.stopListening?.();
      OPEN.delete(this);
    });
    OPEN.add(this);
  }

  /** Sends what the log holds after the position, at the reader's pace, and then what happens. */
  async follow(): Promise<void> {
    const { database, tail, filter } = this.options;
    this.write('retry: 1000\n\n');
    await this.catchUp();
    const waiting: EventRow[] = [];
    let deliver = (event: EventRow): void => { waiting.push(event); };
    const stop = await tail.listen(database.tenantId, filter, (event) => deliver(event));
    if (this.closed) return stop();
    this.stopListening = stop;
    await this.catchUp();
    if (!this.sent && isAfter(this.position, BEGINNING)) this.write(`id: ${this.position.xid}.${this.position.sequence}\n\n`);
    for (const event of waiting) this.send(event);
    deliver = (event) => this.send(event);
  }

  /** The log could not be read: the reader reconnects and resumes. */
  fail(_error: Error): void {
    this.raw.destroy();
  }

  end(): void {
    this.raw.end();
  }

  private async catchUp(): Promise<void> {
    const { database, filter } = this.options;
    while (!this.closed) {
      const batch = await readWantedAfter(database, filter, this.position, BATCH);
      for (const event of batch) this.send(event);
      if (batch.length < BATCH) return;
      await this.drained();
    }
  }

  private async drained(): Promise<void> {
    if (this.closed || !this.raw.writableNeedDrain) return;
    await new Promise<void>((resolve) => {
      const stalled = setTimeout(() => this.raw.destroy(), CATCH_UP_STALL_MS);
      const go = (): void => {
        clearTimeout(stalled);
        this.raw.off('drain', go).off('close', go);
        resolve();
      };
      this.raw.on('drain', go).on('close', go);
    });
  }

  private send(event: EventRow): void {
    if (!isAfter(positionOf(event), this.position)) return;
    this.position = positionOf(event);
    this.sent = true;
    this.write(textOf(event, this.options.database.tenantId));
  }

  private write(text: string): void {
    if (this.closed) return;
    if (this.raw.writableLength > MOST_BUFFERED_BYTES) this.raw.destroy();
    else this.raw.write(text);
  }
}

/** Many streams are sent the same row; its text is made once. */
const TEXTS = new WeakMap<EventRow, string>();

function textOf(event: EventRow, tenantId: string): string {
  let text = TEXTS.get(event);
  if (text === undefined) {
    const cloudEvent = toCloudEvent(event, tenantId);
    text = `id: ${cloudEvent.id}\nevent: ${cloudEvent.type.replace(/^countersign\./, '')}\ndata: ${JSON.stringify(cloudEvent)}\n\n`;
    TEXTS.set(event, text);
  }
  return text;
}

const OPEN = new Set<ServerSentEvents>();

/** Ends every open stream, so that a draining server can close; clients reconnect elsewhere and resume. */
export function endOpenStreams(): void {
  for (const stream of OPEN) stream.end();
}

export function countOpenStreams(): number {
  return OPEN.size;
}
