import pg from 'pg';

/** How many connections there may be, as this login and to this database, those that are open among them. */
export async function readAvailableConnections(serviceUrl: string): Promise<number> {
  const client = new pg.Client({ connectionString: serviceUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined); // what it is asked fails too
  await client.connect();
  try {
    // reserved_connections came with PostgreSQL 16.
    const {
      rows: [row],
    } = await client.query<{ available: number }>(`
      SELECT least(
          current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0),
          nullif(r.rolconnlimit, -1), nullif(d.datconnlimit, -1))::int AS available
        FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()`);
    return row!.available;
  } finally {
    await client.end();
  }
}
