import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../../database/databases.js';
import { Sweeps } from '../../upkeep/sweeps.js';
import { forgetOldKeys } from './idempotency.store.js';

const AT_ONCE = 10_000;

/** Forgets idempotency keys, and the answers that were kept for them, once they count no longer. */
@Injectable()
export class OldKeys implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('idempotency_keys', (tenantId) => forgetOldKeys(this.databases.of(tenantId), AT_ONCE));
  }
}
