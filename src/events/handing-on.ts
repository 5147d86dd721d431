import { type Fragment, sql } from '../database/sql.js';

/**
 * A statement that hands on what comes next for a consumer and moves it on, so that each event is read once and leaves the
 * database for nobody; what it does happens once for each event. Takes :consumer, :first (what no such event can precede by
 * its id) and :most. Does nothing where another holds the consumer.
 *
 * The consumer is locked as it is now, also where it moved after the statement began; what has settled is as of when it
 * began. So an event may be handed on by a later statement, and never twice.
 * @param takes what is done, as further parts of a WITH; `next` has the events, by the columns of the log that are named.
 * @param result what it says of that.
 */
export function handingOn(columns: Fragment, takes: Fragment, result: Fragment): Fragment {
  return sql`
  WITH taken AS (
    SELECT xid, sequence FROM event_consumers WHERE name = :consumer FOR UPDATE SKIP LOCKED
  ), next AS MATERIALIZED (
    SELECT ${columns}, xid, sequence FROM events
     WHERE id >= :first::uuid AND (xid, sequence) > ((SELECT xid FROM taken), (SELECT sequence FROM taken))
       AND xid < pg_snapshot_xmin(log_snapshot())
     ORDER BY xid, sequence LIMIT :most
  ), moved AS (
    UPDATE event_consumers c SET xid = l.xid, sequence = l.sequence, moved_at = now()
      FROM (SELECT xid, sequence FROM next ORDER BY xid DESC, sequence DESC LIMIT 1) l WHERE c.name = :consumer
  ), ${takes}
  SELECT (SELECT count(*)::int FROM next) AS events, ${result}`;
}

/** What such a statement takes. */
export interface HandingOn {
  readonly consumer: string;
  readonly first: string;
  readonly most: number;
}
