import { type ChildProcess, execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLEAN_ENVIRONMENT } from '../../src/embedded-postgres/binaries.js';
import { freePort } from '../load/free-port.js';
import type { Installation } from './debian-postgres.js';
import { PATRONI_FILE, PatroniNode, startLogged } from './patroni-node.js';
import { signalAll } from './processes.js';

const run = promisify(execFile);
export const ETCD = '/usr/bin/etcd';
export const PATRONICTL = '/usr/bin/patronictl';
const HEALTHY_TRIES = 1_200;
const ROLES_TRIES = 100;
const TRY_MS = 100;

/** etcd and two nodes, as deploy/patroni/ sets them up, on this machine. */
export class PatroniCluster {
  readonly nodes: PatroniNode[] = [];
  private etcd: ChildProcess | null = null;
  private readonly file: string;
  private ports = { client: 0, peer: 0 };

  constructor(
    private readonly directory: string,
    private readonly installation: Installation,
  ) {
    this.file = join(directory, 'patroni.yml');
  }

  async start(): Promise<void> {
    this.ports = { client: await freePort(), peer: await freePort() };
    // The account of the databases need not be let into the folder of the original.
    await copyFile(PATRONI_FILE, this.file);
    await mkdir(join(this.directory, 'etcd'), { mode: 0o700 });
    await this.installation.own(this.directory, join(this.directory, 'etcd'));
    await this.startEtcd();
    for (const name of ['a', 'b']) {
      const node = new PatroniNode(name, {
        directory: this.directory,
        installation: this.installation,
        file: this.file,
        etcd: `127.0.0.1:${this.ports.client}`,
      });
      await node.prepare();
      node.start();
      this.nodes.push(node);
    }
    await this.untilHealthy();
  }

  async startEtcd(): Promise<void> {
    const [client, peer] = [`http://127.0.0.1:${this.ports.client}`, `http://127.0.0.1:${this.ports.peer}`];
    const command = [
      ETCD,
      '--name=etcd',
      `--data-dir=${join(this.directory, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=etcd=${peer}`,
    ];
    this.etcd = startLogged(join(this.directory, 'etcd.log'), this.installation, {}, ...command);
    for (let tries = 0; tries < HEALTHY_TRIES; tries += 1) {
      const answer = await fetch(`${client}/health`).catch(() => null);
      if (answer?.ok) return;
      await pause(TRY_MS);
    }
    throw new Error('etcd does not start');
  }

  async stopEtcd(): Promise<void> {
    const { etcd } = this;
    if (!etcd || etcd.exitCode !== null || etcd.signalCode !== null) return;
    const ended = new Promise((resolve) => etcd.once('exit', resolve));
    etcd.kill('SIGTERM');
    await ended;
  }

  /** The one that decides, and the other. */
  async roles(): Promise<{ primary: PatroniNode; standby: PatroniNode }> {
    for (let tries = 0; tries < ROLES_TRIES; tries += 1) {
      const deciding = await Promise.all(this.nodes.map((node) => node.decides()));
      const at = deciding.indexOf(true);
      if (at !== -1 && deciding.lastIndexOf(true) === at)
        return { primary: this.nodes[at]!, standby: this.nodes[1 - at]! };
      await pause(TRY_MS);
    }
    throw new Error('there is not one node that decides');
  }

  /** Waits until one node leads and the other is its synchronous standby, on the same timeline. */
  async untilHealthy(): Promise<void> {
    for (let tries = 0; tries < HEALTHY_TRIES; tries += 1) {
      const members = (await Promise.all(this.nodes.map((node) => node.members()))).find(({ length }) => length > 0);
      const [leader, standby] = ['leader', 'sync_standby'].map((role) => members?.find((one) => one.role === role));
      const runs = ['running', 'streaming'];
      if (leader && standby && [leader, standby].every(({ state }) => runs.includes(state)))
        if (leader.timeline === standby.timeline) return;
      await pause(TRY_MS);
    }
    throw new Error(`the cluster is not whole:\n${this.nodes.map((node) => node.lastWords()).join('\n')}`);
  }

  async switchover(to: PatroniNode): Promise<void> {
    await run(PATRONICTL, ['-c', this.file, 'switchover', '--candidate', to.name, '--force'], {
      cwd: '/',
      env: { ...CLEAN_ENVIRONMENT, LC_ALL: 'C.UTF-8', ...to.environment },
      timeout: 60_000,
    });
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) await node.kill().catch(() => undefined);
    if (this.etcd?.pid !== undefined) signalAll([this.etcd.pid], 'SIGKILL');
  }
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
