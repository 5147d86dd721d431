import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  calls,
  letTimePass as letTimePassIn,
  messages,
  playWave,
  seeded,
  simulate,
  type Theatre,
  type WaveOutcome,
} from '../../bench/report-wave.js';
import { CampaignsService } from '../../src/reports/campaigns.service.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { type Identities, LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const report = (client: Identities['app'], customerId: string, body: object) =>
  client.post(`/v1/customers/${customerId}/reports`, { channel: 'call', ...body });
const campaignsOf = async (tenant: Identities, number: string) =>
  (await tenant.analyst.get('/v1/campaigns')).body.data.filter((campaign: { numbers: string[] }) =>
    campaign.numbers.includes(number),
  );
const told = (type: string, tenant = 'northbank') =>
  service.sql(`SELECT data, about_id FROM events WHERE type = $1 AND tenant_id = $2 ORDER BY sequence`, [
    `countersign.campaign.${type}`,
    tenant,
  ]);

const theatre = (tenant: string, clients: Identities): Theatre => ({
  tenant,
  report: (customerId, body) => report(clients.app, customerId, body),
  sql: (text, values) => service.sql(text, values),
});
const letTimePass = (tenant: string, interval: string) =>
  letTimePassIn({ tenant, sql: (text, values) => service.sql(text, values) }, interval);

describe('in a simulation with a seed', () => {
  const show = (what: string, outcome: WaveOutcome) => process.stdout.write(`  ${what}: ${JSON.stringify(outcome)}\n`);

  it('unrelated reports, five a minute for forty minutes, are no campaign', async () => {
    const outcome = await playWave(
      theatre('southbank', await service.clients('southbank')),
      simulate({ seed: 1, minutes: 40, backgroundPerMinute: 5, wave: null }),
      0,
    );
    show('background alone', outcome);
    expect(outcome).toMatchObject({ campaigns: 0, openedAtSecond: null });
  });

  it('twenty calls a minute from one number are one campaign within the first minute', async () => {
    const clients = await service.clients('southbank');
    const outcome = await playWave(
      theatre('southbank', clients),
      simulate({
        seed: 2,
        minutes: 6,
        backgroundPerMinute: 5,
        wave: { fromMinute: 2, perMinute: 20, make: calls('+447700900123') },
      }),
      120,
    );
    show('calls from one number', outcome);
    expect(outcome.openedAtSecond).toBeLessThan(60);
    expect(outcome).toMatchObject({ campaigns: 1, precision: 1, recall: 1 });
    const [campaign] = await campaignsOf(clients, '+447700900123');
    const { minutes } = (await clients.analyst.get(`/v1/campaigns/${campaign.id}`)).body;
    expect(minutes.reduce((sum: number, minute: { reports: number }) => sum + minute.reports, 0)).toBe(
      campaign.reports,
    );
    expect(minutes.reduce((sum: number, minute: { newCustomers: number }) => sum + minute.newCustomers, 0)).toBe(
      campaign.customers,
    );
    expect(
      (
        await service.sql(
          `SELECT count(*)::int FROM events WHERE type = 'countersign.campaign.grew' AND tenant_id = 'southbank'`,
        )
      )[0].count,
    ).toBe(Math.floor(Math.log2(campaign.customers)) - 3);
  });

  it('messages from a new number and with a new link each are one campaign by their wording, within the first minute', async () => {
    const reports = simulate({
      seed: 3,
      minutes: 7,
      backgroundPerMinute: 5,
      wave: { fromMinute: 2, perMinute: 20, make: messages(seeded(33)) },
    });
    const outcome = await playWave(theatre('northbank', service), reports, 120);
    show('messages alike in wording', outcome);
    expect(outcome.openedAtSecond).toBeLessThan(60);
    expect(outcome.campaigns).toBe(1);
    expect(outcome.precision).toBeGreaterThan(0.99);
    expect(outcome.recall).toBeGreaterThan(0.95);
    const [campaign] = (await service.analyst.get('/v1/campaigns?state=open')).body.data;
    expect(campaign).toMatchObject({ state: 'open', wording: true, numbers: [] });
  });
});

