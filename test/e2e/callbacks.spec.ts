import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { giveOldNumber, OLD_NUMBER, ringAtAnyHour } from '../support/changes.js';
import { onceReached } from '../support/once-reached.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

async function requested(more: object = {}) {
  const device = await service.customerWithDevice();
  await giveOldNumber(service, device.customerId);
  const reply = await service.app.post(`/v1/customers/${device.customerId}/callbacks`, {
    reason: 'Somebody called me and I hung up',
    ...more,
  });
  expect(reply.status).toBe(201);
  return { device, callback: reply.body };
}

const claim = (id: string, body: object = {}) => service.amara.post(`/v1/callbacks/${id}/claim`, body);
const outcome = (id: string, result: string) => service.amara.post(`/v1/callbacks/${id}/outcome`, { result });
const verdict = async (customerId: string) =>
  (
    await onceReached(() =>
      service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE }),
    )
  ).body;

describe('what a callback is about', () => {
  it("is kept where it is the customer's own, and dropped where it is somebody else's or made up, alike", async () => {
    const theirs = newCustomerId();
    const own = async (customerId: string): Promise<string[]> => [
      (await service.amara.post('/v1/calls', { customerId, direction: 'outbound', purpose: 'A payment' })).body.id,
      (await service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'call' })).body.id,
    ];
    const { device } = await requested();
    const ask = async (about: string) =>
      (await service.app.post(`/v1/customers/${device.customerId}/callbacks`, { reason: 'Please ring', about })).body
        .about;
    for (const about of await own(device.customerId)) expect(await ask(about)).toBe(about);
    for (const about of [...(await own(theirs)), 'call_01jd3f6q8zfk1rz1m3v9w1c2aa', 'chg_01jd3f6q8zfk1rz1m3v9w1c2aa'])
      expect(await ask(about)).toBeNull();
    const logged = await service.sql(
      `SELECT data ->> 'about' AS about FROM events WHERE type = 'countersign.callback.queued' AND customer_id = $1 ORDER BY sequence DESC LIMIT 4`,
      [device.customerId],
    );
    expect(logged).toEqual(Array.from({ length: 4 }, () => ({ about: null })));
  });
});

