import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/service-client.js';
import { BadNetwork } from '../support/bad-network.js';
import { onceReached } from '../support/once-reached.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let network: BadNetwork;
let service: TestService;

beforeAll(async () => {
  network = await BadNetwork.start();
  service = await startTestService({ DATABASE_POOL: '2' }, (databaseUrl) => network.addressOf(databaseUrl));
});
afterEach(async () => {
  network.up();
  await recovered();
});
afterAll(async () => {
  await service.stop();
  await network.stop();
});

const declare = (customerId = newCustomerId(), change: object = {}): Promise<Reply> =>
  service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    ...change,
  });
const verdict = (customerId: string): Promise<Reply> =>
  service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE });
const callsOf = async (customerId: string): Promise<number> =>
  (await service.sql('SELECT FROM calls WHERE customer_id = $1', [customerId])).length;

/** By itself: nobody restarts anything. */
async function recovered(): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    const reply = await service.admin.get('/health/ready');
    if (reply.status === 200 && (await declare()).status === 201) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the service did not recover');
}

function expectUnavailable(reply: Reply): void {
  expect(reply).toMatchObject({
    status: 503,
    body: {
      status: 503,
      type: expect.stringMatching(/\/problems\/temporarily-unavailable$/),
      title: expect.any(String),
    },
  });
  expect(reply.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(JSON.stringify(reply.body)).not.toMatch(/postgres|connect|ECONN|socket|terminat|timeout|SQL/i);
}

async function expectNoVerdict(customerId: string): Promise<void> {
  const result = await verdict(customerId);
  expect(result).toMatchObject({
    status: 200,
    body: { verdict: 'unknown', reason: 'unavailable', advice: { code: 'hang_up_and_ring_card_number' } },
  });
  expect(result.body.call).toBeUndefined();
  const text = 'Northbank: your new card is on its way.';
  const message = await service.app.post(`/v1/customers/${customerId}/notice-checks`, { text });
  expect(message).toMatchObject({
    status: 200,
    body: { verdict: 'unknown', reason: 'unavailable', differences: [], advice: { code: 'notice_unknown' } },
  });
}

describe('a database that is stopped', () => {
  it('makes every answer 503, a verdict unknown, and the process not ready but alive; then all is well by itself', async () => {
    const customerId = newCustomerId();
    await declare(customerId);
    expect((await onceReached(() => verdict(customerId))).body.verdict).toBe('legitimate');
    network.down();
    await expectNoVerdict(customerId);
    for (const reply of [
      await declare(customerId),
      await service.amara.get('/v1/calls'),
      await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [] }),
      await service.admin.get('/health/ready'),
    ])
      expectUnavailable(reply);
    expect(await service.admin.get('/health/live')).toMatchObject({ status: 200 });
    network.up();
    await recovered();
    expect((await onceReached(() => verdict(customerId))).body.verdict).toBe('legitimate');
    expect(await callsOf(customerId)).toBe(1);
  });

  it('in mid-request gives 503, and nothing half-written', async () => {
    const { customerId } = await service.customerWithDevice();
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    const requests = Array.from({ length: 20 }, () => declare(customerId, { verify: true }));
    await transaction.untilWaiting();
    network.down();
    for (const reply of await Promise.all(requests)) expectUnavailable(reply);
    await transaction.commit();
    network.up();
    await recovered();
    await expectWhole(customerId);
  });

  it('whose sessions are ended one by one gives 503 or an answer, never another error', async () => {
    const { customerId } = await service.customerWithDevice();
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    const requests = Array.from({ length: 20 }, (_, index) =>
      index % 2 === 0
        ? declare(customerId)
        : service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: '+447700900123' }] }),
    );
    await transaction.untilWaiting();
    await service.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'countersign%'`,
    );
    await transaction.commit();
    for (const reply of await Promise.all(requests)) if (![200, 201].includes(reply.status)) expectUnavailable(reply);
    await expectWhole(customerId);
  });
});

/** Each call with its event, each verification with its own, and each event with what it is about. */
async function expectWhole(customerId: string): Promise<void> {
  const [row] = await service.sql(
    `
    SELECT (SELECT count(*) FROM calls WHERE customer_id = $1) AS calls, (SELECT count(*) FROM events WHERE customer_id = $1 AND type = 'countersign.call.declared') AS declared,
           (SELECT count(*) FROM verifications WHERE customer_id = $1) AS verifications, (SELECT count(*) FROM events WHERE customer_id = $1 AND type = 'countersign.verification.started') AS started,
           (SELECT count(*) FROM verifications WHERE customer_id = $1 AND status = 'waiting') AS waiting`,
    [customerId],
  );
  expect(row.calls).toBe(row.declared);
  expect(row.verifications).toBe(row.started);
  expect(Number(row.waiting)).toBeLessThanOrEqual(1);
}

describe('a database that hangs', () => {
  it('leaves no request hanging: 503, and a verdict unknown, while it hangs', async () => {
    const customerId = newCustomerId();
    await declare(customerId);
    network.hang();
    const slow = [
      declare(customerId),
      service.amara.get('/v1/calls'),
      service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [] }),
    ];
    await expectNoVerdict(customerId);
    expectUnavailable(await service.admin.get('/health/ready'));
    // The database hangs still: whatever is answered, is answered by our own limits.
    for (const result of await Promise.all(slow)) expectUnavailable(result);
    network.up();
    await recovered();
    await expectWhole(customerId);
  });

  it('at once on new connections too', async () => {
    network.down();
    await expectNoVerdict('anybody');
    network.hang();
    await expectNoVerdict('anybody');
    expectUnavailable(await declare());
  });
});

describe('a database that is busy', () => {
  it('a lock that is held too long gives 503 and changes nothing', async () => {
    const { customerId } = await service.customerWithDevice();
    const { body } = await declare(customerId);
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    expectUnavailable(await service.amara.post(`/v1/calls/${body.id}/verification`));
    await transaction.commit();
    expect(await service.sql('SELECT FROM verifications WHERE customer_id = $1', [customerId])).toHaveLength(0);
    expect((await service.amara.post(`/v1/calls/${body.id}/verification`)).status).toBe(201);
  });

  it('a pool that is used up gives 503 to whoever is too many, and verdicts go on', async () => {
    const customerId = newCustomerId();
    await declare(customerId);
    const [held, other] = [newCustomerId(), newCustomerId()];
    await service.admin.put(`/v1/customers/${held}`, { phoneNumbers: [] });
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [held]);
    const stuck = Array.from({ length: 2 }, () => service.admin.put(`/v1/customers/${held}`, { phoneNumbers: [] }));
    await transaction.untilWaiting(2);
    const more = Array.from({ length: 30 }, () => service.admin.put(`/v1/customers/${other}`, { phoneNumbers: [] }));
    expect((await verdict(customerId)).body.verdict).toBe('legitimate');
    for (const reply of await Promise.all([...stuck, ...more]))
      if (![200, 201].includes(reply.status)) expectUnavailable(reply);
    await transaction.commit();
    expect((await service.admin.put(`/v1/customers/${other}`, { phoneNumbers: [] })).status).toBeLessThan(300);
  });

  it('a server that takes no more connections gives 503 and unknown, and is used again when it does', async () => {
    const [{ login }] = (await service.sql<{ login: string }>(
      `SELECT usename AS login FROM pg_stat_activity WHERE application_name = 'countersign northbank' AND datname = current_database() LIMIT 1`,
    )) as [{ login: string }];
    await service.sql(`ALTER ROLE ${login} CONNECTION LIMIT 0`);
    await service.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1`, [login]);
    await expectNoVerdict('anybody');
    expectUnavailable(await declare());
    expectUnavailable(await service.admin.put(`/v1/customers/${newCustomerId()}`, { phoneNumbers: [] }));
    await service.sql(`ALTER ROLE ${login} CONNECTION LIMIT -1`);
    await recovered();
  });
});