describe('a campaign', () => {
  const number = '+447700900808';
  const ask = async (customerId: string, incomingNumber = number) =>
    (await service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber })).body;

  it('is mentioned by reports and verdicts with a count and a day, and nothing about anybody', async () => {
    const before = await ask(newCustomerId());
    expect(before).not.toHaveProperty('campaign');
    const replies = [];
    for (let i = 0; i < 9; i += 1) replies.push(await report(service.app, newCustomerId(), { claimedNumber: number }));
    expect(replies.map(({ body }) => body.campaign?.customers)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      8,
      9,
    ]);
    expect(replies[8]!.body.campaign).toEqual({
      since: expect.any(String),
      customers: 9,
      headline: 'You are not alone: 9 customers have reported this, the first today.',
    });
    const verdict = await ask('nobody-at-all');
    expect(verdict).toMatchObject({
      verdict: before.verdict,
      reason: before.reason,
      advice: before.advice,
      campaign: {
        customers: 9,
        headline: 'Beware: 9 customers have reported calls from this number, the first today.',
      },
    });
    const known = await service.customerWithDevice();
    expect({ ...(await ask(known.customerId)), id: null, checkedAt: null }).toEqual({
      ...verdict,
      id: null,
      checkedAt: null,
    });
    expect(await ask(newCustomerId(), '+447700900809')).not.toHaveProperty('campaign');
    const south = await service.clients('southbank');
    expect(
      (await south.app.post('/v1/customers/x/call-verdicts', { trigger: 'ringing', incomingNumber: number })).body,
    ).not.toHaveProperty('campaign');
    expect(
      (await south.analyst.get('/v1/campaigns')).body.data.map(({ numbers }: { numbers: string[] }) => numbers).flat(),
    ).not.toContain(number);
  });

  it("that forges the bank's own line leaves a genuine call genuine, and unmentioned", async () => {
    for (let i = 0; i < 8; i += 1) await report(service.app, newCustomerId(), { claimedNumber: LINE });
    const customerId = newCustomerId();
    expect(await ask(customerId, LINE)).toMatchObject({
      verdict: 'not_legitimate',
      reason: 'no_live_call',
      campaign: { customers: 8 },
    });
    await service.amara.post('/v1/calls', { customerId, direction: 'outbound', line: LINE, purpose: 'A payment' });
    const verdict = await ask(customerId, LINE);
    expect(verdict).toMatchObject({ verdict: 'legitimate', reason: 'live_call' });
    expect(verdict).not.toHaveProperty('campaign');
  });

  it('counts customers: one customer again and again adds reports and no reach', async () => {
    const customerId = newCustomerId();
    for (let i = 0; i < 3; i += 1)
      expect((await report(service.app, customerId, { claimedNumber: number })).body.campaign.customers).toBe(10);
    expect(await campaignsOf(service, number)).toMatchObject([{ customers: 10, reports: 12 }]);
  });

  it('learns what else its reports have in common', async () => {
    const linkOf = (i: number) => [`https://c${i}.northbank-help.example/x`];
    for (let i = 0; i < 8; i += 1)
      await report(service.app, newCustomerId(), {
        channel: 'sms',
        claimedNumber: number,
        claimedSender: 'NB Alerts',
        links: linkOf(i),
      });
    expect(await campaignsOf(service, number)).toMatchObject([
      { senders: ['nb alerts'], linkHosts: ['northbank-help.example'] },
    ]);
    expect(
      (await report(service.app, newCustomerId(), { channel: 'sms', links: linkOf(99) })).body.campaign.customers,
    ).toBe(19);
  });

  it('does not take in what mostly others report', async () => {
    for (let i = 0; i < 7; i += 1)
      await report(service.app, newCustomerId(), { channel: 'sms', claimedSender: 'Parcels' });
    await letTimePass('northbank', '9 minutes');
    for (let i = 0; i < 4; i += 1)
      await report(service.app, newCustomerId(), { claimedNumber: number, claimedSender: 'Parcels' });
    expect((await campaignsOf(service, number))[0].senders).not.toContain('parcels');
  });

  it('tells of itself when it opens, at powers of two, and when it closes by itself after it went quiet', async () => {
    const [campaign] = await campaignsOf(service, number);
    const [{ id }] = (await service.sql(`SELECT campaign_id AS id FROM campaign_indicators WHERE value = $1`, [
      number,
    ])) as [{ id: string }];
    const ours = async (type: string) =>
      (await told(type)).filter((event) => event.about_id === id).map(({ data }) => data.customers);
    expect([await ours('opened'), await ours('grew')]).toEqual([[8], [16]]);
    await letTimePass('northbank', '7 hours');
    await expect.poll(() => ours('closed'), { timeout: 60_000 }).toEqual([campaign.customers]);
    expect((await service.analyst.get(`/v1/campaigns/${campaign.id}`)).body).toMatchObject({
      state: 'closed',
      closedAt: expect.any(String),
      numbers: [number],
    });
    expect(await ask(newCustomerId())).not.toHaveProperty('campaign');
    expect(
      (await service.analyst.get('/v1/campaigns?state=closed')).body.data.map(({ id: one }: { id: string }) => one),
    ).toContain(campaign.id);
  });

  it('is not opened by what is reported all the time', async () => {
    const usual = '+447700900505';
    await service.sql(
      `UPDATE reports SET reported_at = now() - interval '2 days' WHERE id = (SELECT id FROM reports WHERE tenant_id = 'northbank' ORDER BY id LIMIT 1)`,
    );
    for (let i = 0; i < 7; i += 1) await report(service.app, newCustomerId(), { claimedNumber: usual });
    await service.sql(
      `INSERT INTO report_indicators (tenant_id, kind, value, customer_id, report_id, last_seen_at)
      SELECT 'northbank', 'number', $1, 'usual-' || n, uuid7(), now() - interval '11 minutes' - n * interval '3 minutes' FROM generate_series(1, 450) n`,
      [usual],
    );
    for (let i = 0; i < 3; i += 1)
      expect((await report(service.app, newCustomerId(), { claimedNumber: usual })).body).not.toHaveProperty(
        'campaign',
      );
    for (let i = 0; i < 4; i += 1) await report(service.app, newCustomerId(), { claimedNumber: usual });
    expect(await campaignsOf(service, usual)).toHaveLength(1);
  });

  it("is not opened by a sender's name alone that is one of many", async () => {
    const south = await service.clients('southbank');
    for (let i = 0; i < 40; i += 1)
      await report(south.app, newCustomerId(), {
        channel: 'sms',
        claimedSender: i % 4 === 0 ? 'Zebra Post' : `Sender ${i}`,
      });
    expect(
      (
        await service.sql(
          `SELECT count(*)::int FROM report_indicators WHERE kind = 'sender' AND value = 'zebra post' AND tenant_id = 'southbank'`,
        )
      )[0].count,
    ).toBe(10);
    expect(
      (await south.analyst.get('/v1/campaigns')).body.data.map(({ senders }: { senders: string[] }) => senders).flat(),
    ).not.toContain('zebra post');
  });

  it('is found by the sweeper where the process died between the report and the comparison', async () => {
    const lost = '+447700900404';
    for (let i = 0; i < 7; i += 1) await report(service.app, newCustomerId(), { claimedNumber: lost });
    const last = (await report(service.app, newCustomerId(), {})).body.id;
    await service.sql(
      `WITH r AS (UPDATE reports SET clustered_at = NULL, claimed_number = $1, reported_at = now() - interval '20 seconds' WHERE id = (SELECT max(id::text)::uuid FROM reports WHERE tenant_id = 'northbank') RETURNING tenant_id, id, customer_id)
      INSERT INTO report_indicators (tenant_id, kind, value, customer_id, report_id) SELECT tenant_id, 'number', $1, customer_id, id FROM r`,
      [lost],
    );
    await expect.poll(async () => (await campaignsOf(service, lost)).length, { timeout: 60_000 }).toBe(1);
    expect((await service.analyst.get(`/v1/reports/${last}`)).body.campaignId).toMatch(/^cmp_/);
  });
});

