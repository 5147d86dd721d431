import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { giveOldNumber, ringAtAnyHour } from '../support/changes.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

let numbers = 0;
/** In a range that Ofcom keeps for stories, and no other test's. */
const newNumber = (): string => `+4477009${String(40_000 + (numbers += 1)).padStart(5, '0')}`;
const call = { direction: 'outbound', line: LINE, purpose: 'A payment we stopped' };
const summaryOf = (customerId: string, by: 'amara' | 'dana' | 'analyst' = 'amara') =>
  service[by].get(`/v1/customers/${customerId}/summary`);
const NOT_YOURS = { status: 403, body: { type: expect.stringMatching(/not-your-customer$/) } };

describe('the summary of a customer', () => {
  it('is what an agent must see before dialling, without a number, and its reading is in the log', async () => {
    const device = await service.customerWithDevice();
    const { customerId } = device;
    await giveOldNumber(service, customerId);
    expect((await summaryOf(customerId)).body).toEqual({
      customerId,
      known: true,
      devices: { count: 1, trusted: 1, newestEnrolledAt: expect.stringMatching(/Z$/) },
      locked: false,
      lockedAt: null,
      signals: { hold: false, reasons: [] },
      liveCalls: [],
      heldChanges: [],
      openCallbacks: [],
      lastVerifiedContact: null,
    });
    const { body: declared } = await service.amara.post('/v1/calls', { customerId, verify: true, ...call });
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, { answer: 'yes', code: declared.verification.code });
    await service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'sms', text: 'Call me' });
    const { body: change } = await service.amara.post('/v1/changes', {
      customerId,
      subject: 'email',
      after: { email: 'new@customer.example' },
      askedThrough: 'phone',
    });
    const { status, body } = await summaryOf(customerId);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      signals: { hold: true, reasons: [{ type: 'report', at: expect.stringMatching(/^\S+\.\d{3}Z$/) }] },
      liveCalls: [
        {
          id: declared.id,
          agent: { id: 'amara', name: 'Amara Okafor', department: 'Fraud Operations' },
          startedAt: declared.startedAt,
          relaySuspectedAt: null,
        },
      ],
      heldChanges: [{ id: change.id, subject: 'email', requestedAt: change.requestedAt }],
      openCallbacks: [{ status: 'queued', agentName: null }],
      lastVerifiedContact: { verificationId: question!.id, kind: 'call' },
    });
    expect(JSON.stringify(body)).not.toMatch(/\+44|7700|customer\.example|A payment/);
    const read = await service.sql(
      `SELECT data FROM events WHERE customer_id = $1 AND type = 'countersign.customer.summary_read'`,
      [customerId],
    );
    expect(read).toEqual([{ data: { by: 'amara' } }, { data: { by: 'amara' } }]);
  });

  it('says of a customer whom the bank does not have that it has none, and of another bank’s as well', async () => {
    const unknown = newCustomerId();
    const nothing = { known: false, devices: { count: 0, trusted: 0, newestEnrolledAt: null }, liveCalls: [] };
    expect(await summaryOf(unknown, 'analyst')).toMatchObject({ status: 200, body: nothing });
    const { customerId } = await service.customerWithDevice();
    const { amara } = await service.clients('southbank');
    expect((await amara.get(`/v1/customers/${customerId}/summary`)).body).toMatchObject(nothing);
    expect((await service.app.get(`/v1/customers/${customerId}/summary`)).status).toBe(403);
    expect((await service.amara.get('/v1/customers/a%20b/summary')).status).toBe(400);
  });
});

