import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  callBackAndConfirm,
  giveOldNumber,
  questionAboutChange,
  requestChange,
  ringAtAnyHour,
} from '../support/changes.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service, { coolingOffSeconds: 0 });
});
afterAll(() => service.stop());

const report = (customerId: string) => service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'call' });
const statusOf = async (id: string) => (await service.amara.get(`/v1/changes/${id}`)).body.status;

describe('a report', () => {
  it('against the release of a change: it is refused or was released, and never both', async () => {
    const outcomes = new Set<string>();
    for (let round = 0; round < 6; round += 1) {
      const device = await service.customerWithDevice();
      await giveOldNumber(service, device.customerId);
      const { body: change } = await requestChange(service, device.customerId);
      await callBackAndConfirm(service, device);
      const question = await questionAboutChange(service, device);
      const [answered, reported] = await Promise.all([
        device.answer(service.app, question, { answer: 'yes' }),
        report(device.customerId),
        statusOf(change.id),
        statusOf(change.id),
      ]);
      expect(reported.status).toBe(201);
      expect([200, 409]).toContain(answered.status);
      const status = await statusOf(change.id);
      outcomes.add(status);
      expect(['refused', 'released']).toContain(status);
      if (answered.status === 409) expect(status).toBe('refused');
      const events = await service.sql(
        `SELECT type FROM events WHERE customer_id = $1 AND type IN ('countersign.change.refused', 'countersign.change.released')`,
        [device.customerId],
      );
      expect(events).toEqual([{ type: `countersign.change.${status}` }]);
    }
    expect(outcomes.size).toBeGreaterThan(0);
  });

  it("against the customer's own answer about a call: one outcome stands, and nothing waits any more", async () => {
    for (let round = 0; round < 6; round += 1) {
      const device = await service.customerWithDevice();
      const { body: call } = await service.amara.post('/v1/calls', {
        customerId: device.customerId,
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment',
        verify: true,
      });
      const question = (await device.waitingQuestion(service.app))!;
      const [answered, reported] = await Promise.all([
        device.answer(service.app, question, { answer: 'yes', code: call.verification.code }),
        report(device.customerId),
      ]);
      expect(reported.status).toBe(201);
      const { body: verification } = await service.amara.get(`/v1/verifications/${call.verification.id}`);
      expect([verification.status, answered.status]).toEqual(
        answered.status === 200 ? ['confirmed', 200] : ['reported', 409],
      );
    }
  });

  it('many at once with starts, ends and shredding: none waits for another in a circle', async () => {
    const device = await service.customerWithDevice();
    const { customerId } = device;
    const replies = await Promise.all(
      Array.from({ length: 24 }, (_value, index) => {
        if (index % 4 === 0) return report(customerId);
        if (index % 4 === 1) return requestChange(service, customerId);
        if (index % 4 === 2)
          return service.amara.post('/v1/calls', {
            customerId,
            direction: 'outbound',
            line: LINE,
            purpose: 'A payment',
            verify: true,
          });
        return index === 23
          ? service.admin.delete(`/v1/customers/${customerId}`)
          : service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'customer' });
      }),
    );
    expect(replies.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
    await report(customerId);
    expect((await service.app.get(`/v1/customers/${customerId}/verifications?status=waiting`)).body.data).toEqual([]);
    expect((await service.amara.get(`/v1/changes?status=held&customerId=${customerId}`)).body.data).toEqual([]);
  });
});
