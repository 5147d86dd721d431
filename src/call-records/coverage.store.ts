import { type Fragment, read, readAlsoAtReplica, sql, type Statement, write } from '../database/sql.js';
import { eventRow, eventType, typeAmong } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { Candidate } from './coverage.policy.js';

/** What a number is found by: under the keys in use, and under those of another generation, while there are two. */
export interface NumberHashes {
  readonly hash: Buffer;
  readonly otherHash: Buffer | null;
}

export interface CallRecord {
  readonly recordId: string;
  readonly direction: 'outbound' | 'inbound';
  readonly line: string;
  readonly team: string | null;
  /** Whether the record says what was dialled, readable or not. */
  readonly numberGiven: boolean;
  /** Of the number that was dialled, where it could be read; only to find the declared call by, and kept nowhere. */
  readonly dialledHash: NumberHashes | null;
  readonly startedAt: string;
  readonly endedAt: string;
}

/** A declared call covers what was dialled while it was live; clocks of telephone systems may be off by this much. */
const SLACK = sql`interval '30 seconds'`;
const LIVE_THEN = sql`k.direction = 'outbound' AND k.started_at <= r.ended_at + ${SLACK}
  AND LEAST(coalesce(k.ended_at, k.expires_at), k.expires_at) >= r.started_at - ${SLACK}`;
const DISTANCE = sql`abs(extract(epoch FROM k.started_at - r.started_at))::float8`;

const candidates = read(
  'coverage.candidates',
  sql`
  SELECT r.place, found.call_id, found.by_number, found.distance
    FROM unnest(:recordIds::text[], :lines::text[], :hashes::bytea[], :otherHashes::bytea[], :numbersGiven::boolean[],
      :startedAt::timestamptz[], :endedAt::timestamptz[], :places::int[])
      AS r (record_id, line, hash, other_hash, number_given, started_at, ended_at, place)
   CROSS JOIN LATERAL (
     (SELECT k.id::text AS call_id, true AS by_number, ${DISTANCE} AS distance
        FROM contact_points p JOIN calls k ON k.customer_id = p.customer_id
       WHERE p.value_hash IN (r.hash, r.other_hash) AND (p.former_from IS NULL OR p.former_from > r.started_at)
         AND (k.line = r.line OR k.line IS NULL)
         AND k.started_at > r.started_at - interval '4 hours' AND ${LIVE_THEN}
       ORDER BY 3 LIMIT 1)
     UNION ALL
     (SELECT k.id::text, false, ${DISTANCE}
        FROM calls k
       WHERE k.line = r.line AND k.started_at > r.started_at - interval '10 minutes' AND ${LIVE_THEN}
         AND (NOT r.number_given OR NOT EXISTS (SELECT FROM contact_points p WHERE p.customer_id = k.customer_id AND p.former_from IS NULL))
         AND NOT EXISTS (SELECT FROM call_records u WHERE u.call_id = k.id)
       ORDER BY 3 LIMIT 20)
   ) found
   WHERE NOT EXISTS (SELECT FROM call_records s WHERE s.record_id = r.record_id)`,
);

/** The declared calls that outbound records may be of; none for a record that is there already. */
export async function findCandidates(db: TenantHandle, records: readonly CallRecord[]): Promise<Candidate[]> {
  const outbound = records.flatMap((record, place) => (record.direction === 'outbound' ? [{ ...record, place }] : []));
  if (outbound.length === 0) return [];
  const rows = await db.query<{ place: number; call_id: string; by_number: boolean; distance: number }>(candidates, {
    recordIds: outbound.map(({ recordId }) => recordId),
    lines: outbound.map(({ line }) => line),
    hashes: outbound.map(({ dialledHash }) => dialledHash?.hash ?? null),
    otherHashes: outbound.map(({ dialledHash }) => dialledHash?.otherHash ?? null),
    numbersGiven: outbound.map(({ numberGiven }) => numberGiven),
    startedAt: outbound.map(({ startedAt }) => startedAt),
    endedAt: outbound.map(({ endedAt }) => endedAt),
    places: outbound.map(({ place }) => place),
  });
  return rows.map((row) => ({
    place: row.place,
    callId: row.call_id,
    byNumber: row.by_number,
    distance: row.distance,
  }));
}

