import { type ArgumentMetadata, ValidationPipe, type ValidationError } from '@nestjs/common';
import { bodyReaderOf } from './compiled-bodies.js';
import { holdsInheritedName } from './json-text.js';
import { Problem } from './problem.js';
import { type FieldError, invalidField } from '../refusals/refusal.js';

function escapePointer(segment: string): string {
  return segment.replace(/~/g, '~0').replace(/\//g, '~1');
}

/** What is said of what the library itself refuses. */
const LIBRARY_RULES: Readonly<Record<string, string>> = {
  whitelistValidation: 'is not a field of this request',
  unknownValue: 'must be an object',
};

function flatten(errors: readonly ValidationError[], base: string): FieldError[] {
  return errors.flatMap((error) => {
    // Of a value that is no object of the class at all the library names no property.
    const { property } = error as { property?: string };
    const pointer = property === undefined ? base : `${base}/${escapePointer(property)}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      pointer,
      detail: LIBRARY_RULES[rule] ?? message.replace(/^(each value in )?\S+ (must|should) /, '$1must '),
    }));
    return [...own, ...flatten(error.children ?? [], pointer)];
  });
}

const MOST_ERRORS = 20;

/**
 * Refuses unknown fields and wrong values with a 400 that names each field by JSON pointer; never echoes a value.
 * Fields called like a member that objects of the type have anyway are refused first, because the library passes over
 * them unseen. A body that the compiled reader of its class takes is not validated again; one that it does not take is,
 * and may be found right.
 */
export class RequestValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const taken = metadata.type === 'body' ? bodyReaderOf(metadata.metatype)?.(value) : undefined;
    if (taken) return taken;
    if (metadata.type !== 'custom' && typeof value === 'object' && value !== null) {
      const methods: object = typeof metadata.metatype === 'function' ? (metadata.metatype.prototype as object) : {};
      if (holdsInheritedName(value) || Object.keys(value).some((key) => key in methods))
        throw invalidField('#', 'has a field of a name that no request has');
    }
    return super.transform(value, metadata);
  }
}

export function validationPipe(): ValidationPipe {
  return new RequestValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
    exceptionFactory: (errors) =>
      new Problem('invalid-request', {
        errors: flatten(errors, '#')
          .slice(0, MOST_ERRORS)
          .map(({ pointer, detail }) => ({ pointer, detail: detail.slice(0, 300) })),
      }),
  });
}
