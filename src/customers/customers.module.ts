import { Module } from '@nestjs/common';
import { PolicyModule } from '../policy/policy.module.js';
import { CustomerKeys } from './customer-keys.js';
import { CustomersController } from './customers.controller.js';
import { CustomersService } from './customers.service.js';
import { DevicesController } from './devices.controller.js';
import { DevicesService } from './devices.service.js';

@Module({
  imports: [PolicyModule],
  controllers: [CustomersController, DevicesController],
  providers: [CustomersService, DevicesService, CustomerKeys],
  exports: [CustomerKeys],
})
export class CustomersModule {}
