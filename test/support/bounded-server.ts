import type { RequestListener, Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type ConnectionOptions, Connections, type EndReason } from '../../src/http/connections.js';
import { createBoundedServer } from '../../src/http/http-edge.js';

const OPTIONS: ConnectionOptions = {
  connections: 100,
  connectionsPerClient: 100,
  waitingBytes: 4 * 1024 * 1024,
  bodyTime: { requestMs: 20_000, importMs: 20_000 },
  unreadMs: 30_000,
  publicUrl: 'https://bank.example',
};

/** An HTTP server whose connections are bounded, and what became of them. */
export class BoundedServer {
  /** Why connections were ended. */
  readonly ended: EndReason[] = [];
  /** How many requests have begun, and how many at most at once on one connection. */
  begun = 0;
  mostAtOnce = 0;

  private constructor(private readonly server: Server) {}

  static async start(listener: RequestListener, options: Partial<ConnectionOptions> = {}): Promise<BoundedServer> {
    const connections = new Connections({ ...OPTIONS, ...options });
    const atOnce = new WeakMap<Socket, number>();
    const bounded: BoundedServer = new BoundedServer(
      createBoundedServer(connections, OPTIONS.publicUrl, (request, response) => {
        const { socket } = request;
        const now = (atOnce.get(socket) ?? 0) + 1;
        bounded.begun += 1;
        bounded.mostAtOnce = Math.max(bounded.mostAtOnce, now);
        atOnce.set(socket, now);
        response.once('close', () => atOnce.set(socket, atOnce.get(socket)! - 1));
        listener(request, response);
      }),
    );
    connections.onEnd = (reason) => bounded.ended.push(reason);
    await new Promise<void>((resolve) => bounded.server.listen(0, '127.0.0.1', resolve));
    return bounded;
  }

  /** A connection to it, which may not be open yet. */
  open(): Socket {
    return connect((this.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
  }

  /** An open connection on which some bytes have been sent. */
  async connected(bytes = ''): Promise<Socket> {
    const socket = this.open();
    await new Promise((resolve) => socket.once('connect', resolve));
    if (bytes !== '') await new Promise((resolve) => socket.write(bytes, resolve));
    return socket;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
