import { concat, decodeBase64, equal, sha256, utf8 } from './bytes.js';
import { ed25519Fits } from './signatures.js';
import { Wrong } from './statement.js';

const ED25519 = 1;
const MAX_LENGTH = 16_384;
const MAX_SIGNATURES = 100;

/**
 * The text of a note that at least one of the keys has signed under a name (C2SP signed-note). Signatures of other keys
 * are passed over; a wrong one of a known key is not. @throws Wrong for every other note.
 */
export function openNote(note: string, name: string, publicKeys: readonly Uint8Array[]): string {
  const end = note.lastIndexOf('\n\n');
  if (note.length > MAX_LENGTH || end < 0) throw new Wrong('the note is malformed');
  const [text, block] = [note.slice(0, end + 1), note.slice(end + 2)];
  const lines = block.slice(0, -1).split('\n');
  if (/[^\P{Cc}\n]|\p{Cs}/u.test(text) || !block.endsWith('\n') || lines.length > MAX_SIGNATURES)
    throw new Wrong('the note is malformed');
  let signed = false;
  for (const line of lines) {
    const match = /^— ([^\s+\p{Cc}]+) (\S+)$/u.exec(line);
    const bytes = match && decodeBase64(match[2]!);
    if (!match || !bytes || bytes.length < 5) throw new Wrong('the note is malformed');
    const [keyId, signature] = [bytes.subarray(0, 4), bytes.subarray(4)];
    const key = publicKeys.find((candidate) => match[1] === name && equal(keyIdOf(name, candidate), keyId));
    if (!key) continue;
    if (signature.length !== 64 || !ed25519Fits(signature, utf8(text), key))
      throw new Wrong('its signature does not fit');
    signed = true;
  }
  if (!signed) throw new Wrong('none of the given keys has signed it');
  return text;
}

/** SHA-256(name || 0x0A || 0x01 || public key), first 4 bytes. */
function keyIdOf(name: string, publicKey: Uint8Array): Uint8Array {
  return sha256(concat(utf8(`${name}\n`), Uint8Array.of(ED25519), publicKey)).subarray(0, 4);
}
