import { Injectable } from '@nestjs/common';
import { inclusionRanges } from '../crypto/merkle-tree.js';
import { Databases } from '../database/databases.js';
import { ReplicaReads } from '../database/replica-reads.js';
import type { ReplicaUse } from '../database/replica-uses.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import { isHeld } from '../events/log-pulse.store.js';
import { Refusal } from '../refusals/refusal.js';
import type { Evidence } from './evidence.js';
import { readAsOfNow, type SealedEventRow } from './evidence.store.js';
import { leafRecord } from './leaf.js';
import { type CheckpointRow, readLastCheckpoint } from './log.store.js';
import { readProof } from './log-seal.js';
import { Sealer } from './sealer.js';

const WAIT_MS = 4_000;
const LOOK_EVERY_MS = 60;

/** Events with their proofs, and the checkpoint that they are under. */
export type SealedEvents = Pick<Evidence, 'events' | 'checkpoint'>;

/** Reads what is under a checkpoint, all of one moment. */
type SealedRead<Found> = (tx: TenantHandle, checkpoint: CheckpointRow | null) => Promise<Found | null>;

/** Reads what needs the log to be sealed up to now. */
@Injectable()
export class SealedReads {
  constructor(
    private readonly databases: Databases,
    private readonly sealer: Sealer,
    private readonly replica: ReplicaReads,
  ) {}

  /**
   * What a read of one moment gives, as soon as it gives something; sealing what has just happened meanwhile.
   * The checkpoint is of the primary in any case: a replica may have one that nobody was told of yet.
   * @param read gives null where an event is not under a checkpoint yet
   * @throws Refusal 503 where the log does not come up to date in time
   */
  async whenSealed<Found>(tenantId: string, use: ReplicaUse, read: SealedRead<Found>): Promise<Found> {
    const db = this.databases.of(tenantId);
    const checkpoint = this.replica.isAsked ? await readLastCheckpoint(db) : null;
    return this.replica.read(
      db,
      use,
      (handle) => read(handle, checkpoint),
      () => this.onceSealed(db, read),
    );
  }

  private async onceSealed<Found>(db: TenantDatabase, read: SealedRead<Found>): Promise<Found> {
    const { tenantId } = db;
    const deadline = performance.now() + WAIT_MS;
    for (;;) {
      const found = await db.transaction(async (tx) => {
        await readAsOfNow(tx);
        return read(tx, await readLastCheckpoint(tx));
      });
      if (found) return found;
      if (performance.now() > deadline)
        throw new Refusal('temporarily-unavailable', {
          detail: await this.whyUnsealed(tenantId),
          retryAfterSeconds: 2,
        });
      await this.sealer.seal(tenantId);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  private async whyUnsealed(tenantId: string): Promise<string> {
    const held = await isHeld(this.databases.of(tenantId)).catch(() => false);
    return held
      ? 'The log is not sealed up to here yet: a transaction that is open in the database holds it back.'
      : 'The log is not sealed up to here yet.';
  }
}

/** Events with the proofs that they are under a checkpoint; null where one is not yet. */
export async function sealEvents(
  tx: TenantHandle,
  rows: readonly SealedEventRow[],
  checkpoint: CheckpointRow | null,
): Promise<SealedEvents | null> {
  if (!checkpoint || rows.some((row) => row.leaf_index === null || Number(row.leaf_index) >= checkpoint.size))
    return null;
  const ranges = rows.map((row) => inclusionRanges(Number(row.leaf_index), checkpoint.size));
  const hashes = (await readProof(tx, ranges.flat())).map((hash) => hash.toString('base64'));
  let at = 0;
  return {
    events: rows.map((row, n) => ({
      leaf: Number(row.leaf_index),
      record: leafRecord(row, tx.tenantId),
      proof: hashes.slice(at, (at += ranges[n]!.length)),
    })),
    checkpoint: checkpoint.note,
  };
}
