import pg from 'pg';

const LIMIT_MS = 5_000;

/** What work on a connection of its own comes to, which is closed then. @throws what connecting or the work throws, after 5 s at the latest */
export async function connectedTo<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: LIMIT_MS, query_timeout: LIMIT_MS });
  client.on('error', () => undefined); // what it is asked fails too
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
