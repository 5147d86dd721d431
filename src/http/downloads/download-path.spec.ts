import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitsRoute, isNormalPath, linkTo, readLink } from './download-path.js';

describe('a path that may be linked to', () => {
  it.each(['/v1/reports/export', '/v1/reports/export?format=csv&number=%2B447700900123', '/v1/evidence/ver_1'])(
    'is %s',
    (path) => expect(isNormalPath(path)).toBe(true),
  );

  it.each([
    ...['', 'v1/reports/export', '//evil.example/v1', 'https://evil.example/v1', '/v1/../v1/reports/export', '/v1/./x'],
    ...['/v1//reports/export', '/v1/reports%2fexport', '/v1/%2e%2e/x', '/v1/reports\\export', '/v1/reports/export#x'],
    ...[
      '/v1/x%00',
      '/v1/reports/export?a=\u0000',
      '/v1/x y',
      '/v1/x\n',
      '/v1/x?download=northbank.x',
      '/v1/x?a=1&download=',
    ],
  ])('is not %j', (path) => expect(isNormalPath(path)).toBe(false));

  it('comes back out of its link as it was, and out of no other', () => {
    const secret = fc.stringMatching(/^[\w-]{43}$/);
    fc.assert(
      fc.property(fc.webPath(), fc.webQueryParameters(), secret, (path, query, value) => {
        const whole = query === '' ? path : `${path}?${query}`;
        fc.pre(isNormalPath(whole));
        expect(readLink(linkTo(whole, 'northbank', value))).toEqual({
          path: whole,
          tenantId: 'northbank',
          secret: value,
        });
      }),
    );
  });

  it.each(['/v1/x', '/v1/x?download=', '/v1/x?download=northbank.short', `/v1/x?download=${'a'.repeat(43)}`])(
    'is in no link %s',
    (address) => expect(readLink(address)).toBeNull(),
  );
});

describe('a path of a route', () => {
  it.each<[string, string, boolean]>([
    ['/v1/evidence/ver_1', '/v1/evidence/:subjectId', true],
    ['/v1/evidence/ver_1?x=1', '/v1/evidence/:subjectId', true],
    ['/v1/evidence/', '/v1/evidence/:subjectId', false],
    ['/v1/evidence/a/b', '/v1/evidence/:subjectId', false],
    ['/v1/reports/export', '/v1/reports/export', true],
    ['/v1/reports/exports', '/v1/reports/export', false],
  ])('%s of %s: %s', (path, route, fits) => expect(fitsRoute(path, route)).toBe(fits));
});
