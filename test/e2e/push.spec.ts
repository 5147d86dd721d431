import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  Http2PushService,
  PushedBrowser,
  type PushReply,
  readJwt,
  readVapid,
  WebPushService,
} from '../support/push-services.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

const SOON = { timeout: 60_000, interval: 20 };
vi.setConfig({ testTimeout: 180_000 });

let service: TestService;
let browsers: WebPushService;
let firebase: Http2PushService;
let apple: Http2PushService;
let folder: string;
const account = generateKeyPairSync('rsa', { modulusLength: 2048 });
const apnsKey = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = { type: 'pkcs8', format: 'pem' } as const;
const TOPIC = 'example.bank.app';
const OPEN = { v: 1, do: 'open' };

beforeAll(async () => {
  [browsers, firebase, apple, folder] = await Promise.all([
    WebPushService.start(),
    Http2PushService.start(),
    Http2PushService.start(),
    makeTemporaryFolder(),
  ]);
  const [accountFile, keyFile] = [join(folder, 'account.json'), join(folder, 'apns.p8')];
  await writeFile(
    accountFile,
    JSON.stringify({
      type: 'service_account',
      project_id: 'north-bank',
      private_key: account.privateKey.export(pem),
      client_email: 'push@north-bank.iam.gserviceaccount.com',
      token_uri: `${firebase.url}/token`,
    }),
  );
  await writeFile(keyFile, apnsKey.privateKey.export(pem));
  firebase.behave('/token', (_, n) => ({
    status: 200,
    body: { access_token: `ya29.${n}`, token_type: 'Bearer', expires_in: 3_599 },
  }));
  service = await startTestService({
    VAPID_SUBJECT: 'mailto:security@bank.example',
    FCM: JSON.stringify({ serviceAccountFile: accountFile, baseUrl: firebase.url }),
    APNS: JSON.stringify({
      keyFile,
      keyId: 'ABC123DEFG',
      teamId: 'DEF123GHIJ',
      topics: [TOPIC, 'example.bank.other'],
      baseUrl: apple.url,
    }),
  });
});
afterAll(async () => {
  await Promise.all([service.stop(), browsers.stop(), firebase.stop(), apple.stop()]);
  await removeTemporaryFolder(folder);
});

const subscribe = (customerId: string, body: object, as = service.app) =>
  as.post(`/v1/customers/${customerId}/push-subscriptions`, body);
const listed = async (customerId: string, as = service.app) =>
  (await as.get(`/v1/customers/${customerId}/push-subscriptions`)).body.data;

/** A customer with a device, who is pushed to. */
async function customerWith(subscription: object): Promise<string> {
  const { customerId } = await service.customerWithDevice();
  expect((await subscribe(customerId, subscription)).status).toBe(201);
  return customerId;
}

async function ask(customerId: string): Promise<{ id: string }> {
  const { body } = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    purpose: 'A payment we stopped',
    verify: true,
  });
  expect(body.verification).not.toBeNull();
  return body.verification;
}
/** As if so much time had passed since the last attempt. */
async function hurry(customerId: string): Promise<void> {
  await service.sql(
    `WITH due AS (UPDATE push_subscriptions SET next_attempt_at = now() WHERE customer_id = $1 AND served < wanted RETURNING id)
     SELECT graphile_worker.add_job('push.send', json_build_object('tenantId', 'northbank', 'subscriptionId', id)) FROM due`,
    [customerId],
  );
}
const waits = async (customerId: string): Promise<boolean> =>
  (await service.sql('SELECT FROM push_subscriptions WHERE customer_id = $1 AND served < wanted', [customerId]))
    .length > 0;
const fcmToken = (): string => `fcm:${randomBytes(40).toString('base64url')}`;
const apnsToken = (): string => randomBytes(32).toString('hex');
const SEND = '/v1/projects/north-bank/messages:send';
const sentTo = (token: string) =>
  firebase.at(SEND).filter(({ body }) => JSON.parse(body.toString()).message.token === token);

