-- Every statement, as the server describes it. Made by test/db/statements.spec.ts.

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
-- > public_key jsonb
-- > device_enrolled_at timestamp with time zone
-- > call_live boolean
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
       d.public_key, d.enrolled_at AS device_enrolled_at,
       (k.ended_at IS NULL AND k.expires_at > now()) AS call_live, k.relay_suspected_at,
       v.change_id, ch.requested_at AS change_requested_at, (ch.rules ->> 'deviceAgeSeconds')::int AS change_device_age_seconds,
       (SELECT max(p.since) FROM contact_points p WHERE p.customer_id = v.customer_id AND p.former_from IS NULL) AS newest_contact_since
  FROM verifications v
  LEFT JOIN customers c ON c.id = v.customer_id
  LEFT JOIN devices d ON d.id = $1::uuid AND d.customer_id = v.customer_id AND d.revoked_at IS NULL
  LEFT JOIN calls k ON k.id = v.call_id
  LEFT JOIN changes ch ON ch.id = v.change_id
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
  SELECT d.id, d.key_thumbprint FROM devices d, customer, (SELECT count(*) FROM call) locked
   WHERE d.id = $5 AND d.customer_id = customer.id AND d.revoked_at IS NULL FOR SHARE OF d
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
  UPDATE customers c SET code_failures = 0, prompts_since_confirmed = 0 FROM closed WHERE c.id = closed.customer_id AND $7 = 'confirmed'
), marked AS (
  UPDATE calls k SET relay_suspected_at = now() FROM closed WHERE k.id = closed.call_id AND 'relay_suspected' = ANY($12)
  AND k.relay_suspected_at IS NULL
  RETURNING k.id, k.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || $7, 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'answer', $8::text, 'reason', $9::text, 'handset',
           $11::jsonb, 'findings', to_jsonb($12::text[]),
           'answerCommitment', $15::text, 'deviceKeyThumbprint', key_thumbprint)
    FROM closed
  UNION ALL
  SELECT 'countersign.call.relay_suspected', 'call', id, customer_id, id, '{"shownBy":"answer"}'::jsonb
  FROM marked
)
SELECT id FROM closed;

-- answers.refused: write
-- $1 cause text
-- $2 id uuid
INSERT INTO events (type, about, about_id, customer_id, call_id, data)
SELECT 'countersign.verification.answer_refused', 'ver', id, customer_id, call_id, jsonb_build_object('cause', $1::text)
  FROM verifications WHERE id = $2;

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
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_locked')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM counted WHERE status <> 'waiting'
  UNION ALL
  SELECT 'countersign.customer.locked', 'customer', NULL::uuid, failed.id, NULL::uuid,
         jsonb_build_object('tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = failed.id AND p.former_from IS NULL))
    FROM failed WHERE failed.locked_at IS NOT NULL
)
SELECT failed.code_failures, failed.locked_at IS NOT NULL AS locked FROM failed, counted WHERE counted.id = $3;

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
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  now() AS now FROM callbacks WHERE id = $1) b
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
-- > now timestamp with time zone
SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  now() AS now FROM callbacks WHERE reference = $1;

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
  SELECT 'countersign.callback.claim_lapsed', 'cbk', id, customer_id, lapsed_call_id, jsonb_build_object('by', lapsed_claim_of)
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
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  now() AS now FROM callbacks
   WHERE true AND ($1::text IS NULL OR CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END = $1) AND ($2::uuid IS NULL OR id < $2)
   ORDER BY id DESC LIMIT $3) b LEFT JOIN customers c ON c.id = b.customer_id ORDER BY b.id DESC;

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
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  now() AS now FROM callbacks
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
  SELECT 'countersign.callback.claim_lapsed', 'cbk', id, customer_id, lapsed_call_id, jsonb_build_object('by', lapsed_claim_of)
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
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT b.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  now() AS now FROM callbacks
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
-- $16 customerId text
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
-- > now timestamp with time zone
WITH queued AS (
  INSERT INTO callbacks (id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
    asked_during_call, priority,
                         on_file_before, not_before, not_after, due_at)
  SELECT $1, $2, c.id, $3::uuid,
         CASE WHEN EXISTS (SELECT FROM calls WHERE id = $4::uuid AND customer_id = c.id AND $5 LIKE 'call\_%')
           OR EXISTS (SELECT FROM changes WHERE id = $4 AND customer_id = c.id AND $5 LIKE 'chg\_%')
                OR EXISTS (SELECT FROM reports WHERE id = $4 AND customer_id = c.id
                  AND $5 LIKE 'rpt\_%') THEN $5::text END, $6, $7, $8, $9, $10,
         EXISTS (SELECT FROM calls k WHERE k.customer_id = c.id AND k.ended_at IS NULL AND k.expires_at > now()),
         $11, now() - make_interval(secs => $12), $13, $14, $15
    FROM customers c WHERE c.id = $16 AND c.key_id = $6
  RETURNING id, reference, customer_id, change_id, about, key_id, reason_sealed, about_sealed, not_by, requested_by,
asked_during_call, priority, CASE WHEN callbacks.closed_at IS NULL AND callbacks.not_after <= now() AND (callbacks.status = 'queued' OR callbacks.claimed_until <= now()) THEN 'expired'
                   WHEN callbacks.status = 'claimed' AND callbacks.claimed_until <= now() THEN 'queued' ELSE callbacks.status END AS status,
requested_at, not_before, not_after, due_at, attempts, claimed_by, claimed_by_name, claimed_until, call_id, verified_via, closed_at,
  now() AS now
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.callback.queued', 'cbk', id, customer_id,
         jsonb_build_object('reference', reference, 'dueAt', due_at, 'askedDuringCall', asked_during_call, 'about', about, 'by',
           $10::text)
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
CASE WHEN EXISTS (SELECT FROM verifications v WHERE v.call_id = b.call_id AND v.status = 'confirmed') THEN 'app'
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
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
started_at, expires_at, ended_at, relay_suspected_at,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE id = $1) k
  LEFT JOIN customers c ON c.id = k.customer_id;

