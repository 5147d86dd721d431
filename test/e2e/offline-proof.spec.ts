import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CustomerDevice } from '../support/customer-device.js';
import type { Reply } from '../support/service-client.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const STEP_MS = 30_000;
let service: TestService;
let device: CustomerDevice;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  device = await service.customerWithDevice();
  // No time step ends in the middle of a test.
  while (Date.now() % STEP_MS > STEP_MS - 10_000) await new Promise((resolve) => setTimeout(resolve, 100));
});

async function declare(direction: 'inbound' | 'outbound', customerId = device.customerId): Promise<string> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId,
    direction,
    line: direction === 'inbound' ? CARD_LINE : LINE,
    purpose: 'A payment we stopped',
  });
  return body.id as string;
}

const give = (callId: string): Promise<Reply> => service.amara.post(`/v1/calls/${callId}/offline-proof`);
const check = (callId: string, customerProof: string): Promise<Reply> =>
  service.amara.post(`/v1/calls/${callId}/offline-proof`, { customerProof });
const codeAt = (steps: number): Promise<string> =>
  device.offlineCode('customerProof', new Date(Date.now() + steps * STEP_MS));
/** Six digits that are no code of any step near now. */
const wrong = async (): Promise<string> => {
  const near = new Set(await Promise.all([-2, -1, 0, 1, 2].map(codeAt)));
  return ['000000', '000001', '000002', '000003', '000004', '000005'].find((code) => !near.has(code))!;
};

describe("the bank's code", () => {
  it('is the one that the app shows with no data connection, on calls of both directions', async () => {
    for (const direction of ['outbound', 'inbound'] as const) {
      device = await service.customerWithDevice();
      const reply = await give(await declare(direction));
      expect(reply).toMatchObject({
        status: 200,
        body: { bankProof: await device.offlineCode('bankProof'), deviceId: device.id },
      });
      expect(reply.headers.get('cache-control')).toBe('no-store');
    }
  });

  it('is given again to the same call, and in this time step to no other: whoever holds the customer elsewhere gets none', async () => {
    const [call, other] = [await declare('outbound'), await declare('inbound')];
    const first = await give(call);
    expect((await give(call)).body).toEqual(first.body);
    const refused = await give(other);
    expect(refused).toMatchObject({ status: 429, body: { type: expect.stringMatching(/too-many-requests$/) } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('goes to one of ten calls that ask at once', async () => {
    const calls = await Promise.all(Array.from({ length: 10 }, () => declare('outbound')));
    const replies = await Promise.all(calls.map(give));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(9);
  });

  it("is of another secret than the customer's code", async () => {
    const call = await declare('inbound');
    const { body } = await give(call);
    if (body.bankProof !== (await codeAt(0))) expect((await check(call, body.bankProof as string)).status).toBe(422);
  });

  it('is not given once the call has ended, where a relay is suspected, or without a device that has secrets', async () => {
    const ended = await declare('outbound');
    await service.amara.post(`/v1/calls/${ended}/end`);
    expect(await give(ended)).toMatchObject({ status: 409, body: { type: expect.stringMatching(/call-ended$/) } });
    const relayed = await declare('inbound');
    await service.app.post(`/v1/customers/${device.customerId}/call-verdicts`, {
      trigger: 'ringing',
      incomingNumber: LINE,
    });
    expect(await give(relayed)).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/relay-suspected$/) },
    });
    expect(await check(relayed, await codeAt(0))).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/relay-suspected$/) },
    });
    expect(await give(await declare('outbound', newCustomerId()))).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/no-device$/) },
    });
    await service.app.delete(`/v1/customers/${device.customerId}/devices/${device.id}`);
    expect(await give(await declare('outbound'))).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/no-device$/) },
    });
  });
});

