export interface ImportProgress {
  /** Lines that have been handed to the connection. */
  readonly lines: number;
  readonly bytes: number;
}

const CHUNK_CHARACTERS = 65_536;

/**
 * Sends items as lines of JSON (NDJSON). Browsers cannot stream a request over HTTP/1.1, so there the lines are gathered
 * first.
 */
export async function importLines<Reply>(
  send: (body: ReadableStream<Uint8Array> | Blob) => Promise<Response>,
  items: Iterable<unknown> | AsyncIterable<unknown>,
  onProgress?: (progress: ImportProgress) => void,
): Promise<Reply> {
  const chunks = linesOf(items, onProgress);
  const inBrowser = typeof document !== 'undefined';
  const body = inBrowser ? new Blob(await gathered(chunks)) : streamOf(chunks);
  return (await (await send(body)).json()) as Reply;
}

async function* linesOf(
  items: Iterable<unknown> | AsyncIterable<unknown>,
  onProgress?: (progress: ImportProgress) => void,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const encoder = new TextEncoder();
  let text = '';
  let lines = 0;
  let bytes = 0;
  const chunk = (): Uint8Array<ArrayBuffer> => {
    const encoded = encoder.encode(text);
    text = '';
    bytes += encoded.length;
    onProgress?.({ lines, bytes });
    return encoded;
  };
  for await (const item of items) {
    text += `${JSON.stringify(item)}\n`;
    lines += 1;
    if (text.length >= CHUNK_CHARACTERS) yield chunk();
  }
  if (text !== '') yield chunk();
}

async function gathered(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): Promise<Uint8Array<ArrayBuffer>[]> {
  const all: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

function streamOf(chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return();
    },
  });
}
