import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Knows the connections on which no request is under way. Node itself counts one that has not said anything yet as busy,
 * so that a browser's spare connection would hold up a stop for all of its grace period.
 */
export class QuietConnections {
  private readonly quiet = new Set<Socket>();

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.quiet.add(socket);
      socket.once('close', () => this.quiet.delete(socket));
    });
    server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
      this.quiet.delete(socket);
      response.once('close', () => { if (!socket.destroyed) this.quiet.add(socket); });
    });
  }

  close(): void {
    for (const socket of this.quiet) socket.destroy();
  }
}