describe("the customer's code", () => {
  it('is never taken on a call that the bank placed', async () => {
    expect(await check(await declare('outbound'), await codeAt(0))).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/wrong-direction$/) },
    });
    expect(await service.sql('SELECT code_failures FROM customers WHERE id = $1', [device.customerId])).toEqual([
      { code_failures: 0 },
    ]);
  });

  it('is accepted once, in this call and in any other', async () => {
    const call = await declare('inbound');
    expect(await check(call, await codeAt(0))).toMatchObject({
      status: 200,
      body: { customerProved: true, deviceId: device.id, findings: [] },
    });
    for (const again of [call, await declare('inbound')])
      expect(await check(again, await codeAt(0))).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/offline-proof-mismatch$/) },
      });
  });

  it('is accepted one step early or late, and no further', async () => {
    for (const [steps, status] of [
      [-2, 422],
      [-1, 200],
      [1, 200],
      [2, 422],
    ] as const) {
      device = await service.customerWithDevice();
      expect((await check(await declare('inbound'), await codeAt(steps))).status, `${steps} steps`).toBe(status);
    }
  });

  it('of an earlier step is not accepted after a later one', async () => {
    const call = await declare('inbound');
    expect((await check(call, await codeAt(1))).status).toBe(200);
    expect((await check(call, await codeAt(0))).status).toBe(422);
  });

  it('accepted by a device that is new says so', async () => {
    await service.sql('UPDATE devices SET enrolled_at = now() WHERE customer_id = $1', [device.customerId]);
    expect((await check(await declare('inbound'), await codeAt(0))).body.findings).toEqual(['new_device']);
  });

  it('that is wrong counts with all other wrong codes of the customer, and the fifth locks', async () => {
    const call = await declare('inbound');
    for (const left of [4, 3, 2, 1])
      expect(await check(call, await wrong())).toMatchObject({ status: 422, body: { attemptsLeft: left } });
    expect(await check(call, await wrong())).toMatchObject({
      status: 423,
      body: { type: expect.stringMatching(/locked$/), attemptsLeft: 0 },
    });
    expect(await check(call, await codeAt(0))).toMatchObject({ status: 423 });
    expect(await service.amara.post(`/v1/calls/${call}/verification`)).toMatchObject({ status: 423 });
    await service.admin.post(`/v1/customers/${device.customerId}/unlock`);
    expect((await check(call, await codeAt(0))).status).toBe(200);
  });

  it('that is right clears the count', async () => {
    const call = await declare('inbound');
    await check(call, await wrong());
    await check(call, await wrong());
    expect((await check(call, await codeAt(0))).status).toBe(200);
    expect(await check(call, await wrong())).toMatchObject({ status: 422, body: { attemptsLeft: 4 } });
  });

  it('twenty times at once is accepted once; thirty wrong ones at once are judged five times', async () => {
    const call = await declare('inbound');
    const code = await codeAt(0);
    const right = await Promise.all(Array.from({ length: 20 }, () => check(call, code)));
    expect(right.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const { status } of right) expect([200, 409, 422, 423]).toContain(status);
    device = await service.customerWithDevice();
    const other = await declare('inbound');
    const bad = await wrong();
    const refused = await Promise.all(Array.from({ length: 30 }, () => check(other, bad)));
    expect(refused.filter(({ status }) => status === 422)).toHaveLength(4);
    expect(refused.filter(({ status }) => status === 423)).toHaveLength(26);
    expect(
      await service.sql(
        `SELECT FROM events WHERE customer_id = $1 AND type = 'countersign.call.customer_proof_failed'`,
        [device.customerId],
      ),
    ).toHaveLength(5);
  });

  it.each(['12345', '1234567', 'abcdef', '', '-12345', '12345\n', '12345O', '12345\u00b2'])(
    'of the form "%s" is refused before it counts',
    async (code) => {
      expect((await check(await declare('inbound'), code)).status).toBe(400);
      expect(await service.sql('SELECT code_failures FROM customers WHERE id = $1', [device.customerId])).toEqual([
        { code_failures: 0 },
      ]);
    },
  );
});
