/**
 * What is refused first where a tenant asks more than it may: `bulk` (imports, exports, lists) leaves a fifth to what somebody waits for,
 * `interactive`; `critical` (verdicts, answers, and whatever else protects somebody) has four times as much of its own.
 */
export type HeldAs = 'critical' | 'interactive' | 'bulk';

/** How many of each are asked in a second. */
export type Demand = Readonly<Record<HeldAs, number>>;

/** What a process lets in of each in a second. */
export type Shares = Readonly<Record<HeldAs, number>>;

/** What a process may let in still, of one tenant; what is `critical` or `bulk` is taken from `interactive` too. */
export interface RateState extends Readonly<Record<HeldAs, number>> {
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

export const NO_DEMAND: Demand = { critical: 0, interactive: 0, bulk: 0 };

/**
 * How much of a limit a process has: by what is asked there, of all that is asked; or what the others leave, where that is more. So all
 * shares together are the limit where more is asked than that, and nobody is refused where it is not.
 */
function shareOf(limit: number, own: number, others: number): number {
  if (others <= 0) return limit;
  return Math.max(limit - others, (limit * own) / (own + others));
}

/**
 * The shares of a process of its tenant's limit. Each class is shared by what is asked of it and of what goes before it: however many
 * lists are asked of one process, another has as much as before for verdicts and for what somebody waits for.
 */
export function sharesOf(limit: number, own: Demand, others: Demand): Shares {
  const [ownWaited, othersWaited] = [own.critical + own.interactive, others.critical + others.interactive];
  const left = Math.max(0, (1 - KEPT_FROM_BULK) * limit - ownWaited - othersWaited);
  return {
    critical: CRITICAL_TIMES * shareOf(limit, own.critical, others.critical),
    interactive: shareOf(limit, ownWaited, othersWaited),
    bulk: shareOf(left, own.bulk, others.bulk),
  };
}

/** A second's worth, which is at least one request, and of what is critical four. */
function roomsOf({ critical, interactive, bulk }: Shares): Shares {
  return {
    critical: Math.max(CRITICAL_TIMES, critical),
    interactive: Math.max(1, interactive),
    bulk: Math.max(1, bulk),
  };
}

const secondsUntil = (needed: number, left: number, share: number): number =>
  left >= needed ? 0 : (needed - left) / share;

/** What a process may let in that has let in nothing for long. */
export function fullRate(shares: Shares, at: number): RateState {
  return { ...roomsOf(shares), at };
}

/** Lets a request in or not, by the shares of the process: each fills again evenly, to a second's worth. */
export function takeOne(before: RateState, heldAs: HeldAs, shares: Shares, at: number): RateOutcome {
  const rooms = roomsOf(shares);
  const seconds = Math.max(0, at - before.at) / 1_000;
  const filled = (name: HeldAs): number => Math.min(rooms[name], before[name] + shares[name] * seconds);
  const left = { critical: filled('critical'), interactive: filled('interactive'), bulk: filled('bulk') };
  const needed = heldAs === 'bulk' ? Math.min(rooms.interactive, 1 + KEPT_FROM_BULK * rooms.interactive) : 1;
  const resetSeconds = Math.max(
    secondsUntil(1, left[heldAs], shares[heldAs]),
    heldAs === 'critical' ? 0 : secondsUntil(needed, left.interactive, shares.interactive),
  );
  const isAllowed = resetSeconds === 0;
  const taken = isAllowed ? 1 : 0;
  return {
    state: {
      critical: heldAs === 'critical' ? left.critical - taken : left.critical,
      interactive: Math.max(0, left.interactive - taken),
      bulk: heldAs === 'bulk' ? left.bulk - taken : left.bulk,
      at: Math.max(before.at, at),
    },
    isAllowed,
    resetSeconds: Math.min(LONGEST_RESET_SECONDS, resetSeconds),
  };
}

/** Whether what writes more is let in, where so many events were written in the last second; bulk leaves a fifth to the others here, too. */
export function mayWrite(heldAs: HeldAs, written: number, limit: number): boolean {
  return heldAs === 'critical' || written < (heldAs === 'bulk' ? Math.max(1, limit * (1 - KEPT_FROM_BULK)) : limit);
}
