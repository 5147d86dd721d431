import { createHash } from 'node:crypto';
import { type TrustedKey, verifyClaim } from '@countersign/client';
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/crypto/canonical-json.js';
import type { CustomerDevice } from '../support/customer-device.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';

let service: TestService;
let device: CustomerDevice;
let keys: TrustedKey[];
/** A claim file of a customer to whom something of everything happened. */
let genuine: Uint8Array;
const ids: Record<string, string> = {};

const SPAN = { from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z' };
const soon = (): { from: string; to: string } => ({
  from: new Date(Date.now() - 86_400_000).toISOString(),
  to: new Date(Date.now() + 86_400_000).toISOString(),
});
const make = (customerId: string, more: object = {}) =>
  service.analyst.post('/v1/claims', { customerId, ...soon(), ...more });

async function fetchZip(url: string, identity = 'analyst', tenant = 'northbank'): Promise<Response> {
  return fetchAdmitted(url, { headers: { authorization: `Bearer ${await service.token(identity, tenant)}` } });
}
async function claimFileOf(customerId: string, more: object = {}): Promise<Uint8Array> {
  const { status, body } = await make(customerId, more);
  expect(status).toBe(201);
  const response = await fetchZip(body.url);
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}
const textsOf = (zip: Uint8Array): Record<string, string> =>
  Object.fromEntries(
    Object.entries(unzipSync(zip)).map(([name, bytes]) => [name, Buffer.from(bytes).toString('utf8')]),
  );
const failures = (zip: Uint8Array, trusted: TrustedKey[] | null = keys): string[] =>
  verifyClaim(zip, trusted)
    .filter(({ result }) => result === 'failed')
    .map(({ name }) => name);
/** The same files in a zip of our own, in the form that is read, so that only what was changed can be what is wrong. */
function repacked(change: (files: Record<string, Uint8Array>) => void): Uint8Array {
  const files: Record<string, Uint8Array> = { ...unzipSync(genuine) };
  change(files);
  return zipSync(files as Zippable, { mtime: new Date(1980, 0, 2) });
}

beforeAll(async () => {
  service = await startTestService();
  device = await service.customerWithDevice();
  const { customerId } = device;
  const { body: call } = await service.amara.post('/v1/calls', {
    customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment <b>we</b> stopped',
    verify: true,
  });
  const question = await device.waitingQuestion(service.app);
  await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code });
  await service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE });
  await service.app.post(`/v1/customers/${customerId}/notice-checks`, { text: 'Your card is blocked, ring us' });
  const { body: change } = await service.amara.post('/v1/changes', {
    customerId,
    subject: 'email',
    after: { email: 'new@customer.example' },
    askedThrough: 'phone',
  });
  const { body: report } = await service.app.post(`/v1/customers/${customerId}/reports`, {
    channel: 'sms',
    text: 'Ring <script>alert(1)</script> now',
    lost: { amount: 120, currency: 'GBP' },
  });
  Object.assign(ids, { call: call.id, verification: question!.id, change: change.id, report: report.id });
  genuine = await claimFileOf(customerId);
  ({ keys } = (await service.admin.get('/.well-known/jwks.json')).body);
});
afterAll(() => service.stop());

