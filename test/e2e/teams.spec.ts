import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/service-client.js';
import { giveOldNumber, ringAtAnyHour } from '../support/changes.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { LINE, newCustomerId, startTestService, type Identities, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

let service: TestService;
let south: Identities;
beforeAll(async () => {
  service = await startTestService();
  south = await service.clients('southbank');
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

type Person = 'amara' | 'ben' | 'chioma' | 'dana' | 'telephony';
const declare = async (more: object = {}, by: Person = 'amara'): Promise<any> => {
  const reply = await service[by].post('/v1/calls', {
    customerId: newCustomerId(),
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    ...more,
  });
  expect(reply.status).toBe(201);
  return reply.body;
};
const act = (by: Person, call: { id: string }, what: string, body?: object): Promise<Reply> =>
  service[by].post(`/v1/calls/${call.id}/${what}`, body);
const verdict = async (customerId: string): Promise<any> =>
  (
    await onceReached(() =>
      service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE }),
    )
  ).body;
const eventsOf = async (callId: string): Promise<any[]> => {
  const own = await service.sql(
    `SELECT replace(type, 'countersign.', '') AS type, data FROM events WHERE call_id = (SELECT id FROM calls WHERE reference = $1) ORDER BY sequence`,
    [(await service.telephony.get(`/v1/calls/${callId}`)).body.reference],
  );
  return own;
};
const typesOf = async (callId: string): Promise<string[]> => (await eventsOf(callId)).map(({ type }) => type);

const NOT_YOURS = { status: 403, body: { type: expect.stringMatching(/\/problems\/not-your-call$/) } };
const ENDED = { status: 409, body: { type: expect.stringMatching(/\/problems\/call-ended$/) } };
const NOT_FOUND = { status: 404, body: { type: expect.stringMatching(/\/problems\/not-found$/) } };

describe("another agent's call", () => {
  it('is not theirs to ask about, to prove, to end, to hand on or to take', async () => {
    const { customerId } = await service.customerWithDevice();
    const call = await declare({ customerId, verify: true });
    for (const [what, body] of [
      ['verification'],
      ['offline-proof'],
      ['offline-proof', { customerProof: '123456' }],
      ['end'],
      ['transfer', { to: 'chioma' }],
      ['take-over'],
    ] as [string, object?][]) {
      const reply = await act('ben', call, what, body);
      expect(reply, what).toMatchObject(NOT_YOURS);
      expect(JSON.stringify(reply.body)).not.toMatch(/\d{6}/);
    }
    expect(await service.ben.post(`/v1/verifications/${call.verification.id}/cancel`)).toMatchObject(NOT_YOURS);
    // A supervisor takes it over first, in the open.
    for (const what of ['verification', 'offline-proof', 'end'])
      expect(await act('dana', call, what), what).toMatchObject(NOT_YOURS);
    expect(await typesOf(call.id)).toEqual(['call.declared', 'verification.started']);
    expect((await service.amara.get(`/v1/calls/${call.id}`)).body).toMatchObject({
      state: 'live',
      transferTo: null,
      verification: { status: 'waiting' },
    });
    expect((await service.amara.post(`/v1/verifications/${call.verification.id}/cancel`)).status).toBe(200);
    expect((await act('amara', call, 'end')).status).toBe(200);
    // What is not yours is not yours when it has ended, either.
    expect(await act('ben', call, 'end')).toMatchObject(NOT_YOURS);
    expect(await act('amara', call, 'end')).toMatchObject(ENDED);
  });

  it("is another bank's altogether, under the same name of an agent", async () => {
    const call = await declare();
    for (const [what, body] of [['verification'], ['end'], ['take-over'], ['transfer', { to: 'ben' }]] as const)
      expect(await south.amara.post(`/v1/calls/${call.id}/${what}`, body), what).toMatchObject(NOT_FOUND);
    expect(await south.dana.post(`/v1/calls/${call.id}/take-over`)).toMatchObject(NOT_FOUND);
    expect((await south.dana.get('/v1/calls?team=Fraud%20Operations')).body.data).toEqual([]);
  });

  it('that telephony declared for an agent is that agent’s, and telephony’s', async () => {
    const { customerId } = await service.customerWithDevice();
    const agent = { id: 'amara', name: 'Amara Okafor', department: 'Fraud Operations' };
    const call = await declare({ customerId, agent }, 'telephony');
    expect((await act('amara', call, 'verification')).status).toBe(201);
    expect((await act('telephony', call, 'verification')).status).toBe(201);
    expect(await act('ben', call, 'verification')).toMatchObject(NOT_YOURS);
    expect((await act('telephony', call, 'end')).status).toBe(200);
  });
});

