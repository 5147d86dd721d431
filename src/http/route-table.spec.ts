import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouteTable } from './route-table.js';

function table(): RouteTable {
  const routes = new RouteTable();
  routes.add('/', ['GET']);
  routes.add('/v1/calls', ['GET']);
  routes.add('/v1/calls', ['POST']);
  routes.add('/v1/calls/:id', ['GET']);
  routes.add('/v1/calls/stream', ['GET']);
  routes.add('/v1/calls/:id/end', ['POST']);
  routes.add('/v1/lines/:number', ['PUT', 'DELETE']);
  return routes;
}

describe('the methods of an address', () => {
  it.each([
    ['/', ['GET', 'HEAD']],
    ['/v1/calls', ['GET', 'HEAD', 'POST']],
    ['/v1/calls?limit=5', ['GET', 'HEAD', 'POST']],
    ['/v1/calls/call_1', ['GET', 'HEAD']],
    ['/v1/calls/stream/end', ['POST']],
    ['/v1/%63alls', ['GET', 'HEAD', 'POST']],
    ['/v1/lines/%2B44', ['DELETE', 'PUT']],
    ['/v1/calls/', []],
    ['/v1/calls//end', []],
    ['/v1', []],
    ['/v1/calls/%ff', []],
    ['*', []],
    ['', []],
    ['http://elsewhere/v1/calls', []],
    ['/v1/calls/__proto__/constructor', []],
  ])('%s', (address, methods) => {
    expect(table().methodsAt(address)).toEqual(methods);
  });

  it('are found or not, whatever the address is', () => {
    fc.assert(fc.property(fc.string(), (address) => Array.isArray(table().methodsAt(address))));
  });
});
