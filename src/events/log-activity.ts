import type { Pulse } from './log-pulse.store.js';

/** What one look at the log says. */
export interface Beat {
  /** Whether an event may have become visible since the last beat, or may yet without another being written. */
  readonly stirs: boolean;
  /** Before this transaction, all is settled. */
  readonly horizon: bigint;
  /** Whether events may have been written that have not settled; null where the look failed, and nobody knows. */
  readonly waits: boolean | null;
}

/** Tells from looks at the log, which say nothing of any event, whether there is anything to be read at all. */
export class LogActivity {
  private written: string | null | undefined;
  /** All that was written so far belongs to transactions before this one. */
  private before = 0n;
  private open = true;

  next({ written, horizon, ceiling }: Pulse): Beat {
    const changed = written !== this.written;
    // A number may be taken after the snapshot by a transaction that the snapshot does not know: so the next look counts, too.
    if (changed || this.open) this.before = ceiling;
    this.open = changed;
    this.written = written;
    const waits = changed || horizon < this.before;
    // Once more when all has settled: whoever looked just before has not seen the last of it.
    const stirs = waits || this.stirred;
    this.stirred = waits;
    return { stirs, horizon, waits };
  }

  private stirred = true;
}
