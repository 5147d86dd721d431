import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { PROVIDED } from '../config/provided.js';
import { Metrics } from '../observability/metrics.js';
import { Loop, type LoopWork, type Round } from './loop.js';

/** Makes the loops of this process, and counts what comes of them. Whoever asks for one stops it, in his turn of the shutdown. */
@Injectable()
export class Upkeep {
  constructor(
    private readonly metrics: Metrics,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  /** A loop that is still, until it is woken. What a round throws is logged, where `work` does nothing with it itself. */
  loop(work: LoopWork): Loop {
    return new Loop({ failed: (error) => this.tell(work.name, error), ...work }, (round) => this.count(round));
  }

  /** Runs a job as one of several of a round, and counts it. @throws what it throws. */
  async run<Result>(name: string, job: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    let failed = true;
    try {
      const result = await job();
      failed = false;
      return result;
    } finally {
      this.count({ name, seconds: (performance.now() - began) / 1_000, failed });
    }
  }

  private count({ name: job, seconds, failed }: Round): void {
    this.metrics.upkeepRuns.inc({ job });
    this.metrics.upkeepSeconds.inc({ job }, seconds);
    if (failed) this.metrics.upkeepFailures.inc({ job });
    else this.metrics.upkeepSuccess.set({ job }, Date.now() / 1_000);
  }

  private tell(job: string, error: Error): void {
    this.logger.warn({ job, kind: error.name, code: (error as { code?: string }).code }, 'upkeep failed; trying again');
  }
}
