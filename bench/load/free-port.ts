import { createServer } from 'node:net';

/**
 * Below the range from which systems take the ports of outgoing connections (32768 and up on Linux): what is free now stays
 * so until somebody listens there, and while who listens there is started anew. Above what browsers refuse to visit (10080).
 */
const [FIRST, COUNT] = [10_100, 5_300];

/** Each process begins elsewhere, so that two that look at once do not come upon the same. */
let looked = (process.pid * 397) % COUNT;

/** A port of 127.0.0.1 that is free now, and that this process was not given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < COUNT; tries += 1) {
    looked = (looked + 1) % COUNT;
    const port = FIRST + looked;
    if (await isFree(port)) return port;
  }
  throw new Error('no port of 127.0.0.1 is free');
}

async function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
