import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchAdmitted } from '../support/once-admitted.js';
import { callOperation, listOperations, type Operation } from '../support/operations.js';
import { expectProblem } from '../support/raw-http.js';
import { type Identities, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import type { Reply } from '../support/service-client.js';
import { onceReached } from '../support/once-reached.js';

let service: TestService;
let operations: Operation[];
const south: Record<string, string> = {};
/** What northbank has, by the name of the parameter that takes it. */
const values: Record<string, string> = {};
/** All that can be said aloud or be looked up as evidence. */
const references: string[] = [];
const subjects: string[] = [];

/** Who has each scope. */
const IDENTITIES = {
  app: 'app',
  telephony: 'telephony',
  admin: 'admin',
  analyst: 'analyst',
  agent: 'agent:amara',
  supervisor: 'supervisor:dana',
};

beforeAll(async () => {
  // Background work moves rows of its own.
  service = await startTestService({ WORKERS: 'off' });
  operations = await listOperations(service.url);
  for (const [scope, identity] of Object.entries(IDENTITIES)) south[scope] = await service.token(identity, 'southbank');
  const device = await service.customerWithDevice();
  await service.admin.put(`/v1/customers/${device.customerId}`, {
    phoneNumbers: [{ number: '+447700900123', since: '2021-03-01T00:00:00Z' }],
  });
  await service.sql(`UPDATE contact_points SET recorded_at = since`);
  await service.admin.put('/v1/lines/%2B442079460150', { use: 'outbound', label: 'Only northbank' });
  const { body } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    verify: true,
  });
  const change = await service.amara.post('/v1/changes', {
    customerId: device.customerId,
    subject: 'email',
    after: { email: 'new@customer.example' },
    askedThrough: 'phone',
  });
  const callback = await service.amara.post('/v1/callbacks', {
    customerId: device.customerId,
    reason: 'To talk about the change',
  });
  const report = await service.amara.post('/v1/reports', { customerId: newCustomerId(), channel: 'call' });
  expect([change.status, callback.status, report.status]).toEqual([201, 201, 201]);
  Object.assign(values, { changeId: change.body.id, callbackId: callback.body.id, reportId: report.body.id });
  const notice = await service.admin.post('/v1/notices', {
    channel: 'letter',
    summary: 'To one customer',
    sentAt: new Date().toISOString(),
    recipients: [device.customerId],
  });
  for (let i = 0; i < 8; i += 1)
    await service.app.post(`/v1/customers/${newCustomerId()}/reports`, {
      channel: 'call',
      claimedNumber: '+447700900600',
    });
  const {
    body: {
      data: [campaign],
    },
  } = await service.analyst.get('/v1/campaigns');
  Object.assign(values, { noticeId: notice.body.id, campaignId: campaign.id, subjectId: change.body.id });
  references.push(
    ...[body, change.body, callback.body, notice.body, report.body].map(({ reference }) => reference as string),
  );
  subjects.push(body.verification.id, change.body.id);
  const verdict = await service.app.post(`/v1/customers/${device.customerId}/call-verdicts`, { trigger: 'ringing' });
  Object.assign(values, {
    verdictId: verdict.body.id,
    webhookId: (await service.admin.post('/v1/webhooks', { url: 'https://bank.example/' })).body.id,
  });
  const subscription = await service.app.post(`/v1/customers/${device.customerId}/push-subscriptions`, {
    kind: 'webpush',
    endpoint: 'https://push.bank.example/of-northbank',
    keys: {
      p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
      auth: 'BTBZMqHH6r4Tts7J_aSIgg',
    },
  });
  expect(subscription.status).toBe(201);
  const claim = await service.analyst.post('/v1/claims', {
    customerId: device.customerId,
    from: '2026-01-01T00:00:00Z',
    to: '2026-02-01T00:00:00Z',
  });
  const { headers } = await service.admin.get('/v1/policy');
  const policy = await service.admin.put('/v1/policy', {}, { headers: { 'if-match': headers.get('etag')! } });
  expect([claim.status, policy.status]).toEqual([201, 200]);
  Object.assign(values, { claimId: claim.body.id, version: String(policy.body.version) });
  const refused = await service.app.post(`/v1/verifications/${body.verification.id}/answer`, { jws: 'e30.e30.e30' });
  Object.assign(values, {
    subscriptionId: subscription.body.id,
    traceId: refused.body.traceId,
    customerId: device.customerId,
    deviceId: device.id,
    callId: body.id,
    verificationId: body.verification.id,
    reference: body.reference,
    number: '+442079460150',
  });
});
afterAll(() => service.stop());

