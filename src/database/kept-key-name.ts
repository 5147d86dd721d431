import pg from 'pg';

/**
 * The name of the master key that a database was first served with, or null where none is kept yet. It stands in a function,
 * which the owner alone may replace, and tells nothing of the key.
 */
export async function keptKeyName(client: pg.Client): Promise<string | null> {
  const { rows } = await client.query<{ kept: boolean }>(
    `SELECT to_regprocedure('master_key_name()') IS NOT NULL AS kept`,
  );
  if (!rows[0]!.kept) return null;
  const found = await client.query<{ name: string }>('SELECT master_key_name() AS name');
  return found.rows[0]!.name;
}

/** Keeps it, as the owner, where none is kept yet; returns the one that is kept then, also where another start was first. */
export async function keepKeyName(ownerUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const kept = await keptKeyName(client);
    if (kept !== null) return kept;
    const failed = await client
      .query(
        `CREATE FUNCTION master_key_name() RETURNS text LANGUAGE sql IMMUTABLE AS ${pg.escapeLiteral(`SELECT ${pg.escapeLiteral(name)}`)}`,
      )
      .then(
        () => null,
        (error: Error) => error,
      );
    const now = await keptKeyName(client);
    if (now === null) throw failed ?? new Error('the name of the master key is not kept');
    return now;
  } finally {
    await client.end();
  }
}
