import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A request, its answer, and who gives it. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly listener: RequestListener;
}

export interface BodyTimeLimits {
  /** How long a request's body may take. */
  readonly requestMs: number;
  /** How long a bulk import may take in all, however fast it comes. */
  readonly importMs: number;
}

export interface ConnectionEvents {
  /** A request of it is being answered. */
  readonly works: () => void;
  /** It waits for its client, and so many bytes are kept for it. */
  readonly waits: (bytes: number) => void;
  readonly ends: () => void;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LETTER_P = 0x50;
/** How far a chunked body is handed on without a look for its end: one of line breaks alone costs little more. */
const CHUNKED_STEP_BYTES = 512;
/** As many heads as can stand in such a step, with room to spare. */
const MOST_QUEUED = 64;
/** What is kept for an open connection, and for a request that was read and has not begun: measured, and rounded up. */
const CONNECTION_BYTES = 8 * 1024;
const QUEUED_BYTES = 4 * 1024;
/** More of a body is kept by no route. */
const MOST_KEPT_BYTES = 128 * 1024;
const NOTHING_UNREAD = { mark: NaN, since: 0 };

/**
 * One connection, on which requests are answered one after another: the next one is not read before the answer to the
 * one before is with the network. Node's HTTP server parses all that it has read at once, and would begin each of 1,500
 * requests that came together. So this stands between the socket and Node's parser, hands on no more than one head at a
 * time, and puts the rest back into the socket, which is paused.
 */
export class Connection {
  /** Whether it is closed after the request that is under way. */
  isLast = false;
  private current: Exchange | null = null;
  /** Heads that came with the end of a chunked body whose request was not answered yet. */
  private readonly queued: Exchange[] = [];
  /** The request of which the end is missing, since when, and what came of it. */
  private receiving: IncomingMessage | null = null;
  private receivingSince = 0;
  private receivedBytes = 0;
  /** Of what the parser is given, how much stands after the end of a head. */
  private bytesAfterHead = 0;
  /** How long its body is; not a number where it does not say so. */
  private bodyBytes = NaN;
  /** A route reads that body as it comes. */
  private isHandedOver = false;
  private isHeld = false;
  /** What changes with everything that the client reads of what waits for it, and since when it has not. */
  private unread = NOTHING_UNREAD;
  private isBehind = false;
  private readonly parse: (chunk: Buffer) => void;

  constructor(
    readonly socket: Socket,
    readonly bodyTime: BodyTimeLimits,
    private readonly events: ConnectionEvents,
  ) {
    const [parse] = socket.listeners('data') as ((chunk: Buffer) => void)[];
    if (!parse || socket.listenerCount('data') > 1) throw new Error('the HTTP server reads its sockets otherwise');
    this.parse = parse;
    socket.on('data', this.onData).removeListener('data', parse);
    socket.once('close', () => {
      this.queued.length = 0;
      events.ends();
    });
  }

  /** Whether no request is under way. */
  get isQuiet(): boolean {
    return this.current === null && this.queued.length === 0;
  }

  /** Whether what is said next would be taken for a part of an answer. */
  get isAnswering(): boolean {
    return this.current?.response.headersSent === true || this.socket.writableLength > 0;
  }

  /** Whether a request has begun, and waits for the rest of what was announced. */
  get isReceiving(): boolean {
    return this.receiving !== null || this.receivedBytes > 0;
  }

  /** Has a request answered in its turn. */
  take(request: IncomingMessage, response: ServerResponse, listener: RequestListener): void {
    this.receiving = request;
    this.bodyBytes = Number(request.headers['content-length']);
    [this.receivedBytes, this.receivingSince] = [this.bytesAfterHead, 0];
    this.isHandedOver = false;
    if (this.isQuiet) this.begin({ request, response, listener });
    else if (this.queued.push({ request, response, listener }) > MOST_QUEUED) this.socket.destroy();
  }

  /** From now on a route reads the body as it comes: it is not kept, and the route sees to its time. */
  handOver(): void {
    this.isHandedOver = true;
    this.account();
  }

  /** Whether the end of a body is missing for too long; to be asked at intervals. */
  isLate(now: number): boolean {
    if (this.receiving === null || this.isHandedOver || this.queued.length > 0 || this.receivingSince === 0)
      return false;
    return now - this.receivingSince >= this.bodyTime.requestMs;
  }

