import type pg from 'pg';
import { ConnectionAllowance, isRefusedAsTooMany, REFUSED_MS } from './connection-allowance.js';
import type { PrimaryClientConfig } from './primary-client.js';
import type { Scarcity } from './scarcity.js';
import { type ReservedConnection, SharedConnection } from './shared-connection.js';

export interface SharedConnectionsOptions {
  readonly connection: PrimaryClientConfig;
  /** Opened as they are needed. */
  readonly most: number;
  /**
   * Statements that may stand on one connection; without bound, where there is none. One that waits for a lock holds up
   * all that were sent behind it, and when they are sent nobody knows that it will: where statements lock rows, it
   * is 1.
   */
  readonly deep?: number;
  /** So many are left to urgent statements, of `most` that are more; with `deep` 1. */
  readonly kept?: number;
  /** One that has had nothing to do for this long is closed, milliseconds; never, where there is none. */
  readonly idleMs?: number;
  /** Told where none is open and the server takes no more. */
  readonly scarcity?: Scarcity;
}

/**
 * Longer than any statement may wait for a lock: what waits longer for room waits for a server that is gone, or for
 * too much.
 */
const ROOM_TIMEOUT_MS = 4_000;
/** A connection that takes longer to open is not waited for by what could be sent on another. */
const OPENED_SOON_MS = 100;
const ASK_AGAIN_MS = 50;
const CLOSING_MS = 5;
/**
 * So many statements go before a transaction that has waited longer: each takes one turn, and verdicts are among them.
 */
const STATEMENTS_FIRST = 8;

interface Waiting {
  readonly since: number;
  readonly begin: (connection: SharedConnection) => void;
  readonly fail: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * A few connections that many requests share. A statement goes to one that is idle; else it is pipelined behind those of
 * the connection with the fewest that moves, or waits for the first that has room: one that is open, or a new one, which
 * is opened where it may be. No statement depends on a new one while another is open.
 */
export class SharedConnections {
  private readonly open: SharedConnection[] = [];
  private readonly urgent = new Set<Waiting>();
  /** Those that want one statement, and those that want a transaction. */
  private readonly waiting = new Set<Waiting>();
  private readonly reserving = new Set<Waiting>();
  private passedOver = 0;
  private readonly allowance: ConnectionAllowance;
  /** Being opened, and of them those that are waited for still. */
  private opening = 0;
  private openingSoon = 0;
  private askingAgain: NodeJS.Timeout | null = null;
  private askingMore: NodeJS.Timeout | undefined;
  private idling: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly options: SharedConnectionsOptions) {
    this.allowance = new ConnectionAllowance(options.most);
    options.scarcity?.onTold(() => this.giveWay());
  }

  /** @param isUrgent whether it goes before others, and may take what is kept. */
  async query<Row extends object>(query: pg.QueryConfig, isUrgent = false): Promise<Row[]> {
    this.requireOpen();
    const connection = this.choose(isUrgent) ?? (await this.room(isUrgent ? this.urgent : this.waiting));
    try {
      return await connection.query<Row>(query);
    } finally {
      this.handOn(connection);
    }
  }

  /** A connection for a transaction; of use only where `deep` is 1, and so nothing else stands on it. */
  async reserve(): Promise<ReservedConnection> {
    this.requireOpen();
    const connection = this.choose(false) ?? (await this.room(this.reserving));
    return connection.reserve(() => this.handOn(connection));
  }

  /** Ends all, once what is under way or waits is done. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.idling) clearInterval(this.idling);
    while (this.isWaitedFor || this.opening > 0) await new Promise((resolve) => setTimeout(resolve, CLOSING_MS));
    if (this.askingAgain) clearTimeout(this.askingAgain);
    clearTimeout(this.askingMore);
    await Promise.all(this.open.map((connection) => connection.close()));
  }

  private requireOpen(): void {
    if (this.closed) throw new Error('the client was closed');
    this.watchIdle();
  }

  /**
   * For how long whoever is not urgent has found no room, milliseconds: since who has waited longest came, or since anything moved on a
   * connection that they may have, where all are taken. 0 where there is room, or a further one may be opened.
   */
  waitedMs(now: number): number {
    const [first] = this.waiting;
    const [firstReserving] = this.reserving;
    const waited = now - Math.min(first?.since ?? now, firstReserving?.since ?? now);
    if (this.options.deep !== 1 || this.open.length === 0) return waited;
    const most = this.options.most - this.kept;
    const canOpen = this.open.length < most && this.allowance.mayOpen(this.open.length + this.opening, now);
    const moved = this.open.filter((connection) => connection.taken > 0).map(({ movedAt }) => movedAt);
    const last = Math.min(most, this.open.length);
    if (canOpen || moved.length < last) return waited;
    return Math.max(waited, now - moved.sort((a, b) => a - b)[last - 1]!);
  }

  private get kept(): number {
    const { kept = 0, most } = this.options;
    return most > kept ? kept : 0;
  }

  /** How many are left to those that are not urgent: 0 and fewer, where all that are taken are as many as they may have. */
  private get leftToOthers(): number {
    if (this.kept === 0) return Infinity;
    return this.options.most - this.kept - this.open.filter(({ taken }) => taken > 0).length;
  }

