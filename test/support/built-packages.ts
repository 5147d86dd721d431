import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** Tests use the packages as anybody would: as they are built. */
export default function setup(): void {
  const script = resolve(import.meta.dirname, '../../scripts/build-packages.mjs');
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The packages do not compile.');
}
