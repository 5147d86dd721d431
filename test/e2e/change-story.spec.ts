import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import {
  AFTER,
  answerChange,
  BEFORE,
  callBackAndConfirm,
  giveOldNumber,
  letTimePass,
  OLD_NUMBER,
  requestChange,
  ringAtAnyHour,
} from '../support/changes.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
  await ringAtAnyHour(service);
});
afterAll(() => service.stop());

async function customer(): Promise<CustomerDevice> {
  const device = await service.customerWithDevice();
  await giveOldNumber(service, device.customerId);
  return device;
}

const get = async (id: string) => (await service.amara.get(`/v1/changes/${id}`)).body;
const proofs = (change: { proofs: { proof: string; status: string }[] }) =>
  change.proofs.map(({ proof, status }) => `${proof} ${status}`);
const events = (type: string, customerId: string) =>
  service.sql(`SELECT data FROM events WHERE type = $1 AND customer_id = $2 ORDER BY sequence`, [
    `countersign.${type}`,
    customerId,
  ]);

describe('the genuine change', () => {
  it('is held until the app and a callback are in and cooling-off has passed, then released by itself', async () => {
    const device = await customer();
    const asked = await requestChange(service, device.customerId);
    expect(asked.status).toBe(201);
    expect(asked.body).toMatchObject({
      status: 'held',
      before: { account: expect.not.stringContaining('2020') },
      after: { holder: AFTER.holder },
      askedBy: 'amara',
      rules: { proofs: ['app', 'callback'] },
    });
    expect(proofs(asked.body)).toEqual(['app waiting', 'callback waiting']);

    const question = (await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`)).body
      .data[0];
    expect(question).toMatchObject({
      kind: 'change',
      asks: ['answer'],
      display: {
        question: 'did_you_ask_for_this_change',
        reference: asked.body.reference,
        askedThrough: 'email',
        askedAt: asked.body.requestedAt,
        before: asked.body.before,
        after: asked.body.after,
        detailsFingerprint: expect.any(String),
      },
    });
    expect((await answerChange(service, device, 'yes')).body).toMatchObject({ status: 'confirmed' });
    expect(proofs(await get(asked.body.id))).toEqual(['app in', 'callback waiting']);

    expect((await service.app.get(`/v1/customers/${device.customerId}/callbacks`)).body.data[0]).toMatchObject({
      status: 'queued',
      about: asked.body.id,
    });
    expect((await callBackAndConfirm(service, device)).body).toMatchObject({ status: 'verified', verifiedVia: 'app' });
    const proved = await get(asked.body.id);
    expect(proofs(proved)).toEqual(['app in', 'callback in']);
    expect(proved.proofs[1]).toMatchObject({ by: 'ben', via: 'app' });
    expect(proved.status).toBe('held');

    await letTimePass(service, asked.body.id, '23 hours');
    expect((await get(asked.body.id)).status).toBe('held');
    await letTimePass(service, asked.body.id, '2 hours');
    expect(await get(asked.body.id)).toMatchObject({ status: 'released', releasedAt: expect.any(String) });
    const told = await events('change.released', device.customerId);
    expect(told[0].data).toMatchObject({
      tellContactPoints: [expect.any(String)],
      words: { headline: expect.any(String) },
      disputeWith: expect.stringContaining('dispute'),
    });
    expect(await service.app.post(`/v1/changes/${asked.body.id}/dispute`)).toMatchObject({
      status: 200,
      body: { status: 'disputed' },
    });
    expect(await service.app.post(`/v1/changes/${asked.body.id}/dispute`)).toMatchObject({ status: 409 });
  });

  it('shows what it stands for under its reference, without personal data', async () => {
    const device = await customer();
    const { body } = await requestChange(service, device.customerId);
    const reply = await service.telephony.get(`/v1/references/${body.reference.toLowerCase().replace('-', '')}`);
    expect(reply.body).toMatchObject({
      kind: 'change',
      genuine: false,
      state: 'held',
      summary: expect.stringContaining('held'),
    });
    expect(JSON.stringify(reply.body)).not.toContain('Oak');
  });
});

describe('the fraudster who took over the e-mail', () => {
  it("is refused by the customer's no, with an event that the bank can act on", async () => {
    const device = await customer();
    const { body } = await requestChange(service, device.customerId);
    expect((await answerChange(service, device, 'no', 'not_me')).body).toMatchObject({ status: 'denied' });
    expect(await get(body.id)).toMatchObject({ status: 'refused', refusedBecause: 'denied' });
    expect(await events('change.refused', device.customerId)).toHaveLength(1);
    expect((await service.app.get(`/v1/customers/${device.customerId}/callbacks`)).body.data[0].status).toBe(
      'cancelled',
    );
    expect((await service.app.get(`/v1/customers/${device.customerId}/signals`)).body.hold).toBe(true);
  });

  it('cannot have the customer rung on a number that was given with the request or changed recently', async () => {
    const device = await customer();
    await requestChange(service, device.customerId);
    await service.admin.put(`/v1/customers/${device.customerId}`, { phoneNumbers: [{ number: '+447700900999' }] });
    const [callback] = (await service.ben.get(`/v1/callbacks?customerId=${device.customerId}`)).body.data;
    expect((await service.ben.post(`/v1/callbacks/${callback.id}/claim`, {})).body.number).toBe(OLD_NUMBER);
    expect(await events('contact.revealed', device.customerId)).toMatchObject([{ data: { to: 'ben' } }]);
    const later = await service.app.post(`/v1/customers/${device.customerId}/callbacks`, { reason: 'Please ring me' });
    expect(later).toMatchObject({ status: 422, body: { type: expect.stringMatching(/no-callback-number$/) } });
  });
});

describe('the fraudster with a new device', () => {
  it('cannot vouch with it: not before, and not once it has grown old', async () => {
    const device = await customer();
    const stolen = await CustomerDevice.make(device.customerId);
    expect((await stolen.enrol(service.app)).status).toBe(201);
    const { body } = await requestChange(service, device.customerId);
    expect(await answerChange(service, stolen, 'yes')).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/device-too-new$/) },
    });
    await service.sql(`UPDATE devices SET enrolled_at = enrolled_at - interval '2 days' WHERE customer_id = $1`, [
      device.customerId,
    ]);
    expect(await answerChange(service, stolen, 'yes')).toMatchObject({ status: 422 });
    expect(proofs(await get(body.id))[0]).toBe('app waiting');
    expect((await answerChange(service, stolen, 'no')).body).toMatchObject({
      status: 'denied',
      findings: ['new_device'],
    });
  });

  it('alone makes the bank ask for a callback and a letter', async () => {
    const customerId = newCustomerId();
    await giveOldNumber(service, customerId);
    await (await CustomerDevice.make(customerId)).enrol(service.app);
    expect(proofs((await requestChange(service, customerId)).body)).toEqual(['callback waiting', 'letter missing']);
  });
});

describe('the insider', () => {
  it('cannot ring back about a change that they asked for, nor approve it, nor do both', async () => {
    const device = await customer();
    const { body } = await requestChange(service, device.customerId, { atRisk: { amount: 50_000, currency: 'GBP' } });
    expect(proofs(body)).toEqual(['app waiting', 'callback waiting', 'second_agent missing']);
    const [callback] = (await service.amara.get(`/v1/callbacks?customerId=${device.customerId}`)).body.data;
    expect(await service.amara.post(`/v1/callbacks/${callback.id}/claim`, {})).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/same-agent$/) },
    });
    expect(await service.amara.post(`/v1/changes/${body.id}/approve`)).toMatchObject({ status: 422 });
    expect((await callBackAndConfirm(service, device)).body.status).toBe('verified');
    expect(await service.ben.post(`/v1/changes/${body.id}/approve`)).toMatchObject({ status: 422 });
    expect(proofs((await service.chioma.post(`/v1/changes/${body.id}/approve`)).body)).toEqual([
      'app waiting',
      'callback in',
      'second_agent in',
    ]);
  });

  it('who approved first cannot ring back', async () => {
    const device = await customer();
    const { body } = await requestChange(service, device.customerId, { atRisk: { amount: 50, currency: 'EUR' } });
    expect((await service.ben.post(`/v1/changes/${body.id}/approve`)).status).toBe(200);
    expect(await callBackAndConfirm(service, device, service.ben)).toMatchObject({ status: 422 });
  });

  it('who asks anew in the call of a callback has the change shown again, and no new device vouch for it', async () => {
    const customerId = newCustomerId();
    await giveOldNumber(service, customerId);
    const device = await CustomerDevice.make(customerId);
    await device.enrol(service.app);
    await requestChange(service, customerId);
    const waiting = async () =>
      (await service.app.get(`/v1/customers/${customerId}/verifications?status=waiting`)).body.data;
    const [callback] = (await service.ben.get(`/v1/callbacks?customerId=${customerId}`)).body.data;
    const { call } = (await service.ben.post(`/v1/callbacks/${callback.id}/claim`, {})).body;
    const [first] = await waiting();
    expect(first).toMatchObject({ kind: 'callback', display: { callback: callback.reference, change: {} } });
    const { body: anew } = await service.ben.post(`/v1/calls/${call.id}/verification`);
    const [second, ...more] = await waiting();
    expect(more).toEqual([]);
    expect(second).toMatchObject({ id: anew.id, kind: 'callback', display: first.display });
    expect(await device.answer(service.app, second, { answer: 'yes', code: anew.code })).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/device-too-new$/) },
    });
    expect(await service.ben.post(`/v1/callbacks/${callback.id}/outcome`, { result: 'verified' })).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/not-verified$/) },
    });
  });

  it('cannot record a callback as verified where the customer confirmed nothing', async () => {
    const device = await customer();
    await requestChange(service, device.customerId);
    const [callback] = (await service.ben.get(`/v1/callbacks?customerId=${device.customerId}`)).body.data;
    await service.ben.post(`/v1/callbacks/${callback.id}/claim`, {});
    expect(await service.ben.post(`/v1/callbacks/${callback.id}/outcome`, { result: 'verified' })).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/not-verified$/) },
    });
    expect(await service.amara.post(`/v1/callbacks/${callback.id}/outcome`, { result: 'declined' })).toMatchObject({
      status: 409,
    });
  });
});

describe('the customer without a smartphone', () => {
  it('proves a change by a callback and a posted letter', async () => {
    const customerId = newCustomerId();
    await giveOldNumber(service, customerId);
    const { body } = await requestChange(service, customerId);
    expect(proofs(body)).toEqual(['callback waiting', 'letter missing']);
    const letter = await service.amara.post(`/v1/changes/${body.id}/letter`);
    expect(letter).toMatchObject({
      status: 201,
      body: { code: expect.stringMatching(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/) },
    });
    const enter = (code: string) => service.app.post(`/v1/customers/${customerId}/letters`, { code });
    expect(await enter('0000-0000-0000-0000')).toMatchObject({ status: 422, body: { attemptsLeft: 4 } });
    expect(await enter(letter.body.code.toLowerCase().replaceAll('-', ' '))).toMatchObject({
      status: 200,
      body: { changeId: body.id },
    });
    expect((await enter(letter.body.code)).status).toBe(422);

    const [callback] = (await service.ben.get(`/v1/callbacks?customerId=${customerId}`)).body.data;
    const claimed = await service.ben.post(`/v1/callbacks/${callback.id}/claim`, {});
    expect(claimed.body.call).toMatchObject({ verification: null, verificationUnavailable: 'no_device' });
    expect((await service.ben.post(`/v1/callbacks/${callback.id}/outcome`, { result: 'verified' })).body).toMatchObject(
      { status: 'verified', verifiedVia: 'spoken' },
    );
    expect(proofs(await get(body.id))).toEqual(['callback in', 'letter in']);
    await letTimePass(service, body.id, '25 hours');
    expect((await get(body.id)).status).toBe('released');
  });
});

describe('bad input', () => {
  it.each([
    ['a wrong check digit', { after: { holder: 'A', iban: 'GB83WEST12345698765432' } }, 422, '#/after/iban'],
    ['an unknown country', { after: { holder: 'A', iban: 'ZZ82WEST12345698765432' } }, 422, '#/after/iban'],
    [
      'a wrong UK account',
      { after: { holder: 'A', sortCode: '08-99-99', accountNumber: '66374959' } },
      422,
      '#/after/accountNumber',
    ],
    ['a field too many', { after: { ...AFTER, bic: 'X' } }, 400, '#/after/bic'],
    ['no details', { after: undefined }, 400, '#/after'],
    ['details of another subject', { subject: 'email', before: undefined, after: AFTER }, 400, '#/after'],
  ])('%s is refused by pointer', async (_name, more, status, pointer) => {
    const reply = await requestChange(service, newCustomerId(), more);
    expect(reply).toMatchObject({ status, body: { errors: [{ pointer }] } });
  });

  it('an IBAN with spaces and in lower case is the same account', async () => {
    expect(
      await requestChange(service, newCustomerId(), {
        before: { holder: 'oak  joinery ltd', iban: 'gb82 west 1234 5698 7654 32' },
      }),
    ).toMatchObject({ status: 422, body: { type: expect.stringMatching(/nothing-changes$/) } });
    expect(BEFORE.iban).not.toBe(AFTER.iban);
  });

  it('a change cannot be edited: it is a new change with proofs of its own', async () => {
    const device = await customer();
    const { body } = await requestChange(service, device.customerId);
    expect((await answerChange(service, device, 'yes')).status).toBe(200);
    expect((await fetchAdmitted(`${service.url}/v1/changes/${body.id}`, { method: 'PUT' })).status).toBe(405);
    const edited = await requestChange(service, device.customerId, { before: AFTER, after: BEFORE });
    expect(proofs(edited.body)[0]).toBe('app waiting');
  });
});