describe('a call', () => {
  it("has the department of its agent's token, unless the body says another", async () => {
    expect((await declare()).agent).toEqual({ id: 'amara', name: 'Amara Okafor', department: 'Fraud Operations' });
    expect((await declare({ agent: { department: 'Customer Care' } })).agent.department).toBe('Customer Care');
  });

  it('is of the same team whatever spaces its name has, in a body and in a query', async () => {
    const { id, agent } = await declare({ agent: { department: '  Customer \u00a0Care ' } });
    expect(agent.department).toBe('Customer Care');
    for (const team of ['Customer Care', ' Customer  Care', 'Customer\u00a0Care\u3000']) {
      const { body } = await service.analyst.get(`/v1/calls?state=live&team=${encodeURIComponent(team)}`);
      expect(
        body.data.map((one: { id: string }) => one.id),
        team,
      ).toContain(id);
    }
    expect((await service.analyst.get(`/v1/calls?team=${'x'.repeat(81)}`)).status).toBe(400);
    expect((await service.analyst.get('/v1/calls?team=%20')).status).toBe(400);
  });

  it('is handed over, taken, and shown to the customer with its new agent; what waited named the old one', async () => {
    const device = await service.customerWithDevice();
    const { customerId } = device;
    const call = await declare({ customerId, verify: true });
    expect((await verdict(customerId)).call.agentName).toBe('Amara Okafor');
    expect(await act('amara', call, 'transfer', { to: 'ben' })).toMatchObject({
      status: 200,
      body: { transferTo: 'ben', agent: { id: 'amara' } },
    });
    // Until it is taken, somebody has it: the one who had it.
    expect(await act('ben', call, 'end')).toMatchObject(NOT_YOURS);
    expect(await act('chioma', call, 'take-over')).toMatchObject(NOT_YOURS);
    const asked = await device.waitingQuestion(service.app);
    expect(await act('ben', call, 'take-over')).toMatchObject({
      status: 200,
      body: {
        transferTo: null,
        agent: { id: 'ben', name: 'Ben Whitaker', department: 'Payments' },
        verification: { status: 'cancelled' },
      },
    });
    expect((await verdict(customerId)).call).toMatchObject({ agentName: 'Ben Whitaker', department: 'Payments' });
    // Signed by a customer who was shown Amara, and who was asked nothing about Ben.
    expect((await device.answer(service.app, asked!, { answer: 'yes', code: call.verification.code })).status).toBe(
      409,
    );
    expect(await act('amara', call, 'verification')).toMatchObject(NOT_YOURS);
    expect((await act('ben', call, 'verification')).status).toBe(201);
    expect((await device.waitingQuestion(service.app))!.display).toMatchObject({
      agentName: 'Ben Whitaker',
      department: 'Payments',
    });
    expect((await eventsOf(call.id)).filter(({ type }) => type !== 'verdict.given').slice(2, 5)).toEqual([
      {
        type: 'call.transferred',
        data: { from: 'amara', fromTeam: 'Fraud Operations', to: 'ben', by: 'amara' },
      },
      { type: 'verification.cancelled', data: { kind: 'call', direction: 'outbound', because: 'call_taken_over' } },
      {
        type: 'call.taken_over',
        data: {
          from: 'amara',
          fromTeam: 'Fraud Operations',
          to: 'ben',
          team: 'Payments',
          because: 'transferred',
        },
      },
    ]);
    expect((await act('ben', call, 'end')).status).toBe(200);
  });

  it('is taken over by a supervisor of its team, and of no other', async () => {
    const [theirs, others] = [await declare(), await declare({}, 'ben')];
    expect(await act('dana', theirs, 'take-over')).toMatchObject({ status: 200, body: { agent: { id: 'dana' } } });
    expect(await act('dana', others, 'take-over')).toMatchObject(NOT_YOURS);
    expect((await eventsOf(theirs.id)).at(-1)).toMatchObject({
      type: 'call.taken_over',
      data: { from: 'amara', to: 'dana', because: 'supervisor' },
    });
    expect((await act('dana', theirs, 'end')).status).toBe(200);
    expect(await act('dana', theirs, 'take-over')).toMatchObject(ENDED);
  });

  it('is taken back by its agent, who is asked nothing anew; a repetition says nothing', async () => {
    const { customerId } = await service.customerWithDevice();
    const call = await declare({ customerId, verify: true });
    await act('amara', call, 'transfer', { to: 'ben' });
    for (let round = 0; round < 2; round += 1)
      expect(await act('amara', call, 'take-over')).toMatchObject({
        status: 200,
        body: { transferTo: null, verification: { status: 'waiting' } },
      });
    expect(await act('ben', call, 'take-over')).toMatchObject(NOT_YOURS);
    expect(await typesOf(call.id)).toEqual([
      'call.declared',
      'verification.started',
      'call.transferred',
      'call.taken_over',
    ]);
  });

  it('is handed to somebody, and to somebody else', async () => {
    const call = await declare();
    for (const body of [
      {},
      { to: '' },
      { to: 7 },
      { to: 'x'.repeat(256) },
      { to: 'ben', name: 'Ben' },
      { to: 'amara' },
    ])
      expect((await act('amara', call, 'transfer', body)).status, JSON.stringify(body)).toBe(400);
    await act('amara', call, 'transfer', { to: 'ben' });
    expect((await act('amara', call, 'transfer', { to: 'chioma' })).body.transferTo).toBe('chioma');
    expect(await act('ben', call, 'take-over')).toMatchObject(NOT_YOURS);
    expect((await act('chioma', call, 'take-over')).status).toBe(200);
  });
});

