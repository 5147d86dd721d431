import { decodeBase64 } from './bytes.js';
import { canonicalJson } from './canonical.js';
import type { Checkpoint } from './checkpoint.js';
import { openCheckpoint } from './checkpoint.js';
import type { SealedEvent } from './evidence.js';
import { hashLeaf, verifyInclusion } from './merkle-proofs.js';
import { Unverifiable, Wrong } from './statement.js';

/** The checkpoint of a tenant's log. @throws Wrong for another log's. */
export function readCheckpoint(
  { checkpoint: note, tenant }: { readonly checkpoint: string; readonly tenant: string },
  publicKeys: readonly Uint8Array[],
): Checkpoint {
  const checkpoint = openCheckpoint(note, publicKeys);
  if (!checkpoint.origin.endsWith(`/log/${tenant}`)) throw new Wrong('it is of another log');
  return checkpoint;
}

/** That an event of a tenant is under a checkpoint; says what it is. @throws Wrong, or Unverifiable without a checkpoint. */
export function verifyLeaf(
  { leaf, record, proof }: SealedEvent,
  tenant: string,
  checkpoint: Checkpoint | null,
): string {
  if (record.source !== `urn:countersign:${tenant}`) throw new Wrong('it is of another tenant');
  if (!checkpoint) throw new Unverifiable('there is no checkpoint that it could be under');
  const path = proof.map(hashOf);
  if (!verifyInclusion(hashLeaf(canonicalJson(record)), leaf, checkpoint.size, path, checkpoint.root))
    throw new Wrong('its hash and proof do not lead to the root of the checkpoint');
  return `${record.subject} at ${record.time}`;
}

/** How many events there are, each once and in the order of the log. @throws Wrong where they are not. */
export function verifyOrder(events: readonly SealedEvent[]): number {
  for (const [at, event] of events.entries())
    if (at > 0 && event.leaf <= events[at - 1]!.leaf) throw new Wrong(`leaf ${event.leaf} is out of order`);
  if (new Set(events.map(({ record }) => record.id)).size !== events.length) throw new Wrong('an event is there twice');
  return events.length;
}

/** A hash of a proof. @throws Wrong for what is none. */
export function hashOf(text: string): Uint8Array {
  const hash = decodeBase64(text);
  if (!hash) throw new Wrong('a hash of the proof is none');
  return hash;
}
