import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { forgetOldClaims } from './claims.store.js';

const AT_ONCE = 10_000;

/** Forgets which claim files were asked for long ago; the log has it. */
@Injectable()
export class OldClaims implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('claims', (tenantId) => forgetOldClaims(this.databases.of(tenantId), AT_ONCE));
  }
}
