import type pg from 'pg';

/** Fills a tenant's empty log with so many leaves, and the nodes above them, in the database itself; returns the number of levels. */
export async function fillLog(owner: pg.Client, tenantId: string, leaves: number): Promise<number> {
  await owner.query(`SELECT set_config('countersign.tenant', $1, false)`, [tenantId]);
  await owner.query(
    `INSERT INTO log_leaves (leaf_index, event_id, leaf_hash) SELECT n, gen_random_uuid(), sha256('\\x00'::bytea || convert_to(n::text, 'UTF8')) FROM generate_series(0, $1::bigint - 1) n`,
    [leaves],
  );
  let level = 1;
  for (; 2 ** level <= leaves; level += 1) {
    const below =
      level === 1
        ? `SELECT leaf_index AS at, leaf_hash AS hash FROM log_leaves WHERE tenant_id = '${tenantId}'`
        : `SELECT node_index AS at, hash FROM log_nodes WHERE tenant_id = '${tenantId}' AND level = ${level - 1}`;
    await owner.query(`
      INSERT INTO log_nodes (level, node_index, hash)
      SELECT ${level}, at / 2, sha256('\\x01'::bytea || string_agg(hash, ''::bytea ORDER BY at)) FROM (${below}) b GROUP BY at / 2 HAVING count(*) = 2`);
  }
  await owner.query('ANALYZE log_leaves; ANALYZE log_nodes;');
  return level;
}
