import { type BeforeApplicationShutdown, Inject, Injectable } from '@nestjs/common';
import type { Logger as JobLogger, Runner, RunnerOptions } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from 'pino';
import { MOST_JOB_CONNECTIONS } from './job-schema.js';
import { PROVIDED } from './provided.js';

export interface JobsOptions {
  readonly serviceUrl: string;
  /** Whether this process works. */
  readonly work: boolean;
  /** Most jobs at once. */
  readonly concurrency: number;
}

/** A payload holds ids and nothing else: the tables of jobs know no tenant. */
export type JobTask = (payload: Readonly<Record<string, string>>) => Promise<void>;

/** Runs background jobs with graphile-worker. Features register their tasks when they start. */
@Injectable()
export class Jobs implements BeforeApplicationShutdown {
  private readonly tasks = new Map<string, JobTask>();
  private pool: pg.Pool | null = null;
  private runner: Promise<Runner | null> = Promise.resolve(null);
  private stopped = false;

  constructor(@Inject(PROVIDED.jobs) private readonly options: JobsOptions, @Inject(PROVIDED.logger) private readonly logger: Logger) {}

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

  /** Begins, where this process works: once it listens, because no verdict needs it. @throws where jobs cannot run. */
  async start(): Promise<void> {
    if (!this.options.work) return;
    this.runner = this.run();
    await this.runner;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.runner.then((runner) => runner?.stop()).catch(() => undefined);
    await this.pool?.end();
  }

  private async run(): Promise<Runner> {
    const { Logger: WorkerLogger, run } = await import('graphile-worker');
    // No time limit on waiting for a connection: graphile-worker takes one that passed for fatal, and leaves its rejection to nobody.
    this.pool = new pg.Pool({ connectionString: this.options.serviceUrl, max: MOST_JOB_CONNECTIONS, application_name: 'countersign jobs', keepAlive: true });
    this.pool.on('error', () => undefined); // an idle connection that breaks is replaced by the pool
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    const taskList = Object.fromEntries([...this.tasks].map(([name, task]) => [name, async (payload: unknown): Promise<void> => task(payload as Record<string, string>)]));
    const options: RunnerOptions = { pgPool: this.pool, concurrency: this.options.concurrency, pollInterval: 2_000, noHandleSignals: true, taskList, logger: this.jobLogger(WorkerLogger) };
    try {
      const runner = await run(options);
      runner.promise.catch((error: Error) => this.logger.error({ kind: error.name }, 'background work stopped'));
      return runner;
    } catch (error) {
      if ((error as { code?: string }).code === '42501') throw new Error('The tables of background jobs are missing or of another version. Run `npm run migrate` with the role that owns the schema.', { cause: error });
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
