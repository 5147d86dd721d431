import type pg from 'pg';
import { ConnectionAllowance, isRefusedAsTooMany, REFUSED_MS } from './connection-allowance.js';
import type { PrimaryClientConfig } from './primary-client.js';
import type { Scarcity } from './scarcity.js';
import { type ReservedConnection, SharedConnection } from './shared-connection.js';
import { nextTurn, type Share, type SharedRoom } from './tenant-turns.policy.js';

/** Connections of one kind, as one tenant sees them. */
export interface Lane {
  /** @param isUrgent whether it goes before others, and may take what is kept. */
  query<Row extends object>(query: pg.QueryConfig, isUrgent?: boolean): Promise<Row[]>;
  /** A connection for a transaction. */
  reserve(): Promise<ReservedConnection>;
  /** For how long whoever is not urgent has found no room, milliseconds. */
  waitedMs(now: number): number;
}

export interface TenantConnectionsOptions {
  /** Opened for no tenant: what is asked before one is named sees nothing. */
  readonly connection: PrimaryClientConfig;
  /** How one is opened where it is not as any other. */
  readonly open?: typeof SharedConnection.open;
  /** Opened as they are needed. */
  readonly most: number;
  /** So many are left to urgent statements, of `most` that are more. */
  readonly kept?: number;
  /** One that has had nothing to do for this long is closed, milliseconds. */
  readonly idleMs: number;
  /** Told where none is open and the server takes no more. */
  readonly scarcity: Scarcity;
}

/** As long as where each tenant has connections of its own. */
const ROOM_TIMEOUT_MS = 4_000;
const ASK_AGAIN_MS = 50;
const CLOSING_MS = 5;
/** So often in a row a connection stays with its tenant while others wait for as long. */
const TURNS_IN_A_ROW = 8;

interface Waiting {
  readonly since: number;
  readonly isUrgent: boolean;
  readonly begin: (connection: SharedConnection) => void;
  readonly fail: (error: Error) => void;
  timer?: NodeJS.Timeout;
}

class TenantQueue implements Share {
  readonly waiting = new Set<Waiting>();
  readonly urgent = new Set<Waiting>();
  held = 0;
  heldUrgently = 0;

  constructor(readonly tenantId: string) {}

  get waits(): boolean {
    return this.waiting.size > 0;
  }

  get waitsUrgently(): boolean {
    return this.urgent.size > 0;
  }

  of(isUrgent: boolean): Set<Waiting> {
    return isUrgent ? this.urgent : this.waiting;
  }
}

/**
 * A few connections that all tenants share. One serves one statement or transaction at a time, and of one tenant, whom the server is told
 * before anything else where it was another's; where that fails, it is closed. Which tenant is next: `nextTurn`.
 */
export class TenantConnections {
  private readonly open: SharedConnection[] = [];
  /** In the order in which they were served. */
  private readonly queues = new Map<string, TenantQueue>();
  private readonly inARow = new WeakMap<SharedConnection, number>();
  private readonly allowance: ConnectionAllowance;
  private opening = 0;
  private waitingInAll = 0;
  private askingAgain: NodeJS.Timeout | null = null;
  private askingMore: NodeJS.Timeout | undefined;
  private idling: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(private readonly options: TenantConnectionsOptions) {
    this.allowance = new ConnectionAllowance(options.most);
    options.scarcity.onTold(() => this.giveWay());
  }

  /** These connections, for one tenant and no other. */
  of(tenantId: string): Lane {
    return {
      query: async <Row extends object>(query: pg.QueryConfig, isUrgent = false): Promise<Row[]> => {
        const connection = await this.take(tenantId, isUrgent);
        try {
          return await connection.query<Row>(query);
        } finally {
          this.giveBack(connection, tenantId, isUrgent);
        }
      },
      reserve: async () => {
        const connection = await this.take(tenantId, false);
        return connection.reserve(() => this.giveBack(connection, tenantId, false));
      },
      waitedMs: (now) => {
        const [first] = this.queues.get(tenantId)?.waiting ?? [];
        return first ? now - first.since : 0;
      },
    };
  }

  /** Ends all, once what is under way or waits is done. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.idling) clearInterval(this.idling);
    while (this.waitingInAll > 0 || this.opening > 0) await new Promise((resolve) => setTimeout(resolve, CLOSING_MS));
    if (this.askingAgain) clearTimeout(this.askingAgain);
    clearTimeout(this.askingMore);
    await Promise.all(this.open.map((connection) => connection.close()));
  }

  /** One that shows this tenant's rows, and on which nothing else stands. */
  private async take(tenantId: string, isUrgent: boolean): Promise<SharedConnection> {
    if (this.closed) throw new Error('the client was closed');
    this.watchIdle();
    const connection = await this.room(tenantId, isUrgent);
    try {
      await connection.bindTo(tenantId);
      return connection;
    } catch (error) {
      this.giveBack(connection, tenantId, isUrgent);
      throw error;
    }
  }

