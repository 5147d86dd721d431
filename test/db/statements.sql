-- Every statement, as the server describes it. Made by test/db/statements.spec.ts.

-- answers.confirmTogether: write
-- $1 ids uuid[]
-- $2 customerIds text[]
-- $3 keyIds uuid[]
-- $4 callIds uuid[]
-- $5 deviceIds uuid[]
-- $6 answersSealed bytea[]
-- $7 commitments text[]
-- $8 handsets jsonb[]
-- $9 findings text[]
-- $10 attemptsSeen integer[]
-- $11 failuresSeen integer[]
-- > id uuid
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::uuid[],
      $6::bytea[], $7::text[], $8::jsonb[], $9::text[], $10::int[], $11::int[])
    AS a (id, customer_id, key_id, call_id, device_id, answer_sealed, commitment, handset, findings, attempts_seen, failures_seen)
), held AS MATERIALIZED (
  SELECT asked.id, asked.device_id, asked.answer_sealed, asked.commitment, asked.handset,
         string_to_array(asked.findings, ',') AS findings, c.at AS customer_at, v.at, d.key_thumbprint
    FROM asked
   CROSS JOIN LATERAL (SELECT ctid AS at FROM customers WHERE id = asked.customer_id LIMIT 1) customer_seen
   CROSS JOIN LATERAL (SELECT ctid AS at FROM customers
     WHERE id = asked.customer_id AND key_id = asked.key_id AND code_failures = asked.failures_seen AND locked_at IS NULL
     LIMIT 1 FOR UPDATE SKIP LOCKED) c
   CROSS JOIN LATERAL (SELECT k.id FROM calls k
     WHERE k.id = asked.call_id AND k.ended_at IS NULL AND k.expires_at > now() AND k.relay_suspected_at IS NULL LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) k
   CROSS JOIN LATERAL (SELECT d.key_thumbprint FROM devices d
     WHERE d.id = asked.device_id AND d.customer_id = asked.customer_id AND d.revoked_at IS NULL LIMIT 1 FOR SHARE SKIP LOCKED) d
   CROSS JOIN LATERAL (SELECT ctid AS at FROM verifications WHERE id = asked.id LIMIT 1) question_seen
   CROSS JOIN LATERAL (SELECT v.ctid AS at FROM verifications v
     WHERE v.id = asked.id AND v.customer_id = asked.customer_id AND v.call_id = asked.call_id AND v.change_id IS NULL
       AND v.attempts_used = asked.attempts_seen AND v.status = 'waiting' AND v.expires_at > now() LIMIT 1 FOR UPDATE SKIP LOCKED) v
   WHERE c.at = customer_seen.at AND v.at = question_seen.at
), closed AS (
  UPDATE verifications v
     SET status = 'confirmed', closed_at = now(), device_id = device.device_id, answer = 'yes', answer_reason = NULL,
         answer_sealed = device.answer_sealed, handset = device.handset, findings = device.findings,
         attempts_used = v.attempts_used + CASE WHEN 'confirmed' = 'confirmed' THEN 1 ELSE 0 END
    FROM held device
   WHERE v.ctid = device.at AND v.id = device.id AND v.status = 'waiting' AND v.expires_at > now()
  RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, device.key_thumbprint, device.commitment, device.handset, device.findings, device.customer_at
), cleared AS (
  UPDATE customers c SET code_failures = 0, prompts_since_confirmed = 0 FROM closed WHERE c.ctid = closed.customer_at AND c.id = closed.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.confirmed', 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'answer', 'yes', 'reason', NULL,
      'handset', handset, 'findings', to_jsonb(findings), 'answerCommitment', commitment, 'deviceKeyThumbprint', key_thumbprint)
    FROM closed
)
SELECT id FROM closed;

-- answers.context: read
-- $1 deviceId uuid
-- $2 id uuid
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > created_at timestamp with time zone
-- > lapsed boolean
-- > now timestamp with time zone
-- > code_failures integer
-- > locked_at timestamp with time zone
-- > locale text
-- > customer_key_id uuid
-- > wrapped_key bytea
-- > answering_device_id uuid
-- > public_key jsonb
-- > device_enrolled_at timestamp with time zone
-- > rp_id text
-- > sign_count bigint
-- > call_live boolean
-- > channel text
-- > relay_suspected_at timestamp with time zone
-- > change_id uuid
-- > change_requested_at timestamp with time zone
-- > change_device_age_seconds integer
-- > newest_contact_since timestamp with time zone
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge,
  v.asks, v.code_mac,
       v.attempts_used, v.attempts_allowed, v.created_at,
       (v.status = 'waiting' AND v.expires_at <= now()) AS lapsed,
       now() AS now, c.code_failures, c.locked_at, c.locale, c.key_id AS customer_key_id, c.wrapped_key,
       d.id AS answering_device_id, d.public_key, d.enrolled_at AS device_enrolled_at, d.rp_id, d.sign_count,
       (k.ended_at IS NULL AND k.expires_at > now()) AS call_live, k.channel, k.relay_suspected_at,
       v.change_id, ch.requested_at AS change_requested_at, (ch.rules ->> 'deviceAgeSeconds')::int AS change_device_age_seconds,
       (SELECT max(p.since) FROM contact_points p WHERE p.customer_id = v.customer_id AND p.former_from IS NULL) AS newest_contact_since
  FROM verifications v
  LEFT JOIN LATERAL (SELECT code_failures, locked_at, locale, key_id, wrapped_key FROM customers
    WHERE id = v.customer_id LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT d.id, d.public_key, d.enrolled_at, d.rp_id, d.sign_count FROM devices d
    WHERE d.id = $1::uuid AND d.credential_id IS NULL AND d.customer_id = v.customer_id AND d.revoked_at IS NULL LIMIT 1) d ON true
  LEFT JOIN LATERAL (SELECT ended_at, expires_at, channel, relay_suspected_at FROM calls WHERE id = v.call_id LIMIT 1) k ON true
  LEFT JOIN LATERAL (SELECT requested_at, rules FROM changes WHERE id = v.change_id LIMIT 1) ch ON true
 WHERE v.id = $2;

-- answers.contexts: read
-- $1 ids uuid[]
-- $2 deviceIds uuid[]
-- > place integer
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > created_at timestamp with time zone
-- > lapsed boolean
-- > now timestamp with time zone
-- > code_failures integer
-- > locked_at timestamp with time zone
-- > locale text
-- > customer_key_id uuid
-- > wrapped_key bytea
-- > answering_device_id uuid
-- > public_key jsonb
-- > device_enrolled_at timestamp with time zone
-- > rp_id text
-- > sign_count bigint
-- > call_live boolean
-- > channel text
-- > relay_suspected_at timestamp with time zone
-- > change_id uuid
-- > change_requested_at timestamp with time zone
-- > change_device_age_seconds integer
-- > newest_contact_since timestamp with time zone
SELECT asked.place::int AS place, found.*
  FROM unnest((SELECT $1::uuid[]), (SELECT $2::uuid[])) WITH ORDINALITY AS asked (id, device_id, place)
 CROSS JOIN LATERAL (
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge,
  v.asks, v.code_mac,
       v.attempts_used, v.attempts_allowed, v.created_at,
       (v.status = 'waiting' AND v.expires_at <= now()) AS lapsed,
       now() AS now, c.code_failures, c.locked_at, c.locale, c.key_id AS customer_key_id, c.wrapped_key,
       d.id AS answering_device_id, d.public_key, d.enrolled_at AS device_enrolled_at, d.rp_id, d.sign_count,
       (k.ended_at IS NULL AND k.expires_at > now()) AS call_live, k.channel, k.relay_suspected_at,
       v.change_id, ch.requested_at AS change_requested_at, (ch.rules ->> 'deviceAgeSeconds')::int AS change_device_age_seconds,
       (SELECT max(p.since) FROM contact_points p WHERE p.customer_id = v.customer_id AND p.former_from IS NULL) AS newest_contact_since
  FROM verifications v
  LEFT JOIN LATERAL (SELECT code_failures, locked_at, locale, key_id, wrapped_key FROM customers
    WHERE id = v.customer_id LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT d.id, d.public_key, d.enrolled_at, d.rp_id, d.sign_count FROM devices d
    WHERE d.id = asked.device_id AND d.credential_id IS NULL AND d.customer_id = v.customer_id AND d.revoked_at IS NULL LIMIT 1) d ON true
  LEFT JOIN LATERAL (SELECT ended_at, expires_at, channel, relay_suspected_at FROM calls WHERE id = v.call_id LIMIT 1) k ON true
  LEFT JOIN LATERAL (SELECT requested_at, rules FROM changes WHERE id = v.change_id LIMIT 1) ch ON true
 WHERE v.id = asked.id LIMIT 1) found;

-- answers.passkeyContext: read
-- $1 credentialId text
-- $2 id uuid
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > created_at timestamp with time zone
-- > lapsed boolean
-- > now timestamp with time zone
-- > code_failures integer
-- > locked_at timestamp with time zone
-- > locale text
-- > customer_key_id uuid
-- > wrapped_key bytea
-- > answering_device_id uuid
-- > public_key jsonb
-- > device_enrolled_at timestamp with time zone
-- > rp_id text
-- > sign_count bigint
-- > call_live boolean
-- > channel text
-- > relay_suspected_at timestamp with time zone
-- > change_id uuid
-- > change_requested_at timestamp with time zone
-- > change_device_age_seconds integer
-- > newest_contact_since timestamp with time zone
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge,
  v.asks, v.code_mac,
       v.attempts_used, v.attempts_allowed, v.created_at,
       (v.status = 'waiting' AND v.expires_at <= now()) AS lapsed,
       now() AS now, c.code_failures, c.locked_at, c.locale, c.key_id AS customer_key_id, c.wrapped_key,
       d.id AS answering_device_id, d.public_key, d.enrolled_at AS device_enrolled_at, d.rp_id, d.sign_count,
       (k.ended_at IS NULL AND k.expires_at > now()) AS call_live, k.channel, k.relay_suspected_at,
       v.change_id, ch.requested_at AS change_requested_at, (ch.rules ->> 'deviceAgeSeconds')::int AS change_device_age_seconds,
       (SELECT max(p.since) FROM contact_points p WHERE p.customer_id = v.customer_id AND p.former_from IS NULL) AS newest_contact_since
  FROM verifications v
  LEFT JOIN LATERAL (SELECT code_failures, locked_at, locale, key_id, wrapped_key FROM customers
    WHERE id = v.customer_id LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT d.id, d.public_key, d.enrolled_at, d.rp_id, d.sign_count FROM devices d
    WHERE d.credential_id = $1 AND d.customer_id = v.customer_id AND d.revoked_at IS NULL LIMIT 1) d ON true
  LEFT JOIN LATERAL (SELECT ended_at, expires_at, channel, relay_suspected_at FROM calls WHERE id = v.call_id LIMIT 1) k ON true
  LEFT JOIN LATERAL (SELECT requested_at, rules FROM changes WHERE id = v.change_id LIMIT 1) ch ON true
 WHERE v.id = $2;

-- answers.record: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 failuresSeen integer
-- $4 callId uuid
-- $5 deviceId uuid
-- $6 changeId uuid
-- $7 status text
-- $8 answer text
-- $9 reason text
-- $10 answerSealed bytea
-- $11 handset jsonb
-- $12 findings text[]
-- $13 id uuid
-- $14 attemptsSeen integer
-- $15 answerCommitment text
-- > id uuid
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND key_id = $2 AND code_failures = $3 AND locked_at IS NULL FOR UPDATE
), call AS (
  SELECT k.ended_at IS NULL AND k.expires_at > now() AND k.relay_suspected_at IS NULL AS open
    FROM calls k, customer WHERE k.id = $4::uuid FOR NO KEY UPDATE OF k
), device AS (
  SELECT d.* FROM customer, (SELECT count(*) AS calls FROM call) locked, LATERAL (SELECT d.id, d.key_thumbprint FROM devices d
     WHERE d.id = $5 AND d.customer_id = customer.id AND d.revoked_at IS NULL AND locked.calls >= 0 LIMIT 1 FOR SHARE) d
), held AS (
  SELECT ch.id FROM changes ch, customer WHERE ch.id = $6::uuid AND ch.status = 'held' AND ch.expires_at > now() FOR SHARE OF ch
), closed AS (
  UPDATE verifications v
     SET status = $7, closed_at = now(), device_id = $5, answer = $8, answer_reason = $9,
         answer_sealed = $10, handset = $11::jsonb, findings = $12,
         attempts_used = v.attempts_used + CASE WHEN $7 = 'confirmed' THEN 1 ELSE 0 END
    FROM customer, device
   WHERE v.id = $13 AND v.customer_id = customer.id AND v.attempts_used = $14
     AND ($6::uuid IS NULL OR EXISTS (SELECT FROM held))
     AND v.call_id IS NOT DISTINCT FROM $4::uuid
       AND ($7 <> 'confirmed' OR v.call_id IS NULL OR EXISTS (SELECT FROM call WHERE open)) AND v.status = 'waiting' AND v.expires_at > now()
  RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, device.key_thumbprint
), cleared AS (
  UPDATE customers c SET code_failures = 0, prompts_since_confirmed = 0 FROM closed WHERE c.id = $1 AND $7 = 'confirmed'
), marked AS (
  UPDATE calls k SET relay_suspected_at = now() FROM closed WHERE k.id = $4::uuid AND 'relay_suspected' = ANY($12)
  AND k.relay_suspected_at IS NULL
  RETURNING k.id, k.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || $7, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'answer', $8::text, 'reason', $9::text,
      'handset', $11::jsonb, 'findings', to_jsonb($12::text[]), 'answerCommitment', $15::text, 'deviceKeyThumbprint', key_thumbprint)
    FROM closed
  UNION ALL
  SELECT 'countersign.call.relay_suspected', 'call', id, customer_id, id,
    '{"shownBy":"answer"}'::jsonb
  FROM marked
)
SELECT id FROM closed;

-- answers.recordCounted: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 failuresSeen integer
-- $4 callId uuid
-- $5 deviceId uuid
-- $6 signCount bigint
-- $7 changeId uuid
-- $8 status text
-- $9 answer text
-- $10 reason text
-- $11 answerSealed bytea
-- $12 handset jsonb
-- $13 findings text[]
-- $14 id uuid
-- $15 attemptsSeen integer
-- $16 answerCommitment text
-- > id uuid
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND key_id = $2 AND code_failures = $3 AND locked_at IS NULL FOR UPDATE
), call AS (
  SELECT k.ended_at IS NULL AND k.expires_at > now() AND k.relay_suspected_at IS NULL AS open
    FROM calls k, customer WHERE k.id = $4::uuid FOR NO KEY UPDATE OF k
), device AS (
  SELECT d.* FROM customer, (SELECT count(*) AS calls FROM call) locked, LATERAL (SELECT d.id, d.key_thumbprint FROM devices d
     WHERE d.id = $5 AND d.customer_id = customer.id AND d.revoked_at IS NULL AND locked.calls >= 0
     AND (d.sign_count < $6 OR (d.sign_count = 0 AND $6::bigint = 0)) LIMIT 1 FOR NO KEY UPDATE) d
), held AS (
  SELECT ch.id FROM changes ch, customer WHERE ch.id = $7::uuid AND ch.status = 'held' AND ch.expires_at > now() FOR SHARE OF ch
), closed AS (
  UPDATE verifications v
     SET status = $8, closed_at = now(), device_id = $5, answer = $9, answer_reason = $10,
         answer_sealed = $11, handset = $12::jsonb, findings = $13,
         attempts_used = v.attempts_used + CASE WHEN $8 = 'confirmed' THEN 1 ELSE 0 END
    FROM customer, device
   WHERE v.id = $14 AND v.customer_id = customer.id AND v.attempts_used = $15
     AND ($7::uuid IS NULL OR EXISTS (SELECT FROM held))
     AND v.call_id IS NOT DISTINCT FROM $4::uuid
       AND ($8 <> 'confirmed' OR v.call_id IS NULL OR EXISTS (SELECT FROM call WHERE open)) AND v.status = 'waiting' AND v.expires_at > now()
  RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, device.key_thumbprint
), cleared AS (
  UPDATE customers c SET code_failures = 0, prompts_since_confirmed = 0 FROM closed WHERE c.id = $1 AND $8 = 'confirmed'
), marked AS (
  UPDATE calls k SET relay_suspected_at = now() FROM closed WHERE k.id = $4::uuid AND 'relay_suspected' = ANY($13)
  AND k.relay_suspected_at IS NULL
  RETURNING k.id, k.customer_id
), assertion AS (
  UPDATE devices d SET sign_count = $6 FROM closed WHERE d.id = $5
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || $8, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'answer', $9::text, 'reason', $10::text,
      'handset', $12::jsonb, 'findings', to_jsonb($13::text[]), 'answerCommitment', $16::text, 'deviceKeyThumbprint', key_thumbprint)
    FROM closed
  UNION ALL
  SELECT 'countersign.call.relay_suspected', 'call', id, customer_id, id,
    '{"shownBy":"answer"}'::jsonb
  FROM marked
)
SELECT id FROM closed;

-- answers.refused: write
-- $1 cause text
-- $2 id uuid
-- $3 traceId uuid
-- $4 deviceId uuid
WITH logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.answer_refused', 'ver', id, customer_id, call_id,
    jsonb_build_object('cause', $1::text)
    FROM verifications WHERE id = $2
)
INSERT INTO diagnostics (trace_id, verification_id, device_id, failed, expires_at)
SELECT $3::uuid, id, $4::uuid, $1, now() + interval '10 minutes'
  FROM verifications WHERE id = $2 AND $3::uuid IS NOT NULL;

-- answers.wrongCode: write
-- $1 customerId text
-- $2 failuresSeen integer
-- $3 id uuid
-- $4 attemptsSeen integer
-- $5 attemptsAllowed integer
-- $6 deviceId text
-- > code_failures integer
-- > locked boolean
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND code_failures = $2 AND locked_at IS NULL FOR UPDATE
), open AS (
  SELECT v.id, v.customer_id, v.call_id FROM verifications v, customer
   WHERE v.id = $3 AND v.customer_id = customer.id AND v.status = 'waiting' AND v.expires_at > now() AND v.attempts_used = $4
     FOR UPDATE OF v
), failed AS (
  UPDATE customers c
     SET code_failures = c.code_failures + 1, locked_at = CASE WHEN c.code_failures + 1 >= $5 THEN now() END
    FROM open WHERE c.id = open.customer_id AND c.locked_at IS NULL
  RETURNING c.id, c.code_failures, c.locked_at
), counted AS (
  UPDATE verifications v
     SET attempts_used = v.attempts_used + CASE WHEN v.id = $3 THEN 1 ELSE 0 END,
         status = CASE WHEN failed.locked_at IS NOT NULL THEN CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'locked' END ELSE v.status END, closed_at = CASE WHEN failed.locked_at IS NOT NULL THEN now() END
    FROM failed
   WHERE v.customer_id = failed.id AND v.status = 'waiting' AND (v.id = $3 OR failed.locked_at IS NOT NULL)
  RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.code_failed', 'ver', open.id, open.customer_id, open.call_id,
    jsonb_build_object('failuresInARow', failed.code_failures, 'deviceId', $6::text) FROM open, failed
  UNION ALL
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_locked') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM counted WHERE status <> 'waiting'
  UNION ALL
  SELECT 'countersign.customer.locked', 'customer', NULL::uuid, failed.id, NULL::uuid,
    jsonb_build_object('tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = failed.id AND p.former_from IS NULL))
    FROM failed WHERE failed.locked_at IS NOT NULL
)
SELECT failed.code_failures, failed.locked_at IS NOT NULL AS locked FROM failed, counted WHERE counted.id = $3;

-- answers.wrongCodeCounted: write
-- $1 customerId text
-- $2 failuresSeen integer
-- $3 deviceId uuid
-- $4 signCount bigint
-- $5 id uuid
-- $6 attemptsSeen integer
-- $7 attemptsAllowed integer
-- > code_failures integer
-- > locked boolean
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND code_failures = $2 AND locked_at IS NULL FOR UPDATE
), device AS (
  SELECT d.* FROM customer, LATERAL (SELECT d.id, d.key_thumbprint FROM devices d
     WHERE d.id = $3 AND d.customer_id = customer.id AND d.revoked_at IS NULL AND true
     AND (d.sign_count < $4 OR (d.sign_count = 0 AND $4::bigint = 0)) LIMIT 1 FOR NO KEY UPDATE) d
), open AS (
  SELECT v.id, v.customer_id, v.call_id FROM verifications v, customer, device
   WHERE v.id = $5 AND v.customer_id = customer.id AND v.status = 'waiting' AND v.expires_at > now() AND v.attempts_used = $6
     FOR UPDATE OF v
), failed AS (
  UPDATE customers c
     SET code_failures = c.code_failures + 1, locked_at = CASE WHEN c.code_failures + 1 >= $7 THEN now() END
    FROM open WHERE c.id = open.customer_id AND c.locked_at IS NULL
  RETURNING c.id, c.code_failures, c.locked_at
), counted AS (
  UPDATE verifications v
     SET attempts_used = v.attempts_used + CASE WHEN v.id = $5 THEN 1 ELSE 0 END,
         status = CASE WHEN failed.locked_at IS NOT NULL THEN CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'locked' END ELSE v.status END, closed_at = CASE WHEN failed.locked_at IS NOT NULL THEN now() END
    FROM failed
   WHERE v.customer_id = failed.id AND v.status = 'waiting' AND (v.id = $5 OR failed.locked_at IS NOT NULL)
  RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), assertion AS (
  UPDATE devices d SET sign_count = $4 FROM failed WHERE d.id = $3
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.code_failed', 'ver', open.id, open.customer_id, open.call_id,
    jsonb_build_object('failuresInARow', failed.code_failures, 'deviceId', $3::text) FROM open, failed
  UNION ALL
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_locked') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM counted WHERE status <> 'waiting'
  UNION ALL
  SELECT 'countersign.customer.locked', 'customer', NULL::uuid, failed.id, NULL::uuid,
    jsonb_build_object('tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = failed.id AND p.former_from IS NULL))
    FROM failed WHERE failed.locked_at IS NOT NULL
)
SELECT failed.code_failures, failed.locked_at IS NOT NULL AS locked FROM failed, counted WHERE counted.id = $5;

-- callbacks.attachCall: write
-- $1 callId uuid
-- $2 id uuid
UPDATE callbacks SET call_id = $1 WHERE id = $2;

-- callbacks.byId: read
-- $1 id uuid
-- > id uuid
-- > reference text
-- > customer_id text
-- > change_id uuid
-- > about text
-- > key_id uuid
-- > reason_sealed bytea
-- > about_sealed bytea
-- > not_by text[]
-- > requested_by text
-- > asked_during_call boolean
-- > priority integer
-- > status text
-- > requested_at timestamp with time zone
-- > not_before timestamp with time zone
-- > not_after timestamp with time zone
-- > due_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_by_name text
-- > claimed_until timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_at timestamp with time zone
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  external_id, external_system, now() AS now FROM callbacks WHERE id = $1) b
  LEFT JOIN customers c ON c.id = b.customer_id;

-- callbacks.byReference: read
-- $1 reference text
-- > id uuid
-- > reference text
-- > customer_id text
-- > change_id uuid
-- > about text
-- > key_id uuid
-- > reason_sealed bytea
-- > about_sealed bytea
-- > not_by text[]
-- > requested_by text
-- > asked_during_call boolean
-- > priority integer
-- > status text
-- > requested_at timestamp with time zone
-- > not_before timestamp with time zone
-- > not_after timestamp with time zone
-- > due_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_by_name text
-- > claimed_until timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_at timestamp with time zone
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  external_id, external_system, now() AS now FROM callbacks WHERE reference = $1;

-- callbacks.callOff: write
-- $1 changeId uuid
WITH off AS (
  UPDATE callbacks b SET status = CASE WHEN b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now()) THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    WHERE b.change_id = $1 AND b.closed_at IS NULL
  RETURNING b.id, b.customer_id, b.status, b.attempts, CASE WHEN b.claimed_until <= now() THEN b.call_id END AS lapsed_call_id
)
INSERT INTO events (type, about, about_id, customer_id, call_id, data)
SELECT 'countersign.callback.' || status, 'cbk', id, customer_id, NULL::uuid,
    CASE WHEN status = 'expired' THEN jsonb_build_object('attempts', attempts) ELSE '{"because":"change_closed"}'::jsonb END FROM off;

-- callbacks.claim: write
-- $1 id uuid
-- $2 agentId text
-- $3 agentName text
-- $4 claimSeconds double precision
-- $5 contactPointId uuid
-- $6 signals jsonb
-- > lapsed_call_id uuid
WITH before AS (
  SELECT id, call_id, status, claimed_by FROM callbacks WHERE id = $1 FOR UPDATE
), claimed AS (
  UPDATE callbacks c
     SET status = 'claimed', claimed_by = $2, claimed_by_name = $3, claimed_at = now(),
         claimed_until = now() + make_interval(secs => $4), contact_point_id = $5, call_id = NULL
    FROM before
   WHERE c.id = before.id AND c.closed_at IS NULL AND c.due_at <= now() AND c.not_after > now()
     AND (c.status = 'queued' OR c.claimed_until <= now()) AND NOT $2 = ANY(c.not_by) AND EXISTS (SELECT FROM contact_points p WHERE p.id = $5 AND p.customer_id = c.customer_id AND p.kind = 'phone' AND p.since <= c.on_file_before AND (p.former_from IS NULL OR p.former_from > c.requested_at))
  RETURNING c.id, c.customer_id, before.call_id AS lapsed_call_id,
    CASE WHEN before.status = 'claimed' THEN before.claimed_by END AS lapsed_claim_of
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.callback.claim_lapsed', 'cbk', id, customer_id, lapsed_call_id,
    jsonb_build_object('by', lapsed_claim_of)
    FROM claimed WHERE lapsed_claim_of IS NOT NULL
  UNION ALL
  SELECT 'countersign.callback.claimed', 'cbk', id, customer_id, NULL,
    jsonb_build_object('by', $2::text, 'numberSignals', $6::jsonb) FROM claimed
  UNION ALL
  SELECT 'countersign.contact.revealed', 'cbk', id, customer_id, NULL,
    jsonb_build_object('contactPoint', $5::text, 'to', $2::text) FROM claimed
)
SELECT lapsed_call_id FROM claimed;

-- callbacks.exclude: write
-- $1 agentId text
-- $2 changeId uuid
UPDATE callbacks SET not_by = array_append(not_by, $1)
WHERE change_id = $2 AND closed_at IS NULL AND NOT $1 = ANY(not_by);

-- callbacks.expire: write
-- $1 most bigint
-- > id uuid
WITH due AS (
  SELECT b.id FROM callbacks b WHERE b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now()) ORDER BY b.id LIMIT $1 FOR UPDATE SKIP LOCKED
), expired AS (
  UPDATE callbacks b SET status = 'expired', closed_at = now()
    FROM due WHERE b.id = due.id AND b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now()) RETURNING b.id, b.customer_id, b.status, b.attempts
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.callback.' || status, 'cbk', id, customer_id, NULL::uuid,
    CASE WHEN status = 'expired' THEN jsonb_build_object('attempts', attempts) ELSE '{}'::jsonb END FROM expired
)
SELECT id FROM expired;

-- callbacks.facts: read
-- $1 customerId text
-- $2 contactAgeSeconds double precision
-- > now timestamp with time zone
-- > has_old_number boolean
SELECT now() AS now,
       EXISTS (SELECT FROM contact_points p WHERE p.customer_id = $1 AND p.kind = 'phone' AND p.former_from IS NULL
                  AND p.since <= now() - make_interval(secs => $2)) AS has_old_number;

-- callbacks.giveUp: write
-- $1 id uuid
-- $2 because text
-- $3 signals jsonb
-- > lapsed_call_id uuid
WITH given_up AS (
  UPDATE callbacks b SET status = CASE WHEN b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now()) THEN 'expired' ELSE 'unreachable' END, closed_at = now()
    WHERE b.id = $1 AND (b.status = 'queued' OR b.claimed_until <= now()) AND b.closed_at IS NULL
  RETURNING b.id, b.customer_id, b.status, b.attempts, CASE WHEN b.claimed_until <= now() THEN b.call_id END AS lapsed_call_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.callback.' || status, 'cbk', id, customer_id, NULL::uuid,
    CASE WHEN status = 'expired' THEN jsonb_build_object('attempts', attempts) ELSE jsonb_build_object('because', $2::text, 'numberSignals', $3::jsonb) END FROM given_up
)
SELECT lapsed_call_id FROM given_up;

-- callbacks.history: read
-- $1 status text
-- $2 afterId uuid
-- $3 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > change_id uuid
-- > about text
-- > key_id uuid
-- > reason_sealed bytea
-- > about_sealed bytea
-- > not_by text[]
-- > requested_by text
-- > asked_during_call boolean
-- > priority integer
-- > status text
-- > requested_at timestamp with time zone
-- > not_before timestamp with time zone
-- > not_after timestamp with time zone
-- > due_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_by_name text
-- > claimed_until timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_at timestamp with time zone
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  external_id, external_system, now() AS now FROM callbacks
   WHERE true AND ($1::text IS NULL OR CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END = $1) AND ($2::uuid IS NULL OR id < $2)
   ORDER BY id DESC LIMIT $3) b LEFT JOIN customers c ON c.id = b.customer_id ORDER BY b.id DESC;

-- callbacks.historyByExternalId: read
-- $1 externalId text
-- $2 externalSystem text
-- $3 customerId text
-- $4 status text
-- $5 afterId uuid
-- $6 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > change_id uuid
-- > about text
-- > key_id uuid
-- > reason_sealed bytea
-- > about_sealed bytea
-- > not_by text[]
-- > requested_by text
-- > asked_during_call boolean
-- > priority integer
-- > status text
-- > requested_at timestamp with time zone
-- > not_before timestamp with time zone
-- > not_after timestamp with time zone
-- > due_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_by_name text
-- > claimed_until timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_at timestamp with time zone
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  external_id, external_system, now() AS now FROM callbacks
   WHERE external_id = $1 AND ($2::text IS NULL OR external_system = $2)
     AND ($3::text IS NULL OR customer_id = $3) AND ($4::text IS NULL OR CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END = $4) AND ($5::uuid IS NULL OR id < $5)
   ORDER BY id DESC LIMIT $6) b LEFT JOIN customers c ON c.id = b.customer_id ORDER BY b.id DESC;

-- callbacks.historyOfCustomer: read
-- $1 customerId text
-- $2 status text
-- $3 afterId uuid
-- $4 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > change_id uuid
-- > about text
-- > key_id uuid
-- > reason_sealed bytea
-- > about_sealed bytea
-- > not_by text[]
-- > requested_by text
-- > asked_during_call boolean
-- > priority integer
-- > status text
-- > requested_at timestamp with time zone
-- > not_before timestamp with time zone
-- > not_after timestamp with time zone
-- > due_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_by_name text
-- > claimed_until timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_at timestamp with time zone
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  external_id, external_system, now() AS now FROM callbacks
   WHERE customer_id = $1 AND ($2::text IS NULL OR CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END = $2) AND ($3::uuid IS NULL OR id < $3)
   ORDER BY id DESC LIMIT $4) b LEFT JOIN customers c ON c.id = b.customer_id ORDER BY b.id DESC;

-- callbacks.lapseClaims: write
-- $1 most bigint
-- > call_id uuid
WITH due AS (
  SELECT id, call_id FROM callbacks WHERE closed_at IS NULL AND status = 'claimed' AND claimed_until <= now() ORDER BY id LIMIT $1
    FOR UPDATE SKIP LOCKED
), lapsed AS (
  UPDATE callbacks b SET status = 'queued' FROM due WHERE b.id = due.id
  RETURNING b.id, b.customer_id, b.claimed_by AS lapsed_claim_of, due.call_id AS lapsed_call_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.callback.claim_lapsed', 'cbk', id, customer_id, lapsed_call_id,
    jsonb_build_object('by', lapsed_claim_of)
    FROM lapsed WHERE lapsed_claim_of IS NOT NULL
)
SELECT lapsed_call_id AS call_id FROM lapsed;

-- callbacks.numbers: read
-- $1 id uuid
-- > contact_point_id uuid
-- > value_sealed bytea
SELECT p.id AS contact_point_id, p.value_sealed FROM callbacks c JOIN contact_points p ON p.customer_id = c.customer_id AND p.kind = 'phone' AND p.since <= c.on_file_before AND (p.former_from IS NULL OR p.former_from > c.requested_at)
 WHERE c.id = $1 ORDER BY p.since, p.id LIMIT 50;

