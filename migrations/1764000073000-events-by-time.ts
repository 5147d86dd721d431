import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The event log by months. Ids are UUIDv7 made by the database, so a range of ids is a range of time, and a month can go
 * as a whole (docs/decisions/0062). The table as it stood, with its rows, is the first partition.
 */
export class EventsByTime1764000073000 implements MigrationInterface {
  name = 'EventsByTime1764000073000';

  async up(db: QueryRunner): Promise<void> {
    await db.query(SET_ASIDE);
    await db.query(PARENT);
    await db.query(KEPT);
    await db.query(READING_PARTITIONS);
    await db.query(MAKING_PARTITIONS);
    await db.query(DROPPING_PARTITIONS);
    await db.query(FIRST_PARTITIONS);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query(COPIED_BACK);
  }
}

/** Any constant will do; it lets one at a time make or drop a partition. */
const PARTITIONS_LOCK = 7_265_010;

const SET_ASIDE = `
  ALTER TABLE events RENAME TO events_first;
  ALTER INDEX events_pkey RENAME TO events_first_pkey;
  ALTER INDEX events_by_commit RENAME TO events_first_by_commit;
  ALTER INDEX events_of_call RENAME TO events_first_of_call;
  ALTER INDEX events_of_customer RENAME TO events_first_of_customer;
  ALTER INDEX events_of_policy RENAME TO events_first_of_policy;
  -- Made again with the parent, for every partition.
  DROP TRIGGER events_append_only ON events_first;
  -- Only the parent is read and written.
  REVOKE ALL ON events_first FROM countersign_service;
  -- Partitioned tables have identity columns only from PostgreSQL 17.
  CREATE SEQUENCE events_sequence AS bigint;
  SELECT setval('events_sequence', last_value, is_called) FROM events_sequence_seq;
  ALTER TABLE events_first ALTER COLUMN sequence DROP IDENTITY;
  ALTER TABLE events_first ALTER COLUMN sequence SET DEFAULT nextval('events_sequence');
`;

const PARENT = `
  CREATE TABLE events (LIKE events_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS, CONSTRAINT events_pkey PRIMARY KEY (tenant_id, id)) PARTITION BY RANGE (id);
  CREATE INDEX events_by_commit ON events (tenant_id, xid, sequence);
  CREATE INDEX events_of_call ON events (call_id, xid, sequence, tenant_id) WHERE call_id IS NOT NULL;
  CREATE INDEX events_of_customer ON events (customer_id, occurred_at, tenant_id);
  CREATE INDEX events_of_policy ON events ((data ->> 'version'), tenant_id) WHERE type = 'countersign.policy.changed';
  CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  ALTER TABLE events ENABLE ROW LEVEL SECURITY;
  ALTER TABLE events FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant ON events USING (tenant_id = current_setting('countersign.tenant', true));
  ALTER SEQUENCE events_sequence OWNED BY events.sequence;
  GRANT USAGE ON SEQUENCE events_sequence TO countersign_service;
  -- When an event was written, and where it stands, only the database says.
  GRANT SELECT, INSERT (type, about, about_id, customer_id, call_id, data) ON events TO countersign_service;
`;

const KEPT = `
  -- What outlives its month: the events that later evidence stands on, and the last one that was sealed.
  CREATE TABLE kept_events (LIKE events INCLUDING CONSTRAINTS, PRIMARY KEY (tenant_id, id));
  CREATE INDEX kept_events_of_customer ON kept_events (customer_id, occurred_at, tenant_id);
  CREATE INDEX kept_events_of_policy ON kept_events ((data ->> 'version'), tenant_id) WHERE type = 'countersign.policy.changed';
  CREATE TRIGGER kept_events_append_only BEFORE UPDATE OR DELETE ON kept_events FOR EACH ROW EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER kept_events_no_truncate BEFORE TRUNCATE ON kept_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  ALTER TABLE kept_events ENABLE ROW LEVEL SECURITY;
  ALTER TABLE kept_events FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant ON kept_events USING (tenant_id = current_setting('countersign.tenant', true));
  GRANT SELECT ON kept_events TO countersign_service;
`;

const READING_PARTITIONS = `
  CREATE FUNCTION uuid7_floor(at timestamptz) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT rpad(lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0'), 32, '0')::uuid
  $$;
  CREATE FUNCTION event_partitions() RETURNS TABLE (name text, from_id uuid, to_id uuid) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.relname, coalesce((regexp_match(b.text, 'FROM \\(''([^'']+)''\\)'))[1], '00000000-0000-0000-0000-000000000000')::uuid, (regexp_match(b.text, 'TO \\(''([^'']+)''\\)'))[1]::uuid
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid, LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS text) b
     WHERE i.inhparent = 'public.events'::regclass AND b.text <> 'DEFAULT' ORDER BY 3
  $$;
`;

