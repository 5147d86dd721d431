import { Module } from '@nestjs/common';
import { EventsModule } from '../events/events.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { CoverageController } from './coverage.controller.js';
import { CoverageService } from './coverage.service.js';

@Module({ imports: [EventsModule, PolicyModule], controllers: [CoverageController], providers: [CoverageService] })
export class CoverageModule {}