-- callbacks.ofChange: read
-- $1 changeId uuid
-- > id uuid
-- > status text
-- > verified_via text
-- > closed_by text
-- > closed_at timestamp with time zone
-- > claimed_by text
-- > claimed boolean
SELECT id, status, verified_via, closed_by, closed_at, claimed_by, status = 'claimed' AND claimed_until > now() AS claimed
  FROM callbacks WHERE change_id = $1 ORDER BY id;

-- callbacks.openQueue: read
-- $1 status text
-- $2 afterId uuid
-- $3 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > change_id uuid
-- > about text
-- > key_id uuid
-- > reason_sealed bytea
-- > about_sealed bytea
-- > not_by text[]
-- > requested_by text
-- > asked_during_call boolean
-- > priority integer
-- > status text
-- > requested_at timestamp with time zone
-- > not_before timestamp with time zone
-- > not_after timestamp with time zone
-- > due_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_by_name text
-- > claimed_until timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_at timestamp with time zone
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  external_id, external_system, now() AS now FROM callbacks
   WHERE closed_at IS NULL AND ($1::text IS NULL OR CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END = $1)
     AND ($2::uuid IS NULL OR (-priority, due_at, id) > (SELECT -a.priority, a.due_at, a.id FROM callbacks a WHERE a.id = $2))
   ORDER BY priority DESC, due_at, id LIMIT $3) b LEFT JOIN customers c ON c.id = b.customer_id
 ORDER BY b.priority DESC, b.due_at, b.id;

-- callbacks.queue: write
-- $1 id uuid
-- $2 reference text
-- $3 changeId uuid
-- $4 aboutId uuid
-- $5 about text
-- $6 keyId uuid
-- $7 reasonSealed bytea
-- $8 aboutSealed bytea
-- $9 notBy text[]
-- $10 requestedBy text
-- $11 priority integer
-- $12 contactAgeSeconds double precision
-- $13 notBefore timestamp with time zone
-- $14 notAfter timestamp with time zone
-- $15 dueAt timestamp with time zone
-- $16 externalId text
-- $17 externalSystem text
-- $18 customerId text
-- > id uuid
-- > reference text
-- > customer_id text
-- > change_id uuid
-- > about text
-- > key_id uuid
-- > reason_sealed bytea
-- > about_sealed bytea
-- > not_by text[]
-- > requested_by text
-- > asked_during_call boolean
-- > priority integer
-- > status text
-- > requested_at timestamp with time zone
-- > not_before timestamp with time zone
-- > not_after timestamp with time zone
-- > due_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_by_name text
-- > claimed_until timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_at timestamp with time zone
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
WITH queued AS (
  INSERT INTO callbacks (id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
    asked_during_call, priority,
                         on_file_before, not_before, not_after, due_at, external_id, external_system)
  SELECT $1, $2, c.id, $3::uuid,
         CASE WHEN EXISTS (SELECT FROM calls WHERE id = $4::uuid AND customer_id = c.id AND $5 LIKE 'call\_%')
           OR EXISTS (SELECT FROM changes WHERE id = $4 AND customer_id = c.id AND $5 LIKE 'chg\_%')
                OR EXISTS (SELECT FROM reports WHERE id = $4 AND customer_id = c.id
                  AND $5 LIKE 'rpt\_%') THEN $5::text END, $6, $7, $8, $9, $10,
         EXISTS (SELECT FROM calls k WHERE k.customer_id = c.id AND k.ended_at IS NULL AND k.expires_at > now()),
         $11, now() - make_interval(secs => $12), $13, $14, $15,
         $16, $17
    FROM customers c WHERE c.id = $18 AND c.key_id = $6
  RETURNING id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  external_id, external_system, now() AS now
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.callback.queued', 'cbk', id, customer_id,
    jsonb_build_object('reference', reference, 'dueAt', due_at, 'askedDuringCall', asked_during_call, 'about', about,
      'by', $10::text)
    FROM queued
)
SELECT * FROM queued;

-- callbacks.recordOutcome: write
-- $1 deviceAgeSeconds double precision
-- $2 id uuid
-- $3 agentId text
-- $4 status text
-- $5 retryAt timestamp with time zone
-- > held boolean
-- > call_id uuid
-- > recorded boolean
WITH held AS (
  SELECT b.id, b.call_id,
CASE WHEN EXISTS (SELECT FROM verifications v WHERE v.call_id = b.call_id AND v.kind = 'callback' AND v.status = 'confirmed') THEN 'app'
     WHEN EXISTS (SELECT FROM devices d WHERE d.customer_id = b.customer_id AND d.revoked_at IS NULL AND d.bank_proof_call_id = b.call_id
                     AND d.enrolled_at <= b.requested_at - make_interval(secs => $1)) THEN 'offline_code'
     WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = b.customer_id AND d.revoked_at IS NULL) THEN 'spoken' END AS via FROM callbacks b
   WHERE b.id = $2 AND b.status = 'claimed' AND b.claimed_by = $3 AND b.claimed_until > now() AND b.call_id IS NOT NULL FOR UPDATE
), done AS (
  UPDATE callbacks b
     SET attempts = b.attempts + 1, status = $4,
         verified_via = CASE WHEN $4 = 'verified' THEN held.via END,
         due_at = CASE WHEN $4 = 'queued' THEN $5::timestamptz ELSE b.due_at END,
         closed_at = CASE WHEN $4 <> 'queued' THEN now() END,
         closed_by = $3, claimed_until = now()
    FROM held WHERE b.id = held.id AND ($4 <> 'verified' OR held.via IS NOT NULL) AND ($4 <> 'verified' OR b.change_id IS NULL
      OR EXISTS (SELECT FROM changes ch WHERE ch.id = b.change_id AND ch.status = 'held' FOR SHARE))
  RETURNING b.id, b.customer_id, b.call_id, b.status, b.attempts, b.verified_via
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.callback.' || CASE WHEN status = 'queued' THEN 'not_answered' ELSE status END, 'cbk', id, customer_id, call_id,
    jsonb_build_object('attempts', attempts, 'via', verified_via, 'by', $3::text) FROM done
)
SELECT EXISTS (SELECT FROM held) AS held, held.call_id, done.id IS NOT NULL AS recorded FROM (SELECT) one LEFT JOIN held ON true
  LEFT JOIN done ON true;

-- calls.byId: read
-- $1 id uuid
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE id = $1) k
  LEFT JOIN customers c ON c.id = k.customer_id;

-- calls.byReference: read
-- $1 reference text
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > doubted boolean
SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live,
       EXISTS (SELECT FROM verifications v WHERE v.customer_id = calls.customer_id AND v.call_id = calls.id
                  AND v.status IN ('denied', 'reported')) AS doubted
  FROM calls WHERE reference = $1;

-- calls.callbackOf: read
-- $1 callId uuid
-- > reference text
-- > change_id uuid
-- > key_id uuid
-- > about_sealed bytea
SELECT reference, change_id, key_id, about_sealed FROM callbacks WHERE call_id = $1 AND status = 'claimed';

-- calls.declare: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 line text
-- $4 id uuid
-- $5 reference text
-- $6 direction text
-- $7 channel text
-- $8 purposeSealed bytea
-- $9 agentId text
-- $10 agentName text
-- $11 agentDepartment text
-- $12 declaredBy text
-- $13 externalId text
-- $14 externalSystem text
-- $15 callSeconds double precision
-- > customer_known boolean
-- > line_use text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND key_id = $2 FOR KEY SHARE
),
line AS (
  SELECT use FROM lines WHERE number = $3::text
), call AS (
  INSERT INTO calls (id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
    agent_department,
    declared_by, external_id, external_system, expires_at)
  SELECT $4, $5, customer.id, $6, $7, $3::text, $2, $8, $9, $10, $11,
    $12, $13, $14, now() + make_interval(secs => $15)
    FROM customer
   WHERE $3::text IS NULL OR EXISTS (SELECT FROM line WHERE line.use = 'outbound' OR $6 = 'inbound')
  RETURNING id, reference, customer_id, direction, channel, line, agent_id, agent_department, started_at, expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.declared', 'call', id, customer_id, id,
    jsonb_build_object('direction', direction, 'channel', channel, 'line', line, 'reference', reference,
      'agentId', agent_id, 'team', agent_department, 'by', $12::text)
    FROM call
)
SELECT EXISTS (SELECT FROM customer) AS customer_known, (SELECT use FROM line) AS line_use, call.started_at,
call.expires_at FROM (SELECT) one LEFT JOIN call ON true;

-- calls.declareAndVerify: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 line text
-- $4 id uuid
-- $5 reference text
-- $6 direction text
-- $7 channel text
-- $8 purposeSealed bytea
-- $9 agentId text
-- $10 agentName text
-- $11 agentDepartment text
-- $12 declaredBy text
-- $13 externalId text
-- $14 externalSystem text
-- $15 callSeconds double precision
-- $16 changeId uuid
-- $17 promptsPerMinute bigint
-- $18 promptsSinceConfirmed integer
-- $19 kind text
-- $20 verificationId uuid
-- $21 displaySealed bytea
-- $22 challenge text
-- $23 asks text[]
-- $24 codeMac bytea
-- $25 attemptsAllowed integer
-- $26 policyVersion integer
-- $27 startedBy text
-- $28 verificationSeconds double precision
-- $29 displayCommitment text
-- > customer_known boolean
-- > line_use text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > decision text
-- > retry_after integer
-- > verification_id uuid
-- > verification_expires_at timestamp with time zone
-- > attempts_left integer
WITH customer AS (
  SELECT id, locked_at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
   WHERE id = $1 AND key_id = $2 FOR UPDATE
),
line AS (
  SELECT use FROM lines WHERE number = $3::text
), call AS (
  INSERT INTO calls (id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
    agent_department,
    declared_by, external_id, external_system, expires_at)
  SELECT $4, $5, customer.id, $6, $7, $3::text, $2, $8, $9, $10, $11,
    $12, $13, $14, now() + make_interval(secs => $15)
    FROM customer
   WHERE $3::text IS NULL OR EXISTS (SELECT FROM line WHERE line.use = 'outbound' OR $6 = 'inbound')
  RETURNING id, reference, customer_id, direction, channel, line, agent_id, agent_department, started_at, expires_at
),
asked AS (
  SELECT call.id AS call_id, $16::uuid AS change_id, direction,
    CASE WHEN direction = 'outbound' THEN started_at END AS display_time FROM call
),
gate AS (
  SELECT customer.id AS customer_id, asked.call_id, asked.change_id, asked.direction, asked.display_time,
    CASE
      WHEN customer.locked_at IS NOT NULL THEN 'locked'
      WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = customer.id AND d.revoked_at IS NULL) THEN 'no_device'
      WHEN recent.last_minute >= $17
        OR (customer.prompts_since_confirmed >= $18
          AND recent.last_at > now() - interval '24 hours') THEN 'push_budget'
      ELSE 'ask'
    END AS decision,
    ceil(extract(epoch FROM
      CASE WHEN customer.prompts_since_confirmed >= $18 THEN recent.last_at + interval '24 hours'
        ELSE recent.first_at + interval '1 minute' END - now()))::int AS retry_after,
    coalesce(recent.last_at < now() - interval '24 hours', false) AS rested
  FROM asked, customer, LATERAL (
    SELECT count(*) FILTER (WHERE at > now() - interval '1 minute') AS last_minute,
           min(at) FILTER (WHERE at > now() - interval '1 minute') AS first_at, max(at) AS last_at
      FROM unnest(customer.recent_prompts) AS at) recent
), displaced AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM gate WHERE gate.decision = 'ask' AND v.customer_id = $1 AND v.customer_id > '' AND v.kind = $19
      AND ($19 <> 'change' OR v.change_id = gate.change_id) AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), counted AS (
  UPDATE customers c
     SET prompts_since_confirmed = CASE WHEN gate.rested THEN 1 ELSE c.prompts_since_confirmed + 1 END,
         recent_prompts = (c.recent_prompts || now())[greatest(1, cardinality(c.recent_prompts) - 18):]
    FROM gate WHERE gate.decision = 'ask' AND c.id = gate.customer_id
), started AS (
  INSERT INTO verifications (id, customer_id, kind, call_id, change_id, direction, key_id, display_sealed, display_time, challenge,
    asks, code_mac,
                             attempts_allowed, policy_version, started_by, expires_at)
  SELECT $20, gate.customer_id, $19, gate.call_id, gate.change_id, gate.direction, $2, $21,
         gate.display_time, $22, $23, $24,
         $25, $26, $27, now() + make_interval(secs => $28)
    FROM gate, (SELECT count(*) FROM displaced) settled
   WHERE gate.decision = 'ask'
  RETURNING id, customer_id, call_id, change_id, kind, direction, status, expires_at, policy_version, display_time, challenge
), start_logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.declared', 'call', id, customer_id, id,
    jsonb_build_object('direction', direction, 'channel', channel, 'line', line, 'reference', reference,
      'agentId', agent_id, 'team', agent_department, 'by', $12::text)
    FROM call
  UNION ALL
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'displaced') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM displaced
  UNION ALL
  SELECT 'countersign.verification.started', 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'policyVersion', policy_version, 'by', $27::text,
      'displayCommitment', $29::text, 'displayTime', display_time, 'challengeHash', encode(sha256(convert_to(challenge, 'UTF8')), 'hex')) FROM started
  UNION ALL
  SELECT 'countersign.verification.refused', CASE WHEN gate.call_id IS NULL THEN 'chg' ELSE 'call' END, coalesce(gate.call_id, gate.change_id), gate.customer_id, gate.call_id,
    jsonb_build_object('because', gate.decision) FROM gate WHERE decision <> 'ask'
)
SELECT EXISTS (SELECT FROM customer) AS customer_known, (SELECT use FROM line) AS line_use, call.started_at,
call.expires_at, gate.decision, gate.retry_after, started.id AS verification_id, started.expires_at AS verification_expires_at,
greatest(0, $25::int - (SELECT code_failures FROM customer)) AS attempts_left FROM (SELECT) one LEFT JOIN call ON true LEFT JOIN gate ON true LEFT JOIN started ON true;

-- calls.declareTogether: write
-- $1 ids uuid[]
-- $2 references text[]
-- $3 customerIds text[]
-- $4 keyIds uuid[]
-- $5 directions text[]
-- $6 channels text[]
-- $7 lines text[]
-- $8 purposes bytea[]
-- $9 agentIds text[]
-- $10 agentNames text[]
-- $11 departments text[]
-- $12 declaredBys text[]
-- $13 externalIds text[]
-- $14 externalSystems text[]
-- $15 callSeconds integer[]
-- $16 verificationIds uuid[]
-- $17 displays bytea[]
-- $18 commitments text[]
-- $19 challenges text[]
-- $20 codeMacs bytea[]
-- $21 startedBys text[]
-- $22 policyVersions integer[]
-- $23 attempts integer[]
-- $24 verificationSeconds integer[]
-- $25 perMinute integer[]
-- $26 sinceConfirmed integer[]
-- > id uuid
-- > line_use text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > verification_expires_at timestamp with time zone
-- > attempts_left integer
WITH asked AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[],
      $7::text[], $8::bytea[], $9::text[], $10::text[], $11::text[], $12::text[],
      $13::text[], $14::text[], $15::int[], $16::uuid[], $17::bytea[],
      $18::text[], $19::text[], $20::bytea[], $21::text[], $22::int[], $23::int[],
      $24::int[], $25::int[], $26::int[])
    AS a (id, reference, customer_id, key_id, direction, channel, line, purpose_sealed, agent_id, agent_name, agent_department,
      declared_by, external_id, external_system, call_seconds, verification_id, display_sealed, display_commitment, challenge, code_mac,
      started_by, policy_version, attempts_allowed, verification_seconds, per_minute, since_confirmed)
), customer AS MATERIALIZED (
  SELECT asked.*, c.at, c.code_failures, c.prompts_since_confirmed, c.recent_prompts,
         (SELECT l.use FROM lines l WHERE l.number = asked.line LIMIT 1) AS line_use
    FROM asked
   CROSS JOIN LATERAL (SELECT ctid AS at FROM customers WHERE id = asked.customer_id LIMIT 1) seen
   CROSS JOIN LATERAL (SELECT ctid AS at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
     WHERE id = asked.customer_id AND key_id = asked.key_id AND locked_at IS NULL LIMIT 1 FOR UPDATE SKIP LOCKED) c
   WHERE c.at = seen.at
), ready AS MATERIALIZED (
  SELECT customer.*, coalesce(recent.last_at < now() - interval '24 hours', false) AS rested, now() AS started_at,
         CASE WHEN customer.direction = 'outbound' THEN now() END AS display_time
    FROM customer, LATERAL (
    SELECT count(*) FILTER (WHERE at > now() - interval '1 minute') AS last_minute,
           min(at) FILTER (WHERE at > now() - interval '1 minute') AS first_at, max(at) AS last_at
      FROM unnest(customer.recent_prompts) AS at) recent
   WHERE NOT (recent.last_minute >= customer.per_minute
        OR (customer.prompts_since_confirmed >= customer.since_confirmed
          AND recent.last_at > now() - interval '24 hours'))
     AND (SELECT true FROM devices d WHERE d.customer_id = customer.customer_id AND d.revoked_at IS NULL LIMIT 1)
     AND (SELECT true FROM verifications v WHERE v.customer_id = customer.customer_id AND v.customer_id > '' AND v.kind = 'call'
       AND v.status = 'waiting' LIMIT 1) IS NULL
     AND (customer.line IS NULL OR customer.line_use = 'outbound'
       OR (customer.line_use IS NOT NULL AND customer.direction = 'inbound'))
), call AS (
  INSERT INTO calls (id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
    agent_department, declared_by, external_id, external_system, expires_at)
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
         declared_by, external_id, external_system, now() + make_interval(secs => call_seconds)
    FROM ready
), counted AS (
  UPDATE customers c
     SET prompts_since_confirmed = CASE WHEN ready.rested THEN 1 ELSE c.prompts_since_confirmed + 1 END,
         recent_prompts = (c.recent_prompts || now())[greatest(1, cardinality(c.recent_prompts) - 18):]
    FROM ready WHERE c.ctid = ready.at AND c.id = ready.customer_id
), started AS (
  INSERT INTO verifications (id, customer_id, kind, call_id, direction, key_id, display_sealed, display_time,
                             challenge, asks, code_mac, attempts_allowed, policy_version, started_by, expires_at)
  SELECT verification_id, customer_id, 'call', id, direction, key_id, display_sealed, display_time, challenge, '{answer,code}', code_mac,
         attempts_allowed, policy_version, started_by, now() + make_interval(secs => verification_seconds)
    FROM ready
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.declared', 'call', id, customer_id, id,
    jsonb_build_object('direction', direction, 'channel', channel, 'line', line, 'reference', reference,
      'agentId', agent_id, 'team', agent_department, 'by', declared_by)
    FROM ready
  UNION ALL
  SELECT 'countersign.verification.started', 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'policyVersion', policy_version, 'by', started_by,
      'displayCommitment', display_commitment, 'displayTime', display_time, 'challengeHash', encode(sha256(convert_to(challenge, 'UTF8')), 'hex')) FROM (SELECT verification_id AS id, customer_id, id AS call_id, 'call' AS kind, direction, policy_version, started_by,
      display_commitment, display_time, challenge FROM ready) started
)
SELECT id, line_use, started_at, now() + make_interval(secs => call_seconds) AS expires_at,
       now() + make_interval(secs => verification_seconds) AS verification_expires_at,
       greatest(0, attempts_allowed - code_failures) AS attempts_left
  FROM ready;

-- calls.end: write
-- $1 id uuid
-- $2 owner text
-- $3 author text
-- > id uuid
WITH ended AS (
  UPDATE calls k SET ended_at = least(now(), k.expires_at) WHERE k.id = $1 AND k.ended_at IS NULL AND k.expires_at > now() AND ($2::text IS NULL OR k.agent_id = $2)
  AND k.ended_at IS NULL
  RETURNING k.id, k.customer_id, k.expires_at <= now() AS lapsed
), cancelled AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM ended WHERE v.call_id = ended.id AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'call_ended') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.call.ended', 'call', id, customer_id, id,
    CASE WHEN lapsed THEN '{"because":"lapsed"}' ELSE jsonb_build_object('because', 'hung_up', 'by', $3::text) END
    FROM ended
)
SELECT id FROM ended;

-- calls.handOver: write
-- $1 to text
-- $2 id uuid
-- $3 owner text
-- $4 teamToTakeFrom text
-- $5 author text
-- > id uuid
WITH handed AS (
  UPDATE calls k SET transfer_to = $1 WHERE k.id = $2 AND k.ended_at IS NULL AND k.expires_at > now()
    AND (k.agent_id = $3 OR $3::text IS NULL OR k.agent_department = $4::text)
  RETURNING k.id, k.customer_id, k.agent_id, k.agent_department
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.transferred', 'call', id, customer_id, id,
    jsonb_build_object('from', agent_id, 'fromTeam', agent_department, 'to', $1::text, 'by', $5::text) FROM handed
)
SELECT id FROM handed;

-- calls.hold: write
-- $1 id uuid
SELECT FROM calls WHERE id = $1 FOR NO KEY UPDATE;

-- calls.holdCallback: write
-- $1 id uuid
SELECT FROM callbacks WHERE call_id = $1 ORDER BY id FOR NO KEY UPDATE;

-- calls.lapse: write
-- $1 most bigint
-- > id uuid
WITH due AS (
  SELECT id FROM calls WHERE ended_at IS NULL AND expires_at > '-infinity' AND expires_at <= now() ORDER BY expires_at LIMIT $1
    FOR UPDATE SKIP LOCKED
), ended AS (
  UPDATE calls k SET ended_at = least(now(), k.expires_at) FROM due WHERE k.id = due.id
  AND k.ended_at IS NULL
  RETURNING k.id, k.customer_id, k.expires_at <= now() AS lapsed
), cancelled AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM ended WHERE v.call_id = ended.id AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'call_ended') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.call.ended', 'call', id, customer_id, id,
    CASE WHEN lapsed THEN '{"because":"lapsed"}' ELSE '{"because":"lapsed"}'::jsonb END
    FROM ended
)
SELECT id FROM ended;

-- calls.list: read
-- $1 customerId text
-- $2 agentId text
-- $3 team text
-- $4 externalId text
-- $5 externalSystem text
-- $6 before uuid
-- $7 ended boolean
-- $8 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE true AND ($1::text IS NULL OR customer_id = $1) AND ($2::text IS NULL OR agent_id = $2)
     AND ($3::text IS NULL OR agent_department = $3) AND ($4::text IS NULL OR external_id = $4)
     AND ($5::text IS NULL OR external_system = $5)
     AND ($6::uuid IS NULL OR id < $6) AND (NOT $7::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $8) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listByExternalId: read
-- $1 externalId text
-- $2 customerId text
-- $3 agentId text
-- $4 team text
-- $5 externalSystem text
-- $6 before uuid
-- $7 ended boolean
-- $8 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE external_id = $1 AND ($2::text IS NULL OR customer_id = $2) AND ($3::text IS NULL OR agent_id = $3)
     AND ($4::text IS NULL OR agent_department = $4) AND ($1::text IS NULL OR external_id = $1)
     AND ($5::text IS NULL OR external_system = $5)
     AND ($6::uuid IS NULL OR id < $6) AND (NOT $7::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $8) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listLive: read
-- $1 customerId text
-- $2 agentId text
-- $3 team text
-- $4 externalId text
-- $5 externalSystem text
-- $6 before uuid
-- $7 all boolean
-- $8 me text
-- $9 myTeam text
-- $10 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  WITH live AS MATERIALIZED (
    SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls
     WHERE ended_at IS NULL AND expires_at > '-infinity' AND expires_at > now() AND ($1::text IS NULL OR customer_id = $1) AND ($2::text IS NULL OR agent_id = $2)
     AND ($3::text IS NULL OR agent_department = $3) AND ($4::text IS NULL OR external_id = $4)
     AND ($5::text IS NULL OR external_system = $5)
     AND ($6::uuid IS NULL OR id < $6) AND ($7::boolean OR (agent_id = $8 OR transfer_to = $8 OR agent_department = $9))
  )
  SELECT * FROM live ORDER BY id DESC LIMIT $10) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listOfAgent: read
-- $1 agentId text
-- $2 customerId text
-- $3 team text
-- $4 externalId text
-- $5 externalSystem text
-- $6 before uuid
-- $7 ended boolean
-- $8 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE agent_id = $1 AND ($2::text IS NULL OR customer_id = $2) AND ($1::text IS NULL OR agent_id = $1)
     AND ($3::text IS NULL OR agent_department = $3) AND ($4::text IS NULL OR external_id = $4)
     AND ($5::text IS NULL OR external_system = $5)
     AND ($6::uuid IS NULL OR id < $6) AND (NOT $7::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $8) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listOfCustomer: read
-- $1 customerId text
-- $2 agentId text
-- $3 team text
-- $4 externalId text
-- $5 externalSystem text
-- $6 before uuid
-- $7 ended boolean
-- $8 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE customer_id = $1 AND ($1::text IS NULL OR customer_id = $1) AND ($2::text IS NULL OR agent_id = $2)
     AND ($3::text IS NULL OR agent_department = $3) AND ($4::text IS NULL OR external_id = $4)
     AND ($5::text IS NULL OR external_system = $5)
     AND ($6::uuid IS NULL OR id < $6) AND (NOT $7::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $8) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listOfTeam: read
-- $1 team text
-- $2 customerId text
-- $3 agentId text
-- $4 externalId text
-- $5 externalSystem text
-- $6 before uuid
-- $7 ended boolean
-- $8 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE agent_department = $1 AND ($2::text IS NULL OR customer_id = $2) AND ($3::text IS NULL OR agent_id = $3)
     AND ($1::text IS NULL OR agent_department = $1) AND ($4::text IS NULL OR external_id = $4)
     AND ($5::text IS NULL OR external_system = $5)
     AND ($6::uuid IS NULL OR id < $6) AND (NOT $7::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $8) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listSeen: read
-- $1 me text
-- $2 customerId text
-- $3 agentId text
-- $4 team text
-- $5 externalId text
-- $6 externalSystem text
-- $7 before uuid
-- $8 ended boolean
-- $9 most bigint
-- $10 myTeam text
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT * FROM ((
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE agent_id = $1 AND ($2::text IS NULL OR customer_id = $2) AND ($3::text IS NULL OR agent_id = $3)
     AND ($4::text IS NULL OR agent_department = $4) AND ($5::text IS NULL OR external_id = $5)
     AND ($6::text IS NULL OR external_system = $6)
     AND ($7::uuid IS NULL OR id < $7) AND (NOT $8::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $9) UNION (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE agent_department = $10 AND ($2::text IS NULL OR customer_id = $2) AND ($3::text IS NULL OR agent_id = $3)
     AND ($4::text IS NULL OR agent_department = $4) AND ($5::text IS NULL OR external_id = $5)
     AND ($6::text IS NULL OR external_system = $6)
     AND ($7::uuid IS NULL OR id < $7) AND (NOT $8::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $9)) mine ORDER BY id DESC LIMIT $9) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listSeenOfAgent: read
-- $1 agentId text
-- $2 me text
-- $3 myTeam text
-- $4 customerId text
-- $5 team text
-- $6 externalId text
-- $7 externalSystem text
-- $8 before uuid
-- $9 ended boolean
-- $10 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE agent_id = $1 AND (agent_id = $2 OR transfer_to = $2 OR agent_department = $3) AND ($4::text IS NULL OR customer_id = $4) AND ($1::text IS NULL OR agent_id = $1)
     AND ($5::text IS NULL OR agent_department = $5) AND ($6::text IS NULL OR external_id = $6)
     AND ($7::text IS NULL OR external_system = $7)
     AND ($8::uuid IS NULL OR id < $8) AND (NOT $9::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $10) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.listSeenOfTeam: read
-- $1 team text
-- $2 me text
-- $3 myTeam text
-- $4 customerId text
-- $5 agentId text
-- $6 externalId text
-- $7 externalSystem text
-- $8 before uuid
-- $9 ended boolean
-- $10 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
-- > channel text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
-- > transfer_to text
-- > external_id text
-- > external_system text
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, channel, line, key_id, purpose_sealed, agent_id, agent_name,
agent_department, started_at, expires_at, ended_at, relay_suspected_at, transfer_to, external_id, external_system,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE agent_department = $1 AND (agent_id = $2 OR transfer_to = $2 OR agent_department = $3) AND ($4::text IS NULL OR customer_id = $4) AND ($5::text IS NULL OR agent_id = $5)
     AND ($1::text IS NULL OR agent_department = $1) AND ($6::text IS NULL OR external_id = $6)
     AND ($7::text IS NULL OR external_system = $7)
     AND ($8::uuid IS NULL OR id < $8) AND (NOT $9::boolean OR NOT (calls.ended_at IS NULL AND calls.expires_at > now()))
   ORDER BY id DESC LIMIT $10) k LEFT JOIN customers c ON c.id = k.customer_id
 ORDER BY k.id DESC;

-- calls.startVerification: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 callId uuid
-- $4 agentId text
-- $5 agentName text
-- $6 agentDepartment text
-- $7 changeId uuid
-- $8 promptsPerMinute bigint
-- $9 promptsSinceConfirmed integer
-- $10 kind text
-- $11 verificationId uuid
-- $12 displaySealed bytea
-- $13 challenge text
-- $14 asks text[]
-- $15 codeMac bytea
-- $16 attemptsAllowed integer
-- $17 policyVersion integer
-- $18 startedBy text
-- $19 verificationSeconds double precision
-- $20 displayCommitment text
-- > customer_known boolean
-- > call_live boolean
-- > decision text
-- > retry_after integer
-- > verification_id uuid
-- > verification_expires_at timestamp with time zone
-- > attempts_left integer
WITH customer AS (
  SELECT id, locked_at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
   WHERE id = $1 AND key_id = $2 FOR UPDATE
), call AS (
  SELECT k.id, k.customer_id, k.direction, k.started_at FROM calls k, customer
   WHERE k.id = $3 AND k.customer_id = customer.id AND k.ended_at IS NULL AND k.expires_at > now() AND k.agent_id = $4
     AND k.agent_name = $5 AND k.agent_department IS NOT DISTINCT FROM $6 FOR SHARE OF k
),
asked AS (
  SELECT call.id AS call_id, $7::uuid AS change_id, direction,
    CASE WHEN direction = 'outbound' THEN started_at END AS display_time FROM call
),
gate AS (
  SELECT customer.id AS customer_id, asked.call_id, asked.change_id, asked.direction, asked.display_time,
    CASE
      WHEN customer.locked_at IS NOT NULL THEN 'locked'
      WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = customer.id AND d.revoked_at IS NULL) THEN 'no_device'
      WHEN recent.last_minute >= $8
        OR (customer.prompts_since_confirmed >= $9
          AND recent.last_at > now() - interval '24 hours') THEN 'push_budget'
      ELSE 'ask'
    END AS decision,
    ceil(extract(epoch FROM
      CASE WHEN customer.prompts_since_confirmed >= $9 THEN recent.last_at + interval '24 hours'
        ELSE recent.first_at + interval '1 minute' END - now()))::int AS retry_after,
    coalesce(recent.last_at < now() - interval '24 hours', false) AS rested
  FROM asked, customer, LATERAL (
    SELECT count(*) FILTER (WHERE at > now() - interval '1 minute') AS last_minute,
           min(at) FILTER (WHERE at > now() - interval '1 minute') AS first_at, max(at) AS last_at
      FROM unnest(customer.recent_prompts) AS at) recent
), displaced AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM gate WHERE gate.decision = 'ask' AND v.customer_id = $1 AND v.customer_id > '' AND v.kind = $10
      AND ($10 <> 'change' OR v.change_id = gate.change_id) AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), counted AS (
  UPDATE customers c
     SET prompts_since_confirmed = CASE WHEN gate.rested THEN 1 ELSE c.prompts_since_confirmed + 1 END,
         recent_prompts = (c.recent_prompts || now())[greatest(1, cardinality(c.recent_prompts) - 18):]
    FROM gate WHERE gate.decision = 'ask' AND c.id = gate.customer_id
), started AS (
  INSERT INTO verifications (id, customer_id, kind, call_id, change_id, direction, key_id, display_sealed, display_time, challenge,
    asks, code_mac,
                             attempts_allowed, policy_version, started_by, expires_at)
  SELECT $11, gate.customer_id, $10, gate.call_id, gate.change_id, gate.direction, $2, $12,
         gate.display_time, $13, $14, $15,
         $16, $17, $18, now() + make_interval(secs => $19)
    FROM gate, (SELECT count(*) FROM displaced) settled
   WHERE gate.decision = 'ask'
  RETURNING id, customer_id, call_id, change_id, kind, direction, status, expires_at, policy_version, display_time, challenge
), start_logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'displaced') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM displaced
  UNION ALL
  SELECT 'countersign.verification.started', 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'policyVersion', policy_version, 'by', $18::text,
      'displayCommitment', $20::text, 'displayTime', display_time, 'challengeHash', encode(sha256(convert_to(challenge, 'UTF8')), 'hex')) FROM started
  UNION ALL
  SELECT 'countersign.verification.refused', CASE WHEN gate.call_id IS NULL THEN 'chg' ELSE 'call' END, coalesce(gate.call_id, gate.change_id), gate.customer_id, gate.call_id,
    jsonb_build_object('because', gate.decision) FROM gate WHERE decision <> 'ask'
)
SELECT EXISTS (SELECT FROM customer) AS customer_known, EXISTS (SELECT FROM call) AS call_live, gate.decision, gate.retry_after, started.id AS verification_id, started.expires_at AS verification_expires_at,
greatest(0, $16::int - (SELECT code_failures FROM customer)) AS attempts_left
  FROM (SELECT) one LEFT JOIN gate ON true LEFT JOIN started ON true;

