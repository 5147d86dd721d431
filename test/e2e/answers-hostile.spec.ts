import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CustomerDevice, type Question } from '../support/customer-device.js';
import type { Reply } from '../support/service-client.js';
import { answerHeader, answerPayload, displayHash, signTexts } from '../support/raw-signature.js';
import { startTestService, type TestService } from '../support/service.js';

let service: TestService;
let device: CustomerDevice;
let code: string;
let question: Question;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  device = await service.customerWithDevice();
  ({ code } = await declare(device.customerId));
  question = (await device.waitingQuestion(service.app))!;
});

async function declare(customerId: string, change: object = {}): Promise<{ callId: string; id: string; code: string }> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    purpose: 'A payment we stopped',
    verify: true,
    ...change,
  });
  return { callId: body.id, ...body.verification };
}

const post = (jws: string, id = question.id): Promise<Reply> =>
  service.app.post(`/v1/verifications/${id}/answer`, { jws });
const causes = async (): Promise<string[]> =>
  (
    await service.sql<{ cause: string }>(
      `SELECT data ->> 'cause' AS cause FROM events WHERE type = 'countersign.verification.answer_refused' AND customer_id = $1 ORDER BY sequence`,
      [device.customerId],
    )
  ).map(({ cause }) => cause);
const statusOf = async (): Promise<string> => (await service.amara.get(`/v1/verifications/${question.id}`)).body.status;

const REFUSAL = {
  type: expect.stringMatching(/\/problems\/answer-not-accepted$/),
  title: 'The signed answer is not accepted.',
  status: 422,
  // Another one each time, which says nothing by itself.
  traceId: expect.stringMatching(/^trc_[0-9a-z]{26}$/),
};

/** Every cause looks the same from outside, is told apart in the event log alone, and leaves the question open and uncounted. */
async function expectRefused(jws: string, cause: string): Promise<void> {
  const reply = await post(jws);
  expect({ status: reply.status, body: reply.body }).toEqual({ status: 422, body: REFUSAL });
  expect((await causes()).at(-1)).toBe(cause);
  const { body: diagnosis } = await service.app.get(`/v1/diagnostics/${reply.body.traceId}`);
  expect(diagnosis).toMatchObject({
    problem: 'answer-not-accepted',
    verificationId: question.id,
    check: cause === 'device' ? expect.stringMatching(/^device_/) : cause,
  });
  expect(await service.amara.get(`/v1/verifications/${question.id}`)).toMatchObject({
    body: { status: 'waiting', attemptsLeft: 5, answer: null },
  });
}

