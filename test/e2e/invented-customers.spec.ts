import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { letTimePass } from '../../bench/report-wave.js';
import { CustomerDevice } from '../support/customer-device.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  // A service that has been in use for longer than policy asks a customer to have been on file.
  await service.customerWithDevice('old-hand');
  await age('old-hand');
});
afterAll(() => service.stop());

const age = (customerId: string) =>
  service.sql(`UPDATE customers SET created_at = now() - interval '25 hours' WHERE id = $1`, [customerId]);
const report = async (customerId: string, claimedNumber: string, more: object = {}) =>
  (await service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'call', claimedNumber, ...more })).body;
const campaignOf = async (number: string) =>
  (await service.analyst.get('/v1/campaigns?state=open')).body.data.find(({ numbers }: { numbers: string[] }) =>
    numbers.includes(number),
  );
const onFile = async (): Promise<string> => {
  const customerId = newCustomerId();
  await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: '+447700900111' }] });
  return customerId;
};
const many = (count: number) => Array.from({ length: count }, () => newCustomerId());

describe("whoever holds the app's token and makes up customers", () => {
  const number = '+447700900601';

  it('opens no campaign, and no verdict mentions one', async () => {
    for (const customerId of many(30)) expect(await report(customerId, number)).not.toHaveProperty('campaign');
    expect(await campaignOf(number)).toBeUndefined();
    expect(
      (await service.app.post('/v1/customers/old-hand/call-verdicts', { trigger: 'ringing', incomingNumber: number }))
        .body,
    ).not.toHaveProperty('campaign');
    expect(
      (await service.analyst.get(`/v1/reports?number=${encodeURIComponent(number)}`)).body.data.map(
        ({ counts }: { counts: boolean }) => counts,
      ),
    ).toEqual(Array.from({ length: 30 }, () => false));
  });

  it('opens none by enrolling a device for each either', async () => {
    for (const customerId of many(10)) {
      await (await CustomerDevice.make(customerId)).enrol(service.app);
      expect(await report(customerId, number)).not.toHaveProperty('campaign');
    }
  });

  it('adds nothing to the reach of a real one', async () => {
    for (let i = 0; i < 7; i += 1) expect(await report(await onFile(), number)).not.toHaveProperty('campaign');
    expect((await report(await onFile(), number)).campaign.customers).toBe(8);
    expect((await report(newCustomerId(), number)).campaign.customers).toBe(8);
    const campaign = await campaignOf(number);
    expect(campaign).toMatchObject({ customers: 8, reports: 49 });
    const { minutes } = (await service.analyst.get(`/v1/campaigns/${campaign.id}`)).body;
    expect(minutes.reduce((sum: number, { newCustomers }: { newCustomers: number }) => sum + newCustomers, 0)).toBe(8);
  });

  it('does not keep it open', async () => {
    await letTimePass({ tenant: 'northbank', sql: (text, values) => service.sql(text, values) }, '7 hours');
    await report(newCustomerId(), number);
    await expect.poll(() => campaignOf(number), { timeout: 60_000 }).toBeUndefined();
  });

  it('does not hide a wave among reports of the same kind', async () => {
    const sender = { channel: 'sms', claimedNumber: undefined, claimedSender: 'NorthBank Alert' };
    for (const customerId of many(60))
      await report(customerId, '', { channel: 'sms', claimedNumber: undefined, claimedSender: `Noise ${customerId}` });
    for (const customerId of many(20)) await report(customerId, '', sender);
    for (let i = 0; i < 7; i += 1) await report(await onFile(), '', sender);
    expect((await report(await onFile(), '', sender)).campaign.customers).toBe(8);
  });
});

describe('a customer counts', () => {
  const number = '+447700900602';
  const known: [string, () => Promise<string>][] = [
    [
      'who was on file for as long as policy says',
      async () => {
        const customerId = newCustomerId();
        await report(customerId, '+447700900699');
        await age(customerId);
        return customerId;
      },
    ],
    ['whose number the bank has put on file', onFile],
    [
      'whom the bank has declared a call to',
      async () => {
        const customerId = newCustomerId();
        await service.amara.post('/v1/calls', { customerId, direction: 'outbound', purpose: 'A payment' });
        return customerId;
      },
    ],
  ];

  it.each(known)('%s', async (_who, make) => {
    const customerId = await make();
    await report(customerId, number);
    expect((await service.analyst.get('/v1/reports?limit=1')).body.data[0]).toMatchObject({ customerId, counts: true });
  });

  it('for whom an agent took the report', async () => {
    const customerId = newCustomerId();
    await service.amara.post('/v1/reports', { customerId, channel: 'call', claimedNumber: number });
    expect((await service.analyst.get('/v1/reports?limit=1')).body.data[0]).toMatchObject({ customerId, counts: true });
  });

  it('whoever it is, where policy asks for no time on file, and while nobody can have been on file for it', async () => {
    const { headers } = await service.admin.get('/v1/policy');
    await service.admin.put(
      '/v1/policy',
      { campaigns: { newcomerSeconds: 0 } },
      { headers: { 'if-match': headers.get('etag')! } },
    );
    for (const customerId of many(4)) await report(customerId, number);
    expect((await campaignOf(number)).customers).toBe(8);
    const south = await service.clients('southbank');
    await south.app.post(`/v1/customers/${newCustomerId()}/reports`, { channel: 'call', claimedNumber: number });
    expect((await south.analyst.get('/v1/reports')).body.data[0].counts).toBe(true);
  });
});
