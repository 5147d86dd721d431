import type { Config } from '../config/config.js';
import type { Metrics } from '../observability/metrics.js';

/** Tells a collector of what is done, where a configuration names one: nothing of it is loaded otherwise. Returns what ends it. */
export async function beginTelemetry(config: Config, { registry }: Metrics): Promise<() => Promise<void>> {
  if (config.telemetryUrl === undefined) return async () => undefined;
  const { startTelemetry } = await import('../observability/open-telemetry.js');
  return startTelemetry({
    url: config.telemetryUrl,
    headers: config.telemetryHeaders ?? {},
    serviceName: config.telemetryServiceName,
    share: config.telemetryShare,
    intervalMs: config.telemetryIntervalMs,
    registry,
  });
}