-- calls.takeOver: write
-- $1 agentId text
-- $2 id uuid
-- $3 agentName text
-- $4 agentDepartment text
-- $5 teamToTakeFrom text
-- > taken boolean
-- > barred boolean
WITH before AS (
  SELECT id, agent_id, agent_name, agent_department, transfer_to, EXISTS (SELECT FROM callbacks b WHERE b.call_id = calls.id AND b.status = 'claimed' AND $1 = ANY(b.not_by)) AS barred FROM calls WHERE id = $2
), taken AS (
  UPDATE calls k SET agent_id = $1, agent_name = $3, agent_department = $4, transfer_to = NULL
   WHERE k.id = $2 AND k.ended_at IS NULL AND k.expires_at > now() AND (k.agent_id = $1 OR k.transfer_to = $1 OR k.agent_department = $5::text) AND NOT EXISTS (SELECT FROM callbacks b WHERE b.call_id = k.id AND b.status = 'claimed' AND $1 = ANY(b.not_by))
  RETURNING k.id, k.customer_id
), moved AS (
  SELECT taken.id, taken.customer_id, before.agent_id, before.agent_department,
    CASE WHEN before.agent_id = $1 THEN 'taken_back' WHEN before.transfer_to = $1 THEN 'transferred'
      ELSE 'supervisor' END AS because,
    (before.agent_id, before.agent_name, before.agent_department)
      IS DISTINCT FROM ($1::text, $3::text, $4::text) AS shown_anew
    FROM taken, before
   WHERE before.agent_id <> $1 OR before.transfer_to IS NOT NULL OR before.agent_name <> $3
      OR before.agent_department IS DISTINCT FROM $4
), claim AS (
  UPDATE callbacks b SET claimed_by = $1, claimed_by_name = $3 FROM taken
   WHERE b.call_id = taken.id AND b.status = 'claimed' RETURNING b.id
), cancelled AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM moved WHERE v.call_id = moved.id AND moved.shown_anew AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'call_taken_over') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.call.taken_over', 'call', id, customer_id, id,
    jsonb_build_object('from', agent_id, 'fromTeam', agent_department, 'to', $1::text, 'team', $4::text,
      'because', because) FROM moved
)
SELECT EXISTS (SELECT FROM taken) AS taken, coalesce((SELECT barred FROM before), false) AS barred;

-- campaigns.adopt: write
-- $1 campaignId uuid
-- $2 kinds text[]
-- $3 values text[]
-- $4 windowSeconds double precision
-- $5 minimumReach integer
-- > kind text
-- > value text
WITH campaign AS (
  SELECT id FROM campaigns WHERE id = $1 AND closed_at IS NULL FOR SHARE
)
INSERT INTO campaign_indicators (campaign_id, kind, value)
SELECT campaign.id, given.kind, given.value
  FROM campaign, unnest($2::text[], $3::text[]) AS given (kind, value), LATERAL (
    SELECT count(*) AS customers, count(c.customer_id) AS ours FROM (
      SELECT i.customer_id FROM report_indicators i
       WHERE i.kind = given.kind AND i.value = given.value AND i.counts
         AND i.last_seen_at > now() - make_interval(secs => $4) ORDER BY i.last_seen_at DESC
           LIMIT 4 * $5::int) recent
      LEFT JOIN campaign_customers c ON c.campaign_id = $1 AND c.customer_id = recent.customer_id) counted
 WHERE counted.ours >= $5 AND 2 * counted.ours > counted.customers
   AND NOT EXISTS (SELECT FROM campaign_indicators live WHERE live.kind = given.kind AND live.value = given.value
     AND live.closed_at IS NULL)
ON CONFLICT DO NOTHING
RETURNING kind, value;

-- campaigns.attach: write
-- $1 campaignId uuid
-- $2 kinds text[]
-- $3 values text[]
-- $4 windowSeconds double precision
-- $5 opening boolean
-- > id uuid
-- > reach integer
-- > first_seen_at timestamp with time zone
-- > now timestamp with time zone
WITH campaign AS (
  SELECT id FROM campaigns WHERE id = $1 AND closed_at IS NULL FOR UPDATE
), seen AS (
  SELECT DISTINCT i.report_id FROM unnest($2::text[], $3::text[]) AS given (kind, value)
    JOIN report_indicators i ON i.kind = given.kind AND i.value = given.value
      AND i.last_seen_at > now() - make_interval(secs => $4)
),
free AS (
  SELECT r.id FROM reports r, seen, campaign WHERE r.id = seen.report_id AND r.campaign_id IS NULL ORDER BY r.id FOR UPDATE OF r
), attached AS (
  UPDATE reports r SET campaign_id = campaign.id, clustered_at = coalesce(r.clustered_at, clock_timestamp())
    FROM campaign, free WHERE r.id = free.id
  RETURNING r.customer_id, r.campaign_id, r.reported_at, r.counts
), newcomers AS (
  INSERT INTO campaign_customers (campaign_id, customer_id) SELECT DISTINCT campaign_id, customer_id FROM attached WHERE counts
    ON CONFLICT DO NOTHING RETURNING customer_id
), minutes AS (
  INSERT INTO campaign_minutes AS m (campaign_id, minute, reports, customers)
  SELECT a.campaign_id, a.minute, count(*),
    count(*) FILTER (WHERE a.counts AND a.nth = 1 AND a.customer_id IN (SELECT customer_id FROM newcomers))
    FROM (SELECT campaign_id, customer_id, counts, date_trunc('minute', reported_at) AS minute,
      row_number() OVER (PARTITION BY customer_id, counts ORDER BY reported_at) AS nth FROM attached) a
   GROUP BY a.campaign_id, a.minute
  ON CONFLICT (tenant_id, campaign_id, minute) DO UPDATE SET reports = m.reports + excluded.reports,
    customers = m.customers + excluded.customers
), grown AS (
  UPDATE campaigns g
     SET reports = g.reports + a.made, reach = g.reach + (SELECT count(*) FROM newcomers),
       first_seen_at = LEAST(g.first_seen_at, a.first_at), last_seen_at = GREATEST(g.last_seen_at, a.last_at)
    FROM (SELECT campaign_id, count(*) AS made, min(reported_at) AS first_at, max(reported_at) FILTER (WHERE counts) AS last_at
      FROM attached GROUP BY campaign_id) a
   WHERE g.id = a.campaign_id
  RETURNING g.id, g.reach, g.reports, g.first_seen_at
), told AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT CASE WHEN $5 THEN 'countersign.campaign.opened' ELSE 'countersign.campaign.grew' END, 'cmp', id,
    jsonb_build_object('customers', reach, 'reports', reports, 'since', first_seen_at)
    FROM grown, (SELECT count(*) AS more FROM newcomers) n
   WHERE $5 OR length(ltrim(reach::bit(32)::text, '0')) > length(ltrim((reach - n.more)::int::bit(32)::text, '0'))
)
SELECT id, reach, first_seen_at, now() AS now FROM grown;

-- campaigns.byId: read
-- $1 id uuid
-- > id uuid
-- > opened_at timestamp with time zone
-- > first_seen_at timestamp with time zone
-- > last_seen_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > reach integer
-- > reports integer
-- > last_minute integer
-- > indicators jsonb
SELECT g.id, g.opened_at, g.first_seen_at, g.last_seen_at, g.closed_at, g.reach, g.reports,
coalesce((SELECT m.reports FROM campaign_minutes m WHERE m.campaign_id = g.id
  AND m.minute = date_trunc('minute', now()) - interval '1 minute'), 0) AS last_minute,
coalesce((SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value) ORDER BY i.added_at, i.value)
  FROM (SELECT * FROM campaign_indicators i WHERE i.campaign_id = g.id ORDER BY i.kind = 'wording', i.added_at, i.value LIMIT 200) i),
    '[]') AS indicators FROM campaigns g WHERE g.id = $1;

-- campaigns.close: write
-- $1 quietSeconds double precision
-- $2 most bigint
-- > id uuid
WITH due AS (
  SELECT id FROM campaigns WHERE closed_at IS NULL AND last_seen_at < now() - make_interval(secs => $1) ORDER BY id
    LIMIT $2 FOR UPDATE SKIP LOCKED
), closed AS (
  UPDATE campaigns g SET closed_at = clock_timestamp() FROM due WHERE g.id = due.id RETURNING g.id, g.reach, g.reports, g.first_seen_at,
    g.last_seen_at
), retired AS (
  UPDATE campaign_indicators i SET closed_at = clock_timestamp() FROM closed WHERE i.campaign_id = closed.id AND i.closed_at IS NULL
), told AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.campaign.closed', 'cmp', id,
    jsonb_build_object('customers', reach, 'reports', reports, 'since', first_seen_at, 'lastSeenAt', last_seen_at) FROM closed
)
SELECT id FROM closed;

-- campaigns.deleteOld: write
-- $1 days integer
-- $2 most bigint
-- > deleted integer
WITH due AS (
  SELECT id FROM campaigns g WHERE closed_at < now() - make_interval(days => $1)
    AND NOT EXISTS (SELECT FROM reports r WHERE r.campaign_id = g.id)
   ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
), seen AS MATERIALIZED (
  SELECT ARRAY(SELECT c.ctid FROM campaign_customers c JOIN due ON c.campaign_id = due.id LIMIT $2) AS places
), deleted AS (
  DELETE FROM campaign_customers WHERE ctid = ANY((SELECT places FROM seen)::tid[]) RETURNING 1
), ended AS (
  DELETE FROM campaigns g USING due, seen WHERE g.id = due.id AND cardinality(places) < $2 RETURNING g.id
), indicators AS (
  DELETE FROM campaign_indicators i USING ended WHERE i.campaign_id = ended.id
), minutes AS (
  DELETE FROM campaign_minutes m USING ended WHERE m.campaign_id = ended.id
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.campaign.deleted', 'cmp', id,
    jsonb_build_object('olderThanDays', $1::int) FROM ended
)
SELECT ((SELECT count(*) FROM deleted) + (SELECT count(*) FROM ended))::int AS deleted;

-- campaigns.forgetOldIndicators: write
-- $1 most bigint
-- > forgotten integer
WITH gone AS (
  DELETE FROM report_indicators WHERE ctid = ANY(ARRAY(SELECT ctid FROM report_indicators
    WHERE last_seen_at < now() - interval '26 hours' LIMIT $1)) RETURNING 1
)
SELECT count(*)::int AS forgotten FROM gone;

-- campaigns.join: write
-- $1 kinds text[]
-- $2 values text[]
-- $3 reportId uuid
-- $4 opening boolean
-- > id uuid
-- > reach integer
-- > first_seen_at timestamp with time zone
-- > now timestamp with time zone
WITH campaign AS (
  SELECT g.id FROM campaigns g
   WHERE g.closed_at IS NULL AND g.id = (
     SELECT i.campaign_id FROM unnest($1::text[], $2::text[]) AS given (kind, value)
       JOIN campaign_indicators i ON i.kind = given.kind AND i.value = given.value AND i.closed_at IS NULL
      ORDER BY i.campaign_id LIMIT 1)
     FOR UPDATE OF g
), seen AS (
  SELECT $3::uuid AS report_id
),
free AS (
  SELECT r.id FROM reports r, seen, campaign WHERE r.id = seen.report_id AND r.campaign_id IS NULL ORDER BY r.id FOR UPDATE OF r
), attached AS (
  UPDATE reports r SET campaign_id = campaign.id, clustered_at = coalesce(r.clustered_at, clock_timestamp())
    FROM campaign, free WHERE r.id = free.id
  RETURNING r.customer_id, r.campaign_id, r.reported_at, r.counts
), newcomers AS (
  INSERT INTO campaign_customers (campaign_id, customer_id) SELECT DISTINCT campaign_id, customer_id FROM attached WHERE counts
    ON CONFLICT DO NOTHING RETURNING customer_id
), minutes AS (
  INSERT INTO campaign_minutes AS m (campaign_id, minute, reports, customers)
  SELECT a.campaign_id, a.minute, count(*),
    count(*) FILTER (WHERE a.counts AND a.nth = 1 AND a.customer_id IN (SELECT customer_id FROM newcomers))
    FROM (SELECT campaign_id, customer_id, counts, date_trunc('minute', reported_at) AS minute,
      row_number() OVER (PARTITION BY customer_id, counts ORDER BY reported_at) AS nth FROM attached) a
   GROUP BY a.campaign_id, a.minute
  ON CONFLICT (tenant_id, campaign_id, minute) DO UPDATE SET reports = m.reports + excluded.reports,
    customers = m.customers + excluded.customers
), grown AS (
  UPDATE campaigns g
     SET reports = g.reports + a.made, reach = g.reach + (SELECT count(*) FROM newcomers),
       first_seen_at = LEAST(g.first_seen_at, a.first_at), last_seen_at = GREATEST(g.last_seen_at, a.last_at)
    FROM (SELECT campaign_id, count(*) AS made, min(reported_at) AS first_at, max(reported_at) FILTER (WHERE counts) AS last_at
      FROM attached GROUP BY campaign_id) a
   WHERE g.id = a.campaign_id
  RETURNING g.id, g.reach, g.reports, g.first_seen_at
), told AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT CASE WHEN $4 THEN 'countersign.campaign.opened' ELSE 'countersign.campaign.grew' END, 'cmp', id,
    jsonb_build_object('customers', reach, 'reports', reports, 'since', first_seen_at)
    FROM grown, (SELECT count(*) AS more FROM newcomers) n
   WHERE $4 OR length(ltrim(reach::bit(32)::text, '0')) > length(ltrim((reach - n.more)::int::bit(32)::text, '0'))
), looked_at AS (
  UPDATE reports SET clustered_at = clock_timestamp() WHERE id = $3 AND clustered_at IS NULL AND NOT EXISTS (SELECT FROM campaign)
)
SELECT id, reach, first_seen_at, now() AS now FROM grown;

-- campaigns.list: read
-- $1 open boolean
-- $2 before uuid
-- $3 most bigint
-- > id uuid
-- > opened_at timestamp with time zone
-- > first_seen_at timestamp with time zone
-- > last_seen_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > reach integer
-- > reports integer
-- > last_minute integer
-- > indicators jsonb
SELECT g.id, g.opened_at, g.first_seen_at, g.last_seen_at, g.closed_at, g.reach, g.reports,
coalesce((SELECT m.reports FROM campaign_minutes m WHERE m.campaign_id = g.id
  AND m.minute = date_trunc('minute', now()) - interval '1 minute'), 0) AS last_minute,
coalesce((SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value) ORDER BY i.added_at, i.value)
  FROM (SELECT * FROM campaign_indicators i WHERE i.campaign_id = g.id ORDER BY i.kind = 'wording', i.added_at, i.value LIMIT 200) i),
    '[]') AS indicators FROM campaigns g
 WHERE ($1::boolean IS NULL OR (g.closed_at IS NULL) = $1) AND ($2::uuid IS NULL OR g.id < $2)
 ORDER BY g.id DESC LIMIT $3;

-- campaigns.lockOpening: write
-- > pg_advisory_xact_lock void
SELECT pg_advisory_xact_lock(hashtext('countersign.campaigns'), hashtext(current_setting('countersign.tenant')));

-- campaigns.minutes: read
-- $1 id uuid
-- $2 most bigint
-- > minute timestamp with time zone
-- > reports integer
-- > customers integer
SELECT minute, reports, customers FROM campaign_minutes WHERE campaign_id = $1 ORDER BY minute DESC LIMIT $2;

-- campaigns.ofReport: read
-- $1 reportId uuid
-- > id uuid
-- > reach integer
-- > first_seen_at timestamp with time zone
-- > now timestamp with time zone
SELECT g.id, g.reach, g.first_seen_at, now() AS now FROM reports r JOIN campaigns g ON g.id = r.campaign_id WHERE r.id = $1
  AND g.closed_at IS NULL;

-- campaigns.open: write
-- $1 campaignId uuid
-- $2 policyVersion integer
-- $3 kinds text[]
-- $4 values text[]
WITH opened AS (
  INSERT INTO campaigns (id, policy_version) VALUES ($1, $2) RETURNING id
)
INSERT INTO campaign_indicators (campaign_id, kind, value)
SELECT opened.id, given.kind, given.value FROM opened, unnest($3::text[], $4::text[]) AS given (kind, value);

-- campaigns.risen: read
-- $1 windowSeconds double precision
-- $2 kinds text[]
-- $3 values text[]
-- $4 minimumReach bigint
-- $5 timesUsual bigint
-- > kind text
-- > value text
WITH span AS (
  SELECT now() - make_interval(secs => $1) AS start,
         LEAST(86400, GREATEST(3600, extract(epoch FROM now() - make_interval(secs => $1) - (SELECT reported_at FROM reports
           ORDER BY id LIMIT 1)))) AS usual_seconds
)
SELECT given.kind, given.value FROM span, unnest($2::text[], $3::text[]) AS given (kind, value)
 WHERE CASE
   WHEN (SELECT count(*) FROM (
           SELECT FROM report_indicators i JOIN reports r ON r.id = i.report_id AND r.campaign_id IS NULL
            WHERE i.kind = given.kind AND i.value = given.value AND i.counts AND i.last_seen_at > span.start
              LIMIT $4) recent) < $4 THEN false
   ELSE (SELECT count(*) FILTER (WHERE i.last_seen_at > span.start) >=
                  $5 * count(*) FILTER (WHERE i.last_seen_at <= span.start) * $1::numeric / span.usual_seconds
                AND (given.kind <> 'sender' OR 5 * count(*) FILTER (WHERE i.last_seen_at > span.start) >=
                  (SELECT count(*) FROM reports WHERE counts AND id >= (lpad(to_hex((extract(epoch FROM span.start) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid))
           FROM report_indicators i
          WHERE i.kind = given.kind AND i.value = given.value AND i.counts AND i.last_seen_at > span.start - interval '1 day')
 END;

-- campaigns.unclustered: read
-- $1 most bigint
-- > id uuid
-- > indicators jsonb
SELECT r.id, coalesce((SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'value', i.value)) FROM report_indicators i
  WHERE i.report_id = r.id), '[]') AS indicators
  FROM reports r WHERE r.clustered_at IS NULL AND r.reported_at < now() - interval '10 seconds' ORDER BY r.id LIMIT $1;

-- changes.approve: write
-- $1 agentId text
-- $2 id uuid
-- > id uuid
WITH approved AS (
  UPDATE changes ch SET approved_by = $1, approved_at = clock_timestamp()
   WHERE ch.id = $2 AND ch.status = 'held' AND ch.expires_at > now() AND ch.approved_by IS NULL AND ch.asked_by <> $1
  RETURNING ch.id, ch.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.change.approved', 'chg', id, customer_id,
    jsonb_build_object('by', $1::text) FROM approved
)
SELECT id FROM approved;

-- changes.askInApp: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 changeId uuid
-- $4 promptsPerMinute bigint
-- $5 promptsSinceConfirmed integer
-- $6 kind text
-- $7 verificationId uuid
-- $8 displaySealed bytea
-- $9 challenge text
-- $10 asks text[]
-- $11 codeMac bytea
-- $12 attemptsAllowed integer
-- $13 policyVersion integer
-- $14 startedBy text
-- $15 verificationSeconds double precision
-- $16 displayCommitment text
-- > held boolean
-- > decision text
-- > retry_after integer
WITH
customer AS (
  SELECT id, locked_at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
   WHERE id = $1 AND key_id = $2 FOR UPDATE
), asked AS (
  SELECT NULL::uuid AS call_id, ch.id AS change_id, NULL::text AS direction, ch.requested_at AS display_time
    FROM changes ch, customer WHERE ch.id = $3 AND ch.customer_id = customer.id AND ch.status = 'held' AND ch.expires_at > now() FOR SHARE OF ch
),
gate AS (
  SELECT customer.id AS customer_id, asked.call_id, asked.change_id, asked.direction, asked.display_time,
    CASE
      WHEN customer.locked_at IS NOT NULL THEN 'locked'
      WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = customer.id AND d.revoked_at IS NULL) THEN 'no_device'
      WHEN recent.last_minute >= $4
        OR (customer.prompts_since_confirmed >= $5
          AND recent.last_at > now() - interval '24 hours') THEN 'push_budget'
      ELSE 'ask'
    END AS decision,
    ceil(extract(epoch FROM
      CASE WHEN customer.prompts_since_confirmed >= $5 THEN recent.last_at + interval '24 hours'
        ELSE recent.first_at + interval '1 minute' END - now()))::int AS retry_after,
    coalesce(recent.last_at < now() - interval '24 hours', false) AS rested
  FROM asked, customer, LATERAL (
    SELECT count(*) FILTER (WHERE at > now() - interval '1 minute') AS last_minute,
           min(at) FILTER (WHERE at > now() - interval '1 minute') AS first_at, max(at) AS last_at
      FROM unnest(customer.recent_prompts) AS at) recent
), displaced AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM gate WHERE gate.decision = 'ask' AND v.customer_id = $1 AND v.customer_id > '' AND v.kind = $6
      AND ($6 <> 'change' OR v.change_id = gate.change_id) AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), counted AS (
  UPDATE customers c
     SET prompts_since_confirmed = CASE WHEN gate.rested THEN 1 ELSE c.prompts_since_confirmed + 1 END,
         recent_prompts = (c.recent_prompts || now())[greatest(1, cardinality(c.recent_prompts) - 18):]
    FROM gate WHERE gate.decision = 'ask' AND c.id = gate.customer_id
), started AS (
  INSERT INTO verifications (id, customer_id, kind, call_id, change_id, direction, key_id, display_sealed, display_time, challenge,
    asks, code_mac,
                             attempts_allowed, policy_version, started_by, expires_at)
  SELECT $7, gate.customer_id, $6, gate.call_id, gate.change_id, gate.direction, $2, $8,
         gate.display_time, $9, $10, $11,
         $12, $13, $14, now() + make_interval(secs => $15)
    FROM gate, (SELECT count(*) FROM displaced) settled
   WHERE gate.decision = 'ask'
  RETURNING id, customer_id, call_id, change_id, kind, direction, status, expires_at, policy_version, display_time, challenge
), start_logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'displaced') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM displaced
  UNION ALL
  SELECT 'countersign.verification.started', 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'policyVersion', policy_version, 'by', $14::text,
      'displayCommitment', $16::text, 'displayTime', display_time, 'challengeHash', encode(sha256(convert_to(challenge, 'UTF8')), 'hex')) FROM started
  UNION ALL
  SELECT 'countersign.verification.refused', CASE WHEN gate.call_id IS NULL THEN 'chg' ELSE 'call' END, coalesce(gate.call_id, gate.change_id), gate.customer_id, gate.call_id,
    jsonb_build_object('because', gate.decision) FROM gate WHERE decision <> 'ask'
)
SELECT EXISTS (SELECT FROM asked) AS held, gate.decision, gate.retry_after FROM (SELECT) one LEFT JOIN gate ON true;

-- changes.byId: read
-- $1 id uuid
-- > id uuid
-- > reference text
-- > customer_id text
-- > subject text
-- > asked_through text
-- > asked_by text
-- > key_id uuid
-- > details_sealed bytea
-- > at_risk_amount numeric
-- > at_risk_currency text
-- > rules jsonb
-- > policy_version integer
-- > status text
-- > requested_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > approved_by text
-- > approved_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > released_at timestamp with time zone
-- > disputed_at timestamp with time zone
-- > refused_because text
-- > checks jsonb
-- > findings text[]
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT ch.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
at_risk_currency, rules, policy_version, status,
requested_at, expires_at, approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks, findings,
  external_id, external_system, clock_timestamp() AS now FROM changes WHERE id = $1) ch
  LEFT JOIN customers c ON c.id = ch.customer_id;

-- changes.byReference: read
-- $1 reference text
-- > id uuid
-- > reference text
-- > customer_id text
-- > subject text
-- > asked_through text
-- > asked_by text
-- > key_id uuid
-- > details_sealed bytea
-- > at_risk_amount numeric
-- > at_risk_currency text
-- > rules jsonb
-- > policy_version integer
-- > status text
-- > requested_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > approved_by text
-- > approved_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > released_at timestamp with time zone
-- > disputed_at timestamp with time zone
-- > refused_because text
-- > checks jsonb
-- > findings text[]
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
SELECT id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
at_risk_currency, rules, policy_version, status,
requested_at, expires_at, approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks, findings,
  external_id, external_system, clock_timestamp() AS now FROM changes WHERE reference = $1;

-- changes.close: write
-- $1 status text
-- $2 because text
-- $3 id uuid
-- $4 author text
-- $5 tell jsonb
-- > id uuid
WITH closed AS (
  UPDATE changes ch
     SET status = $1, closed_at = clock_timestamp(), refused_because = $2,
         released_at = CASE WHEN $1 = 'released' THEN clock_timestamp() END
   WHERE ch.id = $3 AND ch.status = 'held'
  RETURNING ch.id, ch.customer_id, ch.subject, ch.reference
), cancelled AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM closed WHERE v.change_id = closed.id AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), voided AS (
  UPDATE letters l SET voided_at = now() FROM closed WHERE l.change_id = closed.id AND l.used_at IS NULL AND l.voided_at IS NULL
  RETURNING l.change_id, l.customer_id, l.attempts_left, l.expires_at <= now() AS lapsed
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'change_closed') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.letter.voided', 'chg', change_id, customer_id, NULL::uuid,
    jsonb_build_object('attemptsLeft', attempts_left, 'because', CASE WHEN lapsed THEN 'expired' ELSE 'change_closed' END)
    FROM voided
  UNION ALL
  SELECT 'countersign.change.' || $1, 'chg', id, customer_id, NULL,
    jsonb_build_object('subject', subject, 'reference', reference, 'because', $2::text, 'by', $4::text,
      'tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = closed.customer_id), 'tellNewContact', subject IN ('phone_number', 'postal_address', 'email')) || $5::jsonb
    FROM closed
)
SELECT id FROM closed;

-- changes.dispute: write
-- $1 id uuid
-- > id uuid
WITH disputed AS (
  UPDATE changes ch SET status = 'disputed', disputed_at = now()
   WHERE ch.id = $1 AND ch.status = 'released' AND ch.released_at > now() - interval '13 months'
  RETURNING id, customer_id, subject, reference, released_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.change.disputed', 'chg', id, customer_id,
    jsonb_build_object('subject', subject, 'reference', reference, 'releasedAt', released_at) FROM disputed
)
SELECT id FROM disputed;

-- changes.due: read
-- $1 after uuid
-- $2 most bigint
-- > id uuid
SELECT ch.id FROM changes ch
 WHERE ch.status = 'held' AND ($1::uuid IS NULL OR ch.id > $1) AND (
       ch.expires_at <= now()
    OR EXISTS (SELECT FROM verifications v WHERE v.change_id = ch.id AND v.status IN ('denied', 'reported'))
    OR EXISTS (SELECT FROM callbacks b WHERE b.change_id = ch.id AND b.status = 'declined')
    OR (ch.requested_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)
        AND (NOT ch.rules -> 'proofs' ? 'app'
         OR EXISTS (SELECT FROM verifications v WHERE v.change_id = ch.id AND v.kind = 'change' AND v.status = 'confirmed'
           AND v.closed_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)))
        AND (NOT ch.rules -> 'proofs' ? 'callback'
         OR EXISTS (SELECT FROM callbacks b WHERE b.change_id = ch.id AND b.status = 'verified'
           AND b.closed_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)))
        AND (NOT ch.rules -> 'proofs' ? 'letter'
          OR EXISTS (SELECT FROM letters l WHERE l.change_id = ch.id
            AND l.used_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int)))
        AND (NOT ch.rules -> 'proofs' ? 'second_agent'
          OR ch.approved_at <= now() - make_interval(secs => (ch.rules ->> 'coolingOffSeconds')::int))))
 ORDER BY ch.id LIMIT $2;

-- changes.facts: read
-- $1 ids uuid[]
-- > id uuid
-- > reference text
-- > customer_id text
-- > subject text
-- > asked_through text
-- > asked_by text
-- > key_id uuid
-- > details_sealed bytea
-- > at_risk_amount numeric
-- > at_risk_currency text
-- > rules jsonb
-- > policy_version integer
-- > status text
-- > requested_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > approved_by text
-- > approved_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > released_at timestamp with time zone
-- > disputed_at timestamp with time zone
-- > refused_because text
-- > checks jsonb
-- > findings text[]
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
-- > app_at timestamp with time zone
-- > app_device_enrolled_at timestamp with time zone
-- > app_waiting boolean
-- > denial text
-- > callback_at timestamp with time zone
-- > callback_by text
-- > callback_via text
-- > callback_number_since timestamp with time zone
-- > callback_open boolean
-- > letter_at timestamp with time zone
-- > letter_open boolean
SELECT ch.id, ch.reference, ch.customer_id, ch.subject, ch.asked_through, ch.asked_by, ch.key_id, ch.details_sealed,
ch.at_risk_amount, ch.at_risk_currency, ch.rules, ch.policy_version, ch.status,
ch.requested_at, ch.expires_at, ch.approved_by, ch.approved_at, ch.closed_at, ch.released_at, ch.disputed_at, ch.refused_because,
  ch.checks, ch.findings, ch.external_id, ch.external_system, clock_timestamp() AS now, app.closed_at AS app_at, app.enrolled_at AS app_device_enrolled_at,
       EXISTS (SELECT FROM verifications v WHERE v.change_id = ch.id AND v.kind = 'change' AND v.status = 'waiting' AND v.expires_at > now()) AS app_waiting,
       coalesce((SELECT CASE WHEN 'relay_suspected' = ANY(v.findings) THEN 'relay_suspected' ELSE v.status END FROM verifications v
         WHERE v.change_id = ch.id AND v.status IN ('denied', 'reported') ORDER BY v.closed_at LIMIT 1),
                (SELECT 'declined' FROM callbacks b WHERE b.change_id = ch.id AND b.status = 'declined' LIMIT 1)) AS denial,
       cb.closed_at AS callback_at, cb.closed_by AS callback_by, cb.verified_via AS callback_via, cb.since AS callback_number_since,
       EXISTS (SELECT FROM callbacks b WHERE b.change_id = ch.id AND b.closed_at IS NULL AND NOT (b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now()))) AS callback_open,
       (SELECT min(l.used_at) FROM letters l WHERE l.change_id = ch.id) AS letter_at,
       EXISTS (SELECT FROM letters l WHERE l.change_id = ch.id AND l.used_at IS NULL AND l.voided_at IS NULL AND l.expires_at > now() AND l.attempts_left > 0) AS letter_open
  FROM changes ch
  LEFT JOIN LATERAL (
    SELECT v.closed_at, d.enrolled_at FROM verifications v LEFT JOIN devices d ON d.id = v.device_id
     WHERE v.change_id = ch.id AND v.kind = 'change' AND v.status = 'confirmed' ORDER BY v.closed_at LIMIT 1) app ON true
  LEFT JOIN LATERAL (
    SELECT b.closed_at, b.closed_by, b.verified_via, p.since FROM callbacks b LEFT JOIN contact_points p ON p.id = b.contact_point_id
     WHERE b.change_id = ch.id AND b.status = 'verified' ORDER BY b.closed_at LIMIT 1) cb ON true
 WHERE ch.id = ANY($1) ORDER BY ch.id DESC;

-- changes.heldOf: read
-- $1 customerId text
-- > id uuid
SELECT id FROM changes WHERE customer_id = $1 AND status = 'held' ORDER BY id;

