import cluster, { type Worker } from 'node:cluster';
import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { CrashLimit } from './crash-limit.js';
import { Link } from './link.js';
import type { Serving, Snapshot } from './total-metrics.js';

/** What a process says that could not start. */
export interface StartFailure {
  /** For the person who started the service. */
  readonly message: string;
  /** Whether it may well start a little later: the database was away. */
  readonly passing: boolean;
}

export interface FleetOptions {
  readonly size: number;
  /** What the processes see of the environment in place of what the first one sees. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** What the processes may ask of the first one. */
  readonly answers: Readonly<Record<string, (value: never) => unknown>>;
  /** How long a process may take to stop. */
  readonly stopMs: number;
  /** Told once, when all of them serve. */
  readonly onAllReady: () => void;
  /** Told when a process has ended unasked. */
  readonly onEnd: (number: number) => void;
  /** Told when replacing them has no end; the fleet replaces none from then on. */
  readonly onCrashLoop: (message: string) => void;
}

interface Member {
  readonly number: number;
  readonly worker: Worker;
  readonly link: Link;
  /** Whether it may have been given a connection. */
  listens: boolean;
  ready: boolean;
  /** Questions whether it lives that it has not answered. */
  silent: number;
  failure: StartFailure | null;
}

/** Which of the processes one is, in its environment. */
export const PROCESS_NUMBER = 'COUNTERSIGN_PROCESS_NUMBER';
/** Beside one for each process, as when a machine runs out of memory, this many deaths a minute are put up with. */
const MOST_DEATHS = 5;
const DEATHS_WINDOW_MS = 60_000;
const REPLACE_AFTER_MS = 100;
/** After a death that is nobody's fault: the database is away, or somebody asked the process to end. */
const REPLACE_LATER_MS = 1_000;
const ASK_EVERY_MS = 10_000;
const MOST_SILENT = 3;

/** The processes that serve: starts them, replaces those that die or hang, and stops them. */
export class Fleet {
  private readonly members = new Map<number, Member>();
  private readonly crashes: CrashLimit;
  private readonly replacing = new Set<NodeJS.Timeout>();
  private watching: NodeJS.Timeout | null = null;
  private firstServes = false;
  private allServed = false;
  private stopping = false;
  private allGone: () => void = () => undefined;

  constructor(private readonly options: FleetOptions) {
    this.crashes = new CrashLimit(MOST_DEATHS + options.size, DEATHS_WINDOW_MS);
    // Structured clones, not JSON: a metric may be NaN.
    cluster.setupPrimary({ serialization: 'advanced' });
  }

  /**
   * Resolves when the first of them serves; the others are started in turn, and what becomes of them is as it is of any that serves
   * already. A start is work for a processor: no more begin at once than leave half of the machine to whoever serves already and to the
   * database, so that the first serves as soon as one alone would.
   * @throws what the first one said that could not start before any served
   */
  async start(): Promise<void> {
    const atOnce = Math.max(1, Math.floor(availableParallelism() / 2));
    const numbers = Array.from({ length: this.options.size }, (_none, index) => index + 1);
    await new Promise<void>((resolve, reject) => {
      const launchInTurn = async (): Promise<void> => {
        for (let next = numbers.shift(); next !== undefined && !this.stopping; next = numbers.shift()) {
          await this.launch(next).catch((error: unknown) => {
            if (!this.firstServes) throw error;
          });
          resolve();
        }
      };
      Promise.all(Array.from({ length: atOnce }, launchInTurn)).catch(reject);
    });
    this.watching = setInterval(() => this.watch(), ASK_EVERY_MS);
  }

  /** Those that serve now. */
  serving(): Serving[] {
    return [...this.members.values()]
      .filter(({ ready }) => ready)
      .map(({ number, link }) => ({
        number,
        askForMetrics: (limitMs) => link.ask<Snapshot>('metrics', undefined, limitMs),
      }));
  }

