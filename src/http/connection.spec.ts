import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { BoundedServer } from '../../test/support/bounded-server.js';

let server: BoundedServer;
afterEach(() => server.stop());

/** Answers as an address says: at once or later, with so much, in pieces or not, with or without reading the body. */
function answerAsAsked(request: IncomingMessage, response: ServerResponse): void {
  const query = new URL(request.url!, 'http://x').searchParams;
  const [bytes, delay, pieces] = ['bytes', 'delay', 'pieces'].map((name) => Number(query.get(name)));
  const body: Buffer[] = [];
  const answer = async (): Promise<void> => {
    if (delay! > 0) await wait(delay);
    response.setHeader('x-number', query.get('number')!);
    response.setHeader('x-body', Buffer.concat(body).toString('latin1').length);
    const text = Buffer.alloc(bytes!, query.get('number')!);
    if (!pieces) return void response.setHeader('content-length', bytes!).end(text);
    for (let at = 0; at < pieces; at += 1)
      response.write(text.subarray(Math.floor((at * bytes!) / pieces), Math.floor(((at + 1) * bytes!) / pieces)));
    response.end();
  };
  if (query.get('reads') === 'yes')
    request.on('data', (chunk: Buffer) => body.push(chunk)).on('end', () => void answer());
  else void answer();
}

interface Asked {
  readonly method: 'GET' | 'POST' | 'HEAD';
  readonly bytes: number;
  readonly delay: number;
  readonly pieces: number;
  readonly reads: boolean;
  readonly body: string;
  readonly chunked: boolean;
  readonly expects: boolean;
}

const asked: fc.Arbitrary<Asked> = fc.record({
  method: fc.constantFrom('GET' as const, 'GET' as const, 'POST' as const, 'POST' as const, 'HEAD' as const),
  bytes: fc.oneof(fc.constantFrom(0, 1, 300), fc.nat(200_000)),
  delay: fc.constantFrom(0, 0, 0, 1, 5),
  pieces: fc.constantFrom(0, 0, 1, 3),
  reads: fc.boolean(),
  body: fc.oneof(
    fc.constantFrom('', '\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', '\r\n'.repeat(700)),
    fc.string({ unit: fc.constantFrom('a', '\r', '\n', ' '), maxLength: 3_000 }),
  ),
  chunked: fc.boolean(),
  expects: fc.boolean(),
});

function textOf({ method, bytes, delay, pieces, reads, body, chunked, expects }: Asked, number: number): string {
  const head = `${method} /?number=${number % 10}&bytes=${bytes}&delay=${delay}&pieces=${pieces}&reads=${reads ? 'yes' : 'no'} HTTP/1.1\r\nHost: x\r\n`;
  if (method !== 'POST') return `${head}\r\n`;
  const expecting = expects ? 'Expect: 100-continue\r\n' : '';
  if (!chunked) return `${head}${expecting}Content-Length: ${body.length}\r\n\r\n${body}`;
  const parts = body.match(/[^]{1,97}/g) ?? [];
  return `${head}${expecting}Transfer-Encoding: chunked\r\n\r\n${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('')}0\r\n\r\n`;
}

/** The answers that stand in what a connection was sent, in their order. */
function readAnswers(
  sent: Buffer,
  requests: readonly Asked[],
): { number: string; bytes: number; body: number; status: number }[] {
  const answers = [];
  let at = 0;
  let next = 0;
  while (at < sent.length) {
    const headEnd = sent.indexOf('\r\n\r\n', at) + 4;
    const head = sent.toString('latin1', at, headEnd);
    at = headEnd;
    const status = Number(head.slice(9, 12));
    if (status === 100) continue;
    const number = /x-number: (.*)\r\n/i.exec(head)![1]!;
    let bytes = 0;
    if (requests[next]!.method === 'HEAD') bytes = requests[next]!.bytes;
    else if (/transfer-encoding: chunked/i.test(head)) {
      for (;;) {
        const lineEnd = sent.indexOf('\r\n', at);
        const length = parseInt(sent.toString('latin1', at, lineEnd), 16);
        expect(sent.subarray(lineEnd + 2, lineEnd + 2 + length).equals(Buffer.alloc(length, number))).toBe(true);
        at = lineEnd + 2 + length + 2;
        bytes += length;
        if (length === 0) break;
      }
    } else {
      bytes = Number(/content-length: (\d+)/i.exec(head)![1]);
      expect(sent.subarray(at, at + bytes).equals(Buffer.alloc(bytes, number))).toBe(true);
      at += bytes;
    }
    answers.push({ number, bytes, body: Number(/x-body: (\d+)/i.exec(head)![1]), status });
    next += 1;
  }
  return answers;
}

describe('a client that sends its requests together and reads the answers', () => {
  it('gets all of them, whole and in order, however they are cut up on their way, and one is begun at a time', async () => {
    server = await BoundedServer.start(answerAsAsked);
    await fc.assert(
      fc.asyncProperty(
        fc.array(asked, { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(5_000), { maxLength: 6 }),
        async (requests, cuts) => {
          const bytes = Buffer.from(requests.map(textOf).join(''), 'latin1');
          const socket = await server.connected();
          const received: Buffer[] = [];
          const expected = requests.map(({ method, bytes: length, reads, body }, number) => ({
            number: String(number % 10),
            bytes: length,
            body: method === 'POST' && reads ? body.length : 0,
            status: 200,
          }));
          socket.on('data', (chunk: Buffer) => received.push(chunk));
          let at = 0;
          for (const cut of cuts) {
            socket.write(bytes.subarray(at, (at += cut)));
            await new Promise((resolve) => setImmediate(resolve));
          }
          socket.write(bytes.subarray(at));
          await expect
            .poll(
              () => {
                try {
                  return readAnswers(Buffer.concat(received), requests).length;
                } catch {
                  return -1;
                }
              },
              { interval: 2 },
            )
            .toBe(requests.length);
          expect(readAnswers(Buffer.concat(received), requests)).toEqual(expected);
          socket.destroy();
        },
      ),
      { numRuns: 150 },
    );
    expect([server.mostAtOnce, server.ended]).toEqual([1, []]);
  });
});