const MAKING_PARTITIONS = `
  CREATE FUNCTION make_event_partition(partition text, bounds text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    EXECUTE format('CREATE TABLE public.%I (LIKE public.events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)', partition);
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', partition);
    EXECUTE format('CREATE POLICY tenant ON public.%I USING (tenant_id = current_setting(''countersign.tenant'', true))', partition);
    EXECUTE format('CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON public.%I FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change()', partition);
    -- Unlike CREATE TABLE … PARTITION OF, this lets the parent be read and written.
    EXECUTE format('ALTER TABLE public.events ATTACH PARTITION public.%I %s', partition, bounds);
  END $$;
  REVOKE EXECUTE ON FUNCTION make_event_partition(text, text) FROM PUBLIC;

  CREATE FUNCTION keep_event_partitions(OUT made integer, OUT refused integer) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
  DECLARE
    month timestamp;
    first_id uuid;
  BEGIN
    made := 0;
    refused := 0;
    IF NOT pg_try_advisory_xact_lock(${PARTITIONS_LOCK}) THEN RETURN; END IF;
    FOR ahead IN 0..3 LOOP
      month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead);
      first_id := public.uuid7_floor(month AT TIME ZONE 'UTC');
      CONTINUE WHEN EXISTS (SELECT FROM public.event_partitions() p WHERE p.from_id <= first_id AND first_id < p.to_id);
      BEGIN
        PERFORM public.make_event_partition('events_' || to_char(month, 'YYYY_MM'), format('FOR VALUES FROM (%L) TO (%L)', first_id, public.uuid7_floor((month + interval '1 month') AT TIME ZONE 'UTC')));
        made := made + 1;
      EXCEPTION WHEN check_violation THEN
        -- Events of this month stand in the default partition, and stay there.
        refused := refused + 1;
      END;
    END LOOP;
  END $$;
  REVOKE EXECUTE ON FUNCTION keep_event_partitions() FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION keep_event_partitions() TO countersign_service;
`;

const DROPPING_PARTITIONS = `
  CREATE FUNCTION why_events_stay(tenant text, partition text, first_id uuid, end_id uuid) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    last record;
    sealed bigint;
    unsealed boolean;
  BEGIN
    EXECUTE format('SELECT id, xid, sequence FROM public.%I WHERE tenant_id = $1 ORDER BY xid DESC, sequence DESC LIMIT 1', partition) INTO last USING tenant;
    SELECT leaf_index INTO sealed FROM public.log_leaves WHERE tenant_id = tenant AND event_id = last.id;
    IF sealed IS NULL OR sealed >= coalesce((SELECT max(tree_size) FROM public.log_checkpoints WHERE tenant_id = tenant), 0) THEN RETURN 'unsealed'; END IF;
    IF EXISTS (SELECT FROM public.event_consumers WHERE tenant_id = tenant AND (xid, sequence) < (last.xid, last.sequence)) THEN RETURN 'not handed on'; END IF;
    IF EXISTS (SELECT FROM public.webhook_deliveries WHERE tenant_id = tenant AND queue IS NOT NULL AND event_id >= first_id AND event_id < end_id) THEN RETURN 'not delivered'; END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I e WHERE e.tenant_id = $1 AND NOT EXISTS (
      SELECT FROM public.log_leaves l WHERE l.tenant_id = $1 AND l.event_id = e.id AND l.event_id >= $2 AND l.event_id < $3))', partition) INTO unsealed USING tenant, first_id, end_id;
    RETURN CASE WHEN unsealed THEN 'unsealed' END;
  END $$;
  REVOKE EXECUTE ON FUNCTION why_events_stay(text, text, uuid, uuid) FROM PUBLIC;

  CREATE FUNCTION retire_events(tenant text, partition text, end_id uuid, months integer) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE
    deleted bigint;
  BEGIN
    EXECUTE format('SELECT count(*) FROM public.%I WHERE tenant_id = $1', partition) INTO deleted USING tenant;
    EXECUTE format('INSERT INTO public.kept_events SELECT * FROM public.%I WHERE tenant_id = $1 AND (
      type IN (''countersign.policy.changed'', ''countersign.device.enrolled'', ''countersign.device.revoked'', ''countersign.customer.shredded'')
      OR id = (SELECT event_id FROM public.log_leaves WHERE tenant_id = $1 ORDER BY leaf_index DESC LIMIT 1))', partition) USING tenant;
    INSERT INTO public.events (tenant_id, type, about, data) VALUES (tenant, 'countersign.data.deleted', 'data', jsonb_build_object('of', 'events', 'deleted', deleted, 'olderThanMonths', months,
      'until', to_char(to_timestamp(('x' || left(replace(end_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')));
  END $$;
  REVOKE EXECUTE ON FUNCTION retire_events(text, text, uuid, integer) FROM PUBLIC;

  -- For how many months events are kept; none: for ever. Only the owner says so, by making this function anew.
  CREATE FUNCTION events_retention() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT NULL::integer';

  CREATE FUNCTION drop_event_partition(partition text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
  DECLARE
    months integer := public.events_retention();
    caller text := coalesce(current_setting('countersign.tenant', true), '');
    bounds record;
    tenants text[];
    tenant text;
    reason text;
  BEGIN
    IF months IS NULL THEN RETURN 'kept for ever'; END IF;
    IF NOT pg_try_advisory_xact_lock(${PARTITIONS_LOCK}) THEN RETURN 'busy'; END IF;
    SELECT p.from_id, p.to_id INTO bounds FROM public.event_partitions() p WHERE p.name = partition AND p.to_id <= public.uuid7_floor(now() - make_interval(months => greatest(months, 13)));
    IF NOT FOUND THEN RETURN 'too young'; END IF;
    -- Whoever still writes to it is waited for; the rest of the log is read and written meanwhile.
    EXECUTE format('LOCK TABLE public.%I IN SHARE MODE', partition);
    -- Row-level security hides from the owner, too, whose events these are. It is lifted for this look, and rolled back
    -- together with the lock that it took; nobody else ever sees it lifted.
    BEGIN
      EXECUTE format('ALTER TABLE public.%I NO FORCE ROW LEVEL SECURITY', partition);
      EXECUTE format('WITH RECURSIVE found AS (
        (SELECT tenant_id FROM public.%1$I ORDER BY tenant_id LIMIT 1)
        UNION ALL SELECT (SELECT e.tenant_id FROM public.%1$I e WHERE e.tenant_id > f.tenant_id ORDER BY e.tenant_id LIMIT 1) FROM found f WHERE f.tenant_id IS NOT NULL
      ) SELECT array_agg(tenant_id) FROM found WHERE tenant_id IS NOT NULL', partition) INTO tenants;
      RAISE EXCEPTION USING ERRCODE = 'CS000';
    EXCEPTION WHEN SQLSTATE 'CS000' THEN NULL;
    END;
    tenants := coalesce(tenants, '{}');
    FOREACH tenant IN ARRAY tenants LOOP
      PERFORM set_config('countersign.tenant', tenant, true);
      reason := public.why_events_stay(tenant, partition, bounds.from_id, bounds.to_id);
      EXIT WHEN reason IS NOT NULL;
    END LOOP;
    IF reason IS NULL THEN
      FOREACH tenant IN ARRAY tenants LOOP
        PERFORM set_config('countersign.tenant', tenant, true);
        PERFORM public.retire_events(tenant, partition, bounds.to_id, months);
      END LOOP;
      EXECUTE format('DROP TABLE public.%I', partition);
    END IF;
    PERFORM set_config('countersign.tenant', caller, true);
    RETURN coalesce(reason, 'dropped');
  END $$;
  REVOKE EXECUTE ON FUNCTION drop_event_partition(text) FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION drop_event_partition(text) TO countersign_service;
`;

