import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Question } from '../support/customer-device.js';
import type { Reply } from '../support/service-client.js';
import { deriveServerKeys } from '../../src/crypto/server-keys.js';
import { makeChallenge } from '../../src/customers/passkey-challenge.js';
import { verifyEvidence } from '@countersign/client';
import { displayHash } from '../support/raw-signature.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import {
  ATTESTED,
  BACKED_UP,
  BACKUP_ELIGIBLE,
  challengeOf,
  PRESENT,
  SoftwareAuthenticator,
  VERIFIED,
} from '../support/software-authenticator.js';

let service: TestService;
let origin: string;
beforeAll(async () => {
  service = await startTestService();
  origin = service.url.replace('127.0.0.1', 'localhost');
});
afterAll(() => service.stop());

const optionsOf = async (customerId: string, as = service.app): Promise<any> => {
  const { status, body } = await as.post(`/v1/customers/${customerId}/devices/passkey-options`, undefined);
  expect(status).toBe(200);
  return body;
};
const enrolWith = (customerId: string, passkey: object, more: object = {}, as = service.app): Promise<Reply> =>
  as.post(`/v1/customers/${customerId}/devices`, { name: 'My laptop', platform: 'web', passkey, ...more });

async function enrolled(
  customerId = newCustomerId(),
  authenticator = new SoftwareAuthenticator(origin),
): Promise<{ customerId: string; authenticator: SoftwareAuthenticator; deviceId: string }> {
  const { status, body } = await enrolWith(customerId, authenticator.create(await optionsOf(customerId)));
  expect(status).toBe(201);
  await service.sql(`UPDATE devices SET enrolled_at = now() - interval '30 days' WHERE customer_id = $1`, [customerId]);
  return { customerId, authenticator, deviceId: body.id };
}

async function ask(
  customerId: string,
  change: object = {},
): Promise<{ callId: string; question: Question; code: string }> {
  const call = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    purpose: 'A payment we stopped',
    verify: true,
    ...change,
  });
  const { body } = await service.app.get(`/v1/customers/${customerId}/verifications?status=waiting`);
  return { callId: call.body.id, question: body.data[0], code: call.body.verification.code };
}

const NOT_PROVED = { status: 422, body: { type: expect.stringMatching(/\/proof-not-accepted$/) } };

describe('the options of a passkey', () => {
  it('are what a browser takes, without personal data, and create nobody', async () => {
    const customerId = newCustomerId();
    const options = await optionsOf(customerId);
    expect(options).toEqual({
      rp: { id: 'localhost', name: 'northbank' },
      user: { id: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/), name: 'northbank', displayName: 'northbank' },
      challenge: expect.stringMatching(/^[A-Za-z0-9_-]{48}$/),
      pubKeyCredParams: [
        { type: 'public-key', alg: -7 },
        { type: 'public-key', alg: -8 },
      ],
      timeout: 300_000,
      attestation: 'none',
      authenticatorSelection: { residentKey: 'preferred', requireResidentKey: false, userVerification: 'required' },
      excludeCredentials: [],
    });
    expect(Buffer.from(options.user.id, 'base64url').includes(customerId)).toBe(false);
    const again = await optionsOf(customerId);
    expect(again.user).toEqual(options.user);
    expect(again.challenge).not.toBe(options.challenge);
    expect((await optionsOf(newCustomerId())).user.id).not.toBe(options.user.id);
    const south = await service.clients('southbank');
    expect((await optionsOf(customerId, south.app)).user.id).not.toBe(options.user.id);
    expect(await service.sql('SELECT FROM customers WHERE id = $1', [customerId])).toEqual([]);
  });

  it("name the customer's live passkeys, so that none is made twice, and no other's", async () => {
    const { customerId, authenticator, deviceId } = await enrolled();
    expect((await optionsOf(customerId)).excludeCredentials).toEqual([
      { type: 'public-key', id: authenticator.id, transports: ['hybrid', 'internal'] },
    ]);
    expect((await optionsOf(newCustomerId())).excludeCredentials).toEqual([]);
    expect((await service.app.delete(`/v1/customers/${customerId}/devices/${deviceId}`)).status).toBe(204);
    expect((await optionsOf(customerId)).excludeCredentials).toEqual([]);
  });

  it('are for scope app', async () => {
    for (const as of [service.amara, service.telephony, service.admin, service.analyst])
      expect((await as.post(`/v1/customers/x/devices/passkey-options`, undefined)).status).toBe(403);
  });
});

