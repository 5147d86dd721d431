import { type NodeId, nodesOfRange, type TreeNode } from '../crypto/merkle-tree.js';
import type { Position } from '../events/event.js';
import { read, readAlsoAtReplica, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';

/** Part of the log is missing or is not what it was when it was signed. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
}

// The last event that was sealed is kept when its month is dropped.
const HEAD = sql`SELECT l.leaf_index + 1 AS size, l.event_id, e.xid, e.sequence
  FROM (SELECT leaf_index, event_id FROM log_leaves ORDER BY leaf_index DESC LIMIT 1) l,
  LATERAL (SELECT xid, sequence FROM events WHERE id = l.event_id UNION ALL SELECT xid, sequence FROM kept_events WHERE id = l.event_id) e`;

const head = read('log.head', sql`SELECT h.size::text, h.event_id, h.xid::text, h.sequence::text FROM (${HEAD}) h`);

export interface LogHead {
  readonly size: number;
  /** The last event that is sealed, by its id and its place; null and before all where none is. */
  readonly eventId: string | null;
  readonly position: Position;
}

interface HeadRow {
  readonly size: string;
  readonly event_id: string | null;
  readonly xid: string;
  readonly sequence: string;
}

function headOf({ size, event_id: eventId, xid, sequence }: HeadRow): LogHead {
  return { size: Number(size), eventId, position: { xid: BigInt(xid), sequence: BigInt(sequence) } };
}

/** How many events are sealed, and up to where; it follows from the leaves themselves, so that nothing can disagree with them. */
export async function readHead(db: TenantHandle): Promise<LogHead> {
  const [row] = await db.query<HeadRow>(head, {});
  return headOf(row ?? { size: '0', event_id: null, xid: '0', sequence: '0' });
}

// Whole before anything is compared with it: a `coalesce` in the comparison is not known to be free of leaks, so under row-level
// security no index may serve it, and every event of the bank would be read.
const SEALED = sql`
  sealed AS MATERIALIZED (
    SELECT coalesce(h.size, 0) AS size, h.event_id, coalesce(h.xid, '0'::xid8) AS xid, coalesce(h.sequence, 0) AS sequence FROM (SELECT) one
      LEFT JOIN (${HEAD}) h ON true
  )`;
const NOT_SEALED = sql`(xid, sequence) > ((SELECT xid FROM sealed), (SELECT sequence FROM sealed))`;

const pending = read(
  'log.pending',
  sql`
  WITH ${SEALED}
  SELECT EXISTS (SELECT FROM events WHERE ${NOT_SEALED} AND xid < pg_snapshot_xmin(log_snapshot()))
         OR size > coalesce((SELECT max(tree_size) FROM log_checkpoints), -1) AS pending,
         xid >= pg_snapshot_xmax(log_snapshot()) AS younger, size::text, event_id, xid::text, sequence::text
    FROM sealed`,
);

/**
 * Where the log stands if there is something to seal or to sign, and null if not.
 * @throws LogDamaged where transactions are younger than what is sealed: what they write would never be.
 */
export async function findPending(db: TenantHandle): Promise<LogHead | null> {
  const [row] = await db.query<HeadRow & { pending: boolean; younger: boolean }>(pending, {});
  if (row!.younger)
    throw new LogDamaged(
      'transaction ids are lower than that of the last sealed event, as after a restore by pg_dump: run `npm run mend-log`, see docs/operations.md',
    );
  return row!.pending ? headOf(row!) : null;
}

// A list that is read through a selection is of one length to the planner, which so keeps one plan (docs/decisions/0131).
const nodes = readAlsoAtReplica(
  'log.nodes',
  sql`
  SELECT coalesce(l.leaf_hash, x.hash) AS hash
    FROM unnest((SELECT :levels::int[]), (SELECT :indexes::bigint[])) WITH ORDINALITY AS w (level, at, n)
    LEFT JOIN LATERAL (SELECT leaf_hash FROM log_leaves WHERE w.level = 0 AND leaf_index = w.at LIMIT 1) l ON true
    LEFT JOIN LATERAL (SELECT hash FROM log_nodes WHERE w.level > 0 AND level = w.level AND node_index = w.at LIMIT 1) x ON true
   ORDER BY w.n`,
);

/** The hashes of complete subtrees, in the order asked for. @throws LogDamaged where one is missing. */
export async function readNodes(db: TenantHandle, ids: readonly NodeId[]): Promise<Buffer[]> {
  if (ids.length === 0) return [];
  const rows = await db.query<{ hash: Buffer | null }>(nodes, {
    levels: ids.map((id) => id.level),
    indexes: ids.map((id) => id.index),
  });
  return rows.map(({ hash }, at) => {
    if (hash === null) throw new LogDamaged(`node ${ids[at]!.level}/${ids[at]!.index} is missing`);
    return hash;
  });
}

/** The hashes of the right edge of a tree of this size. */
export async function readEdge(db: TenantHandle, size: number): Promise<Buffer[]> {
  return readNodes(db, nodesOfRange({ start: 0, end: size }));
}

// Hashes come end to end in one value, of which each row takes its 32 bytes: a list of them is written and read as text.
const add = write(
  'log.add',
  sql`
  WITH leaves AS (
    INSERT INTO log_leaves (leaf_index, event_id, leaf_hash)
    SELECT :first::bigint + n - 1, event_id, substring(:leafHashes::bytea FROM n::int * 32 - 31 FOR 32)
      FROM unnest((SELECT :eventIds::uuid[])) WITH ORDINALITY AS l (event_id, n)
  )
  INSERT INTO log_nodes (level, node_index, hash)
  SELECT level, node_index, substring(:nodeHashes::bytea FROM n::int * 32 - 31 FOR 32)
    FROM unnest((SELECT :levels::int[]), (SELECT :indexes::bigint[])) WITH ORDINALITY AS x (level, node_index, n)`,
);

