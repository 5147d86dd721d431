import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { verifyEvidence } from '@countersign/client';
import pg from 'pg';
import { servicePassword } from '../../src/boot/service-database.js';
import type { RunningService } from '../../src/boot/service.js';
import { Replica } from '../../src/database/replica.js';
import { readPrimaryPosition } from '../../src/database/replica-position.store.js';
import type { NoReplica, PrimaryPosition } from '../../src/database/replica.policy.js';
import { REPLICA_USES } from '../../src/database/replica-uses.js';
import { bind, type Statement, type Values } from '../../src/database/sql.js';
import { loadStatements } from '../support/described-statements.js';
import { CustomerDevice } from '../support/customer-device.js';
import { ManyBanks, underWay, untilServed, watchConnections } from '../support/many-banks.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { ServiceClient } from '../support/service-client.js';
import { type Standbys, startStandbys } from '../support/standby.js';
import { setTimeout as wait } from 'node:timers/promises';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

const DATABASE = 'bank';
const SOON = { timeout: 60_000, interval: 50 };
let nodes: Standbys;
let service: TestService;
/** The same bank, by a process that knows of no replica. */
let plain: RunningService;

beforeAll(async () => {
  nodes = await startStandbys(DATABASE);
  const replica = { REPLICA_URL: `postgres://${nodes.replica.at}/${DATABASE}`, REPLICA_MAX_LAG_SECONDS: '1' };
  service = await startTestService(replica, () => nodes.primary.url(DATABASE));
  plain = await service.startAnother({ REPLICA_URL: '' });
});
afterAll(async () => {
  await service?.stop();
  await nodes?.remove();
});

/** How many reads there were, by `use outcome`. */
async function reads(admin: ServiceClient = service.admin): Promise<Record<string, number>> {
  const { body } = await admin.get<string>('/metrics');
  const lines = [...body.matchAll(/^countersign_replica_reads_total\{use="(\w+)",outcome="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(lines.map(([, use, outcome, n]) => [`${use} ${outcome}`, Number(n)]));
}
async function gauge(name: string): Promise<number> {
  const { body } = await service.admin.get<string>('/metrics');
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1]);
}
const isAsked = (): Promise<void> => expect.poll(() => gauge('countersign_replica_unused'), SOON).toBe(0);
const isNotAsked = (): Promise<void> => expect.poll(() => gauge('countersign_replica_unused'), SOON).toBe(1);

/** By which outcomes reads went while something was done. */
async function outcomesOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = await reads();
  await work();
  const after = await reads();
  return Object.keys(after).filter((key) => after[key] !== before[key]);
}

/** Does it until it goes so, and each time rightly: a look that a machine answers late leaves the replica for a moment. */
async function untilRead(outcome: string, work: () => Promise<unknown>, before = async () => {}): Promise<void> {
  for (const deadline = Date.now() + SOON.timeout; ; await wait(SOON.interval)) {
    await before();
    const outcomes = await outcomesOf(work);
    if (Date.now() > deadline) expect(outcomes).toEqual([outcome]);
    if (outcomes.join() === outcome) return;
  }
}
const writeAndRead = async (): Promise<void> => expect(await report(newCustomerId())).toBe(await newest());

const atPrimary = <Row extends object>(text: string): Promise<Row[]> => nodes.primary.sql<Row>(DATABASE, text);
const atReplica = <Row extends object>(text: string): Promise<Row[]> => nodes.replica.sql<Row>(DATABASE, text);

async function customer(customerId = newCustomerId()): Promise<CustomerDevice> {
  const device = await CustomerDevice.make(customerId);
  expect((await device.enrol(service.app)).status).toBe(201);
  await atPrimary(
    `UPDATE devices SET enrolled_at = now() - interval '30 days' WHERE customer_id = '${device.customerId}'`,
  );
  return device;
}

/** A call that the customer confirms; returns the id of the verification. */
async function confirmedCall(device: CustomerDevice): Promise<string> {
  const { body: call } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    verify: true,
  });
  const verdict = await service.app.post(`/v1/customers/${device.customerId}/call-verdicts`, {
    trigger: 'ringing',
    incomingNumber: LINE,
  });
  expect(verdict.body.verdict).toBe('legitimate');
  const question = (await device.waitingQuestion(service.app))!;
  const { code } = call.verification;
  expect((await device.answer(service.app, question, { answer: 'yes', code })).body.status).toBe('confirmed');
  return call.verification.id as string;
}

