import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { Principal } from './principal.js';
import { ACCESS } from './scopes.decorator.js';
import type { Access } from './scopes.decorator.js';

/** Under which @nestjs/swagger keeps what `@ApiOperation` was given. */
const API_OPERATION = 'swagger/apiOperation';

interface Route {
  readonly operationId: string;
  readonly access: Access;
}

/** Knows of every route who may call it, from the same metadata by which the guard decides. */
@Injectable()
export class MayDo {
  private routes: readonly Route[] | null = null;

  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {}

  /** The operations of the API that a token's scopes open, by their ids in the OpenAPI document, in order of the alphabet. */
  operationsOf({ scopes }: Principal): string[] {
    this.routes ??= this.discover();
    return this.routes
      .filter(({ access }) => 'scopes' in access && access.scopes.some((scope) => scopes.has(scope)))
      .map(({ operationId }) => operationId)
      .sort();
  }

  private discover(): Route[] {
    return this.discovery.getControllers().flatMap(({ metatype }) => {
      if (!metatype) return [];
      const prototype = metatype.prototype as Record<string, object>;
      return this.scanner.getAllMethodNames(prototype).flatMap((name): Route[] => {
        const handler = prototype[name]!;
        const access = Reflect.getMetadata(ACCESS, handler) as Access | undefined;
        const operation = Reflect.getMetadata(API_OPERATION, handler) as { operationId?: string } | undefined;
        return access && operation?.operationId ? [{ operationId: operation.operationId, access }] : [];
      });
    });
  }
}
