import { equal } from './bytes.js';
import { type Checkpoint, openCheckpoint } from './checkpoint.js';
import { verifyConsistency } from './merkle-proofs.js';
import { hashOf } from './sealed-events.js';
import { readKeys, type TrustedKey } from './signed-file.js';
import { type Statement, statementOf, Unverifiable, Wrong } from './statement.js';

/** What a log answers for somebody who kept a checkpoint of it. */
export interface LogNow {
  /** What `GET /log/checkpoint` answers. */
  readonly note: string;
  /** The `proof` of what `GET /log/consistency` answers for the sizes of the two; not needed where the log is not larger. */
  readonly consistency?: readonly string[];
}

/** How many leaves a kept checkpoint has, by the given keys alone; null where it is no checkpoint that they signed. */
export function sizeOfCheckpoint(note: string, trusted: readonly TrustedKey[]): number | null {
  return statementOf([], 'size', () => openCheckpoint(note, [...readKeys(trusted).values()]), String)?.size ?? null;
}

/**
 * Verifies that a log of now has grown out of a checkpoint that was kept from it before (RFC 9162, section 2.1.4), and says
 * of each statement whether it holds. `growth` fails where the log has shrunk, as after a restore to an earlier time, and
 * where it shows another history than the one that was kept: a split view. Nothing is trusted but the given keys.
 */
export function verifyLogGrowth(kept: string, now: LogNow, trusted: readonly TrustedKey[]): Statement[] {
  const publicKeys = [...readKeys(trusted).values()];
  const statements: Statement[] = [];
  const read = (name: string, note: string): Checkpoint | null =>
    statementOf(
      statements,
      name,
      () => openCheckpoint(note, publicKeys),
      ({ origin, size }) => `${size} leaves of ${origin}`,
    );
  const [before, after] = [read('kept checkpoint', kept), read('checkpoint of now', now.note)];
  statementOf(
    statements,
    'growth',
    () => grow(before, after, now.consistency),
    (text) => text,
  );
  return statements;
}

function grow(kept: Checkpoint | null, now: Checkpoint | null, consistency: readonly string[] | undefined): string {
  if (!kept || !now) throw new Unverifiable('there are no two checkpoints to compare');
  if (kept.origin !== now.origin) throw new Wrong('the two are of different logs');
  if (now.size < kept.size)
    throw new Wrong(
      `the log has ${now.size} leaves, and the one that was kept has ${kept.size}: it was set back, as by a restore to an earlier time`,
    );
  if (now.size === kept.size) {
    if (!equal(now.root, kept.root))
      throw new Wrong(`it has another root for the same ${now.size} leaves: this is another history, a split view`);
    return `the same tree of ${now.size} leaves`;
  }
  if (kept.size === 0) return `${now.size} leaves grew out of none`;
  if (!consistency) throw new Unverifiable('there is no proof for the two sizes');
  if (!verifyConsistency(kept.size, now.size, kept.root, now.root, consistency.map(hashOf)))
    throw new Wrong(
      `the ${now.size} leaves of now did not grow out of the ${kept.size} that were kept: this is another history, a split view`,
    );
  return `${now.size} leaves grew out of ${kept.size}`;
}
