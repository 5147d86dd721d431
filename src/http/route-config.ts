import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';

/** What Fastify's hooks read of a route, before any guard; added to what was said of it before. */
export function routeConfig(more: object): MethodDecorator {
  return (target, key, descriptor) => {
    const said = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, descriptor.value!) as object | undefined;
    RouteConfig({ ...said, ...more })(target, key, descriptor);
  };
}
