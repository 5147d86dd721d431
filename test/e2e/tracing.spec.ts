import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CustomerDevice } from '../support/customer-device.js';
import { fetchAdmitted } from '../support/once-admitted.js';
import { ServiceClient } from '../support/service-client.js';
import { fetchDevelopmentToken } from '../../src/http/access/issuer/development-tokens.js';
import { type CollectedSpan, Collector } from '../support/collector.js';
import { createTestDatabase } from '../support/database.js';
import { buildProgram, type RunningProgram } from '../support/program.js';
import { PushedBrowser, WebPushService } from '../support/push-services.js';
import { LINE } from '../support/service.js';
import { makeTemporaryFolder, removeTemporaryFolder } from '../support/temporary.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { onceReached } from '../support/once-reached.js';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 150_000 });

/** Says on standard error which libraries of OpenTelemetry are loaded. */
const HOOK = `import { writeSync } from 'node:fs';
export const resolve = (name, context, next) => { if (name.includes('opentelemetry')) writeSync(2, 'LOADED ' + name + '\\n'); return next(name, context); };`;
const inline = (code: string): string => `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
const WATCH_LOADING = `--import=${inline(`import { register } from 'node:module'; register('${inline(HOOK)}');`)}`;

/** Nothing of these may be in what a collector is sent. */
const CANARIES = ['canary-customer', '7700900123', 'ZEBRA', 'canary-hook', 'canary-path'];
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT_ID = '00f067aa0ba902b7';
const SOON = { timeout: 60_000, interval: 50 };

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let built: Awaited<ReturnType<typeof buildProgram>>;
let [collector, receiver, pushes]: [Collector, WebhookReceiver, WebPushService] = [] as never;
let dataDirectory: string;
const secrets: string[] = [];
/** Of a run that was traced whole, and has ended. */
let run: { log: string; spans: CollectedSpan[]; requestIds: { traced: string; own: string } };

async function identity(program: RunningProgram, name: string): Promise<ServiceClient> {
  const token = await fetchDevelopmentToken({
    serviceUrl: program.url,
    dataDirectory,
    tenant: 'northbank',
    identity: name,
  });
  secrets.push(token);
  return new ServiceClient(program.url, token);
}

function start(more: NodeJS.ProcessEnv): Promise<RunningProgram> {
  return built.start({ DATABASE_URL: database.url, DATA_DIR: dataDirectory, LOG_LEVEL: 'trace', ...more }, [
    WATCH_LOADING,
  ]);
}

async function post(
  program: RunningProgram,
  path: string,
  body: object,
  headers: Record<string, string>,
): Promise<{ status: number; requestId: string; body: any }> {
  const answer = await fetchAdmitted(program.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secrets[0]}`, ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, requestId: answer.headers.get('x-request-id')!, body: await answer.json() };
}

