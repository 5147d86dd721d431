import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOperations } from '../support/operations.js';
import { send } from '../support/raw-http.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';

let folder: string;
let file: string;
let service: TestService;
beforeAll(async () => {
  folder = await makeTemporaryFolder();
  file = join(folder, 'audit.ndjson');
  service = await startTestService({ AUDIT_LOG: file });
});
afterAll(async () => {
  await service.stop();
  await removeTemporaryFolder(folder);
});

const lines = (): any[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const toldOf = (requestId: string): Promise<any> =>
  expect
    .poll(() => lines().filter(({ metadata }) => metadata.correlation_uid === requestId), { timeout: 60_000 })
    .toHaveLength(1)
    .then(() => lines().find(({ metadata }) => metadata.correlation_uid === requestId));

async function ask(as: string, id: string, method: string, path: string, body?: object, tenant?: string) {
  const reply = await send(service.url, {
    method,
    path,
    headers: {
      'x-request-id': id,
      ...(as === '' ? {} : { authorization: `Bearer ${await service.token(as, tenant)}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return reply;
}

describe('the audit log', () => {
  it('tells who did what with which record, in the members that the schema requires', async () => {
    const customerId = newCustomerId();
    const { status } = await ask('agent:amara', 'audit-declared', 'POST', '/v1/calls', {
      customerId,
      direction: 'inbound',
      purpose: 'About a secret matter',
    });
    expect(status).toBe(201);
    expect(await toldOf('audit-declared')).toEqual({
      metadata: {
        version: '1.3.0',
        product: { name: 'Countersign', vendor_name: 'Countersign' },
        tenant_uid: 'northbank',
        correlation_uid: 'audit-declared',
      },
      category_uid: 6,
      class_uid: 6003,
      activity_id: 1,
      type_uid: 600301,
      severity_id: 1,
      time: expect.any(Number),
      status_id: 1,
      status_code: '201',
      actor: { user: { uid: 'amara', groups: [{ name: 'agent' }] }, app_uid: expect.any(String) },
      api: {
        operation: 'declareCall',
        service: { name: 'countersign' },
        request: { uid: 'audit-declared' },
        response: { code: 201 },
      },
      src_endpoint: { ip: '127.0.0.1' },
      http_request: { http_method: 'POST' },
      http_response: { code: 201 },
      resources: [{ type: 'customer', uid: customerId }],
    });
  });

  it('tells what was refused, too, whoever asked with a good token', async () => {
    const customerId = newCustomerId();
    await ask('agent:ben', 'audit-forbidden', 'DELETE', `/v1/customers/${customerId}`);
    expect(await toldOf('audit-forbidden')).toMatchObject({
      activity_id: 4,
      status_id: 2,
      status_code: '403',
      actor: { user: { uid: 'ben' } },
      resources: [{ type: 'customer', uid: customerId }],
    });
    await ask('app', 'audit-not-found', 'GET', '/v1/policy', undefined, 'southbank');
    expect(await toldOf('audit-not-found')).toMatchObject({
      metadata: { tenant_uid: 'southbank' },
      status_code: '403',
    });
  });

  it('calls a POST that only asks a read, and goes by the short way too', async () => {
    const customerId = newCustomerId();
    for (const id of ['audit-verdict-1', 'audit-verdict-2']) {
      await ask('app', id, 'POST', `/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing' });
      expect(await toldOf(id)).toMatchObject({ activity_id: 2, api: { operation: 'askVerdict' } });
    }
  });

  it('holds nothing of anybody but ids, and nothing of whoever has no good token', async () => {
    await ask('agent:amara', 'audit-searched', 'POST', '/v1/customer-searches', { phoneNumber: '+447700900777' });
    await ask('admin', 'audit-put', 'PUT', '/v1/customers/audit-1', {
      phoneNumbers: [{ number: '+447700900778', since: '2021-03-01T00:00:00Z' }],
    });
    await ask('agent:amara', 'audit-odd-path', 'GET', `/v1/customers/${encodeURIComponent('Mrs Ann Other')}/summary`);
    await ask('', 'audit-nobody', 'GET', '/v1/calls');
    await toldOf('audit-odd-path');
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/4477009007|Ann|secret matter|Amara|audit-nobody|eyJ/);
    expect((await toldOf('audit-odd-path')).resources).toBeUndefined();
  });

  it('knows every operation by the name that the document has', async () => {
    const named = new Set((await listOperations(service.url)).map(({ id }) => id));
    const told = new Set(lines().map(({ api }) => api.operation as string));
    expect([...told].filter((operation) => !named.has(operation))).toEqual([]);
  });

  it('is its owner’s alone, and is appended to by several processes, whole lines each', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = lines().length;
    const other = await service.startAnother({ AUDIT_LOG: file });
    const token = await service.token('agent:amara');
    const asked = Array.from({ length: 200 }, (_, n) => n);
    await Promise.all(
      asked.map((n) =>
        send(n % 2 ? service.url : other.url, { path: '/v1/calls', headers: { authorization: `Bearer ${token}` } }),
      ),
    );
    await other.stop();
    await expect.poll(() => lines().length - before, { timeout: 60_000 }).toBe(200);
  });
});

describe('an audit log that cannot be written', () => {
  it('ends the start, in one sentence, where it cannot be opened', async () => {
    const inTheWay = join(folder, 'in-the-way');
    writeFileSync(inTheWay, '');
    mkdirSync(join(folder, 'a-folder'));
    for (const path of [join(inTheWay, 'audit.ndjson'), join(folder, 'a-folder'), join(folder, 'nowhere', 'audit')])
      await expect(startTestService({ AUDIT_LOG: path })).rejects.toThrow(/^AUDIT_LOG cannot be written: E[A-Z]+\.$/);
  });

  it('stops nobody’s request, and is counted', async () => {
    const full = await startTestService({ AUDIT_LOG: '/dev/full' });
    try {
      expect((await full.amara.get('/v1/calls')).status).toBe(200);
      await expect
        .poll(async () => (await full.admin.get<string>('/metrics')).body, { timeout: 60_000 })
        .toMatch(/^countersign_audit_log_failures_total\{kind="write"\} [1-9]/m);
    } finally {
      await full.stop();
    }
  });
});