const report = async (customerId: string, text = 'Your account is blocked'): Promise<string> => {
  const reply = await service.app.post(`/v1/customers/${customerId}/reports`, {
    channel: 'sms',
    claimedSender: 'NorthBank',
    text,
  });
  expect(reply.status).toBe(201);
  return reply.body.id as string;
};
const idsOf = async (path: string): Promise<string[]> =>
  ((await service.analyst.get(path)).body.data as { id: string }[]).map(({ id }) => id);
const newest = async (): Promise<string> => (await idsOf('/v1/reports?limit=1'))[0]!;

async function allUses(device: CustomerDevice, verification: string): Promise<Record<string, string>> {
  const { body: made } = await service.analyst.post('/v1/claims', {
    customerId: device.customerId,
    from: new Date(Date.now() - 86_400_000).toISOString(),
    to: new Date(Date.now() + 86_400_000).toISOString(),
  });
  return {
    exportReports: '/v1/reports/export?format=ndjson',
    getClaim: `/v1/claims/${made.id}`,
    getConsistencyProof: '/log/consistency?first=3',
    getCoverage: '/v1/coverage?by=line&from=2026-01-01T00:00:00Z&to=2026-12-31T00:00:00Z',
    getEvidence: `/v1/evidence/${verification}`,
    getInclusionProof: '/log/proof?leaf=2',
    listCallRecords: '/v1/call-records',
    listEvents: `/v1/events?customerId=${device.customerId}`,
    listReports: '/v1/reports',
  };
}

