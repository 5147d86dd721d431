/** A declared call that a telephone record may be of. */
export interface Candidate {
  /** Which record of the batch. */
  readonly place: number;
  readonly callId: string;
  /** The number that was dialled is on file for the customer whom the call was declared to. */
  readonly byNumber: boolean;
  /** Seconds between the start of the one and of the other. */
  readonly distance: number;
}

export interface Declaration {
  readonly callId: string;
  readonly by: 'number' | 'time';
}

/**
 * Which declared call each record is of. Where the number tells, a call that was declared to that very customer covers
 * every try to reach them while it was live. Where only line and time tell, the nearest pair is matched first, and one
 * declaration covers one record: a switchboard that declares once has not declared fifty calls.
 */
export function matchDeclarations(candidates: readonly Candidate[]): Map<number, Declaration> {
  const matched = new Map<number, Declaration>();
  const used = new Set<string>();
  const nearest = [...candidates].sort(
    (a, b) => Number(b.byNumber) - Number(a.byNumber) || a.distance - b.distance || a.place - b.place,
  );
  for (const { place, callId, byNumber } of nearest) {
    if (matched.has(place) || (!byNumber && used.has(callId))) continue;
    matched.set(place, { callId, by: byNumber ? 'number' : 'time' });
    used.add(callId);
  }
  return matched;
}

/** The share of calls that were declared, from 0 to 1; null where there were none. */
export function shareOf(declared: number, total: number): number | null {
  return total === 0 ? null : Math.round((declared / total) * 10_000) / 10_000;
}
