import { setImmediate } from 'node:timers/promises';
import {
  consistencyRanges,
  GrowingTree,
  hashOfNodes,
  type LeafRange,
  nodesOfRange,
  verifyConsistency,
} from '../crypto/merkle-tree.js';
import { positionOf } from '../events/event.js';
import { readAfter } from '../events/events.store.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import { checkpointText, formatCheckpoint, logOrigin } from './checkpoint.js';
import type { CheckpointSigner } from './checkpoint-signer.js';
import { leafHash, leafRecord } from './leaf.js';
import {
  addToLog,
  type CheckpointRow,
  findPending,
  keepCheckpoint,
  LogDamaged,
  type LogHead,
  readHead,
  readNodes,
} from './log.store.js';
import { lockLog } from './log-state.store.js';
import { keepSigningKey } from './signing-keys.store.js';

const BATCH = 500;
/** So many are hashed in one turn of the event loop: a phone that rings meanwhile waits for it. */
const AT_ONCE = 25;
const MOST_BATCHES = 100;

export interface LogWriter {
  readonly signer: CheckpointSigner;
  readonly publicUrl: string;
  /** Vouches for a signing key, so that nobody who can only write to the database can add one. */
  readonly keyMac: (tenantId: string, publicJwk: object) => Buffer;
}

export interface SealOutcome {
  readonly sealed: number;
  /** The checkpoint that was signed, if one was. */
  readonly signed: CheckpointRow | null;
}

/**
 * Seals what has settled in the event log and signs a checkpoint over it. One process at a time does so for a tenant; for
 * any other this does nothing. Each batch is one transaction: whatever stops it, an event is sealed once or not yet.
 * @throws LogDamaged where the stored tree does not fit the checkpoint signed last: then nothing more is signed.
 */
export async function sealLog(db: TenantDatabase, writer: LogWriter): Promise<SealOutcome> {
  let sealed = 0;
  let head = await findPending(db);
  if (!head) return { sealed, signed: null };
  for (let round = 0; round < MOST_BATCHES; round += 1) {
    const from: LogHead = head;
    const batch = await db.transaction((tx) => sealBatch(tx, from));
    sealed += batch.sealed;
    if (batch.sealed < BATCH) break;
    head = batch.head;
  }
  return { sealed, signed: await db.transaction((tx) => signCheckpoint(tx, writer)) };
}

/** Seals what comes next, and says how many events that were and where the log stands then; none where another is at it. */
async function sealBatch(tx: TenantHandle, from: LogHead): Promise<{ sealed: number; head: LogHead }> {
  const log = await lockLog(tx);
  if (!log) return { sealed: 0, head: from };
  // What was read before the lock counts only where the log still ends with the same leaf.
  const { position } = log.size === from.size && log.eventId === from.eventId ? from : await readHead(tx);
  const rows = await readAfter(tx, position, BATCH);
  const last = rows.at(-1);
  if (!last) return { sealed: 0, head: from };
  const tree = new GrowingTree(log.size, log.edge);
  const leaves: Array<{ eventId: string; hash: Buffer }> = [];
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    if (at > 0) await setImmediate();
    for (const row of rows.slice(at, at + AT_ONCE))
      leaves.push({ eventId: row.id, hash: leafHash(leafRecord(row, tx.tenantId)) });
  }
  const completed = leaves.flatMap((leaf) => tree.append(leaf.hash));
  await addToLog(tx, log.size, leaves, completed);
  return { sealed: rows.length, head: { size: tree.size, eventId: last.id, position: positionOf(last) } };
}

async function signCheckpoint(
  tx: TenantHandle,
  { signer, publicUrl, keyMac }: LogWriter,
): Promise<CheckpointRow | null> {
  const log = await lockLog(tx);
  if (!log) return null;
  const { size, last } = log;
  if (size === last?.size) return null;
  const root = hashOfNodes(log.edge);
  if (last && last.size > 0) await refuseRewritten(tx, last, size, root);
  const checkpoint = { origin: logOrigin(publicUrl, tx.tenantId), size, root };
  const signature = await signer.sign(Buffer.from(checkpointText(checkpoint), 'utf8'));
  const note = formatCheckpoint(checkpoint, Buffer.from(signer.publicJwk.x, 'base64url'), signature);
  // Kept in the transaction of the first checkpoint that it signs, or before.
  if (last?.key_id !== signer.keyId)
    await keepSigningKey(tx, {
      keyId: signer.keyId,
      publicJwk: signer.publicJwk,
      mac: keyMac(tx.tenantId, signer.publicJwk),
    });
  await keepCheckpoint(tx, { size, root, keyId: signer.keyId, note });
  return { size, root_hash: root, key_id: signer.keyId, note };
}

/** Signs nothing that the checkpoint before would give the lie to. */
async function refuseRewritten(tx: TenantHandle, last: CheckpointRow, size: number, root: Buffer): Promise<void> {
  const proof = await readProof(tx, consistencyRanges(last.size, size));
  if (!verifyConsistency(last.size, size, last.root_hash, root, proof))
    throw new LogDamaged(`the tree of ${size} leaves does not fit the checkpoint of ${last.size}`);
}

/** The hashes of runs of leaves: a proof. @throws LogDamaged where a node is missing. */
export async function readProof(db: TenantHandle, ranges: readonly LeafRange[]): Promise<Buffer[]> {
  const ids = ranges.map(nodesOfRange);
  const hashes = await readNodes(db, ids.flat());
  let at = 0;
  return ids.map((own) => hashOfNodes(hashes.slice(at, (at += own.length))));
}
