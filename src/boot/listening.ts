import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** The environment with PORT=0 made a port that is free now: the issuers and problem types stand under the address, so it must be known before the start. */
export async function withFreePort(environment: NodeJS.ProcessEnv): Promise<NodeJS.ProcessEnv> {
  if (environment.PORT !== '0') return environment;
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(0, environment.HOST || '127.0.0.1', resolve),
  );
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return { ...environment, PORT: String(port) };
}

/** What to do about an address that cannot be listened on, or null for another error. */
export function explainListenError(error: unknown): string | null {
  const { code, address, port } = error as { code?: string; address?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `Port ${port} of ${address} is taken by another program. Set PORT to another one, or to 0 for a free one.`;
  if (code === 'EACCES' && port !== undefined)
    return `Port ${port} may not be used by this user. Set PORT to one above 1023.`;
  if (code === 'EADDRNOTAVAIL') return `${address} is no address of this machine. Set HOST.`;
  return null;
}
