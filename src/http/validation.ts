import { type ArgumentMetadata, ValidationPipe, type ValidationError } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { bodyReaderOf } from './compiled-bodies.js';
import { holdsInheritedName } from './json-text.js';
import { Problem } from './problem.js';
import { type FieldError, invalidField } from '../refusals/refusal.js';

function escapePointer(segment: string): string {
  return segment.replace(/~/g, '~0').replace(/\//g, '~1');
}

function flatten(errors: readonly ValidationError[], base: string): FieldError[] {
  return errors.flatMap((error) => {
    const pointer = `${base}/${escapePointer(error.property)}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      pointer,
      detail:
        rule === 'whitelistValidation'
          ? 'is not a field of this request'
          : message.replace(/^(each value in )?\S+ (must|should) /, '$1must '),
    }));
    return [...own, ...flatten(error.children ?? [], pointer)];
  });
}

/**
 * class-validator looks through the rules of every class for each value that it checks. They do not change once the
 * program is loaded, so what it finds for a class is kept.
 */
function keepRulesOfClasses(): void {
  const storage = getMetadataStorage();
  const find = storage.getTargetValidationMetadatas.bind(storage);
  const found = new Map<unknown, ReturnType<typeof find>>();
  storage.getTargetValidationMetadatas = (target, schema, always, strictGroups, groups) => {
    if (schema || groups?.length) return find(target, schema, always, strictGroups, groups);
    let rules = found.get(target);
    if (!rules) found.set(target, (rules = find(target, schema, always, strictGroups, groups)));
    return rules;
  };
}

keepRulesOfClasses();

const MOST_ERRORS = 20;

/**
 * Refuses unknown fields and wrong values with a 400 that names each field by JSON pointer; never echoes a value.
 * Fields called like a member that objects of the type have anyway are refused first, because the library passes over
 * them unseen. A body that the compiled validator of its class takes is not validated again; one that it does not take
 * is, and may be found right.
 */
class RequestValidationPipe extends ValidationPipe {
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
