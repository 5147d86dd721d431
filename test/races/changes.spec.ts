import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerDevice } from '../support/customer-device.js';
import {
  answerChange,
  callBackAndConfirm,
  giveOldNumber,
  letTimePass,
  requestChange,
  ringAtAnyHour,
} from '../support/changes.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service, { coolingOffSeconds: 0 });
});
afterAll(() => service.stop());

async function askedFor(more: object = {}): Promise<{ device: CustomerDevice; id: string }> {
  const device = await service.customerWithDevice();
  await giveOldNumber(service, device.customerId);
  const { body } = await requestChange(service, device.customerId, more);
  return { device, id: body.id };
}

const status = async (id: string) => (await service.amara.get(`/v1/changes/${id}`)).body.status;
const count = async (type: string, customerId: string) =>
  (await service.sql(`SELECT 1 FROM events WHERE type = $1 AND customer_id = $2`, [`countersign.${type}`, customerId]))
    .length;

describe('one release', () => {
  it('where the two last proofs race, and many look at once', async () => {
    const { device, id } = await askedFor({ atRisk: { amount: 20_000, currency: 'GBP' } });
    await callBackAndConfirm(service, device);
    await Promise.all([
      answerChange(service, device, 'yes'),
      service.chioma.post(`/v1/changes/${id}/approve`),
      ...Array.from({ length: 10 }, () => status(id)),
    ]);
    await Promise.all(Array.from({ length: 20 }, () => status(id)));
    expect(await status(id)).toBe('released');
    expect(await count('change.released', device.customerId)).toBe(1);
  });

  it('by the sweeper alone, once, after the process that took the last proof was gone', async () => {
    const { device, id } = await askedFor();
    await callBackAndConfirm(service, device);
    const other = await service.startAnother();
    await answerChange(service, device, 'yes');
    await expect.poll(() => count('change.released', device.customerId), { timeout: 60_000 }).toBe(1);
    expect(await status(id)).toBe('released');
    await other.stop();
  });
});

describe('a dispute always wins', () => {
  it('against the release that it races', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { device, id } = await askedFor();
      await answerChange(service, device, 'yes');
      await callBackAndConfirm(service, device);
      const [dispute] = await Promise.all([
        service.app.post(`/v1/changes/${id}/dispute`),
        ...Array.from({ length: 5 }, () => status(id)),
      ]);
      expect(dispute).toMatchObject({ status: 200 });
      expect(['refused', 'disputed']).toContain(dispute.body.status);
      expect(['refused', 'disputed']).toContain(await status(id));
    }
  });

  it('a no that is being recorded keeps the release waiting', async () => {
    const { device, id } = await askedFor();
    await callBackAndConfirm(service, device);
    const outcomes = await Promise.all([
      answerChange(service, device, 'yes'),
      service.app.post(`/v1/changes/${id}/dispute`),
      answerChange(service, device, 'no').catch(() => null),
    ]);
    expect(outcomes.filter((outcome) => outcome?.status === 200).length).toBeGreaterThan(0);
    expect(['refused', 'disputed']).toContain(await status(id));
  });

  it('and no step leaves a closed change, not even by SQL', async () => {
    const { device, id } = await askedFor();
    await answerChange(service, device, 'no');
    expect(await status(id)).toBe('refused');
    await expect(
      service.sql(`UPDATE changes SET status = 'held', closed_at = NULL WHERE customer_id = $1`, [device.customerId]),
    ).rejects.toMatchObject({ code: '23514' });
    expect((await service.amara.post(`/v1/changes/${id}/withdraw`)).status).toBe(409);
  });
});

describe('a callback', () => {
  it('is claimed by one of many agents', async () => {
    const { device } = await askedFor();
    const [callback] = (await service.ben.get(`/v1/callbacks?customerId=${device.customerId}`)).body.data;
    const claims = await Promise.all(
      Array.from({ length: 10 }, (_value, index) =>
        (index % 2 ? service.ben : service.chioma).post(`/v1/callbacks/${callback.id}/claim`, {}),
      ),
    );
    expect(claims.filter((claim) => claim.status === 200)).toHaveLength(1);
    expect(claims.filter((claim) => claim.status === 409)).toHaveLength(9);
    expect((await service.amara.get(`/v1/calls?customerId=${device.customerId}&state=live`)).body.data).toHaveLength(1);
    expect(await count('contact.revealed', device.customerId)).toBe(1);
  });

  it("whose claim lapsed goes to the next agent, and the first agent's call is over", async () => {
    const { device } = await askedFor();
    const [callback] = (await service.ben.get(`/v1/callbacks?customerId=${device.customerId}`)).body.data;
    const first = await service.ben.post(`/v1/callbacks/${callback.id}/claim`, {});
    await service.sql(`UPDATE callbacks SET claimed_until = now() - interval '1 second' WHERE customer_id = $1`, [
      device.customerId,
    ]);
    expect((await service.ben.post(`/v1/callbacks/${callback.id}/outcome`, { result: 'declined' })).status).toBe(409);
    const second = await service.chioma.post(`/v1/callbacks/${callback.id}/claim`, {});
    expect(second.status).toBe(200);
    expect((await service.amara.get(`/v1/calls/${first.body.call.id}`)).body.state).toBe('ended');
    expect((await service.amara.get(`/v1/calls/${second.body.call.id}`)).body.state).toBe('live');
  });
});

describe('rules', () => {
  it('are those that a change was born with, whatever policy says later', async () => {
    const { device, id } = await askedFor();
    const before = (await service.amara.get(`/v1/changes/${id}`)).body.rules;
    await ringAtAnyHour(service, { coolingOffSeconds: 0, rules: [{ proofs: ['letter'] }] });
    const after = (await service.amara.get(`/v1/changes/${id}`)).body;
    expect(after.rules).toEqual(before);
    expect(after.rules.proofs).toEqual(['app', 'callback']);
    expect((await requestChange(service, device.customerId)).body.rules).toMatchObject({
      proofs: ['letter'],
      policyVersion: before.policyVersion + 1,
    });
    await ringAtAnyHour(service, { coolingOffSeconds: 0 });
  });

  it('end a change that nobody proved in time', async () => {
    const { id } = await askedFor();
    await letTimePass(service, id, '31 days');
    expect(await status(id)).toBe('expired');
  });
});
