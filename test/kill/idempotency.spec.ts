import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.js';
import { createLogger } from '../../src/observability/logger.js';
import { prepareDatabase } from '../../src/boot/service-database.js';
import { ringAtAnyHour } from '../support/changes.js';
import { KEYED_CASES, type KeyedCase, type KeyedRequest } from '../support/keyed-requests.js';
import { bundleWhole } from '../support/program.js';
import { type RawReply, send } from '../support/raw-http.js';
import { freePort } from '../../bench/load/free-port.js';
import { type Identities, startTestService, type TestService } from '../support/service.js';
import { type TripPoint, Tripwire } from '../support/tripwire.js';

const KILLS = 200;
/** As many as there are cores, and one that starts. */
const AT_ONCE = 3;
const CLIENTS = 12;
const MOST_PASSES = 5;
/** Everything between the claim of a key and its answer. */
const POINTS: readonly TripPoint[] = [
  { statement: 'idempotency.claim', when: 'answered' },
  { statement: 'work.begin', when: 'answered' },
  { statement: 'idempotency.keep', when: 'asked' },
  { statement: 'idempotency.keep', when: 'answered' },
  { statement: 'work.commit', when: 'asked' },
  { statement: 'work.commit', when: 'answered', answer: 'COMMIT' },
];
const CHEAP = KEYED_CASES.filter(({ what }) => /^(by|to) a customer whom it creates/.test(what));
const ABOUT_CUSTOMERS = KEYED_CASES.filter(
  // A claim file is made of a time that is over: nothing of it changes with its customer.
  ({ operation, kept }) => kept !== false && !/Webhook|Notice|makeClaim/.test(operation),
);

interface Victim {
  readonly url: string;
  readonly process: ChildProcess;
  readonly wire: Tripwire;
}

interface Sent {
  readonly one: KeyedCase;
  readonly request: KeyedRequest;
  readonly key: string;
  answer: RawReply | null;
  tries: number;
}

let service: TestService;
let program: Awaited<ReturnType<typeof bundleWhole>>;
let loginUrl: string;
const tokens = new Map<keyof Identities, string>();
const victims = new Set<Victim>();
const killedAt = new Map<TripPoint, number>();
let begun = 0;
let killed = 0;

beforeAll(async () => {
  [service, program] = await Promise.all([
    startTestService({ WORKERS: 'off' }),
    bundleWhole('serving', 'test/support/serving-process.ts'),
  ]);
  await ringAtAnyHour(service);
  for (const identity of ['app', 'admin', 'analyst', 'amara', 'ben'] as const)
    tokens.set(
      identity,
      await service.token(identity === 'amara' || identity === 'ben' ? `agent:${identity}` : identity),
    );
  loginUrl = await prepareDatabase(
    readConfig({ ...settings(), MIGRATE: 'false', DATABASE_URL: service.ownerUrl }),
    service.ownerUrl,
    createLogger('silent'),
  );
}, 180_000);
afterAll(async () => {
  for (const victim of victims) victim.process.kill('SIGKILL');
  await Promise.all([service.stop(), program.remove(), ...[...victims].map(({ wire }) => wire.stop())]);
});

const settings = (): NodeJS.ProcessEnv => ({
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
});

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const isInProgress = ({ body }: RawReply): boolean => /idempotency-in-progress$/.test(body.type ?? '');
const whole = ({ status, text, headers }: RawReply): string => JSON.stringify([status, headers['content-type'], text]);

