import { randomInt } from 'node:crypto';
import pg from 'pg';
import { ConfigError } from '../config/config-keys.js';
import { requireConfinedLogin } from './confined-login.js';

const CONNECT_MS = 10_000;
const ANSWER_MS = 30_000;

/**
 * Refuses a pooler behind which banks would not be kept apart, or that does not lead to the same database as the direct address.
 * @throws ConfigError
 */
export async function requireTransactionPooler(poolerUrl: string, directUrl: string): Promise<void> {
  // A pooler may log in as somebody else than whoever logged in there.
  await requireConfinedLogin(poolerUrl);
  const [pooled, direct] = [poolerUrl, directUrl].map((connectionString) => {
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
    });
    client.on('error', () => undefined); // what it is asked fails too
    return client;
  }) as [pg.Client, pg.Client];
  try {
    await Promise.all([pooled.connect(), direct.connect()]);
    // Locks of this kind are of one database: where it is free there, that is another one.
    const lock = randomInt(2 ** 47);
    await direct.query('BEGIN');
    await direct.query('SELECT pg_advisory_xact_lock($1)', [lock]);
    const { tenant, isFree } = await within(pooled, lock);
    if (isFree)
      throw new ConfigError(
        'The pooler and DATABASE_DIRECT_URL lead to two databases. Set DATABASE_DIRECT_URL to the one behind the pooler.',
      );
    if (tenant)
      throw new ConfigError(
        'A session behind the pooler has a tenant that somebody else set in it. Let nobody else use it with this login, and have it open its sessions anew (RECONNECT).',
      );
  } finally {
    await Promise.all([pooled, direct].map((client) => client.end().catch(() => undefined)));
  }
}

async function within(client: pg.Client, lock: number): Promise<{ tenant: string | null; isFree: boolean }> {
  try {
    await client.query('BEGIN');
    const { rows } = await client.query<{ tenant: string | null; isFree: boolean }>(
      `SELECT current_setting('countersign.tenant', true) AS tenant, pg_try_advisory_xact_lock($1) AS "isFree"`,
      [lock],
    );
    await client.query('COMMIT');
    return rows[0]!;
  } catch (error) {
    // SQLSTATE `protocol_violation`: so says PgBouncer.
    if ((error as { code?: string }).code !== '08P01') throw error;
    throw new ConfigError('The pooler refuses transactions. Set its pool_mode to transaction.', { cause: error });
  }
}
