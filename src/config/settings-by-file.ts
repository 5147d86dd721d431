import { readFileSync, statSync } from 'node:fs';

/** Settings that hold a password or are long: with `_FILE` behind its name each is the name of a file that holds it, as orchestrators mount secrets. */
export const SETTINGS_BY_FILE = [
  'DATABASE_URL',
  'SERVICE_DATABASE_URL',
  'TENANTS',
  'NUMBER_SIGNALS',
  'PAYEE_CHECK',
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const;

type ByFile = (typeof SETTINGS_BY_FILE)[number];

/** More than the longest list of tenants, and less than what somebody names by mistake. */
const LARGEST_FILE_BYTES = 1024 * 1024;

/** Puts what stands in a file in the place of its name. A setting whose file cannot be used has a fault, a sentence that repeats nothing of it. */
export function withFiles(environment: NodeJS.ProcessEnv): {
  environment: NodeJS.ProcessEnv;
  faults: Partial<Record<ByFile, string>>;
} {
  const faults: Partial<Record<ByFile, string>> = {};
  const read = SETTINGS_BY_FILE.flatMap((name) => {
    const file = environment[`${name}_FILE`];
    if (!file) return [];
    if (environment[name]) faults[name] = `${name} and ${name}_FILE exclude each other.`;
    else {
      const text = contentOf(file);
      if (text === null || text === '')
        faults[name] = `${name}_FILE should name a file that can be read and holds ${name}.`;
      else return [[name, text] as const];
    }
    return [];
  });
  return { environment: { ...environment, ...Object.fromEntries(read) }, faults };
}

function contentOf(file: string): string | null {
  try {
    if (statSync(file).size > LARGEST_FILE_BYTES) return null;
    return readFileSync(file, 'utf8').trim();
  } catch {
    return null;
  }
}
