import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CustomerDevice, Question } from '../support/customer-device.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let device: CustomerDevice;
let code: string;
let callId: string;
let question: Question;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  device = await service.customerWithDevice();
  await declare('outbound');
});

async function declare(direction: 'inbound' | 'outbound'): Promise<void> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction,
    purpose: 'A payment we stopped',
    verify: true,
  });
  callId = body.id;
  ({ code } = body.verification);
  question = (await device.waitingQuestion(service.app))!;
}

const eventsOf = async (type: string): Promise<object[]> =>
  service.sql(`SELECT data FROM events WHERE customer_id = $1 AND type = $2`, [
    device.customerId,
    `countersign.${type}`,
  ]);
const statusOf = async (): Promise<string> => (await service.amara.get(`/v1/verifications/${question.id}`)).body.status;

/** Holds the customer's row, sends an answer that then waits for it, lets `meanwhile` happen, and lets go. */
async function answerWhile(
  answer: { answer: 'yes' | 'no'; code?: string },
  meanwhile: () => Promise<void>,
): Promise<any> {
  const transaction = await OpenTransaction.begin(service);
  await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [device.customerId]);
  const answered = device.answer(service.app, question, answer);
  await transaction.untilWaiting();
  await meanwhile();
  await transaction.commit();
  return answered;
}

describe('an answer that is under way', () => {
  it('loses to a lapse that is committed first', async () => {
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM verifications WHERE challenge = $1 FOR UPDATE', [question.challenge]);
    const answer = device.answer(service.app, question, { answer: 'yes', code });
    await transaction.untilWaiting();
    await transaction.query(`UPDATE verifications SET expires_at = now() - interval '1 second' WHERE challenge = $1`, [
      question.challenge,
    ]);
    await transaction.commit();
    expect(await answer).toMatchObject({ status: 409, body: { verificationStatus: 'expired' } });
    expect(await eventsOf('verification.expired')).toHaveLength(1);
    expect(await eventsOf('verification.confirmed')).toHaveLength(0);
  });

  it('does not confirm once its device was revoked', async () => {
    const answer = await answerWhile({ answer: 'yes', code }, async () => {
      expect((await service.app.delete(`/v1/customers/${device.customerId}/devices/${device.id}`)).status).toBe(204);
    });
    expect(answer).toMatchObject({ status: 422, body: { type: expect.stringMatching(/answer-not-accepted$/) } });
    expect(await statusOf()).toBe('waiting');
  });

  it('is reported and not confirmed once a verdict showed a relay', async () => {
    await service.amara.post(`/v1/calls/${callId}/end`);
    await declare('inbound');
    const answer = await answerWhile({ answer: 'yes', code }, async () => {
      expect(
        (await service.app.post(`/v1/customers/${device.customerId}/call-verdicts`, { trigger: 'customer' })).body
          .reason,
      ).toBe('someone_rang_as_you');
    });
    expect(answer).toMatchObject({ status: 200, body: { status: 'reported', findings: ['relay_suspected'] } });
  });

  it('does not confirm a call that ended', async () => {
    const answer = await answerWhile({ answer: 'yes', code }, async () => {
      expect((await service.amara.post(`/v1/calls/${callId}/end`)).status).toBe(200);
    });
    expect(answer).toMatchObject({ status: 409, body: { verificationStatus: 'cancelled' } });
    expect(await statusOf()).toBe('cancelled');
  });

  it('does not confirm for a customer who was shredded', async () => {
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM verifications WHERE challenge = $1 FOR UPDATE', [question.challenge]);
    const shredded = service.admin.delete(`/v1/customers/${device.customerId}`);
    await transaction.untilWaiting(1);
    const answer = device.answer(service.app, question, { answer: 'yes', code });
    await transaction.untilWaiting(2);
    await transaction.commit();
    expect((await shredded).status).toBe(204);
    expect(await answer).toMatchObject({ status: 409, body: { verificationStatus: 'cancelled' } });
  });

  it('and the end of its call never wait for each other, in whatever order they come', async () => {
    await declare('inbound');
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM verifications WHERE challenge = $1 FOR UPDATE', [question.challenge]);
    const answer = device.answer(service.app, question, { answer: 'no', reason: 'they_called_me' });
    await transaction.untilWaiting(1);
    const end = service.amara.post(`/v1/calls/${callId}/end`);
    await transaction.untilWaiting(2);
    await transaction.commit();
    expect((await end).status).toBe(200);
    expect([200, 409]).toContain((await answer).status);
    for (let round = 0; round < 10; round += 1) {
      await service.sql(`UPDATE customers SET recent_prompts = '{}', prompts_since_confirmed = 0 WHERE id = $1`, [
        device.customerId,
      ]);
      await declare('inbound');
      const [ended, answered] = await Promise.all([
        service.amara.post(`/v1/calls/${callId}/end`),
        device.answer(service.app, question, { answer: 'no', reason: 'they_called_me' }),
      ]);
      expect(ended.status).toBe(200);
      expect(await statusOf()).toBe(answered.status === 200 ? 'reported' : 'cancelled');
    }
  });
});
