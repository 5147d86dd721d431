import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { OpenTransaction } from '../support/open-transaction.js';
import { send } from '../support/raw-http.js';
import type { Identities } from '../support/service.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

const WRITERS = 3;
const POOLED = 2;
/** Whether it is refused is the question. */
const ONCE = { once: true };
const settled = { timeout: 60_000, interval: 20 };

let service: TestService;
let south: Identities;
let lock: OpenTransaction | undefined;
/** What waits for the lock is sent again and again until it is let go, as a lock is waited for no longer than 2 s. */
let isHeld = false;
let pumps: Promise<unknown>[] = [];

beforeAll(async () => {
  service = await startTestService({ DATABASE_WRITE_CONNECTIONS: String(WRITERS), DATABASE_POOL: String(POOLED) });
  south = await service.clients('southbank');
  await service.admin.put(`/v1/lines/${encodeURIComponent(LINE)}`, { use: 'outbound', label: 'Ours' });
});
afterEach(async () => {
  isHeld = false;
  await lock?.commit();
  lock = undefined;
  await Promise.all(pumps);
  pumps = [];
});
afterAll(() => service?.stop());

/** Holds what all of these need, so that each of them takes a connection and keeps it. */
async function hold(statement: string, values: unknown[], times: number, act: () => Promise<unknown>): Promise<void> {
  lock = await OpenTransaction.begin(service);
  await lock.query(statement, values);
  isHeld = true;
  pumps = Array.from({ length: times }, async () => {
    while (isHeld) await act();
  });
}

/** A customer whose row is held, with more who end a call of theirs than there are connections for transactions. */
async function holdTransactions(): Promise<void> {
  const customerId = newCustomerId();
  const { body } = await service.amara.post('/v1/calls', { customerId, direction: 'inbound', purpose: 'A question' });
  await hold('SELECT FROM calls WHERE customer_id = $1 FOR UPDATE', [customerId], 2 * POOLED + 1, () =>
    service.amara.post(`/v1/calls/${body.id}/end`, undefined, ONCE),
  );
}

/** Questions that are held, with more who answer them than there are connections that write. */
async function holdWriters(): Promise<void> {
  const device = await service.customerWithDevice();
  const call = { customerId: device.customerId, direction: 'outbound', line: LINE, purpose: 'A payment we stopped' };
  const { body } = await service.amara.post('/v1/calls', { ...call, verify: true });
  const question = (await device.waitingQuestion(service.app))!;
  const answer = { answer: 'yes' as const, code: body.verification.code as string };
  await hold(
    'SELECT FROM customers, verifications WHERE verifications.customer_id = customers.id AND customers.id = $1 FOR UPDATE',
    [device.customerId],
    4 * WRITERS,
    () => device.answer(service.app, question, answer),
  );
}

const importRecords = async (): Promise<{ status: number; body: any; headers: Record<string, any> }> =>
  send(service.url, {
    method: 'POST',
    path: '/v1/call-records',
    headers: { authorization: `Bearer ${await service.token('admin')}`, 'content-type': 'application/x-ndjson' },
    body: '{}\n',
    ...ONCE,
  });
const list = (): Promise<number> => service.analyst.get('/v1/calls', ONCE).then(({ status }) => status);
const verdict = async (who: Identities = service): Promise<unknown> => {
  const question = { trigger: 'ringing', incomingNumber: '+447700900999' };
  const { status, body } = await who.app.post(`/v1/customers/${newCustomerId()}/call-verdicts`, question, ONCE);
  return [status, body.reason];
};
const VERDICT = [200, 'not_our_line'];
const shed = async (name: string): Promise<number> => {
  const { body } = await service.admin.get<string>('/metrics');
  return Number(new RegExp(`^countersign_shed_requests_total\\{class="${name}"\\} (\\d+)$`, 'm').exec(body)?.[1] ?? 0);
};

