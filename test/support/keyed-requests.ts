import { randomUUID } from 'node:crypto';
import { CustomerDevice } from './customer-device.js';
import { answerChange, giveOldNumber, requestChange } from './changes.js';
import { type Identities, LINE, newCustomerId, type TestService } from './service.js';
import { SoftwareAuthenticator } from './software-authenticator.js';

/** A request that may be sent under an Idempotency-Key, ready to be sent once. */
export interface KeyedRequest {
  readonly as: keyof Identities;
  readonly path: string;
  readonly body?: object;
  /** About whom it is, where it is about a customer. */
  readonly customerId?: string;
}

export interface KeyedCase {
  /** The operation in the OpenAPI document. */
  readonly operation: string;
  readonly what: string;
  /** What the first answer is. */
  readonly status: number;
  /** Whether a repetition gets the first answer; a 429 is judged anew. */
  readonly kept?: false;
  prepare(service: TestService): Promise<KeyedRequest>;
}

const HOOK = { url: 'http://127.0.0.1:9/hook', types: ['countersign.call.*'] };

const callOf = (customerId: string, more: object = {}): object => ({
  customerId,
  direction: 'outbound',
  line: LINE,
  purpose: 'A payment we stopped',
  ...more,
});
const declaration = (customerId: string, more: object = {}): KeyedRequest => ({
  as: 'amara',
  path: '/v1/calls',
  body: callOf(customerId, more),
  customerId,
});
const ok = <Body>(reply: { status: number; body: Body }): Body => {
  if (reply.status >= 300)
    throw new Error(`the preparation was answered ${reply.status}: ${JSON.stringify(reply.body)}`);
  return reply.body;
};
const declared = async (service: TestService, customerId: string, more: object = {}) =>
  ok(await service.amara.post('/v1/calls', callOf(customerId, more)));

/** A customer with a trusted phone and a number that was on file for years. */
async function knownCustomer(service: TestService): Promise<CustomerDevice> {
  const device = await service.customerWithDevice();
  await giveOldNumber(service, device.customerId);
  return device;
}

/** A customer with a number alone, who proves a change by a callback and a letter. */
async function customerWithoutPhone(service: TestService): Promise<string> {
  const customerId = newCustomerId();
  await giveOldNumber(service, customerId);
  return customerId;
}

const heldChange = async (service: TestService, more: object = {}) =>
  ok(await requestChange(service, (await knownCustomer(service)).customerId, more));

const ofChange = (
  { id, customerId }: { id: string; customerId: string },
  as: KeyedRequest['as'],
  action: string,
): KeyedRequest => ({ as, path: `/v1/changes/${id}/${action}`, customerId });

async function waitingAnswer(service: TestService, answer: 'right' | 'wrong' | 'forged') {
  const device = await service.customerWithDevice();
  const call = await declared(service, device.customerId, { verify: true });
  const question = (await device.waitingQuestion(service.app))!;
  const { code } = call.verification;
  const other = code === '000000' ? '000001' : '000000';
  const jws = await device.signAnswer(
    question,
    { answer: 'yes', code: answer === 'right' ? code : other },
    answer === 'forged' ? { challenge: 'another' } : {},
  );
  return { path: `/v1/verifications/${question.id}/answer`, body: { jws }, customerId: device.customerId };
}

async function queuedCallback(service: TestService, customerId: string): Promise<string> {
  return ok(await service.app.post(`/v1/customers/${customerId}/callbacks`, { reason: 'Ring me back' })).id;
}

/** No time step of offline codes ends while a case that needs one runs. */
async function withinTimeStep(): Promise<void> {
  while (Date.now() % 30_000 > 20_000) await new Promise((resolve) => setTimeout(resolve, 200));
}

async function webhook(service: TestService): Promise<string> {
  return ok(await service.admin.post('/v1/webhooks', HOOK)).id;
}

const one = (
  operation: string,
  what: string,
  status: number,
  prepare: KeyedCase['prepare'],
  more: Pick<KeyedCase, 'kept'> = {},
): KeyedCase => ({ operation, what, status, prepare, ...more });

