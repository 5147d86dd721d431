import { describe, expect, it } from 'vitest';
import { examine } from './doctor.js';

/** Nothing listens at either. */
const [ISSUER, CUSTOMERS] = ['http://127.0.0.1:1', 'http://127.0.0.1:1/customers'];

describe('the doctor', () => {
  it('asks the issuer of the customers, too', async () => {
    const findings = await examine({
      DATA_DIR: '/nowhere',
      TENANTS: JSON.stringify([
        { id: 'northbank', issuer: ISSUER, customerIssuer: { issuer: CUSTOMERS, claim: 'customer_no' } },
      ]),
    });
    const failed = findings.filter(({ result }) => result === 'failed').map(({ check, detail }) => [check, detail]);
    expect(failed).toEqual([
      ['issuer of northbank', expect.stringContaining(`${ISSUER} cannot be used: `)],
      ['customer issuer of northbank', expect.stringContaining(`${CUSTOMERS} cannot be used: `)],
    ]);
  });
});
