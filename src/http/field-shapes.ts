import { getMetadataStorage } from 'class-validator';

export type BodyClass = new () => object;

/** JSON Schema, with the keywords and formats of compiled-bodies.ts. */
export type CheckedShape = Readonly<Record<string, unknown>>;

export interface NestedShape {
  readonly type: () => BodyClass;
  readonly list: boolean;
}

interface FieldShape {
  readonly checked: CheckedShape;
  readonly optional: boolean;
  /** How many of class-validator's rules stand for the same. */
  readonly rules: number;
  readonly nested?: NestedShape | undefined;
}

const kept = new Map<unknown, Map<string, FieldShape>>();

/** Keeps what a field may hold, beside class-validator's rules that say the same. */
export function keepShape(shape: FieldShape): PropertyDecorator {
  return (target, property) => {
    const shapes = kept.get(target.constructor) ?? new Map<string, FieldShape>();
    kept.set(target.constructor, shapes.set(property as string, shape));
  };
}

/** The fields of a class and of those that it extends; none where a field has another rule, or is declared twice. */
export function shapesOf(type: BodyClass): ReadonlyMap<string, FieldShape> | undefined {
  const shapes = new Map<string, FieldShape>();
  for (let at: unknown = type; typeof at === 'function'; at = Object.getPrototypeOf(at)) {
    for (const [name, shape] of kept.get(at) ?? []) {
      if (shapes.has(name)) return undefined;
      shapes.set(name, shape);
    }
  }
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  const known = [...shapes].every(
    ([name, shape]) => rules.filter(({ propertyName }) => propertyName === name).length === shape.rules,
  );
  const foreign = rules.some(({ propertyName }) => !shapes.has(propertyName));
  return shapes.size > 0 && known && !foreign ? shapes : undefined;
}
