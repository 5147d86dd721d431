import { describe, expect, it } from 'vitest';
import { clientOf } from './client-address.js';

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