describe('a push to a browser', () => {
  it('says nothing but that the app should be opened, encrypted to the browser and signed by the bank', async () => {
    const browser = new PushedBrowser(browsers);
    const customerId = await customerWith(browser.subscription);
    await ask(customerId);
    await expect.poll(() => browser.pushes.length, SOON).toBe(1);
    const [push] = browser.pushes;
    expect(browser.read(push!)).toEqual(OPEN);
    const { claims, key } = await readVapid(push!);
    expect(claims).toMatchObject({ aud: browsers.url, sub: 'mailto:security@bank.example' });
    expect(claims.exp! - Date.now() / 1000).toBeLessThanOrEqual(24 * 3_600);
    expect(key).toBe((await service.app.get('/v1/push-key')).body.publicKey);
    expect(push!.headers).toMatchObject({ urgency: 'high', topic: 'open' });
    const ttl = Number(push!.headers.ttl);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(120);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
    expect(browser.pushes).toHaveLength(1);
  });

  it('is tried again while the question waits, as soon as the service asks for, and no sooner', async () => {
    const browser = new PushedBrowser(browsers);
    browsers.behave(browser.path, (_, n) =>
      n === 1 ? { status: 503 } : n === 2 ? { status: 429, headers: { 'retry-after': '30' } } : { status: 201 },
    );
    const customerId = await customerWith(browser.subscription);
    await ask(customerId);
    await expect.poll(() => browser.pushes.length, SOON).toBe(2);
    const due = async () =>
      Number(
        (
          await service.sql(
            `SELECT extract(epoch FROM next_attempt_at - now()) AS seconds FROM push_subscriptions WHERE customer_id = $1`,
            [customerId],
          )
        )[0].seconds,
      );
    await expect.poll(due, SOON).toBeGreaterThan(25);
    await hurry(customerId);
    await expect.poll(() => browser.pushes.length, SOON).toBe(3);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
    expect(browser.read(browser.pushes[2]!)).toEqual(OPEN);
  });

  it('is of no use once nothing waits for the customer: it is not sent', async () => {
    const browser = new PushedBrowser(browsers);
    browsers.behave(browser.path, () => null);
    const customerId = await customerWith(browser.subscription);
    const { id } = await ask(customerId);
    await expect.poll(() => browser.pushes.length, SOON).toBeGreaterThan(0);
    await service.amara.post(`/v1/verifications/${id}/cancel`);
    await hurry(customerId);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
  });

  it('is given up where a retry would come too late', async () => {
    const browser = new PushedBrowser(browsers);
    browsers.behave(browser.path, () => ({ status: 503, headers: { 'retry-after': '600' } }));
    const customerId = await customerWith(browser.subscription);
    await ask(customerId);
    await expect.poll(() => browser.pushes.length, SOON).toBe(1);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
    expect(await listed(customerId)).toHaveLength(1);
  });

  it.each([404, 410])('removes a subscription that is gone (%i), with an event', async (status) => {
    const browser = new PushedBrowser(browsers);
    browsers.behave(browser.path, () => ({ status }));
    const customerId = await customerWith(browser.subscription);
    await ask(customerId);
    await expect.poll(() => listed(customerId), SOON).toEqual([]);
    const events = await service.sql(
      `SELECT type, data FROM events WHERE customer_id = $1 AND type ~ 'push' ORDER BY sequence`,
      [customerId],
    );
    expect(events).toMatchObject([
      { type: 'countersign.push.subscribed', data: { kind: 'webpush' } },
      { type: 'countersign.push.unsubscribed', data: { kind: 'webpush', because: 'gone' } },
    ]);
  });

  it('is not tried again where it is refused, and follows nobody elsewhere', async () => {
    const other = new PushedBrowser(browsers);
    for (const reply of [
      { status: 400 },
      { status: 403 },
      { status: 413 },
      { status: 302, headers: { location: other.subscription.endpoint } },
    ]) {
      const browser = new PushedBrowser(browsers);
      browsers.behave(browser.path, (): PushReply => reply);
      const customerId = await customerWith(browser.subscription);
      await ask(customerId);
      await expect.poll(() => browser.pushes.length, SOON).toBe(1);
      await expect.poll(() => waits(customerId), SOON).toBe(false);
      expect(browser.pushes).toHaveLength(1);
    }
    expect(other.pushes).toEqual([]);
  });

  it('comes once to each subscription, however many questions were asked meanwhile', async () => {
    const [first, second] = [new PushedBrowser(browsers), new PushedBrowser(browsers)];
    let open = false;
    browsers.behave(first.path, () => (open ? { status: 201 } : { status: 503, headers: { 'retry-after': '60' } }));
    const customerId = await customerWith(first.subscription);
    await subscribe(customerId, second.subscription);
    await ask(customerId);
    await expect.poll(() => first.pushes.length, SOON).toBe(1);
    await expect.poll(() => second.pushes.length, SOON).toBe(1);
    await service.sql(
      `UPDATE push_subscriptions SET next_attempt_at = now() + interval '1 hour' WHERE customer_id = $1`,
      [customerId],
    );
    open = true;
    await ask(customerId);
    await expect.poll(() => second.pushes.length, SOON).toBe(2);
    await expect.poll(() => first.pushes.length, SOON).toBe(2);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
    expect(first.pushes).toHaveLength(2);
  });
});

