import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomerKeys, sealFor } from '../../src/customers/customer-keys.js';
import { CONTACT_VALUE } from '../../src/customers/customers.service.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { giveOldNumber, OLD_NUMBER, requestChange, ringAtAnyHour } from '../support/changes.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

const COSTLY = [
  ['premium rate', '0909 879 0123'],
  ['personal', '070 1234 5678'],
  ['service', '+44 871 123 4567'],
  ['pager', '07600 123456'],
  ["another country's premium rate", '+33 899 12 34 56'],
  ['international premium rate', '+979 1 2345 6789'],
  ['satellite', '+881 6 1234 5678'],
  ['written with marks', 'tel:\u202a+44\u00a070\u00a01234\u00a05678\u202c'],
] as const;
const ORDINARY = ['07700 900555', '020 7946 0100', '0800 496 0999', '+33 1 99 00 12 34'];

const askForNumber = (customerId: string, number: string) =>
  requestChange(service, customerId, {
    subject: 'phone_number',
    before: undefined,
    after: { number },
    askedThrough: 'phone',
  });

describe('a change to a number that is costly to ring', () => {
  it.each(COSTLY)(
    '(%s) is held with a finding, which the agent sees, and needs a second agent',
    async (_what, number) => {
      const device = await service.customerWithDevice();
      await giveOldNumber(service, device.customerId);
      const { status, body } = await askForNumber(device.customerId, number);
      expect(status).toBe(201);
      expect(body).toMatchObject({
        status: 'held',
        findings: ['costly_number'],
        rules: { proofs: ['app', 'callback', 'second_agent'] },
      });
      expect((await service.ben.get(`/v1/changes/${body.id}`)).body.findings).toEqual(['costly_number']);
      expect((await service.ben.get(`/v1/changes?customerId=${device.customerId}`)).body.data[0].findings).toEqual([
        'costly_number',
      ]);
      expect(
        await service.sql(
          `SELECT data -> 'findings' AS findings FROM events WHERE type = 'countersign.change.requested' AND customer_id = $1`,
          [device.customerId],
        ),
      ).toEqual([{ findings: ['costly_number'] }]);
    },
  );

  it.each(ORDINARY)('and not one to %s', async (number) => {
    const { body } = await askForNumber(newCustomerId(), number);
    expect(body).toMatchObject({ status: 'held', findings: [] });
  });

  it('is told of the number that is wanted, and not of the one that goes', async () => {
    const { body } = await requestChange(service, newCustomerId(), {
      subject: 'phone_number',
      before: { number: COSTLY[0][1] },
      after: { number: ORDINARY[0] },
    });
    expect(body.findings).toEqual([]);
    expect((await requestChange(service, newCustomerId())).body.findings).toEqual([]);
  });
});

describe('a number on file', () => {
  it.each(COSTLY)('is never one that is costly to ring (%s)', async (_what, number) => {
    const reply = await service.admin.put(`/v1/customers/${newCustomerId()}`, {
      phoneNumbers: [{ number: OLD_NUMBER }, { number }],
    });
    expect(reply).toMatchObject({
      status: 422,
      body: {
        type: expect.stringMatching(/\/problems\/costly-number$/),
        errors: [{ pointer: '#/phoneNumbers/1/number' }],
      },
    });
    expect(JSON.stringify(reply.body)).not.toMatch(/\d{6}/);
  });

  it.each([
    '+442079460100 ext. 5',
    '020 7946 0100;ext=5',
    '+447700900123,,5',
    '0800 BANKING',
    'Withheld',
    '60012',
    '020 7946 \u09e6\u09e7\u09e6\u09e6',
    'sip:+447700900123@sip.example',
  ])('is never one that is no number of its own (%s)', async (number) => {
    expect(await service.admin.put(`/v1/customers/${newCustomerId()}`, { phoneNumbers: [{ number }] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '#/phoneNumbers/0/number' }] },
    });
    expect(await askForNumber(newCustomerId(), number)).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '#/after' }] },
    });
  });

  it('that came there before this was known is passed over by callbacks, and alone gives none', async () => {
    const [customerId, other] = [newCustomerId(), newCustomerId()];
    const since = { since: '2020-01-01T00:00:00Z' };
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [
        { number: '07700 900111', since: '2019-01-01T00:00:00Z' },
        { number: OLD_NUMBER, ...since },
      ],
    });
    await service.admin.put(`/v1/customers/${other}`, { phoneNumbers: [{ number: '07700 900112', ...since }] });
    await makeOldestCostly(customerId);
    await makeOldestCostly(other);
    const claim = async (of: string) => {
      const { body } = await service.app.post(`/v1/customers/${of}/callbacks`, { reason: 'Please ring me' });
      return service.ben.post(`/v1/callbacks/${body.id}/claim`, { line: '\u202a020 7946 0100\u202c' });
    };
    expect(await claim(customerId)).toMatchObject({
      status: 200,
      body: { number: OLD_NUMBER, call: { line: '+442079460100' } },
    });
    expect(await claim(other)).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/no-callback-number$/) },
    });
  });
});

/** Seals a premium-rate number where the oldest contact was, as a release that did not know them would have left it. */
async function makeOldestCostly(customerId: string): Promise<void> {
  const [row] = await service.sql<{ key_id: string; wrapped_key: Buffer }>(
    'SELECT key_id, wrapped_key FROM customers WHERE id = $1',
    [customerId],
  );
  const key = service.running.app.get(CustomerKeys, { strict: false }).unwrap('northbank', customerId, row!);
  const sealed = sealFor(key, CONTACT_VALUE, '+449098790123');
  await service.sql(
    `UPDATE contact_points SET value_sealed = $2
      WHERE id = (SELECT id FROM contact_points WHERE customer_id = $1 ORDER BY since LIMIT 1)`,
    [customerId, sealed],
  );
}
