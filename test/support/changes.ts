import type { CustomerDevice, Question } from './customer-device.js';
import type { Reply } from './service-client.js';
import { fromTypeId } from '../../src/ids/ids.js';
import type { TestService } from './service.js';

export const OLD_NUMBER = '+447700900123';
export const BEFORE = { holder: 'Oak Joinery Ltd', iban: 'GB33BUKB20201555555555' };
export const AFTER = { holder: 'Oak Joinery Ltd', iban: 'GB82WEST12345698765432' };

/** A policy under which a test can walk a whole change: customers are rung at any hour. */
export async function ringAtAnyHour(service: TestService, changes: object = {}): Promise<void> {
  const current = await service.admin.get('/v1/policy');
  const reply = await service.admin.put(
    '/v1/policy',
    { callbacks: { opens: '00:00', closes: '24:00' }, changes },
    { headers: { 'if-match': current.headers.get('etag')! } },
  );
  if (reply.status !== 200) throw new Error(`PUT policy answered ${reply.status}`);
}

/** A number that has been on file for years. */
export async function giveOldNumber(service: TestService, customerId: string, number = OLD_NUMBER): Promise<void> {
  const reply = await service.admin.put(`/v1/customers/${customerId}`, {
    phoneNumbers: [{ number, since: '2020-01-01T00:00:00Z' }],
  });
  if (reply.status > 201) throw new Error(`PUT customer answered ${reply.status}`);
}

export async function requestChange(service: TestService, customerId: string, more: object = {}): Promise<Reply> {
  return service.amara.post('/v1/changes', {
    customerId,
    subject: 'payee_account',
    before: BEFORE,
    after: AFTER,
    askedThrough: 'email',
    ...more,
  });
}

/** Answers the question about a change that waits in the app. */
export async function answerChange(
  service: TestService,
  device: CustomerDevice,
  answer: 'yes' | 'no',
  reason?: string,
): Promise<Reply> {
  return device.answer(service.app, await questionAboutChange(service, device), {
    answer,
    ...(reason ? { reason } : {}),
  });
}

/** What waits in the app about a change. */
export async function questionAboutChange(service: TestService, device: CustomerDevice): Promise<Question> {
  const waiting = await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`);
  return waiting.body.data.find((candidate: { kind: string }) => candidate.kind === 'change');
}

/** Ben rings the customer back, the customer confirms in the app, and Ben records it. */
export async function callBackAndConfirm(
  service: TestService,
  device: CustomerDevice,
  agent = service.ben,
): Promise<Reply> {
  const queue = await agent.get(`/v1/callbacks?customerId=${device.customerId}`);
  const callback = queue.body.data.find((candidate: { status: string }) => candidate.status === 'queued');
  const claimed = await agent.post(`/v1/callbacks/${callback.id}/claim`, {});
  if (claimed.status !== 200) return claimed;
  const waiting = await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`);
  const question = waiting.body.data.find((candidate: { kind: string }) => candidate.kind === 'callback');
  await device.answer(service.app, question, {
    answer: 'yes',
    code: claimed.body.call.verification.code,
    handset: { inCall: true, outgoing: false },
  });
  return agent.post(`/v1/callbacks/${callback.id}/outcome`, { result: 'verified' });
}

/** Moves everything that has happened to a change into the past, as waiting would. */
export async function letTimePass(service: TestService, changeId: string, interval: string): Promise<void> {
  const id = fromTypeId('chg', changeId);
  await service.sql(`SET session_replication_role = replica; 
    UPDATE changes SET requested_at = requested_at - '${interval}'::interval, expires_at = expires_at - '${interval}'::interval, approved_at = approved_at - '${interval}'::interval, released_at = released_at - '${interval}'::interval WHERE id = '${id}';
    UPDATE verifications SET closed_at = closed_at - '${interval}'::interval WHERE change_id = '${id}';
    UPDATE callbacks SET closed_at = closed_at - '${interval}'::interval WHERE change_id = '${id}';
    UPDATE letters SET used_at = used_at - '${interval}'::interval WHERE change_id = '${id}';
    SET session_replication_role = DEFAULT;`);
}
