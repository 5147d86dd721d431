import { readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { bornAt } from '../../src/embedded-postgres/lock.js';
import { endProcessesIn } from '../../src/embedded-postgres/postmaster.js';

/** The part of a process's birth that fits into a file name. */
function birthNumber(pid: number): string | undefined {
  return bornAt(pid)?.replaceAll(/\W/g, '').slice(-24);
}

/** A fresh temporary folder, named after this process, so that a later run can remove it if this one is killed. */
export async function makeTemporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `countersign-test-${process.pid}-${birthNumber(process.pid)}-`));
  await chmod(folder, 0o755);
  return folder;
}

/** Removes a temporary folder, and first ends the databases that still run in it. */
export async function removeTemporaryFolder(folder: string): Promise<void> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => basename(name) === 'PG_VERSION' && basename(dirname(name)) === 'data')) {
    await endProcessesIn(join(folder, dirname(file)));
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Removes what runs that were killed left behind. */
export async function removeFoldersOfDeadRuns(): Promise<void> {
  for (const name of readdirSync(tmpdir())) {
    const found = /^countersign-test-(\d+)-(\w+)-/.exec(name);
    if (!found || birthNumber(Number(found[1])) === found[2]) continue;
    // Another user's, or being removed by another run.
    await removeTemporaryFolder(join(tmpdir(), name)).catch(() => undefined);
  }
}