-- calls.byReference: read
-- $1 reference text
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
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
-- > live boolean
SELECT id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
started_at, expires_at, ended_at, relay_suspected_at,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls WHERE reference = $1;

-- calls.declare: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 line text
-- $4 id uuid
-- $5 reference text
-- $6 direction text
-- $7 purposeSealed bytea
-- $8 agentId text
-- $9 agentName text
-- $10 agentDepartment text
-- $11 declaredBy text
-- $12 callSeconds double precision
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
  INSERT INTO calls (id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
    declared_by, expires_at)
  SELECT $4, $5, customer.id, $6, $3::text, $2, $7, $8, $9, $10,
    $11, now() + make_interval(secs => $12)
    FROM customer
   WHERE $3::text IS NULL OR EXISTS (SELECT FROM line WHERE line.use = 'outbound' OR $6 = 'inbound')
  RETURNING id, reference, customer_id, direction, line, agent_id, started_at, expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.declared', 'call', id, customer_id, id,
         jsonb_build_object('direction', direction, 'line', line, 'reference', reference, 'agentId', agent_id, 'by', $11::text)
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
-- $7 purposeSealed bytea
-- $8 agentId text
-- $9 agentName text
-- $10 agentDepartment text
-- $11 declaredBy text
-- $12 callSeconds double precision
-- $13 changeId uuid
-- $14 promptsPerMinute bigint
-- $15 promptsSinceConfirmed integer
-- $16 kind text
-- $17 verificationId uuid
-- $18 displaySealed bytea
-- $19 challenge text
-- $20 asks text[]
-- $21 codeMac bytea
-- $22 attemptsAllowed integer
-- $23 policyVersion integer
-- $24 startedBy text
-- $25 verificationSeconds double precision
-- $26 displayCommitment text
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
  INSERT INTO calls (id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
    declared_by, expires_at)
  SELECT $4, $5, customer.id, $6, $3::text, $2, $7, $8, $9, $10,
    $11, now() + make_interval(secs => $12)
    FROM customer
   WHERE $3::text IS NULL OR EXISTS (SELECT FROM line WHERE line.use = 'outbound' OR $6 = 'inbound')
  RETURNING id, reference, customer_id, direction, line, agent_id, started_at, expires_at
),
asked AS (
  SELECT call.id AS call_id, $13::uuid AS change_id, direction,
    CASE WHEN direction = 'outbound' THEN started_at END AS display_time FROM call
),
gate AS (
  SELECT customer.id AS customer_id, asked.call_id, asked.change_id, asked.direction, asked.display_time,
    CASE
      WHEN customer.locked_at IS NOT NULL THEN 'locked'
      WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = customer.id AND d.revoked_at IS NULL) THEN 'no_device'
      WHEN recent.last_minute >= $14
        OR (customer.prompts_since_confirmed >= $15
          AND recent.last_at > now() - interval '24 hours') THEN 'push_budget'
      ELSE 'ask'
    END AS decision,
    ceil(extract(epoch FROM
      CASE WHEN customer.prompts_since_confirmed >= $15 THEN recent.last_at + interval '24 hours'
        ELSE recent.first_at + interval '1 minute' END - now()))::int AS retry_after,
    coalesce(recent.last_at < now() - interval '24 hours', false) AS rested
  FROM asked, customer, LATERAL (
    SELECT count(*) FILTER (WHERE at > now() - interval '1 minute') AS last_minute,
           min(at) FILTER (WHERE at > now() - interval '1 minute') AS first_at, max(at) AS last_at
      FROM unnest(customer.recent_prompts) AS at) recent
), displaced AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM gate WHERE gate.decision = 'ask' AND v.customer_id = $1 AND v.customer_id > '' AND v.kind = $16
      AND ($16 <> 'change' OR v.change_id = gate.change_id) AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), counted AS (
  UPDATE customers c
     SET prompts_since_confirmed = CASE WHEN gate.rested THEN 1 ELSE c.prompts_since_confirmed + 1 END,
         recent_prompts = (c.recent_prompts || now())[greatest(1, cardinality(c.recent_prompts) - 18):]
    FROM gate WHERE gate.decision = 'ask' AND c.id = gate.customer_id
), started AS (
  INSERT INTO verifications (id, customer_id, kind, call_id, change_id, direction, key_id, display_sealed, display_time, challenge,
    asks, code_mac,
                             attempts_allowed, policy_version, started_by, expires_at)
  SELECT $17, gate.customer_id, $16, gate.call_id, gate.change_id, gate.direction, $2, $18,
         gate.display_time, $19, $20, $21,
         $22, $23, $24, now() + make_interval(secs => $25)
    FROM gate, (SELECT count(*) FROM displaced) settled
   WHERE gate.decision = 'ask'
  RETURNING id, customer_id, call_id, change_id, kind, direction, status, expires_at, policy_version, display_time, challenge
), start_logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.declared', 'call', id, customer_id, id,
         jsonb_build_object('direction', direction, 'line', line, 'reference', reference, 'agentId', agent_id, 'by', $11::text)
    FROM call
  UNION ALL
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'displaced')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM displaced
  UNION ALL
  SELECT 'countersign.verification.started', 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'policyVersion', policy_version, 'by', $24::text,
           'displayCommitment', $26::text, 'displayTime', display_time, 'challengeHash',
             encode(sha256(convert_to(challenge, 'UTF8')), 'hex')) FROM started
  UNION ALL
  SELECT 'countersign.verification.refused', CASE WHEN gate.call_id IS NULL THEN 'chg'
    ELSE 'call' END, coalesce(gate.call_id, gate.change_id), gate.customer_id, gate.call_id,
         jsonb_build_object('because', gate.decision) FROM gate WHERE decision <> 'ask'
)
SELECT EXISTS (SELECT FROM customer) AS customer_known, (SELECT use FROM line) AS line_use, call.started_at,
call.expires_at, gate.decision, gate.retry_after, started.id AS verification_id, started.expires_at AS verification_expires_at,
greatest(0, $22::int - (SELECT code_failures FROM customer)) AS attempts_left FROM (SELECT) one LEFT JOIN call ON true LEFT JOIN gate ON true LEFT JOIN started ON true;

