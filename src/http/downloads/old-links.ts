import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../../database/databases.js';
import { Sweeps } from '../../upkeep/sweeps.js';
import { forgetOldLinks } from './download-links.store.js';

const AT_ONCE = 10_000;

/** Forgets links that open nothing any more. */
@Injectable()
export class OldLinks implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('downloads', (tenantId) => forgetOldLinks(this.databases.of(tenantId), AT_ONCE));
  }
}
