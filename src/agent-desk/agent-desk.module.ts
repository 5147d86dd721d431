import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { AgentDeskController } from './agent-desk.controller.js';
import { CustomerSearchesService } from './customer-searches.service.js';
import { Lookups } from './lookups.service.js';
import { SummaryService } from './summary.service.js';

/** What an agent's desktop asks about a customer before it dials. */
@Module({
  imports: [EventsModule, PolicyModule],
  controllers: [AgentDeskController],
  providers: [SummaryService, CustomerSearchesService, Lookups],
  exports: [Lookups],
})
export class AgentDeskModule {}