describe('a callback’s call', () => {
  it('is the claimer’s, and goes with the claim to whoever takes it over', async () => {
    const device = await service.customerWithDevice();
    const { customerId } = device;
    await giveOldNumber(service, customerId);
    const { body: callback } = await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'Ring me' });
    const { body: claimed } = await service.amara.post(`/v1/callbacks/${callback.id}/claim`, {});
    expect(claimed.call.agent).toEqual({ id: 'amara', name: 'Amara Okafor', department: 'Fraud Operations' });
    expect(await act('ben', claimed.call, 'end')).toMatchObject(NOT_YOURS);
    await act('amara', claimed.call, 'transfer', { to: 'ben' });
    expect((await act('ben', claimed.call, 'take-over')).status).toBe(200);
    expect((await service.ben.get(`/v1/callbacks/${callback.id}`)).body.agentName).toBe('Ben Whitaker');
    const { body: asked } = await act('ben', claimed.call, 'verification');
    const question = (await device.waitingQuestion(service.app))!;
    expect(question).toMatchObject({
      kind: 'callback',
      display: { callback: callback.reference, agentName: 'Ben Whitaker' },
    });
    await device.answer(service.app, question, { answer: 'yes', code: asked.code });
    const outcome = { result: 'verified' };
    expect((await service.amara.post(`/v1/callbacks/${callback.id}/outcome`, outcome)).status).toBe(409);
    expect((await service.ben.post(`/v1/callbacks/${callback.id}/outcome`, outcome)).status).toBe(200);
  });

  it('about a change is not taken by the agent who asked for that change', async () => {
    const { customerId } = await service.customerWithDevice();
    await giveOldNumber(service, customerId);
    const { body: change } = await service.ben.post('/v1/changes', {
      customerId,
      subject: 'email',
      after: { email: 'new@customer.example' },
      askedThrough: 'phone',
    });
    const { body: queue } = await service.amara.get(`/v1/callbacks?customerId=${customerId}`);
    const callback = queue.data.find(({ about }: { about: string }) => about === change.id);
    const { body: claimed } = await service.amara.post(`/v1/callbacks/${callback.id}/claim`, {});
    await act('amara', claimed.call, 'transfer', { to: 'ben' });
    expect(await act('ben', claimed.call, 'take-over')).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/same-agent$/) },
    });
    expect((await service.amara.get(`/v1/calls/${claimed.call.id}`)).body.agent.id).toBe('amara');
  });
});