/** What holds something personal, done rightly and wrongly. */
async function exercise(program: RunningProgram): Promise<{ traced: string; own: string }> {
  const app = await identity(program, 'app');
  const [agent, admin] = [await identity(program, 'agent:amara'), await identity(program, 'admin')];
  await admin.post('/v1/webhooks', { url: `${receiver.url}/canary-hook`, types: ['countersign.call.*'] });
  const device = await CustomerDevice.make('canary-customer');
  await device.enrol(app);
  const browser = new PushedBrowser(pushes);
  await app.post('/v1/customers/canary-customer/push-subscriptions', browser.subscription);
  const { body: call } = await agent.post('/v1/calls', {
    customerId: 'canary-customer',
    direction: 'outbound',
    line: LINE,
    purpose: 'ZEBRA stopped',
    verify: true,
  });
  secrets.push(call.verification.code);
  // The first that a process gives may come too late to be one.
  await onceReached(() => app.post('/v1/customers/nobody/call-verdicts', { trigger: 'ringing', incomingNumber: LINE }));
  const verdicts = '/v1/customers/canary-customer/call-verdicts';
  const traced = await post(
    program,
    verdicts,
    { trigger: 'ringing', incomingNumber: LINE },
    {
      traceparent: `00-${TRACE_ID}-${PARENT_ID}-00`,
      tracestate: 'vendor=ZEBRA',
      baggage: 'customer=canary-customer',
      'idempotency-key': 'canary-customer-key',
    },
  );
  expect(traced).toMatchObject({ status: 200, body: { verdict: 'legitimate' } });
  const own = await post(
    program,
    verdicts,
    { trigger: 'ringing', incomingNumber: '+447700900123' },
    { traceparent: 'ZEBRA' },
  );
  await post(program, `${verdicts}?number=7700900123`, { incomingNumber: 'ZEBRA' }, {});
  await post(program, '/v1/canary-path', { purpose: 'ZEBRA' }, {});
  await vi.waitUntil(() => receiver.at('/canary-hook').length > 0, SOON);
  await vi.waitUntil(() => browser.pushes.length > 0, SOON);
  return { traced: traced.requestId, own: own.requestId };
}

beforeAll(async () => {
  [database, dataDirectory, built, collector, receiver, pushes] = await Promise.all([
    createTestDatabase(),
    makeTemporaryFolder(),
    buildProgram('tracing'),
    Collector.start(),
    WebhookReceiver.start(),
    WebPushService.start(),
  ]);
  const program = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-token=of%20the%20bank',
    OTEL_SERVICE_NAME: 'countersign-test',
    OTEL_TRACES_SAMPLER_ARG: '1',
    OTEL_METRIC_EXPORT_INTERVAL: '1000',
  });
  try {
    const requestIds = await exercise(program);
    await program.stop();
    run = { log: program.log(), spans: collector.spans, requestIds };
  } finally {
    await program.stop();
  }
});
afterAll(async () => {
  await Promise.all([collector.stop(), receiver.stop(), pushes.stop()]);
  await Promise.all([database.drop(), built.remove(), removeTemporaryFolder(dataDirectory)]);
});

const lineOf = (requestId: string): any =>
  run.log
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('"msg":"request"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .find((line) => line.requestId === requestId);

describe('a request that is traced', () => {
  it('goes on with the trace of its caller, down to its statements, and the log says which it is', () => {
    const mine = run.spans.filter(({ traceId }) => traceId === TRACE_ID);
    const root = mine.find(({ parentSpanId }) => parentSpanId === PARENT_ID)!;
    expect(root).toMatchObject({
      name: 'POST /v1/customers/:customerId/call-verdicts',
      kind: 2,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/customers/:customerId/call-verdicts',
        'http.response.status_code': 200,
        'countersign.tenant': 'northbank',
      },
    });
    const statements = mine.filter(({ parentSpanId }) => parentSpanId === root.spanId);
    expect(statements.length).toBeGreaterThan(0);
    for (const { name, kind, attributes } of statements) {
      expect([kind, attributes]).toEqual([
        3,
        { 'countersign.tenant': 'northbank', 'db.system.name': 'postgresql', 'db.query.summary': name },
      ]);
      expect(name).toMatch(/^\w+\.\w+$/);
    }
    expect(lineOf(run.requestIds.traced)).toMatchObject({ trace_id: TRACE_ID, span_id: root.spanId });
  });

  it('begins a trace of its own where its caller says of none that is one', () => {
    const { trace_id: traceId } = lineOf(run.requestIds.own);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(run.spans.some((span) => span.traceId === traceId && span.parentSpanId === '')).toBe(true);
  });

  it('has its failures on it by a class or a code alone', () => {
    expect(run.spans.some(({ name }) => name === 'POST unmatched')).toBe(true);
    for (const { attributes } of run.spans) expect(String(attributes['error.type'] ?? 'None')).toMatch(/^\w+$/);
  });
});

