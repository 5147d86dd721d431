import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CustomerDevice, Question } from '../support/customer-device.js';
import type { Reply } from '../support/service-client.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let device: CustomerDevice;
let code: string;
let question: Question;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  device = await service.customerWithDevice();
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    purpose: 'A payment we stopped',
    verify: true,
  });
  ({ code } = body.verification);
  question = (await device.waitingQuestion(service.app))!;
});

const wrong = (): string => (code === '000000' ? '000001' : '000000');
const statuses = (replies: readonly Reply[]): Record<number, number> =>
  replies.reduce<Record<number, number>>(
    (counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }),
    {},
  );
const eventsOf = async (type: string): Promise<object[]> =>
  service.sql(`SELECT data FROM events WHERE customer_id = $1 AND type = $2`, [
    device.customerId,
    `countersign.${type}`,
  ]);
const statusOf = async (): Promise<string> => (await service.amara.get(`/v1/verifications/${question.id}`)).body.status;
const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe('fifty racing answers to one verification', () => {
  it('that are the same valid yes: exactly one wins, and 49 get 409', async () => {
    const jws = await device.signAnswer(question, { answer: 'yes', code });
    const replies = await Promise.all(
      many(50, () => service.app.post(`/v1/verifications/${question.id}/answer`, { jws })),
    );
    expect(statuses(replies)).toEqual({ 200: 1, 409: 49 });
    expect(await eventsOf('verification.confirmed')).toHaveLength(1);
  });

  it('that are each signed anew: exactly one wins, and 49 get 409', async () => {
    const replies = await Promise.all(many(50, () => device.answer(service.app, question, { answer: 'yes', code })));
    expect(statuses(replies)).toEqual({ 200: 1, 409: 49 });
  });

  it('that say yes and no: one outcome stands, and only its event is written', async () => {
    const replies = await Promise.all(
      many(50, (index) =>
        device.answer(service.app, question, index % 2 === 0 ? { answer: 'yes', code } : { answer: 'no' }),
      ),
    );
    expect(statuses(replies)).toEqual({ 200: 1, 409: 49 });
    const { status } = replies.find((reply) => reply.status === 200)!.body;
    expect(await statusOf()).toBe(status);
    expect([await eventsOf('verification.confirmed'), await eventsOf('verification.denied')].flat()).toHaveLength(1);
  });

  it('that are right, wrong and no: one terminal transition, and every 422 is counted', async () => {
    const replies = await Promise.all(
      many(50, (index) =>
        device.answer(
          service.app,
          question,
          [{ answer: 'yes' as const, code: wrong() }, { answer: 'yes' as const, code }, { answer: 'no' as const }][
            index % 3
          ]!,
        ),
      ),
    );
    const counts = statuses(replies);
    expect((counts[200] ?? 0) + (counts[423] ?? 0)).toBe(1);
    expect(counts[422] ?? 0).toBeLessThanOrEqual(4);
    expect((counts[409] ?? 0) + (counts[422] ?? 0)).toBe(49);
    expect(await eventsOf('verification.code_failed')).toHaveLength((counts[422] ?? 0) + (counts[423] ?? 0));
  });

  it('that are all wrong: five are judged, the fifth locks, and the others learn nothing', async () => {
    const replies = await Promise.all(
      many(50, (index) =>
        device.answer(service.app, question, {
          answer: 'yes',
          code: String((Number(code) + 1 + index) % 1e6).padStart(6, '0'),
        }),
      ),
    );
    expect(statuses(replies)).toEqual({ 422: 4, 423: 1, 409: 45 });
    expect(
      replies
        .filter(({ status }) => status === 422)
        .map(({ body }) => body.attemptsLeft as number)
        .sort(),
    ).toEqual([1, 2, 3, 4]);
    expect(await eventsOf('verification.code_failed')).toHaveLength(5);
    expect(await eventsOf('customer.locked')).toHaveLength(1);
    expect(await statusOf()).toBe('locked');
  });

  it("that are wrong, over verifications of two kinds: the cap is the customer's", async () => {
    // The same question once more as another kind, with a challenge of its own.
    await service.sql(
      `INSERT INTO verifications (tenant_id, id, customer_id, kind, key_id, display_sealed, display_time, challenge, asks, code_mac, attempts_allowed, policy_version, started_by, expires_at)
      SELECT tenant_id, uuid7(), customer_id, 'callback', key_id, display_sealed, display_time, 'another-challenge', asks, code_mac, attempts_allowed, policy_version, started_by, expires_at FROM verifications WHERE challenge = $1`,
      [question.challenge],
    );
    const { body } = await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`);
    expect(body.data).toHaveLength(2);
    const replies = await Promise.all(
      many(30, (index) => device.answer(service.app, body.data[index % 2], { answer: 'yes', code: wrong() })),
    );
    expect(statuses(replies)).toEqual({ 422: 4, 423: 1, 409: 25 });
    expect(
      await service.sql(`SELECT DISTINCT status FROM verifications WHERE customer_id = $1`, [device.customerId]),
    ).toEqual([{ status: 'locked' }]);
  });
});