const CALLS: readonly KeyedCase[] = [
  one('declareCall', 'to a customer who is on file', 201, async (service) =>
    declaration((await service.customerWithDevice()).customerId),
  ),
  one('declareCall', 'to a customer whom it creates', 201, async () => declaration(newCustomerId())),
  one('declareCall', 'with a question and its code', 201, async (service) =>
    declaration((await service.customerWithDevice()).customerId, { verify: true }),
  ),
  one('startVerification', 'with its code', 201, async (service) => {
    const { customerId } = await service.customerWithDevice();
    return { as: 'amara', path: `/v1/calls/${(await declared(service, customerId)).id}/verification`, customerId };
  }),
  one(
    'startVerification',
    'refused because the customer is asked too often',
    429,
    async (service) => {
      const { customerId } = await service.customerWithDevice();
      const { id } = await declared(service, customerId);
      await service.sql(`UPDATE customers SET recent_prompts = array_fill(now(), ARRAY[5]) WHERE id = $1`, [
        customerId,
      ]);
      return { as: 'amara', path: `/v1/calls/${id}/verification`, customerId };
    },
    { kept: false },
  ),
  one('endCall', 'with a question that is taken back', 200, async (service) => {
    const { customerId } = await service.customerWithDevice();
    return {
      as: 'amara',
      path: `/v1/calls/${(await declared(service, customerId, { verify: true })).id}/end`,
      customerId,
    };
  }),
  one('transferCall', 'to another agent', 200, async (service) => {
    const { customerId } = await service.customerWithDevice();
    const { id } = await declared(service, customerId);
    return { as: 'amara', path: `/v1/calls/${id}/transfer`, body: { to: 'ben' }, customerId };
  }),
  one('takeOverCall', 'with a question that is taken back', 200, async (service) => {
    const { customerId } = await service.customerWithDevice();
    const { id } = await declared(service, customerId, { verify: true });
    await service.amara.post(`/v1/calls/${id}/transfer`, { to: 'ben' });
    return { as: 'ben', path: `/v1/calls/${id}/take-over`, customerId };
  }),
  one('offlineProof', 'the code of the bank', 200, async (service) => {
    await withinTimeStep();
    const { customerId } = await service.customerWithDevice();
    return { as: 'amara', path: `/v1/calls/${(await declared(service, customerId)).id}/offline-proof`, customerId };
  }),
  one('offlineProof', 'the right code of a customer', 200, async (service) => {
    await withinTimeStep();
    const device = await service.customerWithDevice();
    const { id } = await declared(service, device.customerId, { direction: 'inbound' });
    return {
      as: 'amara',
      path: `/v1/calls/${id}/offline-proof`,
      body: { customerProof: await device.offlineCode('customerProof') },
      customerId: device.customerId,
    };
  }),
  one('offlineProof', 'a wrong code, which counts', 422, async (service) => {
    const device = await service.customerWithDevice();
    const { id } = await declared(service, device.customerId, { direction: 'inbound' });
    const near = new Set(
      await Promise.all(
        [-60, -30, 0, 30, 60].map((seconds) =>
          device.offlineCode('customerProof', new Date(Date.now() + seconds * 1_000)),
        ),
      ),
    );
    const customerProof = ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !near.has(code))!;
    return {
      as: 'amara',
      path: `/v1/calls/${id}/offline-proof`,
      body: { customerProof },
      customerId: device.customerId,
    };
  }),
];

