import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { forgetOldDiagnostics } from './diagnostics.store.js';

const AT_ONCE = 10_000;

/** Forgets why answers were not accepted, once no developer may ask any more. */
@Injectable()
export class OldDiagnostics implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('diagnostics', (tenantId) => forgetOldDiagnostics(this.databases.of(tenantId), AT_ONCE));
  }
}
