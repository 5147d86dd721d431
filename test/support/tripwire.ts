import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { clusterUrl } from './database.js';

/** Where the wire is: a prepared statement by its name, on its way to the database or with its answer on the way back. */
export interface TripPoint {
  readonly statement: string;
  readonly when: 'asked' | 'answered';
  /** What the answer says, where others may come before it on the connection. */
  readonly answer?: string;
}

/** Where the message begins that names a statement: to parse it (`P`, length, name), or to bind its values (`B`, length, no portal, name). */
function messageAt(chunk: Buffer, name: number): number {
  return chunk[name - 6] === 0x42 && chunk[name - 1] === 0 ? name - 6 : name - 5;
}

/**
 * Stands between a service and its database. When the statement passes for the given time, `trip` is called and nothing
 * passes any more: the database never gets what was asked, or the service never gets what was answered.
 */
export class Tripwire {
  private passes = 0;
  private tripped = false;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly point: TripPoint,
    private readonly time: number,
    private readonly trip: () => void,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  static async start(point: TripPoint, time: number, trip: () => void): Promise<Tripwire> {
    const server = createServer({ pauseOnConnect: true, noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Tripwire(server, point, time, trip);
  }

  /** The address of a database through here. */
  addressOf(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const target = new URL(clusterUrl());
    const database = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    let awaitsAnswer = false;
    client.on('data', (chunk) => {
      if (this.tripped) return;
      const name = chunk.indexOf(this.point.statement);
      if (name >= 0 && (this.passes += 1) === this.time) {
        if (this.point.when === 'asked') {
          database.write(chunk.subarray(0, messageAt(chunk, name)));
          return this.pull();
        }
        awaitsAnswer = true;
      }
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (this.tripped) return;
      if (awaitsAnswer && chunk.includes(this.point.answer ?? '')) return this.pull();
      client.write(chunk);
    });
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        this.sockets.delete(from);
      });
      from.resume();
    }
  }

  private pull(): void {
    this.tripped = true;
    this.trip();
  }
}