describe('a claim file', () => {
  it('holds each decision with its evidence, what was shown, verdicts, messages, calls, reports, and verifies offline', () => {
    const files = textsOf(genuine);
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        `evidence/${ids.verification}.jws`,
        `evidence/${ids.change}.jws`,
        `shown/${ids.verification}.json`,
        `reports/${ids.report}.json`,
        ...['timeline.json', 'verdicts.json', 'messages.json', 'calls.json', 'jwks.json', 'index.html'],
      ]),
    );
    expect(Object.keys(files).at(-1)).toBe('manifest.jws');
    expect(JSON.parse(files['verdicts.json']!)).toMatchObject([
      { data: { verdict: 'legitimate', reason: 'live_call' } },
    ]);
    expect(JSON.parse(files['messages.json']!)).toMatchObject([{ type: 'countersign.notice.checked' }]);
    expect(JSON.parse(files['calls.json']!)).toMatchObject([{ id: ids.call, purpose: 'A payment <b>we</b> stopped' }]);
    expect(JSON.parse(files[`reports/${ids.report}.json`]!)).toMatchObject({
      content: { text: 'Ring <script>alert(1)</script> now', lost: { amount: 120, currency: 'GBP' } },
    });
    const statements = verifyClaim(genuine, keys);
    expect(statements.filter(({ result }) => result !== 'verified')).toEqual([]);
    expect(statements.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['file', 'manifest', 'signature', 'files', 'timeline leaves', 'decisions', 'shown']),
    );
  });

  it('shows exactly what the customer signed', () => {
    const files = textsOf(genuine);
    const shown = files[`shown/${ids.verification}.json`]!;
    const [, payload] = files[`evidence/${ids.verification}.jws`]!.split('.');
    const { verifications } = JSON.parse(Buffer.from(payload!, 'base64url').toString('utf8'));
    const [, answer] = verifications[0].signedAnswer.value.split('.');
    const signed = JSON.parse(Buffer.from(answer, 'base64url').toString('utf8'));
    expect(signed.display).toBe(createHash('sha256').update(shown).digest('base64url'));
  });

  it('has a page without script, in English or German, that judges nobody', async () => {
    const english = textsOf(genuine)['index.html']!;
    const german = textsOf(await claimFileOf(device.customerId, { locale: 'de-AT' }))['index.html']!;
    expect(english).toMatch(/<html lang="en">[\s\S]*What the bank did[\s\S]*is no judgement of the customer/);
    expect(german).toMatch(/<html lang="de">[\s\S]*Was die Bank getan hat[\s\S]*kein Urteil/);
    for (const page of [english, german]) {
      expect(page).not.toMatch(/<script|<img|<iframe|javascript:| on\w+=|<b>we/i);
      expect(page).toContain('default-src &#39;none&#39;');
      expect(page).toContain(device.customerId);
      expect(page).not.toMatch(/neglig|fahrlässig|careless/i);
    }
  });

  it('is in the log when it is made and each time it is taken out, and holds neither of these itself', async () => {
    const customerId = newCustomerId();
    await service.app.post(`/v1/customers/${customerId}/call-verdicts`, { trigger: 'ringing' });
    await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [] });
    const { body } = await make(customerId);
    expect(body.url).toBe(`${service.url}/v1/claims/${body.id}`);
    expect(body.url).not.toContain(customerId);
    await fetchZip(body.url);
    const again = new Uint8Array(await (await fetchZip(body.url)).arrayBuffer());
    // Lists tell of what no open transaction of the cluster can still come before, and other specs have some.
    const events = async () =>
      (await service.analyst.get(`/v1/events?subject=${body.id}`)).body.data.map(({ type, data }: any) => [
        type,
        data.by,
      ]);
    await expect.poll(events).toEqual([
      ['countersign.claim.made', 'analyst'],
      ['countersign.claim.opened', 'analyst'],
      ['countersign.claim.opened', 'analyst'],
    ]);
    expect(textsOf(again)['timeline.json']).not.toContain('countersign.claim');
    expect(failures(again)).toEqual([]);
  });

  it('comes by a link that opens it once', async () => {
    const { body } = await make(device.customerId);
    const path = new URL(body.url).pathname;
    const { body: link } = await service.analyst.post('/v1/downloads', { path });
    const response = await fetchAdmitted(link.url);
    expect(response.headers.get('content-disposition')).toContain('attachment');
    expect(failures(new Uint8Array(await response.arrayBuffer()))).toEqual([]);
    expect((await fetchAdmitted(link.url)).status).toBe(404);
    expect((await service.amara.post('/v1/downloads', { path })).status).toBe(403);
  });

  it('is of a time: what happened outside it is not in it', async () => {
    const file = await claimFileOf(device.customerId, SPAN);
    expect(Object.keys(textsOf(file)).filter((name) => name.includes('/'))).toEqual([]);
    expect(JSON.parse(textsOf(file)['timeline.json']!).events).toEqual([]);
    expect(failures(file)).toEqual([]);
  });

  it('can be made of a customer who was shredded, without anything personal, and still verifies', async () => {
    const gone = await service.customerWithDevice();
    const { customerId } = gone;
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'About the garden party',
      verify: true,
    });
    await gone.answer(service.app, (await gone.waitingQuestion(service.app))!, {
      answer: 'yes',
      code: call.verification.code,
    });
    await service.app.post(`/v1/customers/${customerId}/reports`, { channel: 'sms', text: 'Secret words' });
    const before = await claimFileOf(customerId);
    await service.admin.delete(`/v1/customers/${customerId}`);
    const after = await claimFileOf(customerId);
    expect(failures(before)).toEqual([]);
    expect(failures(after)).toEqual([]);
    expect(verifyClaim(after, keys).every(({ result }) => result === 'verified')).toBe(true);
    const all = Object.values(textsOf(after)).join('\n');
    expect(all).not.toMatch(/garden party|Secret words/);
    expect(textsOf(after)['index.html']).toContain('has been destroyed');
    expect(Object.keys(textsOf(after)).some((name) => name.startsWith('shown/'))).toBe(false);
  });
});

