import { describe, expect, it } from 'vitest';
import { clientOf, clientOfRequest, inRanges } from './client-address.js';

describe('whom a connection is counted to', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    [undefined, ''],
  ])('of %s is %s', (address, client) => expect(clientOf(address)).toBe(client));
});

describe('whom a request is counted to', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    // What a proxy hands on and is no address in its usual form: nobody chooses their own name.
    ['192.0.2.7:1234', '198.51.100.1'],
    ['[2001:db8::1]', '198.51.100.1'],
    ['unknown', '198.51.100.1'],
    ['1', '198.51.100.1'],
    ['0xc0.0.2.7', '198.51.100.1'],
    ['192.000.002.007', '198.51.100.1'],
    ['', '198.51.100.1'],
    [':', '198.51.100.1'],
    ["' OR 1=1", '198.51.100.1'],
  ])('of %j is %s', (ip, client) =>
    expect(clientOfRequest({ ip, raw: { socket: { remoteAddress: '198.51.100.1' } } } as never)).toBe(client),
  );
});

describe('an address in ranges', () => {
  const isProxy = inRanges(['10.1.0.0/16', '2001:db8:1::/48']);

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '2001:db8:1::5'])('%s is', (address) => expect(isProxy(address)).toBe(true));
  it.each(['10.2.0.1', '::ffff:10.2.0.1', '2001:db8:2::5', '10.1.2', 'x', '', undefined])('%s is not', (address) =>
    expect(isProxy(address)).toBe(false),
  );
  it('is none where there are no ranges', () => expect(inRanges([])('127.0.0.1')).toBe(false));
});
