import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningService } from '../../src/boot/service.js';
import { TenantWatch } from '../../src/boot/tenants/watch.js';
import { SCOPES } from '../../src/config/scopes.js';
import { BadNetwork } from '../support/bad-network.js';
import { buildPages } from '../support/built-pages.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { type Reply, ServiceClient } from '../support/service-client.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { TenantsOperator } from '../support/tenants.js';
import { newSigningKey, signAccessToken, type SigningKey, TokenIssuer } from '../support/token-issuer.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Long enough for any process on a busy machine. */
const soon = { timeout: 60_000, interval: 50 };
const SUSPENDED = expect.stringMatching(/\/problems\/tenant-suspended$/);

let service: TestService;
let other: RunningService;
let urls: readonly string[];
let operator: TenantsOperator;
let network: BadNetwork;
let issuer: TokenIssuer;
let receiver: WebhookReceiver;
let key: SigningKey;
beforeAll(async () => {
  buildPages();
  [issuer, key, receiver, network] = await Promise.all([
    new TokenIssuer().start(),
    newSigningKey('k1'),
    WebhookReceiver.start(),
    BadNetwork.start(),
  ]);
  issuer.keys = [key.jwk];
  service = await startTestService({}, (url) => network.addressOf(url));
  other = await service.startAnother({ DATABASE_URL: service.ownerUrl });
  urls = [service.url, other.url];
  operator = new TenantsOperator(service);
});
afterEach(() => network.up());
afterAll(async () => {
  await service.stop();
  issuer.stop();
  await Promise.all([receiver.stop(), network.stop()]);
});

const entryOf = (id: string, more: object = {}): object => ({
  id,
  issuer: `${issuer.url}/${id}`,
  jwksUri: `${issuer.url}/jwks`,
  customerIssuer: { issuer: `${issuer.url}/${id}/my`, jwksUri: `${issuer.url}/jwks`, claim: 'sub' },
  ...more,
});

async function run(command: string, more: string | object): Promise<void> {
  const { code, text } = await operator.run(command, more);
  expect([code, text]).toEqual([0, expect.any(String)]);
}

async function as(bank: string, scope: string, url = service.url): Promise<ServiceClient> {
  const iss = `${issuer.url}/${bank}${scope === 'customer' ? '/my' : ''}`;
  return new ServiceClient(
    url,
    await signAccessToken(key, issuer.claims({ iss, scope, sub: `${scope}-1`, name: 'A person' })),
  );
}

const verdictOf = (app: ServiceClient): Promise<Reply> =>
  app.post(`/v1/customers/${newCustomerId()}/call-verdicts`, {
    trigger: 'ringing',
    incomingNumber: '+447700900999',
  });

/** Waits until every process answers a bank's admin so. */
async function untilAnswered(bank: string, status: number): Promise<void> {
  for (const url of urls)
    await expect.poll(async () => (await (await as(bank, 'admin', url)).get('/v1/me')).status, soon).toBe(status);
}

async function add(bank: string): Promise<void> {
  await run('add', entryOf(bank));
  await untilAnswered(bank, 200);
}

/** As a scrape of one process tells it. */
const notServed = async (): Promise<number> => {
  const { body } = await service.admin.get<string>('/metrics');
  return Number(/^countersign_tenants_not_served (\d+)$/m.exec(body)?.[1]);
};

const sizeOfLog = async (bank: string): Promise<number> =>
  Number((await (await fetchAdmitted(`${service.url}/log/checkpoint?tenant=${bank}`)).text()).split('\n')[1]);

const unsealed = async (bank: string): Promise<number> => {
  const [{ events, leaves }] = (await service.sql(
    `SELECT (SELECT count(*) FROM events WHERE tenant_id = $1)::int AS events,
            (SELECT count(*) FROM log_leaves WHERE tenant_id = $1)::int AS leaves`,
    [bank],
  )) as [{ events: number; leaves: number }];
  return events - leaves;
};

