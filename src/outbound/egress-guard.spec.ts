import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EgressGuard, type EgressOptions } from './egress-guard.js';

const guards: EgressGuard[] = [];
function guard(options: Partial<EgressOptions> = {}): EgressGuard {
  const made = new EgressGuard({ allow: [], allowHttp: true, ...options });
  guards.push(made);
  return made;
}

let server: Server;
let port: number;
let requests = 0;
beforeAll(async () => {
  server = createServer((_request, response) => {
    requests += 1;
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(async () => {
  await Promise.all(guards.map((one) => one.onModuleDestroy()));
  server.closeAllConnections();
  server.close();
});

const post = (by: EgressGuard, url: string) => by.post({ url, headers: {}, body: '{}', totalMs: 2_000 });

describe('an address', () => {
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:2::1',
    '2001:10::1',
    '2001:20::1',
    '2001:db8::1',
    '2002:a9fe:a9fe::1',
    '3fff::1',
    '5f00::1',
    'fc00::1',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    'not an address',
    '',
  ])('%s is not public', (address) => {
    expect(guard().permits(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '100.63.255.255',
    '172.32.0.1',
    '193.0.0.1',
    '::ffff:8.8.8.8',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('%s is public', (address) => {
    expect(guard().permits(address)).toBe(true);
  });

  it('in a range that the operator names may be reached, in whichever form it comes', () => {
    const allowing = guard({ allow: ['10.1.0.0/16', 'fd00:1::/32'] });
    for (const address of ['10.1.2.3', '::ffff:10.1.2.3', 'fd00:1::5'])
      expect(allowing.permits(address), address).toBe(true);
    for (const address of ['10.2.0.1', 'fd00:2::5', '127.0.0.1'])
      expect(allowing.permits(address), address).toBe(false);
  });
});

describe('a URL', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.1/',
    'http://①②⑦.0.0.1/',
    'http://[::1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://169.254.169.254/latest/',
    'https://bank:secret@bank.example/',
    'https://bank.example/#fragment',
    'ftp://bank.example/',
    'file:///etc/passwd',
    'bank.example',
    '',
  ])('%s is refused before anything is resolved', async (url) => {
    expect(guard().faultOf(url)).not.toBeNull();
    await expect(post(guard(), url)).rejects.toMatchObject({ reason: 'blocked' });
  });

  it('of http is refused in production', () => {
    expect(guard({ allowHttp: false }).faultOf('http://bank.example/')).toBe('must be https');
    expect(guard({ allowHttp: false }).faultOf('https://bank.example/')).toBeNull();
  });
});

describe('a name', () => {
  const answering = (...answers: string[][]): { lookup: LookupFunction; asked: () => number } => {
    let asked = 0;
    return {
      asked: () => asked,
      lookup: (_hostname, _options, callback) =>
        (callback as unknown as (error: null, all: object[]) => void)(
          null,
          answers[Math.min(asked++, answers.length - 1)]!.map((address) => ({
            address,
            family: address.includes(':') ? 6 : 4,
          })),
        ),
    };
  };

  it('that answers a public address first and a private one when the connection is made leads nowhere', async () => {
    const { lookup, asked } = answering(['93.184.215.14'], ['127.0.0.1']);
    lookup('rebind.example', {}, () => undefined); // whoever checks early sees a public address
    const before = requests;
    await expect(post(guard({ lookup }), `http://rebind.example:${port}/`)).rejects.toMatchObject({
      reason: 'blocked',
    });
    expect([asked(), requests]).toEqual([2, before]);
  });

  it('that answers a private address among public ones is refused whole', async () => {
    await expect(
      post(guard({ lookup: answering(['93.184.215.14', '10.0.0.1']).lookup }), 'http://mixed.example/'),
    ).rejects.toMatchObject({ reason: 'blocked' });
    await expect(
      post(guard({ lookup: answering(['::ffff:127.0.0.1']).lookup }), `http://mapped.example:${port}/`),
    ).rejects.toMatchObject({ reason: 'blocked' });
    await expect(post(guard({ lookup: answering([]).lookup }), 'http://empty.example/')).rejects.toMatchObject({
      reason: 'blocked',
    });
  });

  it('that resolves into an allowed range is reached', async () => {
    expect(
      await post(
        guard({ lookup: answering(['127.0.0.1']).lookup, allow: ['127.0.0.0/8'] }),
        `http://inside.example:${port}/`,
      ),
    ).toEqual({ status: 204, retryAfter: null, beginning: Buffer.alloc(0) });
  });

  it('that does not resolve is told apart', async () => {
    const lookup: LookupFunction = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 0);
    await expect(post(guard({ lookup }), 'http://nowhere.example/')).rejects.toMatchObject({ reason: 'name' });
  });
});
