import pg from 'pg';
import type { TestService } from './service.js';

/** Long enough for a machine that has much else to do; what waits for a lock for 2 s is refused it, and waits no more. */
const LONGEST_MS = 30_000;

/** A transaction of the test's own that is left open, so that what the service does meets it. */
export class OpenTransaction {
  private constructor(
    private readonly client: pg.Client,
    private readonly service: TestService,
  ) {}

  static async begin(service: TestService, tenant = 'northbank'): Promise<OpenTransaction> {
    const client = new pg.Client({ connectionString: service.ownerUrl, options: `-c countersign.tenant=${tenant}` });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('BEGIN');
    return new OpenTransaction(client, service);
  }

  async query<Row extends object = any>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(text, values)).rows;
  }

  /** Resolves once this many statements of the service wait for a lock that somebody holds. */
  async untilWaiting(statements = 1): Promise<void> {
    for (const deadline = Date.now() + LONGEST_MS; Date.now() < deadline;) {
      const [row] = await this.service.sql<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      if (row!.waiting >= statements) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('nothing waits for the lock');
  }

  async commit(): Promise<void> {
    await this.client.query('COMMIT');
    await this.client.end();
  }

  async rollback(): Promise<void> {
    await this.client.end();
  }
}
