import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestChange } from '../support/changes.js';
import { CARD_LINE, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const MOBILE = '+447700900321';

const declare = (customerId: string, more: object = {}) =>
  service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    ...more,
  });
const problem = (slug: string) => ({ type: expect.stringMatching(new RegExp(`/problems/${slug}$`)) });

describe('an insider', () => {
  it('cannot declare a call from a mobile of their own, in either direction', async () => {
    for (const direction of ['outbound', 'inbound'])
      expect(await declare(newCustomerId(), { direction, line: MOBILE })).toMatchObject({
        status: 422,
        body: problem('line-not-registered'),
      });
  });

  it('cannot declare a call from the number on the card', async () => {
    expect(await declare(newCustomerId(), { line: CARD_LINE })).toMatchObject({
      status: 422,
      body: problem('line-inbound-only'),
    });
  });

  it("who declares a call without a line does not make an accomplice's mobile the bank's", async () => {
    const customerId = newCustomerId();
    expect(await declare(customerId, { line: undefined })).toMatchObject({ status: 201 });
    for (const [trigger, verdict] of [
      ['ringing', 'unknown'],
      ['customer', 'not_legitimate'],
    ]) {
      const { body } = await service.app.post(`/v1/customers/${customerId}/call-verdicts`, {
        trigger,
        incomingNumber: MOBILE,
      });
      expect(body).toMatchObject({ verdict, reason: 'not_our_line' });
      expect(body).not.toHaveProperty('call');
    }
  });

  it('declares under the name in their token, whatever the body says', async () => {
    expect(
      (await declare(newCustomerId(), { agent: { id: 'ben', name: 'Ben Whitaker', department: 'Payments' } })).body
        .agent,
    ).toEqual({ id: 'amara', name: 'Amara Okafor', department: 'Payments' });
  });
});

describe('push fatigue', () => {
  it('ends after five questions in a minute, while the call stays declared', async () => {
    const { customerId } = await service.customerWithDevice();
    const { body: call } = await declare(customerId, { verify: true });
    for (let question = 2; question <= 5; question += 1)
      expect(await service.amara.post(`/v1/calls/${call.id}/verification`)).toMatchObject({ status: 201 });
    const refused = await service.amara.post(`/v1/calls/${call.id}/verification`);
    expect(refused).toMatchObject({ status: 429, body: problem('push-budget') });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await declare(customerId, { verify: true })).toMatchObject({
      status: 201,
      body: { verification: null, verificationUnavailable: 'push_budget' },
    });
    expect(
      (
        await service.app.post(`/v1/customers/${customerId}/call-verdicts`, {
          trigger: 'ringing',
          incomingNumber: LINE,
        })
      ).body.verdict,
    ).toBe('legitimate');
  });

  it('ends after twenty questions without a confirmation, and rests for a day', async () => {
    const { customerId } = await service.customerWithDevice();
    const lastAsked = (ago: string) =>
      service.sql(
        `UPDATE customers SET prompts_since_confirmed = 20, recent_prompts = ARRAY[now() - $2::interval] WHERE id = $1`,
        [customerId, ago],
      );
    await lastAsked('23 hours');
    expect((await declare(customerId, { verify: true })).body).toMatchObject({
      verificationUnavailable: 'push_budget',
    });
    await lastAsked('25 hours');
    expect((await declare(customerId, { verify: true })).body).toMatchObject({ verification: { status: 'waiting' } });
    expect(await service.sql(`SELECT prompts_since_confirmed FROM customers WHERE id = $1`, [customerId])).toEqual([
      { prompts_since_confirmed: 1 },
    ]);
  });
});

