import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchAdmitted } from '../support/once-admitted.js';
import type { Reply } from '../support/service-client.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
const statuses = (replies: readonly Reply[]): Record<number, number> =>
  replies.reduce<Record<number, number>>(
    (counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }),
    {},
  );
const declare = (customerId: string, change: object = {}): Promise<Reply> =>
  service.amara.post('/v1/calls', { customerId, direction: 'outbound', purpose: 'A payment we stopped', ...change });

describe('twenty racing verifications of one call', () => {
  it('keep to the push budget exactly, and leave one waiting', async () => {
    const { customerId } = await service.customerWithDevice();
    const { body } = await declare(customerId);
    const replies = await Promise.all(many(20, () => service.amara.post(`/v1/calls/${body.id}/verification`)));
    expect(statuses(replies)).toEqual({ 201: 5, 429: 15 });
    for (const { status, headers } of replies)
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    const rows = await service.sql<{ status: string }>(
      `SELECT status FROM verifications WHERE customer_id = $1 ORDER BY id`,
      [customerId],
    );
    expect(rows.map(({ status }) => status).sort()).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'cancelled',
      'waiting',
    ]);
    expect(
      await service.sql(`SELECT FROM events WHERE customer_id = $1 AND type = 'countersign.verification.started'`, [
        customerId,
      ]),
    ).toHaveLength(5);
  });

  it("over twenty calls, through two processes, still share the customer's one budget", async () => {
    const { customerId } = await service.customerWithDevice();
    const other = await service.startAnother();
    const token = await service.token('agent:amara');
    const replies = await Promise.all(
      many(20, async (index) => {
        const url = index % 2 === 0 ? service.url : other.url;
        const reply = await fetchAdmitted(`${url}/v1/calls`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ customerId, direction: 'outbound', purpose: 'x', verify: true }),
        });
        expect(reply.status).toBe(201);
        return (await reply.json()) as { verification: object | null; verificationUnavailable?: string };
      }),
    );
    expect(replies.filter(({ verification }) => verification !== null)).toHaveLength(5);
    expect(replies.filter(({ verificationUnavailable }) => verificationUnavailable === 'push_budget')).toHaveLength(15);
    expect(
      await service.sql(`SELECT FROM verifications WHERE customer_id = $1 AND status = 'waiting'`, [customerId]),
    ).toHaveLength(1);
    await other.stop();
  });
});

describe('a verification that is started', () => {
  it('while its call ends is cancelled with it, or refused', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { customerId } = await service.customerWithDevice();
      const { body } = await declare(customerId);
      const [started, ended] = await Promise.all([
        service.amara.post(`/v1/calls/${body.id}/verification`),
        service.amara.post(`/v1/calls/${body.id}/end`),
      ]);
      expect(ended.status).toBe(200);
      expect([201, 409]).toContain(started.status);
      expect(
        await service.sql(`SELECT FROM verifications WHERE customer_id = $1 AND status = 'waiting'`, [customerId]),
      ).toHaveLength(0);
    }
  });

  it('after it waited for the end of its call is refused', async () => {
    const { customerId } = await service.customerWithDevice();
    const { body } = await declare(customerId);
    const transaction = await OpenTransaction.begin(service);
    await transaction.query(`UPDATE calls SET ended_at = now() WHERE customer_id = $1`, [customerId]);
    const started = service.amara.post(`/v1/calls/${body.id}/verification`);
    await transaction.untilWaiting();
    await transaction.commit();
    expect(await started).toMatchObject({ status: 409, body: { type: expect.stringMatching(/call-ended$/) } });
  });

  it('in one call cancels what waits in another, so that the customer has one question', async () => {
    const { customerId } = await service.customerWithDevice();
    const [first, second] = [await declare(customerId, { verify: true }), await declare(customerId, { verify: true })];
    expect((await service.amara.get(`/v1/calls/${first.body.id}`)).body.verification.status).toBe('cancelled');
    expect((await service.amara.get(`/v1/calls/${second.body.id}`)).body.verification.status).toBe('waiting');
  });
});

describe('a customer who is shredded', () => {
  const orphans = (customerId: string): Promise<object[]> =>
    service.sql(
      `SELECT FROM calls k WHERE customer_id = $1 AND ended_at IS NULL AND NOT EXISTS (SELECT FROM customers c WHERE c.tenant_id = k.tenant_id AND c.id = k.customer_id AND c.key_id = k.key_id)`,
      [customerId],
    );

  it('while calls are declared leaves no live call behind under a destroyed key', async () => {
    const customerId = newCustomerId();
    for (let round = 0; round < 5; round += 1) {
      await declare(customerId);
      const replies = await Promise.all([
        ...many(10, (index) => declare(customerId, { verify: index % 2 === 0 })),
        service.admin.delete(`/v1/customers/${customerId}`),
        ...many(10, () => declare(customerId)),
      ]);
      for (const { status } of replies) expect([201, 204]).toContain(status);
      expect(await orphans(customerId)).toEqual([]);
    }
  });

  it('after a declaration that is not committed yet takes that call along', async () => {
    const customerId = newCustomerId();
    await declare(customerId);
    // What a declaration does, in a process that is slow to commit.
    const transaction = await OpenTransaction.begin(service);
    await transaction.query(`SELECT FROM customers WHERE id = $1 FOR KEY SHARE`, [customerId]);
    await transaction.query(
      `INSERT INTO calls (id, reference, customer_id, direction, key_id, purpose_sealed, agent_id, agent_name, declared_by, expires_at) SELECT uuid7(), 'SLOW-0000', id, 'outbound', key_id, '', 'a', 'A', 'a', now() + interval '1 hour' FROM customers WHERE id = $1`,
      [customerId],
    );
    const shredded = service.admin.delete(`/v1/customers/${customerId}`);
    await transaction.untilWaiting();
    await transaction.commit();
    expect((await shredded).status).toBe(204);
    expect(await orphans(customerId)).toEqual([]);
  });

  it('before a declaration that waited for it is made anew by that declaration, under another key', async () => {
    const customerId = newCustomerId();
    await declare(customerId);
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('DELETE FROM customers WHERE id = $1', [customerId]);
    const declared = declare(customerId);
    await transaction.untilWaiting();
    await transaction.commit();
    expect(await declared).toMatchObject({ status: 201, body: { state: 'live', purpose: 'A payment we stopped' } });
    expect((await service.amara.get(`/v1/calls/${(await declared).body.id}`)).body.purpose).toBe(
      'A payment we stopped',
    );
  });
});
