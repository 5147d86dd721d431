import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isShed, type Pressure } from './load.policy.js';

const NONE: Pressure = { waitedMs: 0, statements: 0, requests: 0, ownRequests: 0, tenants: 1 };
const shed = (pressure: Partial<Pressure>): string[] =>
  (['bulk', 'interactive', 'stream'] as const).filter((name) => isShed(name, { ...NONE, ...pressure }, 100));

describe('what is refused where there is too much to do', () => {
  it.each<[string, Partial<Pressure>, string[]]>([
    ['nothing, with nothing to do', {}, []],
    ['nothing, while all that comes finds a connection soon', { waitedMs: 499, statements: 499 }, []],
    ['bulk first, where none is found', { waitedMs: 500 }, ['bulk']],
    ['the rest later', { waitedMs: 3_000 }, ['bulk', 'interactive', 'stream']],
    ['bulk first, where many statements wait', { statements: 500 }, ['bulk']],
    ['the rest with more of them', { statements: 1_000 }, ['bulk', 'interactive', 'stream']],
    ['nothing at half of the requests but one', { requests: 49, ownRequests: 49 }, []],
    ['bulk at half of the requests', { requests: 50, ownRequests: 50 }, ['bulk']],
    ['the rest at all of them', { requests: 100, ownRequests: 100 }, ['bulk', 'interactive', 'stream']],
    ['nothing of whoever has less than a fair share', { requests: 120, ownRequests: 24, tenants: 2 }, []],
    ['bulk of who has a fair share of what bulk may', { requests: 120, ownRequests: 25, tenants: 2 }, ['bulk']],
    ['all of who has more', { requests: 120, ownRequests: 50, tenants: 2 }, ['bulk', 'interactive', 'stream']],
  ])('is %s', (_what, pressure, names) => expect(shed(pressure)).toEqual(names));

  it('lets no tenant keep another out, whatever they send, and takes no more than the bound and one for each tenant', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 4 }), { maxLength: 600 }),
        fc.integer({ min: 10, max: 60 }),
        (arrivals, most) => {
          const counts = [0, 0, 0, 0, 0];
          for (const tenant of [...arrivals, 0]) {
            const active = counts.filter((count, index) => count > 0 || index === tenant).length;
            const requests = counts.reduce((sum, count) => sum + count, 0);
            const pressure = { ...NONE, requests, ownRequests: counts[tenant]!, tenants: active };
            if (counts[tenant] === 0) expect(isShed('interactive', pressure, most)).toBe(false);
            if (!isShed('interactive', pressure, most)) counts[tenant]! += 1;
          }
          // Who came first may have had more than what became their share when others came.
          expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(3 * most + 5);
        },
      ),
    );
  });
});
