import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onceReached } from '../support/once-reached.js';
import { CARD_LINE, LINE, newCustomerId, OTHER_LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

async function declare(customerId: string, more: object = {}) {
  const reply = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    agent: { department: 'Fraud Operations' },
    verify: true,
    ...more,
  });
  expect(reply.status).toBe(201);
  return reply.body;
}

const ask = (customerId: string, question: object) =>
  onceReached(() => service.app.post(`/v1/customers/${customerId}/call-verdicts`, question));

describe('a genuine call', () => {
  it('is legitimate while it rings, and confirmed by code and signature before the agent', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId);
    expect(call).toMatchObject({
      state: 'live',
      direction: 'outbound',
      line: LINE,
      agent: { id: 'amara', name: 'Amara Okafor', department: 'Fraud Operations' },
      verification: { status: 'waiting', attemptsLeft: 5 },
    });
    expect(call.verification.code).toMatch(/^\d{6}$/);

    const verdict = await ask(device.customerId, {
      trigger: 'ringing',
      incomingNumber: LINE,
      handset: { inCall: false },
    });
    expect(verdict.headers.get('cache-control')).toBe('no-store');
    expect(verdict.body).toMatchObject({
      verdict: 'legitimate',
      reason: 'live_call',
      call: {
        id: call.id,
        reference: call.reference,
        agentName: 'Amara Okafor',
        purpose: 'A payment we stopped',
        startedAt: call.startedAt,
      },
    });

    const stream = await service.amara.stream(`/v1/calls/${call.id}/stream`);
    const question = await device.waitingQuestion(service.app);
    expect(question).toMatchObject({
      id: call.verification.id,
      asks: ['answer', 'code'],
      display: {
        question: 'are_you_talking_to_us',
        agentName: 'Amara Okafor',
        purpose: 'A payment we stopped',
        startedAt: call.startedAt,
      },
    });
    const answered = await device.answer(service.app, question!, {
      answer: 'yes',
      code: call.verification.code,
      handset: { inCall: true, outgoing: false },
    });
    expect(answered).toMatchObject({
      status: 200,
      body: { status: 'confirmed', findings: [], attemptsLeft: 5, advice: { code: 'confirmed' } },
    });

    const event = await stream.waitFor('verification.confirmed');
    stream.close();
    expect(event.data).toMatchObject({
      specversion: '1.0',
      type: 'countersign.verification.confirmed',
      subject: call.verification.id,
      data: { callId: call.id, customerId: device.customerId, findings: [] },
    });

    const again = await device.answer(service.app, question!, { answer: 'no' });
    expect(again).toMatchObject({ status: 409, body: { status: 409, verificationStatus: 'confirmed' } });
    expect((await service.amara.get(`/v1/calls/${call.id}`)).body.verification).toEqual({
      id: call.verification.id,
      status: 'confirmed',
      expiresAt: call.verification.expiresAt,
      attemptsLeft: 5,
    });
  });
});

describe('a spoofed call', () => {
  it("is not legitimate without a live call, by an inbound-only line, or by a number that is not the bank's", async () => {
    const { customerId } = await service.customerWithDevice();
    expect((await ask(customerId, { trigger: 'ringing', incomingNumber: LINE })).body).toMatchObject({
      verdict: 'not_legitimate',
      reason: 'no_live_call',
      advice: { code: 'hang_up' },
    });
    await declare(customerId);
    expect((await ask(customerId, { trigger: 'ringing', incomingNumber: CARD_LINE })).body).toMatchObject({
      verdict: 'not_legitimate',
      reason: 'inbound_only_line',
    });
    expect((await ask(customerId, { trigger: 'ringing', incomingNumber: OTHER_LINE })).body).toMatchObject({
      verdict: 'unknown',
      reason: 'other_line',
    });
    expect((await ask(customerId, { trigger: 'ringing', incomingNumber: '+447700900999' })).body).toMatchObject({
      verdict: 'unknown',
      reason: 'not_our_line',
      advice: { code: 'unknown_caller' },
    });
    expect((await ask(customerId, { trigger: 'customer', incomingNumber: '+447700900999' })).body).toMatchObject({
      verdict: 'not_legitimate',
      reason: 'not_our_line',
      advice: { code: 'hang_up' },
    });
    expect((await ask(customerId, { trigger: 'customer' })).body).toMatchObject({
      verdict: 'legitimate',
      reason: 'live_call',
    });
    expect(
      (await ask(customerId, { trigger: 'customer', handset: { inCall: true, outgoing: true } })).body,
    ).toMatchObject({ verdict: 'unknown', reason: 'customer_rang', advice: { code: 'you_rang' } });
  });

  it('is the same for a customer who does not exist', async () => {
    const nobody = await ask(newCustomerId(), { trigger: 'ringing', incomingNumber: LINE });
    const somebody = await ask((await service.customerWithDevice()).customerId, {
      trigger: 'ringing',
      incomingNumber: LINE,
    });
    const own = { id: expect.stringMatching(/^vdt_/), checkedAt: expect.any(String) };
    expect(nobody.body).toEqual({ ...somebody.body, ...own });
  });
});

