import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EgressGuard, type EgressOptions } from '../outbound/egress-guard.js';
import { postToWitness } from './witness.js';

let server: Server;
let url: string;
let answer: (response: ServerResponse, path: string) => void;
const paths: string[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    paths.push(request.url!);
    request.resume().on('end', () => answer(response, request.url!));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/add-checkpoint`;
});
const guards: EgressGuard[] = [];
afterEach(() => paths.splice(0));
afterAll(async () => {
  await Promise.all(guards.map((one) => one.onModuleDestroy()));
  server.closeAllConnections();
  server.close();
});

function push(options: Partial<EgressOptions> = {}, to = url): ReturnType<typeof postToWitness> {
  const egress = new EgressGuard({ allow: ['127.0.0.0/8'], allowHttp: true, ...options });
  guards.push(egress);
  return postToWitness(egress, to, 'old 0\n');
}

describe('what is pushed to a witness', () => {
  it('is answered by a status and one line', async () => {
    answer = (response) => response.writeHead(409).end('17\nmore\n');
    expect(await push()).toEqual({ status: 409, firstLine: '17' });
  });

  it('does not go to a private address that the operator does not allow, neither by a literal nor by a name', async () => {
    answer = (response) => response.end();
    await expect(push({ allow: [] })).rejects.toMatchObject({ reason: 'blocked' });
    const lookup = ((_name, _options, callback) =>
      (callback as unknown as (error: null, all: object[]) => void)(null, [
        { address: '127.0.0.1', family: 4 },
      ])) as LookupFunction;
    await expect(push({ allow: [], lookup }, url.replace('127.0.0.1', 'witness.example'))).rejects.toMatchObject({
      reason: 'blocked',
    });
    expect(paths).toEqual([]);
  });

  it('follows no redirect', async () => {
    answer = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
    expect(await push()).toEqual({ status: 307, firstLine: '' });
    expect(paths).toEqual(['/add-checkpoint']);
  });

  it('reads no endless body, and keeps little of a long line', async () => {
    let sent = 0;
    let cut = false;
    answer = (response) => {
      const more = (): void => {
        while (!response.destroyed && response.write('0'.repeat(16_384))) sent += 16_384;
        if (!response.destroyed) response.once('drain', more);
      };
      response
        .on('close', () => {
          cut = true;
        })
        .on('error', () => undefined)
        .writeHead(200);
      more();
    };
    const { firstLine } = await push();
    expect(firstLine).toHaveLength(100);
    await expect.poll(() => cut).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('waits five seconds for one that hangs', async () => {
    answer = () => undefined;
    const began = performance.now();
    await expect(push()).rejects.toMatchObject({ reason: 'timeout' });
    expect(performance.now() - began).toBeGreaterThan(4_500);
  });
});