describe('an answer is not accepted', () => {
  const json = JSON.stringify;

  it('with a header member twice, unknown, missing or of another form', async () => {
    const { kid } = answerHeader(device) as { kid: string };
    const payload = json(answerPayload(question));
    for (const header of [
      `{"alg":"ES256","kid":"${kid}","typ":"answer+jws","alg":"ES256"}`,
      `{"alg":"none","alg":"ES256","kid":"${kid}","typ":"answer+jws"}`,
      `{"alg":"ES256","kid":"${kid}","typ":"answer+jws","\\u0061lg":"ES256"}`,
      json({ ...answerHeader(device), crit: ['b64'], b64: false }),
      json({ ...answerHeader(device), b64: true }),
      json({ ...answerHeader(device), crit: [] }),
      json({ ...answerHeader(device), jwk: device.publicKey }),
      json({ ...answerHeader(device), x: 1 }),
      json({ alg: 'ES256', kid }),
      json({ kid, typ: 'answer+jws' }),
      json({ alg: 'ES256', typ: 'answer+jws' }),
      json({ ...answerHeader(device), kid: [kid] }),
      json([answerHeader(device)]),
      '""',
      'null',
      `${json(answerHeader(device))} x`,
    ]) {
      await expectRefused(signTexts(device, header, payload), 'device');
    }
    for (const typ of ['enrolment+jws', 'JWT', 'ANSWER+JWS', 'application/answer+jws'])
      await expectRefused(signTexts(device, json({ ...answerHeader(device), typ }), payload), 'header');
  });

  it("by no algorithm, by HMAC, or by one that is not the key's", async () => {
    const payload = json(answerPayload(question));
    for (const alg of ['none', 'HS256', 'RS256', 'ES384', 'es256', 'EdDSA', 'Ed25519', ''])
      await expectRefused(signTexts(device, json({ ...answerHeader(device), alg }), payload), 'algorithm');
    const unsigned = `${Buffer.from(json({ ...answerHeader(device), alg: 'none' })).toString('base64url')}.${Buffer.from(payload).toString('base64url')}.`;
    await expectRefused(unsigned, 'device');
  });

  it('with a signature in DER, of another length, of another text or of all zeros', async () => {
    const [header, payload] = [json(answerHeader(device)), json(answerPayload(question))];
    await expectRefused(signTexts(device, header, payload, 'der'), 'signature');
    const [head, body, signature] = signTexts(device, header, payload).split('.') as [string, string, string];
    const bytes = Buffer.from(signature, 'base64url');
    for (const wrong of [
      bytes.subarray(0, 63),
      Buffer.concat([bytes, Buffer.alloc(1)]),
      Buffer.alloc(64),
      Buffer.concat([bytes.subarray(32), bytes.subarray(0, 32)]),
    ])
      await expectRefused(`${head}.${body}.${wrong.toString('base64url')}`, 'signature');
    await expectRefused(
      `${head}.${Buffer.from(json(answerPayload(question, { answer: 'yes', code }))).toString('base64url')}.${signature}`,
      'signature',
    );
    for (const malformed of [
      `${head}.${body}.${signature}=`,
      `${head}.${body}`,
      `${head}.${body}.${signature}.x`,
      `${head} .${body}.${signature}`,
    ]) {
      const reply = await post(malformed);
      expect(reply.status).toBe(400);
    }
    expect(await statusOf()).toBe('waiting');
  });

  it('by a device of another customer, of another tenant, that was revoked, or that is none', async () => {
    const stranger = await service.customerWithDevice();
    const south = await service.clients('southbank');
    const foreigner = await CustomerDevice.make(device.customerId);
    await foreigner.enrol(south.app);
    const revoked = await CustomerDevice.make(device.customerId);
    await revoked.enrol(service.app);
    expect((await service.app.delete(`/v1/customers/${device.customerId}/devices/${revoked.id}`)).status).toBe(204);
    for (const other of [stranger, foreigner, revoked]) {
      await expectRefused(await other.signAnswer(question, { answer: 'yes', code }), 'device');
      await expectRefused(
        await device.sign({ ...answerHeader(device), kid: other.id }, answerPayload(question)),
        'device',
      );
      await expectRefused(await other.sign(answerHeader(device), answerPayload(question)), 'signature');
    }
    for (const kid of [
      '',
      'x',
      question.id,
      device.id.toUpperCase(),
      `${device.id}\u0000`,
      'dev_00000000000000000000000000',
    ])
      await expectRefused(
        signTexts(device, json({ ...answerHeader(device), kid }), json(answerPayload(question))),
        'device',
      );
  });

  it('over another display than the one shown', async () => {
    const display = question.display as Record<string, unknown>;
    for (const other of [
      { ...display, purpose: 'Something else' },
      { ...display, extra: 1 },
      {},
      { ...display, neverAsk: [...(display.neverAsk as string[])].reverse() },
      { ...display, startedAt: new Date().toISOString() },
    ]) {
      await expectRefused(
        signTexts(device, json(answerHeader(device)), json(answerPayload(question, { display: displayHash(other) }))),
        'display',
      );
    }
    await expectRefused(
      signTexts(
        device,
        json(answerHeader(device)),
        json(answerPayload(question, { display: displayHash(display).toUpperCase() })),
      ),
      'display',
    );
  });

  it('to another verification or over another challenge', async () => {
    const other = await service.customerWithDevice();
    await declare(other.customerId);
    const theirs = (await other.waitingQuestion(service.app))!;
    await expectRefused(
      await device.signAnswer(question, { answer: 'yes', code }, { challenge: theirs.challenge }),
      'challenge',
    );
    await expectRefused(
      await device.signAnswer(question, { answer: 'yes', code }, { verification: theirs.id }),
      'verification',
    );
    await expectRefused(await device.signAnswer(theirs, { answer: 'yes', code }), 'verification');
  });

  it('from before the question or from the future', async () => {
    for (const iatAt of [
      () => 0,
      (now: number) => now - 3_600,
      (now: number) => now - 90,
      (now: number) => now + 90,
      (now: number) => now + 1e9,
      (now: number) => -now,
      () => 1e300,
    ]) {
      const iat = iatAt(Math.floor(Date.now() / 1000));
      await expectRefused(await device.signAnswer(question, { answer: 'no' }, { iat }), 'issued_at');
    }
  });

  it('with a payload of another form', async () => {
    for (const change of [
      { extra: 1 },
      { code: 123456 },
      { code: null, extra: null },
      { answer: 'maybe' },
      { answer: true },
      { answer: ['yes'] },
      { reason: 'because' },
      { reason: '' },
      { iat: '1' },
      { iat: null },
      { handset: [] },
      { handset: { inCall: 'true' } },
      { handset: { inCall: true, x: 1 } },
      { handset: { inCall: true, medium: 'pigeon' } },
      { handset: { inCall: true, medium: null } },
      { handset: {} },
      { challenge: undefined },
      { display: undefined },
      { verification: undefined },
      { answer: undefined },
      { code: '1'.repeat(17) },
    ]) {
      await expectRefused(
        signTexts(device, json(answerHeader(device)), json(answerPayload(question, change))),
        'shape',
      );
    }
    for (const text of [
      '{"answer":"no","answer":"yes"}',
      '[]',
      '""',
      'null',
      `${json(answerPayload(question))} `.replace('}', ',"__proto__":{}}'),
      json(answerPayload(question)).replace('"no"', '"n\\ud800"'),
      `${'{"a":'.repeat(20)}1${'}'.repeat(20)}`,
    ])
      await expectRefused(signTexts(device, json(answerHeader(device)), text), 'payload');
  });

  it('as an answer where it was made for enrolling, and the other way round', async () => {
    await expectRefused(await device.enrolmentProof(), 'device');
    const enrolment = await service.app.post(`/v1/customers/${device.customerId}/devices`, {
      name: 'x',
      platform: 'ios',
      publicKey: device.publicKey,
      proof: await device.signAnswer(question, { answer: 'yes', code }),
    });
    expect(enrolment).toMatchObject({ status: 422, body: { type: expect.stringMatching(/proof-not-accepted$/) } });
  });
});

