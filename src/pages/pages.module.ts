import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { PROVIDED } from '../config/provided.js';
import { ReferencesModule } from '../references/references.module.js';
import { PagesController } from './pages.controller.js';

@Module({})
export class PagesModule {
  static register({ pages }: Config): DynamicModule {
    return {
      module: PagesModule,
      imports: [ReferencesModule],
      controllers: [PagesController],
      providers: [{ provide: PROVIDED.pages, useValue: pages }],
    };
  }
}
