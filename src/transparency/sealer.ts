import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { EventTail } from '../events/event-tail.js';
import { LogPulse } from '../events/log-pulse.js';
import { Metrics } from '../observability/metrics.js';
import type { Loop } from '../upkeep/loop.js';
import { Pace } from '../upkeep/pace.js';
import { Upkeep } from '../upkeep/upkeep.js';
import { Databases } from '../database/databases.js';
import { PROVIDED } from '../config/provided.js';
import type { TenantDatabase } from '../database/tenant-database.js';
import { SignerUnavailable } from './checkpoint-signer.js';
import { forgetOldCheckpoints, LogDamaged, readUnsealedAge } from './log.store.js';
import { sealLog } from './log-seal.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import { SigningKeys } from './signing-keys.service.js';
import { Witness } from './witness.js';

/** A checkpoint is promised within five seconds of the event. */
const EVERY_MS = 500;
/** Where nothing was to be sealed, looks become rarer: to this, however quiet the log is, and to that, where something happens at others. */
const ANYHOW_MS = 10_000;
const QUIET_MS = 2_000;
/** Rounds between two looks at whether the witness has fallen behind. */
const WITNESS_EVERY = 20;
/** Rounds between two times at which old checkpoints are thinned out, and how many go at most: more than are signed meanwhile. */
const THIN_EVERY = 1_200;
const MOST_THINNED = 5_000;

/** When one tenant's log is looked at next. */
interface Turn {
  readonly pace: Pace;
  due: number;
  lookedAt: number;
  /** What had settled before it was looked at. */
  horizon: bigint;
}

/** Seals the event log of each tenant. Every node runs one; whoever has the lock of a batch does the work. */
@Injectable()
export class Sealer implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: Loop;
  private failure: Error | null = null;
  private readonly running = new Map<string, Promise<void>>();
  private readonly turns = new Map<string, Turn>();
  private horizon = 0n;
  private rounds = 0;
  private closed = false;

  constructor(
    private readonly databases: Databases,
    private readonly tail: EventTail,
    private readonly pulse: LogPulse,
    private readonly keys: SigningKeys,
    private readonly witness: Witness,
    @Inject(TRANSPARENCY) private readonly options: TransparencyOptions,
    private readonly metrics: Metrics,
    upkeep: Upkeep,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    this.loop = upkeep.loop({
      name: 'seal',
      everyMs: EVERY_MS,
      run: () => this.round(),
      failed: () => undefined, // said already, of the tenant
    });
  }

  onModuleInit(): void {
    this.metrics.measure(
      {
        name: 'countersign_unsealed_seconds',
        help: 'For how long the oldest event has waited that is under no checkpoint yet.',
        labelNames: [],
      },
      async () => {
        const ages = await Promise.all(this.databases.allKept().map(readUnsealedAge));
        return [{ labels: {}, value: Math.max(0, ...ages) }];
      },
    );
  }

  onApplicationBootstrap(): void {
    this.tail.onWake((tenantId) => {
      const turn = this.turnOf(tenantId);
      turn.pace.hurry();
      turn.due = 0;
    });
    this.pulse.onBeat(({ stirs, horizon }) => {
      this.horizon = horizon;
      if (stirs)
        for (const turn of this.turns.values())
          if (horizon > turn.horizon)
            turn.due = Math.min(turn.due, turn.lookedAt + Math.min(turn.pace.waitMs, QUIET_MS));
    });
    this.loop.wake(EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    await Promise.all([this.loop.stop(), ...this.running.values()]);
  }

  /** Seals what there is now; resolves when a round is over, whatever came of it. */
  seal(tenantId: string): Promise<void> {
    if (this.closed) return Promise.resolve();
    const running =
      this.running.get(tenantId) ??
      this.sealOnce(this.databases.keptOf(tenantId)).finally(() => this.running.delete(tenantId));
    this.running.set(tenantId, running);
    return running;
  }

  /** @throws the last that went wrong at a tenant, once all had their turn. */
  private async round(): Promise<void> {
    this.rounds += 1;
    this.failure = null;
    const now = Date.now();
    await Promise.all(this.databases.allKept().map((db) => this.takeTurn(db, now)));
    if (this.failure) throw this.failure as Error;
  }

  private async takeTurn(db: TenantDatabase, now: number): Promise<void> {
    if (now >= this.turnOf(db.tenantId).due) await this.seal(db.tenantId);
    if (this.rounds % WITNESS_EVERY === 0) this.witness.push(db);
    if (this.rounds % THIN_EVERY === 1) await this.attempt(db, () => forgetOldCheckpoints(db, MOST_THINNED));
  }

  private turnOf(tenantId: string): Turn {
    const turn = this.turns.get(tenantId) ?? {
      pace: new Pace(EVERY_MS, ANYHOW_MS),
      due: 0,
      lookedAt: 0,
      horizon: 0n,
    };
    this.turns.set(tenantId, turn);
    return turn;
  }

  private async sealOnce(db: TenantDatabase): Promise<void> {
    const turn = this.turnOf(db.tenantId);
    Object.assign(turn, { lookedAt: Date.now(), horizon: this.horizon, due: Infinity });
    const outcome = await this.attempt(db, () =>
      sealLog(db, {
        signer: this.keys.signer,
        publicUrl: this.options.publicUrl,
        keyMac: (tenantId, jwk) => this.keys.mac(tenantId, jwk),
      }),
    );
    if (outcome?.signed) this.witness.push(db);
    const idle = outcome && outcome.sealed === 0 && !outcome.signed;
    if (!idle) turn.pace.hurry();
    turn.due = Math.min(turn.due, Date.now() + (idle ? turn.pace.rest() : EVERY_MS));
  }

  private async attempt<Result>(db: TenantDatabase, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      this.failure = error as Error;
      const cause = { tenant: db.tenantId, kind: (error as Error).name, code: (error as { code?: string }).code };
      if (error instanceof LogDamaged)
        this.logger.error(
          { ...cause, what: error.message },
          'the transparency log is damaged: nothing more is signed; see docs/evidence.md',
        );
      else if (error instanceof SignerUnavailable)
        this.logger.warn(
          { ...cause, what: error.message },
          'events are sealed, but no checkpoint could be signed; trying again',
        );
      else this.logger.warn(cause, 'could not seal the event log; trying again');
      return undefined;
    }
  }
}
