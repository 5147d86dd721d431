import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onceReached } from '../support/once-reached.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

/** The value of a metric in Prometheus's text form, or 0 where it has none yet. */
async function metric(name: string): Promise<number> {
  const { body } = await service.admin.get<string>('/metrics');
  const line = body.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

describe('metrics', () => {
  it('count each verdict by its reason', async () => {
    const { customerId } = await service.customerWithDevice();
    const question = { trigger: 'ringing', incomingNumber: LINE };
    await onceReached(() => service.app.post(`/v1/customers/${customerId}/call-verdicts`, question));
    expect(await metric('countersign_verdicts_total{verdict="not_legitimate",reason="no_live_call"}')).toBe(1);
  });

  it('count each answer by what came of it', async () => {
    const device = await service.customerWithDevice();
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'outbound',
      purpose: 'Hello',
      verify: true,
    });
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'yes' });
    await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code });
    expect(await metric('countersign_answers_total{outcome="code-required"}')).toBe(1);
    expect(await metric('countersign_answers_total{outcome="confirmed"}')).toBe(1);
  });

  it('tell for how long events wait to be sealed and to be handed on, where something holds them up', async () => {
    await service.admin.post('/v1/webhooks', { url: 'http://127.0.0.1:9/', types: ['countersign.customer.*'] });
    const settled = { timeout: 60_000, interval: 100 };
    await expect.poll(() => metric('countersign_unsealed_seconds'), settled).toBe(0);
    await expect.poll(() => metric('countersign_relay_lag_seconds{consumer="webhooks"}'), settled).toBe(0);
    const open = await OpenTransaction.begin(service);
    await open.query('SELECT pg_current_xact_id()');
    await service.customerWithDevice();
    await expect.poll(() => metric('countersign_unsealed_seconds'), settled).toBeGreaterThan(1);
    await expect.poll(() => metric('countersign_relay_lag_seconds{consumer="webhooks"}'), settled).toBeGreaterThan(1);
    await open.rollback();
    await expect.poll(() => metric('countersign_unsealed_seconds'), settled).toBe(0);
    await expect.poll(() => metric('countersign_relay_lag_seconds{consumer="webhooks"}'), settled).toBe(0);
  });
});
