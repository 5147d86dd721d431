import { type DynamicModule, Module } from '@nestjs/common';
import { ChangesModule } from '../changes/changes.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { EventsModule } from '../events/events.module.js';
import { VerificationsModule } from '../verifications/verifications.module.js';
import { DocumentSigner } from './document-signer.js';
import { EvidenceController } from './evidence.controller.js';
import { EvidenceService } from './evidence.service.js';
import { LogController } from './log.controller.js';
import { LogService } from './log.service.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import { SealedReads } from './sealed-events.js';
import { Sealer } from './sealer.js';
import { SigningKeysController } from './signing-keys.controller.js';
import { SigningKeys } from './signing-keys.service.js';
import { Witness } from './witness.js';

@Module({})
export class TransparencyModule {
  static register(options: TransparencyOptions): DynamicModule {
    return {
      module: TransparencyModule,
      // What proves something is made of it, and it takes what signs from the composition root.
      global: true,
      imports: [EventsModule, CustomersModule, VerificationsModule, ChangesModule],
      controllers: [LogController, EvidenceController, SigningKeysController],
      providers: [
        { provide: TRANSPARENCY, useValue: options },
        LogService,
        SigningKeys,
        Sealer,
        Witness,
        EvidenceService,
        DocumentSigner,
        SealedReads,
      ],
      exports: [EvidenceService, DocumentSigner, SealedReads, SigningKeys],
    };
  }
}
