import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireConfinedLogin } from '../../src/database/confined-login.js';
import { ensureServiceLogin, migrate } from '../../src/database/migrate.js';
import { clusterUrl } from '../support/database.js';

/** An owner as a managed database gives one: no superuser, but may create roles. */
const owner = `bank_${randomUUID().replaceAll('-', '')}`;
let ownerUrl: string;

async function asSuperuser(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl() });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await asSuperuser(
    `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'owner'`,
    `GRANT countersign_service TO ${owner} WITH ADMIN OPTION`,
    `CREATE DATABASE ${owner} OWNER ${owner}`,
  );
  const url = new URL(clusterUrl());
  [url.username, url.password, url.pathname] = [owner, 'owner', `/${owner}`];
  ownerUrl = url.toString();
});

let login = '';
afterAll(() =>
  asSuperuser(
    `DROP DATABASE ${owner} WITH (FORCE)`,
    `DROP ROLE ${login}`,
    `DROP OWNED BY ${owner}`,
    `DROP ROLE ${owner}`,
  ),
);

describe('an owner that is no superuser', () => {
  it('migrates, and makes the login that serves requests, at every start and with a new password too', async () => {
    expect(await migrate(ownerUrl)).not.toHaveLength(0);
    login = new URL(await ensureServiceLogin(ownerUrl, 'first')).username;
    expect(await migrate(ownerUrl)).toHaveLength(0);
    const url = await ensureServiceLogin(ownerUrl, 'second');
    expect(new URL(url).username).toBe(login);
    await expect(requireConfinedLogin(url)).resolves.toBeUndefined();
  });

  it('is refused as the login that serves requests, because it owns the tables', async () => {
    await expect(requireConfinedLogin(ownerUrl)).rejects.toThrow(/owns tables/);
  });
});