const insert = write(
  'coverage.insert',
  sql`
  WITH added AS (
    INSERT INTO call_records (record_id, direction, line, team, started_at, ended_at, call_id, declared_by)
    SELECT * FROM unnest(:recordIds::text[], :directions::text[], :lines::text[], :teams::text[], :startedAt::timestamptz[],
      :endedAt::timestamptz[], :callIds::uuid[], :declaredBy::text[]) AS g ORDER BY 1
    ON CONFLICT (tenant_id, record_id) DO NOTHING
    RETURNING 1
  )
  SELECT count(*)::int AS added FROM added`,
);

export type MatchedRecord = CallRecord & { readonly callId: string | null; readonly declaredBy: string | null };

/** Adds records; returns how many were not there already. Fails on `call_records_one_by_time` where another import has just taken a declaration. */
export async function addCallRecords(db: TenantHandle, records: readonly MatchedRecord[]): Promise<number> {
  const [row] = await db.query<{ added: number }>(insert, {
    recordIds: records.map(({ recordId }) => recordId),
    directions: records.map(({ direction }) => direction),
    lines: records.map(({ line }) => line),
    teams: records.map(({ team }) => team),
    startedAt: records.map(({ startedAt }) => startedAt),
    endedAt: records.map(({ endedAt }) => endedAt),
    callIds: records.map(({ callId }) => callId),
    declaredBy: records.map(({ declaredBy }) => declaredBy),
  });
  return row!.added;
}

export interface Range {
  readonly from: string;
  readonly to: string;
}

export interface CoverageRow {
  readonly of: string | null;
  readonly total: number;
  readonly declared: number;
}

const grouped = <By extends 'line' | 'team'>(of: By, by: Fragment): Statement<`coverage.by_${By}`> =>
  readAlsoAtReplica(
    `coverage.by_${of}`,
    sql`
  SELECT ${by} AS of, count(*)::int AS total, count(call_id)::int AS declared
    FROM call_records WHERE direction = 'outbound' AND started_at >= :from AND started_at < :to
   GROUP BY ${by} ORDER BY count(*) - count(call_id) DESC, ${by} LIMIT 1000`,
  );
const BY = { line: grouped('line', sql`line`), team: grouped('team', sql`team`) };

/** Outbound calls by line or team, those with most undeclared calls first. */
export async function readCoverage(db: TenantHandle, by: 'line' | 'team', range: Range): Promise<CoverageRow[]> {
  return db.query<CoverageRow>(BY[by], { ...range });
}

export interface CallRecordRow {
  readonly record_id: string;
  readonly line: string;
  readonly team: string | null;
  readonly started_at: Date;
  readonly ended_at: Date;
  readonly call_id: string | null;
  readonly declared_by: 'number' | 'time' | null;
}

const list = readAlsoAtReplica(
  'coverage.list',
  sql`
  SELECT record_id, line, team, started_at, ended_at, call_id, declared_by FROM call_records
   WHERE direction = 'outbound' AND (:declared::boolean IS NULL OR (call_id IS NOT NULL) = :declared)
     AND (:line::text IS NULL OR line = :line) AND (:team::text IS NULL OR team = :team)
     AND (:afterTime::timestamptz IS NULL OR (started_at, record_id) < (:afterTime, :afterId::text))
   ORDER BY started_at DESC, record_id DESC LIMIT :most`,
);

export interface RecordQuery {
  readonly declared: boolean | null;
  readonly line: string | null;
  readonly team: string | null;
  readonly afterTime: string | null;
  readonly afterId: string | null;
  readonly most: number;
}

/** Outbound records, newest first. */
export async function listCallRecords(db: TenantHandle, query: RecordQuery): Promise<CallRecordRow[]> {
  return db.query<CallRecordRow>(list, { ...query });
}

