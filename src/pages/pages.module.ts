import { Module } from '@nestjs/common';
import { ReferencesModule } from '../references/references.module.js';
import { PagesController } from './pages.controller.js';

@Module({ imports: [ReferencesModule], controllers: [PagesController] })
export class PagesModule {}
