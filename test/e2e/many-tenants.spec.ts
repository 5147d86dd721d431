import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Reply, ServiceClient } from '../support/service-client.js';
import { LINE, startTestService, type TestService } from '../support/service.js';
import { newSigningKey, signAccessToken, type SigningKey, TokenIssuer } from '../support/token-issuer.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const BANKS = Array.from({ length: 100 }, (_, n) => `bank-${n}`);
const PROCESSES = 4;
const ROUNDS = [0, 1];
const MOST_CONNECTIONS = 200;
/** The same at every bank, and so is their line: an answer of the wrong one would be there. */
const CUSTOMER = 'cust-of-every-bank';

let issuer: TokenIssuer;
let key: SigningKey;
let service: TestService;
let urls: string[];

beforeAll(async () => {
  issuer = await new TokenIssuer().start();
  key = await newSigningKey('k1');
  issuer.keys = [key.jwk];
  service = await startTestService({
    TENANTS: JSON.stringify(BANKS.map((id) => ({ id, issuer: `${issuer.url}/${id}`, jwksUri: `${issuer.url}/jwks` }))),
  });
  const others = [];
  for (let n = 1; n < PROCESSES; n += 1) others.push(await service.startAnother());
  urls = [service.url, ...others.map(({ url }) => url)];
});
afterAll(async () => {
  await service.stop();
  issuer.stop();
});

async function as(url: string, bank: string, scope: string): Promise<ServiceClient> {
  const claims = issuer.claims({
    iss: `${issuer.url}/${bank}`,
    scope,
    sub: `${scope} of ${bank}`,
    name: `${scope} of ${bank}`,
  });
  return new ServiceClient(url, await signAccessToken(key, claims));
}

/** Those of the service, of whatever kind: what serves, background work, and what only looks whether all is well. */
async function connections(): Promise<Record<string, number>> {
  const rows = await service.sql<{ name: string; open: number }>(
    `SELECT application_name AS name, count(*)::int AS open FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename <> current_user GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ name, open }) => [name, open]));
}

const sumOf = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, open) => sum + open, 0);

/** Counts until it is told to stop; returns the most that there were. */
function watchConnections(): () => Promise<{ most: number; kinds: Set<string> }> {
  const kinds = new Set<string>();
  let [most, stopped] = [0, false];
  const watching = (async () => {
    while (!stopped) {
      const counts = await connections();
      for (const name of Object.keys(counts)) kinds.add(name);
      most = Math.max(most, sumOf(counts));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  return async () => {
    stopped = true;
    await watching;
    return { most, kinds };
  };
}

const purposeOf = (bank: string): string => `A payment of ${bank}`;

/** Asks again as a client does, where the service has too much to do just now or is still at it: nobody is to be told anything wrong instead. */
async function served(ask: () => Promise<Reply>): Promise<Reply> {
  for (const deadline = Date.now() + 90_000; ;) {
    const reply = await ask();
    const isToBeAskedAgain =
      reply.status === 503 ||
      reply.body?.verdict === 'unknown' ||
      /\/idempotency-in-progress$/.test(String(reply.body?.type));
    if (!isToBeAskedAgain || Date.now() > deadline) return reply;
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 300));
  }
}

/** What one bank does at one process, none of which may show what another does. */
async function story(url: string, bank: string): Promise<void> {
  const [admin, agent, app] = (await Promise.all(['admin', 'agent', 'app'].map((scope) => as(url, bank, scope)))) as [
    ServiceClient,
    ServiceClient,
    ServiceClient,
  ];
  const path = `/v1/lines/${encodeURIComponent(LINE)}`;
  const line = await served(() => admin.put(path, { use: 'outbound', label: bank }));
  expect([line.status < 300, line.body.label]).toEqual([true, bank]);
  const phoneNumbers = [{ number: '+447700900123' }];
  const customer = await served(() => admin.put(`/v1/customers/${CUSTOMER}`, { phoneNumbers }));
  expect(customer.status).toBeLessThan(300);
  const declared = { customerId: CUSTOMER, direction: 'outbound', line: LINE, purpose: purposeOf(bank) };
  // Done once, however often it is asked.
  const once = (): { headers: Record<string, string> } => ({ headers: { 'idempotency-key': randomUUID() } });
  const declaration = once();
  const call = await served(() => agent.post('/v1/calls', declared, declaration));
  expect([call.status, call.body.purpose]).toEqual([201, purposeOf(bank)]);
  const [read, lines, verdict] = (await Promise.all([
    served(() => agent.get(`/v1/calls/${call.body.id}`)),
    served(() => admin.get('/v1/lines')),
    served(() => app.post(`/v1/customers/${CUSTOMER}/call-verdicts`, { trigger: 'ringing', incomingNumber: LINE })),
  ])) as [Reply, Reply, Reply];
  expect(read.body).toMatchObject({ id: call.body.id, purpose: purposeOf(bank) });
  expect(JSON.stringify(lines.body).match(/"label":"[^"]*"/g)).toEqual([`"label":"${bank}"`]);
  expect(verdict).toMatchObject({ status: 200, body: { verdict: 'legitimate' } });
  const ending = once();
  expect((await served(() => agent.post(`/v1/calls/${call.body.id}/end`, undefined, ending))).status).toBe(200);
}

describe(`${BANKS.length} tenants and ${PROCESSES} processes`, () => {
  it(`have at most ${MOST_CONNECTIONS} connections in all while all are used at once, and each has its own answers`, async () => {
    // The keys of an issuer are fetched once by each process, all of them here from the one server of this test.
    for (let first = 0; first < BANKS.length; first += 10)
      await Promise.all(
        BANKS.slice(first, first + 10).flatMap((bank, n) =>
          ROUNDS.map(async (round) => {
            const agent = await as(urls[(first + n + round) % PROCESSES]!, bank, 'agent');
            expect((await served(() => agent.get('/v1/me'))).status).toBe(200);
          }),
        ),
      );
    const stop = watchConnections();
    try {
      for (const round of ROUNDS)
        await Promise.all(BANKS.map((bank, n) => story(urls[(n + round) % PROCESSES]!, bank)));
    } finally {
      await stop();
    }
    const { most, kinds } = await stop();
    expect(most).toBeLessThanOrEqual(MOST_CONNECTIONS);
    // Else those that share were not counted, or the others were forgotten.
    expect([...kinds]).toEqual(expect.arrayContaining(['countersign tenants', 'countersign jobs']));
    expect([...kinds].filter((name) => name.startsWith('countersign bank-'))).toEqual([]);
    const rows = await service.sql<{ tenant_id: string; calls: number; purposes: number }>(
      `SELECT tenant_id, count(*)::int AS calls FROM calls GROUP BY 1`,
    );
    expect(rows.map(({ tenant_id: bank, calls }) => `${bank} ${calls}`).sort()).toEqual(
      BANKS.map((bank) => `${bank} 2`).sort(),
    );
  });

  it('are all ready, and work in the background for each of them', async () => {
    for (const url of urls) {
      const ready = async (): Promise<number> => (await fetch(`${url}/health/ready`)).status;
      await expect.poll(ready, { timeout: 60_000, interval: 200 }).toBe(200);
    }
    const sealed = async (): Promise<number> =>
      (await service.sql<{ banks: number }>('SELECT count(DISTINCT tenant_id)::int AS banks FROM log_checkpoints'))[0]!
        .banks;
    await expect.poll(sealed, { timeout: 60_000, interval: 100 }).toBe(BANKS.length);
    expect(sumOf(await connections())).toBeLessThanOrEqual(MOST_CONNECTIONS);
  });
});
