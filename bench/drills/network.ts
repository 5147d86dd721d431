import { execFile } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { freePort } from '../load/free-port.js';

const run = promisify(execFile);
const ip = async (...args: string[]): Promise<void> => void (await run('ip', args));

/** How a database is reached, and how it is cut off: what is sent then is lost, and nobody is told. */
export interface Path {
  /** Where the database itself listens. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Where others find it. */
  readonly reach: { readonly host: string; readonly port: number };
  /** What stands before the command that starts it. */
  readonly prefix: readonly string[];
  cut(): Promise<void>;
  heal(): Promise<void>;
}

export interface Network {
  readonly kind: string;
  path(name: string): Promise<Path>;
  close(): Promise<void>;
}

/** Network namespaces behind a bridge where they may be made, which takes root on Linux; else proxies. */
export async function makeNetwork(): Promise<Network> {
  return (await Namespaces.make().catch(() => null)) ?? new Proxies();
}

const PORT = 5432;

/** Each database in a network of its own; to cut it off its cable is taken out of the bridge. */
class Namespaces implements Network {
  readonly kind = 'network namespaces';
  private readonly names: string[] = [];

  private constructor(
    private readonly bridge: string,
    private readonly net: string,
  ) {}

  static async make(): Promise<Namespaces> {
    const tag = process.pid.toString(36).slice(-5);
    const net = `10.${64 + (process.pid % 64)}.${(process.pid >> 6) % 250}`;
    const made = new Namespaces(`csb${tag}`, net);
    try {
      await ip('link', 'add', made.bridge, 'type', 'bridge');
      await ip('addr', 'add', `${net}.1/24`, 'dev', made.bridge);
      await ip('link', 'set', made.bridge, 'up');
      const trial = await made.path('t');
      if (trial.reach.host === '') throw new Error('no address');
      return made;
    } catch (error) {
      await made.close();
      throw error;
    }
  }

  async path(name: string): Promise<Path> {
    const number = this.names.length + 11;
    const space = `${this.bridge}${name}`;
    const cable = `${this.bridge}${number}`;
    await ip('netns', 'add', space);
    this.names.push(space);
    const inside = (...args: string[]): Promise<void> => ip('-n', space, ...args);
    await ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space);
    await ip('link', 'set', cable, 'master', this.bridge, 'up');
    await inside('link', 'set', 'lo', 'up');
    const host = `${this.net}.${number}`;
    await inside('addr', 'add', `${host}/24`, 'dev', 'eth0');
    await inside('link', 'set', 'eth0', 'up');
    const reach = { host, port: PORT };
    return {
      listen: { host: '*', port: PORT },
      reach,
      prefix: ['ip', 'netns', 'exec', space],
      cut: () => ip('link', 'set', cable, 'nomaster'),
      heal: () => ip('link', 'set', cable, 'master', this.bridge),
    };
  }

  async close(): Promise<void> {
    for (const space of this.names) await ip('netns', 'del', space).catch(() => undefined);
    await ip('link', 'del', this.bridge).catch(() => undefined);
  }
}

/** Each database behind a proxy; to cut it off, the proxy takes no more from either side and says nothing. */
class Proxies implements Network {
  readonly kind = 'TCP proxies that drop silently (network namespaces take root on Linux)';
  private readonly servers: Server[] = [];

  async path(): Promise<Path> {
    const listen = { host: '127.0.0.1', port: await freePort() };
    const sockets = new Set<Socket>();
    let isCut = false;
    const server = createServer({ pauseOnConnect: true }, (client) => {
      const database = connect(listen.port, listen.host);
      for (const [from, to] of [
        [client, database],
        [database, client],
      ] as const) {
        sockets.add(from);
        from.on('data', (bytes) => to.write(bytes));
        from.on('error', () => undefined);
        // Of an end, too, nobody hears through a network that is cut.
        from.on('close', () => {
          sockets.delete(from);
          if (!isCut) to.destroy();
        });
        if (isCut) from.pause();
        else from.resume();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.servers.push(server);
    return {
      listen,
      reach: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
      prefix: [],
      cut: () => {
        isCut = true;
        for (const socket of sockets) socket.pause();
        return Promise.resolve();
      },
      heal: () => {
        isCut = false;
        // What stood still for so long is given up by both sides.
        for (const socket of sockets) socket.destroy();
        return Promise.resolve();
      },
    };
  }

  close(): Promise<void> {
    for (const server of this.servers) server.close();
    return Promise.resolve();
  }
}
