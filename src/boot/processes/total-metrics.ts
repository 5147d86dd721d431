import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter,
  Gauge,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';

/** The metrics of one process at one moment, as `takeSnapshot` gives them. */
export type Snapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

/** Scrapers give up after seconds, and a process gives up on the database after two. */
const ANSWER_MS = 3_000;
/** Of one process each, and told apart by its number; all else is summed. */
const OF_A_PROCESS = /^(process|nodejs)_/;

/** What a process is asked for. */
export async function takeSnapshot(registry: Registry): Promise<Snapshot> {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as Snapshot;
  // The library leaves out what cannot be summed, such as the time of the start; with a process's number on it, it can stay.
  return metrics.map((metric) => (OF_A_PROCESS.test(metric.name) ? { ...metric, aggregator: 'first' } : metric));
}

export interface Serving {
  readonly number: number;
  askForMetrics(limitMs: number): Promise<Snapshot>;
}

/**
 * The metrics of all processes behind one port. A process that dies takes its memory and streams with it, but not what it
 * had counted when it was last read: a sum that fell would look like a restart of everything, and its next value like a rush.
 */
export class TotalMetrics {
  private readonly own = new Registry();
  private readonly ends = new Counter({
    name: 'countersign_process_ends_total',
    help: 'Processes that ended unasked.',
    registers: [this.own],
  });
  private readonly latest = new Map<number, Snapshot>();
  private retired: Snapshot[] = [];
  private running: Promise<string> | null = null;

  constructor(private readonly serving: () => readonly Serving[]) {
    collectDefaultMetrics({ register: this.own, labels: { process: '0' } });
    new Gauge({
      name: 'countersign_processes',
      help: 'Processes that serve.',
      registers: [this.own],
      collect() {
        this.set(serving().length);
      },
    });
  }

  /** All of them, in Prometheus's text form; whoever asks meanwhile is told the same. */
  text(): Promise<string> {
    this.running ??= this.read().finally(() => (this.running = null));
    return this.running;
  }

  /** Says that a process has ended, and whether it was asked to. */
  retire(number: number): void {
    this.ends.inc();
    const last = this.latest.get(number);
    this.latest.delete(number);
    if (last)
      this.retired.push(last.filter(({ name, type }) => !OF_A_PROCESS.test(name) && (type as unknown) !== 'gauge'));
  }

  private async read(): Promise<string> {
    await Promise.all(
      this.serving().map(async (process) => {
        // One that does not answer in time is taken as it was last.
        const snapshot = await process.askForMetrics(ANSWER_MS).catch(() => null);
        if (snapshot) this.latest.set(process.number, snapshot);
      }),
    );
    await this.mergeRetired();
    const all = [await takeSnapshot(this.own), ...this.retired, ...this.latest.values()];
    return AggregatorRegistry.aggregate(all as Snapshot[]).metrics();
  }

  private async mergeRetired(): Promise<void> {
    if (this.retired.length < 2) return;
    const merging = this.retired;
    this.retired = [];
    const merged = (await AggregatorRegistry.aggregate(merging).getMetricsAsJSON()) as unknown as Snapshot;
    this.retired.push(merged);
  }
}
