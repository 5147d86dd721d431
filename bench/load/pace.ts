import { type LatencySummary, summarize } from './latencies.js';

export interface LoadResult {
  readonly operations: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly failures: number;
  readonly firstFailure: string | null;
  readonly latency: LatencySummary;
}

/** One operation by one of the workers; what it returns is taken as its latency where it is a number. */
export type Operation = (worker: number, turn: number) => Promise<number | void>;

/** Each worker begins its next operation when the last has ended, until the time is up: the greatest load. */
export async function closedLoop(operation: Operation, workers: number, seconds: number): Promise<LoadResult> {
  const tally = new Tally();
  const end = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let turn = 0; performance.now() < end; turn += 1)
        await tally.run(performance.now(), () => operation(worker, turn));
    }),
  );
  return tally.result();
}

/** Begins operations at a steady rate, however long they take; latency counts from when each was due. */
export async function openLoop(operation: Operation, perSecond: number, seconds: number): Promise<LoadResult> {
  const tally = new Tally();
  const began = performance.now();
  const total = Math.round(perSecond * seconds);
  const running: Promise<void>[] = [];
  for (let begun = 0; begun < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * perSecond) + 1);
    for (; begun < due; begun += 1) {
      const turn = begun;
      running.push(tally.run(began + (turn / perSecond) * 1_000, () => operation(0, turn)));
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(running);
  return tally.result();
}

class Tally {
  private readonly began = performance.now();
  private readonly latencies: number[] = [];
  private failures = 0;
  private firstFailure: string | null = null;

  async run(since: number, operation: () => Promise<number | void>): Promise<void> {
    try {
      const measured = await operation();
      this.latencies.push(typeof measured === 'number' ? measured : performance.now() - since);
    } catch (error) {
      this.failures += 1;
      this.firstFailure ??= (error as Error).message;
    }
  }

  result(): LoadResult {
    const seconds = (performance.now() - this.began) / 1_000;
    return {
      operations: this.latencies.length,
      perSecond: this.latencies.length / seconds,
      seconds,
      failures: this.failures,
      firstFailure: this.firstFailure,
      latency: summarize(this.latencies),
    };
  }
}