describe('hang up, and we ring you back', () => {
  it('the app shows who will ring and when, the number is revealed to one agent, and the ring is provably the bank', async () => {
    const { device, callback } = await requested();
    expect(callback).toMatchObject({
      status: 'queued',
      attempts: 0,
      askedDuringCall: false,
      reason: 'Somebody called me and I hung up',
      window: { dueAt: expect.any(String) },
    });
    expect(JSON.stringify(callback)).not.toContain('7700');
    expect(await verdict(device.customerId)).toMatchObject({ verdict: 'not_legitimate', reason: 'no_live_call' });

    const claimed = await claim(callback.id, { line: LINE, department: 'Customer Care' });
    expect(claimed).toMatchObject({
      status: 200,
      body: {
        number: OLD_NUMBER,
        call: {
          direction: 'outbound',
          line: LINE,
          state: 'live',
          verification: { code: expect.stringMatching(/^\d{6}$/) },
        },
        callback: { status: 'claimed' },
      },
    });
    expect((await service.app.get(`/v1/customers/${device.customerId}/callbacks`)).body.data[0]).toMatchObject({
      status: 'claimed',
      agentName: 'Amara Okafor',
    });
    expect(await verdict(device.customerId)).toMatchObject({
      verdict: 'legitimate',
      call: { id: claimed.body.call.id },
    });

    const lookUp = async () => (await service.telephony.get(`/v1/references/${callback.reference}`)).body;
    expect(await lookUp()).toMatchObject({ kind: 'callback', state: 'claimed', genuine: true });

    const question = await device.waitingQuestion(service.app);
    expect(question).toMatchObject({
      kind: 'callback',
      display: { question: 'are_you_talking_to_us', callback: callback.reference },
    });
    expect((await outcome(callback.id, 'verified')).status).toBe(422);
    await device.answer(service.app, question!, { answer: 'yes', code: claimed.body.call.verification.code });
    expect(await outcome(callback.id, 'verified')).toMatchObject({
      status: 200,
      body: { status: 'verified', verifiedVia: 'app', attempts: 1 },
    });
    expect((await claim(callback.id)).status).toBe(409);
    expect(await lookUp()).toMatchObject({ kind: 'callback', state: 'verified', genuine: true });
  });

  it('the offline code that was read out on this very call stands for the app, and the outcome says so', async () => {
    const { device, callback } = await requested();
    const claimed = await claim(callback.id);
    const { body } = await service.amara.post(`/v1/calls/${claimed.body.call.id}/offline-proof`);
    expect(body.bankProof).toMatch(/^\d{6}$/);
    expect(device.id).toBe(body.deviceId);
    expect((await outcome(callback.id, 'verified')).body).toMatchObject({ verifiedVia: 'offline_code' });
  });

  it('three attempts that nobody answers, each later than the one before, and the customer is unreachable', async () => {
    const { device, callback } = await requested();
    const due: number[] = [];
    for (const [attempt, status] of [
      [1, 'queued'],
      [2, 'queued'],
      [3, 'unreachable'],
    ] as const) {
      const claimed = await claim(callback.id);
      expect(claimed.status).toBe(200);
      const { body } = await outcome(callback.id, 'no_answer');
      expect(body).toMatchObject({ status, attempts: attempt });
      due.push(Date.parse(body.window.dueAt) - Date.now());
      expect((await service.amara.get(`/v1/calls/${claimed.body.call.id}`)).body.state).toBe('ended');
      if (status === 'queued') expect((await claim(callback.id)).status).toBe(409);
      await service.sql(`UPDATE callbacks SET due_at = now() WHERE customer_id = $1`, [device.customerId]);
      await service.sql(`UPDATE customers SET recent_prompts = '{}' WHERE id = $1`, [device.customerId]);
    }
    expect(due[1]! / due[0]!).toBeCloseTo(2, 0);
  });

  it('where somebody else answers, it ends with an event of that name', async () => {
    const { device, callback } = await requested();
    const claimed = await claim(callback.id);
    expect(await outcome(callback.id, 'wrong_person')).toMatchObject({
      status: 200,
      body: { status: 'wrong_person', attempts: 1 },
    });
    expect((await service.amara.get(`/v1/calls/${claimed.body.call.id}`)).body.state).toBe('ended');
    // Lists tell of what no open transaction of the cluster can still come before.
    const told = async () =>
      (await service.analyst.get(`/v1/events?types=countersign.callback.wrong_person`)).body.data;
    await expect
      .poll(told, { timeout: 60_000 })
      .toMatchObject([
        { subject: callback.id, data: { customerId: device.customerId, attempts: 1, via: null, by: 'amara' } },
      ]);
  });

  it('whose claim has lapsed when its number cannot be rung takes the call of that claim with it', async () => {
    const { device, callback } = await requested();
    const claimed = await claim(callback.id);
    const call = async () => (await service.amara.get(`/v1/calls/${claimed.body.call.id}`)).body.state;
    expect(await call()).toBe('live');
    // In one transaction, so that the next agent comes before the sweeper.
    await service.sql(`UPDATE contact_points SET since = now() WHERE customer_id = '${device.customerId}';
      UPDATE callbacks SET claimed_until = now() - interval '1 second' WHERE customer_id = '${device.customerId}'`);
    expect(await claim(callback.id)).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/no-callback-number$/) },
    });
    expect(await call()).toBe('ended');
  });

  it("is marked where it was asked for while somebody was on the line in the customer's name", async () => {
    const device = await service.customerWithDevice();
    await giveOldNumber(service, device.customerId);
    await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'inbound',
      purpose: 'Wants a callback',
    });
    const reply = await service.amara.post('/v1/callbacks', {
      customerId: device.customerId,
      reason: 'Wants to be rung on another number',
    });
    expect(reply).toMatchObject({ status: 201, body: { askedDuringCall: true } });
  });

  it('is refused where no number is old enough, with what else the customer can do', async () => {
    const customerId = newCustomerId();
    await service.admin.put(`/v1/customers/${customerId}`, {
      phoneNumbers: [{ number: '+447700900555', since: new Date(Date.now() - 9 * 86_400_000).toISOString() }],
    });
    const reply = await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'Help' });
    expect(reply).toMatchObject({ status: 422, body: { type: expect.stringMatching(/no-callback-number$/) } });
    const page = await service.app.get(new URL(reply.body.type).pathname);
    expect(page.body.remedy).toContain('number on their card');
  });

  it('is expired once its window is over', async () => {
    const { device, callback } = await requested();
    await service.sql(`UPDATE callbacks SET not_after = now() - interval '1 second' WHERE customer_id = $1`, [
      device.customerId,
    ]);
    expect((await service.amara.get(`/v1/callbacks/${callback.id}`)).body.status).toBe('expired');
    expect((await claim(callback.id)).status).toBe(409);
    await expect
      .poll(
        async () =>
          (
            await service.sql(`SELECT 1 FROM events WHERE type = 'countersign.callback.expired' AND customer_id = $1`, [
              device.customerId,
            ])
          ).length,
        { timeout: 60_000 },
      )
      .toBe(1);
  });
});

describe('the queue', () => {
  it('comes by priority, then by due time, and pages without gap', async () => {
    const { callback } = await requested({ notBefore: new Date(Date.now() + 3_600_000).toISOString() });
    expect((await claim(callback.id)).status).toBe(409);
    const seen: string[] = [];
    for (let after = ''; ;) {
      const { body } = await service.amara.get(`/v1/callbacks?limit=1${after}`);
      seen.push(...body.data.map((entry: { id: string }) => entry.id));
      if (body.next === null) break;
      after = `&after=${body.next}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    const all = (await service.amara.get('/v1/callbacks')).body.data;
    expect(seen).toEqual(all.map((entry: { id: string }) => entry.id));
    const order = all.map((entry: { priority: number; window: { dueAt: string } }) => [
      -entry.priority,
      Date.parse(entry.window.dueAt),
    ]);
    expect(order).toEqual([...order].sort(([p1, d1]: number[], [p2, d2]: number[]) => p1! - p2! || d1! - d2!));
  });

  it("outside the bank's hours nobody is rung", async () => {
    const { callback } = await requested();
    const current = await service.admin.get('/v1/policy');
    const hour = new Date().getUTCHours();
    const opens = `${String((hour + 12) % 23).padStart(2, '0')}:00`;
    await service.admin.put(
      '/v1/policy',
      { callbacks: { timeZone: 'UTC', opens, closes: `${opens.slice(0, 2)}:01` } },
      { headers: { 'if-match': current.headers.get('etag')! } },
    );
    expect((await claim(callback.id)).status).toBe(409);
    await ringAtAnyHour(service);
    expect((await claim(callback.id)).status).toBe(200);
  });
});