describe('a push to an Android app', () => {
  it('goes to Firebase, by a token that the service account was given, over one connection', async () => {
    const token = fcmToken();
    const customerId = await customerWith({ kind: 'fcm', token });
    await ask(customerId);
    await expect.poll(() => sentTo(token).length, SOON).toBe(1);
    const [push] = sentTo(token);
    const { message } = JSON.parse(push!.body.toString());
    expect(message).toEqual({
      token,
      data: { v: '1', do: 'open' },
      android: { priority: 'HIGH', ttl: expect.stringMatching(/^\d{1,3}s$/), collapse_key: 'open' },
    });
    expect(push!.headers.authorization).toMatch(/^Bearer ya29\.\d+$/);
    const [granted] = firebase.at('/token');
    const form = new URLSearchParams(granted!.body.toString());
    expect(form.get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { header, claims } = await readJwt(form.get('assertion')!, account.publicKey);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(claims).toEqual({
      iss: 'push@north-bank.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/firebase.messaging',
      aud: `${firebase.url}/token`,
      iat: expect.any(Number),
      exp: claims.iat + 3_600,
    });
    const before = firebase.at('/token').length;
    await ask(customerId);
    await expect.poll(() => sentTo(token).length, SOON).toBe(2);
    expect(firebase.at('/token')).toHaveLength(before);
    expect(firebase.connections).toBeLessThanOrEqual(2);
  });

  it('is tried again with a new token where the old one is not accepted, and on a new connection', async () => {
    const token = fcmToken();
    let refused = 0;
    firebase.behave(SEND, ({ body }) => {
      if (JSON.parse(body.toString()).message.token !== token) return { status: 200, body: {} };
      refused += 1;
      return refused === 1
        ? { status: 401, body: { error: { status: 'UNAUTHENTICATED' } } }
        : refused === 2
          ? null
          : { status: 200, body: {} };
    });
    const customerId = await customerWith({ kind: 'fcm', token });
    const before = firebase.at('/token').length;
    await ask(customerId);
    await expect.poll(() => sentTo(token).length, SOON).toBe(3);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
    expect(firebase.at('/token')).toHaveLength(before + 1);
  });

  it('removes a subscription that is unregistered, and no other', async () => {
    const [gone, wrong] = [fcmToken(), fcmToken()];
    firebase.behave(SEND, ({ body }) => {
      const { token } = JSON.parse(body.toString()).message;
      const details = [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: 'UNREGISTERED' }];
      if (token === gone) return { status: 404, body: { error: { code: 404, status: 'NOT_FOUND', details } } };
      if (token === wrong) return { status: 404, body: { error: { code: 404, status: 'NOT_FOUND' } } };
      return { status: 200, body: {} };
    });
    const customerId = await customerWith({ kind: 'fcm', token: gone });
    await subscribe(customerId, { kind: 'fcm', token: wrong });
    await ask(customerId);
    await expect.poll(async () => (await listed(customerId)).length, SOON).toBe(1);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
    firebase.behave(SEND, () => ({ status: 200, body: {} }));
  });
});

