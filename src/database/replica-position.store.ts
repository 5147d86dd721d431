import { read, sql } from './sql.js';
import type { PrimaryPosition, ReplicaStanding } from './replica.policy.js';
import type { TenantHandle } from './tenant-database.js';

const ORIGIN = sql`(SELECT system_identifier::text FROM pg_control_system()) || '/'
    || (SELECT oid::text FROM pg_database WHERE datname = current_database())`;

// What is acknowledged has been flushed, unless commits do not wait for that.
const ofPrimary = read(
  'replica.positionOfPrimary',
  sql`
  SELECT pg_wal_lsn_diff(CASE WHEN current_setting('synchronous_commit') = 'off' THEN pg_current_wal_insert_lsn()
      ELSE pg_current_wal_flush_lsn() END, '0/0')::text AS position,
    ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline, ${ORIGIN} AS origin`,
);

// The control file tells of a new timeline once something of it has reached the disk: late, and never early.
const ofReplica = read(
  'replica.standing',
  sql`
  SELECT pg_is_in_recovery() AS standby, coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::text AS position,
    greatest((SELECT timeline_id FROM pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
      AS timeline, ${ORIGIN} AS origin`,
);

interface PositionRow {
  readonly position: string;
  readonly timeline: number;
  readonly origin: string;
}

/** Where the primary is now. @throws where the server is none, or does not tell. */
export async function readPrimaryPosition(db: TenantHandle): Promise<PrimaryPosition> {
  const [row] = await db.query<PositionRow>(ofPrimary, {});
  return { ...row!, position: BigInt(row!.position) };
}

/** What a server says of itself that is to be a replica. */
export async function readReplicaStanding(db: Pick<TenantHandle, 'query'>): Promise<ReplicaStanding> {
  const [row] = await db.query<PositionRow & { standby: boolean }>(ofReplica, {});
  const { standby, position, ...rest } = row!;
  return { ...rest, isStandby: standby, position: BigInt(position) };
}
