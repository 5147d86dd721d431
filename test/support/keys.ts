import { type Config, readConfig } from '../../src/config/config.js';
import { PROVIDED } from '../../src/config/provided.js';
import type { KeyRing } from '../../src/crypto/key-ring.js';
import { KeyWatch } from '../../src/boot/key-watch.js';
import { nextRoot } from '../../src/crypto/server-keys.js';
import { addGeneration, listGenerations } from '../../src/database/key-generations.js';
import { KeysOwner } from '../../src/boot/keys/owner.js';
import { keysRotate } from '../../src/boot/keys/commands.js';
import type { RotationEnd } from '../../src/boot/keys/rotation.js';
import type { RunningService } from '../../src/boot/service.js';
import type { TestService } from './service.js';

/** 32 equal bytes as a setting; the master key of a test service is of sevens. */
export const masterKeyOf = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

/** The settings of an operator who works at a service's keys. */
export function operatorOf({ ownerUrl, dataDirectory }: TestService, more: NodeJS.ProcessEnv = {}): Config {
  return readConfig({ DATABASE_URL: ownerUrl, DATA_DIR: dataDirectory, MASTER_KEY: masterKeyOf(7), ...more });
}

/** A rotation that waits for no process, as those of a test are told; with all that it said. */
export async function rotate(
  config: Config,
  { batch = 500 }: { batch?: number } = {},
): Promise<{ end: RotationEnd; told: string[] }> {
  const told: string[] = [];
  const end = await keysRotate(config, {
    tell: (line) => void told.push(line),
    leadSeconds: 0,
    settleSeconds: 0,
    batch,
  });
  return { end, told };
}

/** Lets a process look which generations there are now. */
export function look({ app }: RunningService): Promise<void> {
  return app.get(KeyWatch).look();
}

export function ringOf({ app }: RunningService): KeyRing {
  return app.get<KeyRing>(PROVIDED.serverKeys);
}

/** As if a process stood still: it learns nothing any more. */
export function stall({ app }: RunningService): Promise<void> {
  return app.get(KeyWatch).beforeApplicationShutdown();
}

/** Makes a generation and leaves the rest to a rotation that comes later, as one that was killed right then. */
export async function makeGeneration(service: TestService, more: { leadSeconds?: number } = {}): Promise<void> {
  const config = operatorOf(service);
  await KeysOwner.work(service.ownerUrl, config, async ({ runs, masterKeys }) => {
    const newest = (await listGenerations(runs, masterKeys)).at(-1)!;
    const made = { generation: newest.generation + 1, root: nextRoot(newest.root!), leadSeconds: 0, ...more };
    if (!(await addGeneration(runs, made, masterKeys))) throw new Error('there is another generation');
  });
}