describe('a push to an iOS app', () => {
  it('goes to Apple with its words left to the app, and ends with the question', async () => {
    const token = apnsToken();
    const customerId = await customerWith({ kind: 'apns', token: token.toUpperCase(), topic: 'example.bank.other' });
    const { expiresAt } = (await ask(customerId)) as unknown as { expiresAt: string };
    await expect.poll(() => apple.at(`/3/device/${token}`).length, SOON).toBe(1);
    const [push] = apple.at(`/3/device/${token}`);
    expect(JSON.parse(push!.body.toString())).toEqual({
      aps: { alert: { 'loc-key': 'countersign.open' }, sound: 'default' },
      ...OPEN,
    });
    expect(push!.headers).toMatchObject({
      'apns-topic': 'example.bank.other',
      'apns-push-type': 'alert',
      'apns-priority': '10',
      'apns-collapse-id': 'open',
    });
    const expiration = Number(push!.headers['apns-expiration']);
    expect(Math.abs(expiration - new Date(expiresAt).getTime() / 1000)).toBeLessThanOrEqual(2);
    const { header, claims } = await readJwt(
      String(push!.headers.authorization).replace(/^bearer /, ''),
      apnsKey.publicKey,
    );
    expect(header).toEqual({ alg: 'ES256', kid: 'ABC123DEFG' });
    expect(claims).toEqual({ iss: 'DEF123GHIJ', iat: expect.any(Number) });
  });

  it('is to the first app where none is named, over a connection that is made anew after it was ended', async () => {
    const token = apnsToken();
    const customerId = await customerWith({ kind: 'apns', token });
    await ask(customerId);
    await expect.poll(() => apple.at(`/3/device/${token}`).length, SOON).toBe(1);
    expect(apple.at(`/3/device/${token}`)[0]!.headers['apns-topic']).toBe(TOPIC);
    apple.goAway();
    await ask(customerId);
    await expect.poll(() => apple.at(`/3/device/${token}`).length, SOON).toBeGreaterThanOrEqual(2);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
  });

  it.each(['Unregistered', 'ExpiredToken'])('removes a device that is of nobody any more (410 %s)', async (reason) => {
    const token = apnsToken();
    apple.behave(`/3/device/${token}`, () => ({ status: 410, body: { reason } }));
    const customerId = await customerWith({ kind: 'apns', token });
    await ask(customerId);
    await expect.poll(() => listed(customerId), SOON).toEqual([]);
  });

  it('keeps a device where something else is wrong, and makes a new token where the old one has expired', async () => {
    const [wrong, expired] = [apnsToken(), apnsToken()];
    apple.behave(`/3/device/${wrong}`, () => ({ status: 400, body: { reason: 'BadDeviceToken' } }));
    apple.behave(`/3/device/${expired}`, (_, n) =>
      n === 1 ? { status: 403, body: { reason: 'ExpiredProviderToken' } } : { status: 200 },
    );
    const customerId = await customerWith({ kind: 'apns', token: wrong });
    await subscribe(customerId, { kind: 'apns', token: expired });
    await ask(customerId);
    await expect.poll(() => apple.at(`/3/device/${expired}`).length, SOON).toBe(2);
    await expect.poll(() => waits(customerId), SOON).toBe(false);
    expect(await listed(customerId)).toHaveLength(2);
  });
});

