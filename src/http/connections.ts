import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type BodyTimeLimits, Connection } from './connection.js';
import { type ConnectionBounds, ConnectionLedger, type LedgerEntry } from './connection-ledger.js';
import { clientOf } from './client-address.js';
import { Problem } from './problem.js';
import { endWithProblem } from './raw-problem.js';

/** Why a connection was ended: there was no room for it, it made room, its body came too slowly, its answer was not read. */
export type EndReason = 'refused' | 'made_room' | 'slow_body' | 'unread';

export interface ConnectionOptions extends ConnectionBounds {
  readonly publicUrl: string;
  readonly bodyTime: BodyTimeLimits;
  /** Of what waits for it a client must read something within this time. */
  readonly unreadMs: number;
  /** Whether an address is that of a proxy that is trusted: it is no client, and only the bound on all holds for it. */
  readonly isProxy?: (address: string | undefined) => boolean;
}

/** Between two looks for clients that are too slow. */
const LOOK_MS = 500;

const CONNECTIONS = new WeakMap<Socket, Connection>();
const WATCHED = new WeakMap<Server, Connections>();

/** The connection of a socket whose server is watched. */
export function connectionOf(socket: Socket): Connection | undefined {
  return CONNECTIONS.get(socket);
}

/** The connections of a server that is watched. */
export function connectionsOf(server: Server): Connections {
  const connections = WATCHED.get(server);
  if (!connections) throw new Error('the connections of this server are not watched');
  return connections;
}

/** All connections of one process's HTTP servers: bounded in number, in what is kept for them, and in time. */
export class Connections {
  /** Told of each connection that is ended. */
  onEnd: (reason: EndReason) => void = () => undefined;
  private readonly ledger: ConnectionLedger<Connection>;
  private readonly open = new Set<LedgerEntry<Connection>>();

  constructor(private readonly options: ConnectionOptions) {
    this.ledger = new ConnectionLedger(options);
  }

  /** How many are open. */
  get size(): number {
    return this.ledger.size;
  }

  /** Bounds the connections of a server. Requests are to be listened to `inTurn`. */
  watch(server: Server): void {
    WATCHED.set(server, this);
    server.on('connection', (socket: Socket) => this.admit(socket));
    const looking = setInterval(() => this.look(performance.now()), LOOK_MS);
    looking.unref();
    server.once('close', () => clearInterval(looking));
  }

  /** Begins a request only when the answer to the one before it on its connection is with the network. */
  inTurn(listener: RequestListener): RequestListener {
    return (request, response) => CONNECTIONS.get(request.socket)!.take(request, response, listener);
  }

  /**
   * Closes the connections on which no request is under way, and lets none begin another. Node itself counts one that
   * has not said anything yet as busy, so that a browser's spare connection would hold up a stop for all of its grace
   * period.
   */
  closeQuiet(): void {
    for (const { owner } of this.open) {
      owner.isLast = true;
      if (owner.isQuiet) owner.socket.destroy();
    }
  }

  private admit(socket: Socket): void {
    const connection: Connection = new Connection(socket, this.options.bodyTime, {
      works: () => this.ledger.work(entry),
      waits: (bytes) => {
        this.ledger.wait(entry, bytes);
        this.makeRoomForBytes();
      },
      ends: () => this.forget(entry),
    });
    const { remoteAddress } = socket;
    const entry = this.ledger.open(clientOf(remoteAddress), connection, this.options.isProxy?.(remoteAddress));
    CONNECTIONS.set(socket, connection);
    this.open.add(entry);
    const leaving = this.ledger.roomFor(entry);
    if (leaving) this.end(leaving, leaving === entry ? 'refused' : 'made_room');
    connection.account();
  }

  private makeRoomForBytes(): void {
    for (let leaving = this.ledger.roomForBytes(); leaving; leaving = this.ledger.roomForBytes())
      this.end(leaving, 'made_room');
  }

  private look(now: number): void {
    for (const entry of this.open) {
      if (entry.owner.isLate(now)) this.end(entry, 'slow_body');
      else if (entry.owner.isStalled(now, this.options.unreadMs)) this.end(entry, 'unread');
    }
  }

  private end(entry: LedgerEntry<Connection>, reason: EndReason): void {
    const { owner: connection } = entry;
    this.forget(entry);
    this.onEnd(reason);
    const { socket } = connection;
    const isTold = reason === 'refused' || (connection.isReceiving && !connection.isAnswering);
    if (isTold && socket.writable) endWithProblem(socket, problemOf(reason), this.options.publicUrl);
    else socket.destroy();
  }

  private forget(entry: LedgerEntry<Connection>): void {
    this.ledger.close(entry);
    this.open.delete(entry);
  }
}

function problemOf(reason: EndReason): Problem {
  if (reason === 'slow_body') return new Problem('request-timeout');
  return new Problem('temporarily-unavailable', { retryAfterSeconds: 1 });
}
