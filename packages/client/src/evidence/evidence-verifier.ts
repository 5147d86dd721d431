import { equal } from './bytes.js';
import { type Checkpoint, openCheckpoint } from './checkpoint.js';
import { type Evidence, EVIDENCE_TYPE } from './evidence.js';
import { checkSubjects } from './evidence-statements.js';
import { verifyConsistency } from './merkle-proofs.js';
import { hashOf, readCheckpoint, verifyLeaf, verifyOrder } from './sealed-events.js';
import { readJws, readKeys, type TrustedKey, verifySignature } from './signed-file.js';
import { type Statement, statementOf, Unverifiable, Wrong } from './statement.js';

/** A checkpoint that came from somewhere else, such as a witness, and the proof that joins it to the one in the evidence. */
export interface OutsideCheckpoint {
  readonly note: string;
  readonly consistency?: readonly string[];
}

/**
 * Verifies an evidence by the given keys alone, and says of each statement that it makes whether it holds. Nothing in the
 * file is trusted: neither its keys nor what it says about itself.
 */
export function verifyEvidence(file: string, trusted: readonly TrustedKey[], outside?: OutsideCheckpoint): Statement[] {
  const keys = readKeys(trusted);
  const statements: Statement[] = [];
  const jws = statementOf(
    statements,
    'file',
    () => readJws(file, EVIDENCE_TYPE),
    () => 'a compact JWS of type evidence+jws',
  );
  if (!jws) return statements;
  statementOf(
    statements,
    'signature',
    () => verifySignature(jws, keys),
    (kid) => `by key ${kid}`,
  );
  const evidence = statementOf(
    statements,
    'payload',
    () => readEvidence(jws.payload),
    ({ subject, tenant }) => `about ${subject} of ${tenant}`,
  );
  if (!evidence) return statements;
  const publicKeys = [...keys.values()];
  const checkpoint = statementOf(
    statements,
    'checkpoint',
    () => readCheckpoint(evidence, publicKeys),
    ({ origin, size }) => `${size} leaves of ${origin}`,
  );
  if (outside)
    statementOf(
      statements,
      'outside checkpoint',
      () => compare(checkpoint, outside, publicKeys),
      (text) => text,
    );
  for (const event of evidence.events)
    statementOf(
      statements,
      `leaf ${event.leaf} ${event.record.type}`,
      () => verifyLeaf(event, evidence.tenant, checkpoint),
      (at) => at,
    );
  statementOf(
    statements,
    'order',
    () => verifyOrder(evidence.events),
    (count) => `${count} events, each once and in the order of the log`,
  );
  checkSubjects(statements, evidence);
  return statements;
}

function readEvidence(payload: Uint8Array): Evidence {
  let read: Evidence;
  try {
    read = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload)) as Evidence;
  } catch {
    throw new Wrong('it is not JSON');
  }
  const known =
    typeof read === 'object' &&
    read !== null &&
    read.version === 1 &&
    typeof read.tenant === 'string' &&
    typeof read.subject === 'string' &&
    typeof read.checkpoint === 'string' &&
    isListOfObjects(read.events) &&
    read.events.every(({ record }) => isObject(record) && isObject(record.data)) &&
    isListOfObjects(read.verifications) &&
    isListOfObjects(read.policies) &&
    (read.change === null || isObject(read.change));
  if (!known) throw new Wrong('it is not an evidence of a version that is known here');
  return read;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}

/** That what somebody else has kept is the same tree, or one of which the other is the beginning. */
function compare(own: Checkpoint | null, outside: OutsideCheckpoint, publicKeys: readonly Uint8Array[]): string {
  if (!own) throw new Unverifiable('there is no checkpoint to compare');
  const theirs = openCheckpoint(outside.note, publicKeys);
  if (theirs.origin !== own.origin) throw new Wrong('it is of another log');
  if (theirs.size === own.size) {
    if (!equal(theirs.root, own.root))
      throw new Wrong('it has another root for the same number of leaves: the log was forked');
    return `the same tree of ${own.size} leaves`;
  }
  const [small, large] = theirs.size < own.size ? [theirs, own] : [own, theirs];
  if (!outside.consistency)
    throw new Wrong(
      `it has ${theirs.size} leaves and this one ${own.size}; give --consistency with the answer of /log/consistency?tenant=…&first=${small.size}&second=${large.size}`,
    );
  const proof = outside.consistency.map(hashOf);
  if (!verifyConsistency(small.size, large.size, small.root, large.root, proof))
    throw new Wrong('no proof that one grew out of the other: the log was rewritten');
  return `${large.size} leaves grew out of ${small.size}`;
}
