import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { forgetSpentProofs } from './devices.store.js';

/** Forgets proofs of possession that are too old to be used once more. */
@Injectable()
export class SpentProofs implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('enrolment_proofs', (tenantId) => forgetSpentProofs(this.databases.of(tenantId)));
  }
}
