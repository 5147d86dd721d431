import {
  type CanActivate,
  Catch,
  type DynamicModule,
  Global,
  Injectable,
  Module,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AppModule } from '../../src/boot/app.module.js';
import { VerdictsController } from '../../src/calls/verdicts.controller.js';
import { startTestService } from '../support/service.js';

afterEach(() => vi.restoreAllMocks());

@Injectable()
class LaterGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

@Injectable()
class LaterPipe implements PipeTransform {
  transform(value: unknown): unknown {
    return value;
  }
}

@Injectable()
class LaterInterceptor implements NestInterceptor {
  intercept: NestInterceptor['intercept'] = (_context, next) => next.handle();
}

@Catch()
class LaterFilter {
  catch(): void {
    // A filter that says nothing.
  }
}

/** As somebody would add it, in a module of its own. */
function add(provide: string, useClass: new () => object): void {
  @Global()
  @Module({ providers: [{ provide, useClass }] })
  class LaterModule {}
  const register = AppModule.register.bind(AppModule);
  vi.spyOn(AppModule, 'register').mockImplementation((options): DynamicModule => {
    const made = register(options);
    return { ...made, imports: [...made.imports!, LaterModule] };
  });
}

/** Uses a decorator on a marked method for the time of a test. */
function decorate(key: string, value: unknown): () => void {
  const handler = VerdictsController.prototype.ask;
  Reflect.defineMetadata(key, value, handler);
  return () => void Reflect.deleteMetadata(key, handler);
}

describe('the service does not start, where the short way would skip', () => {
  it.each([
    ['guard', APP_GUARD, LaterGuard],
    ['pipe', APP_PIPE, LaterPipe],
    ['interceptor', APP_INTERCEPTOR, LaterInterceptor],
    ['filter', APP_FILTER, LaterFilter],
  ] as const)('a global %s', async (_what, provide, added) => {
    add(provide, added);
    await expect(startTestService()).rejects.toThrow(`The short way would skip ${added.name}`);
  });

  it.each([
    ['__guards__', LaterGuard],
    ['__interceptors__', LaterInterceptor],
    ['__pipes__', LaterPipe],
    ['__exceptionFilters__', LaterFilter],
  ])('%s of a marked route', async (key, added) => {
    const undo = decorate(key, [added]);
    try {
      await expect(startTestService()).rejects.toThrow('VerdictsController.ask cannot have @ShortWay()');
    } finally {
      undo();
    }
  });
});