/** Adds leaves from `first` on, and the subtrees that they complete. */
export async function addToLog(
  tx: TenantHandle,
  first: number,
  leaves: readonly { eventId: string; hash: Buffer }[],
  completed: readonly TreeNode[],
): Promise<void> {
  await tx.query(add, {
    first,
    eventIds: leaves.map((leaf) => leaf.eventId),
    leafHashes: Buffer.concat(leaves.map((leaf) => leaf.hash)),
    levels: completed.map((node) => node.level),
    indexes: completed.map((node) => node.index),
    nodeHashes: Buffer.concat(completed.map((node) => node.hash)),
  });
}

export interface CheckpointRow {
  readonly size: number;
  readonly root_hash: Buffer;
  readonly key_id: string;
  readonly note: string;
}

const lastCheckpoint = read(
  'log.lastCheckpoint',
  sql`SELECT tree_size::text AS size, root_hash, key_id, note FROM log_checkpoints ORDER BY tree_size DESC LIMIT 1`,
);

/** The newest checkpoint, or null while nothing is sealed. */
export async function readLastCheckpoint(db: TenantHandle): Promise<CheckpointRow | null> {
  const [row] = await db.query<Omit<CheckpointRow, 'size'> & { size: string }>(lastCheckpoint, {});
  return row ? { ...row, size: Number(row.size) } : null;
}

const addCheckpoint = write(
  'log.addCheckpoint',
  sql`INSERT INTO log_checkpoints (tree_size, root_hash, key_id, note) VALUES (:size, :root, :keyId, :note)`,
);

/** Keeps a checkpoint; there is never a second one of the same size. */
export async function keepCheckpoint(
  tx: TenantHandle,
  checkpoint: { size: number; root: Buffer; keyId: string; note: string },
): Promise<void> {
  await tx.query(addCheckpoint, checkpoint);
}

const forgetCheckpoints = write(
  'log.forgetCheckpoints',
  sql`
  WITH old AS (
    SELECT tree_size, date_trunc('hour', signed_at, 'UTC') = date_trunc('hour', lead(signed_at) OVER (ORDER BY tree_size),
      'UTC') AS followed
      FROM log_checkpoints WHERE signed_at < now() - interval '7 days'
  )
  DELETE FROM log_checkpoints c WHERE c.tree_size IN (SELECT tree_size FROM old WHERE followed ORDER BY tree_size LIMIT :most) RETURNING 1`,
);

/**
 * Of checkpoints older than a week keeps the last of each hour. Nothing else is lost with the others: a proof for any size
 * is made of leaves and nodes, an evidence holds its own checkpoint, and growth is proved from the newest. Returns how many went.
 */
export async function forgetOldCheckpoints(db: TenantHandle, most: number): Promise<number> {
  return (await db.query(forgetCheckpoints, { most })).length;
}

const unsealed = read(
  'log.unsealed',
  sql`
  WITH ${SEALED}
  SELECT greatest(extract(epoch FROM clock_timestamp() - coalesce(
    (SELECT e.occurred_at FROM log_leaves l JOIN events e ON e.id = l.event_id
      WHERE l.leaf_index = (SELECT coalesce(max(tree_size), 0) FROM log_checkpoints)),
    (SELECT occurred_at FROM events WHERE ${NOT_SEALED} ORDER BY xid, sequence LIMIT 1),
    clock_timestamp())), 0)::float8 AS seconds`,
);

/** For how many seconds the oldest event has waited that is under no checkpoint yet; 0 where all are. */
export async function readUnsealedAge(db: TenantHandle): Promise<number> {
  return (await db.query<{ seconds: number }>(unsealed, {}))[0]!.seconds;
}

const leafOfEvent = readAlsoAtReplica(
  'log.leafOfEvent',
  sql`SELECT leaf_index::text FROM log_leaves WHERE event_id = :eventId`,
);

/** The number of an event's leaf, or null where it is not sealed. */
export async function findLeafOfEvent(db: TenantHandle, eventId: string): Promise<number | null> {
  const [row] = await db.query<{ leaf_index: string }>(leafOfEvent, { eventId });
  return row ? Number(row.leaf_index) : null;
}

const witnessed = read(
  'log.witnessed',
  sql`SELECT tree_size::text AS size FROM log_witnessed WHERE witness = :witness`,
);

/** The size of the newest checkpoint that a witness took. */
export async function readWitnessed(db: TenantHandle, witness: string): Promise<number> {
  const [row] = await db.query<{ size: string }>(witnessed, { witness });
  return Number(row?.size ?? 0);
}

const markWitnessed = write(
  'log.markWitnessed',
  sql`
  INSERT INTO log_witnessed (witness, tree_size) VALUES (:witness, :size)
  ON CONFLICT (tenant_id, witness) DO UPDATE SET tree_size = excluded.tree_size, pushed_at = clock_timestamp()
    WHERE log_witnessed.tree_size < excluded.tree_size`,
);

/** Notes that a witness took a checkpoint. */
export async function keepWitnessed(db: TenantHandle, witness: string, size: number): Promise<void> {
  await db.query(markWitnessed, { witness, size });
}
