import type { PipeTransform, Type } from '@nestjs/common';
import { CUSTOM_ROUTE_ARGS_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import { CustomerIdPipe } from '../customer-id.pipe.js';
import type { Principal } from '../access/principal.js';
import { callerOf } from '../access/scopes.decorator.js';
import { bodyReaderOf } from '../compiled-bodies.js';

/** What an argument is where the ordinary way has to look at the request. */
export const ORDINARY = Symbol('the ordinary way');

/** Reads one argument of a method from a request, or says that the ordinary way has to. */
export type ArgumentReader = (request: FastifyRequest, caller: Principal) => unknown;

interface Declared {
  readonly index: number;
  readonly data?: unknown;
  readonly factory?: unknown;
  readonly pipes?: readonly unknown[];
}

/**
 * The readers of a method's arguments, in their order, from what its decorators say.
 * @throws Error for an argument that could be read otherwise here than by Nest: its decorator, its pipe or its class is not
 * one of those that are known
 */
export function argumentReaders(controller: Type, method: string): ArgumentReader[] {
  const declared = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<string, Declared>;
  const types = Reflect.getMetadata('design:paramtypes', controller.prototype as object, method) as unknown[];
  const readers: ArgumentReader[] = [];
  for (const [key, argument] of Object.entries(declared))
    readers[argument.index] = readerOf(key, argument, types[argument.index]);
  if (readers.length !== types.length || readers.includes(undefined as never))
    throw new Error('each argument needs a decorator');
  return readers;
}

/** Whether a method reads the body of its requests. */
export function readsBody(controller: Type, method: string): boolean {
  const declared = (Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, method) ?? {}) as Record<string, Declared>;
  return Object.keys(declared).some((key) => kindOf(key) === RouteParamtypes.BODY);
}

function readerOf(key: string, { data, factory, pipes = [] }: Declared, type: unknown): ArgumentReader {
  if (key.includes(CUSTOM_ROUTE_ARGS_METADATA) && factory === callerOf && pipes.length === 0)
    return (_request, caller) => caller;
  const kind = kindOf(key);
  if (kind === RouteParamtypes.PARAM && typeof data === 'string' && type === String)
    return parameterReader(data, pipes);
  if (pipes.length === 0) {
    if (kind === RouteParamtypes.BODY && data === undefined) return fieldsReader(type, ({ body }) => body);
    if (kind === RouteParamtypes.QUERY && data === undefined) return fieldsReader(type, ({ query }) => query);
    if (kind === RouteParamtypes.HEADERS && typeof data === 'string' && data === data.toLowerCase())
      return ({ headers }) => headers[data];
  }
  throw new Error('an argument is not one that the short way can read');
}

function kindOf(key: string): RouteParamtypes {
  return Number(key.split(':', 1)[0]);
}

/** Nest's own pipe leaves a text as it is. */
function parameterReader(name: string, pipes: readonly unknown[]): ArgumentReader {
  if (pipes.some((pipe) => pipe !== CustomerIdPipe)) throw new Error(`the pipe of ${name} is not known`);
  const made: PipeTransform[] = pipes.map(() => new CustomerIdPipe());
  return ({ params }) => {
    const value = (params as Record<string, string | undefined>)[name];
    if (value === undefined) return ORDINARY;
    try {
      for (const pipe of made) pipe.transform(value, { type: 'param' });
    } catch {
      return ORDINARY;
    }
    return value;
  };
}

/** What the compiled reader does not take at once may still be right: the ordinary way finds out. */
function fieldsReader(type: unknown, fieldsOf: (request: FastifyRequest) => unknown): ArgumentReader {
  const read = bodyReaderOf(type);
  if (!read) throw new Error('a class of fields has no compiled reader');
  return (request) => read(fieldsOf(request)) ?? ORDINARY;
}
