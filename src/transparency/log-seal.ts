import { setImmediate } from 'node:timers/promises';
import {
  consistencyRanges,
  GrowingTree,
  hashOfNodes,
  type LeafRange,
  nodesOfRange,
  verifyConsistency,
} from '../crypto/merkle-tree.js';
import { readAfter } from '../events/events.store.js';
import type { TenantDatabase, TenantHandle } from '../database/tenant-database.js';
import { checkpointText, formatCheckpoint, logOrigin } from './checkpoint.js';
import type { CheckpointSigner } from './checkpoint-signer.js';
import { leafHash, leafRecord } from './leaf.js';
import {
  addToLog,
  type CheckpointRow,
  hasPending,
  keepCheckpoint,
  LogDamaged,
  readEdge,
  readHead,
  readLastCheckpoint,
  readNodes,
  tryLockLog,
} from './log.store.js';
import { keepSigningKey } from './signing-keys.store.js';

const BATCH = 200;
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
  if (!(await hasPending(db))) return { sealed, signed: null };
  for (let round = 0; round < MOST_BATCHES; round += 1) {
    const batch = await db.transaction(sealBatch);
    sealed += batch;
    if (batch < BATCH) break;
  }
  return { sealed, signed: await db.transaction((tx) => signCheckpoint(tx, writer)) };
}

async function sealBatch(tx: TenantHandle): Promise<number> {
  if (!(await tryLockLog(tx))) return 0;
  const { size, position } = await readHead(tx);
  const rows = await readAfter(tx, position, BATCH);
  if (rows.length === 0) return 0;
  const tree = new GrowingTree(size, await readEdge(tx, size));
  const leaves: Array<{ eventId: string; hash: Buffer }> = [];
  for (let at = 0; at < rows.length; at += AT_ONCE) {
    if (at > 0) await setImmediate();
    for (const row of rows.slice(at, at + AT_ONCE))
      leaves.push({ eventId: row.id, hash: leafHash(leafRecord(row, tx.tenantId)) });
  }
  const completed = leaves.flatMap((leaf) => tree.append(leaf.hash));
  await addToLog(tx, size, leaves, completed);
  return rows.length;
}

async function signCheckpoint(
  tx: TenantHandle,
  { signer, publicUrl, keyMac }: LogWriter,
): Promise<CheckpointRow | null> {
  if (!(await tryLockLog(tx))) return null;
  const [{ size }, last] = [await readHead(tx), await readLastCheckpoint(tx)];
  if (size === last?.size) return null;
  const root = hashOfNodes(await readEdge(tx, size));
  if (last && last.size > 0) await refuseRewritten(tx, last, size, root);
  const checkpoint = { origin: logOrigin(publicUrl, tx.tenantId), size, root };
  const signature = await signer.sign(Buffer.from(checkpointText(checkpoint), 'utf8'));
  const note = formatCheckpoint(checkpoint, Buffer.from(signer.publicJwk.x, 'base64url'), signature);
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