describe('a passkey', () => {
  it.each(['ES256', 'EdDSA'] as const)(
    'of %s is enrolled like any device, without attestation or by its own',
    async (algorithm) => {
      for (const format of ['none', 'packed']) {
        const customerId = newCustomerId();
        const authenticator = new SoftwareAuthenticator(origin, algorithm);
        const reply = await enrolWith(customerId, authenticator.create(await optionsOf(customerId), { format }));
        expect(reply).toMatchObject({
          status: 201,
          body: {
            id: expect.stringMatching(/^dev_/),
            keyThumbprint: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
            passkey: { credentialId: authenticator.id, rpId: 'localhost', transports: ['hybrid', 'internal'] },
          },
        });
        const { body } = await service.app.get(`/v1/customers/${customerId}/devices`);
        expect(body.data).toMatchObject([
          { id: reply.body.id, name: 'My laptop', platform: 'web', offline: false, passkey: reply.body.passkey },
        ]);
      }
    },
  );

  it('may have an encryption key, for the offline codes', async () => {
    const customerId = newCustomerId();
    const { encryptionKey } = await service.customerWithDevice();
    const passkey = new SoftwareAuthenticator(origin).create(await optionsOf(customerId));
    expect(await enrolWith(customerId, passkey, { encryptionKey })).toMatchObject({
      status: 201,
      body: { offline: expect.any(String) },
    });
  });

  it('is new at first, and says so in what the bank is told', async () => {
    const customerId = newCustomerId();
    await enrolWith(customerId, new SoftwareAuthenticator(origin).create(await optionsOf(customerId)));
    const events = await service.sql(
      `SELECT data ->> 'platform' AS platform, data ->> 'rpId' AS rp_id FROM events WHERE type = 'countersign.device.enrolled' AND customer_id = $1`,
      [customerId],
    );
    expect(events).toEqual([{ platform: 'web', rp_id: 'localhost' }]);
  });
});