  /** One with room, which is taken; null where there is none yet. */
  private choose(isUrgent: boolean): SharedConnection | null {
    if (!isUrgent && this.leftToOthers <= 0) return null;
    const now = performance.now();
    let best: SharedConnection | undefined;
    let least = Infinity;
    for (const connection of this.open) {
      const load = connection.load(now);
      if (load < least) [best, least] = [connection, load];
      if (load === 0) break;
    }
    if (least > 0) this.openMore(now);
    if (!best) return null;
    const { deep = Infinity } = this.options;
    if (best.taken >= (this.openingSoon > 0 ? 1 : deep)) return null;
    best.take();
    return best;
  }

  private room(queue: Set<Waiting>): Promise<SharedConnection> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        since: performance.now(),
        begin: resolve,
        fail: reject,
        timer: setTimeout(() => {
          queue.delete(waiting);
          reject(new Error('timeout exceeded while waiting for a connection'));
        }, ROOM_TIMEOUT_MS),
      };
      queue.add(waiting);
    });
  }

  /** Gives what waits to whatever has room. */
  private serve(): void {
    while (this.isWaitedFor) {
      const connection = this.choose(this.urgent.size > 0);
      if (!connection) return;
      this.next(true)!.begin(connection);
    }
  }

  private get isWaitedFor(): boolean {
    return this.urgent.size > 0 || this.waiting.size > 0 || this.reserving.size > 0;
  }

  /** @param others whether it may be one that is not urgent. */
  private next(others: boolean): Waiting | undefined {
    if (this.urgent.size > 0 || !others) return taken(this.urgent);
    const isReservation = this.reserving.size > 0 && (this.waiting.size === 0 || this.passedOver >= STATEMENTS_FIRST);
    const queue = isReservation ? this.reserving : this.waiting;
    this.passedOver = isReservation ? 0 : this.passedOver + 1;
    return taken(queue);
  }

  /** Gives the place of what ended to what has waited longest. */
  private handOn(connection: SharedConnection): void {
    if (
      connection.isGone ||
      (connection.taken === 1 && this.allowance.surplus(this.open.length, performance.now()) > 0)
    ) {
      connection.leave();
      this.drop(connection);
      return this.serve();
    }
    const next = this.next(this.leftToOthers >= 0);
    if (next) next.begin(connection);
    else connection.leave();
  }

  /** One more, in the background, where it may be. */
  private openMore(now: number): void {
    if (!this.allowance.mayOpen(this.open.length + this.opening, now) || this.askingAgain) return;
    this.opening += 1;
    this.openingSoon += 1;
    let isSoon = true;
    const noLongerSoon = (): void => {
      if (isSoon) this.openingSoon -= 1;
      isSoon = false;
    };
    const patience = setTimeout(() => {
      noLongerSoon();
      this.serve();
    }, OPENED_SOON_MS);
    const settled = (): void => {
      clearTimeout(patience);
      noLongerSoon();
      this.opening -= 1;
    };
    SharedConnection.open(this.options.connection, (ended) => this.ended(ended)).then(
      (connection) => {
        settled();
        this.open.push(connection);
        this.serve();
      },
      (error: Error) => {
        settled();
        this.failed(error);
      },
    );
  }

  private failed(error: Error): void {
    if (this.open.length > 0 || isRefusedAsTooMany(error)) this.allowance.refused(performance.now());
    if (this.open.length > 0) {
      // Those that are open may be held for long: what waits is not to miss that there is room again.
      clearTimeout(this.askingMore);
      this.askingMore = setTimeout(() => this.serve(), REFUSED_MS + 1).unref();
      return this.serve();
    }
    if (this.opening > 0) return;
    if (!isRefusedAsTooMany(error)) {
      for (let next = this.next(true); next; next = this.next(true)) next.fail(error);
      return;
    }
    this.options.scarcity?.tell();
    if (!this.isWaitedFor) return;
    this.askingAgain = setTimeout(() => {
      this.askingAgain = null;
      this.serve();
    }, ASK_AGAIN_MS);
  }

  private ended(connection: SharedConnection): void {
    this.drop(connection);
    this.serve();
  }

  private drop(connection: SharedConnection): void {
    const place = this.open.indexOf(connection);
    if (place < 0) return;
    this.open.splice(place, 1);
    if (!connection.isGone) void connection.close();
  }

  /** Somebody else in this process has no connection at all. */
  private giveWay(): void {
    const now = performance.now();
    this.allowance.giveWay(this.open.length, now);
    const surplus = this.allowance.surplus(this.open.length, now);
    for (const connection of this.open.filter(({ taken }) => taken === 0).slice(0, surplus)) this.drop(connection);
  }

  private watchIdle(): void {
    const { idleMs } = this.options;
    if (idleMs === undefined || this.idling || this.closed) return;
    this.idling = setInterval(() => {
      const before = performance.now() - idleMs;
      for (const connection of this.open.filter((candidate) => candidate.idleSince(before))) this.drop(connection);
    }, idleMs / 2);
    this.idling.unref();
  }
}

/** Who has waited longest, and waits no more. */
function taken(queue: Set<Waiting>): Waiting | undefined {
  const [next] = queue;
  if (!next) return undefined;
  queue.delete(next);
  clearTimeout(next.timer);
  return next;
}
