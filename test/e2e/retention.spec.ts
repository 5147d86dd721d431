import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromTypeId } from '../../src/ids/ids.js';
import { Retention } from '../../src/policy/retention.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const tidy = (atOnce?: number) => service.running.app.get(Retention).tidy('northbank', atOnce);
const count = async (table: string): Promise<number> =>
  (await service.sql(`SELECT count(*)::int FROM ${table} WHERE tenant_id = 'northbank'`))[0].count;
const told = (type: string, id: string | null = null) =>
  service.sql(
    `SELECT data FROM events WHERE type = $1 AND tenant_id = 'northbank' AND ($2::uuid IS NULL OR about_id = $2) ORDER BY sequence`,
    [`countersign.${type}`, id],
  );
const movedId = (days: number) =>
  `(lpad(to_hex((extract(epoch FROM now() - interval '${days} days') * 1000)::bigint), 12, '0') || substring(replace(id::text, '-', '') FROM 13))::uuid`;

async function report(customerId: string): Promise<string> {
  return (
    await service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'call', claimedNumber: '+447700900606' })
  ).body.id;
}
const recordsOf = (prefix: string, how: number) =>
  Array.from({ length: how }, (_none, index) =>
    JSON.stringify({
      recordId: `${prefix}-${index}`,
      direction: index % 2 ? 'inbound' : 'outbound',
      line: LINE,
      startedAt: new Date().toISOString(),
    }),
  ).join('\n');
async function notice(recipients: number): Promise<{ id: string; reference: string }> {
  const { body } = await service.admin.post('/v1/notices', {
    channel: 'letter',
    summary: 'A letter',
    sentAt: new Date().toISOString(),
  });
  await service.admin.postLines(
    `/v1/notices/${body.id}/recipients`,
    Array.from({ length: recipients }, (_none, index) => `"r-${index}"`).join('\n'),
  );
  return body;
}

async function oldNoticeOfThree(): Promise<string> {
  const { id } = await notice(3);
  await service.sql(
    `UPDATE notices SET sent_at = now() - interval '500 days', registered_at = now() - interval '500 days'`,
  );
  return fromTypeId('ntc', id)!;
}

async function oldCampaignOfThree(): Promise<string> {
  const [{ id }] = (await service.sql(
    `INSERT INTO campaigns (tenant_id, id, closed_at, policy_version) VALUES ('northbank', uuid7(), now() - interval '500 days', 1) RETURNING id`,
  )) as [{ id: string }];
  await service.sql(
    `INSERT INTO campaign_customers (tenant_id, campaign_id, customer_id) SELECT 'northbank', $1, 'c-' || n FROM generate_series(1, 3) n`,
    [id],
  );
  return id;
}

