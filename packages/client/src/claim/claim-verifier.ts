import { equal, hex, sha256, utf8 } from '../evidence/bytes.js';
import { canonicalJson } from '../evidence/canonical.js';
import type { Evidence, SealedEvent } from '../evidence/evidence.js';
import { verifyEvidence } from '../evidence/evidence-verifier.js';
import { readCheckpoint, verifyLeaf, verifyOrder } from '../evidence/sealed-events.js';
import { readJws, readKeys, type ReadJws, type TrustedKey, verifySignature } from '../evidence/signed-file.js';
import { type Statement, statementOf, Unverifiable, Wrong } from '../evidence/statement.js';
import {
  type ClaimManifest,
  CLAIM_TYPE,
  isClaimName,
  MANIFEST,
  readManifest,
  recordsOfTypes,
  TYPES_IN,
} from './claim.js';
import { readZip, unzip, type ZippedFile } from './zip-reader.js';

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A claim file that is being verified. */
interface Claim {
  readonly manifest: ClaimManifest;
  readonly files: ReadonlyMap<string, ZippedFile>;
  /** Whose signatures count. */
  readonly keys: readonly TrustedKey[];
}

/**
 * Verifies a claim file by the given keys alone, and says of each statement that it makes whether it holds. Nothing is
 * unpacked to a disk, and nothing in the file is trusted.
 * @param trusted without it the keys in the file are used, for which nobody vouches: `signature` is never `verified` then
 */
export function verifyClaim(zip: Uint8Array, trusted: readonly TrustedKey[] | null): Statement[] {
  const statements: Statement[] = [];
  const files = statementOf(
    statements,
    'file',
    () => filesOf(readZip(zip, isClaimName)),
    ({ size }) => `a zip of ${size} files in the form of a claim file`,
  );
  if (!files) return statements;
  const manifest = statementOf(
    statements,
    'manifest',
    () => openManifest(files),
    ({ read: { claim, customerId, from, to } }) => `${claim}: ${customerId}, from ${from} until before ${to}`,
  );
  if (!manifest) return statements;
  const keys = trusted ?? keysWithin(files);
  statementOf(
    statements,
    'signature',
    () => whoSigned(manifest.jws, keys, trusted !== null),
    (kid) => `by key ${kid}`,
  );
  const claim = { manifest: manifest.read, files, keys };
  checkFiles(statements, claim);
  const events = checkTimeline(statements, claim);
  checkReadings(statements, claim, events);
  checkEvidence(statements, claim, events);
  return statements;
}

function filesOf(files: readonly ZippedFile[]): Map<string, ZippedFile> {
  return new Map(files.map((file) => [file.name, file]));
}

function contentOf(files: ReadonlyMap<string, ZippedFile>, name: string): string {
  const file = files.get(name);
  if (!file) throw new Wrong(`${name} is missing`);
  try {
    return text.decode(unzip(file));
  } catch (error) {
    throw error instanceof Wrong ? error : new Wrong(`${name} is not UTF-8`);
  }
}

function openManifest(files: ReadonlyMap<string, ZippedFile>): { jws: ReadJws; read: ClaimManifest } {
  const jws = readJws(contentOf(files, MANIFEST), CLAIM_TYPE);
  return { jws, read: readManifest(text.decode(jws.payload)) };
}

/** What the file itself brings, where nothing better is given. */
function keysWithin(files: ReadonlyMap<string, ZippedFile>): readonly TrustedKey[] {
  try {
    const { keys } = JSON.parse(contentOf(files, 'jwks.json')) as { keys?: TrustedKey[] };
    return Array.isArray(keys) ? keys : [];
  } catch {
    return [];
  }
}

function whoSigned(jws: ReadJws, keys: readonly TrustedKey[], areTrusted: boolean): string {
  const kid = verifySignature(jws, readKeys(keys));
  if (!areTrusted)
    throw new Unverifiable(
      `it fits key ${kid}, which the file itself brings: anybody could have made it. Give the bank's keys`,
    );
  return kid;
}

/** That the zip holds exactly what the manifest names, byte for byte. */
function checkFiles(statements: Statement[], { manifest, files }: Claim): void {
  const named = new Set(manifest.files.map(({ name }) => name));
  statementOf(
    statements,
    'files',
    () => {
      for (const name of files.keys())
        if (name !== MANIFEST && !named.has(name)) throw new Wrong(`${name} is not in the manifest: it was added`);
      for (const name of named) if (!files.has(name)) throw new Wrong(`${name} is missing: it was removed`);
      return named.size;
    },
    (count) => `${count}, each of them in the manifest and none besides`,
  );
  for (const { name, sha256: hash } of manifest.files) {
    const file = files.get(name);
    if (!file) continue;
    statementOf(
      statements,
      name,
      () => {
        const found = hex(sha256(unzip(file)));
        if (found !== hash) throw new Wrong('its hash is not that in the manifest: it was altered');
        return found;
      },
      (found) => `SHA-256 ${found}`,
    );
  }
}

/** That each event is in the log, about this customer and of this time; its events, or none where it cannot be read. */
function checkTimeline(statements: Statement[], { manifest, files, keys }: Claim): readonly SealedEvent[] {
  const timeline = statementOf(
    statements,
    'timeline',
    () => readTimeline(contentOf(files, 'timeline.json')),
    ({ events }) => `${events.length} events`,
  );
  if (!timeline) return [];
  const publicKeys = [...readKeys(keys).values()];
  const checkpoint = statementOf(
    statements,
    'timeline checkpoint',
    () => readCheckpoint({ checkpoint: timeline.checkpoint, tenant: manifest.tenant }, publicKeys),
    ({ origin, size }) => `${size} leaves of ${origin}`,
  );
  statementOf(
    statements,
    'timeline leaves',
    () => {
      for (const event of timeline.events) {
        verifyLeaf(event, manifest.tenant, checkpoint);
        const { data, time } = event.record;
        if (data.customerId !== manifest.customerId) throw new Wrong(`leaf ${event.leaf} is about another customer`);
        if (!(time >= manifest.from && time < manifest.to)) throw new Wrong(`leaf ${event.leaf} is of another time`);
      }
      return verifyOrder(timeline.events);
    },
    (count) => `${count} events, each in the log, about this customer, of this time, once and in order`,
  );
  return timeline.events;
}

