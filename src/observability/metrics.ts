import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { withinTimeLimit } from '../upkeep/time-limit.js';

/** Scrapers give up after seconds. */
const MEASURE_MS = 2_000;

/** What Prometheus scrapes. No label holds an id, a number or a name. */
export class Metrics {
  readonly registry = new Registry();

  readonly requests = new Histogram({
    name: 'countersign_http_request_seconds',
    help: 'Duration of HTTP requests by route, method and status.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [this.registry],
  });

  readonly connectionEnds = new Counter({
    name: 'countersign_connections_ended_total',
    help: 'Connections that the service ended: refused, made_room, slow_body or unread.',
    labelNames: ['reason'] as const,
    registers: [this.registry],
  });

  readonly auditFailures = new Counter({
    name: 'countersign_audit_log_failures_total',
    help: 'Writes to the audit log that failed and are tried again, and lines that were lost because too much waited.',
    labelNames: ['kind'] as const,
    registers: [this.registry],
  });

  readonly verdicts = new Counter({
    name: 'countersign_verdicts_total',
    help: 'Verdicts given.',
    labelNames: ['verdict', 'reason'] as const,
    registers: [this.registry],
  });

  readonly verdictFeedback = new Counter({
    name: 'countersign_verdict_feedback_total',
    help: 'What became of verdicts, as handsets tell it.',
    labelNames: ['verdict', 'outcome'] as const,
    registers: [this.registry],
  });

  readonly verdictWaits = new Histogram({
    name: 'countersign_verdict_handset_seconds',
    help: 'How long handsets waited for a verdict, by their own account.',
    labelNames: ['verdict'] as const,
    buckets: [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30],
    registers: [this.registry],
  });

  readonly answers = new Counter({
    name: 'countersign_answers_total',
    help: 'Signed answers by outcome: the status they led to, or the problem that refused them.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  readonly rateLimited = new Counter({
    name: 'countersign_rate_limited_total',
    help: 'Requests refused with 429, by the name of the limit.',
    labelNames: ['policy'] as const,
    registers: [this.registry],
  });

  readonly shed = new Counter({
    name: 'countersign_shed_requests_total',
    help: 'Requests refused with 503 because there was too much to do, by class.',
    labelNames: ['class'] as const,
    registers: [this.registry],
  });

  readonly replicaReads = new Counter({
    name: 'countersign_replica_reads_total',
    help: 'Reads that a replica may answer, by operation: answered there, or why the primary was asked.',
    labelNames: ['use', 'outcome'] as const,
    registers: [this.registry],
  });

  readonly webhookAttempts = new Counter({
    name: 'countersign_webhook_attempts_total',
    help: 'Attempts to deliver to webhooks: delivered, or why not.',
    labelNames: ['outcome'] as const,
    registers: [this.registry],
  });

  readonly pushAttempts = new Counter({
    name: 'countersign_push_attempts_total',
    help: 'Attempts to push: sent, gone, refused or failed.',
    labelNames: ['kind', 'outcome'] as const,
    registers: [this.registry],
  });

  readonly lapses = new Counter({
    name: 'countersign_lapses_total',
    help: 'Calls and verifications that the sweeper ended.',
    labelNames: ['kind'] as const,
    registers: [this.registry],
  });

  readonly upkeepRuns = new Counter({
    name: 'countersign_upkeep_runs_total',
    help: 'Rounds of what is done at intervals, by job.',
    labelNames: ['job'] as const,
    registers: [this.registry],
  });

  readonly upkeepFailures = new Counter({
    name: 'countersign_upkeep_failures_total',
    help: 'Rounds that failed; they are tried again.',
    labelNames: ['job'] as const,
    registers: [this.registry],
  });

  readonly upkeepSeconds = new Counter({
    name: 'countersign_upkeep_seconds_total',
    help: 'How long all rounds took together.',
    labelNames: ['job'] as const,
    registers: [this.registry],
  });

  readonly upkeepSuccess = new Gauge({
    name: 'countersign_upkeep_last_success_timestamp_seconds',
    help: 'When a round last went well, by the clock of this machine.',
    labelNames: ['job'] as const,
    aggregator: 'max',
    registers: [this.registry],
  });

  /** @param siblings where other processes serve behind the same port: a scrape that comes to one tells of all. */
  constructor(
    openStreams: () => number,
    private readonly siblings?: { readonly number: number; allMetrics(): Promise<string> },
  ) {
    collectDefaultMetrics({
      register: this.registry,
      ...(siblings ? { labels: { process: String(siblings.number) } } : {}),
    });
    new Gauge({
      name: 'countersign_open_streams',
      help: 'Open server-sent event streams.',
      registers: [this.registry],
      collect() {
        this.set(openStreams());
      },
    });
  }

  /** A gauge that is at hand when it is asked for. */
  count({ name, help }: { name: string; help: string }, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** What a scrape is answered. */
  text(): Promise<string> {
    return this.siblings ? this.siblings.allMetrics() : this.registry.metrics();
  }

  /** A gauge that is read when it is asked for. What cannot be read in time is left out: the others are still told. */
  measure(
    { name, help, labelNames }: { name: string; help: string; labelNames: readonly string[] },
    read: () => Promise<readonly { labels: Record<string, string>; value: number }[]>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      // Every process reads the same from the database.
      aggregator: 'max',
      async collect() {
        this.reset();
        const values = await withinTimeLimit(read(), MEASURE_MS).catch(() => []);
        for (const { labels, value } of values) this.set(labels, value);
      },
    });
  }
}
