import { canonicalJson } from '../evidence/canonical.js';
import type { LeafRecord, SealedEvent } from '../evidence/evidence.js';
import { Wrong } from '../evidence/statement.js';

/** `typ` of the manifest's JWS. */
export const CLAIM_TYPE = 'claim+jws';
export const MANIFEST = 'manifest.jws';

const ID = '[0-7][0-9a-hjkmnp-tv-z]{25}';
const NAME = new RegExp(
  `^(?:evidence/(?:ver|chg)_${ID}\\.jws|shown/ver_${ID}\\.json|reports/rpt_${ID}\\.json|(?:timeline|verdicts|messages|calls|jwks)\\.json|index\\.html|manifest\\.jws)$`,
);

/** Whether a claim file can hold a file of this name; none leads out of the folder that it is unpacked into. */
export function isClaimName(name: string): boolean {
  return NAME.test(name);
}

/** What is set out by itself in a claim file: the types of events that are in it. */
export const TYPES_IN: Readonly<Record<string, readonly string[]>> = {
  'verdicts.json': ['countersign.verdict.given', 'countersign.verdict.feedback_received'],
  'messages.json': ['countersign.notice.checked'],
};

export function recordsOfTypes(events: readonly SealedEvent[], types: readonly string[]): LeafRecord[] {
  return events.map(({ record }) => record).filter(({ type }) => types.includes(type));
}

const CLAIM_ID = new RegExp(`^clm_${ID}$`);
const DECISION_ID = new RegExp(`^(?:ver|chg)_${ID}$`);
/** A customer's id and a tenant's are of these alone. */
const NAMED = /^[A-Za-z0-9._-]{1,64}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The payload of `manifest.jws`. */
export interface ClaimManifest {
  readonly version: 1;
  readonly tenant: string;
  readonly claim: string;
  readonly customerId: string;
  readonly from: string;
  readonly to: string;
  readonly withoutEvidence: readonly string[];
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

/** @throws Wrong for what is no manifest of a version that is known, in canonical JSON (RFC 8785). */
export function readManifest(json: string): ClaimManifest {
  let read: ClaimManifest;
  try {
    read = JSON.parse(json) as ClaimManifest;
    // Then it has no member twice either.
    if (canonicalJson(read) !== json) throw new TypeError('not canonical');
  } catch {
    throw new Wrong('it is not canonical JSON');
  }
  const isText = (value: unknown, form: RegExp): boolean => typeof value === 'string' && form.test(value);
  const isManifest =
    read.version === 1 &&
    isText(read.claim, CLAIM_ID) &&
    [read.tenant, read.customerId].every((one) => isText(one, NAMED)) &&
    [read.from, read.to].every((one) => isText(one, TIME)) &&
    Array.isArray(read.withoutEvidence) &&
    read.withoutEvidence.every((one) => isText(one, DECISION_ID)) &&
    Array.isArray(read.files) &&
    read.files.every(isFile);
  if (!isManifest) throw new Wrong('it is not a manifest of a version that is known here');
  if (new Set(read.files.map(({ name }) => name)).size !== read.files.length) throw new Wrong('it names a file twice');
  return read;
}

function isFile(file: unknown): boolean {
  const { name, bytes, sha256 } = Object(file) as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    isClaimName(name) &&
    name !== MANIFEST &&
    Number.isSafeInteger(bytes) &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  );
}
