/** How many connections one process keeps, and how much it keeps for those that wait for their client. */
export interface ConnectionBounds {
  /** Most open connections. */
  readonly connections: number;
  /** Most open connections of one client. */
  readonly connectionsPerClient: number;
  /** Most bytes kept for connections that wait. */
  readonly waitingBytes: number;
}

/** One connection in the books. */
export interface LedgerEntry<Owner> {
  readonly owner: Owner;
  readonly client: ClientAccount<Owner>;
  /** What is kept for it while it waits; 0 while it works. */
  bytes: number;
  isOpen: boolean;
}

/** What one client has. */
interface ClientAccount<Owner> {
  readonly key: string;
  /** A proxy has the connections of many. */
  readonly isMany: boolean;
  connections: number;
  waitingBytes: number;
  /** Those that wait, the one that has waited longest first. */
  readonly waiting: Set<LedgerEntry<Owner>>;
}

/**
 * The books of one process's connections. A connection either works (a request of it is being answered) or waits for its
 * client: to send, or to read. Where there are too many, or too much is kept for those that wait, it names the one that
 * makes room: never one that works, and of the rest one of the client that has most, which has waited longest.
 */
export class ConnectionLedger<Owner> {
  private readonly clients = new Map<string, ClientAccount<Owner>>();
  private connections = 0;
  private waitingBytes = 0;

  constructor(private readonly bounds: ConnectionBounds) {}

  /** How many are open. */
  get size(): number {
    return this.connections;
  }

  /** Enters a connection; it works until `wait` says otherwise. @param isMany whether it is one of many clients' that share an address. */
  open(clientKey: string, owner: Owner, isMany = false): LedgerEntry<Owner> {
    let client = this.clients.get(clientKey);
    if (!client) {
      client = { key: clientKey, isMany, connections: 0, waitingBytes: 0, waiting: new Set() };
      this.clients.set(clientKey, client);
    }
    client.connections += 1;
    this.connections += 1;
    return { owner, client, bytes: 0, isOpen: true };
  }

  /** It waits, and so many bytes are kept for it. One that waited already keeps its place. */
  wait(entry: LedgerEntry<Owner>, bytes: number): void {
    if (!entry.isOpen) return;
    const more = bytes - entry.bytes;
    if (entry.bytes === 0) entry.client.waiting.add(entry);
    entry.bytes = bytes;
    entry.client.waitingBytes += more;
    this.waitingBytes += more;
  }

  /** It works. */
  work(entry: LedgerEntry<Owner>): void {
    if (entry.bytes === 0) return;
    entry.client.waiting.delete(entry);
    entry.client.waitingBytes -= entry.bytes;
    this.waitingBytes -= entry.bytes;
    entry.bytes = 0;
  }

  /** Strikes it out; whatever is said of it later says nothing. */
  close(entry: LedgerEntry<Owner>): void {
    if (!entry.isOpen) return;
    const { client } = entry;
    this.work(entry);
    entry.isOpen = false;
    client.connections -= 1;
    this.connections -= 1;
    if (client.connections === 0) this.clients.delete(client.key);
  }

  /** Who makes room for a connection that was just opened: null where there is room, itself where nobody can. */
  roomFor(newcomer: LedgerEntry<Owner>): LedgerEntry<Owner> | null {
    const { client } = newcomer;
    if (!client.isMany && client.connections > this.bounds.connectionsPerClient) return oldest(client) ?? newcomer;
    if (this.connections <= this.bounds.connections) return null;
    return oldest(this.heaviest((client) => client.waiting.size)) ?? newcomer;
  }

  /** Who makes room where too much is kept for those that wait; null where it is not too much. */
  roomForBytes(): LedgerEntry<Owner> | null {
    if (this.waitingBytes <= this.bounds.waitingBytes) return null;
    return oldest(this.heaviest((client) => client.waitingBytes));
  }

  private heaviest(weigh: (client: ClientAccount<Owner>) => number): ClientAccount<Owner> | null {
    let [found, most]: [ClientAccount<Owner> | null, number] = [null, 0];
    for (const client of this.clients.values()) {
      const weight = weigh(client);
      if (weight > most) [found, most] = [client, weight];
    }
    return found;
  }
}

function oldest<Owner>(client: ClientAccount<Owner> | null): LedgerEntry<Owner> | null {
  const [first] = client?.waiting ?? [];
  return first ?? null;
}