// Too few calls say nothing either way: what was told before stands. What was low is back when it is above the floor by the
// margin, so that a share which lies at the floor is not told with every import.
const judge = write(
  'coverage.judge',
  sql`
  WITH counted AS (
    SELECT CASE WHEN GROUPING(line) = 0 THEN 'line' WHEN GROUPING(team) = 0 THEN 'team' ELSE 'all' END AS scope,
      coalesce(line, team, '') AS name, count(*)::int AS total, count(call_id)::int AS declared
      FROM call_records WHERE direction = 'outbound' AND started_at > now() - make_interval(secs => :windowSeconds)
        AND started_at <= now() + interval '5 minutes'
     GROUP BY GROUPING SETS ((), (line), (team))
    HAVING count(*) >= :minimumCalls AND (GROUPING(team) = 1 OR team IS NOT NULL)
  ), judged AS (
    SELECT *, declared * 100 < :floorPercent::int * total AS low,
      declared * 100 >= LEAST(100, :floorPercent::int + :marginPercent::int) * total AS back FROM counted
  ), fallen AS (
    INSERT INTO coverage_falls (scope, name, low_since) SELECT scope, name, now() FROM judged WHERE low ORDER BY scope, name
    ON CONFLICT (tenant_id, scope, name) DO UPDATE SET low_since = now() WHERE coverage_falls.low_since IS NULL
    RETURNING scope, name, ${eventType('coverage.low')} AS type
  ), recovered AS (
    UPDATE coverage_falls f SET low_since = NULL FROM judged j WHERE f.scope = j.scope AND f.name = j.name AND j.back
      AND f.low_since IS NOT NULL
    RETURNING f.scope, f.name, ${eventType('coverage.recovered')} AS type
  )
  INSERT INTO events (type, about, data)
  SELECT ${eventRow(
    typeAmong(['coverage.low', 'coverage.recovered'], sql`turned.type`),
    null,
    {
      declared: sql`declared`,
      total: sql`total`,
      share: sql`round(declared::numeric / total, 4)`,
      floorPercent: sql`:floorPercent::int`,
      windowSeconds: sql`:windowSeconds::int`,
    },
    sql`CASE scope WHEN 'all' THEN '{}' ELSE jsonb_build_object(scope, name) END`,
  )}
    FROM (SELECT * FROM fallen UNION ALL SELECT * FROM recovered) turned JOIN judged USING (scope, name)
   ORDER BY scope, name
  RETURNING type`,
);

/** Tells when the coverage of a line, a team or all calls falls under the floor, and when it is back above: once each, whatever is imported in between. */
export async function judgeCoverage(
  db: TenantHandle,
  floor: { floorPercent: number; marginPercent: number; windowSeconds: number; minimumCalls: number },
): Promise<boolean> {
  return (await db.query(judge, { ...floor })).length > 0;
}

const low = read('coverage.low', sql`SELECT count(*)::int AS low FROM coverage_falls WHERE low_since IS NOT NULL`);

/** How many lines and teams, and all calls together, were last found under their floor. */
export async function countLowCoverage(db: TenantHandle): Promise<number> {
  return (await db.query<{ low: number }>(low, {}))[0]!.low;
}

const deleteOld = write(
  'coverage.deleteOld',
  sql`
  WITH gone AS (
    DELETE FROM call_records WHERE ctid = ANY(ARRAY(SELECT ctid FROM call_records WHERE recorded_at < now() - make_interval(days => :days)
      LIMIT :most)) RETURNING 1
  ), counted AS (
    SELECT count(*)::int AS deleted FROM gone
  ), logged AS (
    INSERT INTO events (type, about, data)
    SELECT ${eventRow('data.deleted', null, { of: sql`'call_records'`, deleted: sql`deleted`, olderThanDays: sql`:days::int` })}
      FROM counted WHERE deleted > 0
  )
  SELECT deleted FROM counted`,
);

/** Deletes records that came in longer ago than policy keeps them, with an event; returns how many. */
export async function deleteOldCallRecords(db: TenantHandle, days: number, most: number): Promise<number> {
  const [row] = await db.query<{ deleted: number }>(deleteOld, { days, most });
  return row!.deleted;
}
