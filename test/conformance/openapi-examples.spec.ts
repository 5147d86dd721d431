import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CustomerDevice } from '../support/customer-device.js';
import type { ServiceClient } from '../support/service-client.js';
import { type ApiDocument, fetchDocument, type NamedOperation, operationsOf } from '../support/openapi-document.js';
import { LINE, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let document: ApiDocument;
let device: CustomerDevice;
let identities: Record<string, ServiceClient>;
beforeAll(async () => {
  service = await startTestService();
  document = await fetchDocument(service.url);
  device = await service.customerWithDevice('cust-1001');
  await service.admin.put('/v1/customers/cust-1001', {
    phoneNumbers: [{ number: '+447700900123', since: '2021-03-01T00:00:00Z' }],
  });
  await service.sql(`UPDATE contact_points SET recorded_at = since`);
  identities = {
    app: service.app,
    agent: service.amara,
    supervisor: service.dana,
    telephony: service.telephony,
    admin: service.admin,
    analyst: service.analyst,
  };
});
afterAll(() => service.stop());

/** Stands in for the ids of the examples, which no service has. */
async function withRealIds(path: string): Promise<string> {
  // The walk asks one customer more often than any budget allows.
  await service.sql(`UPDATE customers SET recent_prompts = '{}', prompts_since_confirmed = 0`);
  const call = await service.amara.post('/v1/calls', {
    customerId: 'cust-1001',
    direction: 'outbound',
    line: LINE,
    purpose: 'Examples',
    verify: true,
  });
  const question = await device.waitingQuestion(service.app);
  const verdict = await service.app.post('/v1/customers/cust-1001/call-verdicts', { trigger: 'customer' });
  const change = /\{changeId\}/.test(path)
    ? await service.amara.post('/v1/changes', {
        customerId: 'cust-1001',
        subject: 'email',
        after: { email: 'new@customer.example' },
        askedThrough: 'phone',
      })
    : null;
  const callback = /\{callbackId\}/.test(path)
    ? await service.amara.post('/v1/callbacks', { customerId: 'cust-1001', reason: 'Examples' })
    : null;
  const webhook = /\{webhookId\}/.test(path)
    ? await service.admin.post('/v1/webhooks', { url: 'http://127.0.0.1:9/' })
    : null;
  const subscription = /\{subscriptionId\}/.test(path)
    ? await service.app.post('/v1/customers/cust-1001/push-subscriptions', {
        kind: 'webpush',
        endpoint: 'https://push.example.net/push/x',
        keys: {
          p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
          auth: 'BTBZMqHH6r4Tts7J_aSIgg',
        },
      })
    : null;
  const notice = /\{noticeId\}/.test(path)
    ? await service.admin.post('/v1/notices', {
        channel: 'letter',
        summary: 'Examples',
        sentAt: new Date().toISOString(),
      })
    : null;
  const real: Record<string, string> = {
    callId: call.body.id,
    verificationId: question!.id,
    deviceId: device.id,
    reference: call.body.reference,
    verdictId: verdict.body.id,
    ...(change ? { changeId: change.body.id } : {}),
    ...(callback ? { callbackId: callback.body.id } : {}),
    ...(webhook ? { webhookId: webhook.body.id } : {}),
    ...(subscription ? { subscriptionId: subscription.body.id } : {}),
    ...(notice ? { noticeId: notice.body.id } : {}),
  };
  const parameters = new Map(
    (operationsOf(document).find((candidate) => candidate.path === path)?.operation.parameters ?? []).map(
      (parameter) => [parameter.name, parameter.example],
    ),
  );
  return path.replace(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(real[name] ?? String(parameters.get(name))),
  );
}

function examplesOf({ operation }: NamedOperation): unknown[] {
  const { 'application/json': json, 'application/x-ndjson': lines } = operation.requestBody!.content;
  if (!json) return [lines!.schema.example];
  return json.examples ? Object.values(json.examples).map(({ value }) => value) : [json.example];
}

describe('the examples of the OpenAPI document', () => {
  it('are taken by validation as they stand, in each body and for each scope', { timeout: 120_000 }, async () => {
    const outcomes: Record<string, number[]> = {};
    for (const named of operationsOf(document).filter(({ operation }) => operation.requestBody)) {
      const { method, path, operation } = named;
      // A customer may what the app may, for themself: test/e2e/customer-scope.spec.ts.
      for (const { bearer } of operation.security!.filter(({ bearer }) => bearer![0] !== 'customer')) {
        const client = identities[bearer![0]!]!;
        const headers = Object.fromEntries(
          (operation.parameters ?? [])
            .filter((parameter) => parameter.in === 'header' && parameter.required)
            .map(({ name, example }) => [name, String(example)]),
        );
        for (const example of examplesOf(named)) {
          const address = await withRealIds(path);
          const reply =
            typeof example === 'string'
              ? await client.postLines(address, example)
              : await client[method as 'put' | 'post' | 'patch'](address, example, { headers });
          (outcomes[operation.operationId] ??= []).push(reply.status);
        }
      }
    }
    // Well-formed all of them. What is refused stands for a proof that no example can hold: a signature made just now, or a
    // code of the device; or, with the second scope, for what the first has changed already.
    expect(
      Object.entries(outcomes).filter(([, statuses]) =>
        statuses.some((status) => status === 400 || status === 404 || status >= 500),
      ),
    ).toEqual([]);
    expect(outcomes).toMatchObject({
      declareCall: [201, 201, 201],
      putCustomer: [200],
      putLine: [200],
      putPolicy: [200],
      askVerdict: [200],
      enrolDevice: [422],
      answerVerification: [422],
      offlineProof: [200, 422, 403, 403],
    });
  });

  it('lead to something in each list, and to an answer at each address that needs no id', async () => {
    for (const { method, path, operation } of operationsOf(document).filter(
      (named) =>
        named.method === 'get' &&
        !/\{/.test(named.path) &&
        !('text/event-stream' in (named.operation.responses['200']?.content ?? {})),
    )) {
      const client = identities[operation.security?.[0]?.bearer?.[0] ?? 'app']!;
      const query = new URLSearchParams(
        (operation.parameters ?? [])
          .filter((parameter) => parameter.in === 'query' && parameter.example !== undefined)
          .map(({ name, example }) => [name, String(example)] as [string, string]),
      );
      const reply = await client.get(`${path}?${query}`);
      expect([method, path, reply.status]).toEqual(['get', path, 200]);
    }
  });
});

describe('the page at /docs', () => {
  it('needs nothing from anywhere else', async () => {
    const page = await (await fetch(`${service.url}/docs`)).text();
    const loaded = [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(
      ([, address]) => new URL(address!, `${service.url}/docs`),
    );
    expect(loaded.length).toBeGreaterThan(3);
    for (const address of loaded) {
      expect(address.origin).toBe(service.url);
      const loadedFrom = await fetch(address);
      expect([address.pathname, loadedFrom.status, (await loadedFrom.arrayBuffer()).byteLength > 100]).toEqual([
        address.pathname,
        200,
        true,
      ]);
    }
    const start = await (await fetch(`${service.url}/docs/swagger-ui-init.js`)).text();
    expect(start).toMatch(/"validatorUrl": ?null/);
    expect(start).toContain('"operationId": "declareCall"');
  });
});
