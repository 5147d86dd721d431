import pg from 'pg';
import { createBareDatabase, type TestDatabase } from './database.js';

/** A transaction of somebody else's that has written and is left open, in another database of the same cluster. */
export class ForeignTransaction {
  private constructor(
    private readonly client: pg.Client,
    private readonly database: TestDatabase,
    readonly pid: number,
  ) {}

  static async begin(applicationName = 'somebody else'): Promise<ForeignTransaction> {
    const database = await createBareDatabase();
    const client = new pg.Client({ connectionString: database.url, application_name: applicationName });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('CREATE TABLE ledger (note text)');
    await client.query('BEGIN');
    await client.query(`INSERT INTO ledger VALUES ('not yet')`);
    const {
      rows: [row],
    } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return new ForeignTransaction(client, database, row!.pid);
  }

  async end(): Promise<void> {
    await this.client.query('COMMIT');
    await this.client.end();
    await this.database.drop();
  }
}
