import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchIssuer } from '../load/issuer.js';
import { freePort } from '../load/free-port.js';

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const READY_TRIES = 1_200;
const TRY_MS = 25;

export interface DrillServiceOptions {
  readonly databaseUrl: string;
  readonly directory: string;
  readonly issuer: BenchIssuer;
  readonly name: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** The built service in a process of its own, as `npm start` runs it, which may be killed and started again. */
export class DrillService {
  private child: ChildProcess | null = null;
  private port = 0;

  constructor(private readonly options: DrillServiceOptions) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Resolves once `isReady` does; the milliseconds that it took. */
  async start(isReady = (url: string) => answers(`${url}/health/ready`)): Promise<number> {
    this.port ||= await freePort();
    const { directory, name } = this.options;
    const file = join(directory, `${name}.log`);
    const log = openSync(file, 'a');
    const began = performance.now();
    this.child = spawn(process.execPath, [...startOptions(), join(DIST, 'src', 'main.js')], {
      env: { ...environmentOf(this.options), PORT: String(this.port) },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    for (let tries = 0; tries < READY_TRIES && this.child.exitCode === null; tries += 1) {
      if (await isReady(this.url)) return performance.now() - began;
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
    throw new Error(`${name} does not start:\n${readFileSync(file, 'utf8').slice(-2_000)}`);
  }

  /** All its processes at once, as the kernel does that is out of memory. */
  async kill(): Promise<void> {
    const ended = this.ended();
    process.kill(-this.pid, 'SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = this.ended();
    child.kill('SIGTERM');
    const hard = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 25_000);
    await ended;
    clearTimeout(hard);
  }

  private ended(): Promise<unknown> {
    return new Promise((resolve) => this.child!.once('exit', resolve));
  }
}

/** What the service is given, and the commands that are run beside it. */
export function environmentOf({ databaseUrl, directory, issuer, environment }: DrillServiceOptions): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: databaseUrl,
    DATA_DIR: directory,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    TENANTS: JSON.stringify([{ id: 'northbank', issuer: issuer.issuer, jwksUri: `${issuer.issuer}/jwks` }]),
    ...environment,
  };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Node's options, as `npm start` gives them. */
function startOptions(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(DIST, '..', 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  return scripts.start.split(' ').filter((word) => word.startsWith('--'));
}
