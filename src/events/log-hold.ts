import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../database/databases.js';
import { Metrics } from '../observability/metrics.js';
import { PROVIDED } from '../config/provided.js';
import { type HoldNews, LogHoldWatch } from './log-hold.policy.js';
import { LogPulse } from './log-pulse.js';
import { isHeld, type LogHolder, readLogHolders } from './log-pulse.store.js';

export interface LogHoldOptions {
  /** After so long it is an alert. */
  readonly alertSeconds: number;
}

/**
 * Says who keeps the event log from settling: any transaction of the cluster that has an id and is left open, in whatever
 * database. Streams do not wait for it; webhooks, lists of events, seals and evidence do.
 */
@Injectable()
export class LogHold implements OnModuleInit {
  private readonly watch: LogHoldWatch;

  constructor(
    private readonly databases: Databases,
    private readonly pulse: LogPulse,
    private readonly metrics: Metrics,
    @Inject(PROVIDED.logHold) { alertSeconds }: LogHoldOptions,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.watch = new LogHoldWatch(alertSeconds * 1_000);
  }

  onModuleInit(): void {
    this.pulse.onBeat((beat) => {
      const news = this.watch.next(beat, performance.now());
      if (news) this.tell(news).catch(() => undefined);
    });
    this.metrics.measure(
      {
        name: 'countersign_log_held_back_seconds',
        help: 'For how long an open transaction has kept the event log from settling while events waited; streams do not wait.',
        labelNames: [],
      },
      async () => [{ labels: {}, value: (await this.isHeld()) ? this.watch.secondsAt(performance.now()) : 0 }],
    );
    this.metrics.measure(
      {
        name: 'countersign_log_held_back_alert',
        help: 'Whether that has lasted longer than EVENTS_HELD_ALERT_SECONDS; the log of the service names who does it.',
        labelNames: [],
      },
      async () => [{ labels: {}, value: Number((await this.isHeld()) && this.watch.isOverdue(performance.now())) }],
    );
  }

  /** Whether an event of any tenant waits; asked only where something is open for so long that one may. */
  private async isHeld(): Promise<boolean> {
    if (this.watch.secondsAt(performance.now()) === 0) return false;
    return (await Promise.all(this.databases.allKept().map(isHeld))).includes(true);
  }

  private async tell({ held, seconds, overdue }: HoldNews): Promise<void> {
    const heldSeconds = Math.round(seconds);
    if (!held) return this.logger.info({ heldSeconds }, 'the event log is held back no longer');
    // What was open when this process started may hold nothing back.
    if (!(await this.isHeld().catch(() => true))) return;
    const [database] = this.databases.allKept();
    const holders = await readLogHolders(database!).catch(() => []);
    this.logger[overdue ? 'error' : 'warn'](
      { heldSeconds, holders: holders.map(describeHolder) },
      'the event log is held back by an open transaction: webhooks, lists of events and evidence wait, streams do not; see docs/operations.md',
    );
  }
}

/** What an operator needs to find it and end it, and nothing of its statements. */
function describeHolder({
  kind,
  pid,
  database,
  login,
  application,
  state,
  open_seconds: open,
  prepared_as: preparedAs,
}: LogHolder): object {
  const known = {
    kind,
    pid,
    database,
    login,
    application,
    state,
    openSeconds: open === null ? null : Math.round(open),
    preparedAs,
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null));
}
