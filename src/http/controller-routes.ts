import { type INestApplicationContext, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';

/** A route that a controller declares, in the router's words. */
export interface ControllerRoute {
  /** Such as `POST`. */
  readonly method: string;
  /** With a colon before each parameter. */
  readonly path: string;
  readonly controller: Type;
  /** The name of the method that serves it, and the method itself. */
  readonly name: string;
  readonly handler: object;
}

/** All routes of an application's controllers. */
export function controllerRoutes(app: INestApplicationContext): ControllerRoute[] {
  return routesFound(app.get(DiscoveryService, { strict: false }), app.get(MetadataScanner, { strict: false }));
}

/** The same, by what finds them. */
export function routesFound(discovery: DiscoveryService, scanner: MetadataScanner): ControllerRoute[] {
  return discovery.getControllers().flatMap(({ metatype }) => {
    const controller = metatype as Type | null;
    return controller ? routesOf(controller, scanner) : [];
  });
}

function routesOf(controller: Type, scanner: MetadataScanner): ControllerRoute[] {
  const handlers = controller.prototype as Record<string, object>;
  return scanner.getAllMethodNames(handlers).flatMap((name) => {
    const handler = handlers[name]!;
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    if (method === undefined) return [];
    const [base, own] = [controller, handler].map((of) => String(Reflect.getMetadata(PATH_METADATA, of)));
    const path = `/${base}/${own}`.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');
    return [{ method: RequestMethod[method], path, controller, name, handler }];
  });
}
