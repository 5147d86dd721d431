import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Retention } from '../policy/retention.js';
import { deleteOldNotice } from './notice-retention.store.js';

/** Notices are kept as long as policy says. */
@Injectable()
export class NoticeRetention implements OnModuleInit {
  constructor(private readonly retention: Retention) {}

  onModuleInit(): void {
    this.retention.keep('noticeDays', deleteOldNotice);
  }
}
