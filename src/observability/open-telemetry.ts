import { randomInt, randomUUID } from 'node:crypto';
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Registry } from 'prom-client';
import { RegistryProducer } from './registry-producer.js';
import { type RequestOutcome, type RequestSpan, type TraceFields, traceBy, type Tracer, type Work } from './tracing.js';

export interface TelemetryOptions {
  /** Of the collector, without a trailing slash. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** Of traces, from 0 to 1. */
  readonly share: number;
  readonly intervalMs: number;
  /** Beside which these are sent. */
  readonly registry: Registry;
}

/** What has been done and not sent yet is sent within this time, at the end. */
const LAST_SENDING_MS = 3_000;
const SEND_EVERY_MS = 5_000;
/** More than that waits for no collector: what is beyond is dropped. */
const MOST_WAITING = 4_096;

const CHANCES = 1_000_000;

const KINDS: Readonly<Record<Work, SpanKind>> = {
  statement: SpanKind.CLIENT,
  send: SpanKind.CLIENT,
  job: SpanKind.CONSUMER,
};

/**
 * Begins to tell a collector by OTLP of what is done and counted. A collector that is away or slow holds up nothing.
 * @returns what ends it: sends what is left, and throws nothing.
 */
export function startTelemetry(options: TelemetryOptions): () => Promise<void> {
  const { url, headers, serviceName, share, intervalMs, registry } = options;
  const resource = resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': randomUUID() });
  const byShare = new TraceIdRatioBasedSampler(share);
  const byChance: Sampler = {
    shouldSample: () => ({
      decision:
        randomInt(CHANCES) < share * CHANCES ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
    }),
    toString: () => `ByChance{${share}}`,
  };
  const spans = new TracerProvider({
    resource,
    // Whoever may ask without a token must not decide how much is recorded: neither by a flag nor by the id that they choose.
    sampler: new ParentBasedSampler({
      root: byShare,
      remoteParentSampled: byChance,
      remoteParentNotSampled: byChance,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url: `${url}/v1/traces`, headers: { ...headers } }),
        maxQueueSize: MOST_WAITING,
        scheduledDelayMillis: SEND_EVERY_MS,
      }),
    ],
  });
  const metrics = new MeterProvider({
    resource,
    readers: [
      new PeriodicExportingMetricReader({
        exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics`, headers: { ...headers } }),
        exportIntervalMillis: intervalMs,
        exportTimeoutMillis: Math.min(intervalMs, 10_000),
        metricProducers: [new RegistryProducer(registry, resource)],
      }),
    ],
  });
  traceBy(new OpenTelemetryTracer(spans));
  return async () => {
    traceBy(null);
    const enough = new Promise((resolve) => setTimeout(resolve, LAST_SENDING_MS).unref());
    await Promise.race([Promise.allSettled([spans.shutdown(), metrics.shutdown()]), enough]);
  };
}

/** Spans in the form of OpenTelemetry, in contexts that follow the work through promises. */
class OpenTelemetryTracer implements Tracer {
  private readonly contexts = new AsyncLocalStorageContextManager().enable();
  private readonly propagator = new W3CTraceContextPropagator();
  private readonly tracer;

  constructor(provider: TracerProvider) {
    this.tracer = provider.getTracer('countersign');
  }

  request(method: string, traceparent: string | undefined): RequestSpan {
    // Neither `tracestate` nor `baggage` is taken on: they hold what others put there.
    const parent = this.propagator.extract(ROOT_CONTEXT, { traceparent }, READ_TRACEPARENT);
    const span = this.tracer.startSpan(method, { kind: SpanKind.SERVER }, parent);
    const context = trace.setSpan(ROOT_CONTEXT, span);
    return {
      fields: fieldsOf(span),
      // To follow work through its promises costs something; what is not recorded need not be followed.
      within: span.isRecording() ? (work) => this.contexts.with(context, work) : (work) => work(),
      end: (outcome) => endRequest(span, method, outcome),
    };
  }

  async run<Result>(work: Work, name: string, tenant: string, what: () => Promise<Result>): Promise<Result> {
    const outer = this.contexts.active();
    // What asks the database each moment whether there is anything to do is of no interest by itself.
    if (work === 'statement' && !trace.getSpan(outer)?.isRecording()) return what();
    const span = this.tracer.startSpan(
      name,
      {
        kind: KINDS[work],
        attributes: {
          'countersign.tenant': tenant,
          ...(work === 'statement' ? { 'db.system.name': 'postgresql', 'db.query.summary': name } : {}),
        },
      },
      outer,
    );
    try {
      return await this.contexts.with(trace.setSpan(outer, span), what);
    } catch (error) {
      span.setAttribute('error.type', typeOf(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  }

  fields(): TraceFields | null {
    const span = trace.getSpan(this.contexts.active());
    return span ? fieldsOf(span) : null;
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    const context: Context = this.contexts.active();
    this.propagator.inject(context, headers, { set: (carrier, name, value) => void (carrier[name] = value) });
    return headers.traceparent === undefined ? {} : { traceparent: headers.traceparent };
  }
}

const READ_TRACEPARENT = {
  keys: () => ['traceparent'],
  get: (carrier: { traceparent: string | undefined }, name: string) =>
    name === 'traceparent' ? carrier.traceparent : undefined,
};

function fieldsOf(span: Span): TraceFields {
  const { traceId, spanId } = span.spanContext();
  return { trace_id: traceId, span_id: spanId };
}

function endRequest(span: Span, method: string, { route, status, tenant }: RequestOutcome): void {
  if (span.isRecording()) {
    span.updateName(`${method} ${route}`);
    span.setAttributes({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      ...(tenant === undefined ? {} : { 'countersign.tenant': tenant }),
    });
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(status));
  }
  span.end();
}

/** A code of the database (SQLSTATE) or of the system, or a class; never a text, which may quote a row. */
function typeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? code : String(name);
}