describe('a passkey is not enrolled', () => {
  it('with a challenge of another customer or tenant, one that was changed, is old, is spent, or is none', async () => {
    const customerId = newCustomerId();
    const south = await service.clients('southbank');
    const { challenge, user } = await optionsOf(customerId);
    const bytes = Buffer.from(challenge, 'base64url');
    const turned = (at: number): string => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy.toString('base64url');
    };
    for (const other of [
      (await optionsOf(newCustomerId())).challenge,
      (await optionsOf(customerId, south.app)).challenge,
      turned(0),
      turned(16),
      turned(19),
      turned(35),
      `${challenge}A`,
      challenge.slice(0, -1),
      'x',
    ]) {
      const passkey = new SoftwareAuthenticator(origin).create({ challenge: other, user });
      expect(await enrolWith(customerId, passkey)).toMatchObject(NOT_PROVED);
    }
    const passkey = new SoftwareAuthenticator(origin).create({ challenge, user });
    expect(await enrolWith(customerId, passkey, {}, south.app)).toMatchObject(NOT_PROVED);
    expect((await enrolWith(customerId, passkey)).status).toBe(201);
    expect(await enrolWith(customerId, new SoftwareAuthenticator(origin).create({ challenge, user }))).toMatchObject(
      NOT_PROVED,
    );
  });

  it('with a challenge that five minutes have passed over', async () => {
    const customerId = newCustomerId();
    const options = await optionsOf(customerId);
    const key = deriveServerKeys(Buffer.alloc(32, 7)).passkeys;
    const whom = { tenantId: 'northbank', customerId };
    const at = (secondsAgo: number): string =>
      makeChallenge(key, whom, Date.now() / 1000 - secondsAgo).toString('base64url');
    for (const secondsAgo of [310, 86_400, -90])
      expect(
        await enrolWith(
          customerId,
          new SoftwareAuthenticator(origin).create({ ...options, challenge: at(secondsAgo) }),
        ),
      ).toMatchObject(NOT_PROVED);
    expect(
      (await enrolWith(customerId, new SoftwareAuthenticator(origin).create({ ...options, challenge: at(200) })))
        .status,
    ).toBe(201);
  });

  it('by a page of another origin, in a frame of one, for another domain, or in another ceremony', async () => {
    const customerId = newCustomerId();
    for (const lies of [
      { origin: 'https://evil.example' },
      { origin: origin.replace('http:', 'https:') },
      { origin: `${origin}/` },
      { origin: origin.replace('localhost', 'localhost.evil.example') },
      { origin: 'http://localhost:1' },
      { clientData: { crossOrigin: true } },
      { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
      { clientData: { topOrigin: origin } },
      { clientData: { crossOrigin: 'false' } },
      { rpId: 'evil.example' },
      { rpId: '127.0.0.1' },
      { type: 'webauthn.get' },
      { clientDataText: (text: string) => text.replace('{', `{"origin":"${origin}",`) },
      { clientDataText: (text: string) => `${text} x` },
      { clientDataText: () => 'null' },
    ])
      expect(
        await enrolWith(customerId, new SoftwareAuthenticator(origin).create(await optionsOf(customerId), lies)),
        JSON.stringify(lies),
      ).toMatchObject(NOT_PROVED);
  });

  it('without the user, with a key that is none, or with a statement that does not hold', async () => {
    const customerId = newCustomerId();
    const own = new SoftwareAuthenticator(origin).cose();
    const cose = (changes: [number, any][]): Map<number, any> => new Map([...own, ...changes]);
    for (const lies of [
      { flags: PRESENT | ATTESTED },
      { flags: VERIFIED | ATTESTED },
      { flags: ATTESTED },
      { flags: PRESENT | VERIFIED },
      { flags: PRESENT | VERIFIED | ATTESTED | BACKED_UP },
      { format: 'packed', signature: undefined, signer: new SoftwareAuthenticator(origin).privateKey },
      { format: 'none', statement: new Map([['sig', Buffer.alloc(1)]]) },
      { format: 'fido-u2f' },
      { format: 'android-safetynet' },
      { format: 'tpm' },
      { format: 'made-up' },
      { cose: cose([[3, -257]]) },
      { cose: cose([[3, -8]]) },
      { cose: cose([[-1, 2]]) },
      { cose: cose([[-2, Buffer.alloc(32)]]) },
      { cose: cose([[-2, Buffer.alloc(31)]]) },
      {
        cose: new Map<number, any>([
          [1, 1],
          [3, -8],
          [-1, 6],
          [-2, Buffer.alloc(32)],
        ]),
      },
      {
        cose: new Map<number, any>([
          [1, 3],
          [3, -257],
          [-1, Buffer.alloc(256, 1)],
          [-2, Buffer.from([1, 0, 1])],
        ]),
      },
      { credentialId: Buffer.alloc(32, 9) },
      { id: Buffer.alloc(32, 9).toString('base64url') },
      { authenticatorData: (honest: Buffer) => honest.subarray(0, 37) },
      { authenticatorData: (honest: Buffer) => honest.subarray(0, 60) },
      { authenticatorData: (honest: Buffer) => Buffer.concat([honest, Buffer.alloc(1)]) },
      { authenticatorData: () => Buffer.alloc(0) },
    ]) {
      const passkey = new SoftwareAuthenticator(origin).create(await optionsOf(customerId), lies as object);
      expect(await enrolWith(customerId, passkey), JSON.stringify(Object.entries(lies))).toMatchObject(NOT_PROVED);
    }
    expect(await service.sql('SELECT FROM devices WHERE customer_id = $1', [customerId])).toEqual([]);
  });

  it('in another form, as another platform, beside a key, or with nothing at all', async () => {
    const customerId = newCustomerId();
    const passkey = new SoftwareAuthenticator(origin).create(await optionsOf(customerId));
    const device = await service.customerWithDevice();
    const bad = async (body: object): Promise<string[]> => {
      const reply = await service.app.post(`/v1/customers/${customerId}/devices`, {
        name: 'x',
        platform: 'web',
        ...body,
      });
      expect(reply.status).toBe(400);
      return reply.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    };
    for (const changed of [
      {},
      { ...passkey, type: 'password' },
      { ...passkey, rawId: 'AAAA' },
      { ...passkey, id: `${passkey.id}=`, rawId: `${passkey.id}=` },
      { ...passkey, id: '', rawId: '' },
      { ...passkey, response: null },
      { ...passkey, response: { ...passkey.response, clientDataJSON: 'a b' } },
      { ...passkey, response: { ...passkey.response, attestationObject: 'A'.repeat(20_000) } },
      { ...passkey, response: { ...passkey.response, transports: 'usb' } },
    ])
      expect(await bad({ passkey: changed })).toEqual(['#/passkey']);
    expect(await bad({ passkey, platform: 'ios' })).toEqual(['#/platform']);
    expect(await bad({ passkey, publicKey: device.publicKey })).toEqual(['#/passkey']);
    expect(await bad({ passkey, proof: await device.enrolmentProof() })).toEqual(['#/passkey']);
    expect(await bad({ publicKey: device.publicKey })).toEqual(['#/proof']);
    expect(await bad({})).toEqual(['#/publicKey', '#/proof']);
    expect(await bad({ passkey: [] })).toEqual(['#/passkey']);
    expect((await enrolWith(customerId, passkey)).status).toBe(201);
  });

  it('twice, or where another customer has it', async () => {
    const { customerId, authenticator } = await enrolled();
    const again = { status: 409, body: { type: expect.stringMatching(/\/device-already-enrolled$/) } };
    expect(await enrolWith(customerId, authenticator.create(await optionsOf(customerId)))).toMatchObject(again);
    const other = newCustomerId();
    expect(await enrolWith(other, authenticator.create(await optionsOf(other)))).toMatchObject(again);
  });

  it('above the number of devices that policy allows', async () => {
    const customerId = newCustomerId();
    for (let n = 0; n < 10; n += 1) await enrolled(customerId);
    expect(
      await enrolWith(customerId, new SoftwareAuthenticator(origin).create(await optionsOf(customerId))),
    ).toMatchObject({ status: 422, body: { type: expect.stringMatching(/\/device-limit$/) } });
  });
});

