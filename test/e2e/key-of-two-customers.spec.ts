import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answerPayload } from '../support/raw-signature.js';
import { CustomerDevice, type Question } from '../support/customer-device.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

/** One person with two customer numbers, or two who share a phone: an app that has one key enrols it for both. */
interface Holder {
  readonly device: CustomerDevice;
  question: Question;
  code: string;
}

let service: TestService;
let one: Holder;
let two: Holder;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

async function sharedKey(): Promise<[CustomerDevice, CustomerDevice]> {
  const signing = await generateKeyPair('ES256', { extractable: true });
  const encryption = await generateKeyPair('ECDH-ES', { crv: 'P-256', extractable: true });
  const [publicKey, encryptionKey] = [await exportJWK(signing.publicKey), await exportJWK(encryption.publicKey)];
  const of = (customerId: string): CustomerDevice =>
    new CustomerDevice(customerId, 'ES256', signing.privateKey, publicKey, encryption.privateKey, encryptionKey);
  return [of(newCustomerId()), of(newCustomerId())];
}

async function asked(device: CustomerDevice): Promise<Holder> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    purpose: 'A payment we stopped',
    verify: true,
  });
  return {
    device,
    question: (await device.waitingQuestion(service.app))!,
    code: body.verification.code as string,
  };
}

beforeEach(async () => {
  const devices = await sharedKey();
  // At once: neither keeps the other out.
  const replies = await Promise.all(devices.map((device) => device.enrol(service.app)));
  expect(replies.map(({ status }) => status)).toEqual([201, 201]);
  expect(replies[0]!.body.keyThumbprint).toBe(replies[1]!.body.keyThumbprint);
  expect(replies[0]!.body.id).not.toBe(replies[1]!.body.id);
  [one, two] = (await Promise.all(devices.map(asked))) as [Holder, Holder];
});

async function refused(question: Question, jws: string, cause: string): Promise<void> {
  const reply = await service.app.post(`/v1/verifications/${question.id}/answer`, { jws });
  expect(reply).toMatchObject({
    status: 422,
    body: { type: expect.stringMatching(/\/answer-not-accepted$/) as string },
  });
  const [last] = await service.sql<{ cause: string }>(
    `SELECT data ->> 'cause' AS cause FROM events WHERE type = 'countersign.verification.answer_refused' ORDER BY sequence DESC LIMIT 1`,
  );
  expect(last!.cause).toBe(cause);
}

/** As whoever holds the key could sign it: for a question, in the name of a device. */
const signedAs = (device: CustomerDevice, question: Question, code: string): Promise<string> =>
  device.sign({ alg: 'ES256', kid: device.id, typ: 'answer+jws' }, answerPayload(question, { answer: 'yes', code }));

describe('one key that is enrolled for two customers', () => {
  it('answers for each of them, by the device of each', async () => {
    for (const { device, question, code } of [one, two])
      expect((await device.answer(service.app, question, { answer: 'yes', code })).body.status).toBe('confirmed');
  });

  it('never answers for one by the device of the other, though it is the same key', async () => {
    await refused(two.question, await signedAs(one.device, two.question, two.code), 'device');
    await refused(one.question, await signedAs(two.device, one.question, one.code), 'device');
    expect((await two.device.waitingQuestion(service.app))!.id).toBe(two.question.id);
  });

  it('gives an answer that counts for its own question alone, wherever else it is sent', async () => {
    const jws = await one.device.signAnswer(one.question, { answer: 'yes', code: one.code });
    await refused(two.question, jws, 'device');
    const [head, body, signature] = (
      await two.device.signAnswer(two.question, { answer: 'yes', code: two.code })
    ).split('.') as [string, string, string];
    // The header names the device, and is signed.
    await refused(one.question, `${jws.split('.')[0]}.${body}.${signature}`, 'signature');
    await refused(two.question, `${head}.${jws.split('.')[1]}.${signature}`, 'signature');
    // In the name of the other's device, over the other's question, sent to one's own.
    await refused(one.question, await signedAs(one.device, two.question, two.code), 'verification');
  });

  it('is enrolled for neither by the proof that was made for the other', async () => {
    const [first, second] = await sharedKey();
    const body = await first.enrolmentBody();
    const foreign = await service.app.post(`/v1/customers/${second.customerId}/devices`, body);
    expect(foreign).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/\/proof-not-accepted$/) as string },
    });
    expect((await service.app.post(`/v1/customers/${first.customerId}/devices`, body)).status).toBe(201);
  });

  it('that is revoked for one is no longer that one’s, and goes on for the other', async () => {
    const gone = await service.app.delete(`/v1/customers/${one.device.customerId}/devices/${one.device.id}`);
    expect(gone.status).toBe(204);
    await refused(one.question, await one.device.signAnswer(one.question, { answer: 'yes', code: one.code }), 'device');
    await refused(one.question, await signedAs(two.device, one.question, one.code), 'device');
    const { device, question, code } = two;
    expect((await device.answer(service.app, question, { answer: 'yes', code })).body.status).toBe('confirmed');
  });

  it('is enrolled once for each, also where both presses come at once', async () => {
    const [device] = await sharedKey();
    const bodies = await Promise.all([device.enrolmentBody('One'), device.enrolmentBody('Two')]);
    const statuses = await Promise.all(
      bodies.map(async (body) => (await service.app.post(`/v1/customers/${device.customerId}/devices`, body)).status),
    );
    expect(statuses.sort()).toEqual([201, 409]);
  });
});
