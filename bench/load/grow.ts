import pg from 'pg';

const TENANT = 'northbank';
/** How long ago the oldest of it happened. */
const DAYS = 300;

/** The months that the service would have made as they came, in place of the one partition that a new database has for the past. */
const MONTHS = `
  ALTER TABLE events DETACH PARTITION events_first;
  SELECT make_event_partition('events_' || to_char(month, 'YYYY_MM'), format('FOR VALUES FROM (%L) TO (%L)', uuid7_floor(month), uuid7_floor(month + interval '1 month')))
    FROM generate_series(date_trunc('month', now() - interval '${DAYS + 1} days'), date_trunc('month', now()), interval '1 month') month;
  DO $$ BEGIN
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO (%L)', uuid7_floor(date_trunc('month', now() - interval '${DAYS + 1} days')));
  END $$`;

export interface Size {
  readonly customers: number;
  readonly calls: number;
  readonly events: number;
}

/**
 * Fills a database with past customers, devices, calls and events as years of use would, straight by SQL. The events
 * count as sealed and handed on: their number is a power of two, so that one stored node stands for all of their tree.
 */
export async function grow(ownerUrl: string, size: Size, say: (text: string) => void): Promise<void> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    options: `-c countersign.tenant=${TENANT} -c maintenance_work_mem=1GB -c synchronous_commit=off -c session_replication_role=replica`,
  });
  await client.connect();
  const step = async (what: string, text: string, values: unknown[] = []): Promise<void> => {
    const began = performance.now();
    await client.query(text, values.length > 0 ? values : undefined);
    say(`${what}: ${Math.round((performance.now() - began) / 1_000)} s`);
  };
  await step('months of events', MONTHS);
  await step(
    `${size.customers} customers`,
    `INSERT INTO customers (id, key_id, wrapped_key) SELECT 'past-' || n, gen_random_uuid(), decode(repeat('ab', 60), 'hex') FROM generate_series(1, $1::int) n`,
    [size.customers],
  );
  await step(
    'their devices',
    `INSERT INTO devices (id, customer_id, name_sealed, platform, public_key, key_thumbprint)
    SELECT gen_random_uuid(), id, decode(repeat('cd', 40), 'hex'), 'android', '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}', md5(id) FROM customers WHERE id LIKE 'past-%'`,
  );
  await withoutIndexes(client, ['calls', 'events'], step, async () => {
    await step(
      `${size.calls} calls`,
      `INSERT INTO calls (id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, declared_by, started_at, expires_at, ended_at)
      SELECT uuidv7(-ago), 'P' || n, 'past-' || (1 + n % $2::int), 'outbound', '+442079460100', '00000000-0000-4000-8000-000000000000', decode(repeat('ef', 48), 'hex'), 'amara', 'Amara Okafor', 'amara', now() - ago, now() - ago + interval '2 hours', now() - ago + interval '5 minutes'
        FROM (SELECT n, interval '${DAYS} days' * (1 - n / $1::float8) + interval '1 day' AS ago FROM generate_series(1, $1::int) n) past`,
      [size.calls, size.customers],
    );
    await step(
      `${size.events} events`,
      `INSERT INTO events (id, type, about, about_id, customer_id, call_id, data, occurred_at)
      SELECT uuidv7(-ago), (ARRAY['countersign.call.declared', 'countersign.verification.started', 'countersign.verification.confirmed', 'countersign.call.ended', 'countersign.verdict.given'])[1 + n % 5],
             'call', '00000000-0000-7000-8000-000000000000'::uuid, 'past-' || (1 + n % $2::int), uuidv7(-ago), '{"direction":"outbound","line":"+442079460100","by":"amara","policyVersion":1}', now() - ago
        FROM (SELECT n, interval '${DAYS} days' * (1 - n / $1::float8) + interval '1 day' AS ago FROM generate_series(1, $1::int) n) past`,
      [size.events, size.customers],
    );
  });
  await step(
    'the log, as sealed',
    `
    WITH last AS (SELECT id, xid, sequence FROM events WHERE customer_id LIKE 'past-%' ORDER BY xid DESC, sequence DESC LIMIT 1),
    hash AS (SELECT sha256('grown'::bytea) AS hash),
    cleared AS (DELETE FROM log_checkpoints WHERE tenant_id = '${TENANT}'), emptied AS (DELETE FROM log_nodes WHERE tenant_id = '${TENANT}'), unsealed AS (DELETE FROM log_leaves WHERE tenant_id = '${TENANT}'),
    leaf AS (INSERT INTO log_leaves (leaf_index, event_id, leaf_hash) SELECT $1::bigint - 1, id, hash FROM last, hash),
    node AS (INSERT INTO log_nodes (level, node_index, hash) SELECT $2::int, 0, hash FROM hash)
    UPDATE event_consumers c SET xid = last.xid, sequence = last.sequence FROM last WHERE c.tenant_id = '${TENANT}'`,
    [size.events, Math.log2(size.events)],
  );
  await step('VACUUM ANALYZE', 'VACUUM ANALYZE');
  await client.end();
}

/** Fills tables without their secondary indexes, and makes these again. */
async function withoutIndexes(
  client: pg.Client,
  tables: readonly string[],
  step: (what: string, text: string) => Promise<void>,
  fill: () => Promise<void>,
): Promise<void> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `
    SELECT indexrelid::regclass::text AS name, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') AS definition FROM pg_index
     WHERE indrelid = ANY($1::regclass[]) AND NOT indisprimary`,
    [tables],
  );
  for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
  await fill();
  for (const { name, definition } of rows) await step(`index ${name}`, definition);
}