describe('a bank that is added while the service runs', () => {
  it('is served by every process, has its own log, and its webhooks are called', async () => {
    await add('eastbank');
    const admin = await as('eastbank', 'admin');
    expect((await admin.put(`/v1/lines/${encodeURIComponent(LINE)}`, { use: 'outbound', label: 'East' })).status).toBe(
      201,
    );
    const hook = await admin.post('/v1/webhooks', {
      url: `${receiver.url}/east`,
      types: ['countersign.call.declared'],
    });
    expect(hook.status).toBe(201);
    const agent = await as('eastbank', 'agent', other.url);
    const declared = await agent.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      line: LINE,
      purpose: 'A payment we stopped',
    });
    expect(declared.status).toBe(201);
    for (const url of urls) expect((await verdictOf(await as('eastbank', 'app', url))).status).toBe(200);
    await expect.poll(() => receiver.received.filter(({ path }) => path === '/east').length, soon).toBe(1);
    await expect.poll(() => unsealed('eastbank'), soon).toBe(0);
    // Sealed is what is in the log; its checkpoint is signed right after.
    await expect.poll(() => sizeOfLog('eastbank'), soon).toBeGreaterThan(0);
    // And nobody else's data is its own.
    expect(
      (await (await as('eastbank', 'telephony')).get(`/v1/calls?customerId=${declared.body.customerId}`)).status,
    ).toBe(200);
    expect((await service.amara.get(`/v1/calls/${declared.body.id}`)).status).toBe(404);
  });

  it('has pages, a console and a panel with what its entry says of them, and others once it says something else', async () => {
    const pageOf = async (path: string, url = service.url): Promise<string> => {
      const response = await fetchAdmitted(url + path);
      return `${response.status} ${await response.text()}`;
    };
    const paths = ['/my/pagebank', '/check/pagebank', '/console/pagebank/desk', '/panel/pagebank'];
    for (const url of urls) for (const path of paths) expect(await pageOf(path, url)).toMatch(/^404 /);
    await run('add', entryOf('pagebank', { pages: { name: 'Page & Bank', consoleClientId: 'desk-1' } }));
    await untilAnswered('pagebank', 200);
    for (const url of urls)
      for (const path of paths) {
        const page = await pageOf(path, url);
        expect(page, path).toMatch(/^200 [^]*content="pagebank"/);
        expect(page, path).toContain('Page &#38; Bank');
        expect(page.includes('content="desk-1"'), path).toBe(/console|panel/.test(path));
      }
    expect(await pageOf('/my/pagebank/manifest.webmanifest')).toContain('"short_name":"Page & Bank"');
    expect(JSON.parse((await pageOf('/v1/public/pagebank/settings')).slice(4))).toMatchObject({
      name: 'Page & Bank',
      signIn: { issuer: `${issuer.url}/pagebank/my` },
    });
    // Where none is named, it is another bank's as before.
    expect(await pageOf('/my')).toContain('content="northbank"');
    await run('change', entryOf('pagebank', { pages: { name: 'Another name' } }));
    for (const url of urls)
      for (const path of paths) await expect.poll(() => pageOf(path, url), soon).toContain('Another name');
    await run('suspend', 'pagebank');
    await untilAnswered('pagebank', 403);
    for (const url of urls) {
      expect(await pageOf('/my/pagebank', url)).toContain('Another name');
      expect(await pageOf('/v1/public/pagebank/references/K7QM-2D4F', url)).toMatch(/^403 .*tenant-suspended/);
    }
    const { code, text } = await operator.run('change', entryOf('pagebank', { pages: { colour: 'red' } }));
    expect([code, text]).toEqual([1, expect.stringContaining('`pages` has nothing but')]);
  });

  it('with an issuer of another bank by hand, is served by nobody; the other bank is as before', async () => {
    await service.sql('INSERT INTO tenants (id, entry, version) VALUES ($1, $2, 0)', [
      'thief',
      { id: 'thief', issuer: `${service.url}/oidc/northbank` },
    ]);
    await add('afterthief');
    await expect.poll(notServed, soon).toBe(1);
    for (const url of urls) {
      const { status, body } = await new ServiceClient(url, await service.token('admin')).get('/v1/me');
      expect([status, body.tenant]).toEqual([200, 'northbank']);
    }
    expect((await fetchAdmitted(`${service.url}/log/checkpoint?tenant=thief`)).status).toBe(404);
    await service.sql(`UPDATE tenants SET entry = NULL WHERE id = 'thief'`);
    await expect.poll(notServed, soon).toBe(0);
  });
});

