import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { examine } from '../../src/boot/doctor/doctor.js';
import type { Finding } from '../../src/boot/doctor/finding.js';
import { verifyConsistency } from '../../src/crypto/merkle-tree.js';
import { toTypeId } from '../../src/ids/ids.js';
import { openCheckpoint } from '../../src/transparency/checkpoint.js';
import { type TrustedKey, verifyEvidence } from '@countersign/client';
import { fetchAdmitted } from '../support/once-admitted.js';
import { bundle } from '../support/program.js';
import { LINE, newCustomerId, startTestService, type TestService } from '../support/service.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
const MASTER_KEY = Buffer.alloc(32, 7);
/** Other specs of the cluster hold the log back now and then. */
const SOON = { timeout: 60_000, interval: 50 };

let service: TestService;
let receiver: WebhookReceiver;
let mendLog: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  [service, receiver, mendLog] = await Promise.all([
    startTestService(),
    WebhookReceiver.start(),
    bundle('mend-log', 'scripts/mend-log.ts'),
  ]);
  expect(
    (
      await service.admin.post('/v1/webhooks', {
        url: `${receiver.url}/hook`,
        types: ['countersign.call.*', 'countersign.verification.*'],
      })
    ).status,
  ).toBe(201);
});
afterAll(async () => {
  await Promise.all([service.stop(), receiver.stop(), mendLog.remove()]);
});

interface Decision {
  readonly callId: string;
  readonly verificationId: string;
}

/** A call that a customer confirms; null where the service decides nothing. */
async function decide(): Promise<Decision | null> {
  const device = await CustomerDevice.make(newCustomerId());
  if ((await device.enrol(service.app)).status === 503) return null;
  const { status, body: call } = await service.amara.post('/v1/calls', {
    customerId: device.customerId,
    direction: 'outbound',
    line: LINE,
    purpose: 'A payment we stopped',
    agent: { department: 'Fraud Operations' },
    verify: true,
  });
  if (status === 503) return null;
  expect(status).toBe(201);
  const question = await device.waitingQuestion(service.app);
  const answer = await device.answer(service.app, question!, { answer: 'yes', code: call.verification.code });
  if (answer.status === 503) return null;
  expect(answer.status).toBe(200);
  return { callId: call.id, verificationId: call.verification.id };
}

/** What a restore from a dump into a younger cluster leaves: rows as they were, with transaction ids that this cluster has not come to. */
async function restoreIntoYoungerCluster(aheadBy: number): Promise<void> {
  const columns = await service.sql<{ name: string; column: string }>(`
    SELECT c.relname AS name, a.attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.atttypid = 'xid8'::regtype AND NOT a.attisdropped`);
  expect(columns.length).toBeGreaterThan(3);
  await service.sql(
    `DO $$ BEGIN SET LOCAL session_replication_role = replica; ${columns.map(({ name, column }) => `UPDATE ${name} SET ${column} = shift_xid(${column}, ${aheadBy});`).join(' ')} END $$`,
  );
}