-- calls.end: write
-- $1 id uuid
-- $2 author text
-- > id uuid
WITH ended AS (
  UPDATE calls k SET ended_at = least(now(), k.expires_at) WHERE k.id = $1 AND k.ended_at IS NULL AND k.expires_at > now()
  AND k.ended_at IS NULL
  RETURNING k.id, k.customer_id, k.expires_at <= now() AS lapsed
), cancelled AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM ended WHERE v.call_id = ended.id AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'call_ended')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.call.ended', 'call', id, customer_id, id,
         CASE WHEN lapsed THEN '{"because":"lapsed"}' ELSE jsonb_build_object('because', 'hung_up', 'by', $2::text) END FROM ended
)
SELECT id FROM ended;

-- calls.hold: write
-- $1 id uuid
SELECT FROM calls WHERE id = $1 FOR NO KEY UPDATE;

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
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'call_ended')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.call.ended', 'call', id, customer_id, id,
         CASE WHEN lapsed THEN '{"because":"lapsed"}' ELSE '{"because":"lapsed"}'::jsonb END FROM ended
)
SELECT id FROM ended;

-- calls.list: read
-- $1 live boolean
-- $2 before uuid
-- $3 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
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
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
started_at, expires_at, ended_at, relay_suspected_at,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls
   WHERE true AND ($1::boolean IS NULL OR (calls.ended_at IS NULL AND calls.expires_at > now()) = $1)
     AND ($2::uuid IS NULL OR id < $2)
   ORDER BY id DESC LIMIT $3) k LEFT JOIN customers c ON c.id = k.customer_id ORDER BY k.id DESC;

-- calls.listOfCustomer: read
-- $1 customerId text
-- $2 live boolean
-- $3 before uuid
-- $4 most bigint
-- > id uuid
-- > reference text
-- > customer_id text
-- > direction text
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
-- > live boolean
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT k.*, c.key_id AS customer_key_id, c.wrapped_key FROM (
  SELECT id, reference, customer_id, direction, line, key_id, purpose_sealed, agent_id, agent_name, agent_department,
started_at, expires_at, ended_at, relay_suspected_at,
(calls.ended_at IS NULL AND calls.expires_at > now()) AS live FROM calls
   WHERE customer_id = $1 AND ($2::boolean IS NULL OR (calls.ended_at IS NULL AND calls.expires_at > now()) = $2)
     AND ($3::uuid IS NULL OR id < $3)
   ORDER BY id DESC LIMIT $4) k LEFT JOIN customers c ON c.id = k.customer_id ORDER BY k.id DESC;

