import { createPublicKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ForeignTransaction } from '../support/foreign-transaction.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { type ReceivedWebhook, WebhookReceiver } from '../support/webhook-receiver.js';

let service: TestService;
let receiver: WebhookReceiver;
beforeAll(async () => {
  [service, receiver] = await Promise.all([
    startTestService({ WEBHOOK_TIMEOUT_SECONDS: '3' }),
    WebhookReceiver.start(),
  ]);
});
afterAll(() => Promise.all([service.stop(), receiver.stop()]));

// Where a job or a notification is lost, or another spec's transaction holds the log back, the next look finds it: what is asked here is whether and in which order, and not when.
const SOON = { timeout: 60_000, interval: 20 };
vi.setConfig({ testTimeout: 180_000 });
let paths = 0;

async function makeWebhook(
  more: object = {},
): Promise<{ id: string; path: string; secret: string; publicKey: string }> {
  const path = `/hook-${paths++}`;
  const reply = await service.admin.post('/v1/webhooks', { url: receiver.url + path, ...more });
  expect(reply.status).toBe(201);
  return { ...reply.body, path };
}

const declare = async (customerId = newCustomerId()) =>
  (
    await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
    })
  ).body;
const deliveries = async (id: string, query = '') =>
  (await service.admin.get(`/v1/webhooks/${id}/deliveries${query}`)).body.data;
const headersOf = (one: ReceivedWebhook): Record<string, string> =>
  Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(one.headers[name])]),
  );
/** As if so much time had passed since the last attempt. */
async function hurry(path: string): Promise<void> {
  const [webhook] = await service.sql<{ id: string }>(`SELECT id FROM webhooks WHERE url = $1`, [receiver.url + path]);
  await service.sql(
    `UPDATE webhook_deliveries SET next_attempt_at = now() WHERE webhook_id = $1 AND status = 'pending'`,
    [webhook!.id],
  );
  await service.sql(
    `SELECT graphile_worker.add_job('webhooks.pump', json_build_object('tenantId', 'northbank', 'webhookId', $1::text))`,
    [webhook!.id],
  );
}

