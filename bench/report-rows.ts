/**
 * Reports by SQL: `$1` of them over the last day, every fourth with the number `$2`, each by a customer of its own whose
 * key nobody has. `$3` makes references of one batch differ from those of another.
 */
export const INSERT_REPORTS = `
  INSERT INTO reports (tenant_id, id, reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed, reported_at, reported_by, clustered_at)
  SELECT 'northbank', encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid,
         'bulk-' || $3::text || n, 'bulk-' || $3::text || n, 'sms', CASE WHEN n % 4 = 0 THEN $2 ELSE '+447' || lpad((n * 7919::bigint % 1000000000)::text, 9, '0') END, '=Sender ' || n, ARRAY['h' || n % 1000 || '.example'], ARRAY['card'], gen_random_uuid(), '\\x00', at, 'bulk', at
    FROM (SELECT n, now() - interval '1 day' + n * (interval '1 day' / $1::int) AS at FROM generate_series(1, $1::int) n) rows`;