describe.each([
  ['for transactions', holdTransactions],
  ['that write', holdWriters],
])('while all connections %s are taken', (_which, holdAll) => {
  it('imports, exports and lists are refused, a verdict is given, and another tenant notices nothing', async () => {
    const before = await shed('bulk');
    await holdAll();
    await expect.poll(list, settled).toBe(503);
    for (const refused of [await importRecords(), await service.analyst.get('/v1/reports/export', ONCE)]) {
      expect([refused.status, refused.body]).toEqual([
        503,
        expect.objectContaining({ type: expect.stringMatching(/\/problems\/overloaded$/) }),
      ]);
    }
    expect(Number((await importRecords()).headers['retry-after'])).toBeGreaterThan(0);
    expect(await verdict()).toEqual(VERDICT);
    expect((await south.analyst.get('/v1/calls', ONCE)).status).toBe(200);
    expect((await south.admin.get('/v1/me', ONCE)).status).toBe(200);
    // What watches the service, and says what it does, is asked most now.
    expect(await shed('bulk')).toBeGreaterThan(before);
  });

  it('and all is served again once they are free', async () => {
    await holdAll();
    await expect.poll(list, settled).toBe(503);
    isHeld = false;
    await lock!.commit();
    lock = undefined;
    await Promise.all(pumps);
    await expect.poll(list, settled).toBe(200);
    expect((await importRecords()).status).toBe(200);
    expect(await verdict()).toEqual(VERDICT);
  });
});

describe('what is refused', () => {
  it('is refused before its token is verified and its body read', async () => {
    await holdTransactions();
    await expect.poll(list, settled).toBe(503);
    const [header, payload] = (await service.token('admin')).split('.');
    // A signature of nobody's, and half of a body: 503 at once, and not 401 when the body is there.
    const reply = await send(service.url, {
      method: 'POST',
      path: '/v1/call-records',
      headers: { authorization: `Bearer ${header}.${payload}.AAAA`, 'content-type': 'application/json' },
      body: 'x'.repeat(200_000),
      ...ONCE,
    });
    expect(reply.status).toBe(503);
    expect((await send(service.url, { path: '/v1/calls', headers: { authorization: 'Bearer x.y.z' } })).status).toBe(
      401,
    );
    expect((await send(service.url, { path: '/v1/calls' })).status).toBe(401);
  });
});

describe('a process that works on as many requests as it may', () => {
  let busy: TestService;
  let isGoing = true;
  const MOST = 8;
  beforeAll(async () => {
    busy = await startTestService({ REQUESTS_UNDER_WAY: String(MOST) });
  });
  afterAll(() => {
    isGoing = false;
    return busy.stop();
  });

  it('refuses first what can wait, of the tenant that has its share, and nothing of another or of a phone', async () => {
    const other = await busy.clients('southbank');
    const customerId = newCustomerId();
    const { body } = await busy.amara.post('/v1/calls', { customerId, direction: 'inbound', purpose: 'A question' });
    const held = await OpenTransaction.begin(busy);
    await held.query('SELECT FROM calls WHERE customer_id = $1 FOR UPDATE', [customerId]);
    const pump = async (): Promise<void> => {
      while (isGoing) await busy.amara.post(`/v1/calls/${body.id}/end`, undefined, ONCE);
    };
    const statusOf = (path: string) => async (): Promise<number> =>
      (await busy[path === '/v1/policy' ? 'admin' : 'analyst'].get(path, ONCE)).status;
    const some = Array.from({ length: MOST / 2 }, pump);
    await expect.poll(statusOf('/v1/calls'), settled).toBe(503);
    expect(await statusOf('/v1/policy')()).toBe(200);
    const more = Array.from({ length: MOST }, pump);
    await expect.poll(statusOf('/v1/policy'), settled).toBe(503);
    expect([
      (await other.analyst.get('/v1/calls', ONCE)).status,
      (await other.admin.get('/v1/policy', ONCE)).status,
    ]).toEqual([200, 200]);
    expect(await verdict(busy)).toEqual(VERDICT);
    isGoing = false;
    await held.commit();
    await Promise.all([...some, ...more]);
    for (const path of ['/v1/calls', '/v1/policy']) await expect.poll(statusOf(path), settled).toBe(200);
  });
});