describe('a webhook', () => {
  it('is posted as a CloudEvent that the public package of Standard Webhooks verifies', async () => {
    const hook = await makeWebhook({ types: ['countersign.call.*'] });
    expect(hook.secret).toMatch(/^whsec_/);
    const call = await declare();
    await expect.poll(() => receiver.at(hook.path).length, SOON).toBe(1);
    const [one] = receiver.at(hook.path) as [ReceivedWebhook];
    expect(new Webhook(hook.secret).verify(one.body, headersOf(one))).toMatchObject({
      specversion: '1.0',
      id: one.id,
      source: 'urn:countersign:northbank',
      type: 'countersign.call.declared',
      subject: call.id,
    });
    expect(() => new Webhook(hook.secret).verify(`${one.body} `, headersOf(one))).toThrow();
    expect(one.id).toMatch(/^evt_/);
    expect(one.headers['content-type']).toBe('application/cloudevents+json; charset=utf-8');
    expect(Buffer.byteLength(one.body)).toBeLessThan(20_000);
    await expect
      .poll(async () => (await deliveries(hook.id))[0], SOON)
      .toMatchObject({
        eventId: one.id,
        type: 'countersign.call.declared',
        cause: 'event',
        status: 'delivered',
        attempts: 1,
        responseStatus: 204,
        failure: null,
        nextAttemptAt: null,
        latencyMs: expect.any(Number),
      });
    expect((await service.admin.get(`/v1/webhooks/${hook.id}`)).body).not.toHaveProperty('secret');
    expect(JSON.stringify(await service.sql('SELECT * FROM webhooks'))).not.toContain(hook.secret.slice(6));
  });

  it('is signed with Ed25519 on request', async () => {
    const hook = await makeWebhook({ signature: 'v1a', types: ['countersign.call.declared'] });
    expect(hook).toMatchObject({ secret: null, publicKey: expect.stringMatching(/^whpk_/) });
    await declare();
    await expect.poll(() => receiver.at(hook.path).length, SOON).toBe(1);
    const [one] = receiver.at(hook.path) as [ReceivedWebhook];
    const [version, signature] = String(one.headers['webhook-signature']).split(',') as [string, string];
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(hook.publicKey.slice(5), 'base64').toString('base64url') },
      format: 'jwk',
    });
    expect(version).toBe('v1a');
    expect(
      verify(
        null,
        Buffer.from(`${one.id}.${String(one.headers['webhook-timestamp'])}.${one.body}`),
        key,
        Buffer.from(signature, 'base64'),
      ),
    ).toBe(true);
  });

  it('carries two signatures for a day after a rotation', async () => {
    const hook = await makeWebhook({ types: ['countersign.call.declared'] });
    const rotated = await service.admin.post(`/v1/webhooks/${hook.id}/rotate`);
    expect(rotated.status).toBe(200);
    const left = Date.parse(rotated.body.previousSecretUntil) - Date.now();
    expect(left).toBeGreaterThan(23.9 * 3_600_000);
    expect(left).toBeLessThan(24.1 * 3_600_000);
    await declare();
    await expect.poll(() => receiver.at(hook.path).length, SOON).toBe(1);
    const [one] = receiver.at(hook.path) as [ReceivedWebhook];
    for (const secret of [hook.secret, rotated.body.secret])
      expect(new Webhook(secret).verify(one.body, headersOf(one))).toBeTruthy();
    await service.sql(`UPDATE webhooks SET previous_secret_until = now() WHERE url = $1`, [receiver.url + hook.path]);
    await declare();
    await expect.poll(() => receiver.at(hook.path).length, SOON).toBe(2);
    expect(() =>
      new Webhook(hook.secret).verify(receiver.at(hook.path)[1]!.body, headersOf(receiver.at(hook.path)[1]!)),
    ).toThrow();
  });

  it('is tested by an event of its own, which no other webhook gets', async () => {
    const [hook, other] = [await makeWebhook({ types: ['countersign.test.none'] }), await makeWebhook()];
    const reply = await service.admin.post(`/v1/webhooks/${hook.id}/test`);
    expect(reply).toMatchObject({ status: 202, body: { cause: 'test', type: 'countersign.webhook.test' } });
    await expect
      .poll(() => receiver.at(hook.path).map((one) => [one.id, one.event.type, one.event.subject]), SOON)
      .toEqual([[reply.body.eventId, 'countersign.webhook.test', hook.id]]);
    expect(receiver.at(other.path).filter((one) => one.event.type === 'countersign.webhook.test')).toEqual([]);
    await service.admin.delete(`/v1/webhooks/${other.id}`);
  });

  it('delivers again what happened since a time, with the same ids', async () => {
    const hook = await makeWebhook({ types: ['countersign.call.declared'] });
    const since = new Date().toISOString();
    await declare();
    await declare();
    // What was received and not yet recorded would not be queued again.
    await expect
      .poll(async () => (await deliveries(hook.id)).map((one: { status: string }) => one.status), SOON)
      .toEqual(['delivered', 'delivered']);
    expect((await service.admin.post(`/v1/webhooks/${hook.id}/replay`, { since })).body).toEqual({
      queued: 2,
      next: null,
    });
    await expect.poll(() => receiver.at(hook.path).length, SOON).toBe(4);
    const ids = receiver.at(hook.path).map(({ id }) => id);
    // What is about two calls is sent at once.
    expect(ids.slice(2).sort()).toEqual(ids.slice(0, 2).sort());
    // The log of deliveries tells the repetition from the first time.
    await expect
      .poll(
        async () =>
          (await deliveries(hook.id)).map(({ cause, status }: Record<string, string>) => `${cause} ${status}`).sort(),
        SOON,
      )
      .toEqual(['event delivered', 'event delivered', 'replay delivered', 'replay delivered']);
  });

  it('delivers again what was before it, also what the log holds back for a transaction that is open elsewhere', async () => {
    const held = await ForeignTransaction.begin();
    try {
      const since = new Date().toISOString();
      const call = await declare();
      const hook = await makeWebhook({ types: ['countersign.call.declared'] });
      expect((await service.admin.post(`/v1/webhooks/${hook.id}/replay`, { since })).body).toEqual({
        queued: 1,
        next: null,
      });
      await expect.poll(() => receiver.at(hook.path).map(({ event }) => event.subject), SOON).toEqual([call.id]);
    } finally {
      await held.end();
    }
  });

  it('gets no event from before it was, and none while it is disabled', async () => {
    await declare();
    const hook = await makeWebhook({ types: ['countersign.call.declared'] });
    expect((await service.admin.patch(`/v1/webhooks/${hook.id}`, { status: 'disabled' })).body).toMatchObject({
      status: 'disabled',
      disabledBecause: 'operator',
    });
    await declare();
    for (const route of ['test', 'replay'])
      expect(
        (
          await service.admin.post(
            `/v1/webhooks/${hook.id}/${route}`,
            route === 'test' ? undefined : { since: '2026-01-01T00:00:00Z' },
          )
        ).status,
      ).toBe(409);
    await service.admin.patch(`/v1/webhooks/${hook.id}`, { status: 'active' });
    const call = await declare();
    await expect.poll(() => receiver.at(hook.path).map(({ event }) => event.subject), SOON).toEqual([call.id]);
  });

  it('is refused with an address that is not for webhooks, and beyond what a tenant may have', async () => {
    for (const url of [
      'http://169.254.169.254/latest/meta-data',
      'http://10.0.0.1/',
      'http://[::ffff:10.0.0.1]/',
      'http://2130706433.example@10.1/',
      'http://0x0a000001/',
      'https://user:secret@bank.example/',
      'https://bank.example/#x',
    ]) {
      expect(await service.admin.post('/v1/webhooks', { url }), url).toMatchObject({
        status: 422,
        body: { type: expect.stringMatching(/webhook-url-refused$/) },
      });
    }
    for (const body of [
      {},
      { url: 'ftp://bank.example' },
      { url: 'https://bank.example', types: ['nonsense'] },
      { url: 'https://bank.example', signature: 'v2' },
    ])
      expect((await service.admin.post('/v1/webhooks', body)).status).toBe(400);
    const south = (await service.clients('southbank')).admin;
    for (let n = 0; n < 20; n += 1)
      expect((await south.post('/v1/webhooks', { url: 'https://bank.example/' })).status).toBe(201);
    expect(await south.post('/v1/webhooks', { url: 'https://bank.example/' })).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/webhook-limit$/) },
    });
    const listed = await south.get('/v1/webhooks?limit=15');
    expect([
      listed.body.data.length,
      (await south.get(`/v1/webhooks?after=${listed.body.next}`)).body.data.length,
    ]).toEqual([15, 5]);
  });
});

