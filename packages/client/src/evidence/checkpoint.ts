import { decodeBase64 } from './bytes.js';
import { openNote } from './signed-note.js';
import { Wrong } from './statement.js';

/** What a log says about itself at one size. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * The checkpoint in a note that the log itself has signed with one of the given keys (C2SP tlog-checkpoint); extension
 * lines and further signatures, such as a witness's, are passed over. @throws Wrong for every other note.
 */
export function openCheckpoint(note: string, publicKeys: readonly Uint8Array[]): Checkpoint {
  const name = note.slice(0, Math.max(0, note.indexOf('\n')));
  const [origin, size, root, ...rest] = openNote(note, name, publicKeys).split('\n');
  const hash = decodeBase64(root ?? '');
  if (
    !origin ||
    !/^(0|[1-9]\d{0,15})$/.test(size ?? '') ||
    hash?.length !== 32 ||
    rest.at(-1) !== '' ||
    rest.slice(0, -1).includes('')
  )
    throw new Wrong('the note is not a checkpoint');
  return { origin, size: Number(size), root: hash };
}
