import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../../database/databases.js';
import { Sweeps } from '../../upkeep/sweeps.js';
import { forgetSpentDpopProofs } from './dpop-proofs.store.js';

/** Forgets proofs of possession of a token's key whose nonce is not taken any more. */
@Injectable()
export class SpentDpopProofs implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('dpop_proofs', (tenantId) => forgetSpentDpopProofs(this.databases.of(tenantId)));
  }
}
