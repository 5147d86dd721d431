import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** Ed25519 in a signed note: the algorithm byte of its key ids and verifier keys. */
const ED25519 = 1;
const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
const NAME = /^[^\s+\p{Cc}]+$/u;
/** Of a whole note: a checkpoint has some 300 characters. */
const MAX_LENGTH = 16_384;
const MAX_SIGNATURES = 100;

/** A key that may have signed a note, with the name that it signs under. */
export interface NoteKey {
  readonly name: string;
  /** The 32 bytes of the Ed25519 public key. */
  readonly publicKey: Buffer;
}

/** A note of which at least one signature was verified. */
export interface OpenedNote {
  readonly text: string;
  readonly signedBy: readonly NoteKey[];
}

/** Why a note is not accepted. Names the fault, never the content. */
export class NoteRefused extends Error {
  override readonly name = 'NoteRefused';

  constructor(readonly fault: 'malformed' | 'unknown_key' | 'signature') {
    super(`signed note refused: ${fault}`);
  }
}

/** The key id of an Ed25519 key under a name (C2SP signed-note, "Signatures"): SHA-256(name || 0x0A || 0x01 || public key), first 4 bytes. */
export function noteKeyId({ name, publicKey }: NoteKey): Buffer {
  return createHash('sha256')
    .update(`${name}\n`, 'utf8')
    .update(Buffer.of(ED25519))
    .update(publicKey)
    .digest()
    .subarray(0, 4);
}

/** A key as verifiers are given it (C2SP signed-note, "Verifier keys"): `<name>+<key id>+<base64 of algorithm and key>`. */
export function formatVerifierKey(key: NoteKey): string {
  return `${key.name}+${noteKeyId(key).toString('hex')}+${Buffer.concat([Buffer.of(ED25519), key.publicKey]).toString('base64')}`;
}

/** The signed form of a text (C2SP signed-note, "Format"). @throws RangeError for a text or a name that a note cannot hold. */
export function formatNote(
  text: string,
  signatures: readonly { readonly key: NoteKey; readonly signature: Buffer }[],
): string {
  if (!isNoteText(text))
    throw new RangeError('the text of a note is lines without control characters, the last one ended');
  const lines = signatures.map(({ key, signature }) => {
    if (!NAME.test(key.name) || signature.length !== SIGNATURE_BYTES)
      throw new RangeError('a note cannot hold this signature');
    return `— ${key.name} ${Buffer.concat([noteKeyId(key), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note that at least one of the given keys has signed (C2SP signed-note, "Format"). Signatures of other keys
 * are passed over; a wrong one of a known key is not.
 * @throws NoteRefused for what is no note, has no signature of these keys, or a wrong one.
 */
export function openNote(note: string, keys: readonly NoteKey[]): OpenedNote {
  const { text, signatures } = splitNote(note);
  const signedBy = new Set<NoteKey>();
  for (const { name, keyId, signature } of signatures) {
    const key = keys.find((candidate) => candidate.name === name && noteKeyId(candidate).equals(keyId));
    if (!key || signedBy.has(key)) continue;
    if (
      signature.length !== SIGNATURE_BYTES ||
      !verify(null, Buffer.from(text, 'utf8'), ed25519Key(key.publicKey), signature)
    )
      throw new NoteRefused('signature');
    signedBy.add(key);
  }
  if (signedBy.size === 0) throw new NoteRefused('unknown_key');
  return { text, signedBy: [...signedBy] };
}

/** The Ed25519 public key of 32 bytes (RFC 8410). @throws RangeError for another length. */
export function ed25519Key(publicKey: Buffer): KeyObject {
  if (publicKey.length !== KEY_BYTES) throw new RangeError('an Ed25519 public key has 32 bytes');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') }, format: 'jwk' });
}

interface NoteSignature {
  readonly name: string;
  readonly keyId: Buffer;
  readonly signature: Buffer;
}

function splitNote(note: string): { text: string; signatures: NoteSignature[] } {
  const end = note.lastIndexOf('\n\n');
  if (note.length > MAX_LENGTH || end < 0 || !note.isWellFormed()) throw new NoteRefused('malformed');
  const text = note.slice(0, end + 1);
  const block = note.slice(end + 2);
  if (!isNoteText(text) || !block.endsWith('\n')) throw new NoteRefused('malformed');
  const lines = block.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new NoteRefused('malformed');
  return { text, signatures: lines.map(readSignature) };
}

function readSignature(line: string): NoteSignature {
  const match = /^— (\S+) (\S+)$/u.exec(line);
  const bytes = Buffer.from(match?.[2] ?? '', 'base64');
  if (!match || !NAME.test(match[1]!) || bytes.toString('base64') !== match[2] || bytes.length < 5)
    throw new NoteRefused('malformed');
  return { name: match[1]!, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

function isNoteText(text: string): boolean {
  return text.endsWith('\n') && text.isWellFormed() && !/[^\P{Cc}\n]/u.test(text);
}
