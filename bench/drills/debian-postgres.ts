import { execFile } from 'node:child_process';
import { access, chmod, chown, constants, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chooseAccount, identityOf } from '../../src/embedded-postgres/account.js';
import { CLEAN_ENVIRONMENT } from '../../src/embedded-postgres/binaries.js';
import type { Programs } from './postgres-node.js';

const run = promisify(execFile);
/** Where Debian and Ubuntu put each major version. */
const ROOT = '/usr/lib/postgresql';
/** Of a drill that could not begin for want of a package: neither passed nor failed (as Automake and Meson have it). */
export const SKIPPED = 77;

/** The server and the tools of one PostgreSQL; the embedded one brings no tools. */
export interface Installation extends Programs {
  readonly folder: string;
  /** Runs one of its tools, as the account that the server runs as. @throws with what it printed where it fails. */
  tool(name: string, ...args: string[]): Promise<string>;
  /** Gives folders to the account that the server runs as. */
  own(...folders: string[]): Promise<void>;
}

/** The newest PostgreSQL of Debian's packages that has all of these programs, or null. */
export async function findInstallation(directory: string, tools: readonly string[]): Promise<Installation | null> {
  const versions = (await readdir(ROOT).catch((): string[] => [])).map(Number).filter((major) => major >= 15);
  for (const major of versions.sort((a, b) => b - a)) {
    const folder = join(ROOT, String(major), 'bin');
    const wanted = ['initdb', 'postgres', ...tools].map((name) => access(join(folder, name), constants.X_OK));
    if ((await Promise.allSettled(wanted)).some(({ status }) => status === 'rejected')) continue;
    const account = await chooseAccount(join(directory, 'nothing'));
    await chmod(directory, 0o755);
    const options = { cwd: '/', env: CLEAN_ENVIRONMENT, maxBuffer: 64 * 1024 * 1024, ...identityOf(account) };
    return {
      binaries: { initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres'), major },
      account,
      folder,
      tool: async (name, ...args) => {
        const { stdout, stderr } = await run(join(folder, name), args, options);
        return stdout + stderr;
      },
      own: async (...folders) => {
        if (account) for (const one of folders) await chown(one, account.uid, account.gid);
      },
    };
  }
  return null;
}