-- changes.hold: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 id uuid
-- $4 reference text
-- $5 subject text
-- $6 askedThrough text
-- $7 askedBy text
-- $8 detailsSealed bytea
-- $9 atRiskAmount numeric
-- $10 atRiskCurrency text
-- $11 rules jsonb
-- $12 findings text[]
-- $13 policyVersion integer
-- $14 externalId text
-- $15 externalSystem text
-- $16 expirySeconds double precision
-- $17 detailsCommitment text
-- $18 tell jsonb
-- > id uuid
-- > reference text
-- > customer_id text
-- > subject text
-- > asked_through text
-- > asked_by text
-- > key_id uuid
-- > details_sealed bytea
-- > at_risk_amount numeric
-- > at_risk_currency text
-- > rules jsonb
-- > policy_version integer
-- > status text
-- > requested_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > approved_by text
-- > approved_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > released_at timestamp with time zone
-- > disputed_at timestamp with time zone
-- > refused_because text
-- > checks jsonb
-- > findings text[]
-- > external_id text
-- > external_system text
-- > now timestamp with time zone
WITH
customer AS (
  SELECT id, locked_at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
   WHERE id = $1 AND key_id = $2 FOR UPDATE
), held AS (
  INSERT INTO changes (id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
    at_risk_currency, rules, findings, policy_version, external_id, external_system, expires_at)
  SELECT $3, $4, customer.id, $5, $6, $7, $2, $8, $9, $10,
    $11::jsonb, $12::text[], $13, $14, $15, now() + make_interval(secs => $16)
    FROM customer
  RETURNING id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
at_risk_currency, rules, policy_version, status,
requested_at, expires_at, approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks, findings,
  external_id, external_system, clock_timestamp() AS now
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.change.requested', 'chg', id, customer_id,
    jsonb_build_object('subject', subject, 'askedThrough', asked_through, 'reference', reference, 'proofs', rules -> 'proofs',
      'findings', to_jsonb(findings), 'policyVersion', policy_version, 'by', asked_by, 'detailsCommitment', $17::text,
      'tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = held.customer_id), 'tellNewContact', subject IN ('phone_number', 'postal_address', 'email')) || $18::jsonb
    FROM held
)
SELECT * FROM held;

-- changes.list: read
-- $1 status text
-- $2 before uuid
-- $3 most bigint
-- > id uuid
SELECT id FROM changes
 WHERE true AND ($1::text IS NULL OR status = $1) AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC LIMIT $3;

-- changes.listByExternalId: read
-- $1 externalId text
-- $2 externalSystem text
-- $3 customerId text
-- $4 status text
-- $5 before uuid
-- $6 most bigint
-- > id uuid
SELECT id FROM changes
 WHERE external_id = $1 AND ($2::text IS NULL OR external_system = $2)
   AND ($3::text IS NULL OR customer_id = $3) AND ($4::text IS NULL OR status = $4) AND ($5::uuid IS NULL OR id < $5)
 ORDER BY id DESC LIMIT $6;

-- changes.listOfCustomer: read
-- $1 customerId text
-- $2 status text
-- $3 before uuid
-- $4 most bigint
-- > id uuid
SELECT id FROM changes
 WHERE customer_id = $1 AND ($2::text IS NULL OR status = $2) AND ($3::uuid IS NULL OR id < $3)
 ORDER BY id DESC LIMIT $4;

-- changes.lock: write
-- $1 id uuid
-- > ?column? integer
SELECT 1 FROM changes WHERE id = $1 FOR UPDATE;

-- changes.ofCustomer: read
-- $1 customerId text
-- $2 after uuid
-- $3 afterHeld boolean
-- $4 most bigint
-- > id uuid
-- > held boolean
-- > in_time_to_dispute boolean
SELECT ch.id, ch.status = 'held' AS held, ch.released_at > now() - interval '13 months' AS in_time_to_dispute FROM changes ch
 WHERE ch.customer_id = $1 AND ($2::uuid IS NULL
   OR (ch.status = 'held') < $3::boolean OR ((ch.status = 'held') = $3::boolean AND ch.id < $2))
 ORDER BY (ch.status = 'held') DESC, ch.id DESC LIMIT $4;

-- changes.recordCheck: write
-- $1 kind text
-- $2 result jsonb
-- $3 id uuid
WITH checked AS (
  UPDATE changes SET checks = checks || jsonb_build_object($1::text, $2::jsonb) WHERE id = $3
RETURNING id, customer_id
)
INSERT INTO events (type, about, about_id, customer_id, data)
SELECT 'countersign.change.checked', 'chg', id, customer_id,
    jsonb_build_object('kind', $1::text, 'result', $2::jsonb ->> 'result') FROM checked;

-- changes.requestFacts: read
-- $1 customerId text
-- $2 deviceAgeSeconds double precision
-- $3 contactAgeSeconds double precision
-- > has_trusted_device boolean
-- > has_old_number boolean
SELECT EXISTS (SELECT FROM devices d WHERE d.customer_id = $1 AND d.revoked_at IS NULL
  AND d.enrolled_at <= now() - make_interval(secs => $2)) AS has_trusted_device,
       EXISTS (SELECT FROM contact_points p WHERE p.customer_id = $1 AND p.kind = 'phone' AND p.former_from IS NULL
                  AND p.since <= now() - make_interval(secs => $3)) AS has_old_number;

-- claims.byId: read
-- $1 id uuid
-- > id uuid
-- > customer_id text
-- > from_at timestamp with time zone
-- > to_at timestamp with time zone
-- > locale text
SELECT id, customer_id, from_at, to_at, locale FROM claims WHERE id = $1;

-- claims.forgetOld: write
-- $1 most bigint
DELETE FROM claims WHERE ctid = ANY(ARRAY(SELECT ctid FROM claims WHERE made_at < now() - interval '30 days' LIMIT $1));

-- claims.make: write
-- $1 from timestamp with time zone
-- $2 to timestamp with time zone
-- $3 customerId text
-- $4 mostEvents integer
-- $5 mostReports bigint
-- $6 mostDecisions bigint
-- $7 id uuid
-- $8 locale text
-- $9 author text
-- > known boolean
-- > fits boolean
-- > from_at timestamp with time zone
-- > to_at timestamp with time zone
WITH span AS (
  SELECT $1::timestamptz AS from_at, least($2::timestamptz, date_trunc('milliseconds', now())) AS to_at
), customer AS (
  SELECT EXISTS (SELECT FROM customers WHERE id = $3) OR EXISTS (SELECT FROM events WHERE customer_id = $3 AND type = 'countersign.customer.shredded') OR EXISTS (SELECT FROM kept_events WHERE customer_id = $3 AND type = 'countersign.customer.shredded') AS known
), found AS (
  SELECT count(*) <= $4 AND count(*) FILTER (WHERE type = 'countersign.report.received') <= $5
      AND count(DISTINCT about_id) FILTER (WHERE about IN ('ver', 'chg')) <= $6 AS fits
    FROM (SELECT e.type, e.about, e.about_id FROM events e, span
     WHERE e.customer_id = $3 AND e.occurred_at >= span.from_at AND e.occurred_at < span.to_at UNION ALL SELECT e.type, e.about, e.about_id FROM kept_events e, span
     WHERE e.customer_id = $3 AND e.occurred_at >= span.from_at AND e.occurred_at < span.to_at LIMIT $4 + 1) e
), made AS (
  INSERT INTO claims (id, customer_id, from_at, to_at, locale, made_by)
  SELECT $7, $3, from_at, to_at, $8, $9 FROM span, customer, found WHERE known AND fits AND from_at < to_at
  RETURNING id, customer_id, from_at, to_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.claim.made', 'clm', id, customer_id,
    jsonb_build_object('since', from_at, 'until', to_at, 'by', $9::text) FROM made
)
SELECT customer.known, found.fits, made.from_at, made.to_at
  FROM customer, found LEFT JOIN made ON true;

-- claims.open: write
-- $1 author text
-- $2 id uuid
INSERT INTO events (type, about, about_id, customer_id, data)
SELECT 'countersign.claim.opened', 'clm', id, customer_id,
    jsonb_build_object('by', $1::text) FROM claims WHERE id = $2;

-- claims.reports: read
-- $1 ids uuid[]
-- $2 customerId text
-- > id uuid
-- > reference text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > shared text[]
-- > key_id uuid
-- > content_sealed bytea
-- > about text
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > reported_by text
SELECT id, reference, channel, claimed_number, claimed_sender, shared, key_id, content_sealed, about,
       received_at, reported_at, reported_by
  FROM reports WHERE id = ANY($1::uuid[]) AND customer_id = $2 ORDER BY id;

-- clock.now: read
-- > milliseconds double precision
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS milliseconds;

-- coverage.by_line: read, also at a replica
-- $1 from timestamp with time zone
-- $2 to timestamp with time zone
-- > of text
-- > total integer
-- > declared integer
SELECT line AS of, count(*)::int AS total, count(call_id)::int AS declared
  FROM call_records WHERE direction = 'outbound' AND started_at >= $1 AND started_at < $2
 GROUP BY line ORDER BY count(*) - count(call_id) DESC, line LIMIT 1000;

-- coverage.by_team: read, also at a replica
-- $1 from timestamp with time zone
-- $2 to timestamp with time zone
-- > of text
-- > total integer
-- > declared integer
SELECT team AS of, count(*)::int AS total, count(call_id)::int AS declared
  FROM call_records WHERE direction = 'outbound' AND started_at >= $1 AND started_at < $2
 GROUP BY team ORDER BY count(*) - count(call_id) DESC, team LIMIT 1000;

-- coverage.candidates: read
-- $1 recordIds text[]
-- $2 lines text[]
-- $3 hashes bytea[]
-- $4 otherHashes bytea[]
-- $5 numbersGiven boolean[]
-- $6 startedAt timestamp with time zone[]
-- $7 endedAt timestamp with time zone[]
-- $8 places integer[]
-- > place integer
-- > call_id text
-- > by_number boolean
-- > distance double precision
SELECT r.place, found.call_id, found.by_number, found.distance
  FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bytea[], $5::boolean[],
    $6::timestamptz[], $7::timestamptz[], $8::int[])
    AS r (record_id, line, hash, other_hash, number_given, started_at, ended_at, place)
 CROSS JOIN LATERAL (
   (SELECT k.id::text AS call_id, true AS by_number, abs(extract(epoch FROM k.started_at - r.started_at))::float8 AS distance
      FROM contact_points p JOIN calls k ON k.customer_id = p.customer_id
     WHERE p.value_hash IN (r.hash, r.other_hash) AND (p.former_from IS NULL OR p.former_from > r.started_at)
       AND (k.line = r.line OR k.line IS NULL)
       AND k.started_at > r.started_at - interval '4 hours' AND k.direction = 'outbound' AND k.started_at <= r.ended_at + interval '30 seconds'
AND LEAST(coalesce(k.ended_at, k.expires_at), k.expires_at) >= r.started_at - interval '30 seconds'
     ORDER BY 3 LIMIT 1)
   UNION ALL
   (SELECT k.id::text, false, abs(extract(epoch FROM k.started_at - r.started_at))::float8
      FROM calls k
     WHERE k.line = r.line AND k.started_at > r.started_at - interval '10 minutes' AND k.direction = 'outbound' AND k.started_at <= r.ended_at + interval '30 seconds'
AND LEAST(coalesce(k.ended_at, k.expires_at), k.expires_at) >= r.started_at - interval '30 seconds'
       AND (NOT r.number_given OR NOT EXISTS (SELECT FROM contact_points p WHERE p.customer_id = k.customer_id AND p.former_from IS NULL))
       AND NOT EXISTS (SELECT FROM call_records u WHERE u.call_id = k.id)
     ORDER BY 3 LIMIT 20)
 ) found
 WHERE NOT EXISTS (SELECT FROM call_records s WHERE s.record_id = r.record_id);

-- coverage.deleteOld: write
-- $1 days integer
-- $2 most bigint
-- > deleted integer
WITH gone AS (
  DELETE FROM call_records WHERE ctid = ANY(ARRAY(SELECT ctid FROM call_records WHERE recorded_at < now() - make_interval(days => $1)
    LIMIT $2)) RETURNING 1
), counted AS (
  SELECT count(*)::int AS deleted FROM gone
), logged AS (
  INSERT INTO events (type, about, data)
  SELECT 'countersign.data.deleted', 'data',
    jsonb_build_object('of', 'call_records', 'deleted', deleted, 'olderThanDays', $1::int)
    FROM counted WHERE deleted > 0
)
SELECT deleted FROM counted;

-- coverage.insert: write
-- $1 recordIds text[]
-- $2 directions text[]
-- $3 lines text[]
-- $4 teams text[]
-- $5 startedAt timestamp with time zone[]
-- $6 endedAt timestamp with time zone[]
-- $7 callIds uuid[]
-- $8 declaredBy text[]
-- > added integer
WITH added AS (
  INSERT INTO call_records (record_id, direction, line, team, started_at, ended_at, call_id, declared_by)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
    $6::timestamptz[], $7::uuid[], $8::text[]) AS g ORDER BY 1
  ON CONFLICT (tenant_id, record_id) DO NOTHING
  RETURNING 1
)
SELECT count(*)::int AS added FROM added;

-- coverage.judge: write
-- $1 windowSeconds double precision
-- $2 minimumCalls bigint
-- $3 floorPercent integer
-- $4 marginPercent integer
-- > type text
WITH counted AS (
  SELECT CASE WHEN GROUPING(line) = 0 THEN 'line' WHEN GROUPING(team) = 0 THEN 'team' ELSE 'all' END AS scope,
    coalesce(line, team, '') AS name, count(*)::int AS total, count(call_id)::int AS declared
    FROM call_records WHERE direction = 'outbound' AND started_at > now() - make_interval(secs => $1)
      AND started_at <= now() + interval '5 minutes'
   GROUP BY GROUPING SETS ((), (line), (team))
  HAVING count(*) >= $2 AND (GROUPING(team) = 1 OR team IS NOT NULL)
), judged AS (
  SELECT *, declared * 100 < $3::int * total AS low,
    declared * 100 >= LEAST(100, $3::int + $4::int) * total AS back FROM counted
), fallen AS (
  INSERT INTO coverage_falls (scope, name, low_since) SELECT scope, name, now() FROM judged WHERE low ORDER BY scope, name
  ON CONFLICT (tenant_id, scope, name) DO UPDATE SET low_since = now() WHERE coverage_falls.low_since IS NULL
  RETURNING scope, name, 'countersign.coverage.low' AS type
), recovered AS (
  UPDATE coverage_falls f SET low_since = NULL FROM judged j WHERE f.scope = j.scope AND f.name = j.name AND j.back
    AND f.low_since IS NOT NULL
  RETURNING f.scope, f.name, 'countersign.coverage.recovered' AS type
)
INSERT INTO events (type, about, data)
SELECT turned.type, 'coverage',
    jsonb_build_object('declared', declared, 'total', total, 'share', round(declared::numeric / total, 4), 'floorPercent', $3::int,
      'windowSeconds', $1::int) || CASE scope WHEN 'all' THEN '{}' ELSE jsonb_build_object(scope, name) END
  FROM (SELECT * FROM fallen UNION ALL SELECT * FROM recovered) turned JOIN judged USING (scope, name)
 ORDER BY scope, name
RETURNING type;

-- coverage.list: read, also at a replica
-- $1 declared boolean
-- $2 line text
-- $3 team text
-- $4 afterTime timestamp with time zone
-- $5 afterId text
-- $6 most bigint
-- > record_id text
-- > line text
-- > team text
-- > started_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > call_id uuid
-- > declared_by text
SELECT record_id, line, team, started_at, ended_at, call_id, declared_by FROM call_records
 WHERE direction = 'outbound' AND ($1::boolean IS NULL OR (call_id IS NOT NULL) = $1)
   AND ($2::text IS NULL OR line = $2) AND ($3::text IS NULL OR team = $3)
   AND ($4::timestamptz IS NULL OR (started_at, record_id) < ($4, $5::text))
 ORDER BY started_at DESC, record_id DESC LIMIT $6;

-- coverage.low: read
-- > low integer
SELECT count(*)::int AS low FROM coverage_falls WHERE low_since IS NOT NULL;

-- customer-keys.any: read
-- > id text
-- > key_id uuid
-- > wrapped_key bytea
-- > locale text
SELECT id, key_id, wrapped_key, locale FROM customers
WHERE tenant_id = current_setting('countersign.tenant') AND wrapped_key IS NOT NULL LIMIT 1;

-- customer-keys.byIds: read, also at a replica
-- $1 customerIds text[]
-- > id text
-- > key_id uuid
-- > wrapped_key bytea
-- > locale text
SELECT id, key_id, wrapped_key, locale FROM customers WHERE id = ANY($1);

-- customer-keys.ensure: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 wrappedKey bytea
-- > key_id uuid
-- > wrapped_key bytea
-- > locale text
WITH created AS (
  INSERT INTO customers (id, key_id, wrapped_key) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING
  RETURNING id, key_id, wrapped_key, locale
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.customer.created', 'customer', id,
    '{}'::jsonb FROM created
)
SELECT key_id, wrapped_key, locale FROM created
UNION ALL
SELECT key_id, wrapped_key, locale FROM customers WHERE id = $1
LIMIT 1;

-- customers.byId: read
-- $1 customerId text
-- > id text
-- > key_id uuid
-- > wrapped_key bytea
-- > locale text
-- > locked_at timestamp with time zone
-- > created_at timestamp with time zone
SELECT id, key_id, wrapped_key, locale, locked_at, created_at FROM customers WHERE id = $1;

-- customers.contactPoints: read
-- $1 customerId text
-- > id uuid
-- > value_sealed bytea
-- > since timestamp with time zone
-- > former_from timestamp with time zone
SELECT id, value_sealed, since, former_from FROM contact_points
 WHERE customer_id = $1 AND kind = 'phone' ORDER BY former_from IS NOT NULL, id LIMIT 200;

-- customers.hold: write
-- $1 customerId text
SELECT FROM customers WHERE id = $1 FOR UPDATE;

-- customers.patch: write
-- $1 clearsLocale boolean
-- $2 locale text
-- $3 customerId text
-- $4 author text
-- $5 isLogged boolean
-- > key_id uuid
-- > wrapped_key bytea
WITH patched AS (
  UPDATE customers
     SET locale = CASE WHEN NOT $1::boolean THEN coalesce($2::text, locale) END WHERE id = $3
  RETURNING id, key_id, wrapped_key
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.customer.changed', 'customer', id,
    jsonb_build_object('numbersAdded', 0, 'numbersReplaced', 0, 'numbersRedated', 0, 'by', $4::text)
    FROM patched WHERE $5::boolean
)
SELECT key_id, wrapped_key FROM patched;

-- customers.replaceNumbers: write
-- $1 hashes bytea[]
-- $2 otherHashes bytea[]
-- $3 sealed bytea[]
-- $4 since timestamp with time zone[]
-- $5 customerId text
-- $6 created boolean
-- $7 author text
WITH given AS (
  SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::timestamptz[])
    AS g (value_hash, other_hash, value_sealed, since)
), gone AS (
  UPDATE contact_points c SET former_from = now()
   WHERE c.customer_id = $5 AND c.kind = 'phone' AND c.former_from IS NULL
     AND NOT EXISTS (SELECT FROM given g WHERE c.value_hash IN (g.value_hash, g.other_hash))
  RETURNING c.id
), kept AS (
  UPDATE contact_points c SET since = LEAST(g.since, now())
    FROM given g
   WHERE c.customer_id = $5 AND c.kind = 'phone' AND c.former_from IS NULL
     AND c.value_hash IN (g.value_hash, g.other_hash) AND g.since IS NOT NULL AND c.since <> g.since
  RETURNING c.id
), added AS (
  INSERT INTO contact_points (customer_id, kind, value_sealed, value_hash, since)
  SELECT $5, 'phone', g.value_sealed, g.value_hash, LEAST(coalesce(g.since, now()), now())
    FROM given g
   WHERE NOT EXISTS (
     SELECT FROM contact_points c
      WHERE c.customer_id = $5 AND c.kind = 'phone' AND c.former_from IS NULL
        AND c.value_hash IN (g.value_hash, g.other_hash))
  RETURNING id
)
INSERT INTO events (type, about, customer_id, data)
SELECT CASE WHEN $6::boolean THEN 'countersign.customer.created' ELSE 'countersign.customer.changed' END, 'customer', $5,
    jsonb_build_object('numbersAdded', (SELECT count(*) FROM added), 'numbersReplaced', (SELECT count(*) FROM gone), 'numbersRedated', (SELECT count(*) FROM kept), 'by', $7::text);

-- customers.shred: write
-- $1 customerId text
-- $2 author text
-- > id text
WITH gone AS (
  DELETE FROM customers WHERE id = $1 RETURNING id
), ended AS (
  UPDATE calls k SET ended_at = least(now(), k.expires_at) FROM gone WHERE k.customer_id = gone.id
  AND k.ended_at IS NULL
  RETURNING k.id, k.customer_id, k.expires_at <= now() AS lapsed
), cancelled AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM gone WHERE v.customer_id = gone.id AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), withdrawn AS (
  UPDATE changes ch SET status = CASE WHEN ch.expires_at <= now() THEN 'expired' ELSE 'withdrawn' END, closed_at = now()
    FROM gone WHERE ch.customer_id = gone.id AND ch.status = 'held' RETURNING ch.id, ch.customer_id, ch.status
), called_off AS (
  UPDATE callbacks b SET status = CASE WHEN b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now()) THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM gone WHERE b.customer_id = gone.id AND b.closed_at IS NULL
  RETURNING b.id, b.customer_id, b.status, b.attempts, CASE WHEN b.claimed_until <= now() THEN b.call_id END AS lapsed_call_id
), voided AS (
  UPDATE letters l SET voided_at = now() FROM gone WHERE l.customer_id = gone.id AND l.used_at IS NULL AND l.voided_at IS NULL
  RETURNING l.change_id, l.customer_id, l.attempts_left, l.expires_at <= now() AS lapsed
), forgotten AS (
  UPDATE idempotency_keys SET response_sealed = '' FROM gone WHERE customer_id = gone.id AND response_sealed IS NOT NULL
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.customer.shredded', 'customer', NULL, id, NULL::uuid,
    jsonb_build_object('by', $2::text) FROM gone
  UNION ALL
  SELECT 'countersign.call.ended', 'call', id, customer_id, id,
    CASE WHEN lapsed THEN '{"because":"lapsed"}' ELSE '{"because":"customer_shredded"}'::jsonb END
    FROM ended
  UNION ALL
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_shredded') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.change.' || status, 'chg', id, customer_id, NULL::uuid,
    '{"because":"customer_shredded"}'::jsonb
  FROM withdrawn
  UNION ALL
  SELECT 'countersign.callback.' || status, 'cbk', id, customer_id, NULL::uuid,
    CASE WHEN status = 'expired' THEN jsonb_build_object('attempts', attempts) ELSE '{"because":"customer_shredded"}'::jsonb END FROM called_off
  UNION ALL
  SELECT 'countersign.letter.voided', 'chg', change_id, customer_id, NULL::uuid,
    jsonb_build_object('attemptsLeft', attempts_left, 'because', CASE WHEN lapsed THEN 'expired' ELSE 'customer_shredded' END)
    FROM voided
)
SELECT id FROM gone;

-- customers.unlock: write
-- $1 customerId text
-- $2 author text
-- > id text
WITH unlocked AS (
  UPDATE customers SET locked_at = NULL, code_failures = 0, prompts_since_confirmed = 0
   WHERE id = $1 AND locked_at IS NOT NULL RETURNING id
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.customer.unlocked', 'customer', id,
    jsonb_build_object('by', $2::text) FROM unlocked
)
SELECT id FROM customers WHERE id = $1;

-- customers.upsert: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 wrappedKey bytea
-- $4 locale text
-- > key_id uuid
-- > wrapped_key bytea
-- > created boolean
INSERT INTO customers (id, key_id, wrapped_key, locale) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, id) DO UPDATE SET locale = excluded.locale
RETURNING key_id, wrapped_key, (xmax = 0) AS created;

-- databaseRoom.connections: read
-- > open integer
-- > most integer
SELECT count(*)::int AS open, current_setting('max_connections')::int AS most
  FROM pg_stat_activity WHERE backend_type = 'client backend';

-- deliveries.fanOut: write
-- $1 consumer text
-- $2 first uuid
-- $3 most bigint
-- > events integer
-- > ids text[]
WITH taken AS (
  SELECT xid, sequence FROM event_consumers WHERE name = $1 FOR UPDATE SKIP LOCKED
), next AS MATERIALIZED (
  SELECT id, type, about, about_id, customer_id, xid, sequence FROM events
   WHERE id >= $2::uuid AND (xid, sequence) > ((SELECT xid FROM taken), (SELECT sequence FROM taken))
     AND xid < pg_snapshot_xmin(log_snapshot())
   ORDER BY xid, sequence LIMIT $3
), moved AS (
  UPDATE event_consumers c SET xid = l.xid, sequence = l.sequence, moved_at = now()
    FROM (SELECT xid, sequence FROM next ORDER BY xid DESC, sequence DESC LIMIT 1) l WHERE c.name = $1
), queued AS (
  INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject)
  SELECT w.id, e.id, e.type, e.about || ':' || coalesce(e.about_id::text, e.customer_id, '')
    FROM next e JOIN webhooks w ON w.status = 'active' AND e.xid >= w.active_from
     AND EXISTS (SELECT FROM unnest(w.types) t WHERE e.type LIKE replace(replace(t, '_', '\_'), '*', '%'))
   ORDER BY e.xid, e.sequence
  RETURNING webhook_id
)
SELECT (SELECT count(*)::int FROM next) AS events, ARRAY(SELECT DISTINCT webhook_id::text FROM queued) AS ids;

-- deliveries.list: read
-- $1 webhookId uuid
-- $2 status text
-- $3 after uuid
-- $4 most bigint
-- > id uuid
-- > event_id uuid
-- > event_type text
-- > cause text
-- > status text
-- > attempts integer
-- > next_attempt_at timestamp with time zone
-- > created_at timestamp with time zone
-- > last_attempt_at timestamp with time zone
-- > latency_ms integer
-- > response_status integer
-- > failure text
SELECT id, event_id, event_type, cause, status, attempts, CASE WHEN status = 'pending'
AND place <> 'behind' THEN next_attempt_at END AS next_attempt_at, created_at, last_attempt_at, latency_ms, response_status, failure FROM webhook_deliveries
 WHERE webhook_id = $1 AND ($2::text IS NULL OR status = $2)
   AND ($3::uuid IS NULL OR number < (SELECT a.number FROM webhook_deliveries a WHERE a.id = $3))
 ORDER BY number DESC LIMIT $4;

-- deliveries.queueTest: write
-- $1 webhookId uuid
-- > id uuid
-- > event_id uuid
-- > event_type text
-- > cause text
-- > status text
-- > attempts integer
-- > next_attempt_at timestamp with time zone
-- > created_at timestamp with time zone
-- > last_attempt_at timestamp with time zone
-- > latency_ms integer
-- > response_status integer
-- > failure text
INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject, cause)
SELECT id, uuid7(), 'countersign.webhook.test', 'test:' || uuid7(), 'test' FROM webhooks WHERE id = $1 AND status = 'active'
RETURNING id, event_id, event_type, cause, status, attempts, CASE WHEN status = 'pending'
AND place <> 'behind' THEN next_attempt_at END AS next_attempt_at, created_at, last_attempt_at, latency_ms, response_status, failure;

-- deliveries.replay: write
-- $1 webhookId uuid
-- $2 consumer text
-- $3 from uuid
-- $4 most bigint
-- > queued integer
-- > wanted integer
-- > until timestamp with time zone
WITH wanted AS (
  SELECT e.id, e.type, e.about, e.about_id, e.customer_id, e.xid, e.sequence, e.occurred_at
    FROM events e JOIN webhooks w ON w.id = $1 AND w.status = 'active'
    JOIN event_consumers c ON c.name = $2 AND (e.xid < w.active_from OR (e.xid, e.sequence) <= (c.xid, c.sequence))
   WHERE e.id >= $3::uuid AND EXISTS (SELECT FROM unnest(w.types) t WHERE e.type LIKE replace(replace(t, '_', '\_'), '*', '%'))
   ORDER BY e.id LIMIT $4
), queued AS (
  INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject, cause)
  SELECT $1::uuid, e.id, e.type, e.about || ':' || coalesce(e.about_id::text, e.customer_id, ''), 'replay' FROM wanted e
   WHERE e.id NOT IN (SELECT d.event_id FROM webhook_deliveries d WHERE d.queue = $1 AND d.subject >= '')
   ORDER BY e.xid, e.sequence
  RETURNING 1
)
SELECT (SELECT count(*)::int FROM queued) AS queued, (SELECT count(*)::int FROM wanted) AS wanted,
  (SELECT max(occurred_at) FROM wanted) AS until;

-- deliveries.tidy: write
-- $1 keep interval
-- $2 most bigint
-- > gone integer
WITH cancelled AS (
  UPDATE webhook_deliveries d SET status = 'cancelled', closed_at = now() FROM webhooks w WHERE w.status <> 'active' AND d.queue = w.id AND d.place = 'arrived'
), old AS (
  (SELECT id FROM webhook_deliveries WHERE closed_at < now() - $1::interval LIMIT $2)
  UNION
  (SELECT d.id FROM webhooks w, LATERAL (SELECT id FROM webhook_deliveries WHERE webhook_id = w.id AND closed_at < now() LIMIT $2) d
    WHERE w.status = 'deleted')
), gone AS (
  DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(SELECT id FROM old)) RETURNING 1
), finished AS (
  DELETE FROM webhooks w WHERE w.status = 'deleted' AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id)
)
SELECT count(*)::int AS gone FROM gone;

-- devices.credentials: read
-- $1 customerId text
-- $2 rpId text
-- > credential_id text
-- > transports text[]
SELECT credential_id, transports FROM devices
 WHERE customer_id = $1 AND credential_id IS NOT NULL AND revoked_at IS NULL AND rp_id = $2 ORDER BY id LIMIT 200;

