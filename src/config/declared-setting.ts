import type { BaseValidator, ValidatorSpec } from 'envalid';

/** No value; what then holds, in words. */
interface Unset {
  readonly instead: string;
}

/** One environment variable. */
export interface Declared<Key extends string | null, Value> {
  /** Its name in Config; null where config.ts makes something else of it. */
  readonly key: Key;
  /** How its text is read; an error of it says what the variable should be. */
  readonly spec: ValidatorSpec<Value>;
  /** What holds where it is not set, for people. */
  readonly fallback: string;
  readonly meaning: string;
}

/** One variable by its name in Config, or null, with how it is read and what holds without it. */
export function setting<const Key extends string | null, Value>(
  key: Key,
  validator: BaseValidator<Value>,
  fallback: Unset,
  meaning: string,
): Declared<Key, Value | undefined>;
export function setting<const Key extends string | null, Value>(
  key: Key,
  validator: BaseValidator<Value>,
  fallback: NonNullable<NoInfer<Value>>,
  meaning: string,
): Declared<Key, Value>;
export function setting<Value>(
  key: string | null,
  validator: BaseValidator<Value>,
  fallback: NonNullable<Value> | Unset,
  meaning: string,
): Declared<string | null, Value | undefined> {
  return fallback instanceof Object && 'instead' in fallback
    ? { key, spec: validator({ default: undefined }), fallback: fallback.instead, meaning }
    : { key, spec: validator({ default: fallback }), fallback: String(fallback), meaning };
}

/** That it has no value by default, and what holds then, in words. */
export function unset(instead: string): Unset {
  return { instead };
}
