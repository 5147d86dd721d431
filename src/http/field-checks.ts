import { registerDecorator, ValidateIf } from 'class-validator';
import { ODDITIES, oddityOf } from '../readers/plain-text.js';
import { hasTwoDecimals, isPlainLine, isPlainText } from './field-rules.js';

/** Optional means "may be left out"; an explicit null is not the same and is refused by the rules that follow. */
export function IsPresentOrOmitted(): PropertyDecorator {
  return ValidateIf((_object, value) => value !== undefined);
}

export function IsPlainText(multiline: boolean): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isPlainText',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown) =>
          typeof value !== 'string' || (multiline ? isPlainText(value) : isPlainLine(value)),
        defaultMessage: (about) =>
          multiline
            ? 'plain text: not blank, without control characters, direction overrides or unpaired surrogates'
            : plainLineFault(about?.value),
      },
    });
}

/** What is wrong with a line; it repeats nothing of it. */
function plainLineFault(value: unknown): string {
  const oddity = typeof value === 'string' ? oddityOf(value) : null;
  return `plain text in one line that looks like what it is${oddity === null ? '' : `; this ${ODDITIES[oddity]}`}`;
}

/** class-validator's own rule fails on a number that is written with an exponent alone, such as 1e-7. */
export function IsOfHundredths(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isNumber',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown) => typeof value === 'number' && hasTwoDecimals(value),
        defaultMessage: () => '$property must be a number conforming to the specified constraints',
      },
    });
}

export function IsReadable(read: (text: unknown) => string | null, says: string): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'isReadable',
      target: target.constructor,
      propertyName: property as string,
      validator: { validate: (value: unknown) => read(value) !== null, defaultMessage: () => says },
    });
}

export function ArePlainLines(): PropertyDecorator {
  return (target, property) =>
    registerDecorator({
      name: 'arePlainLines',
      target: target.constructor,
      propertyName: property as string,
      validator: {
        validate: (value: unknown) =>
          !Array.isArray(value) || value.every((line) => typeof line !== 'string' || isPlainLine(line)),
        defaultMessage: (about) =>
          `each is ${plainLineFault(Array.isArray(about?.value) ? about.value.find((line) => typeof line === 'string' && !isPlainLine(line)) : undefined)}`,
      },
    });
}
