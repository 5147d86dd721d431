import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevelopmentIssuers } from '../../src/http/access/issuer/development-issuers.js';

export interface IssuerServer {
  serviceUrl: string;
  publicUrl: string;
  dataDirectory: string;
  /** What the issuers themselves failed at. */
  failures: Error[];
  stop(): Promise<void>;
}

/** The development issuers of northbank and southbank alone on a server, with a data directory of their own. */
export async function startIssuerServer(publicUrl?: string): Promise<IssuerServer> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'countersign-issuer-'));
  const failures: Error[] = [];
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const serviceUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { tenants: ['northbank', 'southbank'], publicUrl: publicUrl ?? serviceUrl, dataDirectory };
  const issuers = await createDevelopmentIssuers({ ...options, onError: (_tenant, error) => failures.push(error) });
  server.on('request', (req, res) => {
    if (!issuers.handle(req, res)) res.writeHead(404, { 'x-taken': 'no' }).end();
  });
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await rm(dataDirectory, { recursive: true });
  };
  return { serviceUrl, publicUrl: options.publicUrl, dataDirectory, failures, stop };
}
