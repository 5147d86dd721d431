import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureServiceLogin } from '../../src/database/migrate.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ASKED_ALONE, ASKED_TOGETHER, growHistory, resetAsking, TOGETHER } from '../support/hot-statements.js';
import { PreparedStatement } from '../support/prepared-statement.js';

/** Customers with a device, a live call and a question each, when a plan was made: no statistics have been taken yet. */
const YOUNG = [0, 50, 200, 700] as const;
/** How many blocks each may look at. */
const ASKED = [
  ...Object.entries(ASKED_ALONE),
  ...Object.entries(ASKED_TOGETHER).map(([what, [most, send]]) => [what, [most * TOGETHER, send]] as const),
] as const;
/** Those whom there are when it is used. */
const GROWN = 4_000;

let database: TestDatabase;
let serviceUrl: string;
let superuser: pg.Client;
const prepared = new Map<string, PreparedStatement>();

// Connections keep their plans: what was planned on young tables is used until statistics are taken again, a minute or more later.
beforeAll(async () => {
  database = await createTestDatabase();
  serviceUrl = await ensureServiceLogin(database.url, 'young');
  superuser = new pg.Client({
    connectionString: database.url,
    options: '-c countersign.tenant=northbank -c session_replication_role=replica',
  });
  await superuser.connect();
  for (const table of ['customers', 'devices', 'calls', 'verifications'])
    await superuser.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
  await resetAsking(superuser);
  let customers = 0;
  for (const young of [...YOUNG, GROWN]) {
    await growHistory(superuser, customers, young);
    customers = young;
    if (young === GROWN) break;
    for (const [what, [, send]] of ASKED) {
      const statement = await PreparedStatement.of(send, serviceUrl, 'force_generic_plan');
      await statement.rehearse();
      prepared.set(`${what} ${young}`, statement);
    }
  }
});
afterAll(async () => {
  for (const statement of prepared.values()) await statement.end();
  await superuser.end();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`DROP OWNED BY ${new URL(serviceUrl).username}; DROP ROLE ${new URL(serviceUrl).username}`);
  await client.end();
  await database.drop();
});

describe.each(YOUNG)('a plan from when there were %i customers', (young) => {
  it.each(ASKED)('finds what it needs later too: %s', async (what, [most]) => {
    await resetAsking(superuser);
    expect(await prepared.get(`${what} ${young}`)!.blocks()).toBeLessThan(most);
  });
});
