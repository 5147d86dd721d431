import { Inject, Injectable, RequestMethod } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { METHOD_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { saysWhatRepetitionDoes } from '../idempotency/idempotency.interceptor.js';
import { ACCESS } from './scopes.decorator.js';

/** Keeps the application from starting with a route that does not say who may call it, or a POST that does not say what a repetition does. */
@Injectable()
export class RouteAudit implements OnModuleInit {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** @throws Error naming every route that has neither `@Scopes` nor `@Public`, and every POST that has neither `@Idempotent` nor `@NeverReplayed` */
  onModuleInit(): void {
    const undeclared = this.#routesThat((handler) => !Reflect.hasMetadata(ACCESS, handler));
    if (undeclared.length > 0) {
      throw new Error(`Who may call ${undeclared.join(', ')}? Each route needs @Scopes(…) or @Public().`);
    }
    const repeatable = this.#routesThat(
      (handler) =>
        Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.POST && !saysWhatRepetitionDoes(handler),
    );
    if (repeatable.length > 0)
      throw new Error(
        `What does a repetition of ${repeatable.join(', ')}? Each POST needs @Idempotent() or @NeverReplayed().`,
      );
  }

  #routesThat(lack: (handler: object) => boolean): string[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (!metatype) return [];
      const prototype = metatype.prototype as Record<string, object>;
      return this.scanner
        .getAllMethodNames(prototype)
        .filter(
          (name) =>
            prototype[name] !== undefined &&
            Reflect.hasMetadata(METHOD_METADATA, prototype[name]) &&
            lack(prototype[name]),
        )
        .map((name) => `${metatype.name}.${name}`);
    });
  }
}
