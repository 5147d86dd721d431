import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Sweeps } from '../upkeep/sweeps.js';
import { EventTail } from './event-tail.js';

/** Sweeps while the service runs: each second where something has happened, and whoever follows the log is told at once. */
@Injectable()
export class TenantSweep implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly tail: EventTail,
    private readonly sweeps: Sweeps,
  ) {}

  onApplicationBootstrap(): void {
    this.tail.onWake((tenantId) => this.sweeps.attend(tenantId));
    this.sweeps.begin((tenantId) => this.tail.wake(tenantId));
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sweeps.stop();
  }
}