describe('what is sent to others', () => {
  it('carries the trace of the attempt, webhooks and pushes alike', () => {
    const jobs = run.spans.filter(({ kind }) => kind === 5);
    for (const [name, sent] of [
      ['webhook', receiver.at('/canary-hook').map(({ headers }) => headers)],
      ['push webpush', pushes.pushes.map(({ headers }) => headers)],
    ] as const) {
      const [, traceId, spanId] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-01$/.exec(String(sent[0]!.traceparent))!;
      const span = run.spans.find((one) => one.spanId === spanId && one.traceId === traceId)!;
      expect(span.name).toBe(name);
      expect(jobs.some((job) => job.traceId === traceId && job.spanId === span.parentSpanId)).toBe(true);
      for (const headers of sent) expect(headers).not.toHaveProperty('baggage');
    }
  });
});

describe('a collector', () => {
  it('is told nothing personal and nothing secret', () => {
    const sent = Buffer.concat(collector.raw).toString('latin1');
    expect(sent).toContain('countersign-test');
    for (const canary of [...CANARIES, ...secrets]) expect(sent.includes(canary), canary).toBe(false);
  });

  it('is given what it asks for as a token, and the metrics that Prometheus would scrape', () => {
    expect(new Set(collector.headers.map((headers) => headers['x-token']))).toEqual(new Set(['of the bank']));
    const last = (name: string) => collector.metrics.filter((one) => one.name === name).at(-1)!;
    expect(last('countersign_verdicts_total')).toMatchObject({
      type: 'sum',
      points: expect.arrayContaining([
        expect.objectContaining({ attributes: { verdict: 'legitimate', reason: expect.any(String) }, value: 1 }),
      ]),
    });
    expect(last('countersign_unsealed_seconds').type).toBe('gauge');
    const requests = last('countersign_http_request_seconds');
    expect(requests.type).toBe('histogram');
    for (const { value, counts } of requests.points) expect(counts.reduce((sum, one) => sum + one, 0)).toBe(value);
  });
});

describe('tracing', () => {
  it('is not loaded where no collector is named', async () => {
    expect(run.log).toContain('LOADED @opentelemetry/sdk-trace');
    const program = await start({});
    const [app] = [await identity(program, 'app')];
    await app.post('/v1/customers/canary-customer/call-verdicts', { trigger: 'ringing', incomingNumber: LINE });
    await program.stop();
    expect(program.log()).toContain('"msg":"request"');
    expect(program.log()).not.toContain('LOADED');
    expect(program.log()).not.toContain('trace_id');
  });

  it('holds up nothing where the collector is away, and leaves out of the log nothing but a trace', async () => {
    const program = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_TRACES_SAMPLER_ARG: '1' });
    const app = await identity(program, 'app');
    const { status } = await app.post('/v1/customers/canary-customer/call-verdicts', {
      trigger: 'ringing',
      incomingNumber: LINE,
    });
    expect(status).toBe(200);
    await program.stop();
    expect(program.log()).toContain('"msg":"stopped"');
  });

  it('records the share of traces that was asked for, whatever a caller says of its own', async () => {
    const before = collector.spans.length;
    const program = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0' });
    await identity(program, 'app');
    await post(program, '/v1/canary-path', {}, { traceparent: `00-${TRACE_ID}-${PARENT_ID}-01` });
    await program.stop();
    expect(collector.spans.length).toBe(before);
    expect(program.log()).toContain(`"trace_id":"${TRACE_ID}"`);
  });

  it('lets no caller choose an id that is always recorded', async () => {
    const before = collector.spans.length;
    const program = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0.01' });
    const traceparent = `00-${'0'.repeat(31)}1-${PARENT_ID}-01`;
    for (let n = 0; n < 40; n += 1) await post(program, '/v1/canary-path', {}, { traceparent });
    await program.stop();
    expect(collector.spans.length - before).toBeLessThan(20);
  });
});
