import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackages } from './build-packages.mjs';
import { buildPages } from './build-pages.mjs';

/*
 * Compiles when something changed: before each command of package.json that runs from dist/. Without the compiler, as
 * after `npm prune --omit=dev`, what was built is used as it is. `--force` compiles in any case.
 */
const ROOT = join(import.meta.dirname, '..');
const FOLDERS = ['src', 'migrations', 'scripts', 'bench'];
const FILES = ['package.json', 'tsconfig.json', 'tsconfig.build.json'];
const STAMP = join(ROOT, 'dist', '.built.json');
const COMPILER = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');

/** Every file that the compiler reads, with its time of change and its size. */
function sources() {
  const found = FOLDERS.flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  return [...found, ...FILES.map((file) => join(ROOT, file))].sort().map((file) => {
    const { mtimeMs, size } = statSync(file);
    return [file.slice(ROOT.length + 1), mtimeMs, size];
  });
}

function builtFrom() {
  try {
    return readFileSync(STAMP, 'utf8');
  } catch {
    return null;
  }
}

const force = process.argv.includes('--force');
if (!buildPackages({ force })) fail('The packages are not built. Run: npm ci && npm run build');
if (!(await buildPages({ force }))) fail('The pages are not built. Run: npm ci && npm run build');
const now = JSON.stringify(sources());
const built = builtFrom();
if (force || built !== now) compile();

function compile() {
  if (!existsSync(COMPILER)) {
    if (built === null) fail('Nothing is built, and the compiler is not installed. Run: npm ci && npm run build');
    process.stderr.write(
      'The sources have changed since the build, and the compiler is not installed: this runs what was built.\n',
    );
    return;
  }
  rmSync(STAMP, { force: true });
  const { status } = spawnSync(process.execPath, [COMPILER, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) fail('The service does not compile.');
  const bundled = spawnSync(process.execPath, [join(ROOT, 'dist', 'scripts', 'bundle.js')], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (bundled.status !== 0) fail('The service could not be bundled.');
  writeFileSync(STAMP, now);
}

/** @returns {never} */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
