import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type Postmaster, findPostmaster, shutDown, signal, whenReady } from './postmaster.js';

/** A server that may run on a data folder already, and what is wanted of it. */
export interface Wanted {
  readonly data: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The processes that use it. */
  readonly others: readonly number[];
  /** Where the owner connects to a server at this port. */
  readonly url: (port: number) => Promise<string>;
  readonly log: (message: string) => void;
}

const ANSWER_MS = 5_000;

/**
 * The server that runs on the data folder already: one that others use is shared, and one that a killed process left
 * behind goes on where it answers and was started as it would be now. Another one that was left behind is ended.
 */
export async function takeOver({ data, settings, others, url, log }: Wanted): Promise<Postmaster | undefined> {
  const running = await findPostmaster(data);
  if (!running) return undefined;
  if (others.length > 0) {
    log(`sharing the database (process ${running.pid}) that process ${others.join(', ')} also uses`);
    return whenReady(running, data);
  }
  const server = (await isStartedWith(data, settings)) ? await whenReady(running, data) : undefined;
  const good = server !== undefined && (await answers(await url(server.port)));
  log(`${good ? 'going on with' : 'ending'} the database (process ${running.pid}) that a killed process left behind`);
  if (good) return server;
  // One that did not answer would not hear that it should stop either.
  if (server) signal(server.pid, 'SIGKILL');
  await shutDown(running, data);
  return undefined;
}

/** Whether the server was started with these settings; room for more connections does no harm. */
async function isStartedWith(data: string, wanted: Wanted['settings']): Promise<boolean> {
  const line = await readFile(join(data, 'postmaster.opts'), 'utf8').catch(() => '');
  const given = new Map([...line.matchAll(/"-c" "(\w+)=([^"]*)"/g)].map(([, name, value]) => [name!, value!]));
  return (
    Object.entries(wanted).every(([name, value]) =>
      name === 'max_connections' ? Number(given.get(name)) >= Number(value) : given.get(name) === value,
    ) && [...given.keys()].every((name) => name in wanted || name === 'port' || name === 'cluster_name')
  );
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({
    connectionString: url,
    ssl: false,
    connectionTimeoutMillis: ANSWER_MS,
    query_timeout: ANSWER_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT');
    await client.end();
    return true;
  } catch {
    client.connection.stream.destroy();
    return false;
  }
}