describe('a subscription', () => {
  it('is listed without what pushes could be sent by, sealed where it is kept, and removed', async () => {
    const customerId = newCustomerId();
    const browser = new PushedBrowser(browsers);
    const made = await subscribe(customerId, browser.subscription);
    expect(made.body).toEqual({ id: expect.stringMatching(/^psub_/), kind: 'webpush', createdAt: expect.any(String) });
    expect(await listed(customerId)).toEqual([made.body]);
    const again = await subscribe(customerId, browser.subscription);
    expect(again.body.id).toBe(made.body.id);
    const token = fcmToken();
    await subscribe(customerId, { kind: 'fcm', token });
    const stored = JSON.stringify(
      await service.sql('SELECT s::text FROM push_subscriptions s WHERE customer_id = $1', [customerId]),
    );
    expect(stored).not.toContain(browser.path);
    expect(stored).not.toContain(token);
    expect(stored).not.toContain(Buffer.from(token).toString('hex'));
    const logged = JSON.stringify(await service.sql('SELECT data FROM events WHERE customer_id = $1', [customerId]));
    expect(logged).not.toContain(browser.path);
    const path = `/v1/customers/${customerId}/push-subscriptions/${made.body.id}`;
    expect((await service.app.delete(path)).status).toBe(204);
    expect((await service.app.delete(path)).status).toBe(404);
    expect(await listed(customerId)).toHaveLength(1);
    await service.admin.delete(`/v1/customers/${customerId}`);
    expect(await service.sql('SELECT FROM push_subscriptions WHERE customer_id = $1', [customerId])).toEqual([]);
  });

  it("is nobody else's: not another customer's or tenant's, and for scope app", async () => {
    const [customerId, other] = [newCustomerId(), newCustomerId()];
    const { body } = await subscribe(customerId, new PushedBrowser(browsers).subscription);
    const south = await service.clients('southbank');
    for (const [as, whose] of [
      [service.app, other],
      [south.app, customerId],
    ] as const) {
      expect(await listed(whose, as)).toEqual([]);
      expect((await as.delete(`/v1/customers/${whose}/push-subscriptions/${body.id}`)).status).toBe(404);
    }
    for (const as of [service.amara, service.telephony, service.admin, service.analyst]) {
      expect((await subscribe(customerId, new PushedBrowser(browsers).subscription, as)).status).toBe(403);
      expect((await as.get(`/v1/customers/${customerId}/push-subscriptions`)).status).toBe(403);
      expect((await as.delete(`/v1/customers/${customerId}/push-subscriptions/${body.id}`)).status).toBe(403);
      expect((await as.get('/v1/push-key')).status).toBe(403);
    }
    expect(await listed(customerId)).toHaveLength(1);
  });

  it('is of the customer who subscribed last with the same browser', async () => {
    const browser = new PushedBrowser(browsers);
    const first = await customerWith(browser.subscription);
    const second = await customerWith(browser.subscription);
    expect(await listed(first)).toEqual([]);
    expect(await listed(second)).toHaveLength(1);
    await ask(second);
    await expect.poll(() => browser.pushes.length, SOON).toBe(1);
  });

  it('is refused in another form, to an address that is not public, and above twenty', async () => {
    const customerId = newCustomerId();
    const { endpoint, keys } = new PushedBrowser(browsers).subscription;
    const pointers = async (body: object): Promise<string[]> => {
      const reply = await subscribe(customerId, body);
      expect([400, JSON.stringify(body)]).toEqual([reply.status, JSON.stringify(body)]);
      return reply.body.errors.map(({ pointer }: { pointer: string }) => pointer);
    };
    const offCurve = Buffer.from(keys.p256dh, 'base64url');
    offCurve.writeUInt8(offCurve.readUInt8(64) ^ 1, 64);
    expect(await pointers({ kind: 'pigeon', endpoint, keys })).toEqual(['#/kind']);
    expect(await pointers({ kind: 'webpush', endpoint })).toEqual(['#/keys']);
    expect(await pointers({ kind: 'webpush', keys })).toEqual(['#/endpoint']);
    expect(await pointers({ kind: 'webpush', endpoint, keys, token: 'x' })).toEqual(['#/token']);
    expect(await pointers({ kind: 'fcm', token: 'x', topic: 'y' })).toEqual(['#/topic']);
    expect(await pointers({ kind: 'fcm' })).toEqual(['#/token']);
    expect(await pointers({ kind: 'apns', token: 'nothex' })).toEqual(['#/token']);
    expect(await pointers({ kind: 'apns', token: `${apnsToken()}/../../x` })).toEqual(['#/token']);
    expect(await pointers({ kind: 'apns', token: apnsToken(), topic: 'other.bank' })).toEqual(['#/topic']);
    expect(await pointers({ kind: 'webpush', endpoint, keys: { ...keys, auth: 'AA' } })).toEqual(['#/keys/auth']);
    expect(await pointers({ kind: 'webpush', endpoint, keys: { ...keys, p256dh: keys.auth } })).toEqual([
      '#/keys/p256dh',
    ]);
    expect(
      await pointers({ kind: 'webpush', endpoint, keys: { ...keys, p256dh: offCurve.toString('base64url') } }),
    ).toEqual(['#/keys/p256dh']);
    expect(await pointers({ kind: 'webpush', endpoint: 'javascript:alert(1)', keys })).toEqual(['#/endpoint']);
    for (const inside of [
      'http://10.0.0.1/x',
      'https://169.254.169.254/latest',
      'https://[fd00::1]/',
      'https://user:x@push.example/',
      'https://0x0a000001/',
    ])
      expect(await subscribe(customerId, { kind: 'webpush', endpoint: inside, keys })).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/push-subscription-refused$/), errors: [{ pointer: '#/endpoint' }] },
      });
    const all = await Promise.all(
      Array.from({ length: 25 }, () => subscribe(customerId, { kind: 'fcm', token: fcmToken() })),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(20);
    expect(all.find(({ status }) => status !== 201)).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/push-subscription-limit$/) },
    });
  });
});

describe('where nothing is configured', () => {
  it('Web Push is on in development with a key of its own, and the other ways are off', async () => {
    const other = await startTestService();
    try {
      const { body } = await other.app.get('/v1/push-key');
      expect(Buffer.from(body.publicKey, 'base64url')).toHaveLength(65);
      for (const subscription of [
        { kind: 'fcm', token: fcmToken() },
        { kind: 'apns', token: apnsToken() },
      ])
        expect(await subscribe(newCustomerId(), subscription, other.app)).toMatchObject({
          status: 422,
          body: { type: expect.stringMatching(/push-unavailable$/) },
        });
    } finally {
      await other.stop();
    }
  });
});
