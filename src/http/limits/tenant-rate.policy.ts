/**
 * What is refused first where a tenant asks more than it may: `bulk` (imports, exports, lists) leaves a fifth to what somebody waits for,
 * `interactive`; `critical` (verdicts, answers, and whatever else protects somebody) has four times as much of its own.
 */
export type HeldAs = 'critical' | 'interactive' | 'bulk';

/** What a process may let in still, of one tenant. */
export interface RateState {
  readonly ordinary: number;
  readonly critical: number;
  /** When that was so, milliseconds. */
  readonly at: number;
}

export interface RateOutcome {
  readonly state: RateState;
  readonly isAllowed: boolean;
  /** Until such a request is let in, seconds; 0 where it is. */
  readonly resetSeconds: number;
}

const CRITICAL_TIMES = 4;
const KEPT_FROM_BULK = 0.2;
/** A share grows again as soon as others ask less, so nobody is told to stay away for longer. */
const LONGEST_RESET_SECONDS = 10;

/**
 * How much of a limit a process has: by what is asked there, of all that is asked; or what the others leave, where that is more. So all
 * shares together are the limit where more is asked than that, and nobody is refused where it is not.
 */
export function shareOf(limit: number, { own, others }: { readonly own: number; readonly others: number }): number {
  if (others <= 0) return limit;
  return Math.max(limit - others, (limit * own) / (own + others));
}

/** A second's worth, which is at least one request. */
const roomOf = (share: number): number => Math.max(1, share);

/** What a process may let in that has let in nothing for long. */
export function fullRate(share: number, at: number): RateState {
  return { ordinary: roomOf(share), critical: CRITICAL_TIMES * roomOf(share), at };
}

/** Lets a request in or not, where a process may let in `share` a second: it fills again evenly, to a second's worth. */
export function takeOne(before: RateState, heldAs: HeldAs, share: number, at: number): RateOutcome {
  const room = roomOf(share);
  const filled = (share * Math.max(0, at - before.at)) / 1_000;
  const ordinary = Math.min(room, before.ordinary + filled);
  const critical = Math.min(CRITICAL_TIMES * room, before.critical + CRITICAL_TIMES * filled);
  const [left, needed, perSecond] =
    heldAs === 'critical'
      ? [critical, 1, CRITICAL_TIMES * share]
      : [ordinary, heldAs === 'bulk' ? Math.min(room, 1 + KEPT_FROM_BULK * room) : 1, share];
  const isAllowed = left >= needed;
  const taken = isAllowed ? 1 : 0;
  return {
    state: {
      ordinary: Math.max(0, ordinary - taken),
      critical: heldAs === 'critical' ? critical - taken : critical,
      at: Math.max(before.at, at),
    },
    isAllowed,
    resetSeconds: isAllowed ? 0 : Math.min(LONGEST_RESET_SECONDS, (needed - left) / perSecond),
  };
}

/** Whether what writes more is let in, where so many events were written in the last second; bulk leaves a fifth to the others here, too. */
export function mayWrite(heldAs: HeldAs, written: number, limit: number): boolean {
  return heldAs === 'critical' || written < (heldAs === 'bulk' ? Math.max(1, limit * (1 - KEPT_FROM_BULK)) : limit);
}