/** The whole of the tenant's rows, for comparison. */
async function rowsOf(tenantId: string): Promise<Record<string, string[]>> {
  const tables = await service.sql<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'tenant_id' AND table_schema = 'public' ORDER BY 1`,
  );
  const all: Record<string, string[]> = {};
  for (const { name } of tables)
    all[name] = (
      await service.sql<{ row: string }>(`SELECT t::text AS row FROM ${name} t WHERE tenant_id = $1 ORDER BY 1`, [
        tenantId,
      ])
    ).map(({ row }) => row);
  return all;
}

/** What follows from the event log by itself, at its own time. */
const DERIVED = /^(log_|campaign|event_consumers|webhook_deliveries)/;
const asked = (rows: Record<string, string[]>): [string, string[]][] =>
  Object.entries(rows).filter(([name]) => !DERIVED.test(name));

describe("another tenant's token", () => {
  it('finds nothing under any id, reference or number of this one, on any route that takes one', async () => {
    const before = asked(await rowsOf('northbank'));
    // A stream of a customer of one's own, under the same id, opens and stays open.
    const walked = operations.filter(
      ({ parameters, scopes, id, streams }) =>
        scopes.length > 0 &&
        parameters.length > 0 &&
        !['getProblem', 'putLine'].includes(id) &&
        !(streams && parameters.join() === 'customerId'),
    );
    expect(walked.flatMap(({ parameters }) => parameters)).toEqual(
      expect.arrayContaining([
        'callId',
        'verificationId',
        'customerId',
        'deviceId',
        'changeId',
        'callbackId',
        'reportId',
        'webhookId',
        'campaignId',
        'noticeId',
        'subjectId',
        'subscriptionId',
        'reference',
        'number',
      ]),
    );
    // A parameter that nothing stands for here would be 404 for having been made up.
    expect(walked.flatMap(({ parameters }) => parameters).filter((name) => !(name in values))).toEqual([]);
    for (const operation of walked) {
      for (const scope of operation.scopes.filter((one) => one !== 'customer')) {
        expect(south[scope], scope).toBeDefined();
        const reply = await callOperation(service.url, operation, {
          token: south[scope]!,
          values,
          body: bodyOf(operation.id),
        });
        // A customer's id is the bank's own, so under the same one another bank may have, and make, a customer of its own.
        if (operation.parameters.join() === 'customerId') continue;
        expect(reply.status, `${operation.id} as ${scope}: ${reply.text}`).toBe(404);
        expectProblem(reply, 404, 'not-found');
      }
    }
    expect(asked(await rowsOf('northbank'))).toEqual(before);
  });

  it("finds nothing under what this one's own token finds something under", async () => {
    const walked = operations.filter(
      ({ method, parameters, scopes, id, streams }) =>
        method === 'GET' && scopes.length > 0 && parameters.length > 0 && id !== 'getProblem' && !streams,
    );
    const own = {
      app: await service.token('app'),
      telephony: await service.token('telephony'),
      admin: await service.token('admin'),
      analyst: await service.token('analyst'),
      agent: await service.token('agent:amara'),
      supervisor: await service.token('supervisor:dana'),
    } as Record<string, string>;
    const filled = walked.flatMap((operation) => {
      if (operation.parameters.includes('reference'))
        return references.map((reference) => ({ operation, values: { ...values, reference } }));
      return operation.parameters.includes('subjectId')
        ? subjects.map((subjectId) => ({ operation, values: { ...values, subjectId } }))
        : [{ operation, values }];
    });
    expect(filled.length).toBeGreaterThan(15);
    for (const { operation, values: given } of filled) {
      const scope = operation.scopes[0]!;
      expect([
        operation.id,
        (await callOperation(service.url, operation, { token: own[scope]!, values: given })).status,
      ]).toEqual([operation.id, 200]);
      if (operation.parameters.join() !== 'customerId')
        expect([
          operation.id,
          (await callOperation(service.url, operation, { token: south[scope]!, values: given })).status,
        ]).toEqual([operation.id, 404]);
    }
  });

  it("sees none of this one's things in any list, also where it filters by them", async () => {
    const { analyst, admin, amara } = await service.clients('southbank');
    // The walk above made southbank a customer of its own under the same id.
    const known = Object.entries(values)
      .filter(([name]) => name.endsWith('Id') && name !== 'customerId')
      .map(([, id]) => id);
    const lists = operations.filter(
      ({ method, parameters, scopes, streams }) =>
        method === 'GET' &&
        scopes.length > 0 &&
        parameters.length === 0 &&
        !streams &&
        scopes.some((scope) => ['admin', 'analyst', 'agent'].includes(scope)),
    );
    expect(lists.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        '/v1/campaigns',
        '/v1/notices',
        '/v1/webhooks',
        '/v1/reports',
        '/v1/reports/export',
        '/v1/changes',
        '/v1/callbacks',
        '/v1/events',
        '/v1/call-records',
        '/v1/coverage',
      ]),
    );
    for (const operation of lists) {
      const reply = await callOperation(service.url, operation, {
        token: south[operation.scopes.find((scope) => south[scope])!]!,
      });
      for (const id of [...known, ...references, '+447700900600'])
        expect([operation.path, reply.text.includes(id)]).toEqual([operation.path, false]);
    }
    expect((await analyst.get(`/v1/reports?campaign=${values.campaignId}`)).body.data).toEqual([]);
    expect(
      ((await analyst.get(`/v1/reports/export?campaign=${values.campaignId}`)).body as string).trimEnd().split('\r\n'),
    ).toHaveLength(1);
    for (const path of [`/v1/changes?customerId=${values.customerId}`, `/v1/callbacks?customerId=${values.customerId}`])
      expect([path, (await amara.get(path)).body.data]).toEqual([path, []]);
    expect((await admin.get(`/v1/notices?after=${values.noticeId}`)).body.data).toEqual([]);
  });

  it('sees the customer of the same id only as its own', async () => {
    const clients = await service.clients('southbank');
    await clients.admin.delete(`/v1/customers/${values.customerId}`);
    expect(await clients.admin.get(`/v1/customers/${values.customerId}`)).toMatchObject({ status: 404 });
    expect(
      (await clients.app.get(`/v1/customers/${values.customerId}/verifications?status=waiting`)).body.data,
    ).toEqual([]);
    const ask = ({ app }: Identities, more: object = {}): Promise<Reply> =>
      onceReached(() => app.post(`/v1/customers/${values.customerId}/call-verdicts`, { trigger: 'customer', ...more }));
    await ask(clients);
    expect((await clients.app.get(`/v1/customers/${values.customerId}/signals`)).body.hold).toBe(true);
    expect((await service.app.get(`/v1/customers/${values.customerId}/signals`)).body.hold).toBe(false);
    expect((await clients.amara.get(`/v1/calls?customerId=${values.customerId}`)).body.data).toEqual([]);
    expect((await clients.amara.get('/v1/calls')).body.data).toEqual([]);
    expect(
      (await clients.admin.get('/v1/lines?limit=200')).body.data.map((line: { number: string }) => line.number),
    ).not.toContain('+442079460150');
    expect(await ask(clients, { incomingNumber: '+442079460150' })).toMatchObject({
      body: { verdict: 'not_legitimate', reason: 'not_our_line' },
    });
    expect((await ask(clients)).body).toMatchObject({ verdict: 'not_legitimate', reason: 'no_live_call' });
    expect((await ask(service)).body).toMatchObject({ verdict: 'legitimate' });
  });

  it("cannot resume a stream from this one's event, nor page from its ids", async () => {
    const clients = await service.clients('southbank');
    const mine = (
      await clients.amara.post('/v1/calls', { customerId: 'south-1', direction: 'outbound', purpose: 'Hello' })
    ).body.id as string;
    const stream = await service.amara.stream(`/v1/calls/${values.callId}/stream`);
    const event = await stream.next();
    stream.close();
    const reply = await fetchAdmitted(`${service.url}/v1/calls/${mine}/stream`, {
      headers: { authorization: `Bearer ${south.agent}`, 'last-event-id': event!.id },
    });
    expect(reply.status).toBe(400);
    expect(
      (await clients.amara.get(`/v1/calls?after=${values.callId}`)).body.data.map((call: { id: string }) => call.id),
    ).not.toContain(values.callId);
  });
});

/** Bodies that would be accepted of the right tenant. */
function bodyOf(id: string): object {
  if (id === 'answerVerification') return { jws: 'e30.e30.e30' };
  if (id === 'askVerdict') return { trigger: 'customer' };
  if (id === 'giveVerdictFeedback') return { outcome: 'shown' };
  if (id === 'putCustomer') return { phoneNumbers: [] };
  if (id === 'replayWebhook') return { since: '2026-01-01T00:00:00Z' };
  if (id === 'transferCall') return { to: 'ben' };
  if (id === 'recordCallbackOutcome') return { result: 'declined' };
  return {};
}

describe('the database', () => {
  /** The login that serves requests, without the tenant that the service sets when it connects. */
  async function asService<Result>(
    tenant: string | null,
    work: (client: pg.Client) => Promise<Result>,
  ): Promise<Result> {
    const [{ login }] = (await service.sql<{ login: string }>(
      `SELECT usename AS login FROM pg_stat_activity WHERE application_name = 'countersign northbank' AND datname = current_database() LIMIT 1`,
    )) as [{ login: string }];
    const client = new pg.Client({
      connectionString: service.ownerUrl,
      ...(tenant === null ? {} : { options: `-c countersign.tenant=${tenant}` }),
    });
    await client.connect();
    try {
      await client.query(`SET SESSION AUTHORIZATION ${pg.escapeIdentifier(login)}`);
      return await work(client);
    } finally {
      await client.end();
    }
  }

  it('has row-level security enabled and forced on every table of tenants, with the tenant first in its key', async () => {
    const tables = await service.sql<{
      name: string;
      enabled: boolean;
      forced: boolean;
      policies: string;
      first: string;
    }>(`
      SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
             (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*') AS policies,
             (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisprimary) AS first
        FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
         AND c.relname NOT IN ('migrations', 'key_generations', 'key_slots', 'tenants', 'tenant_changes')`);
    expect(tables.length).toBeGreaterThanOrEqual(9);
    for (const table of tables)
      expect(table).toMatchObject({ enabled: true, forced: true, policies: '1', first: 'tenant_id' });
  });

  it('is served through a login that is no superuser, owns nothing, and may create nothing', async () => {
    await asService(null, async (client) => {
      const {
        rows: [role],
      } = await client.query(
        `SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, (SELECT count(*)::int FROM pg_class c WHERE pg_has_role(r.oid, c.relowner, 'USAGE') AND c.relnamespace = 'public'::regnamespace) AS owned FROM pg_roles r WHERE rolname = current_user`,
      );
      expect(role).toEqual({
        rolsuper: false,
        rolbypassrls: false,
        rolcreaterole: false,
        rolcreatedb: false,
        rolreplication: false,
        owned: 0,
      });
      for (const text of [
        'CREATE TABLE x (y int)',
        'ALTER TABLE calls DISABLE ROW LEVEL SECURITY',
        'DROP POLICY tenant ON calls',
        'SET ROLE postgres',
        'ALTER TABLE events DISABLE TRIGGER ALL',
        'SET session_replication_role = replica',
        'SELECT * FROM migrations',
        // Of all tenants: what the service's keys follow from.
        'DELETE FROM key_slots',
        // And who is served, with whose tokens.
        `INSERT INTO tenants (id, entry) VALUES ('evilbank', '{"id":"evilbank"}')`,
        `UPDATE tenants SET status = 'active'`,
        'DELETE FROM tenants',
        'TRUNCATE tenants',
        'SELECT * FROM tenant_changes',
        `SELECT nextval('tenants_version')`,
        'UPDATE key_generations SET used_from = now()',
        `INSERT INTO key_slots SELECT generation, '0123456789abcdef', wrapped_root FROM key_slots`,
      ]) {
        await expect(client.query(text), text).rejects.toMatchObject({
          code: expect.stringMatching(/^(42501|22023)$/),
        });
      }
    });
  });

  it("shows that login no row without a tenant, and another tenant's never", async () => {
    const partitions = (
      await service.sql<{ name: string }>(`SELECT relname AS name FROM pg_class WHERE relispartition AND relkind = 'r'`)
    ).map(({ name }) => name);
    expect(partitions.length).toBeGreaterThan(3);
    // Whether anything can be written is tried there, and nothing is ever kept; who changed a bank is for the owner alone.
    const writeOnly = ['write_probes', 'tenant_changes'];
    const tables = Object.keys(await rowsOf('northbank')).filter(
      (name) => !partitions.includes(name) && !writeOnly.includes(name),
    );
    await asService('northbank', async (client) => {
      for (const name of [...partitions, ...writeOnly])
        await expect(client.query(`SELECT FROM ${name}`), name).rejects.toMatchObject({ code: '42501' });
    });
    for (const [tenant, visible] of [
      [null, []],
      ['southbank', ['southbank']],
      ['northbank', ['northbank']],
      ['', []],
      ['%', []],
    ] as const) {
      await asService(tenant, async (client) => {
        for (const table of tables) {
          const { rows } = await client.query<{ tenant_id: string }>(`SELECT DISTINCT tenant_id FROM ${table}`);
          for (const row of rows) expect(visible).toContain(row.tenant_id);
        }
      });
    }
    await asService('southbank', async (client) => {
      await expect(
        client.query(
          `INSERT INTO events (tenant_id, type, about, data) VALUES ('northbank', 'countersign.a.b', 'call', '{}')`,
        ),
      ).rejects.toMatchObject({ code: '42501' });
      expect((await client.query(`UPDATE calls SET ended_at = now() WHERE tenant_id = 'northbank'`)).rowCount).toBe(0);
      await expect(client.query(`UPDATE calls SET tenant_id = 'northbank'`)).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('refuses to change, delete or truncate events, for the owner and a superuser too', async () => {
    for (const text of [
      `UPDATE events SET data = '{}'`,
      'DELETE FROM events',
      'TRUNCATE events',
      'TRUNCATE events CASCADE',
      `INSERT INTO events (tenant_id, id, type, about, data) SELECT tenant_id, id, type, about, data FROM events ON CONFLICT (tenant_id, id) DO UPDATE SET data = '{}'`,
    ]) {
      await expect(service.sql(text), text).rejects.toMatchObject({ code: '42501' });
      await asService('northbank', async (client) =>
        expect(client.query(text), text).rejects.toMatchObject({ code: '42501' }),
      );
    }
  });

  it('lets that login add a policy but never change or delete one, nor a call or verification', async () => {
    await asService('northbank', async (client) => {
      for (const text of [
        `UPDATE policies SET document = '{}'`,
        'DELETE FROM policies',
        'TRUNCATE policies',
        'DELETE FROM calls',
        'DELETE FROM verifications',
        'TRUNCATE verifications',
        'UPDATE enrolment_proofs SET used_at = now()',
      ]) {
        await expect(client.query(text), text).rejects.toMatchObject({ code: '42501' });
      }
    });
  });

  it('lets no statement reopen a verification that is closed', async () => {
    await service.amara.post(`/v1/verifications/${values.verificationId}/cancel`);
    for (const text of [
      `UPDATE verifications SET status = 'waiting', closed_at = NULL`,
      `UPDATE verifications SET status = 'confirmed', answer = 'yes', device_id = uuid7()`,
      `UPDATE verifications SET findings = '{}'`,
    ]) {
      await expect(service.sql(`${text} WHERE status = 'cancelled'`), text).rejects.toMatchObject({ code: '23514' });
    }
  });
});
