import { Module } from '@nestjs/common';
import { PolicyModule } from '../policy/policy.module.js';
import { LinesController } from './lines.controller.js';
import { LinesService } from './lines.service.js';

@Module({ imports: [PolicyModule], controllers: [LinesController], providers: [LinesService] })
export class LinesModule {}