describe('what policy keeps no longer', () => {
  it('is nothing, while it is new', async () => {
    await service.telephony.postLines('/v1/call-records', recordsOf('old', 7));
    for (let i = 0; i < 9; i += 1) await report(newCustomerId());
    await notice(5);
    expect(await tidy()).toBe(0);
    expect([await count('call_records'), await count('reports'), await count('notices')]).toEqual([7, 9, 1]);
  });

  it('is deleted in batches, with an event each that counts and names nobody, and what is younger stays', async () => {
    const old = (await service.admin.get('/v1/notices')).body.data[0];
    await service.sql(`UPDATE call_records SET recorded_at = now() - interval '91 days'`);
    await service.sql(
      `UPDATE notices SET sent_at = now() - interval '401 days', registered_at = now() - interval '401 days'`,
    );
    await service.sql(`UPDATE reports SET reported_at = now() - interval '401 days', id = ${movedId(401)}`);
    await service.sql(
      `UPDATE campaigns SET closed_at = now() - interval '401 days', first_seen_at = now() - interval '402 days', last_seen_at = now() - interval '401 days'`,
    );
    await service.sql(`UPDATE campaign_indicators SET closed_at = now() - interval '401 days'`);
    await service.telephony.postLines('/v1/call-records', recordsOf('new', 3));
    const [young, kept] = [await notice(4), await report(newCustomerId())];
    expect(await tidy(2)).toBeGreaterThan(20);
    expect([
      await count('call_records'),
      await count('reports'),
      await count('notices'),
      await count('notice_recipients'),
    ]).toEqual([3, 1, 1, 4]);
    for (const table of ['campaigns', 'campaign_customers', 'campaign_minutes', 'campaign_indicators'])
      expect([table, await count(table)]).toEqual([table, 0]);
    expect((await service.admin.get(`/v1/notices/${old.id}`)).status).toBe(404);
    expect((await service.app.get(`/v1/references/${old.reference}`)).status).toBe(404);
    expect((await service.admin.get(`/v1/notices/${young.id}`)).body.recipients).toBe(4);
    expect((await service.analyst.get('/v1/reports')).body.data.map(({ id }: { id: string }) => id)).toEqual([kept]);
    const deleted = await told('data.deleted');
    const sum = (of: string) =>
      deleted.filter(({ data }) => data.of === of).reduce((all, { data }) => all + data.deleted, 0);
    expect([sum('call_records'), sum('reports')]).toEqual([7, 9]);
    for (const { data } of deleted) expect(data.deleted).toBeLessThanOrEqual(2);
    expect(await told('notice.deleted')).toEqual([{ data: { reference: old.reference, olderThanDays: 400 } }]);
    expect(await told('campaign.deleted')).toHaveLength(1);
    expect(await tidy()).toBe(0);
  });

  it('leaves what happened in the event log', async () => {
    expect(await told('report.received')).toHaveLength(10);
    expect(await told('campaign.opened')).toHaveLength(1);
    // Another spec of the same cluster may have a transaction open, which holds the log back.
    await expect
      .poll(async () => (await service.analyst.get('/v1/events?types=countersign.data.deleted&limit=1')).body.data[0], {
        timeout: 60_000,
      })
      .toMatchObject({ type: 'countersign.data.deleted', data: { of: 'call_records' } });
  });

  it('follows the policy, within its bounds', async () => {
    const put = async (retention: object) =>
      service.admin.put(
        '/v1/policy',
        { retention },
        { headers: { 'if-match': (await service.admin.get('/v1/policy')).headers.get('etag')! } },
      );
    expect((await put({ callRecordDays: 30 })).status).toBe(400);
    expect((await put({ noticeDays: 90 })).status).toBe(400);
    expect((await put({ callRecordDays: 31, reportDays: 31 })).status).toBe(200);
    await service.sql(`UPDATE call_records SET recorded_at = now() - interval '32 days'`);
    await expect.poll(tidy).toBe(0);
    expect(await count('call_records')).toBe(0);
  });

  it('is deleted by any number of processes at once, once each', async () => {
    await service.telephony.postLines('/v1/call-records', recordsOf('race', 50));
    await notice(50);
    await service.sql(`UPDATE call_records SET recorded_at = now() - interval '500 days'`);
    await service.sql(
      `UPDATE notices SET sent_at = now() - interval '500 days', registered_at = now() - interval '500 days'`,
    );
    const before = (await told('notice.deleted')).length;
    await Promise.all([tidy(10), tidy(10), tidy(10)]);
    await tidy();
    expect([await count('call_records'), await count('notices'), await count('notice_recipients')]).toEqual([0, 0, 0]);
    expect((await told('notice.deleted')).length - before).toBe(2);
  });

  it.each([
    ['notice', 'notices', 'notice_recipients', oldNoticeOfThree],
    ['campaign', 'campaigns', 'campaign_customers', oldCampaignOfThree],
  ])(
    'ends a %s with the last whom it names, also where another process has just deleted those that are seen still',
    async (what, table, named, make) => {
      const id = await make();
      // Whoever reads the table waits there, and has taken the snapshot by then.
      await service.sql(
        `CREATE OR REPLACE FUNCTION gate() RETURNS boolean VOLATILE LANGUAGE sql SET lock_timeout = '60s' AS 'SELECT pg_advisory_xact_lock_shared(7) IS NOT NULL'`,
      );
      await service.sql(`CREATE POLICY gate ON ${table} AS RESTRICTIVE USING (gate())`);
      const gate = await OpenTransaction.begin(service);
      try {
        await gate.query('SELECT pg_advisory_xact_lock(7)');
        const tidying = tidy(2);
        await gate.untilWaiting();
        await service.sql(
          `DELETE FROM ${named} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${named} ORDER BY tenant_id, customer_id LIMIT 2))`,
        );
        await gate.commit();
        await tidying;
        expect([await count(table), await count(named)]).toEqual([1, 1]);
      } finally {
        await service.sql(`DROP POLICY gate ON ${table}`);
      }
      await tidy(2);
      expect([await count(table), await count(named)]).toEqual([0, 0]);
      expect((await told(`${what}.deleted`, id)).length).toBe(1);
    },
  );
});

describe('the database', () => {
  it('lets the login that serves requests delete nothing of it that is new', async () => {
    await service.telephony.postLines('/v1/call-records', recordsOf('guarded', 2));
    await notice(0);
    const [{ login }] = (await service.sql(
      `SELECT usename AS login FROM pg_stat_activity WHERE application_name = 'countersign northbank' AND datname = current_database() LIMIT 1`,
    )) as [{ login: string }];
    const client = new pg.Client({ connectionString: service.ownerUrl, options: '-c countersign.tenant=northbank' });
    await client.connect();
    try {
      await client.query(`SET SESSION AUTHORIZATION ${pg.escapeIdentifier(login)}`);
      for (const table of ['call_records', 'notices', 'reports', 'campaigns'])
        expect([table, (await client.query(`DELETE FROM ${table}`)).rowCount]).toEqual([table, 0]);
    } finally {
      await client.end();
    }
    expect(await count('call_records')).toBe(2);
  });
});
