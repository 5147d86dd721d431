import { type Connection, Refused, request, send, Unreachable } from './connection.js';

/** A server-sent event. */
export interface ServerSentEvent {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

const MAX_BUFFER_CHARACTERS = 1_048_576;
const SILENCE_MILLISECONDS = 40_000;

/**
 * The events of an open stream, until it ends (WHATWG HTML, section 9.2.6).
 *
 * @throws TypeError where one event is longer than a megabyte.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  lastEventId = '',
): AsyncGenerator<ServerSentEvent, void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let buffer = '';
  let id = lastEventId;
  try {
    for (;;) {
      const { done, value } = await withinSilence(reader.read());
      if (done) return;
      buffer += value;
      if (buffer.length > MAX_BUFFER_CHARACTERS) throw new TypeError('an event is too long');
      // A CR at the very end may be half of a CRLF.
      const lines = buffer.split(/\r\n|\n|\r(?!$)/);
      const complete = lines.lastIndexOf('', lines.length - 2);
      if (complete < 0) continue;
      buffer = lines.slice(complete + 1).join('\n');
      for (const event of parse(lines.slice(0, complete + 1), id)) {
        id = event.id;
        // A block of comments keeps the connection and says nothing.
        yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function* parse(lines: readonly string[], lastEventId: string): Generator<ServerSentEvent, void> {
  let id = lastEventId;
  let type = 'message';
  let data: string[] = [];
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) yield { id, type, data: data.join('\n') };
      type = 'message';
      data = [];
      continue;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line)!;
    if (field === 'id' && !value!.includes('\0')) id = value!;
    else if (field === 'event') type = value!;
    else if (field === 'data') data.push(value!);
  }
}

/** A comment comes every 15 s; a connection that says nothing for much longer is gone, whatever the network says. */
async function withinSilence<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unreachable('The stream has gone silent.')), SILENCE_MILLISECONDS);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** Told whether what is shown can be stale: `false` once the stream stands, `true` once it does not. */
  readonly onStale?: (stale: boolean) => void;
}

/**
 * Yields once the stream stands, and for each of its events, and goes on over cut connections and expired tokens, with
 * growing pauses, until the signal aborts.
 *
 * @throws Refused where the service refuses for good (400, 403, 404).
 */
export async function* follow(
  connection: Connection,
  path: string,
  { signal = new AbortController().signal, onStale }: FollowOptions,
): AsyncGenerator<ServerSentEvent | null, void> {
  let lastEventId = '';
  let failures = 0;
  while (!signal.aborted) {
    try {
      const headers = { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) };
      const response = await send(connection, path, { headers }, signal);
      if (!response.ok) await refuseForGood(response);
      else if (!response.body) yield null;
      else {
        onStale?.(false);
        yield null;
        for await (const event of readEvents(response.body, lastEventId)) {
          failures = 0;
          lastEventId = event.id;
          yield event;
        }
      }
    } catch (error) {
      if (error instanceof Refused) throw error;
    }
    if (signal.aborted) return;
    onStale?.(true);
    failures += 1;
    await pause(Math.min(30_000, 250 * 2 ** failures) * (0.5 + Math.random() / 2), signal);
  }
}

async function refuseForGood(response: Response): Promise<void> {
  const { status } = response;
  await response.body?.cancel().catch(() => undefined);
  if ([400, 403, 404].includes(status)) throw new Refused(status, 'stream-refused', {});
}

/** Waits that long, or until the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}

/** All that a list of the service holds, page after page. @throws Refused, Unreachable */
export async function* pages<T>(connection: Connection, path: string): AsyncGenerator<T, void> {
  let after: string | null = null;
  do {
    const query = after === null ? '' : `${path.includes('?') ? '&' : '?'}after=${encodeURIComponent(after)}`;
    const page: { data: T[]; next: string | null } = await request(connection, path + query);
    yield* page.data;
    after = page.next;
  } while (after !== null);
}
