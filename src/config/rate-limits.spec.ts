import { describe, expect, it } from 'vitest';
import { quotasOf, RATE_LIMITS, readRateLimits } from './rate-limits.js';
import { readTenants } from './tenants.js';

const tenant = { id: 'bank', issuer: 'https://login.bank.example' };

describe('how often a minute', () => {
  it('is what the tenant says, before what is said for all, before the default', () => {
    const [own] = readTenants([{ ...tenant, rateLimits: { references: 7 } }]);
    expect(quotasOf(own!, { references: 5, diagnostics: 6 }, 9)).toEqual({
      ...RATE_LIMITS,
      references: 7,
      diagnostics: 6,
      'public-references': 9,
    });
  });

  it.each<unknown>([
    null,
    [],
    'references',
    { referenses: 1 },
    { references: 0 },
    { references: -1 },
    { references: 1.5 },
    { references: '60' },
    { references: 1_000_001 },
    { references: Infinity },
    { 'public-references': 5 },
    { toString: 5 },
  ])('is not read from %j', (value) => {
    expect(() => readRateLimits(value)).toThrow(/^whole numbers from 1 to 1000000 under `customer-lookups`, /);
    expect(() => readTenants([{ ...tenant, rateLimits: value }])).toThrow(/`rateLimits` has whole numbers/);
  });
});