describe('an answer is accepted', () => {
  it("whatever the order of the display's members, since it signs their canonical form", async () => {
    const shuffled = Object.fromEntries(Object.entries(question.display).reverse());
    expect(await device.answer(service.app, { ...question, display: shuffled }, { answer: 'yes', code })).toMatchObject(
      { status: 200, body: { status: 'confirmed' } },
    );
  });

  it('once: the same bytes again are refused, here and in the next verification', async () => {
    const jws = await device.signAnswer(question, { answer: 'yes', code });
    expect((await post(jws)).status).toBe(200);
    expect(await post(jws)).toMatchObject({ status: 409, body: { verificationStatus: 'confirmed' } });
    const next = await declare(device.customerId);
    expect(await post(jws, next.id)).toMatchObject({ status: 422, body: REFUSAL });
  });

  it('by an Ed25519 key, too', async () => {
    const other = await CustomerDevice.make(device.customerId, 'EdDSA');
    expect((await other.enrol(service.app)).status).toBe(201);
    expect(await other.answer(service.app, question, { answer: 'yes', code })).toMatchObject({
      status: 200,
      body: { status: 'confirmed', findings: ['new_device'] },
    });
  });

  it('never after the time has passed, whoever notices first', async () => {
    await service.sql(`UPDATE verifications SET expires_at = now() - interval '1 second' WHERE challenge = $1`, [
      question.challenge,
    ]);
    expect(await device.answer(service.app, question, { answer: 'yes', code })).toMatchObject({
      status: 409,
      body: { verificationStatus: 'expired' },
    });
    expect(await statusOf()).toBe('expired');
    const events = await service.sql(
      `SELECT type FROM events WHERE customer_id = $1 AND type = 'countersign.verification.expired'`,
      [device.customerId],
    );
    expect(events).toHaveLength(1);
  });
});
