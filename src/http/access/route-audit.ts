import { Inject, Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type ControllerRoute, routesFound } from '../controller-routes.js';
import { saysWhatRepetitionDoes } from '../idempotency/idempotency.interceptor.js';
import { type Access, ACCESS, FINDS_OWN } from './scopes.decorator.js';

/** Keeps the application from starting with a route that does not say who may call it, or a POST that does not say what a repetition does. */
@Injectable()
export class RouteAudit implements OnModuleInit {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** @throws Error naming every route that has neither `@Scopes` nor `@Public`, and every POST that has neither `@Idempotent` nor `@NeverReplayed`, and every route for customers that does not say whose it is */
  onModuleInit(): void {
    const undeclared = this.#routesThat((handler) => !Reflect.hasMetadata(ACCESS, handler));
    if (undeclared.length > 0) {
      throw new Error(`Who may call ${undeclared.join(', ')}? Each route needs @Scopes(…) or @Public().`);
    }
    const anybodys = this.#routesThat((handler, { path }) => {
      const access = Reflect.getMetadata(ACCESS, handler) as Access;
      const isCustomers = 'scopes' in access && access.scopes.includes('customer');
      return isCustomers && !path.includes('/:customerId') && !Reflect.hasMetadata(FINDS_OWN, handler);
    });
    if (anybodys.length > 0)
      throw new Error(
        `Whose is what ${anybodys.join(', ')} finds? With scope customer a route has :customerId in its path, or @FindsOwn().`,
      );
    const repeatable = this.#routesThat((handler, { method }) => method === 'POST' && !saysWhatRepetitionDoes(handler));
    if (repeatable.length > 0)
      throw new Error(
        `What does a repetition of ${repeatable.join(', ')}? Each POST needs @Idempotent() or @NeverReplayed().`,
      );
  }

  #routesThat(lack: (handler: object, route: ControllerRoute) => boolean): string[] {
    return routesFound(this.discovery, this.scanner)
      .filter((route) => lack(route.handler, route))
      .map(({ controller, name }) => `${controller.name}.${name}`);
  }
}
