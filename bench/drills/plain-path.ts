import { freePort } from '../load/free-port.js';
import type { Path } from './network.js';

/** A database on this machine that nobody cuts off. */
export async function plainPath(): Promise<Path> {
  const at = { host: '127.0.0.1', port: await freePort() };
  const nothing = (): Promise<void> => Promise.resolve();
  return { listen: at, reach: at, prefix: [], cut: nothing, heal: nothing };
}
