import pg from 'pg';

/**
 * Past months of the event log, which a database that was migrated today has none of. Partitions of tests are made as the
 * migration makes them; only a superuser moves the first one out of the way.
 */
export class EventMonths {
  private constructor(
    private readonly superuser: pg.Client,
    private readonly owner: string,
  ) {}

  /** What was written before this moment stays in the first partition; what comes from now on does too. */
  static async of(superuserUrl: string, owner: string): Promise<EventMonths> {
    const superuser = new pg.Client({ connectionString: superuserUrl });
    await superuser.connect();
    const months = new EventMonths(superuser, owner);
    await superuser.query(`ALTER TABLE events DETACH PARTITION events_first`);
    await superuser.query(
      `DO $$ BEGIN EXECUTE format('ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (%L) TO (%L)', uuid7_floor(date_trunc('month', now(), 'UTC')), (SELECT from_id FROM event_partitions() ORDER BY 1 LIMIT 1)); END $$`,
    );
    return months;
  }

  /** Makes the partition of the month that lies so far back, and returns its name. */
  async make(monthsAgo: number): Promise<string> {
    const {
      rows: [month],
    } = await this.superuser.query<{ name: string; bounds: string }>(
      `
      SELECT 'events_' || to_char(month, 'YYYY_MM') AS name, format('FOR VALUES FROM (%L) TO (%L)', uuid7_floor(month AT TIME ZONE 'UTC'), uuid7_floor((month + interval '1 month') AT TIME ZONE 'UTC')) AS bounds
        FROM (SELECT date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => $1) AS month) m`,
      [monthsAgo],
    );
    await this.superuser.query(`SET ROLE ${pg.escapeIdentifier(this.owner)}`);
    await this.superuser.query('SELECT make_event_partition($1, $2)', [month!.name, month!.bounds]);
    await this.superuser.query('RESET ROLE');
    return month!.name;
  }

  /** Writes events as if so many months ago; returns their ids. */
  async write(
    tenant: string,
    monthsAgo: number,
    count: number,
    event: { type?: string; about?: string; aboutId?: string; customerId?: string } = {},
  ): Promise<string[]> {
    const { rows } = await this.superuser.query<{ id: string }>(
      `
      INSERT INTO events (tenant_id, id, type, about, about_id, customer_id, data, occurred_at)
      SELECT $1, overlay(uuid7()::text PLACING left(uuid7_floor(at)::text, 13) FROM 1 FOR 13)::uuid, $4, $5, $6, $7, '{}', at
        FROM generate_series(1, $3::int) n, LATERAL (SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => $2) + make_interval(days => 3, secs => n)) AT TIME ZONE 'UTC' AS at) a RETURNING id`,
      [
        tenant,
        monthsAgo,
        count,
        event.type ?? 'countersign.customer.changed',
        event.about ?? 'customer',
        event.aboutId ?? null,
        event.customerId ?? 'cust-1',
      ],
    );
    return rows.map(({ id }) => id);
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.superuser.query<Row>(text, values)).rows;
  }

  async close(): Promise<void> {
    await this.superuser.end();
  }
}