-- calls.startVerification: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 callId uuid
-- $4 changeId uuid
-- $5 promptsPerMinute bigint
-- $6 promptsSinceConfirmed integer
-- $7 kind text
-- $8 verificationId uuid
-- $9 displaySealed bytea
-- $10 challenge text
-- $11 asks text[]
-- $12 codeMac bytea
-- $13 attemptsAllowed integer
-- $14 policyVersion integer
-- $15 startedBy text
-- $16 verificationSeconds double precision
-- $17 displayCommitment text
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
   WHERE k.id = $3 AND k.customer_id = customer.id AND k.ended_at IS NULL AND k.expires_at > now() FOR SHARE OF k
),
asked AS (
  SELECT call.id AS call_id, $4::uuid AS change_id, direction,
    CASE WHEN direction = 'outbound' THEN started_at END AS display_time FROM call
),
gate AS (
  SELECT customer.id AS customer_id, asked.call_id, asked.change_id, asked.direction, asked.display_time,
    CASE
      WHEN customer.locked_at IS NOT NULL THEN 'locked'
      WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = customer.id AND d.revoked_at IS NULL) THEN 'no_device'
      WHEN recent.last_minute >= $5
        OR (customer.prompts_since_confirmed >= $6
          AND recent.last_at > now() - interval '24 hours') THEN 'push_budget'
      ELSE 'ask'
    END AS decision,
    ceil(extract(epoch FROM
      CASE WHEN customer.prompts_since_confirmed >= $6 THEN recent.last_at + interval '24 hours'
        ELSE recent.first_at + interval '1 minute' END - now()))::int AS retry_after,
    coalesce(recent.last_at < now() - interval '24 hours', false) AS rested
  FROM asked, customer, LATERAL (
    SELECT count(*) FILTER (WHERE at > now() - interval '1 minute') AS last_minute,
           min(at) FILTER (WHERE at > now() - interval '1 minute') AS first_at, max(at) AS last_at
      FROM unnest(customer.recent_prompts) AS at) recent
), displaced AS (
  UPDATE verifications v SET status = CASE WHEN v.expires_at <= now() THEN 'expired' ELSE 'cancelled' END, closed_at = now()
    FROM gate WHERE gate.decision = 'ask' AND v.customer_id = $1 AND v.customer_id > '' AND v.kind = $7
      AND ($7 <> 'change' OR v.change_id = gate.change_id) AND v.status = 'waiting' RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), counted AS (
  UPDATE customers c
     SET prompts_since_confirmed = CASE WHEN gate.rested THEN 1 ELSE c.prompts_since_confirmed + 1 END,
         recent_prompts = (c.recent_prompts || now())[greatest(1, cardinality(c.recent_prompts) - 18):]
    FROM gate WHERE gate.decision = 'ask' AND c.id = gate.customer_id
), started AS (
  INSERT INTO verifications (id, customer_id, kind, call_id, change_id, direction, key_id, display_sealed, display_time, challenge,
    asks, code_mac,
                             attempts_allowed, policy_version, started_by, expires_at)
  SELECT $8, gate.customer_id, $7, gate.call_id, gate.change_id, gate.direction, $2, $9,
         gate.display_time, $10, $11, $12,
         $13, $14, $15, now() + make_interval(secs => $16)
    FROM gate, (SELECT count(*) FROM displaced) settled
   WHERE gate.decision = 'ask'
  RETURNING id, customer_id, call_id, change_id, kind, direction, status, expires_at, policy_version, display_time, challenge
), start_logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'displaced')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM displaced
  UNION ALL
  SELECT 'countersign.verification.started', 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'policyVersion', policy_version, 'by', $15::text,
           'displayCommitment', $17::text, 'displayTime', display_time, 'challengeHash',
             encode(sha256(convert_to(challenge, 'UTF8')), 'hex')) FROM started
  UNION ALL
  SELECT 'countersign.verification.refused', CASE WHEN gate.call_id IS NULL THEN 'chg'
    ELSE 'call' END, coalesce(gate.call_id, gate.change_id), gate.customer_id, gate.call_id,
         jsonb_build_object('because', gate.decision) FROM gate WHERE decision <> 'ask'
)
SELECT EXISTS (SELECT FROM customer) AS customer_known, EXISTS (SELECT FROM call) AS call_live, gate.decision, gate.retry_after, started.id AS verification_id, started.expires_at AS verification_expires_at,
greatest(0, $13::int - (SELECT code_failures FROM customer)) AS attempts_left
  FROM (SELECT) one LEFT JOIN gate ON true LEFT JOIN started ON true;

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
), customers AS (
  DELETE FROM campaign_customers
    WHERE ctid = ANY(ARRAY(SELECT c.ctid FROM campaign_customers c JOIN due ON c.campaign_id = due.id LIMIT $2)) RETURNING 1
), counted AS (
  SELECT count(*)::int AS deleted FROM customers
), ended AS (
  DELETE FROM campaigns g USING due, counted WHERE g.id = due.id AND deleted < $2 RETURNING g.id
), indicators AS (
  DELETE FROM campaign_indicators i USING ended WHERE i.campaign_id = ended.id
), minutes AS (
  DELETE FROM campaign_minutes m USING ended WHERE m.campaign_id = ended.id
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.campaign.deleted', 'cmp', id, jsonb_build_object('olderThanDays', $1::int) FROM ended
)
SELECT deleted + (SELECT count(*) FROM ended)::int AS deleted FROM counted;

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
  SELECT 'countersign.change.approved', 'chg', id, customer_id, jsonb_build_object('by', $1::text) FROM approved
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
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'displaced')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM displaced
  UNION ALL
  SELECT 'countersign.verification.started', 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'policyVersion', policy_version, 'by', $14::text,
           'displayCommitment', $16::text, 'displayTime', display_time, 'challengeHash',
             encode(sha256(convert_to(challenge, 'UTF8')), 'hex')) FROM started
  UNION ALL
  SELECT 'countersign.verification.refused', CASE WHEN gate.call_id IS NULL THEN 'chg'
    ELSE 'call' END, coalesce(gate.call_id, gate.change_id), gate.customer_id, gate.call_id,
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
-- > now timestamp with time zone
-- > customer_key_id uuid
-- > wrapped_key bytea
SELECT ch.*, c.key_id AS customer_key_id, c.wrapped_key FROM (SELECT id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
at_risk_currency, rules, policy_version, status,
requested_at, expires_at, approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks, findings,
  clock_timestamp() AS now FROM changes WHERE id = $1) ch
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
-- > now timestamp with time zone
SELECT id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
at_risk_currency, rules, policy_version, status,
requested_at, expires_at, approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks, findings,
  clock_timestamp() AS now FROM changes WHERE reference = $1;

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
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'change_closed')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.letter.voided', 'chg', change_id, customer_id, NULL::uuid,
         jsonb_build_object('attemptsLeft', attempts_left, 'because', CASE WHEN lapsed THEN 'expired' ELSE 'change_closed' END)
    FROM voided
  UNION ALL
  SELECT 'countersign.change.' || $1, 'chg', id, customer_id, NULL,
         jsonb_build_object('subject', subject, 'reference', reference, 'because', $2::text, 'by', $4::text,
           'tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = closed.customer_id),
             'tellNewContact', subject IN ('phone_number', 'postal_address', 'email')) || $5::jsonb
    FROM closed
)
SELECT id FROM closed;