describe('signals and verifications of a customer', () => {
  const paths = (customerId: string): string[] => [
    `/v1/customers/${customerId}/signals`,
    `/v1/customers/${customerId}/verifications`,
    `/v1/verifications?customerId=${customerId}`,
  ];

  it('are read by the agent who has a call with them, while it lasts, and by their supervisor', async () => {
    const { customerId } = await service.customerWithDevice();
    for (const path of [...paths(customerId), ...paths(newCustomerId())])
      expect(await service.amara.get(path), path).toMatchObject(NOT_YOURS);
    const { body } = await service.amara.post('/v1/calls', { customerId, verify: true, ...call });
    for (const path of paths(customerId)) {
      expect((await service.amara.get(path)).status, path).toBe(200);
      expect((await service.dana.get(path)).status, path).toBe(200);
      expect(await service.ben.get(path), path).toMatchObject(NOT_YOURS);
    }
    expect((await service.amara.get(paths(customerId)[2]!)).body.data).toMatchObject([
      { id: body.verification.id, status: 'waiting', customerId },
    ]);
    await service.amara.post(`/v1/calls/${body.id}/end`);
    for (const path of paths(customerId)) expect(await service.amara.get(path), path).toMatchObject(NOT_YOURS);
  });

  it('are read by who claimed a callback or asked for a change', async () => {
    const { customerId } = await service.customerWithDevice();
    await giveOldNumber(service, customerId);
    const { body: callback } = await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'Ring me' });
    for (const path of paths(customerId)) expect(await service.ben.get(path), path).toMatchObject(NOT_YOURS);
    await service.ben.post(`/v1/callbacks/${callback.id}/claim`, {});
    for (const path of paths(customerId)) expect((await service.ben.get(path)).status, path).toBe(200);
    const { body: change } = await service.chioma.post('/v1/changes', {
      customerId,
      subject: 'email',
      after: { email: 'new@customer.example' },
      askedThrough: 'phone',
    });
    for (const path of paths(customerId)) expect((await service.chioma.get(path)).status, path).toBe(200);
    await service.chioma.post(`/v1/changes/${change.id}/withdraw`);
    for (const path of paths(customerId)) expect(await service.chioma.get(path), path).toMatchObject(NOT_YOURS);
  });
});

describe('a search for a customer', () => {
  const search = (body: object, by: 'amara' | 'ben' | 'chioma' = 'amara') =>
    service[by].post('/v1/customer-searches', body);

  it('finds who has exactly this number on file now, however it is written, or exactly this id', async () => {
    const [one, other] = [newCustomerId(), newCustomerId()];
    const [shared, former] = [newNumber(), newNumber()];
    await service.admin.put(`/v1/customers/${one}`, { phoneNumbers: [{ number: former }] });
    for (const customerId of [one, other])
      await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number: shared }] });
    const national = `0${shared.slice(3, 7)} ${shared.slice(7)}`;
    for (const number of [shared, national])
      expect(await search({ number })).toMatchObject({ status: 200, body: { data: [one, other].sort() } });
    for (const nobody of [former, newNumber()]) expect((await search({ number: nobody })).body).toEqual({ data: [] });
    expect((await search({ customerId: one })).body).toEqual({ data: [one] });
    expect((await search({ customerId: one.slice(0, -1) })).body.data).not.toContain(one);
    const { amara } = await service.clients('southbank');
    for (const body of [{ number: shared }, { customerId: one }])
      expect((await amara.post('/v1/customer-searches', body)).body).toEqual({ data: [] });
  });

  it('takes a whole number or an id, one of both, and nothing else', async () => {
    for (const body of [
      {},
      { number: '+44' },
      { number: '770' },
      { number: '%' },
      { number: ['+447700900123'] },
      { customerId: 'a b' },
      { number: '+447700900123', customerId: 'a' },
      { prefix: '+447700' },
    ])
      expect((await search(body, 'chioma')).status, JSON.stringify(body)).toBe(400);
    expect((await service.admin.post('/v1/customer-searches', { number: '+447700900123' })).status).toBe(403);
  });

  it('is in the log without the number, about each who was found', async () => {
    const customerId = newCustomerId();
    const number = newNumber();
    await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [{ number }] });
    await search({ number }, 'ben');
    await search({ number: newNumber() }, 'ben');
    const events = await service.sql(
      `SELECT customer_id, data FROM events WHERE type = 'countersign.customer.searched' AND data ->> 'by' = 'ben' ORDER BY sequence`,
    );
    expect(events).toEqual([
      { customer_id: customerId, data: { by: 'ben', what: 'number', found: 1 } },
      { customer_id: null, data: { by: 'ben', what: 'number', found: 0 } },
    ]);
  });

  it('is made thirty times a minute by one agent, over all processes, and no oftener', async () => {
    await service.sql(`DELETE FROM search_budgets`);
    const other = await service.startAnother();
    const token = await service.token('agent:chioma');
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        fetchAdmitted(`${index % 2 === 0 ? service.url : other.url}/v1/customer-searches`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify(index % 3 === 0 ? { customerId: 'nobody' } : { number: '+447700900999' }),
        }),
      ),
    );
    await other.stop();
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(30);
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    for (const { headers } of refused) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await search({ customerId: 'nobody' })).status).toBe(200);
    await service.sql(`UPDATE search_budgets SET since = now() - interval '1 minute' WHERE agent_id = 'chioma'`);
    expect((await search({ customerId: 'nobody' }, 'chioma')).status).toBe(200);
  });
});