describe('an event that cannot be written', () => {
  it('takes its change with it, and no verdict is given that was not recorded', async () => {
    const customerId = newCustomerId();
    const { body } = await declare(customerId);
    await service.sql(
      `CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'disk_full'; END $$`,
    );
    await service.sql('CREATE TRIGGER disk_full BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION disk_full()');
    await expectNoVerdict(customerId);
    const fresh = newCustomerId();
    for (const reply of [
      await declare(customerId),
      await declare(fresh),
      await service.amara.post(`/v1/calls/${body.id}/end`),
      await service.admin.put(`/v1/customers/${fresh}`, { phoneNumbers: [{ number: '+447700900123' }] }),
      await service.admin.delete(`/v1/customers/${customerId}`),
      await service.admin.put('/v1/lines/%2B442079460155', { use: 'outbound', label: 'x' }),
    ])
      expectUnavailable(reply);
    await service.sql('DROP TRIGGER disk_full ON events');
    expect(await service.sql('SELECT FROM customers WHERE id = $1', [fresh])).toHaveLength(0);
    expect(await service.sql(`SELECT FROM lines WHERE number = '+442079460155'`)).toHaveLength(0);
    expect((await service.amara.get(`/v1/calls/${body.id}`)).body.state).toBe('live');
    await expectWhole(customerId);
  });
});
