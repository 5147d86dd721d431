import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { ServiceClient } from '../support/service-client.js';
import { giveOldNumber, ringAtAnyHour } from '../support/changes.js';
import { callOperation, listOperations, type Operation } from '../support/operations.js';
import { expectProblem } from '../support/raw-http.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let operations: Operation[];
const tokens: Record<string, string> = {};
let maya: ServiceClient;
let noah: ServiceClient;

beforeAll(async () => {
  service = await startTestService();
  operations = await listOperations(service.url);
  for (const id of ['maya', 'noah']) tokens[id] = await service.token(`customer:${id}`);
  tokens.app = await service.token('app');
  tokens.southMaya = await service.token('customer:maya', 'southbank');
  [maya, noah] = [new ServiceClient(service.url, tokens.maya!), new ServiceClient(service.url, tokens.noah!)];
  await ringAtAnyHour(service);
  await giveOldNumber(service, 'maya');
  await service.sql(`UPDATE contact_points SET recorded_at = since`);
});
afterAll(() => service.stop());

/** What the app's developers may ask, and its customers not. */
const FOR_DEVELOPERS = ['getDiagnosis'];
const ofApp = (): Operation[] =>
  operations.filter(({ id, scopes }) => scopes.includes('app') && !FOR_DEVELOPERS.includes(id));

/** A question about a call waits for maya, on a device that she enrolled herself. */
async function askMaya(device: CustomerDevice): Promise<{ callId: string; code: string; reference: string }> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    verify: true,
  });
  return { callId: body.id, code: body.verification.code, reference: body.reference };
}

describe('every operation that the backend of an app may call', () => {
  it('may be called by a customer for themself, and no other operation may', () => {
    expect(ofApp().length).toBeGreaterThan(13);
    expect(operations.filter(({ scopes }) => scopes.includes('customer')).map(({ id }) => id)).toEqual(
      ofApp().map(({ id }) => id),
    );
  });

  it('gives a customer for their own id what it gives to the backend', async () => {
    for (const operation of ofApp()) {
      const asked = operation.streams ? { ...operation, method: 'HEAD' } : operation;
      const [own, app] = await Promise.all(
        [tokens.maya, tokens.app].map((token) =>
          callOperation(service.url, asked, { token, values: { customerId: 'maya' } }),
        ),
      );
      expect(own!.status, operation.id).toBe(app!.status);
      expect([401, 403, 500, 503], operation.id).not.toContain(own!.status);
    }
  });

  it('is 404 for a customer under the id of another, whatever else is asked', async () => {
    for (const operation of ofApp().filter(({ parameters }) => parameters.includes('customerId')))
      for (const customerId of ['noah', 'MAYA', 'maya%', 'maya ', 'nobody-knows', '..', 'x'.repeat(65)])
        expectProblem(
          await callOperation(service.url, operation, {
            token: tokens.maya,
            values: { customerId },
            body: { nonsense: 1 },
          }),
          404,
          'not-found',
        );
  });
});

describe('a customer of another bank with the same id', () => {
  it("sees and does nothing at this one's", async () => {
    const device = await CustomerDevice.make('maya');
    expect((await device.enrol(maya, 'Of the north')).status).toBe(201);
    const south = new ServiceClient(service.url, tokens.southMaya!);
    expect((await south.get('/v1/customers/maya/devices')).status).toBe(404);
    expect((await south.get('/v1/customers/maya/verifications')).body.data).toEqual([]);
    const { callId, reference } = await askMaya(device);
    const question = (await device.waitingQuestion(maya))!;
    expect((await device.answer(south, question, { answer: 'no' })).status).toBe(404);
    expect((await south.get(`/v1/references/${reference}`)).status).toBe(404);
    expect((await south.delete(`/v1/customers/maya/devices/${device.id}`)).status).toBe(404);
    expect((await device.waitingQuestion(maya))!.id).toBe(question.id);
    await service.amara.post(`/v1/calls/${callId}/end`);
  });
});

describe("a customer's token", () => {
  it('does the part of a phone without a backend: enrols, asks, answers; and another gets 404 for all of it', async () => {
    const device = await CustomerDevice.make('maya');
    expect((await device.enrol(maya)).status).toBe(201);
    const { code, reference, callId } = await askMaya(device);
    const verdict = await maya.post('/v1/customers/maya/call-verdicts', { trigger: 'ringing', incomingNumber: LINE });
    expect(verdict.body).toMatchObject({ verdict: 'legitimate', call: { agentName: 'Amara Okafor' } });
    expect((await maya.get(`/v1/references/${reference}`)).body).toMatchObject({ kind: 'call', genuine: true });
    expect((await noah.get(`/v1/references/${reference}`)).status).toBe(404);
    const question = (await device.waitingQuestion(maya))!;
    const answer = { answer: 'yes', code } as const;
    const stolen = await device.answer(noah, question, answer);
    expect(stolen).toMatchObject({ status: 404, body: { title: expect.any(String) } });
    expect((await device.waitingQuestion(maya))!.id).toBe(question.id);
    expect((await device.answer(maya, question, answer)).body.status).toBe('confirmed');
    await service.amara.post(`/v1/calls/${callId}/end`);
  });

  it('disputes their own change and nobody else, and looks up what is theirs', async () => {
    const change = await service.amara.post('/v1/changes', {
      customerId: 'maya',
      subject: 'email',
      after: { email: 'new@customer.example' },
      askedThrough: 'phone',
    });
    const callback = await maya.post('/v1/customers/maya/callbacks', { reason: 'Was that you?' });
    const notice = await service.admin.post('/v1/notices', {
      channel: 'letter',
      summary: 'To one customer',
      sentAt: new Date().toISOString(),
      recipients: ['maya'],
    });
    expect((await noah.post(`/v1/changes/${change.body.id}/dispute`)).status).toBe(404);
    expect((await service.amara.get(`/v1/changes/${change.body.id}`)).body.status).toBe('held');
    expect((await maya.post(`/v1/changes/${change.body.id}/dispute`)).body.status).toBe('refused');
    const report = await maya.post('/v1/customers/maya/reports', { channel: 'sms', text: 'Your parcel waits.' });
    for (const { status, body } of [change, callback, report, notice]) {
      expect(status).toBe(201);
      expect((await noah.get(`/v1/references/${body.reference}`)).status).toBe(404);
      expect((await maya.get(`/v1/references/${body.reference}`)).status).toBe(200);
    }
  });

  it('has keys for repetition of its own: the backend with the same key is another caller', async () => {
    const body = { channel: 'sms', text: 'One report, told twice.' };
    const options = { headers: { 'idempotency-key': 'same-key' } };
    const own = await maya.post('/v1/customers/maya/reports', body, options);
    const again = await maya.post('/v1/customers/maya/reports', body, options);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body.id).toBe(own.body.id);
    const app = await service.app.post('/v1/customers/maya/reports', body, options);
    expect(app.headers.get('idempotency-replayed')).toBeNull();
    const stolen = await noah.post('/v1/customers/maya/reports', body, options);
    expect(stolen.status).toBe(404);
  });
});
