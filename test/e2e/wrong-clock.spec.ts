import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { BadNetwork } from '../support/bad-network.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { buildProgram, type RunningProgram } from '../support/program.js';
import { LINE } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { newSigningKey, seconds, signAccessToken, type SigningKey, TokenIssuer } from '../support/token-issuer.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 90_000 });

const SOON = { timeout: 60_000, interval: 50 };
const MINUTES = 60_000;
const SHIFTED = pathToFileURL(join(import.meta.dirname, '..', 'support', 'shifted-clock.mjs')).href;

let program: Awaited<ReturnType<typeof buildProgram>>;
let receiver: WebhookReceiver;
let network: BadNetwork;
beforeAll(async () => {
  [program, receiver, network] = await Promise.all([
    buildProgram('wrong-clock'),
    WebhookReceiver.start(),
    BadNetwork.start(),
  ]);
});
afterAll(async () => {
  await Promise.all([program.remove(), receiver.stop(), network.stop()]);
});

/** Less than the least by which a clock here is off. */
const LEEWAY_MS = 5_000;

describe.each([
  ['10 minutes ahead', 10 * MINUTES],
  ['10 minutes behind', -10 * MINUTES],
  ['20 days ahead', 20 * 1_440 * MINUTES],
  ['7 seconds behind', -7_000],
])('a process whose clock is %s', (name, offByMs) => {
  let database: TestDatabase;
  let dataDirectory: string;
  let issuer: TokenIssuer;
  let key: SigningKey;
  let running: RunningProgram;
  const token = (scope: string, lifetimeSeconds = 300, change: object = {}): Promise<string> =>
    signAccessToken(
      key,
      issuer.claims({
        scope,
        jti: `${scope}-${Math.random()}`,
        exp: seconds() + lifetimeSeconds,
        ...(scope === 'agent' ? { sub: 'amara', name: 'Amara Okafor' } : {}),
        ...change,
      }),
    );
  const as = async (scope: string, ...more: [number?, object?]): Promise<ServiceClient> =>
    new ServiceClient(running.url, await token(scope, ...more));
  let began = 0;
  beforeEach(() => void (began = Date.now()));
  /** That a time is of this test, by the clock of everybody else. */
  const expectNow = (milliseconds: number): void => {
    expect(milliseconds).toBeGreaterThan(began - LEEWAY_MS);
    expect(milliseconds).toBeLessThan(Date.now() + LEEWAY_MS);
  };
  const path = `/${name.replaceAll(' ', '-')}`;

  beforeAll(async () => {
    [database, dataDirectory, issuer, key] = await Promise.all([
      createTestDatabase(),
      makeTemporaryFolder(),
      new TokenIssuer().start(),
      newSigningKey('k1'),
    ]);
    issuer.keys = [key.jwk];
    running = await program.start({
      DATABASE_URL: network.addressOf(database.url),
      DATA_DIR: dataDirectory,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      TENANTS: JSON.stringify([{ id: 'northbank', issuer: issuer.url }]),
      NODE_OPTIONS: `--import=${SHIFTED}`,
      CLOCK_OFF_BY_MS: String(offByMs),
    });
  });
  afterAll(async () => {
    network.up();
    await running.stop();
    issuer.stop();
    await database.drop();
    await removeTemporaryFolder(dataDirectory);
  });

  it('signs webhooks at a time that receivers accept, and dates the test of one', async () => {
    const admin = await as('admin');
    const { body: hook } = await admin.post('/v1/webhooks', {
      url: receiver.url + path,
      types: ['countersign.call.declared'],
    });
    expect(
      (
        await (
          await as('agent')
        ).post('/v1/calls', {
          customerId: 'cust-1',
          direction: 'outbound',
          purpose: 'Hello',
          agent: { department: 'Fraud' },
        })
      ).status,
    ).toBe(201);
    await admin.post(`/v1/webhooks/${hook.id}/test`);
    await expect.poll(() => receiver.at(path).length, SOON).toBe(2);
    for (const one of receiver.at(path)) {
      expectNow(Number(one.headers['webhook-timestamp']) * 1_000);
      expect(new Webhook(hook.secret).verify(one.body, one.headers as Record<string, string>)).toBeTruthy();
      expectNow(Date.parse(one.event.time));
    }
  });

  it('accepts the tokens that are good now, and no others', async () => {
    const asked = (client: ServiceClient): Promise<number> => client.get('/v1/lines').then(({ status }) => status);
    expect(await asked(await as('admin', 30))).toBe(200);
    expect(await asked(await as('admin', -30))).toBe(401);
    expect(await asked(await as('admin', 300, { nbf: seconds() + 60 }))).toBe(401);
    expect(await asked(await as('admin', 300, { iat: seconds() + 60 }))).toBe(401);
  });

  it('forgets a token that it accepted once it has expired', async () => {
    const short = await as('admin', 1);
    expect((await short.get('/v1/lines')).status).toBe(200);
    await expect.poll(async () => (await short.get('/v1/lines')).status, SOON).toBe(401);
  });

  it('ends a stream with its token, and not before', async () => {
    const exp = seconds() + 4;
    const stream = await (await as('analyst', 4, { exp })).stream('/v1/events/stream');
    expect(await stream.next()).toBeNull();
    expect(Date.now()).toBeGreaterThan(exp * 1_000 - 1_000);
  });

  it('dates evidence, coverage until now, and what is said while the database is away', async () => {
    const [app, agent, analyst] = await Promise.all([as('app'), as('agent'), as('analyst')]);
    const device = await CustomerDevice.make('cust-2');
    expect((await device.enrol(app)).status).toBe(201);
    const { body: call } = await agent.post('/v1/calls', {
      customerId: 'cust-2',
      direction: 'outbound',
      purpose: 'Hello',
      agent: { department: 'Fraud' },
      verify: true,
    });
    await device.answer(app, (await device.waitingQuestion(app))!, { answer: 'yes', code: call.verification.code });
    let evidence: { status: number; body: string } = await analyst.get(`/v1/evidence/${call.verification.id}`);
    await vi.waitFor(async () => {
      evidence = await analyst.get(`/v1/evidence/${call.verification.id}`);
      expect(evidence.status).toBe(200);
    }, SOON);
    const { iat } = JSON.parse(Buffer.from(evidence.body.split('.')[1]!, 'base64url').toString('utf8')) as {
      iat: number;
    };
    expectNow(iat * 1_000);
    expectNow(Date.parse((await analyst.get('/v1/coverage?by=line')).body.to));
    network.down();
    const { body: verdict } = await app.post('/v1/customers/cust-2/call-verdicts', {
      trigger: 'ringing',
      incomingNumber: LINE,
    });
    network.up();
    expect(verdict).toMatchObject({ verdict: 'unknown', reason: 'unavailable' });
    expectNow(Date.parse(verdict.checkedAt));
  });

  it('says by how much it is off, in its metrics and in its log', async () => {
    const text = async (): Promise<string> => (await (await as('admin')).get<string>('/metrics')).body;
    await vi.waitFor(async () => {
      const skew = Number(/^countersign_clock_skew_seconds (\S+)$/m.exec(await text())?.[1]);
      expect(Math.abs(skew - offByMs / 1_000)).toBeLessThan(LEEWAY_MS / 1_000);
    }, SOON);
    const logged = [...running.log().matchAll(/"skewSeconds":(-?\d+)/g)].map(([, skew]) => Number(skew));
    expect(logged.some((skew) => Math.abs(skew - offByMs / 1_000) < LEEWAY_MS / 1_000)).toBe(true);
  });
});

