import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromTypeId, momentOf, newIdAt, toTypeId } from '../../src/ids/ids.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { onceReached } from '../support/once-reached.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const ask = async (customerId: string, question: object = { trigger: 'ringing', incomingNumber: LINE }) =>
  (await onceReached(() => service.app.post(`/v1/customers/${customerId}/call-verdicts`, question))).body;
const tell = (customerId: string, verdictId: string, body: object, client = service.app) =>
  client.post(`/v1/customers/${customerId}/call-verdicts/${verdictId}/feedback`, body);
const declare = async (customerId: string, more: object = {}) =>
  (
    await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      purpose: 'A payment we stopped',
      ...more,
    })
  ).body;
const toldOf = (customerId: string) =>
  service.sql(
    `SELECT about, about_id, data FROM events WHERE customer_id = $1 AND type = 'countersign.verdict.feedback_received'`,
    [customerId],
  );

/** Lists tell of what no open transaction of the cluster can still come before, and other specs have some. */
const listed = async (type: string, isMeant: (event: any) => boolean): Promise<any[]> =>
  (await service.admin.get(`/v1/events?types=countersign.${type}&limit=200`)).body.data.filter(isMeant);

describe('a verdict', () => {
  it('has an id, in the answer and in its event, of the moment at which it was given', async () => {
    const customerId = newCustomerId();
    const { id, checkedAt } = await ask(customerId);
    expect(id).toMatch(/^vdt_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(Math.abs(momentOf(fromTypeId('vdt', id)!) - Date.parse(checkedAt))).toBeLessThan(60_000);
    const given = (): Promise<any[]> => listed('verdict.given', (event) => event.data.customerId === customerId);
    await expect
      .poll(given)
      .toMatchObject([{ subject: customerId, data: { verdictId: id, verdict: 'not_legitimate', findings: [] } }]);
    expect((await ask(customerId)).id).not.toBe(id);
  });
});

describe('what became of a verdict', () => {
  it('is taken once, and published as an event and in the metrics', async () => {
    const customerId = newCustomerId();
    await declare(customerId, { line: LINE });
    const { id } = await ask(customerId);
    const taken = await tell(customerId, id, { outcome: 'answered', latencyMs: 180 });
    expect(taken).toMatchObject({ status: 204 });
    expect(await tell(customerId, id, { outcome: 'ended_by_customer' })).toMatchObject({
      status: 409,
      body: { type: expect.stringMatching(/\/feedback-given$/) },
    });
    expect(await toldOf(customerId)).toEqual([
      {
        about: 'vdt',
        about_id: fromTypeId('vdt', id),
        data: { verdict: 'legitimate', reason: 'live_call', trigger: 'ringing', outcome: 'answered', latencyMs: 180 },
      },
    ]);
    await expect
      .poll(() => listed('verdict.feedback_received', (event) => event.subject === id))
      .toMatchObject([
        { type: 'countersign.verdict.feedback_received', data: { customerId, outcome: 'answered', latencyMs: 180 } },
      ]);
    const metrics = await (
      await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${await service.token('admin')}` } })
    ).text();
    expect(metrics).toContain('countersign_verdict_feedback_total{verdict="legitimate",outcome="answered"} 1');
    expect(metrics).toContain('countersign_verdict_handset_seconds_bucket{le="0.2",verdict="legitimate"} 1');
    expect(metrics).toContain('countersign_verdict_handset_seconds_sum{verdict="legitimate"} 0.18');
  });

  it('is taken of twenty that race once', async () => {
    const customerId = newCustomerId();
    const { id } = await ask(customerId);
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => tell(customerId, id, { outcome: 'shown', latencyMs: 5 })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(409)]);
    expect(await toldOf(customerId)).toHaveLength(1);
  });

  it('may say each outcome, with a latency or without, and nothing else', async () => {
    const customerId = newCustomerId();
    for (const outcome of ['shown', 'answered', 'ended_by_handset', 'ended_by_customer', 'timed_out'])
      expect((await tell(customerId, (await ask(customerId)).id, { outcome })).status).toBe(204);
    const { id } = await ask(customerId);
    for (const body of [
      {},
      { outcome: 'hung_up' },
      { outcome: 'shown', latencyMs: -1 },
      { outcome: 'shown', latencyMs: 1.5 },
      { outcome: 'shown', latencyMs: 600_001 },
      { outcome: 'shown', latencyMs: '5' },
      { outcome: 'shown', note: 'x' },
    ])
      expect((await tell(customerId, id, body)).status).toBe(400);
    expect((await tell(customerId, id, { outcome: 'shown', latencyMs: 600_000 })).status).toBe(204);
  });

  it("is not found for another customer's verdict, another tenant's, one that never was, or what is no id", async () => {
    const customerId = newCustomerId();
    const { id } = await ask(customerId);
    const south = await service.clients('southbank');
    const far = 'vdt_7zzzzzzzzzzzzzzzzzzzzzzzzz';
    for (const [customer, verdict, client] of [
      [newCustomerId(), id, service.app],
      [customerId, id, south.app],
      [customerId, newIdAt('vdt', Date.now()).id, service.app],
      [customerId, toTypeId('vdt', randomUUID()), service.app],
      [customerId, id.replace('vdt_', 'evt_'), service.app],
      [customerId, far, service.app],
      [customerId, 'vdt_00000000000000000000000000', service.app],
      [customerId, 'x', service.app],
    ] as const)
      expect((await tell(customer, verdict, { outcome: 'shown' }, client)).status).toBe(404);
    expect((await tell(customerId, id, { outcome: 'shown' }, service.amara)).status).toBe(403);
    expect((await tell(customerId, id, { outcome: 'shown' })).status).toBe(204);
  });

  it('is not found once the verdict is a day old', async () => {
    const customerId = newCustomerId();
    const { id } = newIdAt('vdt', Date.now() - 25 * 3_600_000);
    await service.sql(
      `WITH tenant AS (SELECT set_config('countersign.tenant', 'northbank', true))
       INSERT INTO events (tenant_id, id, type, about, customer_id, data, occurred_at)
       SELECT 'northbank', uuid7_floor(now() - interval '25 hours'), 'countersign.verdict.given', 'customer', $1,
         jsonb_build_object('verdictId', $2::text, 'verdict', 'unknown', 'reason', 'number_withheld', 'trigger', 'ringing', 'lineUse', null,
           'numberGiven', false, 'handset', null, 'handsetNumberOnFile', null), now() - interval '25 hours' FROM tenant`,
      [customerId, id],
    );
    expect((await tell(customerId, id, { outcome: 'shown' })).status).toBe(404);
  });
});

describe('a call of some app', () => {
  const voip = { inCall: true, outgoing: false, medium: 'voip' };

  it('is not the phone call that the bank declared', async () => {
    const customerId = newCustomerId();
    const call = await declare(customerId, { line: LINE });
    expect(call.channel).toBe('phone');
    for (const incomingNumber of [LINE, undefined])
      expect(await ask(customerId, { trigger: 'customer', incomingNumber, handset: voip })).toMatchObject({
        verdict: 'unknown',
        reason: 'other_channel',
        findings: ['other_channel'],
        advice: { code: 'hang_up_and_ring_card_number' },
      });
    expect((await service.app.get(`/v1/customers/${customerId}/signals`)).body.hold).toBe(false);
    expect(
      await ask(customerId, { trigger: 'customer', incomingNumber: LINE, handset: { ...voip, medium: 'cellular' } }),
    ).toMatchObject({ verdict: 'legitimate', findings: [], call: { channel: 'phone' } });
  });

  it('is legitimate where the bank declared one in its app, which the customer is shown', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, { channel: 'in_app', verify: true });
    expect(call).toMatchObject({ channel: 'in_app', line: null });
    expect((await service.amara.get(`/v1/calls/${call.id}`)).body.channel).toBe('in_app');
    expect(await ask(device.customerId, { trigger: 'customer', handset: voip })).toMatchObject({
      verdict: 'legitimate',
      findings: [],
      call: { id: call.id, channel: 'in_app' },
    });
    expect(await ask(device.customerId, { trigger: 'ringing', incomingNumber: LINE })).toMatchObject({
      verdict: 'unknown',
      reason: 'other_channel',
      findings: [],
    });
    const question = await device.waitingQuestion(service.app);
    expect(question!.display).toMatchObject({ question: 'are_you_talking_to_us', channel: 'in_app' });
    expect(
      await device.answer(service.app, question!, {
        answer: 'yes',
        code: call.verification.code,
        handset: voip as any,
      }),
    ).toMatchObject({ status: 200, body: { status: 'confirmed', findings: [] } });
  });

  it('is told to the agent beside the answer about a phone call', async () => {
    const device = await service.customerWithDevice();
    const call = await declare(device.customerId, { line: LINE, verify: true });
    const question = await device.waitingQuestion(service.app);
    expect(question!.display).not.toHaveProperty('channel');
    expect(
      await device.answer(service.app, question!, {
        answer: 'yes',
        code: call.verification.code,
        handset: voip as any,
      }),
    ).toMatchObject({ status: 200, body: { status: 'confirmed', findings: ['other_channel'] } });
    expect((await service.amara.get(`/v1/verifications/${call.verification.id}`)).body.findings).toEqual([
      'other_channel',
    ]);
  });

  it('is of one of two channels', async () => {
    expect(
      (
        await service.amara.post('/v1/calls', {
          customerId: newCustomerId(),
          direction: 'outbound',
          purpose: 'x',
          channel: 'fax',
        })
      ).status,
    ).toBe(400);
  });
});
