import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Retention } from '../policy/retention.js';
import { deleteOldCallRecords } from './coverage.store.js';

/** Call records are kept as long as policy says. */
@Injectable()
export class CallRecordRetention implements OnModuleInit {
  constructor(private readonly retention: Retention) {}

  onModuleInit(): void {
    this.retention.keep('callRecordDays', deleteOldCallRecords);
  }
}
