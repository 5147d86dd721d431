import { type BeforeApplicationShutdown, Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Logger as JobLogger, run, type Runner } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from 'pino';
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

/** One listens, and the others are shared by however many jobs run at once: each holds one for a statement at a time. */
export const MOST_JOB_CONNECTIONS = 8;

/** Runs background jobs with graphile-worker. Features register their tasks when they start. */
@Injectable()
export class Jobs implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly tasks = new Map<string, JobTask>();
  private pool: pg.Pool | null = null;
  private runner: Runner | null = null;
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

  async onApplicationBootstrap(): Promise<void> {
    if (!this.options.work) return;
    // No time limit on waiting for a connection: graphile-worker takes one that passed for fatal, and leaves its rejection to nobody.
    this.pool = new pg.Pool({ connectionString: this.options.serviceUrl, max: MOST_JOB_CONNECTIONS, application_name: 'countersign jobs', keepAlive: true });
    this.pool.on('error', () => undefined); // an idle connection that breaks is replaced by the pool
    this.pool.on('connect', (client) => client.on('error', () => undefined));
    const taskList = Object.fromEntries([...this.tasks].map(([name, task]) => [name, async (payload: unknown): Promise<void> => task(payload as Record<string, string>)]));
    this.runner = await this.start({ pgPool: this.pool, concurrency: this.options.concurrency, pollInterval: 2_000, noHandleSignals: true, taskList, logger: this.jobLogger() });
    this.runner.promise.catch((error: Error) => this.logger.error({ kind: error.name }, 'background work stopped'));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.runner?.stop().catch(() => undefined);
    await this.pool?.end();
  }

  private async start(options: Parameters<typeof run>[0]): Promise<Runner> {
    try {
      return await run(options);
    } catch (error) {
      if ((error as { code?: string }).code === '42501') throw new Error('The tables of background jobs are missing or of another version. Run `npm run migrate` with the role that owns the schema.', { cause: error });
      throw error;
    }
  }

  private jobLogger(): JobLogger {
    return new JobLogger(() => (level, message) => {
      if (level === 'error') this.logger.warn({ message: message.slice(0, 300) }, 'jobs');
      else this.logger.debug({ message: message.slice(0, 300) }, 'jobs');
    });
  }
}