describe('a claim file is refused', () => {
  it('for a customer whom this bank never had', async () => {
    expect((await make(newCustomerId())).status).toBe(404);
    const { analyst } = await service.clients('southbank');
    expect((await analyst.post('/v1/claims', { customerId: device.customerId, ...soon() })).status).toBe(404);
  });

  it('to whoever is no analyst of this bank', async () => {
    const { body } = await make(device.customerId);
    for (const [identity, tenant, status] of [
      ['analyst', 'southbank', 404],
      ['agent:amara', 'northbank', 403],
      ['admin', 'northbank', 403],
      ['app', 'northbank', 403],
    ] as const)
      expect((await fetchZip(body.url, identity, tenant)).status, identity).toBe(status);
    expect((await fetchAdmitted(body.url)).status).toBe(401);
    for (const id of ['clm_01jd3f6q8zfk1rz1m3v9w1c2aa', 'x', `${body.id}x`, ids.call])
      expect((await fetchZip(`${service.url}/v1/claims/${id}`)).status, id).toBe(404);
    for (const by of ['app', 'amara', 'admin', 'dana'] as const)
      expect((await service[by].post('/v1/claims', { customerId: device.customerId, ...soon() })).status).toBe(403);
  });

  it.each([
    ['no time', { from: SPAN.to, to: SPAN.to }],
    ['a time backwards', { from: SPAN.to, to: SPAN.from }],
    ['more than 400 days', { from: '2020-01-01T00:00:00Z', to: '2021-02-05T00:00:00Z' }],
    ['a time to come', { from: '2999-01-01T00:00:00Z', to: '2999-01-02T00:00:00Z' }],
    ['no time at all', { from: 'yesterday', to: '2020-01-01' }],
    ['a field that there is not', { everything: true }],
  ])('for %s', async (_what, more) => expect((await make(device.customerId, more)).status).toBe(400));

  it('above its bounds, and says so; a shorter time is taken', async () => {
    const customerId = newCustomerId();
    await service.admin.put(`/v1/customers/${customerId}`, { phoneNumbers: [] });
    await service.sql(
      `INSERT INTO events (tenant_id, type, about, about_id, customer_id, data, xid)
       SELECT 'northbank', 'countersign.report.received', 'rpt', gen_random_uuid(), $1, '{"channel":"sms","reference":"3QM7-2D4F","shared":[],"of":null,"by":"app"}', '3' FROM generate_series(1, 501)`,
      [customerId],
    );
    expect(await make(customerId)).toMatchObject({
      status: 422,
      body: { type: expect.stringMatching(/claim-too-large$/), detail: expect.stringContaining('500 reports') },
    });
    expect((await make(customerId, SPAN)).status).toBe(201);
    expect(await service.sql(`SELECT FROM claims WHERE customer_id = $1`, [customerId])).toHaveLength(1);
  });

  it('never twice for one key', async () => {
    const body = { customerId: device.customerId, ...SPAN };
    const headers = { 'idempotency-key': `claim-${process.pid}` };
    const [one, other] = [
      await service.analyst.post('/v1/claims', body, { headers }),
      await service.analyst.post('/v1/claims', body, { headers }),
    ];
    expect(other.body.id).toBe(one.body.id);
    expect(other.headers.get('idempotency-replayed')).toBe('true');
  });
});

