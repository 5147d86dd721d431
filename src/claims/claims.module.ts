import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { ClaimFiles } from './claim-files.service.js';
import { ClaimsController } from './claims.controller.js';
import { ClaimsService } from './claims.service.js';
import { OldClaims } from './old-claims.js';

/** What a bank shows of one customer and a time, where somebody asks what it did. */
@Module({
  imports: [EventsModule, CustomersModule],
  controllers: [ClaimsController],
  providers: [ClaimsService, ClaimFiles, OldClaims],
})
export class ClaimsModule {}
