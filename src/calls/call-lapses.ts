import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { lapseDueCalls } from './calls.store.js';

const AT_ONCE = 500;

/** Ends calls that nobody hung up, with an event each. */
@Injectable()
export class CallLapses implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.lapse('call', (tenantId) => lapseDueCalls(this.databases.of(tenantId), AT_ONCE));
  }
}
