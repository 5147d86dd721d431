import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { KnownGeneration } from '../crypto/key-ring.js';
import type { Databases } from '../database/databases.js';
import { listGenerations } from '../database/key-generations.js';
import type { Loop } from '../upkeep/loop.js';
import type { Upkeep } from '../upkeep/upkeep.js';
import { allOf, type LoadedKeys, type MasterKeys } from './master-key.js';

const EVERY_MS = 5_000;
const RETRY_MS = 1_000;

/** Keeps up with the generations of keys that the database names, and looks at once where something is under an unknown one. */
export class KeyWatch implements OnModuleInit, BeforeApplicationShutdown {
  private readonly loop: Loop;

  constructor(
    private readonly databases: Databases,
    upkeep: Upkeep,
    private readonly loaded: LoadedKeys,
    private readonly keys: MasterKeys,
  ) {
    this.loop = upkeep.loop({ name: 'keys', everyMs: EVERY_MS, retryMs: RETRY_MS, run: () => this.look() });
  }

  onModuleInit(): void {
    this.loaded.ring.onUnsure = () => this.loop.wake();
    this.loop.wake(EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.loaded.ring.onUnsure = () => undefined;
    await this.loop.stop();
  }

  /** Takes over what the database names now. */
  async look(): Promise<void> {
    const [database] = this.databases.allKept();
    if (!database) return;
    const generations: readonly KnownGeneration[] = await listGenerations(database, allOf(this.keys));
    this.loaded.ring.replace(generations.length > 0 ? generations : this.loaded.unnamed);
  }
}
