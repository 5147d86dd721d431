import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiServer, CLIENT } from '../support/api-server.js';
import { giveOldNumber, OLD_NUMBER, requestChange, ringAtAnyHour } from '../support/changes.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

const SIM_SWAP = '/sim-swap/v2/check';
const FORWARDING = '/call-forwarding-signal/v0.3/unconditional-call-forwardings';
const PAYEE = '/account-verifications';

let api: ApiServer;
let service: TestService;
beforeAll(async () => {
  api = await ApiServer.start();
  const where = JSON.stringify({ baseUrl: api.url, tokenUrl: api.tokenUrl, ...CLIENT });
  service = await startTestService({ NUMBER_SIGNALS: where, PAYEE_CHECK: where });
  await ringAtAnyHour(service);
});
afterAll(async () => {
  await service.stop();
  await api.stop();
});

async function queuedCallback() {
  const device = await service.customerWithDevice();
  await giveOldNumber(service, device.customerId);
  const { body } = await service.app.post(`/v1/customers/${device.customerId}/callbacks`, { reason: 'Ring me back' });
  return { customerId: device.customerId, id: body.id };
}

const claim = (id: string) => service.amara.post(`/v1/callbacks/${id}/claim`, {});
const events = (customerId: string, type: string) =>
  service.sql(`SELECT data FROM events WHERE customer_id = $1 AND type = $2`, [customerId, `countersign.${type}`]);

describe('before a number is revealed, the networks are asked about it', () => {
  it.each([
    ['its SIM was swapped', { swapped: true }, { active: false }],
    ['its calls are forwarded', { swapped: false }, { active: true }],
  ])('%s: it is not rung, and the callback is closed', async (_name, swap, forwarding) => {
    api.on(SIM_SWAP, () => ({ body: swap }));
    api.on(FORWARDING, () => ({ body: forwarding }));
    const { customerId, id } = await queuedCallback();
    const refused = await claim(id);
    expect(refused).toMatchObject({ status: 422, body: { type: expect.stringMatching(/number-at-risk$/) } });
    expect(JSON.stringify(refused.body)).not.toContain(OLD_NUMBER);
    expect((await service.amara.get(`/v1/callbacks/${id}`)).body.status).toBe('unreachable');
    expect(await events(customerId, 'contact.revealed')).toEqual([]);
    expect(await events(customerId, 'callback.unreachable')).toMatchObject([{ data: { because: 'number_at_risk' } }]);
  });

  it('a clean number is rung, and what was said of it is on record', async () => {
    api.on(SIM_SWAP, () => ({ body: { swapped: false } }));
    api.on(FORWARDING, () => ({ body: { active: false } }));
    const { customerId, id } = await queuedCallback();
    expect(await claim(id)).toMatchObject({ status: 200, body: { number: OLD_NUMBER } });
    expect(await events(customerId, 'callback.claimed')).toMatchObject([
      { data: { numberSignals: { simSwap: 'not_swapped', callForwarding: 'inactive' } } },
    ]);
    expect(api.requests.filter(({ path }) => path === SIM_SWAP).at(-1)!.body).toMatchObject({
      phoneNumber: OLD_NUMBER,
    });
  });

  it('what the networks cannot tell is unknown on record, never clean', async () => {
    api.on(SIM_SWAP, () => ({ status: 503, body: {} }));
    api.on(FORWARDING, () => ({ type: 'text/plain', body: 'active: false' }));
    const { customerId, id } = await queuedCallback();
    expect((await claim(id)).status).toBe(200);
    expect(await events(customerId, 'callback.claimed')).toMatchObject([
      { data: { numberSignals: { simSwap: 'unknown', callForwarding: 'unknown' } } },
    ]);
  });
});

describe('the name on a new account is asked of its bank', () => {
  const after = { holder: 'Oak Joinery Ltd', sortCode: '08-99-99', accountNumber: '66374958' };

  it('and the answer stands with the change, unavailable where there is none', async () => {
    api.on(PAYEE, () => ({ status: 500, body: {} }));
    const { customerId } = await service.customerWithDevice();
    const unknown = await requestChange(service, customerId, { before: undefined, after });
    expect(unknown.body.checks).toMatchObject({ payee: { result: 'unavailable' } });
    expect(api.requests.filter(({ path }) => path === PAYEE)).toHaveLength(1);
    expect(JSON.stringify(await events(customerId, 'change.checked'))).not.toContain('Oak');
  });
});

/** Transactions that have locked or changed what a request is about, and wait for their process. */
const HELD = `SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE a.datname = current_database() AND a.state LIKE 'idle in transaction%' AND l.mode <> 'AccessShareLock'
  AND l.relation = ANY('{customers,changes,callbacks,calls,verifications}'::regclass[])`;

describe('while somebody outside is asked', () => {
  it.each([
    ['with a key', { 'idempotency-key': 'outside' }],
    ['without', {}],
  ])('no row is held and no transaction is open, %s', async (_name, headers: Record<string, string>) => {
    const seen: number[] = [];
    const look =
      (body: object) =>
      (response: ServerResponse): void =>
        void service.sql(HELD).then((open) => {
          seen.push(open.length);
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
        });
    api.on(SIM_SWAP, () => look({ swapped: false }));
    api.on(FORWARDING, () => look({ active: false }));
    api.on(PAYEE, () => look({}));
    const { id } = await queuedCallback();
    expect((await service.amara.post(`/v1/callbacks/${id}/claim`, {}, { headers })).status).toBe(200);
    const changed = await service.amara.post(
      '/v1/changes',
      {
        customerId: newCustomerId(),
        subject: 'payee_account',
        after: { holder: 'Oak Joinery Ltd', sortCode: '08-99-99', accountNumber: '66374958' },
        askedThrough: 'email',
      },
      { headers: headers['idempotency-key'] ? { 'idempotency-key': 'outside-2' } : {} },
    );
    expect(changed).toMatchObject({ status: 201, body: { checks: { payee: { result: expect.any(String) } } } });
    expect(seen).toEqual([0, 0, 0]);
  });
});
