import { verify } from 'node:crypto';
import { decodeBase64url } from '../crypto/base64url.js';
import { verifyConsistency, verifyInclusion } from '../crypto/merkle-tree.js';
import { ed25519Key } from '../crypto/signed-note.js';
import { parseStrictObject } from '../crypto/strict-json.js';
import { type Checkpoint, openCheckpoint } from './checkpoint.js';
import { type Evidence, EVIDENCE_TYPE, type SealedEvent } from './evidence.js';
import { checkSubjects } from './evidence-statements.js';
import { leafHash } from './leaf.js';
import { type Statement, statementOf, Unverifiable, Wrong } from './statement.js';

const MAX_LENGTH = 16 * 1024 * 1024;

/** A public key that whoever verifies trusts: an entry of a JWK set (RFC 7517), Ed25519 (RFC 8037). */
export interface TrustedKey {
  readonly kty?: unknown;
  readonly crv?: unknown;
  readonly x?: unknown;
  readonly kid?: unknown;
}

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
    () => readJws(file),
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
      () => verifyLeaf(event, evidence, checkpoint),
      (at) => at,
    );
  statementOf(
    statements,
    'order',
    () => verifyOrder(evidence),
    (count) => `${count} events, each once and in the order of the log`,
  );
  checkSubjects(statements, evidence);
  return statements;
}

function readKeys(trusted: readonly TrustedKey[]): Map<string, Buffer> {
  const keys = new Map<string, Buffer>();
  for (const { kty, crv, x, kid } of trusted) {
    const bytes = typeof x === 'string' ? decodeBase64url(x) : null;
    if (kty === 'OKP' && crv === 'Ed25519' && bytes?.length === 32 && typeof kid === 'string') keys.set(kid, bytes);
  }
  return keys;
}

interface ReadJws {
  readonly kid: string;
  readonly input: string;
  readonly signature: Buffer;
  readonly payload: Buffer;
}

function readJws(file: string): ReadJws {
  const text = file.endsWith('\n') ? file.slice(0, -1) : file;
  const parts = text.length > MAX_LENGTH ? [] : text.split('.', 4);
  const [header, payload, signature] = parts.map(decodeBase64url);
  if (parts.length !== 3 || !header || !payload || !signature)
    throw new Wrong('it is not three parts of canonical base64url');
  let read: Record<string, unknown>;
  try {
    read = parseStrictObject(header.toString('utf8'), 1_000);
  } catch {
    throw new Wrong('its header is not one JSON object');
  }
  const { alg, kid, typ, ...more } = read;
  if (alg !== 'EdDSA' || typ !== EVIDENCE_TYPE || typeof kid !== 'string' || Object.keys(more).length > 0)
    throw new Wrong(`its header is not { alg: "EdDSA", kid, typ: "${EVIDENCE_TYPE}" }`);
  return { kid, input: `${parts[0]}.${parts[1]}`, signature, payload };
}

function verifySignature({ kid, input, signature }: ReadJws, keys: ReadonlyMap<string, Buffer>): string {
  const key = keys.get(kid);
  if (!key) throw new Wrong(`key ${kid} is not among the given keys`);
  if (signature.length !== 64 || !verify(null, Buffer.from(input, 'ascii'), ed25519Key(key), signature))
    throw new Wrong('the signature does not fit: the file was altered');
  return kid;
}

function readEvidence(payload: Buffer): Evidence {
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

function readCheckpoint(evidence: Evidence, publicKeys: readonly Buffer[]): Checkpoint {
  const checkpoint = openCheckpoint(evidence.checkpoint, publicKeys);
  if (!checkpoint.origin.endsWith(`/log/${evidence.tenant}`)) throw new Wrong('it is of another log');
  return checkpoint;
}

/** That what somebody else has kept is the same tree, or one of which the other is the beginning. */
function compare(own: Checkpoint | null, outside: OutsideCheckpoint, publicKeys: readonly Buffer[]): string {
  if (!own) throw new Unverifiable('there is no checkpoint to compare');
  const theirs = openCheckpoint(outside.note, publicKeys);
  if (theirs.origin !== own.origin) throw new Wrong('it is of another log');
  if (theirs.size === own.size) {
    if (!theirs.root.equals(own.root))
      throw new Wrong('it has another root for the same number of leaves: the log was forked');
    return `the same tree of ${own.size} leaves`;
  }
  const [small, large] = theirs.size < own.size ? [theirs, own] : [own, theirs];
  if (!outside.consistency)
    throw new Wrong(
      `it has ${theirs.size} leaves and this one ${own.size}; give --consistency with the answer of /log/consistency?tenant=…&first=${small.size}&second=${large.size}`,
    );
  const proof = outside.consistency.map((hash) => Buffer.from(hash, 'base64'));
  if (!verifyConsistency(small.size, large.size, small.root, large.root, proof))
    throw new Wrong('no proof that one grew out of the other: the log was rewritten');
  return `${large.size} leaves grew out of ${small.size}`;
}

function verifyLeaf({ leaf, record, proof }: SealedEvent, evidence: Evidence, checkpoint: Checkpoint | null): string {
  if (record.source !== `urn:countersign:${evidence.tenant}`) throw new Wrong('it is of another tenant');
  if (!checkpoint) throw new Unverifiable('there is no checkpoint that it could be under');
  const path = proof.map((hash) => Buffer.from(hash, 'base64'));
  if (!verifyInclusion(leafHash(record), leaf, checkpoint.size, path, checkpoint.root))
    throw new Wrong('its hash and proof do not lead to the root of the checkpoint');
  return `${record.subject} at ${record.time}`;
}

function verifyOrder({ events }: Evidence): number {
  for (const [at, event] of events.entries())
    if (at > 0 && event.leaf <= events[at - 1]!.leaf) throw new Wrong(`leaf ${event.leaf} is out of order`);
  if (new Set(events.map(({ record }) => record.id)).size !== events.length) throw new Wrong('an event is there twice');
  return events.length;
}