const FIRST_PARTITIONS = `
  DO $$ BEGIN
    EXECUTE format('ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO (%L)', uuid7_floor((date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC'));
  END $$;
  -- No insert ever fails for want of a partition.
  SELECT make_event_partition('events_default', 'DEFAULT');
  SELECT keep_event_partitions();
`;

const COPIED_BACK = `
  CREATE TABLE events_again (
    tenant_id text NOT NULL DEFAULT current_setting('countersign.tenant'),
    id uuid NOT NULL DEFAULT uuid7(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    type text NOT NULL CONSTRAINT events_type_check CHECK (type ~ '^countersign\\.[a-z_]+\\.[a-z_]+$'),
    about text NOT NULL CONSTRAINT events_about_check CHECK (about ~ '^[a-z]{3,8}$'),
    about_id uuid,
    customer_id text,
    call_id uuid,
    data jsonb NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  ALTER TABLE events NO FORCE ROW LEVEL SECURITY;
  ALTER TABLE kept_events NO FORCE ROW LEVEL SECURITY;
  INSERT INTO events_again OVERRIDING SYSTEM VALUE SELECT * FROM events UNION ALL SELECT * FROM kept_events;
  SELECT setval(pg_get_serial_sequence('events_again', 'sequence'), last_value, is_called) FROM events_sequence;
  DROP FUNCTION drop_event_partition(text), events_retention(), retire_events(text, text, uuid, integer), why_events_stay(text, text, uuid, uuid), keep_event_partitions(), make_event_partition(text, text), event_partitions(), uuid7_floor(timestamptz);
  DROP TABLE events, kept_events;
  ALTER TABLE events_again RENAME TO events;
  ALTER SEQUENCE events_again_sequence_seq RENAME TO events_sequence_seq;
  ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (tenant_id, id);
  CREATE INDEX events_by_commit ON events (tenant_id, xid, sequence);
  CREATE INDEX events_of_call ON events (call_id, xid, sequence, tenant_id) WHERE call_id IS NOT NULL;
  CREATE INDEX events_of_customer ON events (customer_id, occurred_at, tenant_id);
  CREATE INDEX events_of_policy ON events ((data ->> 'version'), tenant_id) WHERE type = 'countersign.policy.changed';
  CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
  CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
  ALTER TABLE events ENABLE ROW LEVEL SECURITY;
  ALTER TABLE events FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant ON events USING (tenant_id = current_setting('countersign.tenant', true));
  GRANT SELECT, INSERT ON events TO countersign_service;
`;