describe('the development issuer of a process whose clock is off', () => {
  it.each([30 * MINUTES, -30 * MINUTES])('gives tokens that the same process accepts: by %i ms', async (offByMs) => {
    const [database, dataDirectory] = await Promise.all([createTestDatabase(), makeTemporaryFolder()]);
    const running = await program.start({
      DATABASE_URL: database.url,
      DATA_DIR: dataDirectory,
      LOG_LEVEL: 'silent',
      NODE_OPTIONS: `--import=${SHIFTED}`,
      CLOCK_OFF_BY_MS: String(offByMs),
    });
    try {
      for (const identity of ['app', 'agent:amara']) {
        const askedAt = seconds();
        const token = await fetchDevelopmentToken({
          serviceUrl: running.url,
          dataDirectory,
          tenant: 'northbank',
          identity,
        });
        const { iat, exp } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8')) as {
          iat: number;
          exp: number;
        };
        expect(iat).toBeGreaterThan(askedAt - 5);
        expect(iat).toBeLessThan(seconds() + 5);
        expect(exp - iat).toBe(3_600);
        const path = identity === 'app' ? '/v1/customers/cust-1/signals' : '/v1/calls';
        expect((await new ServiceClient(running.url, token).get(path)).status).toBe(200);
      }
    } finally {
      await running.stop();
      await database.drop();
      await removeTemporaryFolder(dataDirectory);
    }
  });
});
