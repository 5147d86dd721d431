import { Module } from '@nestjs/common';
import { PolicyModule } from '../policy/policy.module.js';
import { CustomerKeys } from './customer-keys.js';
import { CustomersController } from './customers.controller.js';
import { CustomersService } from './customers.service.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';
import { PasskeysService } from './passkeys.service.js';
import { SpentProofs } from './spent-proofs.js';

@Module({
  imports: [PolicyModule],
  controllers: [CustomersController, DevicesController],
  providers: [CustomersService, DevicesService, PasskeysService, CustomerKeys, SpentProofs],
  exports: [CustomerKeys, PasskeysService],
})
export class CustomersModule {}