describe('lists of calls', () => {
  it('are of one’s own and one’s team; of an agent, a team, an id elsewhere; all for telephony and analysts', async () => {
    const tag = newCustomerId();
    const own = await declare({ externalId: `${tag}/1`, externalSystem: 'genesys' });
    const bens = await declare({ externalId: `${tag}/2` }, 'ben');
    expect(own).toMatchObject({ externalId: `${tag}/1`, externalSystem: 'genesys' });
    const ids = async (by: Person | 'analyst', query: string): Promise<string[]> => {
      const { status, body } = await service[by].get(`/v1/calls?limit=200&${query}`);
      expect(status, query).toBe(200);
      return body.data.map(({ id }: { id: string }) => id).filter((id: string) => [own.id, bens.id].includes(id));
    };
    for (const state of ['', '&state=live']) {
      expect(await ids('amara', `agent=me${state}`)).toEqual([own.id]);
      expect(await ids('dana', `team=Fraud%20Operations${state}`)).toEqual([own.id]);
      expect(await ids('dana', `agent=amara${state}`)).toEqual([own.id]);
      expect(await ids('dana', `team=Payments${state}`)).toEqual([]);
      expect(await ids('amara', `agent=ben${state}`)).toEqual([]);
      expect(await ids('amara', state)).toEqual([own.id]);
      expect(await ids('analyst', `team=Payments${state}`)).toEqual([bens.id]);
      expect(await ids('telephony', state)).toEqual([bens.id, own.id]);
      expect(await ids('amara', `externalId=${encodeURIComponent(`${tag}/2`)}${state}`)).toEqual([bens.id]);
      expect(await ids('amara', `externalId=${encodeURIComponent(`${tag}/1`)}&externalSystem=flex${state}`)).toEqual(
        [],
      );
      expect(await ids('amara', `customerId=${bens.customerId}${state}`)).toEqual([bens.id]);
    }
    await act('amara', own, 'end');
    expect(await ids('amara', 'agent=me&state=live')).toEqual([]);
    expect(await ids('amara', 'agent=me&state=ended')).toEqual([own.id]);
    expect(await ids('amara', 'state=ended')).toEqual([own.id]);
    expect(await ids('telephony', 'state=ended')).toEqual([own.id]);
    const [page] = (await service.analyst.get('/v1/calls?limit=1')).body.data;
    expect((await service.analyst.get(`/v1/calls?limit=1&after=${page.id}`)).body.data[0].id < page.id).toBe(true);
    for (const wrong of [
      'agent=',
      'team=',
      'externalId=a%20b',
      'externalSystem=%2F',
      'who=me',
      `team=${'x'.repeat(81)}`,
    ])
      expect((await service.analyst.get(`/v1/calls?${wrong}`)).status, wrong).toBe(400);
  });
});

