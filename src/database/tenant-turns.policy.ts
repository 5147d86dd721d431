/** What one tenant has of connections that all share, and whether it waits for more. */
export interface Share {
  readonly tenantId: string;
  /** Connections on which something of its stands, urgent or not. */
  readonly held: number;
  readonly heldUrgently: number;
  readonly waits: boolean;
  readonly waitsUrgently: boolean;
}

export interface SharedRoom {
  /** Connections that there may be just now, those that are taken among them. */
  readonly capacity: number;
  readonly taken: number;
  /** So many are left to what is urgent, where there are more. */
  readonly kept: number;
  /** Whose tenants go on without a change of hands. */
  readonly boundIdle: ReadonlySet<string>;
}

export interface Turn {
  readonly tenantId: string;
  readonly isUrgent: boolean;
}

/**
 * Whether a tenant may take one more: as long as it holds fewer than are free. So a tenant alone takes half, and of k that want all each
 * has a share of k + 1, of which one is left to whoever comes next. Urgent statements are counted by themselves: who has its other
 * statements wait for locks does not hold up its verdicts.
 */
export function mayTake(share: Share, room: SharedRoom, isUrgent: boolean): boolean {
  const kept = !isUrgent && room.capacity > room.kept ? room.kept : 0;
  const free = room.capacity - room.taken - kept;
  return free > (isUrgent ? share.heldUrgently : share.held);
}

/**
 * Whose turn it is; null where nobody may. What is urgent goes first; then who holds the fewest; of those with as many, whoever has an idle
 * connection that is bound already, then who was served longest ago.
 * @param shares in the order in which they were served, who was served longest ago first.
 */
export function nextTurn(shares: Iterable<Share>, room: SharedRoom): Turn | null {
  if (room.capacity <= room.taken) return null;
  let best: Turn | null = null;
  let least = Infinity;
  for (const share of shares) {
    for (const isUrgent of [true, false]) {
      if (!(isUrgent ? share.waitsUrgently : share.waits) || !mayTake(share, room, isUrgent)) continue;
      const held = isUrgent ? share.heldUrgently : share.held;
      const cost = (isUrgent ? 0 : 1e6) + 2 * held + (room.boundIdle.has(share.tenantId) ? 0 : 1);
      if (cost < least) [best, least] = [{ tenantId: share.tenantId, isUrgent }, cost];
    }
  }
  return best;
}
