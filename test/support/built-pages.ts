import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

/** Builds the pages that the service serves, where they have changed. */
export function buildPages(): void {
  const script = resolve(import.meta.dirname, '../../scripts/build-pages.mjs');
  const { status } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The pages are not built.');
}
