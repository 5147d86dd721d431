import { Module } from '@nestjs/common';
import { PolicyController } from './policy.controller.js';
import { PolicyService } from './policy.service.js';
import { Retention } from './retention.js';

@Module({ controllers: [PolicyController], providers: [PolicyService, Retention], exports: [PolicyService, Retention] })
export class PolicyModule {}