describe('a claim file that was tampered with', () => {
  const utf8 = (text: string): Uint8Array => Buffer.from(text, 'utf8');

  it('verifies as long as nothing is changed, also packed anew', () => {
    expect(failures(repacked(() => undefined))).toEqual([]);
  });

  it.each<[string, (files: Record<string, Uint8Array>) => void, string]>([
    [
      'a page altered',
      (files) => void (files['index.html'] = Buffer.concat([files['index.html']!, utf8(' ')])),
      'index.html',
    ],
    ['a report altered', (files) => void (files[`reports/${ids.report}.json`] = utf8('{}')), 'reports/'],
    ['what was shown altered', (files) => void (files[`shown/${ids.verification}.json`] = utf8('{}')), 'shown'],
    ['a file removed', (files) => void delete files[`reports/${ids.report}.json`], 'files'],
    ['an evidence removed', (files) => void delete files[`evidence/${ids.change}.jws`], 'decisions'],
    ['a file added', (files) => void (files['reports/rpt_01jd3f6q8zfk1rz1m3v9w1c2aa.json'] = utf8('{}')), 'files'],
    ['a verdict left out', (files) => void (files['verdicts.json'] = utf8('[]')), 'verdicts.json content'],
    [
      'two evidences swapped',
      (files) => {
        const [one, other] = [`evidence/${ids.verification}.jws`, `evidence/${ids.change}.jws`];
        [files[one], files[other]] = [files[other]!, files[one]!];
      },
      'evidence/',
    ],
    ['the manifest removed', (files) => void delete files['manifest.jws'], 'manifest'],
    [
      'the manifest altered',
      (files) => {
        const [header, payload, signature] = Buffer.from(files['manifest.jws']!).toString('ascii').split('.');
        const read = JSON.parse(Buffer.from(payload!, 'base64url').toString('utf8'));
        const altered = Buffer.from(JSON.stringify({ ...read, tenant: 'northbanl' })).toString('base64url');
        files['manifest.jws'] = utf8(`${header}.${altered}.${signature}`);
      },
      'signature',
    ],
  ])('fails: %s', (_what, change, named) => {
    expect(failures(repacked(change)).some((name) => name.startsWith(named))).toBe(true);
  });

  const manifested = (change: (read: any) => object) => (files: Record<string, Uint8Array>) => {
    const [header, payload, signature] = Buffer.from(files['manifest.jws']!).toString('ascii').split('.');
    const altered = canonicalJson(change(JSON.parse(Buffer.from(payload!, 'base64url').toString('utf8'))));
    files['manifest.jws'] = utf8(`${header}.${Buffer.from(altered).toString('base64url')}.${signature}`);
  };

  it('fails where what began in this time is said to have begun before it', () => {
    const { events } = JSON.parse(textsOf(genuine)['timeline.json']!);
    const subjects = events.map(({ record }: any) => record.subject).filter((one: string) => /^(ver|chg)_/.test(one));
    for (const withoutEvidence of [[ids.verification], [...new Set(subjects)]]) {
      const leftOut = repacked((files) => {
        for (const id of withoutEvidence) delete files[`evidence/${id}.jws`];
        manifested((read) => ({ ...read, withoutEvidence }))(files);
      });
      const decisions = verifyClaim(leftOut, keys).find(({ name }) => name === 'decisions');
      expect(decisions).toMatchObject({
        result: 'failed',
        detail: expect.stringContaining('its evidence is left out'),
      });
    }
  });

  it.each([
    { customerId: 'x\u001b[2J' },
    { claim: 'ok\n' },
    { from: 'now' },
    { tenant: '' },
    { withoutEvidence: ['x'] },
  ])('is no claim file where its manifest says %o', (more) =>
    expect(failures(repacked(manifested((read) => ({ ...read, ...more }))))).toEqual(['manifest']),
  );

  it('fails by other keys than the bank’s, and by none is vouched for by nobody', async () => {
    const other = [{ kty: 'OKP', crv: 'Ed25519', kid: keys[0]!.kid, x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }];
    expect(failures(genuine, other)).toContain('signature');
    expect(failures(genuine, [])).toContain('signature');
    const alone = verifyClaim(genuine, null);
    expect(alone.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(alone.find(({ name }) => name === 'signature')).toMatchObject({ result: 'not_verifiable' });
  });

  it('fails as the evidence of another customer', async () => {
    const stranger = await service.customerWithDevice();
    const { body: call } = await service.amara.post('/v1/calls', {
      customerId: stranger.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'Another payment',
      verify: true,
    });
    await service.amara.post(`/v1/calls/${call.id}/end`);
    const theirs = unzipSync(await claimFileOf(stranger.customerId));
    const name = Object.keys(theirs).find((one) => one.startsWith('evidence/'))!;
    const mixed = repacked((files) => void (files[name] = theirs[name]!));
    expect(failures(mixed)).toEqual(expect.arrayContaining(['files', `${name} content`]));
  });
});