-- devices.enrol: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 jti text
-- $4 issuedAt double precision
-- $5 proofAgeSeconds double precision
-- $6 clockToleranceSeconds double precision
-- $7 id uuid
-- $8 nameSealed bytea
-- $9 platform text
-- $10 publicKey jsonb
-- $11 keyThumbprint text
-- $12 offlineSealed bytea
-- $13 credentialId text
-- $14 rpId text
-- $15 transports text[]
-- $16 signCount bigint
-- $17 mostDevices bigint
-- > customer_known boolean
-- > proof_fresh boolean
-- > id uuid
-- > customer_id text
-- > name_sealed bytea
-- > platform text
-- > key_thumbprint text
-- > enrolled_at timestamp with time zone
-- > revoked_at timestamp with time zone
-- > has_offline boolean
-- > credential_id text
-- > rp_id text
-- > transports text[]
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND key_id = $2 FOR UPDATE
), proof AS (
  INSERT INTO enrolment_proofs (jti)
  SELECT $3 FROM customer
   WHERE to_timestamp($4) BETWEEN now() - make_interval(secs => $5)
     AND now() + make_interval(secs => $6)
  ON CONFLICT DO NOTHING
  RETURNING jti
), live AS (
  SELECT count(*) AS devices FROM devices WHERE customer_id = $1 AND revoked_at IS NULL
), device AS (
  INSERT INTO devices (id, customer_id, name_sealed, platform, public_key, key_thumbprint, offline_sealed, credential_id,
    rp_id, transports, sign_count)
  SELECT $7, $1, $8, $9, $10::jsonb, $11, $12, $13::text,
    $14::text, $15::text[], $16::bigint
    FROM proof, live WHERE live.devices < $17
  RETURNING id, customer_id, name_sealed, platform, key_thumbprint, enrolled_at, revoked_at,
offline_sealed IS NOT NULL AS has_offline, credential_id, rp_id, transports
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.device.enrolled', 'dev', device.id, $1,
    jsonb_build_object('platform', platform, 'keyThumbprint', key_thumbprint, 'tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = $1 AND p.former_from IS NULL)) || CASE WHEN rp_id IS NULL THEN '{}' ELSE jsonb_build_object('rpId', rp_id) END
    FROM device
)
SELECT EXISTS (SELECT FROM customer) AS customer_known, EXISTS (SELECT FROM proof) AS proof_fresh, device.*
  FROM (SELECT) one LEFT JOIN device ON true;

-- devices.forgetSpentProofs: write
DELETE FROM enrolment_proofs WHERE used_at < now() - interval '10 minutes';

-- devices.ofCustomer: read
-- $1 customerId text
-- $2 after uuid
-- $3 most bigint
-- > key_id uuid
-- > wrapped_key bytea
-- > id uuid
-- > customer_id text
-- > name_sealed bytea
-- > platform text
-- > key_thumbprint text
-- > enrolled_at timestamp with time zone
-- > revoked_at timestamp with time zone
-- > has_offline boolean
-- > credential_id text
-- > rp_id text
-- > transports text[]
SELECT c.key_id, c.wrapped_key, d.* FROM customers c
  LEFT JOIN (SELECT id, customer_id, name_sealed, platform, key_thumbprint, enrolled_at, revoked_at,
offline_sealed IS NOT NULL AS has_offline, credential_id, rp_id, transports FROM devices WHERE customer_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id
    LIMIT $3) d ON true
 WHERE c.id = $1;

-- devices.revoke: write
-- $1 id uuid
-- $2 customerId text
-- $3 author text
-- > id uuid
WITH revoked AS (
  UPDATE devices SET revoked_at = now() WHERE id = $1 AND customer_id = $2 AND revoked_at IS NULL
RETURNING id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.device.revoked', 'dev', id, $2,
    jsonb_build_object('by', $3::text) FROM revoked
)
SELECT id FROM devices WHERE id = $1 AND customer_id = $2;

-- diagnostics.find: read
-- $1 traceId uuid
-- > failed text
-- > verification_id uuid
-- > names_device boolean
-- > device_known boolean
-- > device_of_customer boolean
-- > device_revoked boolean
-- > recorded_at timestamp with time zone
-- > expires_at timestamp with time zone
SELECT t.failed, t.verification_id, t.device_id IS NOT NULL AS names_device, d.id IS NOT NULL AS device_known,
  d.customer_id IS NOT DISTINCT FROM v.customer_id AS device_of_customer, d.revoked_at IS NOT NULL AS device_revoked,
  t.recorded_at, t.expires_at
  FROM diagnostics t
  JOIN verifications v ON v.id = t.verification_id
  LEFT JOIN devices d ON d.id = t.device_id
 WHERE t.trace_id = $1 AND t.expires_at > now();

-- diagnostics.forgetOld: write
-- $1 most bigint
DELETE FROM diagnostics WHERE ctid = ANY(ARRAY(SELECT ctid FROM diagnostics WHERE expires_at < now() LIMIT $1));

-- downloads.forgetOld: write
-- $1 most bigint
DELETE FROM downloads WHERE ctid = ANY(ARRAY(SELECT ctid FROM downloads WHERE expires_at < now() LIMIT $1));

-- downloads.make: write
-- $1 secretHash bytea
-- $2 pathHash bytea
-- $3 subject text
-- $4 caller jsonb
-- $5 tokenExpiresAt timestamp with time zone
-- $6 most bigint
-- > expires_at timestamp with time zone
INSERT INTO downloads (secret_hash, path_hash, subject, caller, expires_at)
SELECT $1, $2, $3, $4::jsonb, least(now() + interval '60 seconds', $5::timestamptz)
 WHERE (SELECT count(*) FROM downloads WHERE subject = $3 AND expires_at > now()) < $6
RETURNING expires_at;

-- downloads.spend: write
-- $1 secretHash bytea
-- $2 pathHash bytea
-- $3 subject text
-- > caller jsonb
DELETE FROM downloads
 WHERE secret_hash = $1 AND path_hash = $2 AND expires_at > now()
   AND ($3::text IS NULL OR subject = $3)
RETURNING caller;

-- dpopProofs.forgetSpent: write
DELETE FROM dpop_proofs WHERE used_at < now() - interval '10 minutes';

-- dpopProofs.spend: write
-- $1 proof bytea
-- > ?column? integer
INSERT INTO dpop_proofs (proof) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1;

-- eventPartitions.analyze: write
-- > analyzed boolean
SELECT analyze_events() AS analyzed;

-- eventPartitions.cancel: read
-- $1 pid integer
-- > pg_cancel_backend boolean
SELECT pg_cancel_backend($1);

-- eventPartitions.drop: write
-- $1 name text
-- > outcome text
SELECT drop_event_partition($1) AS outcome;

-- eventPartitions.dropped: read, also at a replica
-- $1 id uuid
-- > dropped boolean
SELECT NOT EXISTS (SELECT FROM event_partitions() WHERE from_id <= $1::uuid AND $1::uuid < to_id)
  AND uuid7_floor(now()) > $1::uuid AS dropped;

-- eventPartitions.keep: write
-- > made integer
-- > refused integer
SELECT made, refused FROM keep_event_partitions();

-- eventPartitions.old: read
-- > name text
SELECT name FROM event_partitions() WHERE to_id <= uuid7_floor(now() - make_interval(months => events_retention())) ORDER BY to_id;

-- eventPartitions.own: read
-- > pid integer
SELECT pg_backend_pid() AS pid;

-- events.after: read
-- $1 first uuid
-- $2 xid xid8
-- $3 sequence bigint
-- $4 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events
 WHERE id >= $1::uuid AND (xid, sequence) > ($2::xid8, $3) AND xid < pg_snapshot_xmin(log_snapshot())
 ORDER BY events.xid, events.sequence LIMIT $4;

-- events.before: read
-- $1 from timestamp with time zone
-- > xid text
-- > sequence text
SELECT e.xid::text, (e.sequence - 1)::text AS sequence FROM (
  SELECT xid, sequence FROM events WHERE id >= uuid7_floor(greatest($1::timestamptz - interval '1 minute', to_timestamp(0))) ORDER BY id LIMIT 10000) e
 ORDER BY e.xid, e.sequence LIMIT 1;

-- events.byIds: read
-- $1 ids uuid[]
-- $2 lowest uuid
-- $3 highest uuid
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE id = ANY($1::uuid[]) AND id BETWEEN $2 AND $3;

-- events.byTime.about.asc: read, also at a replica
-- $1 aboutId uuid
-- $2 after uuid
-- $3 from timestamp with time zone
-- $4 to timestamp with time zone
-- $5 customerId text
-- $6 types text[]
-- $7 about text
-- $8 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
WITH found AS MATERIALIZED (
  SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE about_id = $1 AND about <> 'call' AND (id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'::uuid)) IS TRUE AND
     ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($5::text IS NULL OR customer_id = $5)
 AND ($6::text[] IS NULL OR type LIKE ANY($6)) AND ($7::text IS NULL OR about = $7)
)
SELECT * FROM found ORDER BY id LIMIT $8;

-- events.byTime.about.desc: read, also at a replica
-- $1 aboutId uuid
-- $2 after uuid
-- $3 from timestamp with time zone
-- $4 to timestamp with time zone
-- $5 customerId text
-- $6 types text[]
-- $7 about text
-- $8 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
WITH found AS MATERIALIZED (
  SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE about_id = $1 AND about <> 'call' AND (id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) IS TRUE AND
     ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($5::text IS NULL OR customer_id = $5)
 AND ($6::text[] IS NULL OR type LIKE ANY($6)) AND ($7::text IS NULL OR about = $7)
)
SELECT * FROM found ORDER BY id DESC LIMIT $8;

-- events.byTime.all.asc: read, also at a replica
-- $1 after uuid
-- $2 from timestamp with time zone
-- $3 to timestamp with time zone
-- $4 customerId text
-- $5 types text[]
-- $6 about text
-- $7 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE id > coalesce($1::uuid, '00000000-0000-0000-0000-000000000000'::uuid) AND
     id >= uuid7_floor(greatest($2::timestamptz - interval '1 minute', to_timestamp(0)))
 AND id <= coalesce(uuid7_floor($3::timestamptz + interval '1 minute'), 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND
     ($2::timestamptz IS NULL OR occurred_at >= $2) AND ($3::timestamptz IS NULL OR occurred_at < $3)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($4::text IS NULL OR customer_id = $4)
 AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND ($6::text IS NULL OR about = $6)
 ORDER BY id LIMIT $7;

-- events.byTime.all.desc: read, also at a replica
-- $1 after uuid
-- $2 from timestamp with time zone
-- $3 to timestamp with time zone
-- $4 customerId text
-- $5 types text[]
-- $6 about text
-- $7 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE id < coalesce($1::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND
     id >= uuid7_floor(greatest($2::timestamptz - interval '1 minute', to_timestamp(0)))
 AND id <= coalesce(uuid7_floor($3::timestamptz + interval '1 minute'), 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) AND
     ($2::timestamptz IS NULL OR occurred_at >= $2) AND ($3::timestamptz IS NULL OR occurred_at < $3)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($4::text IS NULL OR customer_id = $4)
 AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND ($6::text IS NULL OR about = $6)
 ORDER BY id DESC LIMIT $7;

-- events.byTime.ofCall.asc: read, also at a replica
-- $1 aboutId uuid
-- $2 after uuid
-- $3 from timestamp with time zone
-- $4 to timestamp with time zone
-- $5 customerId text
-- $6 types text[]
-- $7 about text
-- $8 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
WITH found AS MATERIALIZED (
  SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE call_id = $1 AND (id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'::uuid)) IS TRUE AND
     ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($5::text IS NULL OR customer_id = $5)
 AND ($6::text[] IS NULL OR type LIKE ANY($6)) AND ($7::text IS NULL OR about = $7)
)
SELECT * FROM found ORDER BY id LIMIT $8;

-- events.byTime.ofCall.desc: read, also at a replica
-- $1 aboutId uuid
-- $2 after uuid
-- $3 from timestamp with time zone
-- $4 to timestamp with time zone
-- $5 customerId text
-- $6 types text[]
-- $7 about text
-- $8 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
WITH found AS MATERIALIZED (
  SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE call_id = $1 AND (id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) IS TRUE AND
     ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($5::text IS NULL OR customer_id = $5)
 AND ($6::text[] IS NULL OR type LIKE ANY($6)) AND ($7::text IS NULL OR about = $7)
)
SELECT * FROM found ORDER BY id DESC LIMIT $8;

-- events.byTime.ofCustomer.asc: read, also at a replica
-- $1 customerId text
-- $2 after uuid
-- $3 from timestamp with time zone
-- $4 to timestamp with time zone
-- $5 types text[]
-- $6 about text
-- $7 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
WITH found AS MATERIALIZED (
  SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE customer_id = $1 AND (id > coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'::uuid)) IS TRUE AND
     ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($1::text IS NULL OR customer_id = $1)
 AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND ($6::text IS NULL OR about = $6)
)
SELECT * FROM found ORDER BY id LIMIT $7;

-- events.byTime.ofCustomer.desc: read, also at a replica
-- $1 customerId text
-- $2 after uuid
-- $3 from timestamp with time zone
-- $4 to timestamp with time zone
-- $5 types text[]
-- $6 about text
-- $7 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
WITH found AS MATERIALIZED (
  SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE customer_id = $1 AND (id < coalesce($2::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)) IS TRUE AND
     ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
 AND xid < pg_snapshot_xmin(log_snapshot())
 AND ($1::text IS NULL OR customer_id = $1)
 AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND ($6::text IS NULL OR about = $6)
)
SELECT * FROM found ORDER BY id DESC LIMIT $7;

-- events.horizon: read
-- > xid text
SELECT pg_snapshot_xmin(log_snapshot())::text AS xid;

-- events.ofCallAfter: read
-- $1 callId uuid
-- $2 xid xid8
-- $3 sequence bigint
-- $4 about text[]
-- $5 types text[]
-- $6 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events
 WHERE call_id = $1 AND (xid, sequence) > ($2::xid8, $3) AND xid < pg_snapshot_xmin(log_snapshot())
   AND ($4::text[] IS NULL OR about = ANY($4)) AND ($5::text[] IS NULL OR type LIKE ANY($5))
 ORDER BY events.xid, events.sequence LIMIT $6;

-- events.ofCallsAfter: read
-- $1 xid xid8
-- $2 sequence bigint
-- $3 agentId text
-- $4 team text
-- $5 about text[]
-- $6 types text[]
-- $7 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events
 WHERE (xid, sequence) > ($1::xid8, $2) AND xid < pg_snapshot_xmin(log_snapshot()) AND
EXISTS (SELECT FROM calls k WHERE k.id = events.call_id
  AND ($3::text IS NULL OR k.agent_id = $3 OR data ->> 'from' = $3
    OR (type = 'countersign.call.transferred' AND data ->> 'to' = $3))
  AND ($4::text IS NULL OR k.agent_department = $4 OR data ->> 'fromTeam' = $4))
   AND ($5::text[] IS NULL OR about = ANY($5)) AND ($6::text[] IS NULL OR type LIKE ANY($6))
 ORDER BY events.xid, events.sequence LIMIT $7;

-- events.ofCustomerAfter: read
-- $1 customerId text
-- $2 xid xid8
-- $3 sequence bigint
-- $4 about text[]
-- $5 types text[]
-- $6 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events
 WHERE customer_id = $1 AND (xid, sequence) > ($2::xid8, $3) AND xid < pg_snapshot_xmin(log_snapshot())
   AND ($4::text[] IS NULL OR about = ANY($4)) AND ($5::text[] IS NULL OR type LIKE ANY($5))
 ORDER BY events.xid, events.sequence LIMIT $6;

-- events.position: read, also at a replica
-- $1 id uuid
-- $2 callId uuid
-- $3 customerId text
-- > xid text
-- > sequence text
SELECT xid::text, sequence::text FROM events
 WHERE id = $1 AND ($2::uuid IS NULL OR call_id = $2) AND ($3::text IS NULL OR customer_id = $3);

-- events.wantedAfter: read, also at a replica
-- $1 xid xid8
-- $2 sequence bigint
-- $3 about text[]
-- $4 types text[]
-- $5 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events
 WHERE (xid, sequence) > ($1::xid8, $2) AND xid < pg_snapshot_xmin(log_snapshot())
   AND ($3::text[] IS NULL OR about = ANY($3)) AND ($4::text[] IS NULL OR type LIKE ANY($4))
 ORDER BY events.xid, events.sequence LIMIT $5;

-- evidence.callbacks: read, also at a replica
-- $1 changeId uuid
-- > id uuid
-- > reference text
-- > status text
-- > requested_at timestamp with time zone
-- > attempts integer
-- > claimed_by text
-- > claimed_at timestamp with time zone
-- > call_id uuid
-- > verified_via text
-- > closed_by text
-- > closed_at timestamp with time zone
-- > number_since timestamp with time zone
SELECT b.id, b.reference, b.status, b.requested_at, b.attempts, b.claimed_by, b.claimed_at, b.call_id, b.verified_via, b.closed_by,
  b.closed_at, p.since AS number_since
  FROM callbacks b LEFT JOIN contact_points p ON p.id = b.contact_point_id WHERE b.change_id = $1 ORDER BY b.id LIMIT 200;

-- evidence.calls: read, also at a replica
-- $1 ids uuid[]
-- > id uuid
-- > reference text
-- > direction text
-- > line text
-- > key_id uuid
-- > purpose_sealed bytea
-- > agent_id text
-- > agent_name text
-- > agent_department text
-- > started_at timestamp with time zone
-- > ended_at timestamp with time zone
-- > relay_suspected_at timestamp with time zone
SELECT id, reference, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department, started_at, ended_at,
  relay_suspected_at FROM calls WHERE id = ANY($1) ORDER BY id;

-- evidence.change: read, also at a replica
-- $1 id uuid
-- > id uuid
-- > reference text
-- > customer_id text
-- > subject text
-- > asked_through text
-- > asked_by text
-- > key_id uuid
-- > details_sealed bytea
-- > at_risk_amount numeric
-- > at_risk_currency text
-- > rules jsonb
-- > policy_version integer
-- > status text
-- > requested_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > approved_by text
-- > approved_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > released_at timestamp with time zone
-- > disputed_at timestamp with time zone
-- > refused_because text
-- > checks jsonb
SELECT id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount, at_risk_currency, rules,
  policy_version, status, requested_at, expires_at,
       approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks FROM changes WHERE id = $1;

-- evidence.changesAsked: read, also at a replica
-- $1 ids uuid[]
-- > id uuid
-- > change_id uuid
SELECT id, change_id FROM verifications WHERE id = ANY($1::uuid[]) AND change_id IS NOT NULL;

-- evidence.customerEvents: read, also at a replica
-- $1 customerId text
-- $2 from timestamp with time zone
-- $3 to timestamp with time zone
-- $4 most bigint
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
-- > leaf_index text
SELECT e.id, e.xid::text, e.sequence::text, e.type, e.about, e.about_id, e.customer_id, e.call_id, e.data, e.occurred_at,
  l.leaf_index::text
  FROM (
    SELECT * FROM events WHERE customer_id = $1 AND occurred_at >= $2 AND occurred_at < $3 UNION ALL
    SELECT * FROM kept_events WHERE customer_id = $1 AND occurred_at >= $2 AND occurred_at < $3
  ) e LEFT JOIN log_leaves l ON l.event_id = e.id
 ORDER BY e.xid, e.sequence LIMIT $4;

-- evidence.events: read, also at a replica
-- $1 customerId text
-- $2 subjects uuid[]
-- $3 versions text[]
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
-- > leaf_index text
SELECT e.id, e.xid::text, e.sequence::text, e.type, e.about, e.about_id, e.customer_id, e.call_id, e.data, e.occurred_at,
  l.leaf_index::text
  FROM (
    SELECT * FROM events WHERE customer_id = $1
      AND (about_id = ANY($2) OR (about = 'customer' AND type = 'countersign.customer.shredded'))
    UNION ALL
    SELECT * FROM events WHERE type = 'countersign.policy.changed' AND data ->> 'version' = ANY($3) UNION ALL
    SELECT * FROM kept_events WHERE customer_id = $1
      AND (about_id = ANY($2) OR (about = 'customer' AND type = 'countersign.customer.shredded'))
    UNION ALL
    SELECT * FROM kept_events WHERE type = 'countersign.policy.changed' AND data ->> 'version' = ANY($3)
  ) e LEFT JOIN log_leaves l ON l.event_id = e.id
 ORDER BY e.xid, e.sequence LIMIT 5000;

-- evidence.letters: read, also at a replica
-- $1 changeId uuid
-- > issued_by text
-- > issued_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > used_at timestamp with time zone
-- > voided_at timestamp with time zone
SELECT issued_by, issued_at, expires_at, used_at, voided_at FROM letters WHERE change_id = $1 ORDER BY id LIMIT 200;

-- evidence.policies: read, also at a replica
-- $1 versions integer[]
-- > version integer
-- > document jsonb
SELECT version, document FROM policies WHERE version = ANY($1) ORDER BY version;

-- evidence.snapshot: read
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- evidence.verifications: read, also at a replica
-- $1 id uuid
-- $2 changeId uuid
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > answer text
-- > answer_reason text
-- > answer_sealed bytea
-- > handset jsonb
-- > findings text[]
-- > device_id uuid
-- > public_key jsonb
-- > key_thumbprint text
-- > platform text
-- > enrolled_at timestamp with time zone
-- > revoked_at timestamp with time zone
-- > credential_id text
-- > rp_id text
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge, v.asks,
  v.attempts_used, v.attempts_allowed,
       v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.answer, v.answer_reason, v.answer_sealed, v.handset,
         v.findings, v.device_id,
       d.public_key, d.key_thumbprint, d.platform, d.enrolled_at, d.revoked_at, d.credential_id, d.rp_id
  FROM verifications v LEFT JOIN devices d ON d.id = v.device_id
 WHERE v.id = $1::uuid OR v.change_id = $2::uuid ORDER BY v.id LIMIT 200;

-- idempotency.claim: write
-- $1 subject text
-- $2 key text
-- $3 fingerprint bytea
-- $4 claim uuid
-- > claimed boolean
-- > same boolean
-- > response_sealed bytea
WITH claimed AS (
  INSERT INTO idempotency_keys AS k (subject, key, fingerprint, claim, claimed_until)
  VALUES ($1, $2, $3, $4, now() + interval '5 seconds')
  ON CONFLICT (tenant_id, subject, key) DO UPDATE
     SET fingerprint = excluded.fingerprint, claim = excluded.claim,
         claimed_until = CASE WHEN k.response_sealed IS NULL OR k.created_at < now() - interval '24 hours' THEN excluded.claimed_until
           ELSE '-infinity' END,
         response_sealed = CASE WHEN k.created_at < now() - interval '24 hours' THEN NULL ELSE k.response_sealed END,
         created_at = CASE WHEN k.response_sealed IS NULL OR k.created_at < now() - interval '24 hours' THEN now() ELSE k.created_at END
   WHERE k.created_at < now() - interval '24 hours'
     OR (k.claimed_until > '-infinity' AND k.claimed_until < now() AND k.fingerprint = excluded.fingerprint)
  RETURNING response_sealed
)
SELECT EXISTS (SELECT FROM claimed WHERE response_sealed IS NULL) AS claimed, k.fingerprint = $3 AS same,
       coalesce((SELECT response_sealed FROM claimed), CASE
         WHEN k.claimed_until = '-infinity' THEN k.response_sealed END) AS response_sealed
  FROM (SELECT) one LEFT JOIN idempotency_keys k ON k.subject = $1 AND k.key = $2;

-- idempotency.forgetOld: write
-- $1 most bigint
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours'
  LIMIT $1));

-- idempotency.keep: write
-- $1 sealed bytea
-- $2 customerId text
-- $3 early boolean
-- $4 subject text
-- $5 key text
-- $6 claim uuid
-- > kept bigint
WITH kept AS (
  UPDATE idempotency_keys SET response_sealed = $1, customer_id = $2,
      claimed_until = CASE WHEN $3 THEN now() + interval '5 seconds' ELSE '-infinity' END
    WHERE subject = $4 AND key = $5 AND claim = $6 RETURNING 1
)
SELECT 1 / count(*) AS kept FROM kept;

-- idempotency.release: write
-- $1 subject text
-- $2 key text
-- $3 claim uuid
DELETE FROM idempotency_keys WHERE subject = $1 AND key = $2 AND claim = $3 AND response_sealed IS NULL;

-- idempotency.renew: write
-- $1 subject text
-- $2 key text
-- $3 claim uuid
UPDATE idempotency_keys SET claimed_until = now() + interval '5 seconds' WHERE subject = $1 AND key = $2 AND claim = $3 AND claimed_until > '-infinity'
  AND created_at > now() - interval '60 seconds';

-- idempotency.settle: write
-- $1 subject text
-- $2 key text
-- $3 claim uuid
UPDATE idempotency_keys SET claimed_until = '-infinity' WHERE subject = $1 AND key = $2 AND claim = $3 AND response_sealed IS NOT NULL;

-- kept-answers.count: read
-- > generation integer
-- > kept integer
SELECT key_generation(response_sealed) AS generation, count(*)::int AS kept FROM idempotency_keys
WHERE tenant_id = current_setting('countersign.tenant') AND response_sealed <> '' AND created_at > now() - interval '24 hours'
GROUP BY 1 ORDER BY 1;

-- kept-codes.count: read
-- > generation integer
-- > kept integer
SELECT key_generation(v.code_mac) AS generation, count(*)::int AS kept FROM verifications v
WHERE v.tenant_id = current_setting('countersign.tenant') AND v.code_mac IS NOT NULL AND v.status = 'waiting' AND v.expires_at > now()
GROUP BY 1 ORDER BY 1;

-- kept-customers.countHashes: read
-- > generation integer
-- > kept integer
SELECT key_generation(value_hash) AS generation, count(*)::int AS kept FROM contact_points
WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1;

-- kept-customers.countKeys: read
-- > generation integer
-- > kept integer
SELECT key_generation(wrapped_key) AS generation, count(*)::int AS kept FROM customers
WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1;

-- kept-customers.nextHashes: read
-- $1 after uuid
-- $2 most bigint
-- > id uuid
-- > customer_id text
-- > value_sealed bytea
-- > value_hash bytea
-- > key_id uuid
-- > wrapped_key bytea
SELECT p.id, p.customer_id, p.value_sealed, p.value_hash, c.key_id, c.wrapped_key
  FROM contact_points p JOIN customers c ON c.tenant_id = p.tenant_id AND c.id = p.customer_id
 WHERE p.tenant_id = current_setting('countersign.tenant') AND p.kind = 'phone' AND p.id > $1::uuid
 ORDER BY p.id LIMIT $2;

-- kept-customers.nextKeys: read
-- $1 after text
-- $2 most bigint
-- > id text
-- > key_id uuid
-- > wrapped_key bytea
SELECT id, key_id, wrapped_key FROM customers
WHERE tenant_id = current_setting('countersign.tenant') AND id > $1 ORDER BY id LIMIT $2;

-- kept-customers.rehash: write
-- $1 ids uuid[]
-- $2 customerIds text[]
-- $3 was bytea[]
-- $4 hashes bytea[]
-- > id uuid
WITH held AS (
  SELECT g.id, g.was, g.hash
    FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::bytea[]) AS g (id, customer_id, was, hash)
    JOIN customers c ON c.tenant_id = current_setting('countersign.tenant') AND c.id = g.customer_id
     FOR NO KEY UPDATE OF c SKIP LOCKED
)
UPDATE contact_points p SET value_hash = h.hash FROM held h
 WHERE p.tenant_id = current_setting('countersign.tenant') AND p.id = h.id AND p.value_hash = h.was
RETURNING p.id;

-- kept-customers.rewrap: write
-- $1 ids text[]
-- $2 was bytea[]
-- $3 wrapped bytea[]
-- > id text
WITH held AS (
  SELECT c.id, g.was, g.wrapped FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS g (id, was, wrapped)
    JOIN customers c ON c.tenant_id = current_setting('countersign.tenant') AND c.id = g.id
     FOR NO KEY UPDATE OF c SKIP LOCKED
)
UPDATE customers c SET wrapped_key = h.wrapped FROM held h
 WHERE c.tenant_id = current_setting('countersign.tenant') AND c.id = h.id AND c.wrapped_key = h.was
RETURNING c.id;

-- kept-letters.count: read
-- > generation integer
-- > kept integer
SELECT key_generation(l.code_mac) AS generation, count(*)::int AS kept FROM letters l
WHERE l.tenant_id = current_setting('countersign.tenant') AND l.used_at IS NULL AND l.voided_at IS NULL AND l.expires_at > now() AND l.attempts_left > 0 GROUP BY 1 ORDER BY 1;

-- kept-push.count: read
-- > generation integer
-- > kept integer
SELECT key_generation(address_hash) AS generation, count(*)::int AS kept FROM push_subscriptions
WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1;

-- kept-push.next: read
-- $1 after uuid
-- $2 most bigint
-- > id uuid
-- > customer_id text
-- > sealed_under uuid
-- > address_sealed bytea
-- > address_hash bytea
-- > key_id uuid
-- > wrapped_key bytea
SELECT s.id, s.customer_id, s.key_id AS sealed_under, s.address_sealed, s.address_hash, c.key_id, c.wrapped_key
  FROM push_subscriptions s JOIN customers c ON c.tenant_id = s.tenant_id AND c.id = s.customer_id
 WHERE s.tenant_id = current_setting('countersign.tenant') AND s.id > $1::uuid ORDER BY s.id LIMIT $2;

-- kept-push.rehash: write
-- $1 ids uuid[]
-- $2 was bytea[]
-- $3 sealed bytea[]
-- $4 hashes bytea[]
-- > id uuid
WITH held AS (
  SELECT g.* FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[]) AS g (id, was, sealed, hash)
    JOIN push_subscriptions s ON s.tenant_id = current_setting('countersign.tenant') AND s.id = g.id
     FOR UPDATE OF s SKIP LOCKED
)
UPDATE push_subscriptions s SET address_hash = h.hash FROM held h
 WHERE s.tenant_id = current_setting('countersign.tenant') AND s.id = h.id AND s.address_hash = h.was AND s.address_sealed = h.sealed
RETURNING s.id;

-- kept-signing-keys.count: read
-- > generation integer
-- > kept integer
SELECT key_generation(mac) AS generation, count(*)::int AS kept FROM signing_keys
WHERE tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1;

-- kept-signing-keys.next: read
-- $1 after text
-- $2 most bigint
-- > id text
-- > key_id text
-- > public_jwk jsonb
-- > mac bytea
-- > first_used_at timestamp with time zone
SELECT key_id AS id, key_id, public_jwk, mac, first_used_at FROM signing_keys
WHERE tenant_id = current_setting('countersign.tenant') AND key_id > $1 ORDER BY key_id LIMIT $2;

-- kept-signing-keys.revouch: write
-- $1 ids text[]
-- $2 was bytea[]
-- $3 publicJwks jsonb[]
-- $4 macs bytea[]
-- > key_id text
UPDATE signing_keys k SET mac = g.mac
  FROM unnest($1::text[], $2::bytea[], $3::jsonb[], $4::bytea[]) AS g (id, was, public_jwk, mac)
 WHERE k.tenant_id = current_setting('countersign.tenant') AND k.key_id = g.id AND k.mac = g.was AND k.public_jwk = g.public_jwk
RETURNING k.key_id;

-- kept-webhooks.count: read
-- > generation integer
-- > kept integer
SELECT generation, count(*)::int AS kept
  FROM webhooks w, LATERAL (SELECT DISTINCT key_generation(s) AS generation
    FROM unnest(ARRAY[w.secret_sealed, w.previous_secret_sealed]) s WHERE s <> '') g
 WHERE w.tenant_id = current_setting('countersign.tenant') GROUP BY 1 ORDER BY 1;

-- kept-webhooks.next: read
-- $1 after uuid
-- $2 most bigint
-- > id uuid
-- > secret_sealed bytea
-- > previous_secret_sealed bytea
SELECT id, secret_sealed, previous_secret_sealed FROM webhooks
WHERE tenant_id = current_setting('countersign.tenant') AND secret_sealed <> '' AND id > $1::uuid ORDER BY id LIMIT $2;

-- kept-webhooks.reseal: write
-- $1 ids uuid[]
-- $2 was bytea[]
-- $3 previousWas bytea[]
-- $4 sealed bytea[]
-- $5 previous bytea[]
-- > id uuid
WITH held AS (
  SELECT g.*
    FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
      AS g (id, was, previous_was, sealed, previous)
    JOIN webhooks w ON w.tenant_id = current_setting('countersign.tenant') AND w.id = g.id
     FOR NO KEY UPDATE OF w SKIP LOCKED
)
UPDATE webhooks w SET secret_sealed = h.sealed, previous_secret_sealed = h.previous FROM held h
 WHERE w.tenant_id = current_setting('countersign.tenant') AND w.id = h.id AND w.secret_sealed = h.was
   AND w.previous_secret_sealed IS NOT DISTINCT FROM h.previous_was
RETURNING w.id;

-- keys.addGeneration: write
-- $1 generation integer
-- $2 leadSeconds double precision
-- $3 masterKeys text[]
-- $4 wrappedRoots bytea[]
-- > generation integer
WITH added AS (
  INSERT INTO key_generations (generation, used_from)
  SELECT $1, now() + make_interval(secs => $2)
   WHERE (SELECT coalesce(max(generation), 0) FROM key_generations) = $1::int - 1
  ON CONFLICT DO NOTHING RETURNING generation
)
INSERT INTO key_slots (generation, master_key, wrapped_root)
SELECT added.generation, s.master_key, s.wrapped_root
  FROM added, unnest($3::text[], $4::bytea[]) AS s (master_key, wrapped_root)
RETURNING generation;

-- keys.addSlot: write
-- $1 masterKey text
-- $2 wrappedRoot bytea
-- $3 generation integer
INSERT INTO key_slots (generation, master_key, wrapped_root)
SELECT generation, $1, $2 FROM key_generations WHERE generation = $3
ON CONFLICT DO NOTHING;

-- keys.generations: read
-- > generation integer
-- > is_used boolean
-- > slots jsonb
SELECT g.generation, g.used_from <= now() AS is_used,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('masterKey', s.master_key, 'root', encode(s.wrapped_root, 'base64'))
         ORDER BY s.master_key), '[]') FROM key_slots s WHERE s.generation = g.generation) AS slots
  FROM key_generations g ORDER BY g.generation LIMIT 100;

-- keys.removeGeneration: write
-- $1 generation integer
-- > generation integer
DELETE FROM key_generations WHERE generation = $1 AND generation < (
  SELECT max(generation) FROM key_generations WHERE used_from <= now()) RETURNING generation;

-- keys.removeSlots: write
-- $1 masterKey text
-- $2 keptBy text
-- > generation integer
DELETE FROM key_slots s WHERE s.master_key = $1 AND NOT EXISTS (
  SELECT FROM key_generations g WHERE NOT EXISTS (
    SELECT FROM key_slots k WHERE k.generation = g.generation AND k.master_key = $2))
RETURNING s.generation;

-- keys.secondsInUse: read
-- $1 generation integer
-- > seconds double precision
SELECT extract(epoch FROM now() - used_from)::float8 AS seconds FROM key_generations WHERE generation = $1;

