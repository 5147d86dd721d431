import type { LogFn, LoggerOptions } from 'pino';

type LogMethod = NonNullable<NonNullable<LoggerOptions['hooks']>['logMethod']>;

interface Repeated {
  count: number;
  again: () => void;
}

/** pino's number of `warn`: what is below is told as often as it happens. */
const WARN = 40;
const EVERY_MS = 1_000;
/** More kinds of lines than that within a second are not of one cause. */
const MOST_KINDS = 1_000;

/**
 * Writes a warning or an error that comes again and again once a second, with how often it came since (`repeated`).
 * Lines are the same where all but the request that they are about is the same.
 */
export function onceASecond(): LogMethod {
  const recent = new Map<string, Repeated>();
  const close = (kind: string): void => {
    const { count, again } = recent.get(kind)!;
    recent.delete(kind);
    if (count === 0) return;
    again();
    open(kind);
  };
  const open = (kind: string): void => {
    recent.set(kind, { count: 0, again: () => undefined });
    setTimeout(() => close(kind), EVERY_MS).unref();
  };
  return function logMethod(values, method, level) {
    const kind = level < WARN ? null : kindOf(level, values);
    const known = kind === null ? undefined : recent.get(kind);
    if (known) {
      known.count += 1;
      known.again = () => method.apply(this, counted(values, known.count));
      return;
    }
    if (kind !== null && recent.size < MOST_KINDS) open(kind);
    method.apply(this, values);
  };
}

type Values = Parameters<LogFn>;

/** Null for what is told each time. */
function kindOf(level: number, [first, ...rest]: Values): string | null {
  if (typeof first === 'string') return `${level} ${first}`;
  // Of an error JSON says nothing: two that differ would be taken for one.
  if (
    typeof first !== 'object' ||
    first === null ||
    [first, ...Object.values(first)].some((value) => value instanceof Error)
  )
    return null;
  try {
    return `${level} ${JSON.stringify({ ...first, requestId: undefined, trace_id: undefined, span_id: undefined })} ${rest.map(String).join(' ')}`;
  } catch {
    return null;
  }
}

function counted([first, ...rest]: Values, repeated: number): Values {
  return (typeof first === 'string'
    ? [{ repeated }, first, ...rest]
    : [{ ...(first as object), repeated }, ...rest]) as unknown as Values;
}
