import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { currentBundle, STAMP, stampOf } from '../src/boot/bundled.js';
import { bundleOptions } from './bundle-options.js';

/** Bundles what the compiler wrote into dist/, unless that was done. */
async function main(): Promise<void> {
  const dist = fileURLToPath(new URL('..', import.meta.url));
  if (currentBundle(dist) !== null) return;
  const [bundle, draft] = [join(dist, 'bundle'), join(dist, `bundle.${process.pid}`)];
  await build(bundleOptions(join(dist, 'src', 'boot', 'program.js'), draft));
  await writeFile(join(draft, STAMP), JSON.stringify(stampOf(dist)));
  await rm(bundle, { recursive: true, force: true });
  // Another build may have put its own there meanwhile, which is the same.
  await rename(draft, bundle).catch(() => rm(draft, { recursive: true, force: true }));
}

await main();
