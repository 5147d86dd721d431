import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CustomerDevice, type Question } from '../support/customer-device.js';
import { CHECKS } from '../../src/verifications/diagnosis.policy.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { answerHeader, answerPayload, signTexts } from '../support/raw-signature.js';
import { startTestService, type TestService } from '../support/service.js';
import { type Lies, PRESENT, SoftwareAuthenticator } from '../support/software-authenticator.js';
import { newSigningKey, signAccessToken, TokenIssuer } from '../support/token-issuer.js';

const OF_PASSKEYS = [
  'client_data',
  'asserted_payload',
  'origin',
  'cross_origin',
  'rp_id',
  'user_verification',
  'sign_count',
];

let service: TestService;
let device: CustomerDevice;
let question: Question;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());
beforeEach(async () => {
  device = await service.customerWithDevice();
  const call = { customerId: device.customerId, direction: 'outbound', purpose: 'A payment we stopped', verify: true };
  await service.amara.post('/v1/calls', call);
  question = (await device.waitingQuestion(service.app))!;
});

const traceOf = async (jws: string): Promise<string> =>
  (await service.app.post(`/v1/verifications/${question.id}/answer`, { jws })).body.traceId;
const text = (value: unknown): string => JSON.stringify(value);
const signed = (payload: object, header: object = {}): string =>
  signTexts(device, text({ ...answerHeader(device), ...header }), text({ ...answerPayload(question), ...payload }));

