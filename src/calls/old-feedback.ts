import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Databases } from '../database/databases.js';
import { Sweeps } from '../upkeep/sweeps.js';
import { forgetFeedback } from './verdict-feedback.store.js';

const AT_ONCE = 10_000;

/** Forgets that feedback was given, once none is taken any more. */
@Injectable()
export class OldFeedback implements OnModuleInit {
  constructor(
    private readonly databases: Databases,
    private readonly sweeps: Sweeps,
  ) {}

  onModuleInit(): void {
    this.sweeps.tidy('verdict_feedback', (tenantId) => forgetFeedback(this.databases.of(tenantId), AT_ONCE));
  }
}
