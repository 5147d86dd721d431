import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { webhooks } from './generated/api.js';
import { Problem } from './problem.js';

type Payload<Webhook> = Webhook extends {
  post: { requestBody: { content: { 'application/json': infer Body } } };
}
  ? Extract<Body, { type: string }>
  : never;

/** Each type of event with what it holds, as the service's catalogue says. A type that is not here is information. */
export type Event = { [Type in keyof webhooks]: Payload<webhooks[Type]> }[keyof webhooks];

/** The event of one type, such as `EventOf<'countersign.verification.confirmed'>`. */
export type EventOf<Type extends keyof webhooks> = Payload<webhooks[Type]>;

export interface FollowOptions {
  readonly signal?: AbortSignal;
  /** An event after which the stream begins. */
  readonly lastEventId?: string;
  /** Told `false` once the stream stands, and `true` once it does not: what is shown may be stale from then on. */
  readonly onStale?: (stale: boolean) => void;
}

/** A comment comes every 15 s; a connection that says nothing for much longer is gone, whatever the network says. */
const SILENCE_MILLISECONDS = 40_000;

/** @throws Problem where the service refuses for good: anything but 401, 429 and 5xx. */
export async function* followStream(
  open: (headers: Record<string, string>) => Promise<Response>,
  { signal = new AbortController().signal, lastEventId: from = '', onStale }: FollowOptions,
): AsyncGenerator<Event, void> {
  let lastEventId = from;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const resume: Record<string, string> = lastEventId === '' ? {} : { 'last-event-id': lastEventId };
      const response = await open({ accept: 'text/event-stream', ...resume });
      onStale?.(false);
      for await (const { id, data } of events(response.body!, signal)) {
        if (id !== undefined) lastEventId = id;
        if (data === '') continue;
        failures = 0;
        yield JSON.parse(data) as Event;
      }
    } catch (error) {
      if (error instanceof Problem && error.status < 500 && ![401, 408, 429].includes(error.status)) throw error;
    }
    if (signal.aborted) return;
    onStale?.(true);
    failures += 1;
    await waitFor(Math.min(30_000, 250 * 2 ** failures) * (0.5 + Math.random() / 2), signal);
  }
}

/**
 * Gives a line that only says the place empty data. An `id` counts also where no event has it (WHATWG HTML, section 9.2.6),
 * and the parser drops what has no data: who is cut before the first event would begin anew, and miss what happened meanwhile.
 */
function placesAsEvents(): TransformStream<string, string> {
  let rest = '';
  return new TransformStream({
    transform(chunk, controller) {
      const blocks = (rest + chunk).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) controller.enqueue(`${/^id: [^\n]*$/.test(block) ? `${block}\ndata:` : block}\n\n`);
    },
  });
}

async function* events(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<{ id?: string; data: string }, void> {
  // What passes here are comments too, so that silence can be told from a quiet stream.
  let heard = Date.now();
  const listening = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      heard = Date.now();
      controller.enqueue(chunk);
    },
  });
  const reader = body
    .pipeThrough(listening)
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(placesAsEvents())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const end = (): void => void reader.cancel().catch(() => undefined);
  const watch = setInterval(() => {
    if (Date.now() - heard > SILENCE_MILLISECONDS) end();
  }, 5_000);
  // Where the platform has lost the request by now, as Node.js 20 may, its signal ends nothing any more.
  signal.addEventListener('abort', end, { once: true });
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    clearInterval(watch);
    signal.removeEventListener('abort', end);
    await reader.cancel().catch(() => undefined);
  }
}

function waitFor(milliseconds: number, signal: AbortSignal): Promise<void> {
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
