import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../http/access/principal.js';
import { Caller, Scopes } from '../http/access/scopes.decorator.js';
import { Problems } from '../http/api-problems.js';
import { Protects } from '../http/limits/held.js';
import { LoadClass } from '../http/load/load-class.js';
import { Idempotent, NeverReplayed } from '../http/idempotency/idempotency.interceptor.js';
import { cursorUuid, PageQuery } from '../http/page.js';
import { CustomerIdPipe } from '../http/customer-id.pipe.js';
import { EnrolDeviceDto } from './devices.dto.js';
import { DeviceListReply, EnrolledDeviceReply, PasskeyOptionsReply } from './devices.reply.js';
import { DevicesService } from './devices.service.js';
import { PasskeysService } from './passkeys.service.js';

@ApiTags('Devices')
@Controller('v1/customers/:customerId/devices')
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly passkeys: PasskeysService,
  ) {}

  @Post('passkey-options')
  @Scopes('app', 'customer')
  @LoadClass('critical')
  @NeverReplayed()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  @ApiOperation({
    operationId: 'passkeyOptions',
    summary: 'What a browser makes a passkey from',
    description:
      'PublicKeyCredentialCreationOptionsJSON, for `PublicKeyCredential.parseCreationOptionsFromJSON()`. The challenge is for this customer, for five minutes, once. Creates nothing.',
  })
  @ApiOkResponse({ type: PasskeyOptionsReply })
  @Problems('invalid-request', 'passkeys-unavailable')
  passkeyOptions(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
  ): Promise<PasskeyOptionsReply> {
    return this.passkeys.options(caller.tenantId, customerId);
  }

  @Post()
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @Idempotent()
  @ApiOperation({
    operationId: 'enrolDevice',
    summary: 'Enrol a device by proof of possession of its key',
    description:
      'By `publicKey` and `proof`, or by a `passkey`. Creates the customer where the bank has not loaded them.',
  })
  @ApiCreatedResponse({ type: EnrolledDeviceReply })
  @Problems('invalid-request', 'device-already-enrolled', 'proof-not-accepted', 'device-limit', 'passkeys-unavailable')
  enrol(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Body() body: EnrolDeviceDto,
  ): Promise<EnrolledDeviceReply> {
    return this.devices.enrol(caller, customerId, body);
  }

  @Get()
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @ApiOperation({ operationId: 'listDevices', summary: "A customer's devices, revoked ones too" })
  @ApiOkResponse({ type: DeviceListReply })
  @Problems('invalid-request', 'not-found')
  list(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Query() page: PageQuery,
  ): Promise<DeviceListReply> {
    return this.devices.list(caller.tenantId, customerId, cursorUuid('dev', page), page.limitOrDefault());
  }

  @Delete(':deviceId')
  @Scopes('app', 'customer')
  @LoadClass('interactive')
  @Protects()
  @HttpCode(204)
  @ApiOperation({
    operationId: 'revokeDevice',
    summary: 'Revoke a device',
    description: 'For good: its key answers nothing any more.',
  })
  @ApiNoContentResponse({ description: 'Revoked.' })
  @Problems('not-found')
  revoke(
    @Caller() caller: Principal,
    @Param('customerId', CustomerIdPipe) customerId: string,
    @Param('deviceId') deviceId: string,
  ): Promise<void> {
    return this.devices.revoke(caller.tenantId, customerId, deviceId, caller.subject);
  }
}
