import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { BoundedServer } from '../../test/support/bounded-server.js';

let server: BoundedServer;
afterEach(() => server.stop());

const KB = 1024;
const MB = 1024 * KB;

/** All that a connection is sent until it is closed. */
const readToEnd = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    socket
      .on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      })
      .once('close', () => resolve(text));
  });
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume().once('close', () => resolve());
  });
const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const settled = { interval: 5, timeout: 10_000 };

describe('a client that does not read', () => {
  it('has no request begun beside the one whose answer waits, however many it sends, and gets the others once it reads', async () => {
    const body = Buffer.alloc(MB);
    const sockets = new Set<Socket>();
    server = await BoundedServer.start(({ socket }, response) => {
      sockets.add(socket);
      response.end(body);
    });
    const socket = await server.connected();
    socket.pause();
    socket.write(GET.repeat(500));
    await expect.poll(() => [...sockets].some(({ writableLength }) => writableLength > 0), settled).toBe(true);
    const before = server.begun;
    await wait(100);
    expect([server.begun, server.mostAtOnce]).toEqual([before, 1]);
    for (const { writableLength, readableLength } of sockets)
      expect(writableLength + readableLength).toBeLessThan(2 * MB);
    let bytes = 0;
    socket
      .on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      })
      .resume();
    await expect.poll(() => bytes, settled).toBeGreaterThan(500 * MB);
    expect([server.begun, server.mostAtOnce, server.ended]).toEqual([500, 1, []]);
    socket.destroy();
  });

  it('is ended after its time, and one that reads a little again and again is not', async () => {
    server = await BoundedServer.start((_request, response) => void response.end(Buffer.alloc(32 * MB)), {
      unreadMs: 1_500,
      waitingBytes: 200 * MB,
    });
    const [deaf, slow] = [await server.connected(GET), await server.connected(GET)];
    deaf.pause();
    slow.on('data', () => {
      slow.pause();
      setTimeout(() => slow.resume(), 20);
    });
    await expect.poll(() => server.ended, settled).toEqual(['unread']);
    await closed(deaf);
    expect(slow.destroyed).toBe(false);
    slow.destroy();
  });

  it('has no more of its body read while the answer that it got early waits', async () => {
    let theirs: Socket | undefined;
    server = await BoundedServer.start(
      ({ socket }, response) => {
        theirs = socket;
        response.end(Buffer.alloc(32 * MB));
      },
      { waitingBytes: 200 * MB },
    );
    const socket = await server.connected(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${64 * MB}\r\n\r\n`);
    socket.pause();
    socket.write(Buffer.alloc(64 * MB));
    await expect.poll(() => theirs?.writableLength, settled).toBeGreaterThan(0);
    await wait(200);
    expect(theirs!.bytesRead).toBeLessThan(2 * MB);
    socket.destroy();
  });
});

describe('where there is no room', () => {
  it('for another connection, the one that has waited longest makes room', async () => {
    server = await BoundedServer.start((_request, response) => void response.end('x'), { connections: 3 });
    const first = await server.connected();
    const second = await server.connected(GET);
    const third = await server.connected();
    const gone = closed(first);
    const fourth = await server.connected(GET);
    await gone;
    expect(server.ended).toEqual(['made_room']);
    const [answer] = await Promise.all([readToEnd(fourth), wait(50).then(() => fourth.end())]);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    for (const socket of [second, third]) {
      expect(socket.destroyed).toBe(false);
      socket.destroy();
    }
  });

  it('and all are busy, another is told so', async () => {
    server = await BoundedServer.start(() => undefined, { connectionsPerClient: 2 });
    const busy = [await server.connected(GET), await server.connected(GET)];
    await expect.poll(() => server.begun, settled).toBe(2);
    const answer = await readToEnd(server.open());
    expect(answer).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/);
    expect(answer).toMatch(/\r\nretry-after: 1\r\n/);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      type: 'https://bank.example/problems/temporarily-unavailable',
      status: 503,
    });
    expect(server.ended).toEqual(['refused']);
    for (const socket of busy) socket.destroy();
  });

  it('for what is half sent, the oldest is told to try again, and what is kept stays within its bound', async () => {
    const kept = new Set<Socket>();
    server = await BoundedServer.start(
      (request) => {
        kept.add(request.socket);
        request.resume();
      },
      { waitingBytes: MB },
    );
    const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${60 * KB}\r\n\r\n`;
    const sockets: Socket[] = [];
    const answers: Promise<string>[] = [];
    for (let count = 0; count < 40; count += 1) {
      const socket = await server.connected();
      answers.push(readToEnd(socket));
      socket.write(head + 'x'.repeat(50 * KB));
      sockets.push(socket);
    }
    await expect.poll(() => server.ended.length, settled).toBeGreaterThanOrEqual(40 - 1024 / 58);
    expect(await answers[0]).toMatch(/^HTTP\/1\.1 503 [^]*temporarily-unavailable/);
    expect([...kept].filter(({ destroyed }) => !destroyed).length).toBeLessThanOrEqual(1024 / 58);
    for (const socket of sockets) socket.destroy();
  });
});

describe('what Node would answer by itself', () => {
  it.each([
    ['without Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['with two Hosts', 'GET / HTTP/1.1\r\nHost: x\r\nhost: y\r\n\r\n', 400],
    ['with an expectation that is not offered', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: 200-maybe\r\n\r\n', 417],
    ['to tunnel', 'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
  ])('a request %s is a problem like any other', async (_what, bytes, status) => {
    server = await BoundedServer.start((_request, response) => void response.end('x'));
    const answer = await readToEnd(await server.connected(bytes));
    expect(answer).toMatch(
      new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\ncontent-type: application/problem\\+json\\r\\n`, 'i'),
    );
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      status,
      title: expect.any(String),
      type: expect.stringMatching(/^https:\/\/bank\.example\/problems\/[a-z-]+$/),
    });
    expect(server.begun).toBe(0);
  });

  it('is answered in its turn', async () => {
    server = await BoundedServer.start((_request, response) => void setTimeout(() => response.end('first'), 30));
    const answer = await readToEnd(await server.connected(`${GET}CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n`));
    expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*first[^]*HTTP\/1\.1 400 /);
  });
});
