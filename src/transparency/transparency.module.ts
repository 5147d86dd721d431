import { type DynamicModule, Module } from '@nestjs/common';
import { LogController } from './log.controller.js';
import { LogService } from './log.service.js';
import { TRANSPARENCY, type TransparencyOptions } from './options.js';
import { Sealer } from './sealer.js';
import { SigningKeys } from './signing-keys.service.js';
import { Witness } from './witness.js';

@Module({})
export class TransparencyModule {
  static register(options: TransparencyOptions): DynamicModule {
    return { module: TransparencyModule, controllers: [LogController], providers: [{ provide: TRANSPARENCY, useValue: options }, LogService, SigningKeys, Sealer, Witness] };
  }
}
