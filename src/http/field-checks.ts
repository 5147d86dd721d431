import { registerDecorator, ValidateIf, ValidateNested } from 'class-validator';
import type { PlacedRule, Rule } from './field-rules.js';

/** What is kept with a rule where class-validator keeps it, for the compiled reader of bodies (compiled-bodies.ts). */
export interface RuleContext {
  readonly rule: Rule;
}

/** A rule as a decorator of class-validator: of a value, or of each in a list. */
export function decoratorOf({ each, ...rule }: PlacedRule): PropertyDecorator {
  const context: RuleContext = { rule };
  const { name, holds, says, nested } = rule;
  if (nested) return ValidateNested({ each: each ?? false, context });
  return (target, property) =>
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: property as string,
      options: { each: each ?? false, context },
      validator: {
        validate: holds,
        defaultMessage: (about) => (typeof says === 'string' ? says : says(about?.value)),
      },
    });
}

export function isPresent(_object: unknown, value: unknown): boolean {
  return value !== undefined;
}

/** Optional means "may be left out"; an explicit null is not the same and is refused by the rules that follow. */
export function IsPresentOrOmitted(): PropertyDecorator {
  return ValidateIf(isPresent);
}