describe('a bank that is changed while the service runs', () => {
  it('takes no token of its former issuer any more, also not one that was taken just now', async () => {
    await add('movingbank');
    const before = await as('movingbank', 'admin');
    expect((await before.get('/v1/me')).status).toBe(200);
    const stream = await before.stream('/v1/events/stream');
    await run('change', entryOf('movingbank', { issuer: `${issuer.url}/elsewhere` }));
    await untilAnswered('elsewhere', 200);
    for (const url of urls) expect((await (await as('movingbank', 'admin', url)).get('/v1/me')).status, url).toBe(401);
    expect((await before.get('/v1/me')).status).toBe(401);
    while ((await stream.next()) !== null);
    expect((await (await as('elsewhere', 'admin')).get('/v1/me')).body.tenant).toBe('movingbank');
  });
});

describe('a bank that is suspended while the service runs', () => {
  it('is refused with each of its scopes by every process, whichever way in, and is served again once it is resumed', async () => {
    await add('westbank');
    const known = await Promise.all(urls.map((url) => as('westbank', 'app', url)));
    for (const app of known) expect((await verdictOf(app)).status).toBe(200);
    await run('suspend', 'westbank');
    await untilAnswered('westbank', 403);
    for (const url of urls)
      for (const scope of SCOPES) {
        const { status, body } = await (await as('westbank', scope, url)).get('/v1/me');
        expect([scope, status, body.type]).toEqual([scope, 403, SUSPENDED]);
      }
    // The short way knows these tokens, and would ask nobody else.
    for (const app of known) {
      const { status, body } = await verdictOf(app);
      expect([status, body.type]).toEqual([403, SUSPENDED]);
      expect(JSON.stringify(body)).not.toContain('legitimate');
    }
    expect((await (await as('westbank', 'customer')).get('/v1/events/stream')).body.type).toEqual(SUSPENDED);
    expect((await new ServiceClient(service.url, 'not.a.token').get('/v1/me')).status).toBe(401);
    // Nobody else notices.
    expect((await verdictOf(service.app)).status).toBe(200);
    await run('resume', 'westbank');
    await untilAnswered('westbank', 200);
    for (const app of known) expect((await verdictOf(app)).status).toBe(200);
  });

  it('also where it stands in TENANTS, and at a start', async () => {
    await run('suspend', 'southbank');
    const south = (url: string): Promise<Reply> =>
      service.token('admin', 'southbank').then((token) => new ServiceClient(url, token).get('/v1/me'));
    for (const url of urls) await expect.poll(async () => (await south(url)).status, soon).toBe(403);
    const third = await service.startAnother();
    expect((await south(third.url)).body.type).toEqual(SUSPENDED);
    await run('resume', 'southbank');
    for (const url of [...urls, third.url]) await expect.poll(async () => (await south(url)).status, soon).toBe(200);
    await third.stop();
  });

  it('loses its streams, and opens none', async () => {
    await add('streambank');
    const streams = await Promise.all(
      urls.map(async (url) => (await as('streambank', 'admin', url)).stream('/v1/events/stream')),
    );
    const norths = await service.admin.stream('/v1/events/stream');
    await run('suspend', 'streambank');
    for (const stream of streams) while ((await stream.next()) !== null);
    await expect(as('streambank', 'admin').then((admin) => admin.stream('/v1/events/stream'))).rejects.toThrow('403');
    await verdictOf(service.app);
    expect(await norths.next()).not.toBeNull();
    norths.close();
  });

  it('keeps its data and its log, which is sealed to its end and proved to anybody; its jobs rest until it is resumed', async () => {
    await add('quietbank');
    const [admin, agent] = await Promise.all([as('quietbank', 'admin'), as('quietbank', 'agent')]);
    await admin.put(`/v1/lines/${encodeURIComponent(LINE)}`, { use: 'outbound', label: 'Quiet' });
    await admin.post('/v1/webhooks', { url: `${receiver.url}/quiet`, types: ['countersign.call.declared'] });
    const declare = (): Promise<Reply> =>
      agent.post('/v1/calls', {
        customerId: newCustomerId(),
        direction: 'outbound',
        line: LINE,
        purpose: 'A payment we stopped',
      });
    const delivered = (): number => receiver.received.filter(({ path }) => path === '/quiet').length;
    await declare();
    await expect.poll(delivered, soon).toBe(1);
    await run('suspend', 'quietbank');
    await untilAnswered('quietbank', 403);
    // As what was under way at that moment would leave it.
    await service.sql(
      `INSERT INTO events (tenant_id, type, about, about_id, data) SELECT tenant_id, type, about, about_id, data FROM events WHERE tenant_id = 'quietbank' AND type = 'countersign.call.declared'`,
    );
    await expect.poll(() => unsealed('quietbank'), soon).toBe(0);
    const [{ leaves }] = (await service.sql(
      `SELECT count(*)::int AS leaves FROM log_leaves WHERE tenant_id = 'quietbank'`,
    )) as [{ leaves: number }];
    await expect.poll(() => sizeOfLog('quietbank'), soon).toBe(leaves);
    const proof = await fetchAdmitted(`${service.url}/log/consistency?tenant=quietbank&first=1&second=${leaves}`);
    expect(proof.status).toBe(200);
    expect(delivered()).toBe(1);
    expect((await service.sql(`SELECT FROM calls WHERE tenant_id = 'quietbank'`)).length).toBe(1);
    await run('resume', 'quietbank');
    await expect.poll(delivered, soon).toBe(2);
    // Who delivered may have heard of it before who is asked.
    await untilAnswered('quietbank', 200);
    expect((await declare()).status).toBe(201);
  });
});

