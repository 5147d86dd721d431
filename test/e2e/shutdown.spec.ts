import { type ChildProcess, spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import swc from 'unplugin-swc';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../support/database.js';
import { freePort } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

/** Inside the repository, so that the program finds its node_modules. */
const PROGRAM = resolve('node_modules', '.cache', `countersign-main-${process.pid}`);

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let dataDirectory: string;
beforeAll(async () => {
  [database, dataDirectory] = await Promise.all([createTestDatabase(), makeTemporaryFolder()]);
  await build({ configFile: false, logLevel: 'error', plugins: [swc.vite({ module: { type: 'es6' } })], build: { ssr: 'src/main.ts', outDir: PROGRAM, target: 'node20', rolldownOptions: { output: { entryFileNames: 'main.js' } } } });
});
afterAll(async () => {
  await Promise.all([database.drop(), removeTemporaryFolder(dataDirectory), rm(PROGRAM, { recursive: true, force: true })]);
});

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  log(): string;
}

async function start(): Promise<Started> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const child = spawn(process.execPath, [join(PROGRAM, 'main.js')], {
    env: { ...process.env, NODE_ENV: 'test', DATABASE_URL: database.url, DATA_DIR: dataDirectory, PORT: new URL(url).port }, stdio: ['ignore', 'pipe', 'inherit'],
  });
  let log = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (log += text));
  for (;;) {
    if (await fetch(`${url}/health/ready`).then((response) => response.ok, () => false)) return { child, url, log: () => log };
    if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}`);
    await new Promise((again) => setTimeout(again, 50));
  }
}

describe('SIGTERM and SIGINT', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s: the service stops to the end and exits with 0', async (signal) => {
    const { child, log } = await start();
    child.kill(signal);
    const [code, by] = await new Promise<[number | null, string | null]>((done) => child.once('close', (...ended) => done(ended)));
    expect([code, by]).toEqual([0, null]);
    expect(log()).toMatch(/"msg":"stopping"[\s\S]*"msg":"stopped"/);
  });
});

describe('the port', () => {
  const launch = (port: string): ChildProcess => spawn(process.execPath, [join(PROGRAM, 'main.js')], {
    env: { ...process.env, NODE_ENV: 'test', DATABASE_URL: database.url, DATA_DIR: dataDirectory, PORT: port }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  const until = (child: ChildProcess, pattern: RegExp): Promise<string> => new Promise((found, failed) => {
    let text = '';
    for (const output of [child.stdout!, child.stderr!]) output.setEncoding('utf8').on('data', (part: string) => { text += part; if (pattern.test(text)) found(text); });
    child.once('close', () => failed(new Error(text)));
  });

  it('that is taken ends the start with what to do', async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(0, '127.0.0.1', listening));
    const { port } = holder.address() as AddressInfo;
    const child = launch(String(port));
    const code = new Promise((done) => child.once('close', done));
    expect(await until(child, /PORT/)).toMatch(`Port ${port} of 127.0.0.1 is taken by another program. Set PORT to another one`);
    expect(await code).toBe(1);
    holder.close();
  });

  it('0 is a free one, and everything stands under it', async () => {
    const child = launch('0');
    const [, url] = /Countersign is ready: (\S+)/.exec(await until(child, /is ready: \S+/))!;
    const discovery = await (await fetch(`${url}/oidc/northbank/.well-known/openid-configuration`)).json() as { issuer: string };
    expect(discovery.issuer).toBe(`${url}/oidc/northbank`);
    expect(new URL(url!).port).not.toBe('0');
    child.kill('SIGTERM');
    await new Promise((done) => child.once('close', done));
  });
});