-- letters.issue: write
-- $1 changeId uuid
-- $2 codeMac bytea
-- $3 author text
-- $4 letterSeconds double precision
-- $5 attempts integer
-- > expires_at timestamp with time zone
WITH change AS (
  SELECT ch.id, ch.customer_id FROM changes ch WHERE ch.id = $1 AND ch.status = 'held' AND ch.expires_at > now() FOR UPDATE
), voided AS (
  UPDATE letters l SET voided_at = now() FROM change WHERE l.change_id = change.id AND l.used_at IS NULL AND l.voided_at IS NULL
  RETURNING l.change_id, l.customer_id, l.attempts_left, l.expires_at <= now() AS lapsed
), issued AS (
  INSERT INTO letters (change_id, customer_id, code_mac, issued_by, expires_at, attempts_left)
  SELECT change.id, change.customer_id, $2, $3, now() + make_interval(secs => $4), $5
    FROM change, (SELECT count(*) FROM voided) settled
  RETURNING id, change_id, customer_id, expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.letter.voided', 'chg', change_id, customer_id, NULL::uuid,
    jsonb_build_object('attemptsLeft', attempts_left, 'because', CASE WHEN lapsed THEN 'expired' ELSE 'replaced' END)
    FROM voided
  UNION ALL
  SELECT 'countersign.letter.issued', 'chg', change_id, customer_id, NULL,
    jsonb_build_object('expiresAt', expires_at, 'by', $3::text) FROM issued
)
SELECT expires_at FROM issued;

-- letters.miss: write
-- $1 customerId text
-- > attempts_left integer
WITH missed AS (
  UPDATE letters l SET attempts_left = l.attempts_left - 1, voided_at = CASE WHEN l.attempts_left <= 1 THEN now() END
    FROM changes ch WHERE l.customer_id = $1 AND ch.id = l.change_id AND ch.status = 'held' AND ch.expires_at > now() AND l.used_at IS NULL AND l.voided_at IS NULL AND l.expires_at > now() AND l.attempts_left > 0
  RETURNING l.change_id, l.customer_id, l.attempts_left
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT CASE WHEN attempts_left = 0 THEN 'countersign.letter.voided' ELSE 'countersign.letter.code_failed' END, 'chg', change_id, customer_id, NULL::uuid,
    jsonb_build_object('attemptsLeft', attempts_left) || CASE WHEN attempts_left = 0 THEN '{"because":"wrong_codes"}' ELSE '{}' END::jsonb FROM missed
)
SELECT max(attempts_left) AS attempts_left FROM missed;

-- letters.open: read
-- $1 customerId text
-- > id uuid
-- > change_id uuid
-- > code_mac bytea
SELECT l.id, l.change_id, l.code_mac FROM letters l JOIN changes ch ON ch.id = l.change_id AND ch.status = 'held' AND ch.expires_at > now()
 WHERE l.customer_id = $1 AND l.used_at IS NULL AND l.voided_at IS NULL AND l.expires_at > now() AND l.attempts_left > 0 ORDER BY l.id LIMIT 20;

-- letters.use: write
-- $1 changeId uuid
-- $2 id uuid
-- > change_id uuid
WITH change AS (
  SELECT ch.id FROM changes ch WHERE ch.id = $1 AND ch.status = 'held' AND ch.expires_at > now() FOR SHARE
), used AS (
  UPDATE letters l SET used_at = clock_timestamp() FROM change
   WHERE l.id = $2 AND l.change_id = change.id AND l.used_at IS NULL AND l.voided_at IS NULL AND l.expires_at > now() AND l.attempts_left > 0
  RETURNING l.change_id, l.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.letter.used', 'chg', change_id, customer_id,
    '{}'::jsonb FROM used
)
SELECT change_id FROM used;

-- lines.list: read
-- $1 after text
-- $2 most bigint
-- > number text
-- > use text
-- > label text
SELECT number, use, label FROM lines WHERE $1::text IS NULL OR number > $1 ORDER BY number LIMIT $2;

-- lines.put: write
-- $1 number text
-- $2 use text
-- $3 label text
-- $4 author text
-- > number text
-- > use text
-- > label text
-- > created boolean
WITH put AS (
  INSERT INTO lines (number, use, label) VALUES ($1, $2, $3)
  ON CONFLICT (tenant_id, number) DO UPDATE SET use = excluded.use, label = excluded.label
  RETURNING number, use, label, (xmax = 0) AS created
), logged AS (
  INSERT INTO events (type, about, data)
  SELECT 'countersign.line.changed', 'line',
    jsonb_build_object('number', number, 'use', use, 'by', $4::text) FROM put
)
SELECT * FROM put;

-- lines.remove: write
-- $1 number text
-- $2 author text
-- > number text
WITH removed AS (
  DELETE FROM lines WHERE number = $1 RETURNING number
), logged AS (
  INSERT INTO events (type, about, data)
  SELECT 'countersign.line.removed', 'line',
    jsonb_build_object('number', number, 'by', $2::text) FROM removed
)
SELECT number FROM removed;

-- lines.seed: write
-- $1 lines jsonb
INSERT INTO lines (number, use, label)
SELECT number, use, label FROM jsonb_to_recordset($1::jsonb) AS l (number text, use text, label text)
 WHERE NOT EXISTS (SELECT FROM lines)
ON CONFLICT DO NOTHING;

-- log.add: write
-- $1 first bigint
-- $2 leafHashes bytea
-- $3 eventIds uuid[]
-- $4 nodeHashes bytea
-- $5 levels integer[]
-- $6 indexes bigint[]
WITH leaves AS (
  INSERT INTO log_leaves (leaf_index, event_id, leaf_hash)
  SELECT $1::bigint + n - 1, event_id, substring($2::bytea FROM n::int * 32 - 31 FOR 32)
    FROM unnest((SELECT $3::uuid[])) WITH ORDINALITY AS l (event_id, n)
)
INSERT INTO log_nodes (level, node_index, hash)
SELECT level, node_index, substring($4::bytea FROM n::int * 32 - 31 FOR 32)
  FROM unnest((SELECT $5::int[]), (SELECT $6::bigint[])) WITH ORDINALITY AS x (level, node_index, n);

-- log.addCheckpoint: write
-- $1 size bigint
-- $2 root bytea
-- $3 keyId text
-- $4 note text
INSERT INTO log_checkpoints (tree_size, root_hash, key_id, note) VALUES ($1, $2, $3, $4);

-- log.forgetCheckpoints: write
-- $1 most bigint
-- > ?column? integer
WITH old AS (
  SELECT tree_size, date_trunc('hour', signed_at, 'UTC') = date_trunc('hour', lead(signed_at) OVER (ORDER BY tree_size),
    'UTC') AS followed
    FROM log_checkpoints WHERE signed_at < now() - interval '7 days'
)
DELETE FROM log_checkpoints c WHERE c.tree_size IN (SELECT tree_size FROM old WHERE followed ORDER BY tree_size LIMIT $1) RETURNING 1;

-- log.head: read
-- > size text
-- > event_id uuid
-- > xid text
-- > sequence text
SELECT h.size::text, h.event_id, h.xid::text, h.sequence::text FROM (SELECT l.leaf_index + 1 AS size, l.event_id, e.xid, e.sequence
FROM (SELECT leaf_index, event_id FROM log_leaves ORDER BY leaf_index DESC LIMIT 1) l,
LATERAL (SELECT xid, sequence FROM events WHERE id = l.event_id UNION ALL SELECT xid, sequence FROM kept_events WHERE id = l.event_id) e) h;

-- log.lastCheckpoint: read
-- > size text
-- > root_hash bytea
-- > key_id text
-- > note text
SELECT tree_size::text AS size, root_hash, key_id, note FROM log_checkpoints ORDER BY tree_size DESC LIMIT 1;

-- log.leafOfEvent: read, also at a replica
-- $1 eventId uuid
-- > leaf_index text
SELECT leaf_index::text FROM log_leaves WHERE event_id = $1;

-- log.lock: write
-- $1 tenantId text
-- > locked boolean
SELECT pg_try_advisory_xact_lock(7265003, hashtext($1)) AS locked;

-- log.markWitnessed: write
-- $1 witness text
-- $2 size bigint
INSERT INTO log_witnessed (witness, tree_size) VALUES ($1, $2)
ON CONFLICT (tenant_id, witness) DO UPDATE SET tree_size = excluded.tree_size, pushed_at = clock_timestamp()
  WHERE log_witnessed.tree_size < excluded.tree_size;

-- log.nodes: read, also at a replica
-- $1 levels integer[]
-- $2 indexes bigint[]
-- > hash bytea
SELECT coalesce(l.leaf_hash, x.hash) AS hash
  FROM unnest((SELECT $1::int[]), (SELECT $2::bigint[])) WITH ORDINALITY AS w (level, at, n)
  LEFT JOIN LATERAL (SELECT leaf_hash FROM log_leaves WHERE w.level = 0 AND leaf_index = w.at LIMIT 1) l ON true
  LEFT JOIN LATERAL (SELECT hash FROM log_nodes WHERE w.level > 0 AND level = w.level AND node_index = w.at LIMIT 1) x ON true
 ORDER BY w.n;

-- log.pending: read
-- > pending boolean
-- > younger boolean
-- > size text
-- > event_id uuid
-- > xid text
-- > sequence text
WITH
sealed AS MATERIALIZED (
  SELECT coalesce(h.size, 0) AS size, h.event_id, coalesce(h.xid, '0'::xid8) AS xid, coalesce(h.sequence, 0) AS sequence FROM (SELECT) one
    LEFT JOIN (SELECT l.leaf_index + 1 AS size, l.event_id, e.xid, e.sequence
FROM (SELECT leaf_index, event_id FROM log_leaves ORDER BY leaf_index DESC LIMIT 1) l,
LATERAL (SELECT xid, sequence FROM events WHERE id = l.event_id UNION ALL SELECT xid, sequence FROM kept_events WHERE id = l.event_id) e) h ON true
)
SELECT EXISTS (SELECT FROM events WHERE (xid, sequence) > ((SELECT xid FROM sealed), (SELECT sequence FROM sealed)) AND xid < pg_snapshot_xmin(log_snapshot()))
       OR size > coalesce((SELECT max(tree_size) FROM log_checkpoints), -1) AS pending,
       xid >= pg_snapshot_xmax(log_snapshot()) AS younger, size::text, event_id, xid::text, sequence::text
  FROM sealed;

-- log.state: read
-- > size text
-- > event_id uuid
-- > levels integer[]
-- > hashes bytea[]
-- > last_size text
-- > root_hash bytea
-- > key_id text
-- > note text
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
    ON true;

-- log.unsealed: read
-- > seconds double precision
WITH
sealed AS MATERIALIZED (
  SELECT coalesce(h.size, 0) AS size, h.event_id, coalesce(h.xid, '0'::xid8) AS xid, coalesce(h.sequence, 0) AS sequence FROM (SELECT) one
    LEFT JOIN (SELECT l.leaf_index + 1 AS size, l.event_id, e.xid, e.sequence
FROM (SELECT leaf_index, event_id FROM log_leaves ORDER BY leaf_index DESC LIMIT 1) l,
LATERAL (SELECT xid, sequence FROM events WHERE id = l.event_id UNION ALL SELECT xid, sequence FROM kept_events WHERE id = l.event_id) e) h ON true
)
SELECT greatest(extract(epoch FROM clock_timestamp() - coalesce(
  (SELECT e.occurred_at FROM log_leaves l JOIN events e ON e.id = l.event_id
    WHERE l.leaf_index = (SELECT coalesce(max(tree_size), 0) FROM log_checkpoints)),
  (SELECT occurred_at FROM events WHERE (xid, sequence) > ((SELECT xid FROM sealed), (SELECT sequence FROM sealed)) ORDER BY xid, sequence LIMIT 1),
  clock_timestamp())), 0)::float8 AS seconds;

-- log.witnessed: read
-- $1 witness text
-- > size text
SELECT tree_size::text AS size FROM log_witnessed WHERE witness = $1;

-- logOrder.ahead: read
-- > ahead boolean
SELECT log_is_ahead() AS ahead;

-- logPulse.held: read
-- > held boolean
SELECT EXISTS (SELECT FROM (SELECT FROM events WHERE xid >= pg_snapshot_xmin(log_snapshot()) ORDER BY xid, sequence
LIMIT 1) e) AS held;

-- logPulse.holders: read
-- > kind text
-- > pid integer
-- > database text
-- > login text
-- > application text
-- > state text
-- > open_seconds double precision
-- > prepared_as text
SELECT kind, pid, database, login, application, state, open_seconds, prepared_as FROM event_log_holders();

-- logPulse.read: read
-- > written text
-- > horizon text
-- > ceiling text
SELECT pg_sequence_last_value('events_sequence'::regclass)::text AS written, pg_snapshot_xmin(log_snapshot())::text AS horizon,
  pg_snapshot_xmax(log_snapshot())::text AS ceiling;

-- lookups.spend: write
-- $1 customerId text
-- $2 agentId text
-- $3 team text
-- $4 mostLookups integer
-- > allowed boolean
-- > made integer
-- > reset_seconds integer
-- > retry_after integer
WITH related AS MATERIALIZED (
  SELECT (
       EXISTS (SELECT FROM calls k WHERE k.customer_id = $1 AND k.ended_at IS NULL AND k.expires_at > now()
           AND (k.agent_id = $2 OR k.transfer_to = $2 OR k.agent_department = $3::text))
    OR EXISTS (SELECT FROM callbacks b WHERE b.customer_id = $1 AND b.status = 'claimed' AND b.claimed_by = $2
           AND b.claimed_until > now())
    OR EXISTS (SELECT FROM changes ch WHERE ch.customer_id = $1 AND ch.status = 'held' AND ch.expires_at > now()
           AND (ch.asked_by = $2 OR ch.approved_by = $2))
    OR EXISTS (SELECT FROM events e WHERE e.customer_id = $1 AND e.occurred_at > now() - interval '10 minutes'
           AND e.id >= uuid7_floor(now() - interval '10 minutes' - interval '1 minute')
           AND e.type IN ('countersign.customer.searched', 'countersign.customer.summary_read', 'countersign.notice.checked')
           AND e.data ->> 'by' = $2)) AS free
), counted AS (
  INSERT INTO search_budgets AS b (agent_id, since, made) SELECT $2, now(), 1 WHERE NOT (SELECT free FROM related)
  ON CONFLICT (tenant_id, agent_id) DO UPDATE
    SET made = CASE WHEN b.since <= now() - interval '1 minute' THEN 1 ELSE b.made + 1 END,
        since = CASE WHEN b.since <= now() - interval '1 minute' THEN now() ELSE b.since END
    WHERE b.since <= now() - interval '1 minute' OR b.made < $4::int
  RETURNING b.made, b.since
)
SELECT (SELECT free FROM related) OR EXISTS (SELECT FROM counted) AS allowed, (SELECT c.made FROM counted c) AS made,
       (SELECT ceil(extract(epoch FROM c.since + interval '1 minute' - now()))::int FROM counted c) AS reset_seconds, (SELECT ceil(extract(epoch FROM b.since + interval '1 minute' - now()))::int FROM search_budgets b
         WHERE b.agent_id = $2) AS retry_after;

-- notices.addRecipients: write
-- $1 noticeId uuid
-- $2 customerIds text[]
-- $3 author text
-- > added integer
WITH added AS (
  INSERT INTO notice_recipients (customer_id, notice_id)
  SELECT DISTINCT g.id, $1::uuid FROM unnest($2::text[]) AS g (id) ORDER BY 1
  ON CONFLICT DO NOTHING
  RETURNING 1
), counted AS (
  SELECT count(*)::int AS added FROM added
), grown AS (
  UPDATE notices SET recipients = recipients + added FROM counted WHERE id = $1 AND added > 0
  RETURNING id
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.notice.recipients_added', 'ntc', id,
    jsonb_build_object('added', added, 'by', $3::text) FROM grown, counted
)
SELECT added FROM counted;

-- notices.byId: read
-- $1 id uuid
-- > id uuid
-- > reference text
-- > channel text
-- > sender text
-- > summary text
-- > text text
-- > links text[]
-- > account_details jsonb
-- > sent_at timestamp with time zone
-- > sent boolean
-- > recipients integer
-- > registered_at timestamp with time zone
SELECT id, reference, channel, sender, summary, text, links, account_details, sent_at, (sent_at <= now()) AS sent,
recipients, registered_at FROM notices WHERE id = $1;

-- notices.byIds: read
-- $1 ids uuid[]
-- > id uuid
-- > reference text
-- > channel text
-- > sender text
-- > summary text
-- > text text
-- > links text[]
-- > account_details jsonb
-- > sent_at timestamp with time zone
-- > sent boolean
-- > recipients integer
-- > registered_at timestamp with time zone
SELECT id, reference, channel, sender, summary, text, links, account_details, sent_at, (sent_at <= now()) AS sent,
recipients, registered_at FROM notices WHERE id = ANY($1::uuid[]);

-- notices.byReference: read
-- $1 reference text
-- > id uuid
-- > reference text
-- > channel text
-- > sender text
-- > summary text
-- > text text
-- > links text[]
-- > account_details jsonb
-- > sent_at timestamp with time zone
-- > sent boolean
-- > recipients integer
-- > registered_at timestamp with time zone
SELECT id, reference, channel, sender, summary, text, links, account_details, sent_at, (sent_at <= now()) AS sent,
recipients, registered_at FROM notices WHERE reference = $1;

-- notices.byReferenceOfRecipient: read
-- $1 reference text
-- $2 customerId text
-- > id uuid
-- > reference text
-- > channel text
-- > sender text
-- > summary text
-- > text text
-- > links text[]
-- > account_details jsonb
-- > sent_at timestamp with time zone
-- > sent boolean
-- > recipients integer
-- > registered_at timestamp with time zone
SELECT id, reference, channel, sender, summary, text, links, account_details, sent_at, (sent_at <= now()) AS sent,
recipients, registered_at FROM notices WHERE reference = $1
   AND EXISTS (SELECT FROM notice_recipients r WHERE r.notice_id = notices.id AND r.customer_id = $2);

-- notices.deleteOld: write
-- $1 days integer
-- $2 most bigint
-- > deleted integer
WITH due AS (
  SELECT id FROM notices WHERE sent_at < now() - make_interval(days => $1) AND registered_at < now() - make_interval(days => $1)
   ORDER BY sent_at LIMIT 1 FOR UPDATE SKIP LOCKED
), seen AS MATERIALIZED (
  SELECT ARRAY(SELECT r.ctid FROM notice_recipients r JOIN due ON r.notice_id = due.id LIMIT $2) AS places
), deleted AS (
  DELETE FROM notice_recipients WHERE ctid = ANY((SELECT places FROM seen)::tid[]) RETURNING 1
), ended AS (
  DELETE FROM notices n USING due, seen WHERE n.id = due.id AND cardinality(places) < $2 RETURNING n.id, n.reference
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.notice.deleted', 'ntc', id,
    jsonb_build_object('reference', reference, 'olderThanDays', $1::int) FROM ended
)
SELECT ((SELECT count(*) FROM deleted) + (SELECT count(*) FROM ended))::int AS deleted;

-- notices.list: read
-- $1 channel text
-- $2 afterId uuid
-- $3 most bigint
-- > id uuid
-- > reference text
-- > channel text
-- > sender text
-- > summary text
-- > text text
-- > links text[]
-- > account_details jsonb
-- > sent_at timestamp with time zone
-- > sent boolean
-- > recipients integer
-- > registered_at timestamp with time zone
SELECT id, reference, channel, sender, summary, text, links, account_details, sent_at, (sent_at <= now()) AS sent,
recipients, registered_at FROM notices
 WHERE ($1::text IS NULL OR channel = $1) AND ($2::uuid IS NULL OR id < $2)
 ORDER BY id DESC LIMIT $3;

-- notices.readForCheck: read
-- $1 customerId text
-- $2 windowSeconds double precision
-- $3 reference text
-- $4 most bigint
-- > now timestamp with time zone
-- > locale text
-- > own text[]
-- > recent text[]
SELECT now() AS now,
       (SELECT locale FROM customers WHERE id = $1) AS locale,
       ARRAY(SELECT n.id::text FROM notice_recipients r JOIN notices n ON n.id = r.notice_id
              WHERE r.customer_id = $1
                AND (n.sent_at > now() - make_interval(secs => $2) OR n.reference = $3)
              ORDER BY n.reference IS NOT DISTINCT FROM $3::text DESC, n.sent_at DESC LIMIT $4) AS own,
       ARRAY(SELECT n.id::text FROM notices n WHERE n.sent_at > now() - make_interval(secs => $2) ORDER BY n.sent_at DESC
         LIMIT $4) AS recent;

-- notices.recent: read
-- $1 windowSeconds double precision
-- $2 most bigint
-- > id text
SELECT id::text AS id FROM notices WHERE sent_at > now() - make_interval(secs => $1) ORDER BY sent_at DESC LIMIT $2;

-- notices.recordCheck: write
-- $1 noticeId uuid
-- $2 customerId text
-- $3 data jsonb
INSERT INTO events (type, about, about_id, customer_id, data)
VALUES ('countersign.notice.checked', CASE WHEN $1::uuid IS NULL THEN 'customer' ELSE 'ntc' END, $1::uuid, $2,
    $3::jsonb);

-- notices.register: write
-- $1 id uuid
-- $2 reference text
-- $3 channel text
-- $4 sender text
-- $5 summary text
-- $6 text text
-- $7 links text[]
-- $8 accountDetails jsonb
-- $9 sentAt timestamp with time zone
-- $10 registeredBy text
-- > id uuid
-- > reference text
-- > channel text
-- > sender text
-- > summary text
-- > text text
-- > links text[]
-- > account_details jsonb
-- > sent_at timestamp with time zone
-- > sent boolean
-- > recipients integer
-- > registered_at timestamp with time zone
WITH registered AS (
  INSERT INTO notices (id, reference, channel, sender, summary, text, links, account_details, sent_at, registered_by)
  VALUES ($1, $2, $3, $4, $5, $6, $7::text[], $8::jsonb, $9, $10)
  RETURNING id, reference, channel, sender, summary, text, links, account_details, sent_at, (sent_at <= now()) AS sent,
recipients, registered_at
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.notice.registered', 'ntc', id,
    jsonb_build_object('reference', reference, 'channel', channel, 'sentAt', sent_at, 'by', $10::text) FROM registered
)
SELECT * FROM registered;

-- offline-proofs.accept: write
-- $1 customerId text
-- $2 failuresSeen integer
-- $3 callId uuid
-- $4 agentId text
-- $5 step bigint
-- $6 deviceId uuid
-- $7 device text
-- $8 findings text[]
-- $9 author text
-- > id uuid
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND code_failures = $2 AND locked_at IS NULL FOR UPDATE
), call AS (
  SELECT k.id, k.customer_id FROM calls k WHERE k.id = $3 AND k.ended_at IS NULL AND k.expires_at > now()
AND k.agent_id = $4 AND k.relay_suspected_at IS NULL AND EXISTS (SELECT FROM customer) FOR SHARE
), accepted AS (
  UPDATE devices d SET customer_proof_step = $5
    FROM customer, call
   WHERE d.id = $6 AND d.customer_id = customer.id AND d.revoked_at IS NULL
     AND (d.customer_proof_step IS NULL OR d.customer_proof_step < $5)
  RETURNING d.id, d.customer_id
), cleared AS (
  UPDATE customers c SET code_failures = 0 FROM accepted WHERE c.id = accepted.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.customer_proved', 'call', $3, customer_id, $3,
    jsonb_build_object('deviceId', $7::text, 'findings', to_jsonb($8::text[]), 'by', $9::text) FROM accepted
)
SELECT id FROM accepted;

-- offline-proofs.context: read
-- $1 customerId text
-- > now timestamp with time zone
-- > key_id uuid
-- > wrapped_key bytea
-- > code_failures integer
-- > locked_at timestamp with time zone
-- > device_id uuid
-- > name_sealed bytea
-- > offline_sealed bytea
-- > customer_proof_step text
-- > enrolled_at timestamp with time zone
SELECT now() AS now, c.key_id, c.wrapped_key, c.code_failures, c.locked_at,
       d.id AS device_id, d.name_sealed, d.offline_sealed, d.customer_proof_step::text, d.enrolled_at
  FROM customers c LEFT JOIN devices d ON d.customer_id = c.id AND d.revoked_at IS NULL AND d.offline_sealed IS NOT NULL
 WHERE c.id = $1
 ORDER BY d.id DESC LIMIT 50;

-- offline-proofs.fail: write
-- $1 cap integer
-- $2 customerId text
-- $3 failuresSeen integer
-- $4 callId uuid
-- > code_failures integer
-- > locked boolean
WITH failed AS (
  UPDATE customers c
     SET code_failures = c.code_failures + 1, locked_at = CASE WHEN c.code_failures + 1 >= $1 THEN now() END
    WHERE c.id = $2 AND c.code_failures = $3 AND c.locked_at IS NULL
  RETURNING c.id, c.code_failures, c.locked_at
), locked AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'locked' END, closed_at = now()
    FROM failed WHERE failed.locked_at IS NOT NULL AND v.customer_id = failed.id AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.customer_proof_failed', 'call', $4::uuid, id, $4,
    jsonb_build_object('failuresInARow', code_failures) FROM failed
  UNION ALL
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_locked') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM locked WHERE status <> 'waiting'
  UNION ALL
  SELECT 'countersign.customer.locked', 'customer', NULL::uuid, failed.id, NULL::uuid,
    jsonb_build_object('tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = failed.id AND p.former_from IS NULL))
    FROM failed WHERE failed.locked_at IS NOT NULL
)
SELECT code_failures, locked_at IS NOT NULL AS locked FROM failed;

-- offline-proofs.readOut: write
-- $1 callId uuid
-- $2 agentId text
-- $3 step bigint
-- $4 deviceId uuid
-- $5 device text
-- $6 author text
-- > call_live boolean
-- > taken boolean
WITH call AS (SELECT k.id, k.customer_id FROM calls k WHERE k.id = $1 AND k.ended_at IS NULL AND k.expires_at > now()
AND k.agent_id = $2 AND k.relay_suspected_at IS NULL), taken AS (
  UPDATE devices d SET bank_proof_step = $3, bank_proof_call_id = $1
    FROM call
   WHERE d.id = $4 AND d.customer_id = call.customer_id AND d.revoked_at IS NULL
     AND (d.bank_proof_step IS NULL OR d.bank_proof_step < $3 OR (d.bank_proof_step = $3 AND d.bank_proof_call_id = $1))
  RETURNING d.id, d.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.bank_proof_given', 'call', $1, customer_id, $1,
    jsonb_build_object('deviceId', $5::text, 'by', $6::text) FROM taken
)
SELECT EXISTS (SELECT FROM call) AS call_live, EXISTS (SELECT FROM taken) AS taken;

-- policy.current: read
-- > version integer
-- > document jsonb
-- > created_at timestamp with time zone
SELECT version, document, created_at FROM policies ORDER BY version DESC LIMIT 1;

-- policy.replace: write
-- $1 version integer
-- $2 document jsonb
-- $3 author text
-- $4 documentHash text
-- > version integer
-- > document jsonb
-- > created_at timestamp with time zone
WITH replaced AS (
  INSERT INTO policies (version, document, created_by)
  SELECT $1::int + 1, $2::jsonb, $3
   WHERE coalesce((SELECT max(version) FROM policies), 0) = $1
  ON CONFLICT DO NOTHING
  RETURNING version, document, created_at
), logged AS (
  INSERT INTO events (type, about, data)
  SELECT 'countersign.policy.changed', 'policy',
    jsonb_build_object('version', version, 'by', $3::text, 'documentHash', $4::text) FROM replaced
)
SELECT * FROM replaced;

-- policy.versions: read
-- $1 before integer
-- $2 most bigint
-- > version integer
-- > document jsonb
-- > created_at timestamp with time zone
-- > created_by text
SELECT version, document, created_at, created_by FROM policies
 WHERE $1::int IS NULL OR version < $1 ORDER BY version DESC LIMIT $2;

-- pump.arrived: read
-- $1 webhookId uuid
-- $2 most bigint
-- > id uuid
-- > subject text
SELECT id, subject FROM webhook_deliveries WHERE queue = $1 AND place = 'arrived' ORDER BY number LIMIT $2;

-- pump.delivered: write
-- $1 latencyMs integer
-- $2 responseStatus integer
-- $3 id uuid
-- $4 webhookId uuid
WITH ended AS (
  UPDATE webhook_deliveries SET status = 'delivered', closed_at = now(), attempts = attempts + 1, last_attempt_at = now(),
    latency_ms = $1, response_status = $2, failure = NULL
   WHERE id = $3 AND status = 'pending' RETURNING subject
)
UPDATE webhook_deliveries SET place = 'head' WHERE status = 'pending' AND place = 'behind' AND id = (
  SELECT b.id FROM webhook_deliveries b WHERE b.queue = $4 AND b.subject = (SELECT subject FROM ended) AND b.place = 'behind'
    ORDER BY b.number LIMIT 1);

-- pump.due: write
-- $1 lease interval
-- $2 webhookId uuid
-- $3 pump uuid
-- $4 most integer
-- > url text
-- > signature text
-- > secret_sealed bytea
-- > previous_secret_sealed bytea
-- > deliveries jsonb
WITH endpoint AS (
  UPDATE webhooks SET pump_until = now() + $1::interval WHERE id = $2 AND pump = $3 AND status = 'active'
  RETURNING url, signature, secret_sealed, CASE
    WHEN previous_secret_until > now() THEN previous_secret_sealed END AS previous_secret_sealed,
    CASE WHEN failing_since IS NULL THEN $4::int ELSE 1 END AS most
), due AS (
  SELECT d.id, d.event_id, d.cause, d.attempts, d.number FROM webhook_deliveries d
   WHERE d.queue = $2 AND d.place = 'head' AND d.next_attempt_at <= now()
   ORDER BY d.next_attempt_at, d.number LIMIT (SELECT coalesce(max(most), 0) FROM endpoint)
)
SELECT e.url, e.signature, e.secret_sealed, e.previous_secret_sealed,
       coalesce((SELECT jsonb_agg(jsonb_build_object('id', id, 'event_id', event_id, 'cause', cause, 'attempts', attempts)
         ORDER BY number) FROM due), '[]') AS deliveries
  FROM endpoint e;

-- pump.failed: write
-- $1 latencyMs integer
-- $2 responseStatus integer
-- $3 failure text
-- $4 waitMs bigint
-- $5 id uuid
-- $6 webhookId uuid
-- > failing_for_ms double precision
-- > told boolean
WITH attempted AS (
  UPDATE webhook_deliveries SET attempts = attempts + 1, last_attempt_at = now(), latency_ms = $1,
    response_status = $2, failure = $3,
    status = CASE WHEN $4::bigint IS NULL THEN 'exhausted' ELSE 'pending' END,
    closed_at = CASE WHEN $4::bigint IS NULL THEN now() END,
    next_attempt_at = now() + coalesce($4::bigint, 0) * interval '1 ms'
   WHERE id = $5 AND status = 'pending' RETURNING subject, status
), ended AS (
  SELECT subject FROM attempted WHERE status = 'exhausted'
), promoted AS (
UPDATE webhook_deliveries SET place = 'head' WHERE status = 'pending' AND place = 'behind' AND id = (
  SELECT b.id FROM webhook_deliveries b WHERE b.queue = $6 AND b.subject = (SELECT subject FROM ended) AND b.place = 'behind'
    ORDER BY b.number LIMIT 1))
UPDATE webhooks SET failing_since = coalesce(failing_since, now()) WHERE id = $6 AND EXISTS (SELECT FROM attempted)
RETURNING (extract(epoch FROM now() - failing_since) * 1000)::float8 AS failing_for_ms, failing_told_at IS NOT NULL AS told;

-- pump.forgetDeadJobs: write
DELETE FROM graphile_worker._private_jobs WHERE attempts >= max_attempts AND key IS NULL
  AND (locked_at IS NULL OR locked_at < now() - interval '1 hour');

-- pump.hold: write
-- $1 lease interval
-- $2 webhookId uuid
-- $3 pump uuid
-- > id uuid
UPDATE webhooks SET pump_until = now() + $1::interval WHERE id = $2 AND pump = $3 RETURNING id;

-- pump.kick: write
-- $1 tenantId text
-- $2 webhookIds uuid[]
-- > kicked bigint
SELECT count(graphile_worker.add_job('webhooks.pump', json_build_object('tenantId', $1::text, 'webhookId', id), run_at => now(),
job_key => 'webhooks.pump/now/' || $1 || '/' || id, max_attempts => 25)) AS kicked FROM unnest($2::uuid[]) AS id;

-- pump.place: write
-- $1 webhookId uuid
-- $2 subject text
-- $3 id uuid
UPDATE webhook_deliveries SET place = CASE
  WHEN EXISTS (SELECT FROM webhook_deliveries h WHERE h.queue = $1 AND h.subject = $2 AND h.place = 'head') THEN 'behind'
    ELSE 'head' END
 WHERE id = $3 AND status = 'pending';

-- pump.release: write
-- $1 webhookId uuid
-- $2 pump uuid
UPDATE webhooks SET pump = NULL, pump_until = NULL WHERE id = $1 AND pump = $2;

