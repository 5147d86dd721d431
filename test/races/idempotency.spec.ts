import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from '../support/service-client.js';
import { readConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/observability/logger.js';
import { prepareDatabase } from '../../src/boot/service-database.js';
import { giveOldNumber, ringAtAnyHour } from '../support/changes.js';
import { KEYED_CASES, type KeyedRequest } from '../support/keyed-requests.js';
import { OpenTransaction } from '../support/open-transaction.js';
import { bundle } from '../support/program.js';
import { type RawReply, send } from '../support/raw-http.js';
import { freePort } from '../../bench/load/free-port.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { type TripPoint, Tripwire } from '../support/tripwire.js';

let service: TestService;
let token: string;
let keys = 0;
beforeAll(async () => {
  service = await startTestService({ WORKERS: 'off' });
  token = await service.token('agent:amara');
});
afterAll(() => service.stop());

const newKey = (): string => `race-${(keys += 1)}`;
const call = (customerId: string): object => ({
  customerId,
  direction: 'outbound',
  line: LINE,
  purpose: 'A payment we stopped',
});
const declare = (body: object, key: string, url = service.url): Promise<RawReply> =>
  send(url, {
    method: 'POST',
    path: '/v1/calls',
    headers: { authorization: `Bearer ${token}`, 'idempotency-key': key, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const callsOf = async (customerId: string): Promise<number> =>
  (await service.sql('SELECT FROM calls WHERE customer_id = $1', [customerId])).length;
const isReplayed = (reply: RawReply): boolean => reply.headers['idempotency-replayed'] === 'true';
const expectInProgress = (reply: RawReply): void => {
  expect(reply).toMatchObject({ status: 409, body: { type: expect.stringMatching(/idempotency-in-progress$/) } });
  expect(reply.headers['retry-after']).toBe('1');
};

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_500; tries += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`never came: ${what}`);
}

describe('two processes that get the same key at once', () => {
  it('do it once between them, and give the same answer', async () => {
    const other = await service.startAnother();
    for (let round = 0; round < 30; round += 1) {
      const customerId = newCustomerId();
      const [body, key] = [call(customerId), newKey()];
      const replies = await Promise.all(
        [service.url, other.url, service.url, other.url].map((url) => declare(body, key, url)),
      );
      const done = replies.filter(({ status }) => status === 201);
      expect(done.filter((reply) => !isReplayed(reply))).toHaveLength(1);
      expect(new Set(done.map(({ text }) => text)).size).toBe(1);
      for (const reply of replies.filter(({ status }) => status !== 201)) expectInProgress(reply);
      expect((await declare(body, key, other.url)).text).toBe(done[0]!.text);
      expect(await callsOf(customerId)).toBe(1);
    }
    await other.stop();
  });
});

describe('a process that stands still for longer than its claim', () => {
  let child: ChildProcess;
  let url: string;
  let program: Awaited<ReturnType<typeof bundle>>;
  beforeAll(async () => {
    program = await bundle('standing', 'test/support/serving-process.ts');
    const settings = {
      NODE_ENV: 'test',
      PUBLIC_URL: service.url,
      DATA_DIR: service.dataDirectory,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      LOG_LEVEL: 'silent',
      MIGRATE: 'false',
      WORKERS: 'off',
      TENANTS: JSON.stringify([
        { id: 'northbank', issuer: `${service.url}/oidc/northbank`, jwksUri: `${service.url}/oidc/northbank/jwks` },
      ]),
    };
    const loginUrl = await prepareDatabase(
      readConfig({ ...settings, DATABASE_URL: service.ownerUrl }),
      service.ownerUrl,
      createLogger('silent'),
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(process.execPath, [program.file], {
      env: { ...process.env, ...settings, PORT: String(port), SERVICE_DATABASE_URL: loginUrl },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout!.once('data', resolve));
  }, 120_000);
  afterAll(async () => {
    child.kill('SIGKILL');
    await program.remove();
  });

  const openStates = async (): Promise<string> =>
    (
      await service.sql<{ state: string }>(
        `SELECT state FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND application_name = 'countersign northbank'`,
      )
    )
      .map(({ state }) => state)
      .join();

  /** A call declared under a key, not committed, whose process stands still. Where the wait for the lock ended first, once more. */
  async function standStill(): Promise<{ customerId: string; key: string; reply: { of: Promise<RawReply> } }> {
    for (let tries = 0; tries < 5; tries += 1) {
      const [customerId, key] = [newCustomerId(), newKey()];
      await declare(call(customerId), newKey());
      const transaction = await OpenTransaction.begin(service);
      await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
      const reply = { of: declare(call(customerId), key, url) };
      await transaction.untilWaiting();
      child.kill('SIGSTOP');
      await transaction.commit();
      for (let looks = 0; looks < 200 && (await openStates()) === ''; looks += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      if ((await openStates()) === 'idle in transaction') return { customerId, key, reply };
      child.kill('SIGCONT');
      await reply.of;
    }
    throw new Error('no transaction was left open');
  }

  it.each([
    ['before its claim is seen to have lapsed', false],
    ['after another did the same', true],
  ])(
    'with what it did still open, and goes on %s: there is one call, and its answer is that of who came first',
    async (_name, isTaken) => {
      const { customerId, key, reply } = await standStill();
      const body = call(customerId);
      let second: RawReply | null = null;
      try {
        const claimUntil = (when: string): Promise<unknown> =>
          service.sql(`UPDATE idempotency_keys SET claimed_until = now() + $2::interval WHERE key = $1`, [key, when]);
        await claimUntil('1 minute');
        expectInProgress(await declare(body, key));
        if (isTaken) {
          await claimUntil('-1 second');
          second = await declare(body, key);
        }
      } finally {
        child.kill('SIGCONT');
      }
      const first = await reply.of;
      if (second) {
        expect(second).toMatchObject({ status: 201 });
        expect(isReplayed(second)).toBe(false);
        expectInProgress(first);
      } else {
        expect(first).toMatchObject({ status: 201 });
      }
      for (const from of [service.url, url]) {
        const again = await declare(body, key, from);
        expect(isReplayed(again)).toBe(true);
        expect(again.text).toBe((second ?? first).text);
      }
      expect(await callsOf(customerId)).toBe(2);
      expect(
        await service.sql(`SELECT FROM events WHERE customer_id = $1 AND type = 'countersign.call.declared'`, [
          customerId,
        ]),
      ).toHaveLength(2);
    },
  );
});

describe('a request whose key was taken over while it waited', () => {
  it.each([
    ['a call', '/v1/calls', (customerId: string) => call(customerId), 'calls'],
    [
      'a report, which is committed before its request ends',
      '/v1/reports',
      (customerId: string) => ({ customerId, channel: 'call' }),
      'reports',
    ],
    [
      'a change',
      '/v1/changes',
      (customerId: string) => ({
        customerId,
        subject: 'email',
        after: { email: 'joiner@oak.example' },
        askedThrough: 'phone',
      }),
      'changes',
    ],
  ])('%s: says so, and leaves nothing', async (_name, path, bodyOf, table) => {
    const customerId = newCustomerId();
    await declare(call(customerId), newKey());
    const before = (await service.sql(`SELECT FROM ${table} WHERE customer_id = $1`, [customerId])).length;
    const key = newKey();
    const transaction = await OpenTransaction.begin(service);
    await transaction.query('SELECT FROM customers WHERE id = $1 FOR UPDATE', [customerId]);
    const lost = send(service.url, {
      method: 'POST',
      path,
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': key, 'content-type': 'application/json' },
      body: JSON.stringify(bodyOf(customerId)),
    });
    await transaction.untilWaiting();
    const [other] = await service.sql<{ claim: string }>(
      `UPDATE idempotency_keys SET claim = gen_random_uuid() WHERE key = $1 RETURNING claim`,
      [key],
    );
    await transaction.commit();
    expectInProgress(await lost);
    expect(await service.sql(`SELECT FROM ${table} WHERE customer_id = $1`, [customerId])).toHaveLength(before);
    expect(await service.sql('SELECT claim, response_sealed FROM idempotency_keys WHERE key = $1', [key])).toEqual([
      { ...other, response_sealed: null },
    ]);
  });
});

describe('a connection that is lost', () => {
  const points: [string, TripPoint, boolean][] = [
    ['with the commit on its way', { statement: 'work.commit', when: 'asked' }, false],
    ['after the commit', { statement: 'work.commit', when: 'answered', answer: 'COMMIT' }, true],
  ];

  it.each(points)(
    '%s does not free the key: whoever asks again waits, and then gets the one call',
    async (_name, point, committed) => {
      let cut = (): void => undefined;
      const wire = await Tripwire.start(point, 1, () => cut());
      cut = () => wire.cut();
      const other = await service.startAnother({ DATABASE_URL: wire.addressOf(service.ownerUrl), MIGRATE: 'false' });
      const customerId = newCustomerId();
      const [body, key] = [call(customerId), newKey()];
      expect(await declare(body, key, other.url)).toMatchObject({ status: 503 });
      expect(await callsOf(customerId)).toBe(committed ? 1 : 0);
      let again = await declare(body, key);
      if (!committed) {
        expectInProgress(again);
        await until('the end of the claim', async () => {
          again = await declare(body, key);
          return again.status !== 409;
        });
      }
      expect(again).toMatchObject({ status: 201 });
      expect(isReplayed(again)).toBe(committed);
      expect((await declare(body, key)).text).toBe(again.text);
      expect(await callsOf(customerId)).toBe(1);
      await Promise.all([other.stop(), wire.stop()]);
    },
  );
});

describe('with one connection to write on, and one for transactions', () => {
  it('every request that has a key is answered, many at once', { timeout: 180_000 }, async () => {
    const narrow = await startTestService({
      WORKERS: 'off',
      DATABASE_WRITE_CONNECTIONS: '1',
      DATABASE_POOL: '1',
      DATABASE_SHARED_CONNECTIONS: '1',
    });
    await ringAtAnyHour(narrow);
    const waiting = [...KEYED_CASES];
    const statusOf = async ({ as, path, body }: KeyedRequest): Promise<number> => {
      // One that needed a second connection would be refused each time; one that waited too long on a busy machine, once.
      const key = newKey();
      for (let tries = 1; ; tries += 1) {
        const reply: Reply = await narrow[as].post(path, body, { headers: { 'idempotency-key': key } });
        if (reply.status !== 503 || tries === 5) return reply.status;
      }
    };
    while (waiting.length > 0) {
      const together = waiting.splice(0, 9);
      const requests = [];
      for (const one of together) requests.push(await one.prepare(narrow));
      const statuses = await Promise.all(requests.map(statusOf));
      expect(together.map(({ operation, what }, place) => [operation, what, statuses[place]])).toEqual(
        together.map(({ operation, what, status }) => [operation, what, status]),
      );
    }
    expect(
      await narrow.sql(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%' AND query LIKE '%idempotency%'`,
      ),
    ).toEqual([]);
    await narrow.stop();
  });
});

describe('a request that goes on for long', () => {
  it('keeps its claim as long as it lives', async () => {
    // A lock is waited for 2 s: on a machine that stood still for longer, the request was refused it.
    let outcome = await endedSlowly();
    for (let more = 0; outcome.status === 503 && more < 5; more += 1) outcome = await endedSlowly();
    expect(outcome).toEqual({ status: 200, claim: '-infinity' });
  });

  /** Ends a call by two statements, each of which waits for a lock, and returns once the claim was renewed meanwhile and the request is over. */
  async function endedSlowly(): Promise<{ status: number; claim: string | undefined }> {
    const device = await service.customerWithDevice();
    await giveOldNumber(service, device.customerId);
    const key = newKey();
    const claimedUntil = async (): Promise<string | undefined> =>
      (
        await service.sql<{ at: string }>(`SELECT claimed_until::text AS at FROM idempotency_keys WHERE key = $1`, [
          key,
        ])
      )[0]?.at;
    const [customer, call] = [await OpenTransaction.begin(service), await OpenTransaction.begin(service)];
    const { body } = await service.amara.post('/v1/calls', {
      customerId: device.customerId,
      direction: 'outbound',
      line: LINE,
      purpose: 'A',
      verify: true,
    });
    await customer.query('SELECT FROM calls WHERE id = (SELECT id FROM calls WHERE customer_id = $1) FOR UPDATE', [
      device.customerId,
    ]);
    await call.query('SELECT FROM verifications WHERE customer_id = $1 FOR UPDATE', [device.customerId]);
    const ended = send(service.url, {
      method: 'POST',
      path: `/v1/calls/${body.id}/end`,
      headers: { authorization: `Bearer ${token}`, 'idempotency-key': key },
    });
    await customer.untilWaiting();
    const first = await claimedUntil();
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    await customer.commit();
    await Promise.race([call.untilWaiting().catch(() => undefined), ended]);
    await until('the claim to be renewed', async () => (await claimedUntil()) !== first);
    await call.commit();
    return { status: (await ended).status, claim: await claimedUntil() };
  }
});