  private room(tenantId: string, isUrgent: boolean): Promise<SharedConnection> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { since: performance.now(), isUrgent, begin: resolve, fail: reject };
      const queue = this.queueOf(tenantId).of(isUrgent);
      queue.add(waiting);
      this.waitingInAll += 1;
      this.serve();
      if (!queue.has(waiting)) return;
      waiting.timer = setTimeout(() => {
        if (queue.delete(waiting)) this.waitingInAll -= 1;
        reject(new Error('timeout exceeded while waiting for a connection'));
      }, ROOM_TIMEOUT_MS);
    });
  }

  private queueOf(tenantId: string): TenantQueue {
    let queue = this.queues.get(tenantId);
    if (!queue) this.queues.set(tenantId, (queue = new TenantQueue(tenantId)));
    return queue;
  }

  /** Gives what is idle to whose turn it is, and asks for more where it does not suffice. */
  private serve(): void {
    while (this.waitingInAll > 0) {
      const idle = this.open.filter(({ taken }) => taken === 0);
      const turn = nextTurn(this.queues.values(), this.roomWith(idle));
      if (!turn) return;
      const connection = chosenFor(turn.tenantId, idle);
      if (!connection) return this.openMore();
      const queue = this.queues.get(turn.tenantId)!;
      this.queues.delete(turn.tenantId);
      this.queues.set(turn.tenantId, queue);
      this.inARow.set(connection, connection.tenantId === turn.tenantId ? this.turnsOf(connection) + 1 : 0);
      if (turn.isUrgent) queue.heldUrgently += 1;
      else queue.held += 1;
      connection.take();
      this.first(queue, turn.isUrgent).begin(connection);
    }
  }

  private roomWith(idle: readonly SharedConnection[]): SharedRoom {
    const mayOpen = this.allowance.mayOpen(this.open.length + this.opening, performance.now());
    return {
      capacity: mayOpen ? this.options.most : this.open.length + this.opening,
      taken: this.open.length - idle.length,
      kept: this.options.kept ?? 0,
      boundIdle: new Set(
        idle.flatMap((connection) =>
          connection.tenantId !== null && this.turnsOf(connection) < TURNS_IN_A_ROW ? [connection.tenantId] : [],
        ),
      ),
    };
  }

  private turnsOf(connection: SharedConnection): number {
    return this.inARow.get(connection) ?? 0;
  }

  private first(queue: TenantQueue, isUrgent: boolean): Waiting {
    const of = queue.of(isUrgent);
    const [waiting] = of;
    of.delete(waiting!);
    this.waitingInAll -= 1;
    clearTimeout(waiting!.timer);
    return waiting!;
  }

  private giveBack(connection: SharedConnection, tenantId: string, isUrgent: boolean): void {
    const queue = this.queues.get(tenantId)!;
    if (isUrgent) queue.heldUrgently -= 1;
    else queue.held -= 1;
    connection.leave();
    if (!connection.isGone && connection.isInTransaction) connection.cut();
    const isSurplus = this.allowance.surplus(this.open.length, performance.now()) > 0;
    if (connection.isGone || isSurplus) this.drop(connection);
    this.serve();
  }

  /** One more, in the background, where it may be: of those that are not open half at once, as a tenant alone may have no more. */
  private openMore(): void {
    const live = this.open.length + this.opening;
    const atOnce = Math.min(this.waitingInAll, Math.ceil((this.options.most - this.open.length) / 2));
    if (this.opening >= atOnce || this.askingAgain || !this.allowance.mayOpen(live, performance.now())) return;
    this.opening += 1;
    const { connection: config, open = SharedConnection.open } = this.options;
    open(config, (ended) => this.ended(ended)).then(
      (connection) => {
        this.opening -= 1;
        this.open.push(connection);
        this.serve();
      },
      (error: Error) => {
        this.opening -= 1;
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
      for (const queue of this.queues.values())
        for (const isUrgent of [true, false])
          while (queue.of(isUrgent).size > 0) this.first(queue, isUrgent).fail(error);
      return;
    }
    this.options.scarcity.tell();
    if (this.waitingInAll === 0) return;
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
    if (this.idling || this.closed) return;
    this.idling = setInterval(() => {
      const before = performance.now() - this.options.idleMs;
      for (const connection of this.open.filter((candidate) => candidate.idleSince(before))) this.drop(connection);
    }, this.options.idleMs / 2);
    this.idling.unref();
  }
}

/** One that is bound to the tenant already; else one that is bound to nobody, else the one that was used longest ago. */
function chosenFor(tenantId: string, idle: readonly SharedConnection[]): SharedConnection | undefined {
  let best: SharedConnection | undefined;
  for (const connection of idle) {
    if (connection.tenantId === tenantId) return connection;
    if (!best || usedAt(connection) < usedAt(best)) best = connection;
  }
  return best;
}

function usedAt(connection: SharedConnection): number {
  return connection.tenantId === null ? -Infinity : connection.movedAt;
}