describe('an endpoint that fails', () => {
  it("is tried again by the standard's schedule, a later event about the same thing waits, and one about another does not", async () => {
    const hook = await makeWebhook({ types: ['countersign.call.*'] });
    receiver.behave(hook.path, (response, one) =>
      response.writeHead(one.event.data.customerId === stubborn ? 500 : 204).end(),
    );
    const stubborn = newCustomerId();
    const call = await declare(stubborn);
    await expect.poll(() => receiver.at(hook.path).length, SOON).toBe(1);
    await service.amara.post(`/v1/calls/${call.id}/end`);
    const other = await declare();
    // On a machine that stands still the first may have been tried twice by then.
    await expect
      .poll(() => [...new Set(receiver.at(hook.path).map(({ event }) => event.subject))], SOON)
      .toEqual([call.id, other.id]);
    await expect
      .poll(async () => (await deliveries(hook.id)).map((one: { status: string }) => one.status), SOON)
      .toEqual(['delivered', 'pending', 'pending']);
    const [, ended, declared] = await deliveries(hook.id);
    expect(ended).toMatchObject({ attempts: 0 });
    expect(declared).toMatchObject({ responseStatus: 500, failure: 'status' });
    const wait = (Date.parse(declared.nextAttemptAt) - Date.parse(declared.lastAttemptAt)) / 1_000;
    const scheduled = declared.attempts === 1 ? 5 : 300;
    expect([1, 2]).toContain(declared.attempts);
    expect(wait).toBeGreaterThanOrEqual(0.8 * scheduled);
    expect(wait).toBeLessThanOrEqual(1.2 * scheduled);
    receiver.behave(hook.path, 204);
    if (declared.attempts > 1) await hurry(hook.path);
    const types = (): string[] => receiver.at(hook.path).map(({ event }) => event.type as string);
    await expect.poll(() => types().at(-1), SOON).toBe('countersign.call.ended');
    expect(types().length).toBeGreaterThanOrEqual(4);
    expect(new Set(types().slice(0, -1))).toEqual(new Set(['countersign.call.declared']));
    expect((await service.admin.get(`/v1/webhooks/${hook.id}`)).body.failingSince).toBeNull();
  });

  it('is given up on after ten attempts, and what waited behind is sent', async () => {
    const hook = await makeWebhook({ types: ['countersign.call.*'] });
    receiver.behave(hook.path, 500);
    const call = await declare();
    await service.amara.post(`/v1/calls/${call.id}/end`);
    const count = () => receiver.at(hook.path).filter(({ event }) => event.type === 'countersign.call.declared').length;
    for (let attempt = 1; attempt <= 10; attempt += 1) {
      await expect.poll(count, SOON).toBe(attempt);
      await expect.poll(async () => (await deliveries(hook.id)).at(-1).attempts, SOON).toBe(attempt);
      await hurry(hook.path);
    }
    await expect.poll(() => receiver.at(hook.path).at(-1)!.event.type, SOON).toBe('countersign.call.ended');
    expect((await deliveries(hook.id, '?status=exhausted')).map((one: { attempts: number }) => one.attempts)).toEqual([
      10,
    ]);
    await service.admin.delete(`/v1/webhooks/${hook.id}`);
  });

  it('is told of after an hour of nothing but failures, and disabled after five days of them, with an event each', async () => {
    const hook = await makeWebhook({ types: ['countersign.call.declared'] });
    receiver.behave(hook.path, 500);
    await declare();
    const after = async (time: string, attempts: number): Promise<void> => {
      await expect.poll(async () => (await deliveries(hook.id))[0].attempts, SOON).toBe(attempts);
      await service.sql(`UPDATE webhooks SET failing_since = now() - $2::interval WHERE url = $1`, [
        receiver.url + hook.path,
        time,
      ]);
      await hurry(hook.path);
    };
    const events = async () =>
      (
        await service.admin.get('/v1/events?limit=200&types=countersign.webhook.failing,countersign.webhook.disabled')
      ).body.data
        .filter((event: { subject: string }) => event.subject === hook.id)
        .map((event: { type: string; data: { because?: string } }) => [event.type, event.data.because]);
    await after('59 minutes', 1);
    await after('61 minutes', 2);
    await expect.poll(events, SOON).toEqual([['countersign.webhook.failing', undefined]]);
    await after('4 days 23 hours', 3);
    await after('5 days', 4);
    await expect.poll(events, SOON).toEqual([
      ['countersign.webhook.failing', undefined],
      ['countersign.webhook.disabled', 'failing'],
    ]);
    expect((await service.admin.get(`/v1/webhooks/${hook.id}`)).body).toMatchObject({
      status: 'disabled',
      disabledBecause: 'failing',
    });
    expect((await deliveries(hook.id))[0]).toMatchObject({ status: 'cancelled', attempts: 5 });
  });

  it('is disabled at once by 410', async () => {
    const hook = await makeWebhook({ types: ['countersign.call.declared'] });
    receiver.behave(hook.path, 410);
    await declare();
    await expect
      .poll(async () => (await service.admin.get(`/v1/webhooks/${hook.id}`)).body, SOON)
      .toMatchObject({ status: 'disabled', disabledBecause: 'gone' });
    await declare();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(receiver.at(hook.path)).toHaveLength(1);
  });

  it('is believed when it says how long to wait, up to a day', async () => {
    const hook = await makeWebhook({ types: ['countersign.call.declared'] });
    const wait = async () => {
      const [one] = await deliveries(hook.id);
      return one?.lastAttemptAt
        ? Math.round((Date.parse(one.nextAttemptAt) - Date.parse(one.lastAttemptAt)) / 1_000)
        : null;
    };
    receiver.behave(hook.path, (response) => response.writeHead(503, { 'retry-after': '120' }).end());
    await declare();
    await expect.poll(wait, SOON).toBe(120);
    receiver.behave(hook.path, (response) => response.writeHead(429, { 'retry-after': '9999999' }).end());
    await hurry(hook.path);
    await expect.poll(wait, SOON).toBe(86_400);
    await service.admin.delete(`/v1/webhooks/${hook.id}`);
  });
});