describe('a process that is cut off from the database while a bank is suspended', () => {
  it('answers nothing about it, and refuses it as soon as it is connected again', async () => {
    await add('farbank');
    const app = await as('farbank', 'app');
    expect((await verdictOf(app)).status).toBe(200);
    network.down();
    await run('suspend', 'farbank');
    const cutOff = await verdictOf(app);
    expect(JSON.stringify(cutOff.body)).not.toContain('"verdict":"legitimate"');
    network.up();
    await expect.poll(async () => (await verdictOf(app)).status, soon).toBe(403);
  });

  it('does nothing for anybody where it cannot know, although all else is connected', async () => {
    const third = await service.startAnother();
    const app = new ServiceClient(third.url, await service.token('app'));
    const admin = new ServiceClient(third.url, await service.token('admin'));
    expect((await admin.get('/v1/lines')).status).toBe(200);
    // As if that one question hung: the rest of the process is well.
    await third.app.get(TenantWatch).beforeApplicationShutdown();
    await expect.poll(async () => (await admin.get('/v1/lines')).status, soon).toBe(503);
    const { body } = await verdictOf(app);
    expect(JSON.stringify(body)).not.toContain('"verdict":"legitimate"');
    expect((await fetch(`${third.url}/health/ready`)).status).toBe(503);
    // What one look found is relied on for a moment.
    const onceLooked = async (): Promise<number> => {
      await third.app.get(TenantWatch).look();
      return (await admin.get('/v1/lines')).status;
    };
    await expect.poll(onceLooked, soon).toBe(200);
    await third.stop();
  });
});
