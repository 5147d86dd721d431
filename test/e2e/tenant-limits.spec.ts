import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunningService } from '../../src/boot/service.js';
import { BadNetwork } from '../support/bad-network.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { TenantsOperator, type TypedLimits } from '../support/tenants.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Long enough for any process on a busy machine. */
const soon = { timeout: 60_000, interval: 100 };
/** A request of a page of nobody's origin goes the ordinary way. */
const ORDINARY = { origin: 'https://nobody.example' };
const POLICY = '/v1/policy';
const LINES = '/v1/lines';

let service: TestService;
let other: RunningService;
let urls: readonly string[];
let operator: TenantsOperator;
let network: BadNetwork;
const tokens = new Map<string, string>();

beforeAll(async () => {
  network = await BadNetwork.start();
  service = await startTestService({ WORKERS: 'off' }, (url) => network.addressOf(url));
  other = await service.startAnother({ DATABASE_URL: service.ownerUrl });
  urls = [service.url, other.url];
  operator = new TenantsOperator(service);
  for (const bank of ['northbank', 'southbank'])
    for (const identity of ['admin', 'app', 'analyst'])
      tokens.set(`${bank} ${identity}`, await service.token(identity, bank));
});
afterEach(async () => {
  network.up();
  await limit({ requestsPerSecond: 'default', eventsPerSecond: 'default' });
  for (const url of urls)
    await expect.poll(async () => refused(await atOnce(40, () => ask(url, POLICY))), soon).toEqual([]);
});
afterAll(async () => {
  await service.stop();
  await network.stop();
});

interface Ask {
  readonly bank?: string;
  readonly as?: string;
  readonly method?: string;
  readonly body?: object;
  readonly headers?: Record<string, string>;
  /** Whether a refusal for load is an answer like another. */
  readonly once?: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: any;
}