-- pump.scheduleNext: write
-- $1 tenantId text
-- $2 webhookId uuid
-- > added bigint
SELECT count(graphile_worker.add_job('webhooks.pump', json_build_object('tenantId', $1::text, 'webhookId', id), run_at => greatest(n.due_at, now()),
  job_key => 'webhooks.pump/later/' || $1 || '/' || id, max_attempts => 25)) AS added FROM (
  SELECT $2::uuid AS id, least(
    (SELECT next_attempt_at FROM webhook_deliveries WHERE queue = $2 AND place = 'head' AND next_attempt_at < 'infinity'
      ORDER BY next_attempt_at LIMIT 1),
    (SELECT created_at FROM webhook_deliveries WHERE queue = $2 AND place = 'arrived' ORDER BY number LIMIT 1)) AS due_at) n
 WHERE n.due_at IS NOT NULL;

-- pump.stranded: read
-- > id uuid
SELECT w.id FROM webhooks w
 WHERE w.status = 'active' AND (w.pump IS NULL OR w.pump_until < now()) AND (
   EXISTS (SELECT FROM webhook_deliveries d WHERE d.queue = w.id AND d.place = 'head'
     AND d.next_attempt_at < now() - interval '2 seconds')
   OR EXISTS (SELECT FROM webhook_deliveries d WHERE d.queue = w.id AND d.place = 'arrived'
     AND d.created_at < now() - interval '2 seconds'));

-- pump.take: write
-- $1 pump uuid
-- $2 lease interval
-- $3 webhookId uuid
-- > id uuid
UPDATE webhooks SET pump = $1, pump_until = now() + $2::interval
 WHERE id = $3 AND status = 'active' AND (pump IS NULL OR pump_until < now()) RETURNING id;

-- pump.works: write
-- $1 webhookId uuid
UPDATE webhooks SET failing_since = NULL, failing_told_at = NULL WHERE id = $1 AND failing_since IS NOT NULL;

-- push.drop: write
-- $1 id uuid
-- $2 addressSealed bytea
WITH gone AS (
  DELETE FROM push_subscriptions WHERE id = $1 AND address_sealed = $2 RETURNING customer_id, kind
)
INSERT INTO events (type, about, customer_id, data)
SELECT 'countersign.push.unsubscribed', 'customer', customer_id,
    jsonb_build_object('kind', kind, 'because', 'gone') FROM gone;

-- push.keep: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 hash bytea
-- $4 otherHash bytea
-- $5 most bigint
-- $6 id uuid
-- $7 kind text
-- $8 addressSealed bytea
-- $9 author text
-- > customer_known boolean
-- > id uuid
-- > created_at timestamp with time zone
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND key_id = $2 FOR UPDATE
), others AS (
  SELECT count(*) AS subscriptions FROM push_subscriptions WHERE customer_id = $1
     AND address_hash <> $3 AND address_hash IS DISTINCT FROM $4::bytea
), renamed AS (
  DELETE FROM push_subscriptions s USING customer, others WHERE s.address_hash = $4 AND others.subscriptions < $5
  RETURNING s.id, s.customer_id
), kept AS (
  INSERT INTO push_subscriptions AS s (id, customer_id, kind, key_id, address_sealed, address_hash)
  SELECT coalesce((SELECT renamed.id FROM renamed WHERE renamed.customer_id = $1), $6), customer.id, $7, $2,
         $8, $3
    FROM customer, others WHERE others.subscriptions < $5
  ON CONFLICT (address_hash, tenant_id) DO UPDATE SET
    id = CASE WHEN s.customer_id = excluded.customer_id THEN s.id ELSE excluded.id END,
    customer_id = excluded.customer_id, kind = excluded.kind, key_id = excluded.key_id, address_sealed = excluded.address_sealed,
    created_at = now(), served = s.wanted, attempts = 0
  RETURNING id, customer_id, kind, created_at
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.push.subscribed', 'customer', customer_id,
    jsonb_build_object('kind', kind, 'by', $9::text) FROM kept
)
SELECT EXISTS (SELECT FROM customer) AS customer_known, kept.id, kept.created_at FROM (SELECT) one LEFT JOIN kept ON true;

-- push.ofCustomer: read
-- $1 customerId text
-- $2 after uuid
-- $3 most bigint
-- > id uuid
-- > kind text
-- > created_at timestamp with time zone
SELECT id, kind, created_at FROM push_subscriptions WHERE customer_id = $1 AND ($2::uuid IS NULL OR id > $2)
 ORDER BY id LIMIT $3;

-- push.remove: write
-- $1 id uuid
-- $2 customerId text
-- $3 author text
-- > kind text
WITH removed AS (
  DELETE FROM push_subscriptions WHERE id = $1 AND customer_id = $2 RETURNING customer_id, kind
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.push.unsubscribed', 'customer', customer_id,
    jsonb_build_object('kind', kind, 'because', 'removed', 'by', $3::text) FROM removed
)
SELECT kind FROM removed;

-- push.retry: write
-- $1 waitMs bigint
-- $2 id uuid
-- $3 wanted bigint
-- $4 tenantId text
-- > added bigint
WITH due AS (
  UPDATE push_subscriptions SET next_attempt_at = now() + $1::bigint * interval '1 ms'
   WHERE id = $2 AND served < wanted AND wanted = $3 RETURNING id, next_attempt_at
)
SELECT count(graphile_worker.add_job('push.send', json_build_object('tenantId', $4::text, 'subscriptionId', id), run_at => due.next_attempt_at,
  job_key => 'push.send/later/' || $4 || '/' || id, max_attempts => 3)) AS added FROM due;

-- push.serve: write
-- $1 wanted bigint
-- $2 id uuid
UPDATE push_subscriptions SET served = $1 WHERE id = $2 AND served < $1;

-- push.take: write
-- $1 lease interval
-- $2 id uuid
-- $3 tenantId text
-- > customer_id text
-- > key_id uuid
-- > wrapped_key bytea
-- > sealed_under uuid
-- > address_sealed bytea
-- > wanted bigint
-- > attempts integer
-- > now_seconds double precision
-- > seconds_left integer
WITH taken AS (
  UPDATE push_subscriptions s SET attempts = s.attempts + 1, next_attempt_at = now() + $1::interval
   WHERE s.id = $2 AND s.served < s.wanted AND s.next_attempt_at <= now()
  RETURNING s.id, s.customer_id, s.key_id, s.address_sealed, s.wanted, s.attempts, s.next_attempt_at
), again AS (
  SELECT count(graphile_worker.add_job('push.send', json_build_object('tenantId', $3::text, 'subscriptionId', id), run_at => taken.next_attempt_at,
  job_key => 'push.send/later/' || $3 || '/' || id, max_attempts => 3)) AS added FROM taken
)
SELECT t.customer_id, c.key_id, c.wrapped_key, t.key_id AS sealed_under, t.address_sealed, t.wanted, t.attempts,
       extract(epoch FROM now())::float8 AS now_seconds,
       (SELECT floor(extract(epoch FROM max(v.expires_at) - now()))::int FROM verifications v
         WHERE v.customer_id = t.customer_id AND v.customer_id > '' AND v.status = 'waiting' AND v.expires_at > now()) AS seconds_left
  FROM again, taken t JOIN customers c ON c.id = t.customer_id;

-- push.want: write
-- $1 consumer text
-- $2 first uuid
-- $3 most bigint
-- $4 tenantId text
-- > events integer
-- > added bigint
WITH taken AS (
  SELECT xid, sequence FROM event_consumers WHERE name = $1 FOR UPDATE SKIP LOCKED
), next AS MATERIALIZED (
  SELECT type, customer_id, xid, sequence FROM events
   WHERE id >= $2::uuid AND (xid, sequence) > ((SELECT xid FROM taken), (SELECT sequence FROM taken))
     AND xid < pg_snapshot_xmin(log_snapshot())
   ORDER BY xid, sequence LIMIT $3
), moved AS (
  UPDATE event_consumers c SET xid = l.xid, sequence = l.sequence, moved_at = now()
    FROM (SELECT xid, sequence FROM next ORDER BY xid DESC, sequence DESC LIMIT 1) l WHERE c.name = $1
), asked AS (
  SELECT DISTINCT e.customer_id FROM next e WHERE e.type = 'countersign.verification.started'
), wanted AS (
  UPDATE push_subscriptions s SET wanted = s.wanted + 1, attempts = 0, next_attempt_at = now()
    FROM asked WHERE s.customer_id = asked.customer_id
  RETURNING s.id
)
SELECT (SELECT count(*)::int FROM next) AS events, (SELECT count(graphile_worker.add_job('push.send', json_build_object('tenantId', $4::text, 'subscriptionId', id), run_at => now(),
  job_key => 'push.send/now/' || $4 || '/' || id, max_attempts => 3)) FROM wanted) AS added;

-- rateLimits.forget: write
DELETE FROM rate_limits WHERE since < now() - interval '10 minutes';

-- rateLimits.take: write
-- $1 name text
-- $2 whose bytea
-- $3 wanted integer
-- > taken integer
-- > reset_seconds double precision
INSERT INTO rate_limits AS l (name, whose, since, taken) VALUES ($1, $2, now(), $3)
ON CONFLICT (tenant_id, name, whose) DO UPDATE
  SET taken = CASE WHEN l.since <= now() - interval '1 minute' THEN $3::int ELSE l.taken + $3::int END,
      since = CASE WHEN l.since <= now() - interval '1 minute' THEN now() ELSE l.since END
RETURNING l.taken, extract(epoch FROM l.since + interval '1 minute' - now())::float8 AS reset_seconds;

-- readiness.ping: read
-- > one integer
SELECT 1 AS one;

-- readiness.probe: write
-- > probe_write void
SELECT probe_write();

-- relations.related: read
-- $1 customerId text
-- $2 agentId text
-- $3 team text
-- > related boolean
SELECT EXISTS (SELECT FROM calls k WHERE k.customer_id = $1 AND k.ended_at IS NULL AND k.expires_at > now()
       AND (k.agent_id = $2 OR k.transfer_to = $2 OR k.agent_department = $3::text))
OR EXISTS (SELECT FROM callbacks b WHERE b.customer_id = $1 AND b.status = 'claimed' AND b.claimed_by = $2
       AND b.claimed_until > now())
OR EXISTS (SELECT FROM changes ch WHERE ch.customer_id = $1 AND ch.status = 'held' AND ch.expires_at > now()
       AND (ch.asked_by = $2 OR ch.approved_by = $2)) AS related;

-- relay.behind: read
-- $1 name text
-- $2 first uuid
SELECT FROM event_consumers c
 WHERE c.name = $1 AND EXISTS (
   SELECT FROM (SELECT FROM events e WHERE e.id >= $2::uuid AND (e.xid, e.sequence) > (c.xid, c.sequence)
     AND e.xid < pg_snapshot_xmin(log_snapshot())
                 ORDER BY e.xid, e.sequence LIMIT 1) next);

-- relay.ensure: write
-- $1 name text
INSERT INTO event_consumers (name, xid, sequence)
SELECT $1, (pg_snapshot_xmin(log_snapshot())::text::numeric - 1)::text::xid8, 4611686018427387904
 WHERE NOT EXISTS (SELECT FROM event_consumers WHERE name = $1)
ON CONFLICT DO NOTHING;

-- relay.lag: read
-- > name text
-- > seconds double precision
SELECT c.name, greatest(extract(epoch FROM clock_timestamp() - coalesce(
    (SELECT e.occurred_at FROM events e WHERE (e.xid, e.sequence) > (c.xid, c.sequence) ORDER BY e.xid, e.sequence LIMIT 1),
      clock_timestamp())), 0)::float8 AS seconds
  FROM event_consumers c;

-- replica.positionOfPrimary: read
-- > position text
-- > timeline integer
-- > origin text
SELECT pg_wal_lsn_diff(CASE WHEN current_setting('synchronous_commit') = 'off' THEN pg_current_wal_insert_lsn()
    ELSE pg_current_wal_flush_lsn() END, '0/0')::text AS position,
  ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int AS timeline, (SELECT system_identifier::text FROM pg_control_system()) || '/'
  || (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS origin;

-- replica.standing: read
-- > standby boolean
-- > position text
-- > timeline integer
-- > origin text
SELECT pg_is_in_recovery() AS standby, coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), 0)::text AS position,
  greatest((SELECT timeline_id FROM pg_control_checkpoint()), (SELECT min_recovery_end_timeline FROM pg_control_recovery()))
    AS timeline, (SELECT system_identifier::text FROM pg_control_system()) || '/'
  || (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS origin;

-- reports.byId: read
-- $1 id uuid
-- > id uuid
-- > reference text
-- > customer_id text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > key_id uuid
-- > content_sealed bytea
-- > about text
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > reported_by text
-- > campaign_id uuid
-- > counts boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT r.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT id, reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
about, received_at, reported_at, reported_by, campaign_id, counts FROM reports WHERE id = $1) r
  LEFT JOIN customers c ON c.id = r.customer_id;

-- reports.byReference: read
-- $1 reference text
-- > reported_at timestamp with time zone
-- > customer_id text
SELECT reported_at, customer_id FROM reports WHERE reference = $1;

-- reports.deleteOld: write
-- $1 days integer
-- $2 most bigint
-- > deleted integer
WITH due AS (
  SELECT id FROM reports WHERE reported_at < now() - make_interval(days => $1)
     AND id < (lpad(to_hex((extract(epoch FROM now() - make_interval(days => $1)) * 1000)::bigint), 12, '0')
       || '70008000000000000000')::uuid
   ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM reports r USING due WHERE r.id = due.id RETURNING 1
), counted AS (
  SELECT count(*)::int AS deleted FROM gone
), logged AS (
  INSERT INTO events (type, about, data)
  SELECT 'countersign.data.deleted', 'data',
    jsonb_build_object('of', 'reports', 'deleted', deleted, 'olderThanDays', $1::int)
    FROM counted WHERE deleted > 0
)
SELECT deleted FROM counted;

-- reports.exportPage.all: read, also at a replica
-- $1 fromId uuid
-- $2 toId uuid
-- $3 after uuid
-- $4 most bigint
-- > id uuid
-- > reference text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > campaign_id uuid
SELECT id, reference, channel, claimed_number, claimed_sender, link_hosts, shared, received_at, reported_at, campaign_id FROM reports
 WHERE true AND id >= $1 AND id < $2 AND id > $3 ORDER BY id LIMIT $4;

-- reports.exportPage.byCampaign: read, also at a replica
-- $1 campaignId uuid
-- $2 number text
-- $3 fromId uuid
-- $4 toId uuid
-- $5 after uuid
-- $6 most bigint
-- > id uuid
-- > reference text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > campaign_id uuid
SELECT id, reference, channel, claimed_number, claimed_sender, link_hosts, shared, received_at, reported_at, campaign_id FROM reports
 WHERE campaign_id = $1 AND ($2::text IS NULL OR claimed_number = $2) AND id >= $3 AND id < $4 AND id > $5 ORDER BY id LIMIT $6;

-- reports.exportPage.byCustomer: read, also at a replica
-- $1 customerId text
-- $2 campaignId uuid
-- $3 number text
-- $4 fromId uuid
-- $5 toId uuid
-- $6 after uuid
-- $7 most bigint
-- > id uuid
-- > reference text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > campaign_id uuid
SELECT id, reference, channel, claimed_number, claimed_sender, link_hosts, shared, received_at, reported_at, campaign_id FROM reports
 WHERE customer_id = $1 AND ($2::uuid IS NULL OR campaign_id = $2)
  AND ($3::text IS NULL OR claimed_number = $3) AND id >= $4 AND id < $5 AND id > $6 ORDER BY id LIMIT $7;

-- reports.exportPage.byNumber: read, also at a replica
-- $1 number text
-- $2 fromId uuid
-- $3 toId uuid
-- $4 after uuid
-- $5 most bigint
-- > id uuid
-- > reference text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > campaign_id uuid
SELECT id, reference, channel, claimed_number, claimed_sender, link_hosts, shared, received_at, reported_at, campaign_id FROM reports
 WHERE claimed_number = $1 AND id >= $2 AND id < $3 AND id > $4 ORDER BY id LIMIT $5;

-- reports.idOfNow: read
-- > id uuid
SELECT uuid7() AS id;

-- reports.list.all: read, also at a replica
-- $1 fromId uuid
-- $2 toId uuid
-- $3 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > key_id uuid
-- > content_sealed bytea
-- > about text
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > reported_by text
-- > campaign_id uuid
-- > counts boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT r.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
about, received_at, reported_at, reported_by, campaign_id, counts FROM reports WHERE true AND id >= $1 AND id < $2 ORDER BY id DESC LIMIT $3) r
  LEFT JOIN customers c ON c.id = r.customer_id ORDER BY r.id DESC;

-- reports.list.byCampaign: read, also at a replica
-- $1 campaignId uuid
-- $2 number text
-- $3 fromId uuid
-- $4 toId uuid
-- $5 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > key_id uuid
-- > content_sealed bytea
-- > about text
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > reported_by text
-- > campaign_id uuid
-- > counts boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT r.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
about, received_at, reported_at, reported_by, campaign_id, counts FROM reports WHERE campaign_id = $1 AND ($2::text IS NULL OR claimed_number = $2) AND id >= $3 AND id < $4 ORDER BY id DESC LIMIT $5) r
  LEFT JOIN customers c ON c.id = r.customer_id ORDER BY r.id DESC;

-- reports.list.byCustomer: read, also at a replica
-- $1 customerId text
-- $2 campaignId uuid
-- $3 number text
-- $4 fromId uuid
-- $5 toId uuid
-- $6 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > key_id uuid
-- > content_sealed bytea
-- > about text
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > reported_by text
-- > campaign_id uuid
-- > counts boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT r.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
about, received_at, reported_at, reported_by, campaign_id, counts FROM reports WHERE customer_id = $1 AND ($2::uuid IS NULL OR campaign_id = $2)
  AND ($3::text IS NULL OR claimed_number = $3) AND id >= $4 AND id < $5 ORDER BY id DESC LIMIT $6) r
  LEFT JOIN customers c ON c.id = r.customer_id ORDER BY r.id DESC;

-- reports.list.byNumber: read, also at a replica
-- $1 number text
-- $2 fromId uuid
-- $3 toId uuid
-- $4 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > channel text
-- > claimed_number text
-- > claimed_sender text
-- > link_hosts text[]
-- > shared text[]
-- > key_id uuid
-- > content_sealed bytea
-- > about text
-- > received_at timestamp with time zone
-- > reported_at timestamp with time zone
-- > reported_by text
-- > campaign_id uuid
-- > counts boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT r.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
about, received_at, reported_at, reported_by, campaign_id, counts FROM reports WHERE claimed_number = $1 AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4) r
  LEFT JOIN customers c ON c.id = r.customer_id ORDER BY r.id DESC;

-- reports.lockCustomer: write
-- $1 customerId text
-- $2 keyId uuid
-- > locale text
SELECT locale FROM customers WHERE id = $1 AND key_id = $2 FOR UPDATE;

-- reports.record: write
-- $1 vouched boolean
-- $2 newcomerSeconds double precision
-- $3 customerId text
-- $4 about text
-- $5 aboutId uuid
-- $6 reference text
-- $7 channel text
-- $8 claimedNumber text
-- $9 claimedSender text
-- $10 linkHosts text[]
-- $11 shared text[]
-- $12 keyId uuid
-- $13 contentSealed bytea
-- $14 receivedAt timestamp with time zone
-- $15 reportedBy text
-- $16 perDay bigint
-- $17 kinds text[]
-- $18 values text[]
-- > id uuid
-- > retry_after integer
WITH known AS (
  SELECT $1::boolean OR c.created_at <= asked.since
      OR EXISTS (SELECT FROM contact_points p WHERE p.customer_id = c.id) OR EXISTS (SELECT FROM calls k WHERE k.customer_id = c.id)
      OR NOT EXISTS (SELECT FROM customers o WHERE o.created_at <= asked.since) AS counts
    FROM customers c, (SELECT now() - make_interval(secs => $2) AS since) asked WHERE c.id = $3
), own AS (
  SELECT CASE WHEN $4 = 'verdict' THEN true
              WHEN $4 LIKE 'call\_%' THEN EXISTS (SELECT FROM calls WHERE id = $5::uuid AND customer_id = $3)
              WHEN $4 LIKE 'ver\_%' THEN EXISTS (SELECT FROM verifications WHERE id = $5 AND customer_id = $3)
              WHEN $4 LIKE 'chg\_%' THEN EXISTS (SELECT FROM changes WHERE id = $5 AND customer_id = $3)
              ELSE false END AS is_own
), today AS (
  SELECT count(*) AS made, ceil(extract(epoch FROM min(reported_at) + interval '24 hours' - now()))::int AS retry_after
    FROM reports WHERE customer_id = $3 AND reported_at > now() - interval '24 hours'
), recorded AS (
  INSERT INTO reports (reference, customer_id, channel, claimed_number, claimed_sender, link_hosts, shared, key_id, content_sealed,
    about, received_at, reported_by, counts)
  SELECT $6, $3, $7, $8, $9, $10, $11, $12, $13, CASE
    WHEN own.is_own THEN $4 END, CASE WHEN $14::timestamptz > now() THEN now() ELSE $14 END, $15, known.counts
    FROM today, known, own WHERE today.made < $16
  RETURNING id, reference, customer_id, channel, shared, about, counts
), seen AS (
  INSERT INTO report_indicators AS i (kind, value, customer_id, report_id, counts)
  SELECT kind, value, recorded.customer_id, recorded.id, recorded.counts
    FROM recorded, unnest($17::text[], $18::text[]) AS given (kind, value)
  ON CONFLICT (tenant_id, kind, value, customer_id) DO UPDATE SET report_id = excluded.report_id, last_seen_at = excluded.last_seen_at,
    counts = i.counts OR excluded.counts
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.report.received', 'rpt', id, customer_id,
    jsonb_build_object('channel', channel, 'reference', reference, 'shared', to_jsonb(shared), 'of', about,
      'by', $15::text)
      FROM recorded
)
SELECT recorded.id, greatest(1, today.retry_after) AS retry_after FROM today LEFT JOIN recorded ON true;

-- searches.byId: write
-- $1 agentId text
-- $2 mostLookups integer
-- $3 customerId text
-- > allowed boolean
-- > ids text[]
-- > made integer
-- > reset_seconds integer
-- > retry_after integer
WITH counted AS (
  INSERT INTO search_budgets AS b (agent_id, since, made) SELECT $1, now(), 1 WHERE true
  ON CONFLICT (tenant_id, agent_id) DO UPDATE
    SET made = CASE WHEN b.since <= now() - interval '1 minute' THEN 1 ELSE b.made + 1 END,
        since = CASE WHEN b.since <= now() - interval '1 minute' THEN now() ELSE b.since END
    WHERE b.since <= now() - interval '1 minute' OR b.made < $2::int
  RETURNING b.made, b.since
), found AS (
  SELECT c.id FROM customers c WHERE EXISTS (SELECT FROM counted) AND c.id = $3
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.customer.searched', 'customer', found.id,
    jsonb_build_object('by', $1::text, 'what', 'id', 'found', (SELECT count(*) FROM found))
    FROM counted LEFT JOIN found ON true
)
SELECT EXISTS (SELECT FROM counted) AS allowed,
       (SELECT coalesce(array_agg(found.id ORDER BY found.id), '{}') FROM found) AS ids,
       (SELECT c.made FROM counted c) AS made,
       (SELECT ceil(extract(epoch FROM c.since + interval '1 minute' - now()))::int FROM counted c) AS reset_seconds, (SELECT ceil(extract(epoch FROM b.since + interval '1 minute' - now()))::int FROM search_budgets b
         WHERE b.agent_id = $1) AS retry_after;

-- searches.byNumber: write
-- $1 agentId text
-- $2 mostLookups integer
-- $3 hash bytea
-- $4 otherHash bytea
-- > allowed boolean
-- > ids text[]
-- > made integer
-- > reset_seconds integer
-- > retry_after integer
WITH counted AS (
  INSERT INTO search_budgets AS b (agent_id, since, made) SELECT $1, now(), 1 WHERE true
  ON CONFLICT (tenant_id, agent_id) DO UPDATE
    SET made = CASE WHEN b.since <= now() - interval '1 minute' THEN 1 ELSE b.made + 1 END,
        since = CASE WHEN b.since <= now() - interval '1 minute' THEN now() ELSE b.since END
    WHERE b.since <= now() - interval '1 minute' OR b.made < $2::int
  RETURNING b.made, b.since
), found AS (
  SELECT DISTINCT p.customer_id AS id FROM contact_points p
   WHERE EXISTS (SELECT FROM counted) AND p.value_hash IN ($3, $4) AND p.kind = 'phone' AND p.former_from IS NULL
   ORDER BY 1 LIMIT 100
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.customer.searched', 'customer', found.id,
    jsonb_build_object('by', $1::text, 'what', 'number', 'found', (SELECT count(*) FROM found))
    FROM counted LEFT JOIN found ON true
)
SELECT EXISTS (SELECT FROM counted) AS allowed,
       (SELECT coalesce(array_agg(found.id ORDER BY found.id), '{}') FROM found) AS ids,
       (SELECT c.made FROM counted c) AS made,
       (SELECT ceil(extract(epoch FROM c.since + interval '1 minute' - now()))::int FROM counted c) AS reset_seconds, (SELECT ceil(extract(epoch FROM b.since + interval '1 minute' - now()))::int FROM search_budgets b
         WHERE b.agent_id = $1) AS retry_after;

-- signing-keys.keep: write
-- $1 keyId text
-- $2 publicJwk jsonb
-- $3 mac bytea
INSERT INTO signing_keys (key_id, public_jwk, mac) VALUES ($1, $2::jsonb, $3) ON CONFLICT DO NOTHING;

-- signing-keys.list: read
-- > key_id text
-- > public_jwk jsonb
-- > mac bytea
-- > first_used_at timestamp with time zone
SELECT key_id, public_jwk, mac, first_used_at FROM signing_keys ORDER BY first_used_at DESC, key_id LIMIT 1000;

-- streamMarks.keep: write
-- $1 kept interval
-- $2 snapshot pg_snapshot
WITH old AS (
  DELETE FROM stream_marks WHERE (ceiling, horizon, running) IN (SELECT ceiling, horizon, running FROM stream_marks
    WHERE made_at < now() - $1::interval ORDER BY made_at LIMIT 10)
)
INSERT INTO stream_marks (ceiling, horizon, running, snapshot)
SELECT pg_snapshot_xmax(s.snapshot), pg_snapshot_xmin(s.snapshot), (SELECT count(*) FROM pg_snapshot_xip(s.snapshot)), s.snapshot
  FROM (SELECT $2::pg_snapshot AS snapshot) s
ON CONFLICT DO NOTHING;

-- streamMarks.position: read
-- $1 id uuid
-- $2 callId uuid
-- $3 customerId text
-- > xid text
-- > sequence text
-- > horizon text
-- > mark text
SELECT e.xid::text, e.sequence::text, pg_snapshot_xmin(log_snapshot())::text AS horizon, (
    SELECT m.snapshot::text FROM stream_marks m WHERE m.ceiling > e.xid AND m.horizon <= e.xid
      AND pg_visible_in_snapshot(e.xid, m.snapshot) ORDER BY m.ceiling, m.horizon, m.running DESC LIMIT 1) AS mark
  FROM events e WHERE e.id = $1 AND ($2::uuid IS NULL OR e.call_id = $2)
    AND ($3::text IS NULL OR e.customer_id = $3);

-- summary.read: write
-- $1 agentId text
-- $2 customerId text
-- $3 team text
-- $4 mostLookups integer
-- $5 author text
-- $6 deviceAgeSeconds double precision
-- $7 windowSeconds double precision
-- > allowed boolean
-- > made integer
-- > reset_seconds integer
-- > retry_after integer
-- > known boolean
-- > locked_at timestamp with time zone
-- > devices jsonb
-- > signals jsonb
-- > calls jsonb
-- > changes jsonb
-- > callbacks jsonb
-- > verified jsonb
WITH related AS MATERIALIZED (
  SELECT $1::text IS NULL OR (
       EXISTS (SELECT FROM calls k WHERE k.customer_id = $2 AND k.ended_at IS NULL AND k.expires_at > now()
           AND (k.agent_id = $1 OR k.transfer_to = $1 OR k.agent_department = $3::text))
    OR EXISTS (SELECT FROM callbacks b WHERE b.customer_id = $2 AND b.status = 'claimed' AND b.claimed_by = $1
           AND b.claimed_until > now())
    OR EXISTS (SELECT FROM changes ch WHERE ch.customer_id = $2 AND ch.status = 'held' AND ch.expires_at > now()
           AND (ch.asked_by = $1 OR ch.approved_by = $1))
    OR EXISTS (SELECT FROM events e WHERE e.customer_id = $2 AND e.occurred_at > now() - interval '10 minutes'
           AND e.id >= uuid7_floor(now() - interval '10 minutes' - interval '1 minute')
           AND e.type IN ('countersign.customer.searched', 'countersign.customer.summary_read', 'countersign.notice.checked')
           AND e.data ->> 'by' = $1)) AS free
), counted AS (
  INSERT INTO search_budgets AS b (agent_id, since, made) SELECT $1, now(), 1 WHERE NOT (SELECT free FROM related)
  ON CONFLICT (tenant_id, agent_id) DO UPDATE
    SET made = CASE WHEN b.since <= now() - interval '1 minute' THEN 1 ELSE b.made + 1 END,
        since = CASE WHEN b.since <= now() - interval '1 minute' THEN now() ELSE b.since END
    WHERE b.since <= now() - interval '1 minute' OR b.made < $4::int
  RETURNING b.made, b.since
), leave AS (
  SELECT (SELECT free FROM related) OR EXISTS (SELECT FROM counted) AS given
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.customer.summary_read', 'customer', $2,
    jsonb_build_object('by', $5::text) FROM leave WHERE given
)
SELECT leave.given AS allowed, (SELECT c.made FROM counted c) AS made,
       (SELECT ceil(extract(epoch FROM c.since + interval '1 minute' - now()))::int FROM counted c) AS reset_seconds, (SELECT ceil(extract(epoch FROM b.since + interval '1 minute' - now()))::int FROM search_budgets b
         WHERE b.agent_id = $1) AS retry_after, c.id IS NOT NULL AS known, c.locked_at,
  (SELECT jsonb_build_object('count', count(*), 'newest', max(d.enrolled_at),
      'trusted', count(*) FILTER (WHERE d.enrolled_at <= now() - make_interval(secs => $6)))
     FROM devices d WHERE d.customer_id = c.id AND d.revoked_at IS NULL) AS devices,
  (SELECT coalesce(jsonb_agg(s ORDER BY s.at DESC), '[]') FROM (
SELECT CASE type
         WHEN 'countersign.verdict.given' THEN data ->> 'reason'
         WHEN 'countersign.call.relay_suspected' THEN 'relay_suspected'
         WHEN 'countersign.verification.denied' THEN 'denied'
         WHEN 'countersign.verification.reported' THEN 'reported'
         WHEN 'countersign.customer.locked' THEN 'locked'
         WHEN 'countersign.notice.checked' THEN 'notice_' || (data ->> 'verdict')
         WHEN 'countersign.report.received' THEN 'report'
       END AS type, occurred_at AS at
  FROM events
 WHERE customer_id = $2 AND occurred_at > now() - make_interval(secs => $7)
   AND id >= uuid7_floor(now() - make_interval(secs => $7, mins => 5))
   AND (type IN ('countersign.call.relay_suspected', 'countersign.verification.denied', 'countersign.verification.reported',
     'countersign.customer.locked', 'countersign.report.received')
        OR (type = 'countersign.verdict.given' AND data ->> 'verdict' = 'not_legitimate')
        OR (type = 'countersign.notice.checked' AND data ->> 'verdict' IN ('altered', 'not_ours')))
 ORDER BY occurred_at DESC LIMIT 20) s) AS signals,
  (SELECT coalesce(jsonb_agg(k ORDER BY k.id DESC), '[]') FROM (
      SELECT k.id, k.reference, k.direction, k.agent_id, k.agent_name, k.agent_department, k.started_at, k.relay_suspected_at
        FROM calls k WHERE k.customer_id = c.id AND k.ended_at IS NULL AND k.expires_at > now() ORDER BY k.id DESC LIMIT 20) k) AS calls,
  (SELECT coalesce(jsonb_agg(ch ORDER BY ch.id DESC), '[]') FROM (
      SELECT ch.id, ch.reference, ch.subject, ch.requested_at, ch.expires_at FROM changes ch
       WHERE ch.customer_id = c.id AND ch.status = 'held' AND ch.expires_at > now() ORDER BY ch.id DESC LIMIT 20) ch) AS changes,
  (SELECT coalesce(jsonb_agg(b ORDER BY b.id DESC), '[]') FROM (
      SELECT b.id, b.reference, CASE WHEN b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now()) THEN 'expired'
                   WHEN b.status = 'claimed' AND b.claimed_until <= now() THEN 'queued' ELSE b.status END AS status, b.due_at,
          CASE WHEN b.status = 'claimed' AND b.claimed_until > now() THEN b.claimed_by_name END AS claimed_by_name
        FROM callbacks b WHERE b.customer_id = c.id AND b.closed_at IS NULL AND NOT (b.closed_at IS NULL AND b.not_after <= now() AND (b.status = 'queued' OR b.claimed_until <= now())) ORDER BY b.id DESC LIMIT 20) b) AS callbacks,
  (SELECT jsonb_build_object('id', v.id, 'kind', v.kind, 'at', v.closed_at) FROM verifications v
    WHERE v.customer_id = c.id AND v.status = 'confirmed' ORDER BY v.id DESC LIMIT 1) AS verified
  FROM leave LEFT JOIN customers c ON leave.given AND c.id = $2;