describe('an endpoint that misbehaves', () => {
  const cases: [string, Parameters<WebhookReceiver['behave']>[1], object][] = [
    ['that never answers', () => undefined, { failure: 'timeout', responseStatus: null }],
    [
      'that sends headers and no end',
      (response) => response.writeHead(200).write('x'),
      { failure: null, responseStatus: 200 },
    ],
    [
      'that sends an endless body',
      (response) => {
        const more = setInterval(() => response.write('x'.repeat(20_000)), 10);
        response.once('close', () => clearInterval(more));
      },
      { failure: null, responseStatus: 200 },
    ],
    [
      'that redirects to a metadata address',
      (response) => response.writeHead(307, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
      { failure: 'status', responseStatus: 307 },
    ],
    ['that hangs up', (response) => response.destroy(), { failure: 'connection', responseStatus: null }],
  ];

  it.each(cases)('%s delays nobody else', async (_what, behaviour, outcome) => {
    const [bad, good] = [
      await makeWebhook({ types: ['countersign.call.declared'] }),
      await makeWebhook({ types: ['countersign.call.declared'] }),
    ];
    receiver.behave(bad.path, behaviour);
    await declare();
    await expect.poll(() => receiver.at(good.path).length, SOON).toBe(1);
    await expect.poll(async () => (await deliveries(good.id))[0].status, SOON).toBe('delivered');
    await expect
      .poll(async () => (await deliveries(bad.id)).find((one: { attempts: number }) => one.attempts > 0), SOON)
      .toMatchObject(outcome);
    await service.admin.delete(`/v1/webhooks/${bad.id}`);
    await service.admin.delete(`/v1/webhooks/${good.id}`);
  });

  it('that hangs holds nobody up: another gets every event meanwhile', async () => {
    const other = await startTestService({ WEBHOOK_TIMEOUT_SECONDS: '20' });
    let release = (): void => undefined;
    receiver.behave('/hangs', (response) => {
      release = () => void response.writeHead(204).end();
    });
    for (const path of ['/hangs', '/works'])
      await other.admin.post('/v1/webhooks', { url: `${receiver.url}${path}`, types: ['countersign.call.declared'] });
    const call = () =>
      other.amara.post('/v1/calls', {
        customerId: newCustomerId(),
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment we stopped',
      });
    await call();
    await expect.poll(() => receiver.at('/hangs').length, SOON).toBe(1);
    for (let more = 0; more < 3; more += 1) await call();
    await expect.poll(() => receiver.at('/works').length, SOON).toBe(4);
    expect(
      await other.sql(
        `SELECT count(*)::int AS delivered FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id WHERE d.status = 'delivered' AND w.url LIKE '%/hangs'`,
      ),
    ).toEqual([{ delivered: 0 }]);
    receiver.behave('/hangs', 204);
    release();
    await expect.poll(() => receiver.at('/hangs').length, SOON).toBe(4);
    await other.stop();
  });

  it('does not hold up a stop, and what was under way is tried by the next process', async () => {
    const other = await startTestService({ WEBHOOK_TIMEOUT_SECONDS: '15' });
    receiver.behave('/stop', () => undefined);
    await other.admin.post('/v1/webhooks', { url: `${receiver.url}/stop`, types: ['countersign.call.declared'] });
    await other.amara.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
    });
    await expect.poll(() => receiver.at('/stop').length, SOON).toBe(1);
    const next = await other.startAnother();
    // Before the stop: the next process may try again while the stop is not over yet.
    receiver.behave('/stop', 204);
    // The endpoint never answers the first one, and is not waited for.
    await other.running.stop();
    await expect.poll(() => receiver.at('/stop').map(({ id }) => id), SOON).toHaveLength(2);
    expect(new Set(receiver.at('/stop').map(({ id }) => id)).size).toBe(1);
    await expect
      .poll(async () => (await other.sql('SELECT status, attempts FROM webhook_deliveries'))[0], SOON)
      .toEqual({ status: 'delivered', attempts: 1 });
    await next.stop();
    await other.stop();
  });

  it('or is not there at all is told apart in the list of deliveries', async () => {
    const { body } = await service.admin.post('/v1/webhooks', {
      url: 'http://127.0.0.1:9/',
      types: ['countersign.call.declared'],
    });
    await declare();
    await expect
      .poll(async () => (await deliveries(body.id))[0], SOON)
      .toMatchObject({ failure: 'refused', responseStatus: null, status: 'pending' });
    await service.admin.delete(`/v1/webhooks/${body.id}`);
    expect((await service.admin.get(`/v1/webhooks/${body.id}`)).status).toBe(404);
  });
});
