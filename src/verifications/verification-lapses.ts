import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { lapseDueVerifications } from './verifications.store.js';

const AT_ONCE = 500;

/** Ends questions that nobody answered in time, with an event each. Whoever reads one lapses it before. */
@Injectable()
export class VerificationLapses implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.lapse('verification', (tenantId) => lapseDueVerifications(this.databases.of(tenantId), AT_ONCE));
  }
}