-- tenantDemands.forget: write
DELETE FROM tenant_demands WHERE told_at < now() - interval '1 minute';

-- tenantDemands.tell: write
-- $1 process uuid
-- $2 critical double precision
-- $3 interactive double precision
-- $4 bulk double precision
-- > others jsonb
INSERT INTO tenant_demands AS d (process, critical_per_second, interactive_per_second, bulk_per_second, told_at)
VALUES ($1, $2, $3, $4, now())
ON CONFLICT (tenant_id, process) DO UPDATE SET critical_per_second = excluded.critical_per_second,
  interactive_per_second = excluded.interactive_per_second, bulk_per_second = excluded.bulk_per_second, told_at = excluded.told_at
RETURNING (SELECT jsonb_build_object('critical', coalesce(sum(o.critical_per_second), 0),
    'interactive', coalesce(sum(o.interactive_per_second), 0), 'bulk', coalesce(sum(o.bulk_per_second), 0))
  FROM tenant_demands o WHERE o.process <> d.process AND o.told_at > now() - interval '1500 milliseconds') AS others;

-- tenants.isThere: read
-- > there boolean
SELECT to_regclass('tenants') IS NOT NULL AS there;

-- tenants.keepEntry: write
-- $1 id text
-- $2 entry jsonb
-- $3 changedBy text
INSERT INTO tenants (id, entry, changed_by, version) VALUES ($1, $2::jsonb, $3, 0)
ON CONFLICT (id) DO UPDATE SET entry = excluded.entry, changed_by = excluded.changed_by;

-- tenants.keepLimits: write
-- $1 id text
-- $2 requestsPerSecond integer
-- $3 eventsPerSecond integer
-- $4 changedBy text
INSERT INTO tenants (id, requests_per_second, events_per_second, changed_by, version)
VALUES ($1, $2, $3, $4, 0)
ON CONFLICT (id) DO UPDATE SET requests_per_second = excluded.requests_per_second,
  events_per_second = excluded.events_per_second, changed_by = excluded.changed_by;

-- tenants.keepStatus: write
-- $1 id text
-- $2 status text
-- $3 changedBy text
INSERT INTO tenants (id, status, changed_by, version) VALUES ($1, $2, $3, 0)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, changed_by = excluded.changed_by;

-- tenants.list: read
-- > id text
-- > entry jsonb
-- > status text
-- > changed_by text
-- > changed_at timestamp with time zone
-- > version double precision
-- > requests_per_second integer
-- > events_per_second integer
SELECT id, entry, status, changed_by, changed_at, version::float8 AS version,
       (to_jsonb(t)->>'requests_per_second')::int AS requests_per_second, (to_jsonb(t)->>'events_per_second')::int AS events_per_second
  FROM tenants t ORDER BY id LIMIT 10000;

-- tenants.lock: write
-- > pg_advisory_xact_lock void
SELECT pg_advisory_xact_lock(hashtext('countersign.tenants'));

-- tenants.newest: read
-- > version double precision
SELECT coalesce(max(version), 0)::float8 AS version FROM tenants;

-- unread.all: read
-- $1 unfinished xid8[]
-- $2 afters bigint[]
-- $3 first uuid
-- $4 most bigint
-- $5 xid xid8
-- $6 sequence bigint
-- > snapshot text
-- > read_at timestamp with time zone
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT s.snapshot, s.read_at, e.* FROM (SELECT log_snapshot()::text AS snapshot, clock_timestamp() AS read_at) s LEFT JOIN LATERAL (
  (SELECT w.* FROM unnest($1::xid8[], $2::bigint[]) WITH ORDINALITY u (late, after, n), LATERAL (
      SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE id >= $3::uuid AND events.xid = u.late AND events.sequence > u.after
        ORDER BY events.xid, events.sequence LIMIT $4) w
    WHERE pg_visible_in_snapshot(u.late, log_snapshot()) ORDER BY u.n, w.sequence::bigint LIMIT $4)
  UNION ALL
  (SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE id >= $3::uuid AND (events.xid, events.sequence) > ($5::xid8, $6)
    AND events.xid < pg_snapshot_xmax(log_snapshot())
    ORDER BY events.xid, events.sequence LIMIT $4)
) e ON true;

-- unread.end: read
-- > snapshot text
-- > xid text
-- > sequence text
SELECT log_snapshot()::text AS snapshot, e.xid::text, e.sequence::text
  FROM (SELECT) one LEFT JOIN LATERAL (SELECT xid, sequence FROM events WHERE xid < pg_snapshot_xmax(log_snapshot())
    ORDER BY xid DESC, sequence DESC LIMIT 1) e ON true;

-- unread.ofCall: read
-- $1 unfinished xid8[]
-- $2 afters bigint[]
-- $3 callId uuid
-- $4 about text[]
-- $5 types text[]
-- $6 most bigint
-- $7 xid xid8
-- $8 sequence bigint
-- > snapshot text
-- > read_at timestamp with time zone
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT s.snapshot, s.read_at, e.* FROM (SELECT log_snapshot()::text AS snapshot, clock_timestamp() AS read_at) s LEFT JOIN LATERAL (
  (SELECT w.* FROM unnest($1::xid8[], $2::bigint[]) WITH ORDINALITY u (late, after, n), LATERAL (
      SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE call_id = $3 AND ($4::text[] IS NULL OR about = ANY($4)) AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND events.xid = u.late AND events.sequence > u.after
        ORDER BY events.xid, events.sequence LIMIT $6) w
    WHERE pg_visible_in_snapshot(u.late, log_snapshot()) ORDER BY u.n, w.sequence::bigint LIMIT $6)
  UNION ALL
  (SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE call_id = $3 AND ($4::text[] IS NULL OR about = ANY($4)) AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND (events.xid, events.sequence) > ($7::xid8, $8)
    AND events.xid < pg_snapshot_xmax(log_snapshot())
    ORDER BY events.xid, events.sequence LIMIT $6)
) e ON true;

-- unread.ofCalls: read
-- $1 unfinished xid8[]
-- $2 afters bigint[]
-- $3 agentId text
-- $4 team text
-- $5 about text[]
-- $6 types text[]
-- $7 most bigint
-- $8 xid xid8
-- $9 sequence bigint
-- > snapshot text
-- > read_at timestamp with time zone
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
  SELECT s.snapshot, s.read_at, e.* FROM (SELECT log_snapshot()::text AS snapshot, clock_timestamp() AS read_at) s LEFT JOIN LATERAL (
    (SELECT w.* FROM unnest($1::xid8[], $2::bigint[]) WITH ORDINALITY u (late, after, n), LATERAL (
        SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE
EXISTS (SELECT FROM calls k WHERE k.id = events.call_id
  AND ($3::text IS NULL OR k.agent_id = $3 OR data ->> 'from' = $3
    OR (type = 'countersign.call.transferred' AND data ->> 'to' = $3))
  AND ($4::text IS NULL OR k.agent_department = $4 OR data ->> 'fromTeam' = $4)) AND ($5::text[] IS NULL OR about = ANY($5)) AND ($6::text[] IS NULL OR type LIKE ANY($6)) AND events.xid = u.late AND events.sequence > u.after
          ORDER BY events.xid, events.sequence LIMIT $7) w
      WHERE pg_visible_in_snapshot(u.late, log_snapshot()) ORDER BY u.n, w.sequence::bigint LIMIT $7)
    UNION ALL
    (SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE
EXISTS (SELECT FROM calls k WHERE k.id = events.call_id
  AND ($3::text IS NULL OR k.agent_id = $3 OR data ->> 'from' = $3
    OR (type = 'countersign.call.transferred' AND data ->> 'to' = $3))
  AND ($4::text IS NULL OR k.agent_department = $4 OR data ->> 'fromTeam' = $4)) AND ($5::text[] IS NULL OR about = ANY($5)) AND ($6::text[] IS NULL OR type LIKE ANY($6)) AND (events.xid, events.sequence) > ($8::xid8, $9)
      AND events.xid < pg_snapshot_xmax(log_snapshot())
      ORDER BY events.xid, events.sequence LIMIT $7)
  ) e ON true;

-- unread.ofCustomer: read
-- $1 unfinished xid8[]
-- $2 afters bigint[]
-- $3 customerId text
-- $4 about text[]
-- $5 types text[]
-- $6 most bigint
-- $7 xid xid8
-- $8 sequence bigint
-- > snapshot text
-- > read_at timestamp with time zone
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT s.snapshot, s.read_at, e.* FROM (SELECT log_snapshot()::text AS snapshot, clock_timestamp() AS read_at) s LEFT JOIN LATERAL (
  (SELECT w.* FROM unnest($1::xid8[], $2::bigint[]) WITH ORDINALITY u (late, after, n), LATERAL (
      SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE customer_id = $3 AND ($4::text[] IS NULL OR about = ANY($4)) AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND events.xid = u.late AND events.sequence > u.after
        ORDER BY events.xid, events.sequence LIMIT $6) w
    WHERE pg_visible_in_snapshot(u.late, log_snapshot()) ORDER BY u.n, w.sequence::bigint LIMIT $6)
  UNION ALL
  (SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE customer_id = $3 AND ($4::text[] IS NULL OR about = ANY($4)) AND ($5::text[] IS NULL OR type LIKE ANY($5)) AND (events.xid, events.sequence) > ($7::xid8, $8)
    AND events.xid < pg_snapshot_xmax(log_snapshot())
    ORDER BY events.xid, events.sequence LIMIT $6)
) e ON true;

-- unread.wanted: read
-- $1 unfinished xid8[]
-- $2 afters bigint[]
-- $3 about text[]
-- $4 types text[]
-- $5 most bigint
-- $6 xid xid8
-- $7 sequence bigint
-- > snapshot text
-- > read_at timestamp with time zone
-- > id uuid
-- > xid text
-- > sequence text
-- > type text
-- > about text
-- > about_id uuid
-- > customer_id text
-- > call_id uuid
-- > data jsonb
-- > occurred_at timestamp with time zone
SELECT s.snapshot, s.read_at, e.* FROM (SELECT log_snapshot()::text AS snapshot, clock_timestamp() AS read_at) s LEFT JOIN LATERAL (
  (SELECT w.* FROM unnest($1::xid8[], $2::bigint[]) WITH ORDINALITY u (late, after, n), LATERAL (
      SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE ($3::text[] IS NULL OR about = ANY($3)) AND ($4::text[] IS NULL OR type LIKE ANY($4)) AND events.xid = u.late AND events.sequence > u.after
        ORDER BY events.xid, events.sequence LIMIT $5) w
    WHERE pg_visible_in_snapshot(u.late, log_snapshot()) ORDER BY u.n, w.sequence::bigint LIMIT $5)
  UNION ALL
  (SELECT id, xid::text, sequence::text, type, about, about_id, customer_id, call_id, data, occurred_at FROM events WHERE ($3::text[] IS NULL OR about = ANY($3)) AND ($4::text[] IS NULL OR type LIKE ANY($4)) AND (events.xid, events.sequence) > ($6::xid8, $7)
    AND events.xid < pg_snapshot_xmax(log_snapshot())
    ORDER BY events.xid, events.sequence LIMIT $5)
) e ON true;

-- verdict-feedback.forget: write
-- $1 feedbackSeconds double precision
-- $2 most bigint
DELETE FROM verdict_feedback WHERE (tenant_id, verdict_id) IN (
  SELECT tenant_id, verdict_id FROM verdict_feedback
   WHERE given_at < now() - make_interval(secs => $1, mins => 5) LIMIT $2);

-- verdict-feedback.take: write
-- $1 customerId text
-- $2 verdictId text
-- $3 at timestamp with time zone
-- $4 aroundSeconds double precision
-- $5 feedbackSeconds double precision
-- $6 verdictUuid uuid
-- $7 outcome text
-- $8 latencyMs integer
-- > verdict text
-- > is_taken boolean
WITH verdict AS (
  SELECT customer_id, call_id, data FROM events
   WHERE customer_id = $1 AND type = 'countersign.verdict.given' AND data ->> 'verdictId' = $2
     AND occurred_at BETWEEN $3::timestamptz - make_interval(secs => $4)
                         AND $3::timestamptz + make_interval(secs => $4)
     AND occurred_at > now() - make_interval(secs => $5)
     AND id >= uuid7_floor($3::timestamptz - make_interval(secs => $4, mins => 5))
   LIMIT 1
), taken AS (
  INSERT INTO verdict_feedback (verdict_id) SELECT $6::uuid FROM verdict ON CONFLICT DO NOTHING RETURNING verdict_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verdict.feedback_received', 'vdt', taken.verdict_id, verdict.customer_id, verdict.call_id,
    jsonb_build_object('verdict', verdict.data -> 'verdict', 'reason', verdict.data -> 'reason', 'trigger', verdict.data -> 'trigger', 'outcome', $7::text,
      'latencyMs', $8::int)
    FROM verdict, taken
)
SELECT data ->> 'verdict' AS verdict, EXISTS (SELECT FROM taken) AS is_taken FROM verdict;

-- verdicts.read: read
-- $1 customerIds text[]
-- $2 numbers text[]
-- $3 withNumbers boolean[]
-- $4 inAnotherCall boolean[]
-- > now timestamp with time zone
-- > line_use text
-- > campaign jsonb
-- > customer_key_id uuid
-- > wrapped_key bytea
-- > locale text
-- > numbers_sealed text[]
-- > live_calls jsonb
SELECT now() AS now,
       (SELECT use FROM lines WHERE number = asked.number) AS line_use,
       (SELECT jsonb_build_object('since', g.first_seen_at, 'customers', g.reach) FROM campaign_indicators i
         JOIN campaigns g ON g.id = i.campaign_id
         WHERE i.kind = 'number' AND i.value = asked.number AND i.closed_at IS NULL) AS campaign,
       c.key_id AS customer_key_id, c.wrapped_key, c.locale,
       ARRAY(SELECT encode(p.value_sealed, 'hex') FROM contact_points p WHERE asked.with_numbers AND p.customer_id = asked.customer_id
         AND p.former_from IS NULL) AS numbers_sealed,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'direction', k.direction, 'channel', k.channel, 'line', k.line,
                 'confirmed', asked.in_another_call AND k.direction = 'outbound'
                              AND EXISTS (SELECT FROM verifications v WHERE v.call_id = k.id AND v.status = 'confirmed'), 'reference',
                                k.reference, 'key_id', k.key_id,
                 'purpose_sealed', encode(k.purpose_sealed, 'hex'), 'agent_name', k.agent_name, 'agent_department', k.agent_department,
                   'started_at', k.started_at)), '[]')
          FROM (SELECT * FROM calls l WHERE l.customer_id = asked.customer_id AND l.ended_at IS NULL AND l.expires_at > now() ORDER BY l.id DESC
            LIMIT 20) k) AS live_calls
  FROM unnest((SELECT $1::text[]), (SELECT $2::text[]), (SELECT $3::boolean[]),
              (SELECT $4::boolean[]))
       WITH ORDINALITY AS asked (customer_id, number, with_numbers, in_another_call, place)
  LEFT JOIN LATERAL (SELECT key_id, wrapped_key, locale FROM customers WHERE id = asked.customer_id LIMIT 1) c ON true
 ORDER BY asked.place;

-- verdicts.record: write
-- $1 customerIds text[]
-- $2 callIds uuid[]
-- $3 data jsonb[]
INSERT INTO events (type, about, about_id, customer_id, call_id, data)
SELECT 'countersign.verdict.given', 'customer', NULL, customer_id, call_id,
    data
  FROM unnest($1::text[], $2::uuid[], $3::jsonb[]) AS given (customer_id, call_id, data);

-- verdicts.recordAlarm: write
-- $1 relayedCallIds uuid[]
-- $2 customerId text
-- $3 callId uuid
-- $4 data jsonb
WITH marked AS (
  UPDATE calls k SET relay_suspected_at = now() WHERE k.id = ANY($1::uuid[]) AND k.ended_at IS NULL
  AND k.relay_suspected_at IS NULL
  RETURNING k.id, k.customer_id
)
INSERT INTO events (type, about, about_id, customer_id, call_id, data)
SELECT 'countersign.call.relay_suspected', 'call', id, customer_id, id,
    '{"shownBy":"verdict"}'::jsonb
  FROM marked
UNION ALL
SELECT 'countersign.verdict.given', 'customer', NULL, $2, $3::uuid,
    $4::jsonb;

-- verdicts.signals: read
-- $1 customerId text
-- $2 windowSeconds double precision
-- > type text
-- > at timestamp with time zone
SELECT CASE type
         WHEN 'countersign.verdict.given' THEN data ->> 'reason'
         WHEN 'countersign.call.relay_suspected' THEN 'relay_suspected'
         WHEN 'countersign.verification.denied' THEN 'denied'
         WHEN 'countersign.verification.reported' THEN 'reported'
         WHEN 'countersign.customer.locked' THEN 'locked'
         WHEN 'countersign.notice.checked' THEN 'notice_' || (data ->> 'verdict')
         WHEN 'countersign.report.received' THEN 'report'
       END AS type, occurred_at AS at
  FROM events
 WHERE customer_id = $1 AND occurred_at > now() - make_interval(secs => $2)
   AND id >= uuid7_floor(now() - make_interval(secs => $2, mins => 5))
   AND (type IN ('countersign.call.relay_suspected', 'countersign.verification.denied', 'countersign.verification.reported',
     'countersign.customer.locked', 'countersign.report.received')
        OR (type = 'countersign.verdict.given' AND data ->> 'verdict' = 'not_legitimate')
        OR (type = 'countersign.notice.checked' AND data ->> 'verdict' IN ('altered', 'not_ours')))
 ORDER BY occurred_at DESC LIMIT 100;

-- verifications.byId: read
-- $1 id uuid
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true WHERE v.id = $1;

-- verifications.byIds: read
-- $1 ids uuid[]
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT found.* FROM unnest((SELECT $1::uuid[])) AS asked (id)
 CROSS JOIN LATERAL (
  SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true WHERE v.id = asked.id LIMIT 1) found;

-- verifications.cancel: write
-- $1 id uuid
-- $2 owner text
-- $3 author text
-- > theirs boolean
-- > cancelled boolean
WITH theirs AS (
  SELECT v.id FROM verifications v WHERE v.id = $1 AND ($2::text IS NULL OR v.call_id IS NULL
    OR EXISTS (SELECT FROM calls k WHERE k.id = v.call_id AND k.agent_id = $2))
), cancelled AS (
  UPDATE verifications v SET status = 'cancelled', closed_at = now()
   WHERE v.id = $1 AND EXISTS (SELECT FROM theirs) AND v.status = 'waiting' AND v.expires_at > now() RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'by', $3::text) || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
)
SELECT EXISTS (SELECT FROM theirs) AS theirs, EXISTS (SELECT FROM cancelled) AS cancelled;

-- verifications.lapseDue: write
-- $1 most bigint
-- > id uuid
WITH due AS (
  SELECT v.id FROM verifications v WHERE v.status = 'waiting' AND v.expires_at <= now() AND v.expires_at > '-infinity'
   ORDER BY v.expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
),
lapsed AS (
  UPDATE verifications v SET status = 'expired', closed_at = now()
    FROM due WHERE v.id = due.id AND v.status = 'waiting' AND v.expires_at <= now() RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction) || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM lapsed
)
SELECT id FROM lapsed;

-- verifications.lapseSome: write
-- $1 ids uuid[]
-- > id uuid
WITH due AS (
  SELECT v.id FROM verifications v WHERE v.id = ANY($1) AND v.status = 'waiting' AND v.expires_at <= now() FOR UPDATE
),
lapsed AS (
  UPDATE verifications v SET status = 'expired', closed_at = now()
    FROM due WHERE v.id = due.id AND v.status = 'waiting' AND v.expires_at <= now() RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction) || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM lapsed
)
SELECT id FROM lapsed;

-- verifications.latestOfCall: read
-- $1 callIds uuid[]
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true WHERE v.call_id = ANY($1)
 ORDER BY v.call_id, v.id DESC;

-- verifications.list: read
-- $1 status text
-- $2 before uuid
-- $3 most bigint
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true
 WHERE ($1::text IS NULL OR v.status = $1) AND ($2::uuid IS NULL OR v.id < $2)
 ORDER BY v.id DESC LIMIT $3;

-- verifications.listAlarming: read
-- $1 status text
-- $2 before uuid
-- $3 most bigint
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true
 WHERE v.status = $1 AND v.status IN ('denied', 'reported', 'locked') AND ($2::uuid IS NULL OR v.id < $2)
 ORDER BY v.id DESC LIMIT $3;

-- verifications.listOfOne: read
-- $1 customerId text
-- $2 status text
-- $3 before uuid
-- $4 most bigint
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true
 WHERE v.customer_id = $1 AND ($2::text IS NULL OR v.status = $2) AND ($3::uuid IS NULL OR v.id < $3)
 ORDER BY v.id DESC LIMIT $4;

-- verifications.listWaiting: read
-- $1 before uuid
-- $2 most bigint
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
    LEFT JOIN LATERAL (SELECT code_failures FROM customers WHERE id = v.customer_id LIMIT 1) c ON true
 WHERE v.status = 'waiting' AND v.expires_at > '-infinity' AND ($1::uuid IS NULL OR v.id < $1)
 ORDER BY v.id DESC LIMIT $2;

-- verifications.ofCustomer: read
-- $1 status text
-- $2 before uuid
-- $3 most bigint
-- $4 customerId text
-- > wrapped_key bytea
-- > customer_key_id uuid
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT c.wrapped_key, c.key_id AS customer_key_id, v.* FROM customers c LEFT JOIN LATERAL (
  SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
   WHERE v.customer_id = c.id AND ($1::text IS NULL OR v.status = $1) AND ($2::uuid IS NULL OR v.id < $2)
   ORDER BY v.id DESC LIMIT $3) v ON true
 WHERE c.id = $4;

-- verifications.reportWaiting: write
-- $1 customerId text
WITH closed AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'reported' END, closed_at = now()
    WHERE v.customer_id = $1 AND v.customer_id > '' AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
)
INSERT INTO events (type, about, about_id, customer_id, call_id, data)
SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
    jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_reported') || CASE WHEN status = 'expired'
      THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM closed;

-- verifications.waitingOfCustomer: read
-- $1 before uuid
-- $2 most bigint
-- $3 customerId text
-- > wrapped_key bytea
-- > customer_key_id uuid
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT c.wrapped_key, c.key_id AS customer_key_id, v.* FROM customers c LEFT JOIN LATERAL (
  SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
   WHERE v.customer_id = c.id AND v.status = 'waiting' AND v.customer_id > '' AND ($1::uuid IS NULL OR v.id < $1)
   ORDER BY v.id DESC LIMIT $2) v ON true
 WHERE c.id = $3;

-- verifications.waitingOfCustomers: read
-- $1 customerIds text[]
-- $2 most bigint
-- > place integer
-- > wrapped_key bytea
-- > customer_key_id uuid
-- > id uuid
-- > customer_id text
-- > kind text
-- > status text
-- > call_id uuid
-- > direction text
-- > key_id uuid
-- > display_sealed bytea
-- > display_time timestamp with time zone
-- > challenge text
-- > asks text[]
-- > code_mac bytea
-- > attempts_used integer
-- > attempts_allowed integer
-- > policy_version integer
-- > started_by text
-- > created_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > closed_at timestamp with time zone
-- > device_id uuid
-- > answer text
-- > answer_reason text
-- > handset jsonb
-- > findings text[]
-- > lapsed boolean
-- > code_failures integer
SELECT asked.place::int AS place, found.* FROM unnest((SELECT $1::text[])) WITH ORDINALITY AS asked (customer_id, place)
 CROSS JOIN LATERAL (
  SELECT wrapped_key, key_id AS customer_key_id, id, code_failures FROM customers WHERE id = asked.customer_id LIMIT 1) c
 CROSS JOIN LATERAL (
  SELECT c.wrapped_key, c.customer_key_id, v.* FROM (SELECT) one LEFT JOIN LATERAL (
    SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time,
v.challenge, v.asks, v.code_mac,
v.attempts_used, v.attempts_allowed, v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.device_id, v.answer,
  v.answer_reason, v.handset, v.findings,
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v
     WHERE v.customer_id = c.id AND v.status = 'waiting' AND v.customer_id > '' ORDER BY v.id DESC LIMIT $2) v ON true) found
 ORDER BY asked.place, found.id DESC;

-- webhooks.change: write
-- $1 url text
-- $2 description text
-- $3 types text[]
-- $4 status text
-- $5 id uuid
-- $6 author text
-- > id uuid
-- > url text
-- > description text
-- > types text[]
-- > signature text
-- > secret_sealed bytea
-- > previous_secret_until timestamp with time zone
-- > status text
-- > disabled_because text
-- > failing_since timestamp with time zone
-- > created_at timestamp with time zone
WITH changed AS (
  UPDATE webhooks SET
    url = coalesce($1, url), description = coalesce($2, description), types = coalesce($3, types),
    status = coalesce($4, status),
    disabled_because = CASE coalesce($4, status) WHEN 'disabled' THEN coalesce(disabled_because, 'operator') END,
    active_from = CASE WHEN status = 'disabled' AND $4 = 'active' THEN log_xact_id() ELSE active_from END,
    failing_since = CASE WHEN $1 IS NULL AND $4 IS DISTINCT FROM 'active' THEN failing_since END,
    failing_told_at = CASE WHEN $1 IS NULL AND $4 IS DISTINCT FROM 'active' THEN failing_told_at END
   WHERE id = $5 AND status <> 'deleted'
  RETURNING *
), cancelled AS (
  UPDATE webhook_deliveries d SET status = 'cancelled', closed_at = now() FROM changed c WHERE d.queue = c.id AND d.subject >= '' AND c.status = 'disabled'
), hurried AS (
  UPDATE webhook_deliveries d SET next_attempt_at = now()
    FROM changed c WHERE d.queue = c.id AND d.subject >= '' AND d.place = 'head' AND c.status = 'active' AND $1::text IS NOT NULL
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.webhook.changed', 'whk', id,
    jsonb_build_object('status', status, 'types', types, 'by', $6::text) FROM changed
)
SELECT id, url, description, types, signature, secret_sealed,
CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until, status, disabled_because,
  failing_since, created_at FROM changed;

-- webhooks.create: write
-- $1 consumer text
-- $2 id uuid
-- $3 url text
-- $4 description text
-- $5 types text[]
-- $6 signature text
-- $7 secretSealed bytea
-- $8 author text
-- $9 most integer
-- > id uuid
-- > url text
-- > description text
-- > types text[]
-- > signature text
-- > secret_sealed bytea
-- > previous_secret_until timestamp with time zone
-- > status text
-- > disabled_because text
-- > failing_since timestamp with time zone
-- > created_at timestamp with time zone
WITH started AS (
  INSERT INTO event_consumers (name, xid, sequence)
  SELECT $1, (pg_snapshot_xmin(log_snapshot())::text::numeric - 1)::text::xid8, 4611686018427387904
   WHERE NOT EXISTS (SELECT FROM event_consumers WHERE name = $1)
  ON CONFLICT DO NOTHING
), created AS (
  INSERT INTO webhooks (id, url, description, types, signature, secret_sealed, created_by)
  SELECT $2::uuid, $3, $4, $5::text[], $6, $7::bytea, $8
   WHERE (SELECT count(*) FROM webhooks WHERE status <> 'deleted') < $9::int
  RETURNING *
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.webhook.created', 'whk', id,
    jsonb_build_object('types', types, 'by', $8::text) FROM created
)
SELECT id, url, description, types, signature, secret_sealed,
CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until, status, disabled_because,
  failing_since, created_at FROM created;

-- webhooks.disable: write
-- $1 because text
-- $2 id uuid
-- > id uuid
WITH disabled AS (
  UPDATE webhooks SET status = 'disabled', disabled_because = $1 WHERE id = $2 AND status = 'active' RETURNING id, failing_since
), cancelled AS (
  UPDATE webhook_deliveries d SET status = 'cancelled', closed_at = now() FROM disabled WHERE d.queue = disabled.id AND d.subject >= ''
)
INSERT INTO events (type, about, about_id, data)
SELECT 'countersign.webhook.disabled', 'whk', id,
    jsonb_build_object('because', $1::text, 'failingSince', failing_since)
  FROM disabled
RETURNING id;

-- webhooks.find: read
-- $1 id uuid
-- > id uuid
-- > url text
-- > description text
-- > types text[]
-- > signature text
-- > secret_sealed bytea
-- > previous_secret_until timestamp with time zone
-- > status text
-- > disabled_because text
-- > failing_since timestamp with time zone
-- > created_at timestamp with time zone
SELECT id, url, description, types, signature, secret_sealed,
CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until, status, disabled_because,
  failing_since, created_at FROM webhooks WHERE id = $1 AND status <> 'deleted';

-- webhooks.list: read
-- $1 after uuid
-- $2 most bigint
-- > id uuid
-- > url text
-- > description text
-- > types text[]
-- > signature text
-- > secret_sealed bytea
-- > previous_secret_until timestamp with time zone
-- > status text
-- > disabled_because text
-- > failing_since timestamp with time zone
-- > created_at timestamp with time zone
SELECT id, url, description, types, signature, secret_sealed,
CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until, status, disabled_because,
  failing_since, created_at FROM webhooks WHERE status <> 'deleted' AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2;

-- webhooks.lock: write
-- $1 id uuid
SELECT FROM webhooks WHERE id = $1 FOR UPDATE;

-- webhooks.remove: write
-- $1 id uuid
-- $2 author text
-- > id uuid
WITH removed AS (
  UPDATE webhooks SET status = 'deleted', disabled_because = NULL, secret_sealed = '', previous_secret_sealed = NULL,
    previous_secret_until = NULL
   WHERE id = $1 AND status <> 'deleted' RETURNING id
), cancelled AS (
  UPDATE webhook_deliveries d SET status = 'cancelled', closed_at = now() FROM removed WHERE d.queue = removed.id AND d.subject >= ''
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.webhook.deleted', 'whk', id,
    jsonb_build_object('by', $2::text) FROM removed
)
SELECT id FROM removed;

-- webhooks.rotate: write
-- $1 overlap interval
-- $2 secretSealed bytea
-- $3 id uuid
-- $4 current bytea
-- $5 author text
-- > id uuid
-- > url text
-- > description text
-- > types text[]
-- > signature text
-- > secret_sealed bytea
-- > previous_secret_until timestamp with time zone
-- > status text
-- > disabled_because text
-- > failing_since timestamp with time zone
-- > created_at timestamp with time zone
WITH rotated AS (
  UPDATE webhooks SET previous_secret_sealed = secret_sealed, previous_secret_until = now() + $1::interval,
    secret_sealed = $2
   WHERE id = $3 AND status <> 'deleted' AND secret_sealed = $4 RETURNING *
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.webhook.rotated', 'whk', id,
    jsonb_build_object('by', $5::text) FROM rotated
)
SELECT id, url, description, types, signature, secret_sealed,
CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until, status, disabled_because,
  failing_since, created_at FROM rotated;

-- webhooks.tellFailing: write
-- $1 id uuid
-- $2 disableAfter interval
-- > id uuid
WITH told AS (
  UPDATE webhooks SET failing_told_at = now() WHERE id = $1 AND status = 'active' AND failing_since IS NOT NULL
    AND failing_told_at IS NULL RETURNING id, failing_since
)
INSERT INTO events (type, about, about_id, data)
SELECT 'countersign.webhook.failing', 'whk', id,
    jsonb_build_object('since', failing_since, 'disabledAfter', failing_since + $2::interval) FROM told
RETURNING id;

-- whose.ofCalls: read
-- $1 callIds uuid[]
-- > id uuid
-- > agent_id text
-- > agent_department text
SELECT id, agent_id, agent_department FROM calls WHERE id = ANY($1::uuid[]);

-- writtenEvents.lately: read
-- $1 most bigint
-- > written integer
SELECT count(*)::int AS written FROM (SELECT FROM events WHERE id >= uuid7_floor(now() - interval '1 second') LIMIT $1) e;