describe('who took an account over', () => {
  it('and enrolled a device of their own is marked by it, and the contact points on file are to be told', async () => {
    const customerId = newCustomerId();
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: '+447700900123', since: '2021-03-01T00:00:00Z' }],
    });
    const device = await service.customerWithDevice(customerId);
    await service.sql(`UPDATE devices SET enrolled_at = now() WHERE customer_id = $1`, [customerId]);
    const { body: call } = await declare(customerId, { verify: true });
    const question = await device.waitingQuestion(service.app);
    expect(
      (await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code })).body,
    ).toMatchObject({ status: 'confirmed', findings: ['new_device'] });
    const [enrolled] = await service.sql(
      `SELECT data FROM events WHERE type = 'countersign.device.enrolled' AND customer_id = $1`,
      [customerId],
    );
    expect(enrolled.data.tellContactPoints).toEqual([expect.any(String)]);
  });

  it('and changed the number is marked by it', async () => {
    const device = await service.customerWithDevice();
    await service.admin.put(`/v1/customers/${device.customerId}`, { phoneNumbers: [{ number: '+447700900124' }] });
    const { body: call } = await declare(device.customerId, { verify: true });
    const question = await device.waitingQuestion(service.app);
    expect(
      (await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code })).body,
    ).toMatchObject({ status: 'confirmed', findings: ['new_contact'] });
  });
});

describe('a reference', () => {
  const lookUp = async (reference: string) => (await service.telephony.get(`/v1/references/${reference}`)).body;

  it('is genuine for a call that the bank placed, until a relay is suspected on it', async () => {
    const device = await service.customerWithDevice();
    const { body: call } = await declare(device.customerId, { verify: true });
    expect(await lookUp(call.reference)).toMatchObject({ kind: 'call', genuine: true, state: 'live' });
    const question = await device.waitingQuestion(service.app);
    await device.answer(service.app, question!, {
      answer: 'yes',
      code: call.verification.code,
      handset: { inCall: false },
    });
    expect(await lookUp(call.reference)).toMatchObject({
      genuine: false,
      summary: expect.stringContaining('Do not trust'),
    });
  });

  it('that a fraudster was given on a call to the bank is never genuine', async () => {
    const { body: call } = await declare(newCustomerId(), { direction: 'inbound', line: CARD_LINE });
    expect(await lookUp(call.reference)).toMatchObject({
      kind: 'call',
      genuine: false,
      summary: expect.stringContaining('The bank did not call you'),
    });
  });

  it('is not genuine any more for a call that the customer said no to', async () => {
    const device = await service.customerWithDevice();
    const { body: call } = await declare(device.customerId, { verify: true });
    const question = await device.waitingQuestion(service.app);
    expect((await device.answer(service.app, question!, { answer: 'no' })).body).toMatchObject({
      status: 'denied',
    });
    const doubted = { genuine: false, summary: expect.stringContaining('Do not trust') };
    expect(await lookUp(call.reference)).toMatchObject({ state: 'live', ...doubted });
    await service.amara.post(`/v1/calls/${call.id}/end`);
    expect(await lookUp(call.reference)).toMatchObject({ state: 'ended', ...doubted });
  });

  it('is not genuine for what whoever rings can ask for in the name of another', async () => {
    const { customerId } = await service.customerWithDevice();
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: '+447700900125', since: '2020-01-31T09:30:00.000Z' }],
    });
    const asked = { customerId, reason: 'They asked to be rung back' };
    const { status, body: callback } = await service.amara.post('/v1/callbacks', asked);
    expect(status).toBe(201);
    expect(await lookUp(callback.reference)).toMatchObject({ kind: 'callback', state: 'queued', genuine: false });
    const { body: change } = await requestChange(service, customerId);
    expect(await lookUp(change.reference)).toMatchObject({ kind: 'change', state: 'held', genuine: false });
  });

  it('says nothing about the customer', async () => {
    const { body: call } = await declare(newCustomerId());
    const text = JSON.stringify(await lookUp(call.reference));
    for (const secret of [call.customerId, call.purpose, call.agent.name, call.line])
      expect(text).not.toContain(secret);
  });
});