describe('a refused answer', () => {
  it('is told apart by the check that failed, for developers alone', async () => {
    const stranger = await service.customerWithDevice();
    const revoked = await CustomerDevice.make(device.customerId);
    await revoked.enrol(service.app);
    await service.app.delete(`/v1/customers/${device.customerId}/devices/${revoked.id}`);
    const foreigner = await CustomerDevice.make(device.customerId);
    await foreigner.enrol((await service.clients('southbank')).app);
    const cases: [string, string][] = [
      ['device_not_named', signed({}, { kid: 'my phone' })],
      ['device_not_named', signed({}, { x: 1 })],
      ['device_unknown', signed({}, { kid: 'dev_01jd3f6q8zfk1rz1m3v9w1c2aa' })],
      ['device_unknown', signed({}, { kid: foreigner.id })],
      ['device_of_another_customer', signed({}, { kid: stranger.id })],
      ['device_revoked', signed({}, { kid: revoked.id })],
      ['header', signed({}, { typ: 'JWT' })],
      ['algorithm', signed({}, { alg: 'EdDSA' })],
      ['signature', signTexts(stranger, text(answerHeader(device)), text(answerPayload(question)))],
      ['payload', signTexts(device, text(answerHeader(device)), '[]')],
      ['shape', signed({ answer: 'perhaps' })],
      ['verification', signed({ verification: 'ver_01jd3f6q8zfk1rz1m3v9w1c2aa' })],
      ['challenge', signed({ challenge: 'x' })],
      ['display', signed({ display: 'x' })],
      ['issued_at', signed({ iat: 1 })],
    ];
    for (const [check, jws] of cases) {
      const traceId = await traceOf(jws);
      for (const client of [service.app, service.admin])
        expect(await client.get(`/v1/diagnostics/${traceId}`)).toMatchObject({
          status: 200,
          body: { traceId, verificationId: question.id, check, explanation: CHECKS[check as keyof typeof CHECKS] },
        });
    }
    // `malformed` is refused by the form of the body.
    expect(Object.keys(CHECKS).filter((check) => !cases.some(([name]) => name === check))).toEqual([
      'passkey',
      'malformed',
      ...OF_PASSKEYS,
    ]);
  });

  it('by a passkey is told apart likewise', async () => {
    const origin = service.url.replace('127.0.0.1', 'localhost');
    const [passkey, stranger] = [new SoftwareAuthenticator(origin), new SoftwareAuthenticator(origin)];
    const devices = `/v1/customers/${device.customerId}/devices`;
    passkey.signCount = 10;
    const created = passkey.create((await service.app.post(`${devices}/passkey-options`)).body);
    expect((await service.app.post(devices, { name: 'Laptop', platform: 'web', passkey: created })).status).toBe(201);
    const answer = (lies: Lies) => passkey.answer(question, {}, lies).passkey;
    const cases: [string, object][] = [
      ['passkey', stranger.answer(question).passkey],
      ['malformed', answer({ authenticatorData: (honest) => Buffer.concat([honest, Buffer.alloc(1)]) })],
      ['client_data', answer({ type: 'webauthn.create' })],
      ['asserted_payload', { ...answer({}), payload: {} }],
      ['origin', answer({ origin: 'https://bank.example' })],
      ['cross_origin', answer({ clientData: { crossOrigin: true } })],
      ['rp_id', answer({ rpId: 'bank.example' })],
      ['user_verification', answer({ flags: PRESENT })],
      ['sign_count', answer({ signCount: 10 })],
      ['signature', answer({ signer: stranger.privateKey })],
      ['challenge', passkey.answer(question, { challenge: 'x' }).passkey],
    ];
    for (const [check, given] of cases) {
      const { body } = await service.app.post(`/v1/verifications/${question.id}/answer`, { passkey: given });
      expect((await service.app.get(`/v1/diagnostics/${body.traceId}`)).body.check).toBe(check);
    }
    for (const check of OF_PASSKEYS) expect(cases.map(([name]) => name)).toContain(check);
  });

  it('is a diagnosis of its own tenant’s apps and administrators, for ten minutes', async () => {
    const traceId = await traceOf(signed({ challenge: 'x' }));
    const south = await service.clients('southbank');
    for (const client of [south.app, south.admin])
      expect((await client.get(`/v1/diagnostics/${traceId}`)).status).toBe(404);
    for (const client of [service.amara, service.analyst, service.telephony])
      expect((await client.get(`/v1/diagnostics/${traceId}`)).status).toBe(403);
    for (const none of ['trc_01jd3f6q8zfk1rz1m3v9w1c2aa', 'x', question.id])
      expect((await service.app.get(`/v1/diagnostics/${none}`)).status).toBe(404);
    await service.sql(`UPDATE diagnostics SET expires_at = now()`);
    expect((await service.app.get(`/v1/diagnostics/${traceId}`)).status).toBe(404);
  });

  it('says the same again under its Idempotency-Key, trace and all', async () => {
    const options = { headers: { 'idempotency-key': `trace-${question.id}` } };
    const body = { jws: signed({ challenge: 'x' }) };
    const [first, again] = [
      await service.app.post(`/v1/verifications/${question.id}/answer`, body, options),
      await service.app.post(`/v1/verifications/${question.id}/answer`, body, options),
    ];
    expect(again.body).toEqual(first.body);
    expect((await service.app.get(`/v1/diagnostics/${first.body.traceId}`)).body.check).toBe('challenge');
  });

  it('keeps nothing of what was signed or shown', async () => {
    await traceOf(signed({ display: 'x', code: '123456' }));
    const [{ row }] = await service.sql(
      'SELECT diagnostics::text AS row FROM diagnostics ORDER BY recorded_at DESC LIMIT 1',
    );
    expect(row).toMatch(/^\(northbank,[0-9a-f-]{36},[0-9a-f-]{36},[0-9a-f-]{36},display,"[^"]+","[^"]+"\)$/);
  });
});

describe('a tenant that wants none', () => {
  it('has no trace in its answers, and nothing is kept', async () => {
    const [issuer, key] = [await new TokenIssuer().start(), await newSigningKey('k1')];
    issuer.keys = [key.jwk];
    // The same tenant, served by a process that is configured otherwise.
    const other = await service.startAnother({
      TENANTS: JSON.stringify([{ id: 'northbank', issuer: issuer.url, diagnostics: false }]),
    });
    const token = await signAccessToken(key, issuer.claims());
    // What has lapsed may be deleted meanwhile.
    const kept = () => service.sql('SELECT FROM diagnostics WHERE expires_at > now()');
    const before = (await kept()).length;
    const reply = await fetchAdmitted(`${other.url}/v1/verifications/${question.id}/answer`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jws: signed({ challenge: 'x' }) }),
    });
    expect(reply.status).toBe(422);
    expect(Object.keys((await reply.json()) as object).sort()).toEqual(['status', 'title', 'type']);
    expect(await kept()).toHaveLength(before);
    issuer.stop();
  });
});