interface Timeline {
  readonly checkpoint: string;
  readonly events: readonly SealedEvent[];
}

function readTimeline(json: string): Timeline {
  const read = JSON.parse(json) as Timeline;
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  const isTimeline =
    isObject(read) &&
    typeof read.checkpoint === 'string' &&
    Array.isArray(read.events) &&
    read.events.every((event) => isObject(event) && isObject(event.record) && isObject(event.record.data));
  if (!isTimeline) throw new Wrong('it is no timeline');
  return read;
}

/** That what is set out by itself is what the timeline has. */
function checkReadings(statements: Statement[], { files }: Claim, events: readonly SealedEvent[]): void {
  for (const [name, types] of Object.entries(TYPES_IN))
    statementOf(
      statements,
      `${name} content`,
      () => {
        const records = recordsOfTypes(events, types);
        if (contentOf(files, name) !== canonicalJson(records)) throw new Wrong('it is not what the timeline says');
        return records.length;
      },
      (count) => `${count} events, as in the timeline`,
    );
}

const EVIDENCE_NAME = /^evidence\/((?:ver|chg)_[0-9a-z]{26})\.jws$/;

/** That each evidence holds and is of this customer, and that each thing that happened to a decision has its evidence. */
function checkEvidence(statements: Statement[], claim: Claim, events: readonly SealedEvent[]): void {
  const shown = new Map<string, string>();
  const told = new Set<string>(claim.manifest.withoutEvidence);
  for (const name of claim.files.keys()) {
    const subject = EVIDENCE_NAME.exec(name)?.[1];
    if (subject === undefined) continue;
    const evidence = statementOf(
      statements,
      `${name} content`,
      () => openEvidence(contentOf(claim.files, name), subject, claim),
      ({ summary }) => summary,
    );
    if (!evidence) continue;
    told.add(subject);
    for (const { id, display } of evidence.payload.verifications) {
      told.add(id);
      if (display) shown.set(`shown/${id}.json`, canonicalJson(display));
    }
  }
  checkShown(statements, claim, shown);
  statementOf(
    statements,
    'decisions',
    () => {
      const subjects = new Set(events.map(({ record }) => record.subject).filter((one) => /^(ver|chg)_/.test(one)));
      for (const subject of subjects)
        if (!told.has(subject)) throw new Wrong(`${subject} is in the timeline and has no evidence`);
      requireBegunBefore(claim.manifest.withoutEvidence, events);
      return subjects.size;
    },
    (count) =>
      `${count} in the timeline, each with its evidence${claim.manifest.withoutEvidence.length > 0 ? `, but for those that began before the time for which the bank keeps events: ${claim.manifest.withoutEvidence.join(', ')}` : ''}`,
  );
}

/**
 * What has no evidence because it began too long ago does not begin in the timeline: but for a question about a change, which
 * has its evidence with the change that began before.
 */
function requireBegunBefore(withoutEvidence: readonly string[], events: readonly SealedEvent[]): void {
  const named = new Set(withoutEvidence);
  const isOfChange = withoutEvidence.some((id) => id.startsWith('chg_'));
  for (const { type, subject, data } of events.map(({ record }) => record)) {
    if (!named.has(subject)) continue;
    const begins = type === 'countersign.change.requested' || type === 'countersign.verification.started';
    if (begins && !(subject.startsWith('ver_') && data.kind !== 'call' && isOfChange))
      throw new Wrong(`${subject} began in this time, and its evidence is left out`);
  }
}

function openEvidence(jws: string, subject: string, { keys, manifest }: Claim): { payload: Evidence; summary: string } {
  const found = verifyEvidence(jws, keys);
  const failed = found.filter(({ result }) => result === 'failed');
  if (failed.length > 0) throw new Wrong(failed.map(({ name, detail }) => `${name}: ${detail}`).join('; '));
  const payload = JSON.parse(text.decode(readJws(jws, 'evidence+jws').payload)) as Evidence;
  if (payload.subject !== subject) throw new Wrong('it is the evidence of another decision');
  if (payload.customerId !== manifest.customerId || payload.tenant !== manifest.tenant)
    throw new Wrong('it is about another customer');
  const open = found.filter(({ result }) => result === 'not_verifiable').length;
  return {
    payload,
    summary: `${found.length - open} statements hold${open > 0 ? `, ${open} can no longer be checked` : ''}`,
  };
}

/** That what was shown is, byte for byte, what the evidence has: no more and no less. */
function checkShown(statements: Statement[], { files }: Claim, expected: ReadonlyMap<string, string>): void {
  statementOf(
    statements,
    'shown',
    () => {
      for (const [name, display] of expected)
        if (!equal(utf8(contentOf(files, name)), utf8(display))) throw new Wrong(`${name} is not what was shown`);
      for (const name of files.keys())
        if (name.startsWith('shown/') && !expected.has(name)) throw new Wrong(`${name} is of no evidence`);
      return expected.size;
    },
    (count) => `${count} displays, exactly as they were shown and signed`,
  );
}