describe('a relay', () => {
  const inbound = { direction: 'inbound', line: CARD_LINE, purpose: 'Says they want to raise a limit' };

  it("is reported by the customer's answer, and told to the agent at once", async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, inbound);
    const stream = await service.amara.stream(`/v1/calls/${call.id}/stream`);
    const question = await device.waitingQuestion(service.app);
    expect(question!.display).toEqual({ question: 'did_you_phone_us', neverAsk: expect.any(Array) });
    const answered = await device.answer(service.app, question!, { answer: 'no', reason: 'they_called_me' });
    expect(answered.body).toMatchObject({
      status: 'reported',
      findings: ['relay_suspected'],
      advice: { code: 'someone_rang_as_you' },
    });
    expect((await stream.waitFor('verification.reported')).data.data.findings).toEqual(['relay_suspected']);
    await stream.waitFor('call.relay_suspected');
    stream.close();
  });

  it('is reported by the handset alone, although the customer was coached to say yes and has the right code', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, inbound);
    const question = await device.waitingQuestion(service.app);
    const answered = await device.answer(service.app, question!, {
      answer: 'yes',
      code: call.verification.code,
      handset: { inCall: true, outgoing: false },
    });
    expect(answered.body).toMatchObject({ status: 'reported', findings: ['relay_suspected', 'handset_mismatch'] });
  });

  it('is seen by a verdict, raised while the agent is talking, and then no yes confirms', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, inbound);
    const stream = await service.amara.stream(`/v1/calls/${call.id}/stream`);
    expect((await ask(device.customerId, { trigger: 'customer', incomingNumber: '+447700900999' })).body).toMatchObject(
      { verdict: 'not_legitimate', reason: 'someone_rang_as_you', advice: { code: 'someone_rang_as_you' } },
    );
    await stream.waitFor('call.relay_suspected');
    stream.close();
    const question = await device.waitingQuestion(service.app);
    const answered = await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code });
    expect(answered.body).toMatchObject({ status: 'reported', findings: ['relay_suspected'] });
    const signals = await service.app.get(`/v1/customers/${device.customerId}/signals`);
    expect(signals.body.hold).toBe(true);
    expect(signals.body.reasons.map((reason: { type: string }) => reason.type)).toEqual(
      expect.arrayContaining(['someone_rang_as_you', 'relay_suspected', 'reported']),
    );
  });
});

describe('codes', () => {
  it('count wrong attempts against the customer over new verifications, and lock at the fifth', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId);
    const wrong = (code: string) => (code === '000000' ? '000001' : '000000');
    let { code } = call.verification;
    for (const left of [4, 3]) {
      const question = await device.waitingQuestion(service.app);
      expect(await device.answer(service.app, question!, { answer: 'yes', code: wrong(code) })).toMatchObject({
        status: 422,
        body: { attemptsLeft: left, type: expect.stringMatching(/\/problems\/code-mismatch$/) },
      });
    }
    const renewed = await service.amara.post(`/v1/calls/${call.id}/verification`);
    expect(renewed).toMatchObject({ status: 201, body: { status: 'waiting', attemptsLeft: 3 } });
    code = renewed.body.code;
    const question = await device.waitingQuestion(service.app);
    expect(question!.id).toBe(renewed.body.id);
    for (const left of [2, 1])
      expect(await device.answer(service.app, question!, { answer: 'yes', code: wrong(code) })).toMatchObject({
        status: 422,
        body: { attemptsLeft: left },
      });
    expect(await device.answer(service.app, question!, { answer: 'yes', code: wrong(code) })).toMatchObject({
      status: 423,
      body: { attemptsLeft: 0, type: expect.stringMatching(/\/problems\/locked$/) },
    });
    expect(await device.answer(service.app, question!, { answer: 'yes', code })).toMatchObject({
      status: 409,
      body: { verificationStatus: 'locked' },
    });
    expect(await service.amara.post(`/v1/calls/${call.id}/verification`)).toMatchObject({ status: 423 });
    expect(
      (
        await service.amara.post('/v1/calls', {
          customerId: device.customerId,
          direction: 'outbound',
          purpose: 'Again',
          verify: true,
        })
      ).body,
    ).toMatchObject({ verification: null, verificationUnavailable: 'locked' });
    expect(await service.admin.post(`/v1/customers/${device.customerId}/unlock`)).toMatchObject({
      status: 200,
      body: { verificationsLockedAt: null },
    });
    expect(await service.amara.post(`/v1/calls/${call.id}/verification`)).toMatchObject({
      status: 201,
      body: { attemptsLeft: 5 },
    });
  });

  it('are needed for a yes, and a call is declared even where there is no device to ask', async () => {
    const device = await service.customerWithDevice();
    await declare(device.customerId);
    const question = await device.waitingQuestion(service.app);
    expect(await device.answer(service.app, question!, { answer: 'yes' })).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/code-required$/) },
    });
    const reply = await service.amara.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      purpose: 'Hello',
      verify: true,
    });
    expect(reply).toMatchObject({
      status: 201,
      body: { state: 'live', verification: null, verificationUnavailable: 'no_device' },
    });
    expect(await service.amara.post(`/v1/calls/${reply.body.id}/verification`)).toMatchObject({ status: 422 });
  });
});