const ready = async (): Promise<{ status: number; detail?: string }> => {
  const reply = await fetch(`${service.url}/health/ready`);
  return { status: reply.status, detail: ((await reply.json()) as { detail?: string }).detail };
};
const metric = async (name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\S+)$`, 'm').exec((await service.admin.get<string>('/metrics')).body)?.[1]);
const get = async (path: string): Promise<Response> => fetchAdmitted(service.url + path);
const keys = async (): Promise<TrustedKey[]> =>
  ((await (await get('/.well-known/jwks.json')).json()) as { keys: TrustedKey[] }).keys;
const checkpoint = async () =>
  openCheckpoint(
    await (await get('/log/checkpoint')).text(),
    (await keys()).map(({ x }) => Buffer.from(x as string, 'base64url')),
  );

async function allSealed(): Promise<void> {
  await expect
    .poll(
      async () =>
        (
          await service.sql<{ left: number }>(
            `SELECT count(*)::int AS left FROM events e WHERE NOT EXISTS (SELECT FROM log_leaves l WHERE l.event_id = e.id AND l.leaf_index < (SELECT max(tree_size) FROM log_checkpoints c WHERE c.tenant_id = l.tenant_id))`,
          )
        )[0]!.left,
      SOON,
    )
    .toBe(0);
}

async function expectProvable({ verificationId }: Decision): Promise<void> {
  await expect.poll(async () => (await service.analyst.get(`/v1/evidence/${verificationId}`)).status, SOON).toBe(200);
  const { body } = await service.analyst.get<string>(`/v1/evidence/${verificationId}`);
  expect(verifyEvidence(body, await keys()).filter(({ result }) => result !== 'verified')).toEqual([]);
}

/** What `countersign doctor` finds. */
const doctorFinds = (database: NodeJS.ProcessEnv): Promise<Finding[]> =>
  examine({
    NODE_ENV: 'test',
    DATA_DIR: service.dataDirectory,
    MASTER_KEY: MASTER_KEY.toString('base64'),
    TENANTS: '[{"id":"northbank","issuer":"http://127.0.0.1:1"}]',
    ...database,
  });

function runMendLog(): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [mendLog.file], {
    env: {
      ...process.env,
      DATABASE_URL: service.ownerUrl,
      DATA_DIR: service.dataDirectory,
      NODE_ENV: 'test',
      MASTER_KEY: MASTER_KEY.toString('base64'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

describe.each([
  ['ahead by a million', 1_000_000],
  ['ahead by five thousand million', 5_000_000_000],
])('a database that was restored into a younger cluster, whose log is %s', (_name, aheadBy) => {
  it('is not decided on until one command has mended it; then nothing is missing that was decided before, meanwhile or since', async () => {
    const before = (await decide())!;
    await allSealed();
    await expectProvable(before);
    const old = await checkpoint();
    const [lastBefore] = await service.sql<{ id: string }>(
      `SELECT id FROM events WHERE tenant_id = 'northbank' ORDER BY events.xid DESC, events.sequence DESC LIMIT 1`,
    );

    await restoreIntoYoungerCluster(aheadBy);
    // It is looked for now and then: until it is noticed, decisions are taken.
    const meanwhile: Decision[] = [];
    for (let decided = await decide(); decided; decided = await decide()) meanwhile.push(decided);
    expect(meanwhile.length).toBeGreaterThan(0);

    await expect.poll(ready, SOON).toEqual({ status: 503, detail: expect.stringContaining('npm run mend-log') });
    await expect.poll(() => metric('countersign_log_out_of_order'), SOON).toBeGreaterThan(0);
    const check = 'event log of northbank';
    const detail = expect.stringContaining('npx countersign mend-log');
    expect(await doctorFinds({ DATABASE_URL: service.ownerUrl })).toContainEqual({ check, result: 'warning', detail });
    const refused = await service.amara.post('/v1/calls', {
      customerId: newCustomerId(),
      direction: 'outbound',
      line: LINE,
      purpose: 'Hello',
    });
    expect(refused).toMatchObject({ status: 503 });
    const verdict = await service.app.post(`/v1/customers/${newCustomerId()}/call-verdicts`, {
      trigger: 'ringing',
      incomingNumber: LINE,
    });
    expect(verdict).toMatchObject({
      status: 200,
      body: { verdict: 'unknown', reason: 'unavailable', advice: { code: 'hang_up_and_ring_card_number' } },
    });
    expect((await service.analyst.get(`/v1/evidence/${meanwhile[0]!.verificationId}`, { once: true })).status).toBe(
      503,
    );

    expect(await runMendLog()).toEqual({
      code: 0,
      output: expect.stringMatching(/^The event log is in order: it counts from epoch \d+, and [1-9]\d* events /),
    });
    await expect.poll(ready, SOON).toEqual({ status: 200 });
    await expect.poll(() => metric('countersign_log_out_of_order'), SOON).toBe(0);
    expect(await doctorFinds({ DATABASE_URL: service.ownerUrl })).toContainEqual({
      check,
      result: 'ok',
      detail: 'It is in order.',
    });
    const since = (await decide())!;
    await allSealed();

    for (const decision of [before, ...meanwhile.slice(0, 3), meanwhile.at(-1)!, since]) await expectProvable(decision);
    const now = await checkpoint();
    const proof = (
      (await (await get(`/log/consistency?first=${old.size}&second=${now.size}`)).json()) as { proof: string[] }
    ).proof.map((hash) => Buffer.from(hash, 'base64'));
    expect(verifyConsistency(old.size, now.size, old.root, now.root, proof)).toBe(true);

    const calls = [before, ...meanwhile, since].map(({ callId }) => callId);
    const declared = (): string[] =>
      receiver
        .at('/hook')
        .filter(({ event }) => event.type === 'countersign.call.declared' && calls.includes(event.subject))
        .map(({ event }) => event.subject as string);
    await expect.poll(() => declared().length, SOON).toBeGreaterThanOrEqual(calls.length);
    await expect
      .poll(async () => (await service.sql(`SELECT FROM webhook_deliveries WHERE status = 'pending'`)).length, SOON)
      .toBe(0);
    expect([...declared()].sort()).toEqual([...calls].sort());
    const log = await service.sql<{ id: string }>(
      `SELECT call_id AS id FROM events WHERE tenant_id = 'northbank' AND type = 'countersign.call.declared' ORDER BY events.xid, events.sequence`,
    );
    const order = await service.sql<{ id: string }>(
      `SELECT e.call_id AS id FROM events e JOIN log_leaves l ON l.event_id = e.id WHERE e.tenant_id = 'northbank' AND e.type = 'countersign.call.declared' ORDER BY l.leaf_index`,
    );
    expect(order).toEqual(log);
    const stream = await service.analyst.stream('/v1/events/stream?types=countersign.call.declared', {
      headers: { 'last-event-id': toTypeId('evt', lastBefore!.id) },
    });
    const resumed: string[] = [];
    while (resumed.at(-1) !== since.callId) resumed.push((await stream.waitFor('call.declared')).data.subject);
    stream.close();
    // One may have been declared just before nothing was decided any more, and not been answered.
    expect(resumed.filter((id) => calls.includes(id))).toEqual(calls.slice(1));
    expect(resumed.length - calls.length).toBeLessThan(1);
  });

  it('is mended by a start as the owner of the schema', async () => {
    const { size } = await checkpoint();
    await restoreIntoYoungerCluster(aheadBy);
    const another = await service.startAnother();
    await expect.poll(async () => (await fetch(`${another.url}/health/ready`)).status, SOON).toBe(200);
    await another.stop();
    await expect.poll(ready, SOON).toEqual({ status: 200 });
    const decision = (await decide())!;
    await expectProvable(decision);
    expect((await checkpoint()).size).toBeGreaterThan(size);
  });

  it('is not decided on by a process that may not mend it', async () => {
    await restoreIntoYoungerCluster(aheadBy);
    const login = await service.sql<{ name: string }>(
      `SELECT usename AS name FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'countersign northbank' LIMIT 1`,
    );
    const url = new URL(service.ownerUrl);
    await service.sql(`ALTER ROLE ${login[0]!.name} PASSWORD 'known'`);
    [url.username, url.password] = [login[0]!.name, 'known'];
    const another = await service.startAnother({
      DATABASE_URL: '',
      SERVICE_DATABASE_URL: url.toString(),
      MIGRATE: 'false',
    });
    const reply = await fetch(`${another.url}/health/ready`);
    expect(reply.status).toBe(503);
    expect(((await reply.json()) as { detail: string }).detail).toContain('restored into a younger cluster');
    expect(await doctorFinds({ SERVICE_DATABASE_URL: url.toString(), MIGRATE: 'false' })).toContainEqual({
      check: 'event log of northbank',
      result: 'failed',
      detail: expect.stringContaining('npx countersign mend-log'),
    });
    expect((await runMendLog()).code).toBe(0);
    await expect.poll(async () => (await fetch(`${another.url}/health/ready`)).status, SOON).toBe(200);
    await another.stop();
    await expect.poll(ready, SOON).toEqual({ status: 200 });
  });
});