  /** Lets each that serves finish what it is at, and ends those that do not serve yet. @throws where one had to be killed. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.watching) clearInterval(this.watching);
    for (const timer of this.replacing) clearTimeout(timer);
    if (this.members.size === 0) return;
    const gone = new Promise<void>((resolve) => {
      this.allGone = resolve;
    });
    for (const { link, worker, listens } of this.members.values())
      if (listens) link.ask('stop').catch(() => undefined);
      else worker.process.kill('SIGKILL');
    let killed = 0;
    const patience = setTimeout(() => {
      killed = this.members.size;
      for (const { worker } of this.members.values()) worker.process.kill('SIGKILL');
    }, this.options.stopMs);
    await gone;
    clearTimeout(patience);
    if (killed > 0) throw new Error(`${killed} processes did not stop in time and were killed`);
  }

  private launch(number: number): Promise<void> {
    const worker = cluster.fork({ ...this.options.environment, [PROCESS_NUMBER]: String(number) });
    return new Promise((resolve, reject) => {
      const link = new Link((message) => void worker.send(message), {
        ...this.options.answers,
        ready: () => {
          this.noteReady(member);
          resolve();
        },
        failed: (failure: StartFailure) => {
          member.failure = failure;
        },
      });
      closeWhatItNeverTook(worker);
      const member: Member = { number, worker, link, listens: false, ready: false, silent: 0, failure: null };
      this.members.set(number, member);
      worker.on('message', (message) => link.receive(message));
      worker.once('listening', () => (member.listens = true));
      const ended = (how: string, clean: boolean): void => {
        if (this.members.get(number) !== member) return;
        this.members.delete(number);
        link.close();
        reject(new Error(member.failure?.message ?? `A process ended during the start: ${how}.`));
        this.afterEnd(member, how, clean);
      };
      worker.once('exit', (code, signal) => ended(signal ? `by ${signal}` : `with ${code}`, code === 0));
      // Also told of messages that did not reach a process that is ending; its end is told of by itself.
      worker.on('error', (error) => {
        if (worker.process.pid === undefined) ended(error.message, false);
      });
    });
  }

  private noteReady(member: Member): void {
    member.ready = true;
    this.firstServes = true;
    if (this.allServed || this.stopping || this.serving().length < this.options.size) return;
    this.allServed = true;
    this.options.onAllReady();
  }

  private afterEnd({ number, worker, failure }: Member, how: string, clean: boolean): void {
    if (this.members.size === 0) this.allGone();
    // Until one serves, one that cannot start ends the whole start.
    if (this.stopping || !this.firstServes) return;
    this.options.onEnd(number);
    this.options.logger.error(
      { ended: number, endedPid: worker.process.pid, how, ...(failure ? { message: failure.message } : {}) },
      'a process ended; another takes its place',
    );
    const blameless = clean || failure?.passing === true;
    if (!blameless && this.crashes.note(Date.now())) {
      this.stopping = true;
      this.options.onCrashLoop(
        `Processes keep ending: more than ${MOST_DEATHS + this.options.size} within a minute, the last one ${how}.${failure ? `\n${failure.message}` : ''}`,
      );
      return;
    }
    const timer = setTimeout(
      () => {
        this.replacing.delete(timer);
        this.launch(number).catch(() => undefined);
      },
      blameless ? REPLACE_LATER_MS : REPLACE_AFTER_MS,
    );
    this.replacing.add(timer);
  }

  /** One that hangs would go on being given connections. */
  private watch(): void {
    for (const member of this.members.values()) {
      if (member.silent >= MOST_SILENT) {
        this.options.logger.error(
          { hangs: member.number, pid: member.worker.process.pid },
          'a process does not answer; it is ended',
        );
        member.worker.process.kill('SIGKILL');
        continue;
      }
      member.silent += 1;
      member.link.ask('alive').then(
        () => {
          member.silent = 0;
        },
        () => undefined,
      );
    }
  }
}

/**
 * Node.js hands each connection to a process and lets go of it once that has said that it took it. One that ends before leaves the
 * connection open here, where nobody reads it: its client would wait for ever. Closed, it is told, and asks again.
 */
function closeWhatItNeverTook(worker: Worker): void {
  const child = worker.process;
  const send = child.send.bind(child) as (message: object, ...rest: unknown[]) => boolean;
  let handed: { readonly number: unknown; readonly connection: { close(): void } } | undefined;
  child.send = (message: { readonly act?: string; readonly seq?: unknown }, ...rest: unknown[]): boolean => {
    if (message.act === 'newconn') handed = { number: message.seq, connection: rest[0] as { close(): void } };
    return send(message, ...rest);
  };
  // Taken, or refused: then it is another's, who is not to lose it by the end of this one.
  child.on('internalMessage', (message: { readonly ack?: unknown }) => {
    if (handed !== undefined && message.ack === handed.number) handed = undefined;
  });
  child.once('exit', () => handed?.connection.close());
}
