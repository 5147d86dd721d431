/*
 * What the service says to a tracer, without loading one: open-telemetry.ts does, where OTEL_EXPORTER_OTLP_ENDPOINT is set.
 * Names and attributes are of the code alone: routes, statements, jobs, tenants. Nothing that somebody typed, no id, no
 * address, and of an error its class or code.
 */

/** Ids by which a line of the log is found from a trace, and the other way round, by the names that OpenTelemetry gives them in logs of JSON. */
export interface TraceFields {
  readonly trace_id: string;
  readonly span_id: string;
}

/** How a request came out, once it is answered. */
export interface RequestOutcome {
  readonly route: string;
  readonly status: number;
  readonly tenant: string | undefined;
}

/** One request, from its headers to the end of its answer. */
export interface RequestSpan {
  readonly fields: TraceFields;
  /** Runs what belongs to the request. */
  within<Result>(work: () => Result): Result;
  end(outcome: RequestOutcome): void;
}

/** What is done: `statement` within something else alone, `send` to somebody else's service, `job` by itself. */
export type Work = 'statement' | 'send' | 'job';

export interface Tracer {
  request(method: string, traceparent: string | undefined): RequestSpan;
  run<Result>(work: Work, name: string, tenant: string, what: () => Promise<Result>): Promise<Result>;
  /** Null outside of everything. */
  fields(): TraceFields | null;
  /** What tells another service whose work this is (W3C Trace Context). */
  headers(): Record<string, string>;
}

let tracer: Tracer | null = null;

/** From now on what is done is told to `next`; to nobody, where it is null. */
export function traceBy(next: Tracer | null): void {
  tracer = next;
}

/** Whether anybody is told. */
export function isTracing(): boolean {
  return tracer !== null;
}

/** Does something and tells of it, where anybody is told. `name` is of the code: a statement's, a job's. */
export function traced<Result>(work: Work, name: string, tenant: string, what: () => Promise<Result>): Promise<Result> {
  return tracer === null ? what() : tracer.run(work, name, tenant, what);
}

/** Null where nobody is told. */
export function traceRequest(method: string, traceparent: unknown): RequestSpan | null {
  return tracer === null ? null : tracer.request(method, typeof traceparent === 'string' ? traceparent : undefined);
}

/** What a line of the log says of the trace that it is of. */
export function traceFields(): object {
  return tracer?.fields() ?? {};
}

/** Headers for a request to somebody else's service: `traceparent`, where this is of a trace. */
export function traceHeaders(): Record<string, string> {
  return tracer === null ? {} : tracer.headers();
}
