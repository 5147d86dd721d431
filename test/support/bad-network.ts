import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { clusterUrl } from './database.js';

/** Stands between the service and its database, and fails as a network or a server does. */
export class BadNetwork {
  private readonly pairs = new Set<[Socket, Socket]>();
  private mode: 'open' | 'down' | 'hung' = 'open';
  private readonly target = new URL(clusterUrl());

  private constructor(private readonly server: Server) {
    server.on('connection', (client) => this.join(client));
  }

  static async start(): Promise<BadNetwork> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new BadNetwork(server);
  }

  /** The address of a database through here. */
  addressOf(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Everything is cut, and nobody answers any more, as when the server was stopped. */
  down(): void {
    this.mode = 'down';
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  /** Connections stay, and nothing moves on them, as when the server hangs. */
  hang(): void {
    this.mode = 'hung';
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  up(): void {
    this.mode = 'open';
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  async stop(): Promise<void> {
    this.down();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    if (this.mode === 'down') return void client.destroy();
    const database = connect(Number(this.target.port), this.target.hostname);
    const pair: [Socket, Socket] = [client, database];
    this.pairs.add(pair);
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => undefined);
      from.on('close', () => {
        to.destroy();
        this.pairs.delete(pair);
      });
      if (this.mode === 'hung') from.pause();
      else from.resume();
    }
  }
}
