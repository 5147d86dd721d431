import { formatNote, type NoteKey, openNote } from '../crypto/signed-note.js';

/** What a log says about itself at one size. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** The name of a tenant's log: its address without the scheme, as C2SP tlog-checkpoint asks. */
export function logOrigin(publicUrl: string, tenantId: string): string {
  return `${publicUrl.replace(/^https?:\/\//, '')}/log/${tenantId}`;
}

/** The text that is signed (C2SP tlog-checkpoint, "Note text"). */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/** A checkpoint as a signed note (C2SP tlog-checkpoint, signed-note). The key's name is the origin. */
export function formatCheckpoint(checkpoint: Checkpoint, publicKey: Buffer, signature: Buffer): string {
  return formatNote(checkpointText(checkpoint), [{ key: { name: checkpoint.origin, publicKey }, signature }]);
}

/**
 * The checkpoint in a note that the log itself has signed with one of the given keys; further signatures, such as a
 * witness's, are passed over.
 * @throws NoteRefused for a note that is none, or is not signed so; RangeError where its text is no checkpoint.
 */
export function openCheckpoint(note: string, publicKeys: readonly Buffer[]): Checkpoint & { readonly key: NoteKey } {
  const origin = note.slice(0, Math.max(0, note.indexOf('\n')));
  const { text, signedBy } = openNote(
    note,
    publicKeys.map((publicKey) => ({ name: origin, publicKey })),
  );
  return { ...parseCheckpointText(text), key: signedBy[0]! };
}

/** Reads the text of a checkpoint (C2SP tlog-checkpoint); extension lines are passed over. @throws RangeError for what is none. */
export function parseCheckpointText(text: string): Checkpoint {
  const [origin, size, root, ...rest] = text.split('\n');
  const hash = Buffer.from(root ?? '', 'base64');
  if (
    !origin ||
    !/^(0|[1-9]\d{0,15})$/.test(size ?? '') ||
    hash.length !== 32 ||
    hash.toString('base64') !== root ||
    rest.at(-1) !== '' ||
    rest.slice(0, -1).includes('')
  ) {
    throw new RangeError('the note is not a checkpoint');
  }
  return { origin, size: Number(size), root: hash };
}
