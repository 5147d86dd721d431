import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ACCESS } from './scopes.decorator.js';

/** Keeps the application from starting with a route that does not say who may call it. */
@Injectable()
export class RouteAudit implements OnModuleInit {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** @throws Error naming every route that has neither `@Scopes` nor `@Public` */
  onModuleInit(): void {
    const undeclared = this.discovery.getControllers().flatMap(({ metatype }) => (metatype ? this.#undeclaredRoutes(metatype.name, metatype.prototype as Record<string, object>) : []));
    if (undeclared.length > 0) {
      throw new Error(`Who may call ${undeclared.join(', ')}? Each route needs @Scopes(…) or @Public().`);
    }
  }

  #undeclaredRoutes(controller: string, prototype: Record<string, object>): string[] {
    return this.scanner
      .getAllMethodNames(prototype)
      .filter((name) => {
        const handler = prototype[name];
        return handler !== undefined && Reflect.hasMetadata(METHOD_METADATA, handler) && !Reflect.hasMetadata(ACCESS, handler);
      })
      .map((name) => `${controller}.${name}`);
  }
}
