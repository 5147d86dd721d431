import { Module } from '@nestjs/common';
import { PolicyModule } from '../policy/policy.module.js';
import { TextsController } from './texts.controller.js';

@Module({ imports: [PolicyModule], controllers: [TextsController] })
export class TextsModule {}
