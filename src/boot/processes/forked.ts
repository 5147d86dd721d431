import cluster, { type Worker } from 'node:cluster';

/** How a process ended. */
export interface End {
  /** For the log: by which signal, or with which code. */
  readonly how: string;
  /** Whether it ended as it should. */
  readonly clean: boolean;
}

/** Which of the processes one is, in its environment. */
export const PROCESS_NUMBER = 'COUNTERSIGN_PROCESS_NUMBER';
/**
 * What a process that serves sees of these settings in place of what the first one sees: it needs no owner's password, migrates
 * nothing, and scrapes come to the first process. What is known only once the configuration is read it asks for.
 */
const ENVIRONMENT = {
  DATABASE_URL: '',
  DATABASE_URL_FILE: '',
  SERVICE_DATABASE_URL_FILE: '',
  MIGRATE: 'false',
  METRICS_PORT: '',
};

/** A process that serves, or will. It may be started before there is anybody to hear it: what it says until then is kept. */
export class Forked {
  readonly worker: Worker;
  readonly ended: Promise<End>;
  private unheard: unknown[] = [];
  private hear: ((message: unknown) => void) | null = null;

  constructor(readonly number: number) {
    // Structured clones, not JSON: a metric may be NaN.
    cluster.setupPrimary({ serialization: 'advanced' });
    this.worker = cluster.fork({ ...ENVIRONMENT, [PROCESS_NUMBER]: String(number) });
    this.worker.on('message', (message: unknown) => {
      if (this.hear) this.hear(message);
      else this.unheard.push(message);
    });
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code, signal) =>
        resolve({ how: signal ? `by ${signal}` : `with ${code}`, clean: code === 0 }),
      );
      // Also told of messages that did not reach a process that is ending; its end is told of by itself.
      this.worker.on('error', (error) => {
        if (this.worker.process.pid === undefined) resolve({ how: error.message, clean: false });
      });
    });
  }

  /** Passes on what it has said so far, and all that it says from now on. */
  listen(hear: (message: unknown) => void): void {
    this.hear = hear;
    for (const message of this.unheard.splice(0)) hear(message);
  }

  /** Ends it at once. */
  kill(): void {
    this.worker.process.kill('SIGKILL');
  }
}

/**
 * Starts the first of several processes where the environment asks for several, before the configuration is read: to load what reads
 * it takes as long as a process takes to begin. What is wrong with the configuration is found by the reader of it, who then kills this.
 */
export function forkFirst(environment: NodeJS.ProcessEnv): Forked | null {
  return Number(environment.PROCESSES) > 1 ? new Forked(1) : null;
}
