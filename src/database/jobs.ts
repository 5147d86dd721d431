import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { Logger as JobLogger, Runner, RunnerOptions } from 'graphile-worker';
import type { Logger } from 'pino';
import { Databases } from './databases.js';
import { PatientPool } from './patient-pool.js';
import { traced } from '../observability/tracing.js';
import { PROVIDED } from '../config/provided.js';
import { TimeLimitPassed, withinTimeLimit } from '../upkeep/time-limit.js';

export interface JobsOptions {
  /** Whether this process works. */
  readonly work: boolean;
  /** Most jobs at once. */
  readonly concurrency: number;
  /** Most connections. */
  readonly connections: number;
}

/** A start waits so long for background work to begin; where it has no connection by then, it begins when it has. */
const BEGIN_SOON_MS = 1_000;
/** It asks more rarely than requests do. */
const ASK_AGAIN_MS = 500;

/** A payload holds ids and nothing else: the tables of jobs know no tenant. */
export type JobTask = (payload: Readonly<Record<string, string>>) => Promise<void>;

/** Runs background jobs with graphile-worker. Features register their tasks when they start. */
@Injectable()
export class Jobs implements BeforeApplicationShutdown, OnModuleDestroy {
  private readonly tasks = new Map<string, JobTask>();
  private pool: PatientPool | null = null;
  private runner: Promise<Runner | null> = Promise.resolve(null);
  private isBegun = false;
  private stopped = false;

  constructor(
    @Inject(PROVIDED.jobs) private readonly options: JobsOptions,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
    private readonly databases: Databases,
  ) {}

  get work(): boolean {
    return this.options.work;
  }

  /** Whether a task should end as soon as it can. */
  get stopping(): boolean {
    return this.stopped;
  }

  register(name: string, task: JobTask): void {
    this.tasks.set(name, task);
  }

  /**
   * Begins, where this process works: once it listens, because no verdict needs it. Where there is no connection for it,
   * it begins behind the requests once there is one. @throws where jobs cannot run.
   */
  async start(): Promise<void> {
    if (!this.options.work) return;
    this.runner = this.run();
    try {
      await withinTimeLimit(this.runner, BEGIN_SOON_MS);
    } catch (error) {
      if (!(error instanceof TimeLimitPassed)) throw error;
      this.runner.catch(
        (late: Error) =>
          this.stopped ||
          this.logger.error({ kind: late.name, message: late.message }, 'background work could not begin'),
      );
    }
  }

  /** From now on none begins anything: hooks of one kind wait for each other, in an order that follows who is given whom. */
  onModuleDestroy(): void {
    this.stopped = true;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    // One that has not begun has nothing to stop: it ends with its pool.
    if (!this.isBegun) await this.pool?.end();
    await this.runner.then((runner) => runner?.stop()).catch(() => undefined);
    if (this.pool?.ending === false) await this.pool.end();
  }

  private async run(): Promise<Runner> {
    const { Logger: WorkerLogger, run } = await import('graphile-worker');
    // No time limit on waiting for a connection: graphile-worker takes one that passed for fatal, and leaves its rejection to nobody.
    this.pool = new PatientPool({
      ...this.databases.direct.connection,
      max: this.options.connections,
      application_name: 'countersign jobs',
      keepAlive: true,
      askAgainMs: ASK_AGAIN_MS,
    });
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    const taskList = Object.fromEntries(
      [...this.tasks].map(([name, task]) => [
        name,
        async (payload: unknown): Promise<void> => {
          const ids = payload as Record<string, string>;
          // What it was for is in rows, and is found there when the tenant is served again.
          if (ids.tenantId !== undefined && this.databases.isSuspended(ids.tenantId)) return;
          return traced('job', name, ids.tenantId ?? '', () => task(ids));
        },
      ]),
    );
    const options: RunnerOptions = {
      pgPool: this.pool,
      concurrency: this.options.concurrency,
      pollInterval: 2_000,
      noHandleSignals: true,
      taskList,
      logger: this.jobLogger(WorkerLogger),
    };
    try {
      const runner = await run(options);
      this.isBegun = true;
      runner.promise.catch((error: Error) => this.logger.error({ kind: error.name }, 'background work stopped'));
      return runner;
    } catch (error) {
      if ((error as { code?: string }).code === '42501')
        throw new Error(
          'The tables of background jobs are missing or of another version. Run `npm run migrate` with the role that owns the schema.',
          { cause: error },
        );
      throw error;
    }
  }

  private jobLogger(WorkerLogger: typeof JobLogger): JobLogger {
    return new WorkerLogger(() => (level, message) => {
      if (level === 'error') this.logger.warn({ message: message.slice(0, 300) }, 'jobs');
      else this.logger.debug({ message: message.slice(0, 300) }, 'jobs');
    });
  }
}