async function ask(url: string, path: string, more: Ask = {}): Promise<Answer> {
  const { bank = 'northbank', as = 'admin', body, method = body ? 'POST' : 'GET', headers = {}, once = false } = more;
  const reply = await (once ? fetch : fetchAdmitted)(url + path, {
    method,
    headers: {
      authorization: `Bearer ${tokens.get(`${bank} ${as}`)}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
      ...headers,
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: Object.fromEntries(reply.headers),
    body: text === '' ? null : JSON.parse(text),
  };
}

const verdict = (url: string, more: Ask = {}): Promise<Answer> =>
  ask(url, `/v1/customers/${newCustomerId()}/call-verdicts`, {
    as: 'app',
    body: { trigger: 'ringing', incomingNumber: LINE },
    ...more,
  });
const report = (url: string): Promise<Answer> =>
  ask(url, `/v1/customers/${newCustomerId()}/reports`, {
    as: 'app',
    body: { channel: 'call', claimedNumber: '+447700900999' },
  });
const notice = (url: string): Promise<Answer> =>
  ask(url, '/v1/notices', {
    body: {
      channel: 'sms',
      sender: 'NORTHBANK',
      summary: 'A flood',
      text: 'Your card is on its way.',
      sentAt: new Date().toISOString(),
    },
  });

const atOnce = <Item>(times: number, make: (index: number) => Promise<Item>): Promise<Item[]> =>
  Promise.all(Array.from({ length: times }, (_none, index) => make(index)));
const refused = (answers: readonly Answer[]): Answer[] => answers.filter(({ status }) => status === 429);
const served = (answers: readonly Answer[]): Answer[] => answers.filter(({ status }) => status !== 429);

async function limit(limits: TypedLimits, bank = 'northbank'): Promise<void> {
  expect(await operator.run('limit', bank, false, limits)).toEqual({
    code: 0,
    text: `Tenant ${bank} is limited so.\n`,
  });
}

/** Limits a bank, and waits until every process refuses by it. */
async function limitRequests(perSecond: number): Promise<void> {
  await limit({ requestsPerSecond: String(perSecond) });
  for (const url of urls)
    await expect
      .poll(async () => refused(await atOnce(2 * perSecond + 20, () => ask(url, LINES))).length, soon)
      .toBeGreaterThan(0);
}

/** Asks in waves of so many at both processes in turn; with how long it took, seconds. */
async function flood(waves: number, size: number, make: (url: string) => Promise<Answer>): Promise<[Answer[], number]> {
  const began = performance.now();
  const answers: Answer[] = [];
  for (let wave = 0; wave < waves; wave += 1) answers.push(...(await atOnce(size, (n) => make(urls[n % 2]!))));
  return [answers, (performance.now() - began) / 1_000];
}

describe('a bank’s limit of requests', () => {
  it('ends its flood at all processes together, while each request of another bank is served', async () => {
    await limitRequests(10);
    const [[mine, seconds], [others]] = await Promise.all([
      flood(12, 60, (url) => ask(url, POLICY)),
      flood(12, 20, (url) => ask(url, POLICY, { bank: 'southbank' })),
    ]);
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
    // A second's worth at each process besides, and what each lets in before it hears of the other.
    expect(served(mine).length).toBeLessThanOrEqual(10 * (seconds + 4));
    expect(served(mine).length).toBeGreaterThan(0);
    expect(refused(mine).length).toBeGreaterThan(mine.length / 2);
    for (const { headers, body } of refused(mine)) {
      expect(headers).toMatchObject({
        'ratelimit-policy': '"tenant-requests";q=10;w=1',
        ratelimit: expect.stringMatching(/^"tenant-requests";r=0;t=\d+$/),
        'retry-after': expect.stringMatching(/^[1-9]\d*$/),
        'cache-control': 'no-store',
      });
      expect(body).toMatchObject({ status: 429, 'violated-policies': ['tenant-requests'] });
    }
  });

  it('leaves what somebody waits for to one process, however many lists are asked of the other', async () => {
    await limitRequests(10);
    let isFlooding = true;
    const flooding = (async (): Promise<Answer[]> => {
      const answers: Answer[] = [];
      while (isFlooding) answers.push(...(await atOnce(40, () => ask(urls[0]!, LINES))));
      return answers;
    })();
    // Each has heard of the other, and has forgotten what it let in before.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const waited: Answer[] = [];
    for (let n = 0; n < 12; n += 1) {
      waited.push(await ask(urls[1]!, POLICY));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    isFlooding = false;
    expect(refused(await flooding).length).toBeGreaterThan(0);
    expect(refused(waited)).toEqual([]);
  });

  it('refuses verdicts and reports last, and never with a verdict, by both ways in alike', async () => {
    await limitRequests(10);
    const [lists] = await flood(1, 80, (url) => ask(url, LINES));
    expect(refused(lists).length).toBeGreaterThan(0);
    const urgent = [
      ...(await atOnce(6, (n) => verdict(urls[n % 2]!))),
      ...(await atOnce(4, (n) => report(urls[n % 2]!))),
    ];
    expect(refused(urgent)).toEqual([]);
    const [short] = await flood(1, 400, (url) => verdict(url));
    const [ordinary] = await flood(1, 200, (url) => verdict(url, { headers: ORDINARY }));
    for (const answers of [short, ordinary]) expect(refused(answers).length).toBeGreaterThan(0);
    const known = ({ status, headers, body }: Answer): string =>
      JSON.stringify([status, headers['ratelimit-policy'], headers['content-type'], headers['cache-control'], body]);
    expect(new Set([...refused(short), ...refused(ordinary)].map(known)).size).toBe(1);
    for (const { body } of refused(short)) expect(JSON.stringify(body)).not.toMatch(/legitimate|verdict/);
  });

  it('is changed and taken away while the service runs, and streams stay open', async () => {
    const stream = await service.admin.stream('/v1/events/stream');
    await limitRequests(5);
    await limit({ requestsPerSecond: '100000' });
    for (const url of urls)
      await expect.poll(async () => refused(await atOnce(60, () => ask(url, LINES))), soon).toEqual([]);
    await verdict(service.url);
    expect(await stream.next()).not.toBeNull();
    stream.close();
    expect((await operator.run('list')).text).toMatch(/^northbank .*; at most 100000 requests a second/m);
    expect(
      await service.sql(
        `SELECT requests_per_second AS most FROM tenant_changes WHERE tenant_id = 'northbank' ORDER BY version DESC LIMIT 2`,
      ),
    ).toEqual([{ most: 100_000 }, { most: 5 }]);
  });

  it('holds at each process for itself where the count cannot be shared', async () => {
    await limitRequests(5);
    network.down();
    const answers = await atOnce(200, () => ask(service.url, POLICY, { once: true }));
    expect(refused(answers).length).toBeGreaterThan(100);
    expect(served(answers).length).toBeGreaterThan(0);
    network.up();
    await expect.poll(async () => (await verdict(service.url)).status, soon).toBe(200);
  });

  it('is nobody’s who names no bank that it can prove: a forged token uses up nothing', async () => {
    await limitRequests(5);
    const [head, claims] = tokens.get('northbank admin')!.split('.');
    const forged = `${head}.${claims}.${Buffer.alloc(64, 1).toString('base64url')}`;
    const strangers = await atOnce(200, () =>
      fetchAdmitted(service.url + POLICY, { headers: { authorization: `Bearer ${forged}` } }),
    );
    expect(new Set(strangers.map(({ status }) => status))).toEqual(new Set([401]));
    await expect.poll(async () => (await ask(service.url, POLICY)).status, soon).toBe(200);
  });

  it('is a whole number, of a bank that there is', async () => {
    for (const typed of ['0', '-1', '1.5', '1e3', '1000001', '', 'none', '5; DROP TABLE tenants', '٥'])
      expect((await operator.run('limit', 'northbank', false, { requestsPerSecond: typed })).code, typed).toBe(1);
    expect((await operator.run('limit', 'nobank', false, { requestsPerSecond: '5' })).code).toBe(1);
    const [row] = await service.sql(`SELECT count(*)::int AS rows FROM tenants WHERE requests_per_second IS NOT NULL`);
    expect(row.rows).toBe(0);
  });
});

describe('a bank’s limit of events', () => {
  it('refuses what would write more, and never what protects somebody', async () => {
    await limit({ eventsPerSecond: '4' });
    await expect.poll(async () => refused(await atOnce(20, () => notice(service.url))).length, soon).toBeGreaterThan(0);
    const [written] = await Promise.all([
      flood(6, 30, (url) => notice(url)),
      // What only reads goes on.
      flood(2, 10, (url) => ask(url, POLICY)).then(([reads]) => expect(refused(reads)).toEqual([])),
    ]);
    const [notices, seconds] = written;
    for (const { headers, body } of refused(notices)) {
      expect(headers['ratelimit-policy']).toBe('"tenant-events";q=4;w=1');
      expect(body['violated-policies']).toEqual(['tenant-events']);
    }
    expect(refused(notices).length).toBeGreaterThan(notices.length / 2);
    expect(served(notices).map(({ status }) => status)).toEqual(served(notices).map(() => 201));
    expect(served(notices).length).toBeLessThanOrEqual(2 * 4 * (seconds + 2));
    const urgent = [
      ...(await atOnce(30, (n) => verdict(urls[n % 2]!))),
      ...(await atOnce(10, (n) => report(urls[n % 2]!))),
    ];
    expect(refused(urgent)).toEqual([]);
    // Verdicts alone fill the second of what may wait, at every process.
    const verdicts = flood(20, 10, () => verdict(service.url));
    await expect.poll(async () => refused([await notice(other.url)]).length, { ...soon, interval: 20 }).toBe(1);
    expect(refused((await verdicts)[0])).toEqual([]);
  });
});
