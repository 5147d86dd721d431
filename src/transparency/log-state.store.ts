import { literal, read, sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { type CheckpointRow, LogDamaged } from './log.store.js';

/** The first of two numbers by which this lock is known; the second is of the tenant. */
const SEALER_LOCK = 7_265_003;

const lock = write(
  'log.lock',
  sql`SELECT pg_try_advisory_xact_lock(${literal(SEALER_LOCK)}, hashtext(:tenantId)) AS locked`,
);

// The right edge of a tree: for each bit that is set in its size, the last complete subtree of that level.
const state = read(
  'log.state',
  sql`
  SELECT coalesce(l.leaf_index + 1, 0)::text AS size, l.event_id, e.levels, e.hashes, c.size AS last_size, c.root_hash, c.key_id, c.note
    FROM (SELECT) one
    LEFT JOIN LATERAL (SELECT leaf_index, event_id, leaf_hash FROM log_leaves ORDER BY leaf_index DESC LIMIT 1) l ON true
    LEFT JOIN LATERAL (
      SELECT array_agg(b ORDER BY b DESC) AS levels, array_agg(CASE b WHEN 0 THEN l.leaf_hash ELSE x.hash END ORDER BY b DESC) AS hashes
        FROM generate_series(0, 52) b
        LEFT JOIN LATERAL (SELECT hash FROM log_nodes WHERE b > 0 AND level = b AND node_index = ((l.leaf_index + 1) >> b) - 1 LIMIT 1) x
          ON true
       WHERE ((l.leaf_index + 1) >> b) & 1 = 1) e ON true
    LEFT JOIN LATERAL (SELECT tree_size::text AS size, root_hash, key_id, note FROM log_checkpoints ORDER BY tree_size DESC LIMIT 1) c
      ON true`,
);

/** The log as it is stored: what follows from its leaves and nodes, and from nothing that this process remembers. */
export interface LogState {
  readonly size: number;
  readonly eventId: string | null;
  /** The hashes of the right edge of the tree. */
  readonly edge: readonly Buffer[];
  /** The newest checkpoint, or null while there is none. */
  readonly last: CheckpointRow | null;
}

interface StateRow {
  readonly size: string;
  readonly event_id: string | null;
  readonly levels: readonly number[] | null;
  readonly hashes: readonly (Buffer | null)[] | null;
  readonly last_size: string | null;
  readonly root_hash: Buffer;
  readonly key_id: string;
  readonly note: string;
}

/** How the log stands. @throws LogDamaged where a node of the edge is missing. */
export async function readState(db: TenantHandle): Promise<LogState> {
  const [row] = await db.query<StateRow>(state, {});
  const { size, event_id: eventId, levels, hashes, last_size: lastSize, ...last } = row!;
  return {
    size: Number(size),
    eventId,
    edge: (hashes ?? []).map((hash, at) => {
      const level = levels![at]!;
      if (hash === null) throw new LogDamaged(`node ${level}/${Math.floor(Number(size) / 2 ** level) - 1} is missing`);
      return hash;
    }),
    last: lastSize === null ? null : { ...last, size: Number(lastSize) },
  };
}

/**
 * Makes this transaction the one that may write the log, and says how it stands; null where another is. By two statements:
 * one alone would see the log as it was before it had the lock.
 * @throws LogDamaged where a node of the edge is missing.
 */
export async function lockLog(tx: TenantHandle): Promise<LogState | null> {
  const [locked] = await tx.query<{ locked: boolean }>(lock, { tenantId: tx.tenantId });
  return locked!.locked ? readState(tx) : null;
}
