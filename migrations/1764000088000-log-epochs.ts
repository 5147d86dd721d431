import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The event log is ordered by transaction ids, which a dump does not carry along. So it counts them from an epoch of its
 * own: a multiple of 2^32 that is added to the ids of the server, and that only the owner raises (docs/decisions/0078).
 */
export class LogEpochs1764000088000 implements MigrationInterface {
  name = 'LogEpochs1764000088000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(COUNTING);
    await db.query(NOTICING);
    await db.query(MENDING);
    await db.query(`
      ALTER TABLE events ALTER COLUMN xid SET DEFAULT log_xact_id();
      ALTER TABLE webhooks ALTER COLUMN active_from SET DEFAULT log_xact_id();
    `);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(`
      ALTER TABLE webhooks ALTER COLUMN active_from SET DEFAULT pg_current_xact_id();
      ALTER TABLE events ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
      DROP FUNCTION mend_log(), log_is_ahead(), count_log_from(integer), log_xact_id(), log_snapshot(), log_epoch(), shift_snapshot(pg_snapshot, numeric), shift_xid(xid8, numeric);
    `);
  }
}

// In epoch 0 these are the functions of PostgreSQL and cost nothing: bodies of one expression are put in their place.
const COUNTING = `
  CREATE FUNCTION shift_xid(id xid8, ahead numeric) RETURNS xid8 IMMUTABLE PARALLEL SAFE RETURN (id::text::numeric + ahead)::text::xid8;
  CREATE FUNCTION shift_snapshot(snapshot pg_snapshot, ahead numeric) RETURNS pg_snapshot IMMUTABLE PARALLEL SAFE RETURN (
    format('%s:%s:%s', shift_xid(pg_snapshot_xmin(snapshot), ahead), shift_xid(pg_snapshot_xmax(snapshot), ahead),
      (SELECT string_agg(shift_xid(running, ahead)::text, ',' ORDER BY running) FROM pg_snapshot_xip(snapshot) running))::pg_snapshot);
  CREATE FUNCTION log_epoch() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 0';
  CREATE FUNCTION log_snapshot() RETURNS pg_snapshot STABLE PARALLEL SAFE RETURN pg_current_snapshot();
  CREATE FUNCTION log_xact_id() RETURNS xid8 STABLE RETURN pg_current_xact_id();

  CREATE FUNCTION count_log_from(epoch integer) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    ahead numeric := epoch * 4294967296::numeric;
  BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION public.log_epoch() RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS ''SELECT %s''', epoch);
    EXECUTE format('CREATE OR REPLACE FUNCTION public.log_snapshot() RETURNS pg_snapshot STABLE PARALLEL SAFE RETURN public.shift_snapshot(pg_current_snapshot(), %s)', ahead);
    EXECUTE format('CREATE OR REPLACE FUNCTION public.log_xact_id() RETURNS xid8 STABLE RETURN public.shift_xid(pg_current_xact_id(), %s)', ahead);
  END $$;
  REVOKE EXECUTE ON FUNCTION count_log_from(integer) FROM PUBLIC;
`;

// One statement, so that what is read and the id that it is compared with are of one moment: no event is ever ahead of it
// that was written here.
const NOTICING = `
  CREATE FUNCTION log_is_ahead() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM (SELECT xid FROM public.events ORDER BY xid DESC, sequence DESC LIMIT 1) e WHERE e.xid >= next.id)
        OR EXISTS (SELECT FROM public.kept_events WHERE xid >= next.id)
        OR EXISTS (SELECT FROM public.event_consumers WHERE xid >= next.id)
        OR EXISTS (SELECT FROM public.webhooks WHERE active_from >= next.id)
      FROM (SELECT pg_snapshot_xmax(public.log_snapshot()) AS id) next
  $$;
`;

