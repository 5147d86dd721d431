import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { giveOldNumber, requestChange } from './changes.js';
import type { CustomerDevice } from './customer-device.js';
import { newCustomerId, type TestService } from './service.js';

let numbers = 100;
/** A number that no other customer of the test has. */
export const newNumber = (): string => `+44770090${String((numbers += 1)).padStart(4, '0')}`;

const found = async (service: TestService, number: string): Promise<string[]> =>
  (await service.amara.post('/v1/customer-searches', { number })).body.data;

/** One of everything that hangs on the service's keys. */
export interface Kept {
  readonly device: CustomerDevice;
  readonly number: string;
  readonly code: string;
  /** Of a customer without a device. */
  readonly posted: string;
  readonly letter: string;
  readonly webhookId: string;
  readonly publicKey: string;
  readonly handle: string;
  /** What a browser makes a passkey from. */
  readonly options: object;
  readonly key: string;
  readonly made: object;
}

const askTo = (device: CustomerDevice) => ({
  customerId: device.customerId,
  direction: 'outbound',
  purpose: 'A payment we stopped',
  verify: true,
});

/** Makes one of everything that hangs on the service's keys. */
export async function keepOneOfEach(service: TestService): Promise<Kept> {
  const device = await service.customerWithDevice();
  const number = newNumber();
  await giveOldNumber(service, device.customerId, number);
  const hook = (await service.admin.post('/v1/webhooks', { url: 'http://127.0.0.1:9/hook', signature: 'v1a' })).body;
  await service.admin.post(`/v1/webhooks/${hook.id}/rotate`);
  const posted = newCustomerId();
  await giveOldNumber(service, posted, newNumber());
  const { body: change } = await requestChange(service, posted);
  const { body: letter } = await service.amara.post(`/v1/changes/${change.id}/letter`);
  const key = randomUUID();
  const made = await service.amara.post('/v1/calls', askTo(device), { headers: { 'idempotency-key': key } });
  expect(made.status).toBe(201);
  const { body: options } = await service.app.post(`/v1/customers/${device.customerId}/devices/passkey-options`);
  const { publicKey } = (await service.admin.get(`/v1/webhooks/${hook.id}`)).body;
  expect(publicKey).toMatch(/^whpk_/);
  return {
    ...{ device, number, webhookId: hook.id, publicKey, handle: options.user.id, options, key },
    ...{ posted, letter: letter.code, code: made.body.verification.code, made: made.body },
  };
}

/** That the customer is found by the number, and all that lasts is as it was. */
export async function expectKept(
  service: TestService,
  { device, number, webhookId, publicKey, handle }: Kept,
): Promise<void> {
  expect(await found(service, number)).toEqual([device.customerId]);
  const { body } = await service.admin.get(`/v1/customers/${device.customerId}`);
  expect(body.phoneNumbers).toMatchObject([{ number, since: '2020-01-01T00:00:00.000Z', formerFrom: null }]);
  expect((await service.admin.get(`/v1/webhooks/${webhookId}`)).body).toMatchObject({ publicKey });
  const { body: options } = await service.app.post(`/v1/customers/${device.customerId}/devices/passkey-options`);
  expect(options.user.id).toBe(handle);
}

/** That the same request gets the same answer again. */
export async function expectReplayed(service: TestService, { device, key, made }: Kept): Promise<void> {
  const again = await service.amara.post('/v1/calls', askTo(device), { headers: { 'idempotency-key': key } });
  expect(again).toMatchObject({ status: 201, body: made });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
}

/** That the code which was read out is the right one. */
export async function expectAnswered(service: TestService, { device, code }: Kept): Promise<void> {
  const { body } = await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`);
  const question = body.data.find(({ kind }: { kind: string }) => kind === 'call');
  expect(await device.answer(service.app, question, { answer: 'yes', code })).toMatchObject({
    status: 200,
    body: { status: 'confirmed' },
  });
}

/** That the code of the letter is accepted, once. */
export async function expectLetter(service: TestService, { posted, letter }: Kept): Promise<void> {
  expect((await service.app.post(`/v1/customers/${posted}/letters`, { code: letter })).status).toBe(200);
}

/** What cannot be made anew passes, as a day would let it. */
export async function letPass(service: TestService): Promise<void> {
  await service.sql(`UPDATE idempotency_keys SET created_at = created_at - interval '25 hours'`);
  await service.sql(`UPDATE letters SET expires_at = now() WHERE used_at IS NULL`);
  await service.sql(`UPDATE verifications SET expires_at = now() WHERE status = 'waiting' AND code_mac IS NOT NULL`);
}
