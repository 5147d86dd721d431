import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from 'pino';
import { Databases } from '../database/databases.js';
import { PROVIDED } from '../config/provided.js';
import { Upkeep } from '../upkeep/upkeep.js';
import type { EventFilter } from './event-filter.js';
import { LogPulse } from './log-pulse.js';
import { type EventListener, type Joined, TenantTail } from './tenant-tail.js';

/**
 * Follows the event log of each tenant that somebody listens to, and hands each event to the listeners that want it: what
 * is committed, whatever else is still open (docs/decisions/0071). A change made in this process wakes it at once; one made
 * elsewhere is noticed by the pulse of the log, because NOTIFY in the hot transaction costs about half of its throughput.
 */
@Injectable()
export class EventTail implements OnApplicationShutdown {
  private readonly tails = new Map<string, TenantTail>();
  private readonly wakeHooks = new Set<(tenantId: string) => void>();
  private closed = false;

  constructor(
    private readonly databases: Databases,
    pulse: LogPulse,
    private readonly upkeep: Upkeep,
    @Inject(PROVIDED.logger) private readonly logger: Logger,
  ) {
    pulse.whileListening(() => this.tails.size > 0);
    pulse.onBeat(({ stirs }) => {
      if (stirs) for (const tail of this.tails.values()) tail.stir();
    });
  }

  /** Tells `listener` of each wanted event that is not within the cursor that this resolves to, once nothing can be missed. */
  async listen(tenantId: string, filter: EventFilter, listener: EventListener): Promise<Joined> {
    if (this.closed) throw new Error('the log is followed no longer');
    let tail = this.tails.get(tenantId);
    if (!tail) {
      const started: TenantTail = new TenantTail(this.databases.of(tenantId), this.upkeep, this.logger, () => {
        if (this.tails.get(tenantId) === started) this.tails.delete(tenantId);
      });
      this.tails.set(tenantId, (tail = started));
    }
    return tail.listen(filter, listener);
  }

  /** Calls `hook` with the tenant whenever this process has committed events. */
  onWake(hook: (tenantId: string) => void): void {
    this.wakeHooks.add(hook);
  }

  /** Says that this process has just committed events of the tenant. */
  wake(tenantId: string): void {
    for (const hook of this.wakeHooks) hook(tenantId);
    this.tails.get(tenantId)?.wake();
  }

  onApplicationShutdown(): void {
    this.closed = true;
    for (const tail of this.tails.values()) tail.close();
  }
}