  /** Whether the client has read nothing of what waits for it for so long; to be asked at intervals. */
  isStalled(now: number, limitMs: number): boolean {
    const { writableLength, bytesWritten } = this.socket;
    const wasUnread = this.unread !== NOTHING_UNREAD;
    if (writableLength === 0) {
      [this.unread, this.isBehind] = [NOTHING_UNREAD, false];
      if (wasUnread) this.account();
      return false;
    }
    // Within one piece that is being written, only the handle knows how much of it is left.
    const { _handle: handle } = this.socket as { _handle?: { writeQueueSize?: number } };
    const mark = bytesWritten - writableLength - (handle?.writeQueueSize ?? 0);
    if (mark !== this.unread.mark) this.unread = { mark, since: now };
    this.isBehind = wasUnread;
    this.account();
    return now - this.unread.since >= limitMs;
  }

  private readonly onData = (chunk: Buffer): void => {
    let at = 0;
    while (at < chunk.length) {
      if (this.socket.writableEnded) return;
      if (!this.mayRead()) return this.hold(chunk.subarray(at));
      const end = this.endOfStep(chunk, at);
      this.receivedBytes += end - at;
      this.parse(end - at === chunk.length ? chunk : chunk.subarray(at, end));
      if (this.receiving?.complete) [this.receiving, this.receivedBytes] = [null, 0];
      at = end;
    }
    if (this.receiving !== null && this.receivingSince === 0) this.receivingSince = performance.now();
    this.account();
  };

  /** The rest of a body is read while its request is under way; a head only when nothing is. */
  private mayRead(): boolean {
    if (this.queued.length > 0) return false;
    if (this.current === null) return true;
    return this.receiving === this.current.request;
  }

  /** Up to where a part may go to the parser, so that it holds the end of no more than one head, and no other after it. */
  private endOfStep(chunk: Buffer, at: number): number {
    if (this.receiving !== null && this.bodyBytes > this.receivedBytes)
      return Math.min(chunk.length, at + this.bodyBytes - this.receivedBytes);
    const found = chunk.indexOf(HEAD_END, this.receiving === null ? at : at + CHUNKED_STEP_BYTES);
    if (found < 0) return chunk.length;
    const end = found + HEAD_END.length;
    // Mostly a POST with all of its body: to have it parsed in two parts would cost more than to look.
    const isWhole = chunk[at] === LETTER_P && chunk.indexOf(HEAD_END, end) < 0;
    this.bytesAfterHead = isWhole ? chunk.length - end : 0;
    return isWhole ? chunk.length : end;
  }

  private hold(rest: Buffer): void {
    this.isHeld = true;
    this.socket.pause();
    this.socket.unshift(rest);
    this.account();
  }

  private readOn(): void {
    if (!this.isHeld || !this.mayRead()) return;
    this.isHeld = false;
    this.socket.resume();
  }

  private begin(exchange: Exchange): void {
    this.current = exchange;
    exchange.response.on('prefinish', this.onAnswered).on('close', this.onAnswerRead);
    exchange.listener(exchange.request, exchange.response);
  }

  private readonly onAnswered = (): void => {
    if (this.socket.writableLength > 0) this.account();
  };

  private readonly onAnswerRead = (): void => {
    this.current = null;
    this.isHandedOver = false;
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (this.isLast) return void this.socket.destroy();
    this.account();
    // In another turn of the event loop: others are served between two requests of one client.
    if (this.isHeld || this.queued.length > 0) setImmediate(this.goOn);
  };

  private readonly goOn = (): void => {
    if (this.current !== null || this.socket.destroyed) return;
    const next = this.queued.shift();
    if (next) {
      this.begin(next);
      this.account();
    }
    this.readOn();
  };

  /** Tells whether it works or waits, and what is kept for it. */
  account(): void {
    if (this.waits()) this.events.waits(this.keptBytes());
    else this.events.works();
  }

  private waits(): boolean {
    if (this.current === null || this.isBehind) return true;
    const { request, response } = this.current;
    if (response.writableEnded) return this.socket.writableLength > 0;
    return this.receiving === request && !this.isHandedOver;
  }

  private keptBytes(): number {
    const received = this.isHandedOver ? 0 : Math.min(this.receivedBytes, MOST_KEPT_BYTES);
    const unread = this.current && SHARED.has(this.current.response) ? 0 : this.socket.writableLength;
    return CONNECTION_BYTES + this.queued.length * QUEUED_BYTES + received + this.socket.readableLength + unread;
  }
}

const SHARED = new WeakSet<ServerResponse>();

/** The body of this answer is in memory anyway: nothing is kept for a client that does not read it. */
export function keepsNothing(response: ServerResponse): void {
  SHARED.add(response);
}
