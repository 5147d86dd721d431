import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { TenantRates } from '../http/limits/tenant-rates.js';
import { countWrittenLately } from './written-events.store.js';

/** Says how many events of a tenant were written lately, for the limit of what it may write in a second. */
@Injectable()
export class WrittenEvents implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly rates: TenantRates,
  ) {}

  onModuleInit(): void {
    this.rates.countBy((tenantId, most) => countWrittenLately(this.databases.of(tenantId), most));
  }
}
