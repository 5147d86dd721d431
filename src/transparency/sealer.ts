import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../platform/databases.js';
import { PROVIDED } from '../platform/provided.js';
import type { TenantDatabase } from '../platform/tenant-database.js';
import { SignerUnavailable } from './checkpoint-signer.js';
import { forgetOldCheckpoints, LogDamaged } from './log.store.js';
import { sealLog } from './log-seal.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import { SigningKeys } from './signing-keys.service.js';
import { Witness } from './witness.js';

/** A checkpoint is promised within five seconds of the event. */
const EVERY_MS = 500;
/** Rounds between two looks at whether the witness has fallen behind. */
const WITNESS_EVERY = 20;
/** Rounds between two times at which old checkpoints are thinned out, and how many go at most: more than are signed meanwhile. */
const THIN_EVERY = 1_200;
const MOST_THINNED = 5_000;

/** Seals the event log of each tenant. Every node runs one; whoever has the lock of a batch does the work. */
@Injectable()
export class Sealer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private round: Promise<void> = Promise.resolve();
  private readonly running = new Map<string, Promise<void>>();
  private rounds = 0;
  private closed = false;

  constructor(
    private readonly databases: Databases, private readonly keys: SigningKeys, private readonly witness: Witness,
    @Inject(TRANSPARENCY) private readonly options: TransparencyOptions, @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await Promise.all([this.round, ...this.running.values()]);
  }

  /** Seals what there is now; resolves when a round is over, whatever came of it. */
  seal(tenantId: string): Promise<void> {
    if (this.closed) return Promise.resolve();
    const running = this.running.get(tenantId) ?? this.sealOnce(this.databases.of(tenantId)).finally(() => this.running.delete(tenantId));
    this.running.set(tenantId, running);
    return running;
  }

  private schedule(): void {
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.rounds += 1;
      this.round = Promise.all([...this.databases.all()].map((db) => this.seal(db.tenantId))).then(() => this.schedule());
    }, EVERY_MS);
    this.timer.unref();
  }

  private async sealOnce(db: TenantDatabase): Promise<void> {
    try {
      const { signed } = await sealLog(db, { signer: this.keys.signer, publicUrl: this.options.publicUrl, keyMac: (tenantId, jwk) => this.keys.mac(tenantId, jwk) });
      if (signed || this.rounds % WITNESS_EVERY === 0) this.witness.push(db);
      if (this.rounds % THIN_EVERY === 1) await forgetOldCheckpoints(db, MOST_THINNED);
    } catch (error) {
      const cause = { tenant: db.tenantId, kind: (error as Error).name, code: (error as { code?: string }).code };
      if (error instanceof LogDamaged) this.logger.error({ ...cause, what: error.message }, 'the transparency log is damaged: nothing more is signed; see docs/evidence.md');
      else if (error instanceof SignerUnavailable) this.logger.warn({ ...cause, what: error.message }, 'events are sealed, but no checkpoint could be signed; trying again');
      else this.logger.warn(cause, 'could not seal the event log; trying again');
    }
  }
}