describe('indicators', () => {
  it('are forgotten once no comparison looks at them any more, however many there are', async () => {
    await service.sql(
      `INSERT INTO report_indicators (tenant_id, kind, value, customer_id, report_id, last_seen_at) SELECT 'northbank', 'number', 'old', 'old-' || n, uuid7(), now() - interval '27 hours' FROM generate_series(1, 250) n`,
    );
    await service.running.app.get(CampaignsService).tidy('northbank', 100);
    // The service may be at some of them itself at this moment.
    await expect
      .poll(() => service.sql(`SELECT 1 FROM report_indicators WHERE last_seen_at < now() - interval '26 hours'`))
      .toEqual([]);
    expect(await service.sql(`SELECT 1 FROM report_indicators LIMIT 1`)).toHaveLength(1);
  });
});

describe('reports that race', () => {
  it('open one campaign, whichever process takes them, and all are in it', async () => {
    const other = await service.startAnother();
    for (let round = 0; round < 5; round += 1) {
      const number = `+44770090030${round}`;
      const token = await service.token('app');
      const post = (url: string) =>
        fetchAdmitted(`${url}/v1/customers/${newCustomerId()}/reports`, {
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ channel: 'sms', claimedNumber: number, claimedSender: `Race ${round}` }),
        });
      const replies = await Promise.all(
        Array.from({ length: 24 }, (_value, index) => post(index % 2 ? service.url : other.url)),
      );
      expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 24 }, () => 201));
      // What waited too long for another to be compared is compared by the sweeper.
      await expect
        .poll(() => campaignsOf(service, number))
        .toMatchObject([{ customers: 24, reports: 24, senders: [`race ${round}`] }]);
    }
    await other.stop();
  });
});
