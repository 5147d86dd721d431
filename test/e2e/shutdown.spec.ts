import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import swc from 'unplugin-swc';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { createTestDatabase } from '../support/database.js';
import { freePort } from '../../bench/load/free-port.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

/** Inside the repository, so that the program finds its node_modules. */
const PROGRAM = resolve('node_modules', '.cache', `countersign-main-${process.pid}`);

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let dataDirectory: string;
beforeAll(async () => {
  [database, dataDirectory] = await Promise.all([createTestDatabase(), makeTemporaryFolder()]);
  await build({
    configFile: false,
    logLevel: 'error',
    plugins: [swc.vite({ module: { type: 'es6' } })],
    build: {
      ssr: 'src/main.ts',
      outDir: PROGRAM,
      target: 'node20',
      rolldownOptions: { output: { entryFileNames: 'main.js' } },
    },
  });
});
afterAll(async () => {
  await Promise.all([
    database.drop(),
    removeTemporaryFolder(dataDirectory),
    rm(PROGRAM, { recursive: true, force: true }),
  ]);
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  log(): string;
}

async function start(environment: NodeJS.ProcessEnv = {}): Promise<Started> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [join(PROGRAM, 'main.js')], {
    env: {
      ...process.env,
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      DATA_DIR: dataDirectory,
      PORT: new URL(url).port,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
  for (;;) {
    if (
      await fetch(`${url}/health/ready`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return { child, url, log: () => log };
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    await new Promise((again) => setTimeout(again, 50));
  }
}

describe('SIGTERM and SIGINT', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s: the service stops to the end and exits with 0', async (signal) => {
    const { child, log } = await start();
    child.kill(signal);
    const [code, by] = await new Promise<[number | null, string | null]>((done) =>
      child.once('close', (...ended) => done(ended)),
    );
    expect([code, by]).toEqual([0, null]);
    expect(log()).toMatch(/"msg":"stopping"[\s\S]*"msg":"stopped"/);
  });
});

const STREAM = '/v1/events/stream';

/** Opens a stream on a plain socket. */
async function openStream(url: string, token: string, then: (socket: Socket) => void): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
  socket.write(`GET ${STREAM} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await new Promise((opened) => socket.once('data', opened));
  then(socket);
  return socket;
}

/** A client that comes back at once, over the connection that it has, whatever it is told. */
function insist(url: string, token: string): { opened: Promise<void>; stop(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let stopped = false;
  let tell: () => void;
  const opened = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const again = (): void => {
    if (stopped) return;
    get(url + STREAM, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      tell();
      response
        .resume()
        .on('close', again)
        .on('error', () => undefined);
    }).on('error', () => setTimeout(again, 5));
  };
  again();
  return {
    opened,
    stop: () => {
      stopped = true;
      agent.destroy();
    },
  };
}

interface Clients {
  stop(): void;
}
const sockets = (opened: readonly Socket[]): Clients => ({
  stop: () => {
    for (const socket of opened) socket.destroy();
  },
});
const CLIENTS: Record<string, (url: string, token: string) => Promise<Clients>> = {
  'one that reads': async (url, token) => sockets([await openStream(url, token, (socket) => socket.resume())]),
  'fifty that read': async (url, token) =>
    sockets(await Promise.all(Array.from({ length: 50 }, () => openStream(url, token, (socket) => socket.resume())))),
  'one that does not read': async (url, token) => sockets([await openStream(url, token, (socket) => socket.pause())]),
  'fifty that do not read': async (url, token) =>
    sockets(await Promise.all(Array.from({ length: 50 }, () => openStream(url, token, (socket) => socket.pause())))),
  'one that comes back at once': async (url, token) => {
    const client = insist(url, token);
    await client.opened;
    return client;
  },
  'fifty that come back at once': async (url, token) => {
    const clients = Array.from({ length: 50 }, () => insist(url, token));
    await Promise.all(clients.map(({ opened }) => opened));
    return {
      stop: () => {
        for (const client of clients) client.stop();
      },
    };
  },
  'one that is being opened': async (url, token) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => undefined);
    await new Promise((opened) => socket.once('connect', opened));
    socket.resume().write(`GET ${STREAM} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    return sockets([socket]);
  },
};
describe.each(['1', '2'])('with PROCESSES=%s, a stop with nothing but streams', (processes) => {
  it.each(Object.keys(CLIENTS))(
    'waits for none of them: %s',
    async (which) => {
      // A stop that waited for a stream would go on until this test is taken for hung.
      const { child, url, log } = await start({ PROCESSES: processes, SHUTDOWN_GRACE_SECONDS: '300' });
      const token = await fetchDevelopmentToken({
        serviceUrl: url,
        dataDirectory,
        tenant: 'northbank',
        identity: 'admin',
      });
      const clients = await CLIENTS[which]!(url, token);
      child.kill('SIGTERM');
      const code = await new Promise((done) => child.once('close', done));
      clients.stop();
      expect(code).toBe(0);
      expect(log()).not.toContain('still running');
    },
    120_000,
  );
});

describe('the port', () => {
  const launch = (port: string): ChildProcess =>
    spawn(process.execPath, [join(PROGRAM, 'main.js')], {
      env: { ...process.env, NODE_ENV: 'test', DATABASE_URL: database.url, DATA_DIR: dataDirectory, PORT: port },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const until = (child: ChildProcess, pattern: RegExp): Promise<string> =>
    new Promise((found, failed) => {
      let text = '';
      for (const output of [child.stdout!, child.stderr!])
        output.setEncoding('utf8').on('data', (part: string) => {
          text += part;
          if (pattern.test(text)) found(text);
        });
      child.once('close', () => failed(new Error(text)));
    });

  it('that is taken ends the start with what to do', async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(0, '127.0.0.1', listening));
    const { port } = holder.address() as AddressInfo;
    const child = launch(String(port));
    const code = new Promise((done) => child.once('close', done));
    expect(await until(child, /PORT/)).toMatch(
      `Port ${port} of 127.0.0.1 is taken by another program. Set PORT to another one`,
    );
    expect(await code).toBe(1);
    holder.close();
  });

  it('0 is a free one, and everything stands under it', async () => {
    const child = launch('0');
    const [, url] = /Countersign is ready: (\S+)/.exec(await until(child, /is ready: \S+/))!;
    const discovery = (await (await fetch(`${url}/oidc/northbank/.well-known/openid-configuration`)).json()) as {
      issuer: string;
    };
    expect(discovery.issuer).toBe(`${url}/oidc/northbank`);
    expect(new URL(url!).port).not.toBe('0');
    child.kill('SIGTERM');
    await new Promise((done) => child.once('close', done));
  });
});