const MENDING = `
  CREATE FUNCTION mend_log(OUT epoch integer, OUT moved bigint) LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    caller text := coalesce(current_setting('countersign.tenant', true), '');
    stored record;
    highest xid8 := '0';
    next xid8;
    found xid8;
    holders text[];
    tenants text[] := '{}';
    tenant text;
    last_sequence bigint;
    head record;
    rows bigint;
  BEGIN
    moved := 0;
    -- Whoever writes is waited for, and waits.
    LOCK TABLE public.events IN ACCESS EXCLUSIVE MODE;
    -- Every transaction id that is kept anywhere, of all tenants. Row-level security hides them from the owner, too: it is
    -- lifted for this look, and rolled back with it.
    BEGIN
      FOR stored IN SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
          WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.atttypid = 'xid8'::regtype AND a.attnum > 0 AND NOT a.attisdropped LOOP
        EXECUTE format('ALTER TABLE public.%I NO FORCE ROW LEVEL SECURITY', stored.relname);
        EXECUTE format('WITH RECURSIVE of AS (
            (SELECT tenant_id FROM public.%1$I ORDER BY tenant_id LIMIT 1)
            UNION ALL SELECT (SELECT t.tenant_id FROM public.%1$I t WHERE t.tenant_id > of.tenant_id ORDER BY t.tenant_id LIMIT 1) FROM of WHERE of.tenant_id IS NOT NULL
          ), highest AS (SELECT tenant_id, (SELECT t.%2$I FROM public.%1$I t WHERE t.tenant_id = of.tenant_id ORDER BY t.%2$I DESC LIMIT 1) AS id FROM of WHERE tenant_id IS NOT NULL)
          SELECT (array_agg(id ORDER BY id DESC))[1], array_agg(tenant_id) FROM highest', stored.relname, stored.attname) INTO found, holders;
        IF found > highest THEN highest := found; END IF;
        IF stored.relname = 'events' THEN tenants := coalesce(holders, '{}'); END IF;
      END LOOP;
      RAISE EXCEPTION USING ERRCODE = 'CS000';
    EXCEPTION WHEN SQLSTATE 'CS000' THEN NULL;
    END;
    -- Asked after that look, so that only what was written elsewhere is not below it.
    next := pg_snapshot_xmax(public.log_snapshot());
    epoch := public.log_epoch();
    IF highest >= next THEN
      epoch := epoch + floor((highest::text::numeric - next::text::numeric) / 4294967296)::integer + 1;
      PERFORM public.count_log_from(epoch);
    END IF;
    -- What was decided since stands where all was read long ago. Nothing of it is sealed: it is moved to the end, in its order.
    ALTER TABLE public.events DISABLE TRIGGER events_append_only;
    FOREACH tenant IN ARRAY tenants LOOP
      PERFORM set_config('countersign.tenant', tenant, true);
      SELECT max(e.sequence) INTO last_sequence FROM public.events e WHERE e.tenant_id = tenant AND e.xid >= next;
      SELECT e.xid, e.sequence INTO head FROM (SELECT event_id FROM public.log_leaves WHERE tenant_id = tenant ORDER BY leaf_index DESC LIMIT 1) l,
        LATERAL (SELECT xid, sequence FROM public.events WHERE tenant_id = tenant AND id = l.event_id UNION ALL SELECT xid, sequence FROM public.kept_events WHERE tenant_id = tenant AND id = l.event_id) e;
      EXECUTE 'UPDATE public.events e SET xid = public.log_xact_id()
         WHERE e.tenant_id = $1 AND ((e.xid, e.sequence) <= ($2, $3) OR (e.xid < $4 AND e.sequence > $5))
           AND NOT EXISTS (SELECT FROM public.log_leaves l WHERE l.tenant_id = $1 AND l.event_id = e.id)' USING tenant, head.xid, head.sequence, next, last_sequence;
      GET DIAGNOSTICS rows = ROW_COUNT;
      moved := moved + rows;
      -- A copy that was made without its sequence would number anew what is numbered.
      IF last_sequence > (SELECT last_value FROM public.events_sequence) THEN PERFORM setval('public.events_sequence', last_sequence); END IF;
    END LOOP;
    ALTER TABLE public.events ENABLE TRIGGER events_append_only;
    PERFORM set_config('countersign.tenant', caller, true);
  END $$;
  REVOKE EXECUTE ON FUNCTION mend_log() FROM PUBLIC;
`;