/** A process that is killed at one of the points, when it comes there for the first to the fifth time. */
async function startVictim(point: TripPoint): Promise<void> {
  let child: ChildProcess | null = null;
  const wire = await Tripwire.start(point, randomInt(1, MOST_PASSES + 1), () => child!.kill('SIGKILL'));
  const port = await freePort();
  child = spawn(process.execPath, [program.file], {
    env: { ...process.env, ...settings(), PORT: String(port), SERVICE_DATABASE_URL: wire.addressOf(loginUrl) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const victim = { url: `http://127.0.0.1:${port}`, process: child, wire };
  const gone = new Promise<void>((resolve) => child!.once('close', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child!.stdout!.once('data', () => resolve());
    void gone.then(() => reject(new Error('the process ended by itself')));
  });
  victims.add(victim);
  await gone;
  victims.delete(victim);
  expect(child.signalCode).toBe('SIGKILL');
  killed += 1;
  killedAt.set(point, (killedAt.get(point) ?? 0) + 1);
  await wire.stop();
}

async function killAgainAndAgain(): Promise<void> {
  while (begun < KILLS) {
    begun += 1;
    await startVictim(POINTS[begun % POINTS.length]!);
  }
}

function post({ as, path, body }: KeyedRequest, key: string, url: string): Promise<RawReply> {
  return send(url, {
    method: 'POST',
    path,
    headers: {
      authorization: `Bearer ${tokens.get(as)}`,
      'idempotency-key': key,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

/** Any process that is alive; the one that nobody kills where there is no other. */
function anyUrl(): string {
  const alive = [...victims];
  return alive.length === 0 ? service.url : alive[randomInt(alive.length)]!.url;
}

/** Sends it until it has an answer that is not about the state of the service, as a client does that knows no better. */
async function insist(sent: Sent): Promise<void> {
  for (;;) {
    sent.tries += 1;
    const reply = await post(sent.request, sent.key, anyUrl()).catch(() => null);
    if (reply && reply.status < 500 && !isInProgress(reply)) {
      sent.answer = reply;
      return;
    }
    await pause(reply ? 250 : 50);
  }
}

/** Each request is answered, and asked again, before the client goes on. */
async function beClient(log: Sent[]): Promise<void> {
  while (killed < KILLS) {
    if (victims.size === 0) await pause(50);
    const from = randomInt(5) === 0 ? ABOUT_CUSTOMERS : CHEAP;
    const one = from[randomInt(from.length)]!;
    const sent: Sent = { one, request: await one.prepare(service), key: randomUUID(), answer: null, tries: 0 };
    log.push(sent);
    await insist(sent);
  }
}

/** What happened to each customer, by the types of events, in order of their names; but for what time alone does, after ten minutes. */
async function eventsOf(customerIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await service.sql<{ id: string; types: string }>(
    `SELECT customer_id AS id, string_agg(type, ' ' ORDER BY type) AS types
       FROM (SELECT *, min(occurred_at) OVER (PARTITION BY customer_id) AS first_at FROM events WHERE customer_id = ANY($1)) e
      WHERE type <> 'countersign.verification.expired' AND occurred_at < first_at + interval '8 minutes' GROUP BY 1`,
    [customerIds],
  );
  return new Map(rows.map(({ id, types }) => [id, types]));
}

describe('processes killed while clients try again under the same keys', () => {
  it(
    'two hundred times, at every point between claim and answer: every key has one effect, and its first answer again',
    { timeout: 1_800_000 },
    async () => {
      const undisturbed: Sent[] = [];
      for (const one of ABOUT_CUSTOMERS) {
        const sent: Sent = { one, request: await one.prepare(service), key: randomUUID(), answer: null, tries: 0 };
        await insist(sent);
        undisturbed.push(sent);
      }
      const sent: Sent[] = [];
      await Promise.all([
        ...Array.from({ length: AT_ONCE }, killAgainAndAgain),
        ...Array.from({ length: CLIENTS }, () => beClient(sent)),
      ]);
      expect(killed).toBe(KILLS);
      for (const point of POINTS) expect(killedAt.get(point)).toBeGreaterThanOrEqual(Math.floor(KILLS / POINTS.length));

      for (const { one, request, key, answer } of sent) {
        expect([one.operation, one.what, answer!.status]).toEqual([one.operation, one.what, one.status]);
        const again = await post(request, key, service.url);
        expect(again.headers['idempotency-replayed']).toBe('true');
        expect(whole(again)).toBe(whole(answer!));
      }
      const events = await eventsOf([...undisturbed, ...sent].map(({ request }) => request.customerId!));
      const expected = new Map(undisturbed.map(({ one, request }) => [one, events.get(request.customerId!)]));
      for (const { one, request } of sent)
        expect([one.operation, one.what, events.get(request.customerId!)]).toEqual([
          one.operation,
          one.what,
          expected.get(one),
        ]);

      // The kills met what they were to meet: many answers were committed and never sent, and many requests had to run again.
      const afterKill = sent.filter(({ tries }) => tries > 1);
      expect(afterKill.length).toBeGreaterThanOrEqual(KILLS / 2);
      expect(
        afterKill.filter(({ answer }) => answer!.headers['idempotency-replayed'] === 'true').length,
      ).toBeGreaterThanOrEqual(KILLS / 20);
      expect(
        afterKill.filter(({ answer }) => answer!.headers['idempotency-replayed'] === undefined).length,
      ).toBeGreaterThanOrEqual(KILLS / 20);
    },
  );
});