describe('what an agent looks up of customers with whom they have nothing to do', () => {
  const agents = ['amara', 'ben', 'chioma'] as const;
  const spent = (agentId: string) =>
    service.sql(
      `INSERT INTO search_budgets (tenant_id, agent_id, since, made) VALUES ('northbank', $1, now(), 30)
       ON CONFLICT (tenant_id, agent_id) DO UPDATE SET since = now(), made = 30`,
      [agentId],
    );
  beforeEach(() => service.sql(`DELETE FROM search_budgets`));
  const TOO_MANY = { status: 429, body: { type: expect.stringMatching(/too-many-requests$/) } };
  const check = (customerId: string, by: 'amara' | 'ben' | 'app' = 'amara') =>
    service[by].post(`/v1/customers/${customerId}/notice-checks`, { text: 'Your account is closed, ring us now' });

  it('is counted over searches, summaries and checks of messages together, and over all processes', async () => {
    const other = await service.startAnother();
    const token = await service.token('agent:chioma');
    const [get, post] = [{}, { method: 'POST' }];
    const replies = await Promise.all(
      Array.from({ length: 45 }, (_, index) => {
        const at = index % 2 === 0 ? service.url : other.url;
        const [path, how, body] = [
          [`/v1/customers/${newCustomerId()}/summary`, get, undefined],
          ['/v1/customer-searches', post, { customerId: newCustomerId() }],
          [`/v1/customers/${newCustomerId()}/notice-checks`, post, { text: 'Ring us now about your account' }],
        ][index % 3] as [string, object, object | undefined];
        return fetchAdmitted(`${at}${path}`, {
          ...how,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body ? { body: JSON.stringify(body) } : {}),
        });
      }),
    );
    await other.stop();
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(30);
    const refused = replies.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(15);
    for (const { headers } of refused) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
    const logged = await service.sql(
      `SELECT FROM events WHERE data ->> 'by' = 'chioma' AND type IN ('countersign.customer.summary_read', 'countersign.notice.checked')
         AND occurred_at > (SELECT since - interval '1 second' FROM search_budgets WHERE agent_id = 'chioma')`,
    );
    expect(logged.length).toBeLessThanOrEqual(30);
    expect(await summaryOf(newCustomerId())).toMatchObject({ status: 200 });
  });

  it('is refused without a word of the customer, and without an event', async () => {
    const { customerId } = await service.customerWithDevice();
    await spent('amara');
    const reply = await summaryOf(customerId);
    expect(reply).toMatchObject(TOO_MANY);
    expect(Object.keys(reply.body)).not.toContain('known');
    expect(await check(customerId)).toMatchObject(TOO_MANY);
    expect(
      await service.sql(`SELECT FROM events WHERE customer_id = $1 AND data ->> 'by' = 'amara'`, [customerId]),
    ).toEqual([]);
    for (const by of agents.slice(1))
      expect((await service[by].get(`/v1/customers/${customerId}/summary`)).status).toBe(200);
    expect((await summaryOf(customerId, 'analyst')).status).toBe(200);
    expect((await check(customerId, 'app')).status).toBe(200);
  });

  it('is not counted of a customer with whom they have a live call, and is when it has ended', async () => {
    const { customerId } = await service.customerWithDevice();
    const { body } = await service.amara.post('/v1/calls', { customerId, ...call });
    for (const agent of ['amara', 'ben', 'dana']) await spent(agent);
    expect((await summaryOf(customerId)).status).toBe(200);
    expect((await check(customerId)).status).toBe(200);
    // Their supervisor, and no colleague.
    expect((await summaryOf(customerId, 'dana')).status).toBe(200);
    expect(await check(customerId, 'ben')).toMatchObject(TOO_MANY);
    await service.amara.post(`/v1/calls/${body.id}/end`);
    await service.sql(`DELETE FROM search_budgets`);
    await spent('ben');
    expect(await service.ben.get(`/v1/customers/${customerId}/summary`)).toMatchObject(TOO_MANY);
  });

  it('is not counted of a customer whose callback they have claimed', async () => {
    const { customerId } = await service.customerWithDevice();
    await giveOldNumber(service, customerId);
    const { body } = await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'Ring me' });
    await spent('ben');
    expect((await service.ben.get(`/v1/customers/${customerId}/summary`)).status).toBe(429);
    await service.ben.post(`/v1/callbacks/${body.id}/claim`, {});
    expect((await service.ben.get(`/v1/customers/${customerId}/summary`)).status).toBe(200);
  });

  it('is counted once in ten minutes of one customer: by the search that found them, or by the first look', async () => {
    const [found, looked] = [newCustomerId(), newCustomerId()];
    await service.admin.put(`/v1/customers/${found}`, { phoneNumbers: [] });
    await service.amara.post('/v1/customer-searches', { customerId: found });
    await summaryOf(looked);
    await spent('amara');
    for (const customerId of [found, looked]) expect((await summaryOf(customerId)).status).toBe(200);
    expect(await summaryOf(newCustomerId())).toMatchObject(TOO_MANY);
    // What somebody else has found is nothing to this agent.
    await spent('ben');
    expect(await service.ben.get(`/v1/customers/${found}/summary`)).toMatchObject(TOO_MANY);
  });
});

