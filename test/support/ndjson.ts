import { once } from 'node:events';
import { request } from 'node:http';
import type { RawReply } from './raw-http.js';

/** Streams a body as it is made, and resolves with the answer; `cutAfter` tears the connection down after so many bytes. */
export async function stream(
  serviceUrl: string,
  path: string,
  token: string,
  chunks: Iterable<string | Buffer> | AsyncIterable<string>,
  options: { contentType?: string; cutAfter?: number } = {},
): Promise<RawReply | null> {
  const { hostname, port } = new URL(serviceUrl);
  const outgoing = request({
    hostname,
    port,
    method: 'POST',
    path,
    agent: false,
    headers: { authorization: `Bearer ${token}`, 'content-type': options.contentType ?? 'application/x-ndjson' },
  });
  const answered = new Promise<RawReply | null>((resolve, reject) => {
    outgoing.on('response', (incoming) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        resolve({
          status: incoming.statusCode!,
          headers: incoming.headers,
          text,
          body: text === '' ? '' : JSON.parse(text),
        });
      });
    });
    outgoing.on('error', (error) => (options.cutAfter === undefined ? reject(error) : resolve(null)));
  });
  let isAnswered = false;
  void answered
    .catch(() => undefined)
    .then(() => {
      isAnswered = true;
    });
  let sent = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk as string);
    if (options.cutAfter !== undefined && sent + bytes.length > options.cutAfter) {
      await new Promise<void>((resolve) =>
        outgoing.write(bytes.subarray(0, options.cutAfter! - sent), () => resolve()),
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      outgoing.destroy();
      return answered;
    }
    sent += bytes.length;
    if (isAnswered) break;
    if (!outgoing.write(bytes)) await Promise.race([once(outgoing, 'drain'), answered.catch(() => undefined)]);
  }
  outgoing.end();
  return answered;
}

/** So many lines, in chunks of about 16 kB, made only when they are wanted. */
export function* chunksOf(count: number, line: (index: number) => string): Generator<string> {
  let chunk = '';
  for (let index = 0; index < count; index += 1) {
    chunk += `${line(index)}\n`;
    if (chunk.length > 16_000) {
      yield chunk;
      chunk = '';
    }
  }
  yield chunk;
}
