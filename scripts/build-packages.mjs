import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { minifyTemplates } from './minify-templates.mjs';

/*
 * Compiles those packages that have changed, each after what it needs. Without the compiler, as after
 * `npm prune --omit=dev`, what was built is used as it is.
 */
const ROOT = join(import.meta.dirname, '..');
const OPENAPI = join(ROOT, 'docs', 'openapi.json');
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const PACKAGES = ['device', 'client', 'hosts', 'elements'].filter((name) => existsSync(join(ROOT, 'packages', name)));

/** @returns whether all is built. */
export function buildPackages({ force = false } = {}) {
  let earlier = '';
  return PACKAGES.every((name) => {
    const folder = join(ROOT, 'packages', name);
    const stamp = join(folder, 'dist', '.built.json');
    // What is built before may be needed, so its sources count too.
    const now = (earlier += sources(folder));
    if (!force && builtFrom(stamp) === now) return true;
    return compile(folder, stamp, now);
  });
}

function sources(folder) {
  const found = readdirSync(join(folder, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = [...found.filter((file) => !file.includes('/generated/')), ...more(folder)];
  return JSON.stringify(
    files.sort().map((file) => {
      const { mtimeMs, size } = statSync(file);
      return [file.slice(ROOT.length + 1), mtimeMs, size];
    }),
  );
}

/** What a package is made of beside its own sources. */
function more(folder) {
  const always = [join(folder, 'package.json'), join(folder, 'tsconfig.json')];
  return folder.endsWith('client') ? [...always, OPENAPI] : always;
}

/** The types of the client come from the OpenAPI document. */
function generate(folder) {
  if (!folder.endsWith('client')) return true;
  const generated = join(folder, 'src', 'generated');
  mkdirSync(generated, { recursive: true });
  const cli = join(ROOT, 'node_modules', 'openapi-typescript', 'bin', 'cli.js');
  const { status } = spawnSync(process.execPath, [cli, OPENAPI, '-o', join(generated, 'api.ts')], { cwd: ROOT });
  return status === 0;
}

function builtFrom(stamp) {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return null;
  }
}

function compile(folder, stamp, now) {
  if (!existsSync(COMPILER)) return existsSync(stamp);
  rmSync(join(folder, 'dist'), { recursive: true, force: true });
  if (!generate(folder)) return false;
  const { status } = spawnSync(process.execPath, [COMPILER, '-p', folder], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) return false;
  if (folder.endsWith('elements')) minifyTemplates(join(folder, 'dist'));
  writeFileSync(stamp, now);
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!buildPackages({ force: process.argv.includes('--force') })) {
    process.stderr.write('The packages do not compile.\n');
    process.exit(1);
  }
}