/** What an answer says, without what each has of its own: the moment and the signature over it. */
async function said(url: string, path: string, token: string): Promise<string> {
  const response = await fetchAdmitted(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
  expect(response.status, path).toBe(200);
  const body = Buffer.from(await response.arrayBuffer());
  if (path.startsWith('/v1/claims')) return String(response.headers.get('content-type'));
  if (!path.startsWith('/v1/evidence')) return body.toString('utf8');
  const { keys } = (await (await fetchAdmitted(`${service.url}/.well-known/jwks.json`)).json()) as any;
  expect(verifyEvidence(body.toString('utf8'), keys).filter(({ result }) => result === 'failed')).toEqual([]);
  const payload = JSON.parse(Buffer.from(body.toString('utf8').split('.')[1]!, 'base64url').toString('utf8'));
  return JSON.stringify({ ...payload, iat: 0 });
}

/** A bank's list is what was reported to it, the last report first. */
async function reportAndList(banks: ManyBanks, url: string, bank: string): Promise<void> {
  const [app, analyst] = await Promise.all(['app', 'analyst'].map((scope) => banks.as(url, bank, scope)));
  const said = { channel: 'sms', claimedSender: `Sender of ${bank}`, text: 'Your account is blocked' };
  const made = await untilServed(() => app!.post('/v1/customers/cust-of-every-bank/reports', said));
  expect(made.status).toBe(201);
  const { body } = await untilServed(() => analyst!.get('/v1/reports?limit=100'));
  expect(body.data[0].id).toBe(made.body.id);
  expect(new Set(JSON.stringify(body).match(/Sender of [\w-]+/g))).toEqual(new Set([said.claimedSender]));
}

describe('a read replica', () => {
  it('answers each operation that is listed, and says what the primary says', async () => {
    await isAsked();
    const device = await customer();
    const verification = await confirmedCall(device);
    await report(device.customerId);
    const started = new Date(Date.now() - 60_000).toISOString();
    const record = { recordId: 'r-1', direction: 'outbound', line: LINE, startedAt: started, endedAt: started };
    expect((await service.telephony.postLines('/v1/call-records', JSON.stringify(record))).status).toBe(200);
    // Sealed now, so that no later seal comes between two that are compared.
    await service.analyst.get(`/v1/evidence/${verification}`);
    const token = await service.token('analyst');
    const uses = await allUses(device, verification);
    expect(Object.keys(uses)).toEqual([...REPLICA_USES]);
    for (const [use, path] of Object.entries(uses)) {
      await expect
        .poll(async () => {
          const before = await reads();
          const here = await said(service.url, path, token);
          const after = await reads();
          expect(here, use).toBe(await said(plain.url, path, token));
          return (after[`${use} replica`] ?? 0) - (before[`${use} replica`] ?? 0);
        }, SOON)
        .toBeGreaterThan(0);
    }
  });

  it('runs statements that are declared for it and no other, whatever the bank does meanwhile', async () => {
    const device = await customer();
    await confirmedCall(device);
    await report(device.customerId);
    await service.analyst.get('/v1/reports');
    await service.app.get(`/v1/customers/${device.customerId}/verifications?status=waiting`);
    const ran = await nodes.statementsAtReplica();
    const meant = (await loadStatements()).filter(({ isForReplica }) => isForReplica).map(({ name }) => name as string);
    expect(ran).toContain('reports.list.all');
    expect(ran.filter((name) => ![...meant, 'replica.standing', 'platform.discardPlans'].includes(name))).toEqual([]);
  });

  it('says at once what was just written, also where it stands still and is not known to yet', async () => {
    const outcomes = await outcomesOf(async () => {
      for (let n = 0; n < 30; n += 1) expect(await report(newCustomerId())).toBe(await newest());
    });
    expect(outcomes).toContain('listReports replica');
    try {
      await untilRead('listReports late', writeAndRead, async () => {
        // A look may come between: then it is known already.
        await atReplica('SELECT pg_wal_replay_resume()');
        await isAsked();
        await atReplica('SELECT pg_wal_replay_pause()');
      });
      // Behind for longer than it may be, it is not even asked.
      await isNotAsked();
      await expect.poll(() => gauge('countersign_replica_lag_seconds'), SOON).toBeGreaterThan(1);
      await untilRead('listReports behind', writeAndRead);
    } finally {
      await atReplica('SELECT pg_wal_replay_resume()');
    }
    await isAsked();
    await untilRead('listReports replica', writeAndRead);
  });

  it('shows nothing of a customer who was just erased', async () => {
    for (let n = 0; n < 5; n += 1) {
      const device = await customer();
      const id = await confirmedCall(device);
      const reportId = await report(device.customerId, 'a secret of mine');
      await service.analyst.get(`/v1/evidence/${id}`);
      expect((await service.admin.delete(`/v1/customers/${device.customerId}`)).status).toBeLessThan(300);
      const jws = (await service.analyst.get<string>(`/v1/evidence/${id}`)).body;
      expect(JSON.parse(Buffer.from(jws.split('.')[1]!, 'base64url').toString('utf8')).shredded).toBe(true);
      const { body } = await service.analyst.get(`/v1/reports?customerId=${device.customerId}`);
      expect(JSON.stringify(body)).toContain(reportId);
      expect(JSON.stringify(body)).not.toContain('secret');
    }
  });

  it('has the same wall between tenants, and shows nothing to whoever names none', async () => {
    const southern = new ServiceClient(service.url, await service.token('analyst', 'southbank'));
    await untilRead('listReports replica', async () =>
      expect((await southern.get('/v1/reports')).body.data).toEqual([]),
    );
    const [login] = await atReplica<{ usename: string }>(
      `SELECT DISTINCT usename::text FROM pg_stat_activity WHERE application_name = 'countersign southbank'`,
    );
    const url = new URL(`postgres://${nodes.replica.at}/${DATABASE}`);
    url.username = login!.usename;
    url.password = servicePassword(Buffer.alloc(32, 7));
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const count = async (): Promise<number> =>
      (await client.query<{ n: number }>('SELECT count(*)::int AS n FROM reports')).rows[0]!.n;
    try {
      expect(await count()).toBe(0);
      await client.query(`SET countersign.tenant = 'northbank'`);
      expect(await count()).toBeGreaterThan(0);
      await expect(client.query('DELETE FROM reports')).rejects.toThrow(/recovery|read-only|permission/);
    } finally {
      await client.end();
    }
  });

  it('has few connections for many tenants, each of whom reads their own', async () => {
    const banks = await ManyBanks.start(40, () => underWay(atPrimary));
    const many = await service.startAnother({ TENANTS: banks.tenants });
    const looking = await nodes.replica.connect(DATABASE);
    const stop = watchConnections(async () => {
      const { rows } = await looking.query<{ name: string; open: number }>(
        `SELECT application_name AS name, count(*)::int AS open FROM pg_stat_activity
          WHERE application_name = 'countersign tenants' OR application_name LIKE 'countersign bank-%' GROUP BY 1`,
      );
      return Object.fromEntries(rows.map(({ name, open }) => [name, open]));
    });
    const admin = await banks.as(many.url, banks.ids[0]!, 'admin');
    try {
      // Far more than there are connections: they change hands.
      const wanted = 2 * banks.ids.length;
      const readThere = async (): Promise<number> => (await reads(admin))['listReports replica'] ?? 0;
      for (const deadline = Date.now() + SOON.timeout; (await readThere()) < wanted && Date.now() < deadline;)
        await Promise.all(banks.ids.map((bank) => reportAndList(banks, many.url, bank)));
      expect(await readThere()).toBeGreaterThanOrEqual(wanted);
      const { most, kinds } = await stop();
      expect([...kinds]).toEqual(['countersign tenants']);
      expect(most).toBeLessThanOrEqual(20);
    } finally {
      await stop();
      await looking.end();
      await many.stop();
      banks.stop();
    }
  });

  it('that hangs, or is stopped, is left for the primary, and asked again when it is back', async () => {
    const { customerId } = await customer();
    const exported = async (): Promise<string> =>
      (await service.analyst.get<string>('/v1/reports/export?format=ndjson')).body;
    for (const [away, back] of [
      [() => nodes.replica.hang(), () => nodes.replica.resume()],
      [() => nodes.replica.kill(), () => nodes.replica.start()],
    ] as const) {
      await isAsked();
      await away();
      const reading = outcomesOf(async () => {
        const id = await report(customerId);
        expect(await Promise.all([newest(), exported()])).toEqual([id, expect.stringContaining(id)]);
      });
      for (const outcome of await reading)
        expect(outcome).toMatch(/^(listReports|exportReports) (away|failed|busy|late)$/);
      await isNotAsked();
      expect(await report(customerId)).toBe(await newest());
      await back();
      await isAsked();
      await untilRead('listReports replica', writeAndRead);
    }
  });

  it('decides nothing: where the primary is away, nothing is said', async () => {
    const { customerId } = await customer();
    const ask = () =>
      service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE });
    nodes.primary.hang();
    try {
      const [verdict, list] = await Promise.all([ask(), service.analyst.get('/v1/reports')]);
      expect(verdict.body.verdict).toBe('unknown');
      expect(list.status).toBe(503);
    } finally {
      nodes.primary.resume();
    }
    await expect.poll(async () => (await ask()).body.verdict, SOON).toBe('not_legitimate');
    await isAsked();
  });

  it('of another cluster, another database or another timeline is never asked, nor one that was promoted', async () => {
    const of = async (url: string, position: () => Promise<PrimaryPosition>): Promise<NoReplica | null> => {
      const replica = new Replica({ url, maxLagSeconds: 60, position });
      replica.start();
      try {
        // Until it has said what it is, it is away.
        let why: NoReplica | null = 'away';
        await expect.poll(() => (why = replica.why), SOON).not.toBe('away');
        return why;
      } finally {
        replica.close();
      }
    };
    const positionAt =
      (node: keyof Omit<Standbys, 'statementsAtReplica' | 'remove'>, database = DATABASE) =>
      async () => {
        const client = await nodes[node].connect(database);
        const query = async <Row extends object>(what: Statement, values: Values): Promise<Row[]> =>
          (await client.query<Row>(bind(what, values))).rows;
        // The superuser has no function of the bank in an empty database, and needs none.
        return readPrimaryPosition({ tenantId: 'northbank', query }).finally(() => client.end());
      };
    const here = positionAt('primary');
    expect(await of(nodes.other.url(DATABASE), here)).toBe(null);
    expect(await of(nodes.primary.url(DATABASE), here)).toBe('promoted');
    expect(await of(nodes.stranger.url('postgres'), here)).toBe('other_cluster');
    expect(await of(nodes.other.url(`${DATABASE}_else`), here)).toBe('other_cluster');

    const { customerId } = await customer();
    const before = await report(customerId);
    expect(await newest()).toBe(before);
    await nodes.replica.promote();
    // It decides for itself now, and what it has is nobody's.
    await atReplica(`DELETE FROM reports WHERE reported_at IS NOT NULL`);
    const outcomes = await outcomesOf(async () => {
      expect(await newest()).toBe(before);
      expect(await report(customerId)).toBe(await newest());
    });
    expect(outcomes.filter((outcome) => outcome !== 'listReports promoted')).toEqual([]);
    await isNotAsked();
    // A standby that follows the old one is no replica of what was promoted, however far it is.
    await nodes.primary.sql(DATABASE, 'SELECT pg_switch_wal()', 'SELECT pg_switch_wal()');
    expect(await of(nodes.other.url(DATABASE), positionAt('replica'))).toBe('other_timeline');
  });
});
