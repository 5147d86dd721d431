/** Where a primary is, as whoever asks its replica needs it. */
export interface PrimaryPosition {
  /** Everything that is visible and acknowledged there is before this place in the write-ahead log, bytes. */
  readonly position: bigint;
  readonly timeline: number;
  /** The cluster, and in it the database. */
  readonly origin: string;
}

/** What a server says of itself that is to be a replica. */
export interface ReplicaStanding extends PrimaryPosition {
  readonly isStandby: boolean;
}

/** Why a replica is not asked. */
export type NoReplica = 'away' | 'behind' | 'promoted' | 'other_cluster' | 'other_timeline';

/** Whether a server has all that its primary had at a position; else why it is not asked. */
export function judgeReplica(primary: PrimaryPosition, replica: ReplicaStanding): NoReplica | null {
  if (replica.origin !== primary.origin) return 'other_cluster';
  if (!replica.isStandby) return 'promoted';
  // Places in the log of two timelines cannot be compared: one that follows an old primary may be further, and lacks the new one's.
  if (replica.timeline !== primary.timeline) return 'other_timeline';
  return replica.position < primary.position ? 'behind' : null;
}

/** More than are noted while a replica is within any bound. */
const MOST_NOTED = 10_000;

/**
 * For how long a replica has been behind, by one clock: of the places at which the primary was seen, how long ago the
 * first was that the replica has not come to. Neither server's clock is asked, and a primary without work is no lag.
 */
export class ReplicaLag {
  private noted: { readonly position: bigint; readonly at: number }[] = [];

  /** @param at milliseconds of the clock of this process */
  note(position: bigint, at: number): void {
    if (this.noted.length < MOST_NOTED && position !== this.noted.at(-1)?.position) this.noted.push({ position, at });
  }

  replayed(position: bigint): void {
    const first = this.noted.findIndex((one) => one.position > position);
    this.noted = first < 0 ? [] : this.noted.slice(first);
  }

  seconds(now: number): number {
    const [first] = this.noted;
    return first ? (now - first.at) / 1_000 : 0;
  }
}
