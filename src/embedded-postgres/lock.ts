import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, and not another one that got its number later. */
export interface ProcessMark {
  readonly pid: number;
  readonly born: string;
}

/** Numbers and ages of processes begin again with each boot. */
const BOOT = readOrEmpty('/proc/sys/kernel/random/boot_id').trim();

/** When a running process was born, in a form that is only good for comparing; undefined if it does not run. */
export function bornAt(pid: number): string | undefined {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
    const dead = fields[0] === 'Z' || fields[0] === 'X';
    return dead ? undefined : `${BOOT}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** The mark of this process. */
function ownMark(): ProcessMark {
  return { pid: process.pid, born: bornAt(process.pid) ?? '' };
}

/** Whether the marked process still runs. */
export function isAlive(mark: ProcessMark): boolean {
  return bornAt(mark.pid) === mark.born;
}

function parseMark(text: string): ProcessMark | undefined {
  try {
    const { pid, born } = JSON.parse(text) as Partial<ProcessMark>;
    return typeof pid === 'number' && typeof born === 'string' ? { pid, born } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs `work` while no other process, and nobody else in this one, holds the lock file. The lock of a
 * process that died is taken over.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, timeoutMs = 120_000): Promise<T> {
  const content = JSON.stringify({ ...ownMark(), token: randomUUID() });
  const deadline = Date.now() + timeoutMs;
  while (!(await claim(file, content))) {
    const held = await readFile(file, 'utf8').catch(() => undefined);
    if (held !== undefined && (await isStale(file, held))) await discard(file, held);
    else if (Date.now() > deadline)
      throw new Error(
        `${file} is held by process ${parseMark(held ?? '')?.pid ?? '(unknown)'}, which does not let go of it.`,
      );
    else await sleep(20 + Math.random() * 20);
  }
  try {
    return await work();
  } finally {
    if ((await readFile(file, 'utf8').catch(() => '')) === content) await rm(file, { force: true });
  }
}

async function claim(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o644 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isStale(file: string, held: string): Promise<boolean> {
  const mark = parseMark(held);
  if (mark) return !isAlive(mark);
  // Made, but not written yet, or its writer was killed between the two.
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > 5_000;
}

/** Of several that find the same dead lock, a rename lets one remove it; a live lock caught by mistake is put back. */
async function discard(file: string, held: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => undefined);
  const caught = await readFile(aside, 'utf8').catch(() => held);
  if (caught !== held) await claim(file, caught);
  await rm(aside, { force: true });
}

/** The service processes that use a cluster at present; each has a file, so that one that was killed is noticed. */
export class Sessions {
  private readonly file: string;

  constructor(private readonly directory: string) {
    this.file = join(directory, `${process.pid}-${randomUUID()}.json`);
  }

  /** Notes that this process uses the cluster. */
  async join(): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    const complete = `${this.directory}.${randomUUID()}`;
    await writeFile(complete, JSON.stringify(ownMark()));
    await rename(complete, this.file);
  }

  /** Notes that it no longer does. */
  leave(): void {
    rmSync(this.file, { force: true });
  }

  /** The process ids of the others; the files of dead ones are removed on the way. */
  others(): number[] {
    const pids: number[] = [];
    for (const name of readdirOrEmpty(this.directory)) {
      const file = join(this.directory, name);
      if (file === this.file) continue;
      const mark = parseMark(readOrEmpty(file));
      if (mark && isAlive(mark)) pids.push(mark.pid);
      else rmSync(file, { force: true });
    }
    return pids;
  }
}

function readdirOrEmpty(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