describe('the stream of calls', () => {
  it('tells a supervisor of their team what happens in its calls, alarms first among it, and of no other’s', async () => {
    const stream = await service.dana.stream('/v1/calls/stream?team=Fraud%20Operations');
    const { customerId } = await service.customerWithDevice();
    await declare({}, 'ben');
    const call = await declare({ customerId, direction: 'inbound', line: undefined });
    expect(await stream.next()).toMatchObject({ event: 'call.declared', data: { subject: call.id } });
    // A customer who is asked "is this my bank?" while somebody holds the bank's line in their name.
    await onceReached(() => service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'customer' }));
    const alarm = await stream.next();
    expect(alarm).toMatchObject({ event: 'call.relay_suspected', data: { data: { callId: call.id } } });
    stream.close();
    await act('amara', call, 'end');
    const resumed = await service.dana.stream('/v1/calls/stream?team=Fraud%20Operations', {
      headers: { 'last-event-id': alarm!.id },
    });
    expect(await resumed.next()).toMatchObject({ event: 'call.ended', data: { subject: call.id } });
    resumed.close();
  });

  it('tells an agent of their own, and both sides when a call is handed on', async () => {
    const [amara, ben] = [
      await service.amara.stream('/v1/calls/stream?agent=me'),
      await service.ben.stream('/v1/calls/stream?agent=me'),
    ];
    const call = await declare();
    expect((await amara.next())!.event).toBe('call.declared');
    await act('amara', call, 'transfer', { to: 'ben' });
    for (const stream of [amara, ben])
      expect(await stream.next()).toMatchObject({ event: 'call.transferred', data: { subject: call.id } });
    await act('ben', call, 'take-over');
    for (const stream of [amara, ben]) expect((await stream.next())!.event).toBe('call.taken_over');
    await act('ben', call, 'end');
    expect((await ben.next())!.event).toBe('call.ended');
    const next = await declare();
    expect(await amara.next()).toMatchObject({ event: 'call.declared', data: { subject: next.id } });
    amara.close();
    ben.close();
  });

  it('is not opened on other teams or agents, but for an analyst', async () => {
    for (const query of ['team=Payments', 'agent=ben', 'agent=ben&team=Payments'])
      for (const by of ['amara', 'dana'] as const)
        expect(await service[by].get(`/v1/calls/stream?${query}`), query).toMatchObject({
          status: 403,
          body: { type: expect.stringMatching(/not-your-team$/) },
        });
    for (const query of ['team=Payments', 'agent=ben']) {
      const stream = await service.analyst.stream(`/v1/calls/stream?${query}`);
      const call = await declare({}, 'ben');
      expect((await stream.next())!.data.subject).toBe(call.id);
      stream.close();
    }
    expect((await service.app.get('/v1/calls/stream')).status).toBe(403);
  });
});

describe('of a take-over that races', () => {
  it('the end of the call, one wins, and the other is told so', async () => {
    for (let round = 0; round < 8; round += 1) {
      const call = await declare();
      await act('amara', call, 'transfer', { to: 'ben' });
      const [ended, taken] = await Promise.all([act('amara', call, 'end'), act('ben', call, 'take-over')]);
      expect([
        [200, 409],
        [403, 200],
      ]).toContainEqual([ended.status, taken.status]);
      const { body } = await service.telephony.get(`/v1/calls/${call.id}`);
      expect([body.state, body.agent.id]).toEqual(ended.status === 200 ? ['ended', 'amara'] : ['live', 'ben']);
    }
  });

  it('the end that waited for it finds another’s call; the start that waited asks nothing in the old name', async () => {
    const device = await service.customerWithDevice();
    for (const what of ['end', 'verification'] as const) {
      const call = await declare({ customerId: device.customerId });
      const transaction = await OpenTransaction.begin(service);
      await transaction.query(
        `UPDATE calls SET agent_id = 'ben', agent_name = 'Ben Whitaker', agent_department = 'Payments' WHERE reference = $1`,
        [call.reference],
      );
      const waiting = act('amara', call, what);
      await transaction.untilWaiting();
      await transaction.commit();
      expect(await waiting, what).toMatchObject(NOT_YOURS);
      expect((await typesOf(call.id)).filter((type) => type !== 'call.declared')).toEqual([]);
    }
  });

  it('another take-over leaves one agent, and an event for each who had it', async () => {
    const call = await declare();
    await act('amara', call, 'transfer', { to: 'ben' });
    const replies = await Promise.all([act('ben', call, 'take-over'), act('dana', call, 'take-over')]);
    const { body } = await service.telephony.get(`/v1/calls/${call.id}`);
    const moves = (await eventsOf(call.id)).filter(({ type }) => type === 'call.taken_over');
    expect(moves.at(-1).data.to).toBe(body.agent.id);
    expect(moves).toHaveLength(replies.filter(({ status }) => status === 200).length);
  });
});
