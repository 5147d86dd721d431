import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/*
 * Builds the pages that the service serves, each that has changed, after the packages that they are made of. Without the
 * bundler, as after `npm prune --omit=dev`, what was built is used as it is.
 */
const ROOT = join(import.meta.dirname, '..');
const WEB = join(ROOT, 'web');
const PACKAGES = ['device', 'client', 'hosts', 'elements'];

/** @returns whether all is built. */
export async function buildPages({ force = false } = {}) {
  for (const name of readdirSync(WEB)) {
    if (!existsSync(join(WEB, name, 'vite.config.mjs'))) continue;
    const out = join(ROOT, 'dist', 'web', name);
    const stamp = join(out, '.built.json');
    const now = sources(name);
    if (!force && builtFrom(stamp) === now) continue;
    if (!(await build(name, out, stamp, now))) return false;
  }
  return true;
}

async function build(name, out, stamp, now) {
  // Of a library that comes in two forms the one for customers, also where tests build.
  process.env.NODE_ENV = 'production';
  const vite = await import('vite').catch(() => null);
  if (vite === null) return existsSync(stamp);
  const draft = `${out}.${process.pid}`;
  await vite.build({
    configFile: join(WEB, name, 'vite.config.mjs'),
    root: join(WEB, name),
    logLevel: 'warn',
    build: { outDir: draft, emptyOutDir: true },
  });
  writeFileSync(join(draft, '.built.json'), now);
  // Another build may have put its own there meanwhile, which is the same.
  if (builtFrom(stamp) !== now) {
    const old = `${draft}.old`;
    await rename(out, old).catch(() => undefined);
    await rename(draft, out).catch(() => undefined);
    await rm(old, { recursive: true, force: true });
  }
  await rm(draft, { recursive: true, force: true });
  return true;
}

/** Every file that a page is made of, with its time of change and its size. */
function sources(name) {
  const shared = [join(WEB, 'sign-in'), ...PACKAGES.map((one) => join(ROOT, 'packages', one, 'src'))];
  const folders = [join(WEB, name), ...shared].filter(existsSync);
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return JSON.stringify(
    files.sort().map((file) => {
      const { mtimeMs, size } = statSync(file);
      return [file.slice(ROOT.length + 1), mtimeMs, size];
    }),
  );
}

function builtFrom(stamp) {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return null;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  if (!(await buildPages({ force: process.argv.includes('--force') }))) {
    process.stderr.write('The pages are not built.\n');
    process.exit(1);
  }
}