const VERDICTS: readonly KeyedCase[] = [
  one('giveVerdictFeedback', 'what became of a verdict', 204, async (service) => {
    const customerId = newCustomerId();
    const { id } = ok(await service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing' }));
    return {
      as: 'app',
      path: `/v1/customers/${customerId}/call-verdicts/${id}/feedback`,
      body: { outcome: 'shown', latencyMs: 180 },
      customerId,
    };
  }),
];

const VERIFICATIONS: readonly KeyedCase[] = [
  one('answerVerification', 'the right code', 200, async (service) => ({
    as: 'app',
    ...(await waitingAnswer(service, 'right')),
  })),
  one('answerVerification', 'a wrong code, which counts', 422, async (service) => ({
    as: 'app',
    ...(await waitingAnswer(service, 'wrong')),
  })),
  one('answerVerification', 'an answer that does not fit, which is kept on record', 422, async (service) => ({
    as: 'app',
    ...(await waitingAnswer(service, 'forged')),
  })),
  one('answerVerification', 'the wrong code that locks', 423, async (service) => {
    const request = await waitingAnswer(service, 'wrong');
    await service.sql(`UPDATE customers SET code_failures = 4 WHERE id = $1`, [request.customerId]);
    return { as: 'app', ...request };
  }),
  one('cancelVerification', 'that waits', 200, async (service) => {
    const { customerId } = await service.customerWithDevice();
    return {
      as: 'amara',
      path: `/v1/verifications/${(await declared(service, customerId, { verify: true })).verification.id}/cancel`,
      customerId,
    };
  }),
];

const CHANGES: readonly KeyedCase[] = [
  one('requestChange', 'with its question and its callback', 201, async (service) => {
    const { customerId } = await knownCustomer(service);
    return {
      as: 'amara',
      path: '/v1/changes',
      body: {
        customerId,
        subject: 'payee_account',
        after: { holder: 'Oak Joinery Ltd', iban: 'GB82WEST12345698765432' },
        askedThrough: 'email',
      },
      customerId,
    };
  }),
  one('requestChange', 'for a customer whom it creates', 201, async () => {
    const customerId = newCustomerId();
    return {
      as: 'amara',
      path: '/v1/changes',
      body: { customerId, subject: 'email', after: { email: 'joiner@oak.example' }, askedThrough: 'phone' },
      customerId,
    };
  }),
  one('withdrawChange', 'that is held', 200, async (service) =>
    ofChange(await heldChange(service), 'amara', 'withdraw'),
  ),
  one('approveChange', 'by a second agent', 200, async (service) =>
    ofChange(await heldChange(service, { atRisk: { amount: 1_000_000, currency: 'GBP' } }), 'ben', 'approve'),
  ),
  one('askAboutChange', 'again', 200, async (service) => ofChange(await heldChange(service), 'amara', 'ask')),
  one('callBackAboutChange', 'again, after a callback that came to nothing', 200, async (service) => {
    const change = await heldChange(service);
    await service.sql(`UPDATE callbacks SET status = 'unreachable', closed_at = now() WHERE customer_id = $1`, [
      change.customerId,
    ]);
    return ofChange(change, 'amara', 'callback');
  }),
  one('issueLetter', 'with its code', 201, async (service) =>
    ofChange(ok(await requestChange(service, await customerWithoutPhone(service))), 'amara', 'letter'),
  ),
  one('useLetter', 'with the right code', 200, async (service) => {
    const customerId = await customerWithoutPhone(service);
    const { code } = ok(
      await service.amara.post(`/v1/changes/${ok(await requestChange(service, customerId)).id}/letter`),
    );
    return { as: 'app', path: `/v1/customers/${customerId}/letters`, body: { code }, customerId };
  }),
  one('useLetter', 'with a wrong code, which counts', 422, async (service) => {
    const customerId = await customerWithoutPhone(service);
    ok(await service.amara.post(`/v1/changes/${ok(await requestChange(service, customerId)).id}/letter`));
    return {
      as: 'app',
      path: `/v1/customers/${customerId}/letters`,
      body: { code: '0000-0000-0000-0000' },
      customerId,
    };
  }),
  one('disputeChange', 'that is held', 200, async (service) => ofChange(await heldChange(service), 'app', 'dispute')),
  one('disputeChange', 'too late, which settles what was due', 409, async (service) => {
    const device = await knownCustomer(service);
    const change = ok(await requestChange(service, device.customerId));
    ok(await answerChange(service, device, 'no', 'not_me'));
    ok(await service.amara.get(`/v1/changes/${change.id}`));
    return ofChange(change, 'app', 'dispute');
  }),
];

const CUSTOMERS: readonly KeyedCase[] = [
  one('unlockCustomer', 'who was locked', 200, async (service) => {
    const { customerId } = await service.customerWithDevice();
    await service.sql(`UPDATE customers SET code_failures = 5, locked_at = now() WHERE id = $1`, [customerId]);
    return { as: 'admin', path: `/v1/customers/${customerId}/unlock`, customerId };
  }),
  one('enrolDevice', 'of a customer whom it creates', 201, async () => {
    const device = await CustomerDevice.make(newCustomerId());
    return {
      as: 'app',
      path: `/v1/customers/${device.customerId}/devices`,
      body: {
        name: 'My phone',
        platform: 'ios',
        publicKey: device.publicKey,
        encryptionKey: device.encryptionKey,
        proof: await device.enrolmentProof(),
      },
      customerId: device.customerId,
    };
  }),
  one('enrolDevice', 'whose key is enrolled already', 409, async (service) => {
    const device = await service.customerWithDevice();
    return {
      as: 'app',
      path: `/v1/customers/${device.customerId}/devices`,
      body: { name: 'My phone', platform: 'ios', publicKey: device.publicKey, proof: await device.enrolmentProof() },
      customerId: device.customerId,
    };
  }),
];

/** A browser's subscription, each time another; the key is the example of RFC 8291, appendix A. */
const subscription = () => ({
  kind: 'webpush',
  endpoint: `https://push.example.net/push/${randomUUID()}`,
  keys: {
    p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
    auth: 'BTBZMqHH6r4Tts7J_aSIgg',
  },
});

const PUSHES: readonly KeyedCase[] = [
  one('subscribeToPushes', 'of a customer whom it creates', 201, async () => {
    const customerId = newCustomerId();
    return { as: 'app', path: `/v1/customers/${customerId}/push-subscriptions`, body: subscription(), customerId };
  }),
  one('enrolDevice', 'that is a passkey', 201, async (service) => {
    const customerId = newCustomerId();
    const path = `/v1/customers/${customerId}/devices`;
    const options = ok(await service.app.post(`${path}/passkey-options`));
    const passkey = new SoftwareAuthenticator(service.url.replace('127.0.0.1', 'localhost')).create(options);
    return { as: 'app', path, body: { name: 'My laptop', platform: 'web', passkey }, customerId };
  }),
];

const CALLBACKS: readonly KeyedCase[] = [
  one('requestCallback', 'from the app', 201, async (service) => {
    const customerId = await customerWithoutPhone(service);
    return { as: 'app', path: `/v1/customers/${customerId}/callbacks`, body: { reason: 'Ring me back' }, customerId };
  }),
  one('requestCallbackFor', 'by an agent', 201, async (service) => {
    const customerId = await customerWithoutPhone(service);
    return { as: 'amara', path: '/v1/callbacks', body: { customerId, reason: 'Asked at the branch' }, customerId };
  }),
  one('claimCallback', 'with the number, a call and its code', 200, async (service) => {
    const { customerId } = await knownCustomer(service);
    return {
      as: 'ben',
      path: `/v1/callbacks/${await queuedCallback(service, customerId)}/claim`,
      body: {},
      customerId,
    };
  }),
  one('claimCallback', 'whose number is gone, which gives it up', 422, async (service) => {
    const customerId = await customerWithoutPhone(service);
    const id = await queuedCallback(service, customerId);
    await service.sql(
      `UPDATE contact_points SET former_from = now() - interval '1 year', since = now() - interval '2 years' WHERE customer_id = $1`,
      [customerId],
    );
    return { as: 'ben', path: `/v1/callbacks/${id}/claim`, body: {}, customerId };
  }),
  one('recordCallbackOutcome', 'that ends its call', 200, async (service) => {
    const customerId = await customerWithoutPhone(service);
    const id = await queuedCallback(service, customerId);
    ok(await service.ben.post(`/v1/callbacks/${id}/claim`, {}));
    return { as: 'ben', path: `/v1/callbacks/${id}/outcome`, body: { result: 'no_answer' }, customerId };
  }),
];

const WEBHOOKS: readonly KeyedCase[] = [
  one('createWebhook', 'with its secret', 201, async () => ({ as: 'admin', path: '/v1/webhooks', body: HOOK })),
  one('rotateWebhookSecret', 'with the new secret', 200, async (service) => ({
    as: 'admin',
    path: `/v1/webhooks/${await webhook(service)}/rotate`,
  })),
  one('testWebhook', 'which queues a delivery and a job', 202, async (service) => ({
    as: 'admin',
    path: `/v1/webhooks/${await webhook(service)}/test`,
  })),
  one('replayWebhook', 'which queues deliveries', 202, async (service) => ({
    as: 'admin',
    path: `/v1/webhooks/${await webhook(service)}/replay`,
    body: { since: '2026-01-01T00:00:00Z' },
  })),
];

const REPORTS: readonly KeyedCase[] = [
  one('makeReport', 'which refuses a held change and ends a question', 201, async (service) => {
    const { customerId } = await heldChange(service);
    return {
      as: 'app',
      path: `/v1/customers/${customerId}/reports`,
      body: {
        channel: 'sms',
        claimedSender: 'NORTHBANK',
        text: 'Your account is blocked: https://northbank-help.example/unlock',
      },
      customerId,
    };
  }),
  one('makeReport', 'by a customer whom it creates', 201, async () => {
    const customerId = newCustomerId();
    return {
      as: 'app',
      path: `/v1/customers/${customerId}/reports`,
      body: { channel: 'call', claimedNumber: LINE },
      customerId,
    };
  }),
  one('makeReportFor', 'by an agent', 201, async (service) => {
    const { customerId } = await service.customerWithDevice();
    return {
      as: 'amara',
      path: '/v1/reports',
      body: { customerId, channel: 'call', claimedNumber: '+442079460111' },
      customerId,
    };
  }),
  one('registerNotice', 'with its first recipients', 201, async () => ({
    as: 'admin',
    path: '/v1/notices',
    body: {
      channel: 'sms',
      sender: 'NORTHBANK',
      summary: 'Cards are renewed this month.',
      text: 'Your new card is on its way.',
      sentAt: '2026-12-01T09:00:00Z',
      recipients: [newCustomerId(), newCustomerId()],
    },
  })),
];

/** A case at least for every operation that takes an Idempotency-Key, refusals that have an effect among them. */
const CLAIMS: readonly KeyedCase[] = [
  one('makeClaim', 'of a customer and a time', 201, async (service) => {
    const { customerId } = await knownCustomer(service);
    const body = { customerId, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    return { as: 'analyst', path: '/v1/claims', body, customerId };
  }),
];

export const KEYED_CASES: readonly KeyedCase[] = [
  ...CALLS,
  ...VERDICTS,
  ...VERIFICATIONS,
  ...CHANGES,
  ...CUSTOMERS,
  ...PUSHES,
  ...CALLBACKS,
  ...WEBHOOKS,
  ...REPORTS,
  ...CLAIMS,
];
