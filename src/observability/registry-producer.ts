import type { HrTime } from '@opentelemetry/api';
import { ValueType } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue, MetricValueWithName, Registry } from 'prom-client';

type Metric = MetricObjectWithValues<MetricValue<string>>;
type Named = MetricValueWithName<string>;

/** Hands what Prometheus would scrape to a collector: what is counted is counted once, for both. */
export class RegistryProducer implements MetricProducer {
  private readonly startTime = now();

  constructor(
    private readonly registry: Registry,
    private readonly resource: Resource,
  ) {}

  async collect(): Promise<CollectionResult> {
    const metrics = (await this.registry.getMetricsAsJSON()) as unknown as Metric[];
    const endTime = now();
    const data = metrics.map((metric) => this.dataOf(metric, endTime)).filter((one) => one !== null);
    const scopeMetrics = [{ scope: { name: 'countersign' }, metrics: data }];
    return { resourceMetrics: { resource: this.resource, scopeMetrics }, errors: [] };
  }

  /** Null for what has no form there, or nothing to say. */
  private dataOf(metric: Metric, endTime: HrTime): MetricData | null {
    const type = metric.type as unknown as 'counter' | 'gauge' | 'histogram' | 'summary';
    const common = {
      descriptor: { name: metric.name, description: metric.help, unit: '', valueType: ValueType.DOUBLE },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
    const point = ({ labels, value }: MetricValue<string>): DataPoint<number> => ({
      startTime: this.startTime,
      endTime,
      attributes: labels as Record<string, string>,
      value,
    });
    if (metric.values.length === 0) return null;
    if (type === 'counter')
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: metric.values.map(point) };
    if (type === 'gauge')
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: metric.values.map(point) };
    if (type !== 'histogram') return null;
    const series = histogramsOf(metric.name, metric.values as Named[]);
    const dataPoints = series.map(({ labels, histogram }) => ({
      startTime: this.startTime,
      endTime,
      attributes: labels,
      value: histogram,
    }));
    return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
}

/** Prometheus counts in a bucket what is in all below it too; OTLP does not. */
function histogramsOf(
  name: string,
  values: readonly Named[],
): { labels: Record<string, string>; histogram: Histogram }[] {
  const byLabels = new Map<string, { labels: Record<string, string>; values: Named[] }>();
  for (const value of values) {
    const { le: _bound, ...labels } = value.labels as Record<string, string>;
    const key = JSON.stringify(labels);
    const series = byLabels.get(key) ?? { labels, values: [] };
    series.values.push(value);
    byLabels.set(key, series);
  }
  return [...byLabels.values()].map(({ labels, values: all }) => {
    const buckets = all.filter(({ metricName }) => metricName === `${name}_bucket`);
    const named = (end: string): number => all.find(({ metricName }) => metricName === name + end)?.value ?? 0;
    return {
      labels,
      histogram: {
        buckets: {
          boundaries: buckets.map(({ labels: { le } }) => Number(le)).filter(Number.isFinite),
          counts: buckets.map(({ value }, at) => value - (at === 0 ? 0 : buckets[at - 1]!.value)),
        },
        sum: named('_sum'),
        count: named('_count'),
      },
    };
  });
}

function now(): HrTime {
  const milliseconds = Date.now();
  return [Math.floor(milliseconds / 1_000), (milliseconds % 1_000) * 1_000_000];
}
