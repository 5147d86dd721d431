import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunningService } from '../../src/boot/service.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { newCustomerId, startTestService, type TestService } from '../support/service.js';

const QUOTAS = {
  references: 5,
  'machine-references': 9,
  'notice-checks': 4,
  diagnostics: 3,
  verdicts: 6,
  'customer-lookups': 2,
};
const NOTHING = '/v1/references/K7QM-2D4F';

let service: TestService;
/** Another process on the same database. */
let other: RunningService;
const tokens = new Map<string, string>();

const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_none, index) => make(index));
const tokenOf = async (identity: string): Promise<string> => {
  if (!tokens.has(identity)) tokens.set(identity, await service.token(identity));
  return tokens.get(identity)!;
};

/** Asks one of both processes. */
async function ask(identity: string | null, path: string, body?: object, at = service.url): Promise<Response> {
  return fetch(at + path, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...(identity === null ? {} : { authorization: `Bearer ${await tokenOf(identity)}` }),
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Asks so often at once, of both processes in turn. */
const flood = (times: number, identity: string | null, path: string, body?: object): Promise<Response[]> =>
  Promise.all(many(times, (index) => ask(identity, path, body, index % 2 === 0 ? service.url : other.url)));

const refused = (replies: readonly Response[]): Response[] => replies.filter(({ status }) => status === 429);
const served = (replies: readonly Response[]): Response[] => replies.filter(({ status }) => status !== 429);
const checksOf = (customerId: string): string => `/v1/customers/${customerId}/notice-checks`;
const verdictsOf = (customerId: string): string => `/v1/customers/${customerId}/call-verdicts`;
const MESSAGE = { text: 'Your account is closed, ring us now' };
const CALL = { trigger: 'ringing', incomingNumber: '+447700900999' };

/** Nobody has asked anything in this minute, as far as the database and two new processes know. */
async function begin(): Promise<void> {
  await service?.stop();
  service = await startTestService({ RATE_LIMITS: JSON.stringify(QUOTAS), REFERENCE_CHECKS_PER_MINUTE: '7' });
  other = await service.startAnother();
  tokens.clear();
}

afterAll(() => service?.stop());

describe('what one caller may do in a minute', () => {
  beforeAll(begin);

  const PEOPLE = ['maya', 'noah', 'ines'];

  it.each([
    ['references, by a person', 'references', () => ['agent:amara', NOTHING] as const],
    ['references, by a customer', 'references', () => ['customer:maya', NOTHING] as const],
    ['references, by a program', 'machine-references', () => ['telephony', NOTHING] as const],
    [
      'checks of messages',
      'notice-checks',
      (time: number) => [`customer:${PEOPLE[time]!}`, checksOf(PEOPLE[time]!), MESSAGE] as const,
    ],
    ['checks for one customer', 'notice-checks', () => ['app', checksOf(newCustomerId()), MESSAGE] as const],
    ['diagnoses', 'diagnostics', () => ['admin', '/v1/diagnostics/trc_01jd3f6q8zfk1rz1m3v9w1c2aa'] as const],
  ] as const)('of %s is shared by all processes, and never passed', async (_what, policy, of) => {
    const callerOf: (time: number) => readonly [identity: string, path: string, body?: object] = of;
    const quota = QUOTAS[policy];
    let replies = await flood(30, ...callerOf(0));
    // A check of a message is answered whatever is broken: where the count comes late, on a machine that has much else to do, each process
    // counts for itself. Then it is asked of another caller, as often as there are some.
    for (let time = 1; policy === 'notice-checks' && served(replies).length > quota && time < PEOPLE.length; time += 1)
      replies = await flood(30, ...callerOf(time));
    expect(served(replies)).toHaveLength(quota);
    for (const reply of replies) expect(reply.headers.get('ratelimit-policy')).toBe(`"${policy}";q=${quota};w=60`);
    const left = served(replies).map(({ headers }) => Number(/;r=(\d+);t=\d+$/.exec(headers.get('ratelimit')!)![1]));
    expect(left.sort((a, b) => a - b)).toEqual(many(quota, (index) => index));
    for (const reply of refused(replies)) {
      const [, reset] = new RegExp(`^"${policy}";r=0;t=(\\d+)$`).exec(reply.headers.get('ratelimit')!)!;
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(Math.max(1, Number(reset)));
      expect(await reply.json()).toMatchObject({
        type: expect.stringMatching(/\/problems\/too-many-requests$/),
        status: 429,
        'violated-policies': [policy],
      });
    }
  });

  it('of references without a token is shared too, by address', async () => {
    const replies = await flood(30, null, '/v1/public/northbank/references/K7QM-2D4F');
    expect(served(replies)).toHaveLength(7);
    for (const reply of replies) expect(reply.headers.get('ratelimit-policy')).toBe('"public-references";q=7;w=60');
  });

  it('of looks at customers is told with them, and what is free is not counted', async () => {
    const summary = (): Promise<Response> => ask('agent:chioma', `/v1/customers/${newCustomerId()}/summary`);
    for (const left of [1, 0])
      expect((await summary()).headers.get('ratelimit')).toMatch(new RegExp(`^"customer-lookups";r=${left};t=\\d+$`));
    const third = await summary();
    expect([third.status, third.headers.get('ratelimit-policy')]).toEqual([429, '"customer-lookups";q=2;w=60']);
    expect(await third.json()).toMatchObject({ 'violated-policies': ['customer-lookups'] });
    expect((await ask('analyst', `/v1/customers/${newCustomerId()}/summary`)).headers.get('ratelimit')).toBeNull();
  });

  it('is kept without anybody’s name', async () => {
    const rows = await service.sql<{ name: string; whose: Buffer }>('SELECT name, whose FROM rate_limits');
    expect(rows.length).toBeGreaterThan(5);
    for (const { whose } of rows) expect(whose).toHaveLength(32);
    expect(JSON.stringify(rows.map(({ whose }) => whose.toString('latin1')))).not.toMatch(/amara|maya|127\.0\.0\.1/);
  });
});

describe("another's budget", () => {
  beforeAll(begin);

  it('is not used up: neither a person’s by another, nor a customer’s by another of the same app, nor by the app', async () => {
    const [mine, theirs] = [newCustomerId(), 'noah'];
    expect(refused(await flood(30, 'agent:amara', NOTHING)).length).toBeGreaterThan(0);
    expect((await ask('agent:ben', NOTHING)).status).toBe(404);
    expect(refused(await flood(30, 'app', checksOf(theirs), MESSAGE)).length).toBeGreaterThan(0);
    expect((await ask('app', checksOf(mine), MESSAGE)).status).toBe(200);
    expect((await ask(`customer:${theirs}`, checksOf(theirs), MESSAGE)).status).toBe(200);
  });

  it('never keeps a customer from a verdict: not what was asked of others, nor of them by another token', async () => {
    const [attacked, maya] = ['ines', 'maya'];
    const asked = await flood(40, 'app', verdictsOf(attacked), CALL);
    expect(refused(asked).length).toBeGreaterThan(0);
    const [one] = refused(asked);
    expect(one!.headers.get('ratelimit')).toMatch(/^"verdicts";r=0;t=\d+$/);
    expect(one!.headers.get('retry-after')).toMatch(/^\d+$/);
    // All else that an attacker can use up, of everybody and of this very customer.
    await flood(30, `customer:${maya}`, checksOf(maya), MESSAGE);
    await flood(30, `customer:${maya}`, NOTHING);
    await flood(30, null, '/v1/public/northbank/references/K7QM-2D4F');
    for (const [identity, customerId] of [
      [`customer:${attacked}`, attacked],
      [`customer:${maya}`, maya],
      ['app', maya],
    ] as const)
      for (const at of [service.url, other.url]) {
        const reply = await ask(identity, verdictsOf(customerId), CALL, at);
        expect([reply.status, await reply.json()]).toEqual([200, expect.objectContaining({ reason: 'not_our_line' })]);
      }
  });

  it('is not said of a verdict before half is used up', async () => {
    const customerId = newCustomerId();
    const first = await ask('app', verdictsOf(customerId), CALL);
    expect(first.headers.get('ratelimit')).toBeNull();
    const later = await Promise.all(many(4, () => ask('app', verdictsOf(customerId), CALL)));
    expect(later.some(({ headers }) => headers.get('ratelimit-policy') === '"verdicts";q=6;w=60')).toBe(true);
  });
});

describe('a caller whose count is locked', () => {
  beforeEach(begin);

  it('waits with one statement at each process, whatever they send, and passes nothing afterwards', async () => {
    await ask('agent:amara', NOTHING);
    const lock = await OpenTransaction.begin(service);
    await lock.query('SELECT FROM rate_limits FOR UPDATE');
    const waiting = flood(40, 'agent:amara', NOTHING);
    await lock.untilWaiting(2);
    // Forty wait, and every connection but one is free for the others.
    expect((await ask('app', verdictsOf(newCustomerId()), CALL)).status).toBe(200);
    const [row] = await service.sql<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    expect(row!.waiting).toBeLessThanOrEqual(2);
    await lock.commit();
    // One that waited for too long is a 503 and takes nothing.
    const all = [...(await waiting), ...(await flood(40, 'agent:amara', NOTHING))];
    expect(all.filter(({ status }) => status === 404)).toHaveLength(QUOTAS.references - 1);
  });

  it('has a new budget in the next minute', async () => {
    expect(served(await flood(30, 'agent:amara', NOTHING))).toHaveLength(QUOTAS.references);
    await service.sql(`UPDATE rate_limits SET since = now() - interval '1 minute'`);
    other = await service.startAnother();
    expect((await ask('agent:amara', NOTHING, undefined, other.url)).headers.get('ratelimit')).toMatch(
      /^"references";r=4;t=60$/,
    );
  });
});
