import type { Server } from 'node:http';
import { Registry } from 'prom-client';
import { Connections } from './connections.js';
import { createBoundedServer } from './http-edge.js';

/** Scrapers are few, and send no bodies. */
const BOUNDS = {
  connections: 200,
  connectionsPerClient: 100,
  waitingBytes: 4 * 1024 * 1024,
  bodyTime: { requestMs: 1_000, importMs: 1_000 },
  unreadMs: 10_000,
};

/** Serves what `read` says at /metrics, without a token. */
export async function serveMetrics(
  read: () => Promise<string>,
  port: number,
  host: string,
  publicUrl: string,
): Promise<Server> {
  const server = createBoundedServer(new Connections({ ...BOUNDS, publicUrl }), publicUrl, (request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end();
    read().then(
      (text) => response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return server;
}
