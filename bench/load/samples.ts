import { median } from './latencies.js';
import type { LoadResult } from './pace.js';
import type { Row } from './report.js';

/** A driver that takes more than this of a core may be what bounds the figure. */
const BUSY_DRIVER = 0.9;

/** What one contestant did in one round; CPU in cores, null where it cannot be known. */
export interface Sample extends Pick<LoadResult, 'perSecond' | 'failures' | 'firstFailure'> {
  readonly p50: number;
  readonly p99: number;
  readonly serverCpu: number | null;
  readonly databaseCpu: number | null;
  readonly driverCpu: number | null;
}

/** CPU of one operation, all parts together, in seconds. */
function cpuOf({ serverCpu, databaseCpu, driverCpu, perSecond }: Sample): number | null {
  if (serverCpu === null || databaseCpu === null || driverCpu === null) return null;
  return (serverCpu + databaseCpu + driverCpu) / perSecond;
}

/** The medians of a contestant's rounds, beside the baseline's. */
export function rowOf(
  contestant: { readonly row: string; readonly what: Row['what'] },
  samples: readonly Sample[],
  baselines: readonly Sample[],
): Row {
  const middle = (of: (sample: Sample) => number | null): number | null => {
    const known = samples.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : median(known);
  };
  const timesByCpu = samples.flatMap((sample, round) => {
    const [own, baseline] = [cpuOf(sample), cpuOf(baselines[round]!)];
    return own === null || baseline === null ? [] : [baseline / own];
  });
  return {
    name: contestant.row,
    what: contestant.what,
    perSecond: middle((sample) => sample.perSecond)!,
    p50: middle((sample) => sample.p50)!,
    p99: middle((sample) => sample.p99)!,
    // Against the baseline of the same round, so that a slow minute of the machine falls on both.
    times: median(samples.map((sample, round) => sample.perSecond / baselines[round]!.perSecond)),
    timesByCpu: timesByCpu.length === 0 ? null : median(timesByCpu),
    serverCpu: middle((sample) => sample.serverCpu),
    databaseCpu: middle((sample) => sample.databaseCpu),
    driverCpu: middle((sample) => sample.driverCpu),
    driverBound: (middle((sample) => sample.driverCpu) ?? 0) > BUSY_DRIVER,
  };
}