describe('who and where am I', () => {
  it('is answered to every token, with what it opens', async () => {
    expect((await service.amara.get('/v1/me')).body).toMatchObject({
      tenant: 'northbank',
      subject: 'amara',
      name: 'Amara Okafor',
      scopes: ['agent'],
      team: 'Fraud Operations',
      locale: null,
      operations: expect.arrayContaining(['declareCall', 'getMe', 'listLines']),
      expiresAt: expect.stringMatching(/Z$/),
    });
    const { body: app } = await service.app.get('/v1/me');
    expect(app).toMatchObject({ name: null, scopes: ['app'], team: null });
    expect(app.operations).toContain('askVerdict');
    expect(app.operations).not.toContain('declareCall');
    expect(new Set((await service.dana.get('/v1/me')).body.scopes)).toEqual(new Set(['agent', 'supervisor']));
    for (const by of ['telephony', 'admin', 'analyst'] as const)
      expect((await service[by].get('/v1/me')).body.scopes).toEqual([by]);
    expect((await fetchAdmitted(`${service.url}/v1/me`)).status).toBe(401);
  });

  it('goes with the lines of the bank, which an agent may read and not change', async () => {
    expect((await service.amara.get('/v1/lines')).body.data).toContainEqual(expect.objectContaining({ number: LINE }));
    const path = `/v1/lines/${encodeURIComponent('+442079460188')}`;
    expect((await service.amara.put(path, { use: 'outbound', label: 'Mine' })).status).toBe(403);
    expect((await service.amara.delete(path)).status).toBe(403);
  });
});
