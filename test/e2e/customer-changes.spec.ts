import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const IBANS = ['GB29NWBK60161331926819', 'DE89370400440532013000', 'FR1420041010050500013M02606', 'NL91ABNA0417164300'];

async function request(customerId: string, iban = IBANS[0]!, more: object = {}): Promise<any> {
  const { status, body } = await service.amara.post('/v1/changes', {
    customerId,
    subject: 'payee_account',
    before: { holder: 'Oak Joinery Ltd', iban: 'GB94BARC10201530093459' },
    after: { holder: 'Oak Joinery Ltd', iban },
    askedThrough: 'email',
    ...more,
  });
  expect(status).toBe(201);
  return body;
}
const list = async (customerId: string, query = '', as = service.app): Promise<any> => {
  const { status, body } = await as.get(`/v1/customers/${customerId}/changes${query}`);
  expect(status).toBe(200);
  return body;
};
const withdraw = (id: string) => service.amara.post(`/v1/changes/${id}/withdraw`);

describe("a customer's own changes", () => {
  it('are masked as the question in the app shows them, and say nothing of agents', async () => {
    const device = await service.customerWithDevice();
    const change = await request(device.customerId, undefined, { atRisk: { amount: 9_000, currency: 'GBP' } });
    const { data, next } = await list(device.customerId);
    expect(next).toBeNull();
    expect(data).toEqual([
      {
        id: change.id,
        reference: change.reference,
        subject: 'payee_account',
        status: 'held',
        before: change.before,
        after: change.after,
        askedThrough: 'email',
        requestedAt: change.requestedAt,
        releaseAfter: change.releaseAfter,
        expiresAt: change.expiresAt,
        closedAt: null,
        releasedAt: null,
        disputedAt: null,
        disputable: true,
      },
    ]);
    const question = (await device.waitingQuestion(service.app))!;
    expect(question.display).toMatchObject({ before: data[0].before, after: data[0].after });
    expect(JSON.stringify(data)).not.toMatch(/amara|NWBK60161331926819|9000/);
  });

  it('can be disputed while they are held, and for 13 months after their release', async () => {
    const released = async (ago: string): Promise<{ customerId: string; id: string }> => {
      const customerId = newCustomerId();
      const { id } = await request(customerId);
      await service.sql(
        `UPDATE changes SET status = 'released', closed_at = now(), released_at = now() - $2::interval WHERE customer_id = $1`,
        [customerId, ago],
      );
      return { customerId, id };
    };
    const old = await released('14 months');
    expect((await list(old.customerId)).data).toMatchObject([{ status: 'released', disputable: false }]);
    expect((await service.app.post(`/v1/changes/${old.id}/dispute`)).status).toBe(409);
    const recent = await released('12 months');
    expect((await list(recent.customerId)).data).toMatchObject([{ status: 'released', disputable: true }]);
    expect((await service.app.post(`/v1/changes/${recent.id}/dispute`)).status).toBe(200);
    expect((await list(recent.customerId)).data).toMatchObject([
      { status: 'disputed', disputable: false, disputedAt: expect.any(String) },
    ]);
  });

  it('are those that are held first, each part newest first, page by page, also where one closes between two pages', async () => {
    const customerId = newCustomerId();
    const made: string[] = [];
    for (let n = 0; n < 6; n += 1) made.push((await request(customerId, IBANS[n % 4])).id);
    for (const at of [1, 4]) expect((await withdraw(made[at]!)).status).toBe(200);
    const order = [5, 3, 2, 0, 4, 1].map((at) => made[at]);
    expect((await list(customerId)).data.map(({ id }: { id: string }) => id)).toEqual(order);
    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page: any = await list(customerId, `?limit=1${next ? `&after=${next}` : ''}`);
      expect(page.data).toHaveLength(1);
      seen.push(page.data[0].id);
      next = page.next;
    } while (next);
    expect(seen).toEqual(order);
    const first = await list(customerId, '?limit=1');
    await withdraw(made[5]!);
    expect((await list(customerId, `?after=${first.next}`)).data.map(({ id }: { id: string }) => id)).toEqual(
      [3, 2, 0, 5, 4, 1].map((at) => made[at]),
    );
    for (const after of ['x', 'held.', `held.held.${made[0]}`, 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa'])
      expect((await service.app.get(`/v1/customers/${customerId}/changes?after=${after}`)).status).toBe(400);
  });

  it('are nobody else’s: not of another customer, another tenant or another scope', async () => {
    const customerId = newCustomerId();
    await request(customerId);
    expect(await list(newCustomerId())).toEqual({ data: [], next: null });
    const south = await service.clients('southbank');
    expect(await list(customerId, '', south.app)).toEqual({ data: [], next: null });
    for (const as of [service.amara, service.telephony, service.admin, service.analyst])
      expect((await as.get(`/v1/customers/${customerId}/changes`)).status).toBe(403);
  });

  it('stay listed without their details once the customer was shredded', async () => {
    const customerId = newCustomerId();
    await request(customerId);
    await service.admin.delete(`/v1/customers/${customerId}`);
    expect((await list(customerId)).data).toMatchObject([
      { status: 'withdrawn', before: null, after: null, disputable: false },
    ]);
  });
});
