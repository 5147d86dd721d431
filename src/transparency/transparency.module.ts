import { type DynamicModule, Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { VerificationsModule } from '../verifications/verifications.module.js';
import { EvidenceController } from './evidence.controller.js';
import { EvidenceService } from './evidence.service.js';
import { LogController } from './log.controller.js';
import { LogService } from './log.service.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import { Sealer } from './sealer.js';
import { SigningKeys } from './signing-keys.service.js';
import { Witness } from './witness.js';

@Module({})
export class TransparencyModule {
  static register(options: TransparencyOptions): DynamicModule {
    return {
      module: TransparencyModule,
      imports: [EventsModule, CustomersModule, VerificationsModule, ChangesModule],
      controllers: [LogController, EvidenceController],
      providers: [
        { provide: TRANSPARENCY, useValue: options },
        LogService,
        SigningKeys,
        Sealer,
        Witness,
        EvidenceService,
      ],
    };
  }
}