describe('an answer by a passkey', () => {
  let customerId: string;
  let authenticator: SoftwareAuthenticator;
  let deviceId: string;
  let question: Question;
  let code: string;
  let callId: string;
  beforeEach(async () => {
    ({ customerId, authenticator, deviceId } = await enrolled());
    ({ question, code, callId } = await ask(customerId));
  });
  const post = (body: object, id = question.id): Promise<Reply> =>
    service.app.post(`/v1/verifications/${id}/answer`, body);
  const counter = async (): Promise<number> =>
    Number(
      (await service.sql(`SELECT sign_count FROM devices WHERE credential_id = $1`, [authenticator.id]))[0].sign_count,
    );

  async function expectRefused(body: object, cause: string): Promise<void> {
    const before = await counter();
    const reply = await post(body);
    expect({ status: reply.status, body: reply.body }).toEqual({
      status: 422,
      body: {
        type: expect.stringMatching(/\/problems\/answer-not-accepted$/),
        title: 'The signed answer is not accepted.',
        status: 422,
        traceId: expect.stringMatching(/^trc_/),
      },
    });
    const diagnosis = await service.app.get(`/v1/diagnostics/${reply.body.traceId}`);
    expect(diagnosis.body.check.replace(/^device_.*/, 'device')).toBe(cause);
    const events = await service.sql(
      `SELECT data ->> 'cause' AS cause FROM events WHERE type = 'countersign.verification.answer_refused' AND customer_id = $1 ORDER BY sequence DESC LIMIT 1`,
      [customerId],
    );
    expect(events[0]?.cause).toBe(cause);
    expect(await service.amara.get(`/v1/verifications/${question.id}`)).toMatchObject({
      body: { status: 'waiting', attemptsLeft: 5, answer: null },
    });
    expect(await counter()).toBe(before);
  }

  it('confirms with the code, counts the assertion, and is proved by evidence that needs no service', async () => {
    const body = authenticator.answer(question, { answer: 'yes', code, handset: { inCall: true, outgoing: false } });
    expect(await post(body)).toMatchObject({ status: 200, body: { status: 'confirmed', findings: [] } });
    expect(await counter()).toBe(1);
    const jws = await service.analyst.get(`/v1/evidence/${question.id}`);
    const { keys } = (await service.analyst.get('/.well-known/jwks.json')).body;
    const statements = verifyEvidence(jws.body, keys);
    expect(statements.filter(({ result }) => result !== 'verified')).toEqual([]);
    expect(statements.find(({ name }) => name === `${question.id} answer`)?.detail).toBe(
      `yes, signed by ${deviceId} over exactly what was shown`,
    );
    const evidence = JSON.parse(Buffer.from(jws.body.split('.')[1]!, 'base64url').toString());
    const [shown] = evidence.verifications;
    expect(shown.device).toMatchObject({ passkey: { credentialId: authenticator.id, rpId: 'localhost' } });
    const kept = JSON.parse(shown.signedAnswer.value);
    expect(kept.payload).toEqual(body.passkey.payload);
    // By hand: the challenge that the customer's passkey signed is the hash of what was kept.
    const clientData = JSON.parse(Buffer.from(kept.response.clientDataJSON, 'base64url').toString());
    expect(clientData.challenge).toBe(challengeOf(kept.payload));
    expect(kept.payload.display).toBe(displayHash(shown.display));
  });

  it.each([
    ['EdDSA', true],
    ['ES256', false],
  ] as const)('is accepted by %s, also without a counter (%s)', async (algorithm, counts) => {
    ({ customerId, authenticator } = await enrolled(
      newCustomerId(),
      new SoftwareAuthenticator(origin, algorithm, counts),
    ));
    for (let n = 0; n < 2; n += 1) {
      ({ question, code } = await ask(customerId));
      expect(await post(authenticator.answer(question, { answer: 'yes', code }))).toMatchObject({
        status: 200,
        body: { status: 'confirmed' },
      });
    }
    expect(await counter()).toBe(counts ? 2 : 0);
  });

  it('is accepted from a passkey that is kept in several places', async () => {
    const flags = PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP;
    expect(await post(authenticator.answer(question, {}, { flags }))).toMatchObject({
      status: 200,
      body: { status: 'denied' },
    });
  });

  it('keeps all other rules: wrong codes count and lock, a handset that conflicts reports, a new device is a finding', async () => {
    const wrong = code === '000000' ? '000001' : '000000';
    for (let n = 1; n <= 4; n += 1)
      expect(await post(authenticator.answer(question, { answer: 'yes', code: wrong }))).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/code-mismatch$/), attemptsLeft: 5 - n },
      });
    expect(await counter()).toBe(4);
    expect(await post(authenticator.answer(question, { answer: 'yes' }))).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/code-required$/) },
    });
    expect(await post(authenticator.answer(question, { answer: 'yes', code: 'abc' }))).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/not-a-code$/), errors: [{ pointer: '#/passkey/payload/code' }] },
    });
    expect((await post(authenticator.answer(question, { answer: 'yes', code: wrong }))).status).toBe(423);
    const second = await enrolled();
    await service.sql(`UPDATE devices SET enrolled_at = now() WHERE customer_id = $1`, [second.customerId]);
    const other = await ask(second.customerId);
    expect(
      await post(
        second.authenticator.answer(other.question, {
          answer: 'yes',
          code: other.code,
          handset: { inCall: true, outgoing: true },
        }),
        other.question.id,
      ),
    ).toMatchObject({
      status: 200,
      body: { status: 'reported', findings: ['relay_suspected', 'handset_mismatch', 'new_device'] },
    });
  });

  it('is not accepted from another origin, a frame of one, for another domain, or of another ceremony', async () => {
    for (const foreign of [
      'https://evil.example',
      `${origin}/`,
      origin.replace('http:', 'https:'),
      'http://localhost:1',
      'null',
      '',
    ])
      await expectRefused(authenticator.answer(question, {}, { origin: foreign }), 'origin');
    await expectRefused(authenticator.answer(question, {}, { clientData: { crossOrigin: true } }), 'cross_origin');
    for (const clientData of [
      { crossOrigin: true, topOrigin: 'https://evil.example' },
      { topOrigin: origin },
      { topOrigin: '' },
      { crossOrigin: 'false' },
      { crossOrigin: 1 },
    ])
      await expectRefused(authenticator.answer(question, {}, { clientData }), 'cross_origin');
    for (const rpId of ['evil.example', 'LOCALHOST', '127.0.0.1', ''])
      await expectRefused(authenticator.answer(question, {}, { rpId }), 'rp_id');
    await expectRefused(authenticator.answer(question, {}, { type: 'webauthn.create' }), 'client_data');
    for (const clientDataText of [
      (text: string) => text.replace('{', '{"type":"webauthn.get",'),
      (text: string) => `\ufeff${text}`,
      (text: string) => `${text} x`,
      () => '[]',
    ])
      await expectRefused(authenticator.answer(question, {}, { clientDataText }), 'client_data');
    for (const clientDataText of [() => '', (text: string) => text.replace('"do not', `"${'x'.repeat(3_000)}`)])
      expect((await post(authenticator.answer(question, {}, { clientDataText }))).status).toBe(400);
  });

  it('is not accepted without the user, or where the authenticator data is of another form', async () => {
    for (const flags of [PRESENT, VERIFIED, 0])
      await expectRefused(authenticator.answer(question, {}, { flags }), 'user_verification');
    for (const flags of [PRESENT | VERIFIED | ATTESTED, PRESENT | VERIFIED | 0x80])
      await expectRefused(authenticator.answer(question, {}, { flags }), 'malformed');
    for (const authenticatorData of [
      (honest: Buffer) => honest.subarray(0, 36),
      (honest: Buffer) => Buffer.concat([honest, Buffer.alloc(1)]),
    ])
      await expectRefused(authenticator.answer(question, {}, { authenticatorData }), 'malformed');
    // Backed up, and not fit to be: the library refuses it.
    await expectRefused(authenticator.answer(question, {}, { flags: PRESENT | VERIFIED | BACKED_UP }), 'signature');
  });

  it('is not accepted by another key, another credential, a revoked one, or one of another customer', async () => {
    const stranger = await enrolled();
    const { signer } = { signer: stranger.authenticator.privateKey };
    await expectRefused(authenticator.answer(question, {}, { signer }), 'signature');
    await expectRefused(stranger.authenticator.answer(question), 'passkey');
    await expectRefused(authenticator.answer(question, {}, { id: stranger.authenticator.id }), 'passkey');
    await expectRefused(authenticator.answer(question, {}, { id: 'AAAA' }), 'passkey');
    const second = await enrolled(customerId);
    await expectRefused(authenticator.answer(question, {}, { id: second.authenticator.id }), 'signature');
    for (const signature of [
      (honest: Buffer) => honest.subarray(0, -1),
      (honest: Buffer) => Buffer.concat([honest, Buffer.alloc(1)]),
      () => Buffer.alloc(64),
      () => Buffer.from('3006020100020100', 'hex'),
    ])
      await expectRefused(authenticator.answer(question, {}, { signature }), 'signature');
    expect((await service.app.delete(`/v1/customers/${customerId}/devices/${second.deviceId}`)).status).toBe(204);
    await expectRefused(second.authenticator.answer(question), 'passkey');
  });

  it('is not accepted with a counter that goes back or stands still, also where it once counted', async () => {
    authenticator.signCount = 10;
    expect((await post(authenticator.answer(question, { answer: 'yes', code }))).status).toBe(200);
    expect(await counter()).toBe(11);
    ({ question, code } = await ask(customerId));
    for (const signCount of [11, 10, 1, 0])
      await expectRefused(authenticator.answer(question, { answer: 'yes', code }, { signCount }), 'sign_count');
    expect(
      await post(authenticator.answer(question, { answer: 'yes', code }, { signCount: 4_294_967_295 })),
    ).toMatchObject({ status: 200 });
    expect(await counter()).toBe(4_294_967_295);
  });

  it('is not accepted over another payload than the one that was signed', async () => {
    const { passkey } = authenticator.answer(question, { answer: 'no' });
    for (const change of [
      { answer: 'yes', code },
      { reason: 'pressured' },
      { iat: passkey.payload.iat + 1 },
      { extra: 1 },
    ])
      await expectRefused({ passkey: { ...passkey, payload: { ...passkey.payload, ...change } } }, 'asserted_payload');
    await expectRefused({ passkey: { ...passkey, payload: {} } }, 'asserted_payload');
  });

  it('is not accepted over another display, challenge or verification, from another time, or in another shape', async () => {
    const now = Math.floor(Date.now() / 1000);
    await expectRefused(authenticator.answer(question, { display: displayHash({}) }), 'display');
    await expectRefused(authenticator.answer(question, { challenge: 'x' }), 'challenge');
    await expectRefused(authenticator.answer(question, { verification: 'ver_x' }), 'verification');
    await expectRefused(authenticator.answer(question, { iat: now - 90 }), 'issued_at');
    await expectRefused(authenticator.answer(question, { extra: 1 }), 'shape');
    await expectRefused(authenticator.answer(question, { answer: 'maybe' }), 'shape');
  });

  it('counts once: the same again is refused, here and in the next question', async () => {
    const body = authenticator.answer(question, { answer: 'yes', code });
    expect((await post(body)).status).toBe(200);
    expect(await post(body)).toMatchObject({ status: 409, body: { verificationStatus: 'confirmed' } });
    ({ question } = await ask(customerId));
    await expectRefused(body, 'sign_count');
  });

  it('is one of several at once: one outcome stands, and the counter is that of the one', async () => {
    const answers = Array.from({ length: 6 }, (_, n) =>
      authenticator.answer(question, n % 2 === 0 ? { answer: 'yes', code } : { answer: 'no' }),
    );
    const replies = await Promise.all(answers.map((body) => post(body)));
    const accepted = replies.flatMap(({ status }, n) => (status === 200 ? [n] : []));
    expect(accepted).toHaveLength(1);
    expect(await counter()).toBe(accepted[0]! + 1);
    const events = await service.sql(
      `SELECT type FROM events WHERE customer_id = $1 AND type ~ 'verification.(confirmed|denied)$'`,
      [customerId],
    );
    expect(events).toHaveLength(1);
  });

  it('is refused as a request where it is no answer, two, or malformed', async () => {
    const body = authenticator.answer(question);
    const { payload, response } = body.passkey;
    for (const wrong of [
      {},
      { ...body, jws: 'a.b.c' },
      { passkey: {} },
      { passkey: { payload } },
      { passkey: { response } },
      { passkey: { payload: [], response } },
      { passkey: { payload: null, response } },
      { passkey: { payload: JSON.stringify(payload), response } },
      { passkey: { payload, response: { ...response, type: 'x' } } },
      { passkey: { payload, response: { ...response, rawId: 'AAAA' } } },
      { passkey: { payload, response: { ...response, response: {} } } },
      {
        passkey: {
          payload,
          response: { ...response, response: { ...response.response, signature: 'A'.repeat(2_000) } },
        },
      },
      { passkey: 'x' },
    ])
      expect((await post(wrong)).status, JSON.stringify(wrong)).toBe(400);
    expect((await post(body)).status).toBe(200);
  });

  it('is not given as a JWS by the same device, nor by a key as a passkey', async () => {
    const device = await service.customerWithDevice(customerId);
    const signed = await device.sign(
      { alg: 'ES256', kid: deviceId, typ: 'answer+jws' },
      authenticator.answer(question).passkey.payload,
    );
    await expectRefused({ jws: signed }, 'device');
    await expectRefused(
      authenticator.answer(question, {}, { id: createHash('sha256').update(device.id).digest('base64url') }),
      'passkey',
    );
  });

  it('cannot vouch for a change with a passkey that is new, and can with one that is old', async () => {
    const change = (body: object): Promise<Reply> =>
      service.amara.post('/v1/changes', {
        customerId,
        subject: 'payee_account',
        after: { holder: 'Oak Joinery Ltd', iban: 'GB29NWBK60161331926819' },
        askedThrough: 'email',
        ...body,
      });
    expect((await change({})).status).toBe(201);
    const waiting = async (): Promise<Question> =>
      (await service.app.get(`/v1/customers/${customerId}/verifications?status=waiting`)).body.data.find(
        ({ kind }: { kind: string }) => kind === 'change',
      );
    const fresh = await enrolled(customerId);
    await service.sql(`UPDATE devices SET enrolled_at = now() WHERE credential_id = $1`, [fresh.authenticator.id]);
    question = await waiting();
    expect(await post(fresh.authenticator.answer(question, { answer: 'yes' }))).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/device-too-new$/) },
    });
    expect(await post(authenticator.answer(question, { answer: 'yes' }))).toMatchObject({
      status: 200,
      body: { status: 'confirmed' },
    });
    expect(callId).toMatch(/^call_/);
  });

  it('goes with its customer: the passkey is forgotten, and evidence keeps its proofs', async () => {
    await post(authenticator.answer(question, { answer: 'no' }));
    expect((await service.admin.delete(`/v1/customers/${customerId}`)).status).toBe(204);
    expect(await service.sql('SELECT FROM devices WHERE credential_id = $1', [authenticator.id])).toEqual([]);
    const { body: text } = await service.analyst.get(`/v1/evidence/${question.id}`);
    const { keys } = (await service.analyst.get('/.well-known/jwks.json')).body;
    expect(verifyEvidence(text, keys).filter(({ result }) => result === 'failed')).toEqual([]);
  });
});