-- changes.dispute: write
-- $1 id uuid
-- > id uuid
WITH disputed AS (
  UPDATE changes SET status = 'disputed', disputed_at = now()
   WHERE id = $1 AND status = 'released' AND released_at > now() - interval '13 months'
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
  ch.checks, ch.findings, clock_timestamp() AS now, app.closed_at AS app_at, app.enrolled_at AS app_device_enrolled_at,
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
-- $14 expirySeconds double precision
-- $15 detailsCommitment text
-- $16 tell jsonb
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
-- > now timestamp with time zone
WITH
customer AS (
  SELECT id, locked_at, code_failures, prompts_since_confirmed, recent_prompts FROM customers
   WHERE id = $1 AND key_id = $2 FOR UPDATE
), held AS (
  INSERT INTO changes (id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
    at_risk_currency, rules, findings, policy_version, expires_at)
  SELECT $3, $4, customer.id, $5, $6, $7, $2, $8, $9, $10,
    $11::jsonb, $12::text[], $13, now() + make_interval(secs => $14)
    FROM customer
  RETURNING id, reference, customer_id, subject, asked_through, asked_by, key_id, details_sealed, at_risk_amount,
at_risk_currency, rules, policy_version, status,
requested_at, expires_at, approved_by, approved_at, closed_at, released_at, disputed_at, refused_because, checks, findings,
  clock_timestamp() AS now
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.change.requested', 'chg', id, customer_id,
         jsonb_build_object('subject', subject, 'askedThrough', asked_through, 'reference', reference, 'proofs', rules -> 'proofs',
           'findings', to_jsonb(findings), 'policyVersion', policy_version, 'by', asked_by, 'detailsCommitment', $15::text,
           'tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = held.customer_id),
             'tellNewContact', subject IN ('phone_number', 'postal_address', 'email')) || $16::jsonb
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

-- clock.now: read
-- > milliseconds double precision
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS milliseconds;

-- coverage.by_line: read
-- $1 from timestamp with time zone
-- $2 to timestamp with time zone
-- > of text
-- > total integer
-- > declared integer
SELECT line AS of, count(*)::int AS total, count(call_id)::int AS declared
  FROM call_records WHERE direction = 'outbound' AND started_at >= $1 AND started_at < $2
 GROUP BY line ORDER BY count(*) - count(call_id) DESC, line LIMIT 1000;

-- coverage.by_team: read
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
-- $4 numbersGiven boolean[]
-- $5 startedAt timestamp with time zone[]
-- $6 endedAt timestamp with time zone[]
-- $7 places integer[]
-- > place integer
-- > call_id text
-- > by_number boolean
-- > distance double precision
SELECT r.place, found.call_id, found.by_number, found.distance
  FROM unnest($1::text[], $2::text[], $3::bytea[], $4::boolean[], $5::timestamptz[],
    $6::timestamptz[], $7::int[]) AS r (record_id, line, hash, number_given, started_at, ended_at, place)
 CROSS JOIN LATERAL (
   (SELECT k.id::text AS call_id, true AS by_number, abs(extract(epoch FROM k.started_at - r.started_at))::float8 AS distance
      FROM contact_points p JOIN calls k ON k.customer_id = p.customer_id
     WHERE p.value_hash = r.hash AND (p.former_from IS NULL OR p.former_from > r.started_at) AND (k.line = r.line OR k.line IS NULL)
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
  SELECT 'countersign.data.deleted', 'data', jsonb_build_object('of', 'call_records', 'deleted', deleted, 'olderThanDays', $1::int)
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
SELECT turned.type, 'coverage', jsonb_build_object('declared', declared, 'total', total, 'share', round(declared::numeric / total, 4),
  'floorPercent', $3::int, 'windowSeconds', $1::int)
       || CASE scope WHEN 'all' THEN '{}' ELSE jsonb_build_object(scope, name) END
  FROM (SELECT * FROM fallen UNION ALL SELECT * FROM recovered) turned JOIN judged USING (scope, name)
 ORDER BY scope, name
RETURNING type;

-- coverage.list: read
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

-- customer-keys.byIds: read
-- $1 customerIds text[]
-- > id text
-- > key_id uuid
-- > wrapped_key bytea
SELECT id, key_id, wrapped_key FROM customers WHERE id = ANY($1);

-- customer-keys.ensure: write
-- $1 customerId text
-- $2 keyId uuid
-- $3 wrappedKey bytea
-- > key_id uuid
-- > wrapped_key bytea
WITH created AS (
  INSERT INTO customers (id, key_id, wrapped_key) VALUES ($1, $2, $3)
  ON CONFLICT DO NOTHING
  RETURNING id, key_id, wrapped_key
), logged AS (
  INSERT INTO events (type, about, customer_id, data)
  SELECT 'countersign.customer.created', 'customer', id, '{}'::jsonb FROM created
)
SELECT key_id, wrapped_key FROM created
UNION ALL
SELECT key_id, wrapped_key FROM customers WHERE id = $1
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

-- customers.replaceNumbers: write
-- $1 hashes bytea[]
-- $2 sealed bytea[]
-- $3 since timestamp with time zone[]
-- $4 customerId text
-- $5 created boolean
-- $6 author text
WITH given AS (
  SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::timestamptz[]) AS g (value_hash, value_sealed, since)
), gone AS (
  UPDATE contact_points SET former_from = now()
   WHERE customer_id = $4 AND kind = 'phone' AND former_from IS NULL
     AND value_hash NOT IN (SELECT value_hash FROM given)
  RETURNING id
), kept AS (
  UPDATE contact_points c SET since = LEAST(g.since, now())
    FROM given g
   WHERE c.customer_id = $4 AND c.kind = 'phone' AND c.former_from IS NULL
     AND c.value_hash = g.value_hash AND g.since IS NOT NULL AND c.since <> g.since
  RETURNING c.id
), added AS (
  INSERT INTO contact_points (customer_id, kind, value_sealed, value_hash, since)
  SELECT $4, 'phone', g.value_sealed, g.value_hash, LEAST(coalesce(g.since, now()), now())
    FROM given g
   WHERE NOT EXISTS (
     SELECT FROM contact_points c
      WHERE c.customer_id = $4 AND c.kind = 'phone' AND c.former_from IS NULL AND c.value_hash = g.value_hash)
  RETURNING id
)
INSERT INTO events (type, about, customer_id, data)
SELECT CASE WHEN $5::boolean THEN 'countersign.customer.created' ELSE 'countersign.customer.changed' END, 'customer', $4,
       jsonb_build_object('numbersAdded', (SELECT count(*) FROM added), 'numbersReplaced', (SELECT count(*) FROM gone),
                          'numbersRedated', (SELECT count(*) FROM kept), 'by', $6::text);

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
  SELECT 'countersign.customer.shredded', 'customer', NULL, id, NULL::uuid, jsonb_build_object('by', $2::text) FROM gone
  UNION ALL
  SELECT 'countersign.call.ended', 'call', id, customer_id, id,
         CASE WHEN lapsed THEN '{"because":"lapsed"}' ELSE '{"because":"customer_shredded"}'::jsonb END FROM ended
  UNION ALL
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_shredded')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
  UNION ALL
  SELECT 'countersign.change.' || status, 'chg', id, customer_id, NULL::uuid, '{"because":"customer_shredded"}'::jsonb
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
  SELECT 'countersign.customer.unlocked', 'customer', id, jsonb_build_object('by', $2::text) FROM unlocked
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

-- deliveries.fanOut: write
-- $1 eventIds uuid[]
-- $2 lowest uuid
-- $3 highest uuid
-- > id uuid
WITH queued AS (
  INSERT INTO webhook_deliveries (webhook_id, event_id, event_type, subject)
  SELECT w.id, e.id, e.type, e.about || ':' || coalesce(e.about_id::text, e.customer_id, '')
    FROM events e JOIN webhooks w ON w.status = 'active' AND e.xid >= w.active_from
     AND EXISTS (SELECT FROM unnest(w.types) t WHERE e.type LIKE replace(replace(t, '_', '\_'), '*', '%'))
   WHERE e.id = ANY($1::uuid[]) AND e.id BETWEEN $2 AND $3
   ORDER BY e.xid, e.sequence
  RETURNING webhook_id
)
SELECT DISTINCT webhook_id AS id FROM queued;

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
    JOIN event_consumers c ON c.name = $2 AND (e.xid, e.sequence) <= (c.xid, c.sequence)
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
-- $13 mostDevices bigint
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
  INSERT INTO devices (id, customer_id, name_sealed, platform, public_key, key_thumbprint, offline_sealed)
  SELECT $7, $1, $8, $9, $10::jsonb, $11, $12
    FROM proof, live WHERE live.devices < $13
  RETURNING id, customer_id, name_sealed, platform, key_thumbprint, enrolled_at, revoked_at,
offline_sealed IS NOT NULL AS has_offline
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, data)
  SELECT 'countersign.device.enrolled', 'dev', device.id, $1,
         jsonb_build_object('platform', platform, 'keyThumbprint', key_thumbprint,
           'tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = $1 AND p.former_from IS NULL))
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
SELECT c.key_id, c.wrapped_key, d.* FROM customers c
  LEFT JOIN (SELECT id, customer_id, name_sealed, platform, key_thumbprint, enrolled_at, revoked_at,
offline_sealed IS NOT NULL AS has_offline FROM devices WHERE customer_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id
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
  SELECT 'countersign.device.revoked', 'dev', id, $2, jsonb_build_object('by', $3::text) FROM revoked
)
SELECT id FROM devices WHERE id = $1 AND customer_id = $2;

-- eventPartitions.cancel: read
-- $1 pid integer
-- > pg_cancel_backend boolean
SELECT pg_cancel_backend($1);

-- eventPartitions.drop: write
-- $1 name text
-- > outcome text
SELECT drop_event_partition($1) AS outcome;

-- eventPartitions.dropped: read
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

-- events.placedAfter: read
-- $1 first uuid
-- $2 xid xid8
-- $3 sequence bigint
-- $4 most bigint
-- > id uuid
-- > xid text
-- > sequence text
SELECT id, xid::text, sequence::text FROM events
 WHERE id >= $1::uuid AND (xid, sequence) > ($2::xid8, $3) AND xid < pg_snapshot_xmin(log_snapshot())
 ORDER BY events.xid, events.sequence LIMIT $4;

-- events.position: read
-- $1 id uuid
-- $2 callId uuid
-- $3 customerId text
-- > xid text
-- > sequence text
SELECT xid::text, sequence::text FROM events
 WHERE id = $1 AND ($2::uuid IS NULL OR call_id = $2) AND ($3::text IS NULL OR customer_id = $3);

-- events.wantedAfter: read
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

-- evidence.callbacks: read
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

-- evidence.calls: read
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

-- evidence.change: read
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

-- evidence.events: read
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

-- evidence.letters: read
-- $1 changeId uuid
-- > issued_by text
-- > issued_at timestamp with time zone
-- > expires_at timestamp with time zone
-- > used_at timestamp with time zone
-- > voided_at timestamp with time zone
SELECT issued_by, issued_at, expires_at, used_at, voided_at FROM letters WHERE change_id = $1 ORDER BY id LIMIT 200;

-- evidence.policies: read
-- $1 versions integer[]
-- > version integer
-- > document jsonb
SELECT version, document FROM policies WHERE version = ANY($1) ORDER BY version;

-- evidence.snapshot: read
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;

-- evidence.verifications: read
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
SELECT v.id, v.customer_id, v.kind, v.status, v.call_id, v.direction, v.key_id, v.display_sealed, v.display_time, v.challenge, v.asks,
  v.attempts_used, v.attempts_allowed,
       v.policy_version, v.started_by, v.created_at, v.expires_at, v.closed_at, v.answer, v.answer_reason, v.answer_sealed, v.handset,
         v.findings, v.device_id,
       d.public_key, d.key_thumbprint, d.platform, d.enrolled_at, d.revoked_at
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
  SELECT CASE WHEN attempts_left = 0 THEN 'countersign.letter.voided' ELSE 'countersign.letter.code_failed' END,
         'chg', change_id, customer_id, NULL::uuid,
         jsonb_build_object('attemptsLeft', attempts_left)
           || CASE WHEN attempts_left = 0 THEN '{"because":"wrong_codes"}' ELSE '{}' END::jsonb FROM missed
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
  SELECT 'countersign.letter.used', 'chg', change_id, customer_id, '{}'::jsonb FROM used
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
  SELECT 'countersign.line.changed', 'line', jsonb_build_object('number', number, 'use', use, 'by', $4::text) FROM put
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
  SELECT 'countersign.line.removed', 'line', jsonb_build_object('number', number, 'by', $2::text) FROM removed
)
SELECT number FROM removed;

-- lines.seed: write
-- $1 lines jsonb
INSERT INTO lines (number, use, label)
SELECT number, use, label FROM jsonb_to_recordset($1::jsonb) AS l (number text, use text, label text)
 WHERE NOT EXISTS (SELECT FROM lines)
ON CONFLICT DO NOTHING;

-- log.addCheckpoint: write
-- $1 size bigint
-- $2 root bytea
-- $3 keyId text
-- $4 note text
INSERT INTO log_checkpoints (tree_size, root_hash, key_id, note) VALUES ($1, $2, $3, $4);

-- log.addLeaves: write
-- $1 first bigint
-- $2 eventIds uuid[]
-- $3 hashes bytea[]
INSERT INTO log_leaves (leaf_index, event_id, leaf_hash)
SELECT $1::bigint + n - 1, event_id, leaf_hash
  FROM unnest($2::uuid[], $3::bytea[]) WITH ORDINALITY AS l (event_id, leaf_hash, n);

-- log.addNodes: write
-- $1 levels integer[]
-- $2 indexes bigint[]
-- $3 hashes bytea[]
INSERT INTO log_nodes (level, node_index, hash) SELECT level, node_index, hash
  FROM unnest($1::int[], $2::bigint[], $3::bytea[]) AS n (level, node_index, hash);

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
-- > xid text
-- > sequence text
SELECT h.size::text, h.xid::text, h.sequence::text FROM (SELECT l.leaf_index + 1 AS size, e.xid, e.sequence
FROM (SELECT leaf_index, event_id FROM log_leaves ORDER BY leaf_index DESC LIMIT 1) l,
LATERAL (SELECT xid, sequence FROM events WHERE id = l.event_id UNION ALL SELECT xid, sequence FROM kept_events WHERE id = l.event_id) e) h;

-- log.lastCheckpoint: read
-- > size text
-- > root_hash bytea
-- > key_id text
-- > note text
SELECT tree_size::text AS size, root_hash, key_id, note FROM log_checkpoints ORDER BY tree_size DESC LIMIT 1;

-- log.leafOfEvent: read
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

-- log.nodes: read
-- $1 levels integer[]
-- $2 indexes bigint[]
-- > hash bytea
SELECT coalesce(l.leaf_hash, x.hash) AS hash
  FROM unnest($1::int[], $2::bigint[]) WITH ORDINALITY AS w (level, at, n)
  LEFT JOIN log_leaves l ON w.level = 0 AND l.leaf_index = w.at
  LEFT JOIN log_nodes x ON w.level > 0 AND x.level = w.level AND x.node_index = w.at
 ORDER BY w.n;

-- log.pending: read
-- > pending boolean
-- > younger boolean
WITH
sealed AS MATERIALIZED (
  SELECT coalesce(h.size, 0) AS size, coalesce(h.xid, '0'::xid8) AS xid, coalesce(h.sequence, 0) AS sequence FROM (SELECT) one
    LEFT JOIN (SELECT l.leaf_index + 1 AS size, e.xid, e.sequence
FROM (SELECT leaf_index, event_id FROM log_leaves ORDER BY leaf_index DESC LIMIT 1) l,
LATERAL (SELECT xid, sequence FROM events WHERE id = l.event_id UNION ALL SELECT xid, sequence FROM kept_events WHERE id = l.event_id) e) h ON true
)
SELECT EXISTS (SELECT FROM events WHERE (xid, sequence) > ((SELECT xid FROM sealed), (SELECT sequence FROM sealed)) AND xid < pg_snapshot_xmin(log_snapshot()))
       OR (SELECT size FROM sealed) > coalesce((SELECT max(tree_size) FROM log_checkpoints), -1) AS pending,
       (SELECT xid FROM sealed) >= pg_snapshot_xmax(log_snapshot()) AS younger;

-- log.unsealed: read
-- > seconds double precision
WITH
sealed AS MATERIALIZED (
  SELECT coalesce(h.size, 0) AS size, coalesce(h.xid, '0'::xid8) AS xid, coalesce(h.sequence, 0) AS sequence FROM (SELECT) one
    LEFT JOIN (SELECT l.leaf_index + 1 AS size, e.xid, e.sequence
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
  SELECT 'countersign.notice.recipients_added', 'ntc', id, jsonb_build_object('added', added, 'by', $3::text) FROM grown, counted
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

-- notices.deleteOld: write
-- $1 days integer
-- $2 most bigint
-- > deleted integer
WITH due AS (
  SELECT id FROM notices WHERE sent_at < now() - make_interval(days => $1) AND registered_at < now() - make_interval(days => $1)
   ORDER BY sent_at LIMIT 1 FOR UPDATE SKIP LOCKED
), recipients AS (
  DELETE FROM notice_recipients WHERE ctid = ANY(ARRAY(SELECT r.ctid FROM notice_recipients r JOIN due ON r.notice_id = due.id
    LIMIT $2)) RETURNING 1
), counted AS (
  SELECT count(*)::int AS deleted FROM recipients
), ended AS (
  DELETE FROM notices n USING due, counted WHERE n.id = due.id AND deleted < $2 RETURNING n.id, n.reference
), logged AS (
  INSERT INTO events (type, about, about_id, data)
  SELECT 'countersign.notice.deleted', 'ntc', id, jsonb_build_object('reference', reference, 'olderThanDays', $1::int) FROM ended
)
SELECT deleted + (SELECT count(*) FROM ended)::int AS deleted FROM counted;

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
-- $4 step bigint
-- $5 deviceId uuid
-- $6 device text
-- $7 findings text[]
-- $8 author text
-- > id uuid
WITH customer AS (
  SELECT id FROM customers WHERE id = $1 AND code_failures = $2 AND locked_at IS NULL FOR UPDATE
), call AS (
  SELECT k.id, k.customer_id FROM calls k WHERE k.id = $3 AND k.ended_at IS NULL AND k.expires_at > now()
AND k.relay_suspected_at IS NULL AND EXISTS (SELECT FROM customer) FOR SHARE
), accepted AS (
  UPDATE devices d SET customer_proof_step = $4
    FROM customer, call
   WHERE d.id = $5 AND d.customer_id = customer.id AND d.revoked_at IS NULL
     AND (d.customer_proof_step IS NULL OR d.customer_proof_step < $4)
  RETURNING d.id, d.customer_id
), cleared AS (
  UPDATE customers c SET code_failures = 0 FROM accepted WHERE c.id = accepted.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.customer_proved', 'call', $3, customer_id, $3,
         jsonb_build_object('deviceId', $6::text, 'findings', to_jsonb($7::text[]), 'by', $8::text) FROM accepted
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
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_locked')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM locked WHERE status <> 'waiting'
  UNION ALL
  SELECT 'countersign.customer.locked', 'customer', NULL::uuid, failed.id, NULL::uuid,
         jsonb_build_object('tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = failed.id AND p.former_from IS NULL))
    FROM failed WHERE failed.locked_at IS NOT NULL
)
SELECT code_failures, locked_at IS NOT NULL AS locked FROM failed;

-- offline-proofs.readOut: write
-- $1 callId uuid
-- $2 step bigint
-- $3 deviceId uuid
-- $4 device text
-- $5 author text
-- > call_live boolean
-- > taken boolean
WITH call AS (SELECT k.id, k.customer_id FROM calls k WHERE k.id = $1 AND k.ended_at IS NULL AND k.expires_at > now()
AND k.relay_suspected_at IS NULL), taken AS (
  UPDATE devices d SET bank_proof_step = $2, bank_proof_call_id = $1
    FROM call
   WHERE d.id = $3 AND d.customer_id = call.customer_id AND d.revoked_at IS NULL
     AND (d.bank_proof_step IS NULL OR d.bank_proof_step < $2 OR (d.bank_proof_step = $2 AND d.bank_proof_call_id = $1))
  RETURNING d.id, d.customer_id
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.call.bank_proof_given', 'call', $1, customer_id, $1,
    jsonb_build_object('deviceId', $4::text, 'by', $5::text) FROM taken
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

-- readiness.ping: read
-- > one integer
SELECT 1 AS one;

-- readiness.probe: write
-- > probe_write void
SELECT probe_write();

-- relay.advance: write
-- $1 xid xid8
-- $2 sequence bigint
-- $3 name text
UPDATE event_consumers SET xid = $1::xid8, sequence = $2, moved_at = now() WHERE name = $3;

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

-- relay.take: write
-- $1 name text
-- > xid text
-- > sequence text
SELECT xid::text, sequence::text FROM event_consumers WHERE name = $1 FOR UPDATE SKIP LOCKED;

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
SELECT reported_at FROM reports WHERE reference = $1;

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
  SELECT 'countersign.data.deleted', 'data', jsonb_build_object('of', 'reports', 'deleted', deleted, 'olderThanDays', $1::int)
    FROM counted WHERE deleted > 0
)
SELECT deleted FROM counted;

-- reports.exportPage.all: read
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

-- reports.exportPage.byCampaign: read
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

-- reports.exportPage.byNumber: read
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

-- reports.list.all: read
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

-- reports.list.byCampaign: read
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

-- reports.list.byNumber: read
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
    jsonb_build_object('channel', channel, 'reference', reference, 'shared', to_jsonb(shared), 'of', about, 'by', $15::text)
      FROM recorded
)
SELECT recorded.id, greatest(1, today.retry_after) AS retry_after FROM today LEFT JOIN recorded ON true;

-- signing-keys.keep: write
-- $1 keyId text
-- $2 publicJwk jsonb
-- $3 mac bytea
INSERT INTO signing_keys (key_id, public_jwk, mac) VALUES ($1, $2::jsonb, $3) ON CONFLICT DO NOTHING;

-- signing-keys.list: read
-- > key_id text
-- > public_jwk jsonb
-- > mac bytea
SELECT key_id, public_jwk, mac FROM signing_keys ORDER BY first_used_at DESC, key_id LIMIT 1000;

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
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'direction', k.direction, 'line', k.line,
                 'confirmed', asked.in_another_call AND k.direction = 'outbound'
                              AND EXISTS (SELECT FROM verifications v WHERE v.call_id = k.id AND v.status = 'confirmed'), 'reference',
                                k.reference, 'key_id', k.key_id,
                 'purpose_sealed', encode(k.purpose_sealed, 'hex'), 'agent_name', k.agent_name, 'agent_department', k.agent_department,
                   'started_at', k.started_at)), '[]')
          FROM (SELECT * FROM calls l WHERE l.customer_id = asked.customer_id AND l.ended_at IS NULL AND l.expires_at > now() ORDER BY l.id DESC
            LIMIT 20) k) AS live_calls
  FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[])
       WITH ORDINALITY AS asked (customer_id, number, with_numbers, in_another_call, place)
  LEFT JOIN LATERAL (SELECT key_id, wrapped_key, locale FROM customers WHERE id = asked.customer_id LIMIT 1) c ON true
 ORDER BY asked.place;

