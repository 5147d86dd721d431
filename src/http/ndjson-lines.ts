import type { NdjsonLine } from '../database/line-import.js';
import type { IncomingMessage } from 'node:http';
import { importPace } from './body-time.js';
import { findUnstorable } from './json-text.js';
import { Problem } from './problem.js';

export const MOST_LINE_BYTES = 4 * 1024;
export const MOST_IMPORT_BYTES = 64 * 1024 * 1024;

const LINE_FEED = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads one JSON value a line, as the bytes come, and holds no more than one line and one chunk of them. A line that is
 * not UTF-8, not JSON, or too long is named and passed over; blank lines count and say nothing.
 * @throws Problem 400 where the body is cut off, 408 where it comes too slowly, 413 where it goes on for too long. What came before was given out.
 */
export async function* readLines(body: IncomingMessage): AsyncGenerator<NdjsonLine[]> {
  const splitter = new LineSplitter();
  let bytes = 0;
  for await (const chunk of whole(body)) {
    bytes += chunk.length;
    if (bytes > MOST_IMPORT_BYTES) throw new Problem('import-too-large', { headers: { connection: 'close' } });
    const lines = splitter.split(chunk);
    if (lines.length > 0) yield lines;
  }
  const rest = splitter.end();
  if (rest.length > 0) yield rest;
}

/** A body that ends before its end says so as a refusal; a reader that stops early does not tear the connection down. */
async function* whole(body: IncomingMessage): AsyncGenerator<Buffer> {
  const pace = importPace(body);
  const chunks = body.iterator({ destroyOnReturn: false });
  for (;;) {
    let next: IteratorResult<Buffer>;
    try {
      next = await pace.waitFor(chunks.next() as Promise<IteratorResult<Buffer>>);
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem('malformed-request', {
        detail: 'The body was cut off. What came before is taken; send it again.',
      });
    }
    if (next.done) return;
    yield next.value;
  }
}

class LineSplitter {
  private number = 0;
  private parts: Buffer[] = [];
  private length = 0;

  split(chunk: Buffer): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.take(chunk.subarray(start, end));
      this.close(lines);
      start = end + 1;
    }
    this.take(chunk.subarray(start));
    return lines;
  }

  end(): NdjsonLine[] {
    const lines: NdjsonLine[] = [];
    if (this.length > 0) this.close(lines);
    return lines;
  }

  /** Of a line that is too long, only that it is. */
  private take(part: Buffer): void {
    this.length += part.length;
    if (this.length > MOST_LINE_BYTES) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }

  private close(lines: NdjsonLine[]): void {
    const [{ parts, length }, number] = [{ parts: this.parts, length: this.length }, (this.number += 1)];
    [this.parts, this.length] = [[], 0];
    if (length > MOST_LINE_BYTES) return void lines.push({ number, fault: `is longer than ${MOST_LINE_BYTES} bytes` });
    const line = readLine(number, parts.length === 1 ? parts[0]! : Buffer.concat(parts));
    if (line) lines.push(line);
  }
}

function readLine(number: number, bytes: Buffer): NdjsonLine | null {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { number, fault: 'is not UTF-8' };
  }
  if (text.trim() === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { number, fault: 'is not JSON' };
  }
  return findUnstorable(text, value) === null
    ? { number, value }
    : { number, fault: 'holds a NUL, or a number that is out of range' };
}