-- verdicts.record: write
-- $1 customerIds text[]
-- $2 callIds uuid[]
-- $3 data jsonb[]
INSERT INTO events (type, about, about_id, customer_id, call_id, data)
SELECT 'countersign.verdict.given', 'customer', NULL, customer_id, call_id, data
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
SELECT 'countersign.call.relay_suspected', 'call', id, customer_id, id, '{"shownBy":"verdict"}'::jsonb
  FROM marked
UNION ALL
SELECT 'countersign.verdict.given', 'customer', NULL, $2, $3::uuid, $4::jsonb;

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
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v LEFT JOIN customers c ON c.id = v.customer_id WHERE v.id = $1;

-- verifications.cancel: write
-- $1 id uuid
-- $2 author text
-- > id uuid
WITH cancelled AS (
  UPDATE verifications v SET status = 'cancelled', closed_at = now()
   WHERE v.id = $1 AND v.status = 'waiting' AND v.expires_at > now() RETURNING v.id, v.customer_id, v.call_id, v.kind, v.direction, v.status, v.expires_at
), logged AS (
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  SELECT 'countersign.verification.' || status, 'ver', id, customer_id, call_id,
         jsonb_build_object('kind', kind, 'direction', direction, 'by', $2::text)
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
    FROM cancelled
)
SELECT id FROM cancelled;

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
         jsonb_build_object('kind', kind, 'direction', direction)
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
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
         jsonb_build_object('kind', kind, 'direction', direction)
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
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
(v.status = 'waiting' AND v.expires_at <= now()) AS lapsed, c.code_failures FROM verifications v LEFT JOIN customers c ON c.id = v.customer_id WHERE v.call_id = ANY($1)
 ORDER BY v.call_id, v.id DESC;

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
         jsonb_build_object('kind', kind, 'direction', direction, 'because', 'customer_reported')
           || CASE WHEN status = 'expired' THEN jsonb_build_object('expiredAt', expires_at) ELSE '{}' END
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
  SELECT 'countersign.webhook.changed', 'whk', id, jsonb_build_object('status', status, 'types', types, 'by', $6::text) FROM changed
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
  SELECT 'countersign.webhook.created', 'whk', id, jsonb_build_object('types', types, 'by', $8::text) FROM created
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
SELECT 'countersign.webhook.disabled', 'whk', id, jsonb_build_object('because', $1::text, 'failingSince', failing_since)
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
  INSERT INTO events (type, about, about_id, data) SELECT 'countersign.webhook.deleted', 'whk', id,
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
  INSERT INTO events (type, about, about_id, data) SELECT 'countersign.webhook.rotated', 'whk', id,
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
