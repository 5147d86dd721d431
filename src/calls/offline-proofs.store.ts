import { statement, type TenantHandle } from '../platform/tenant-database.js';

export interface OfflineContextRow {
  readonly now: Date;
  readonly key_id: string;
  readonly wrapped_key: Buffer;
  readonly code_failures: number;
  readonly locked_at: Date | null;
  readonly device_id: string | null;
  readonly name_sealed: Buffer | null;
  readonly offline_sealed: Buffer | null;
  readonly customer_proof_step: string | null;
  readonly enrolled_at: Date | null;
}

const context = statement('offline-proofs.context', `
  SELECT now() AS now, c.key_id, c.wrapped_key, c.code_failures, c.locked_at,
         d.id AS device_id, d.name_sealed, d.offline_sealed, d.customer_proof_step::text, d.enrolled_at
    FROM customers c LEFT JOIN devices d ON d.customer_id = c.id AND d.revoked_at IS NULL AND d.offline_sealed IS NOT NULL
   WHERE c.id = :customerId
   ORDER BY d.id DESC LIMIT 50`);

/** The customer with each live device that has offline secrets, newest first. */
export async function readOfflineContext(db: TenantHandle, customerId: string): Promise<OfflineContextRow[]> {
  return db.query<OfflineContextRow>(context, { customerId });
}

const LIVE_CALL = `SELECT k.id, k.customer_id FROM calls k WHERE k.id = :callId AND k.ended_at IS NULL AND k.expires_at > now() AND k.relay_suspected_at IS NULL`;

const readOut = statement('offline-proofs.readOut', `
  WITH call AS (${LIVE_CALL}), taken AS (
    UPDATE devices d SET bank_proof_step = :step, bank_proof_call_id = :callId
      FROM call
     WHERE d.id = :deviceId AND d.customer_id = call.customer_id AND d.revoked_at IS NULL
       AND (d.bank_proof_step IS NULL OR d.bank_proof_step < :step OR (d.bank_proof_step = :step AND d.bank_proof_call_id = :callId))
    RETURNING d.id, d.customer_id
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT 'countersign.call.bank_proof_given', 'call', :callId, customer_id, :callId, jsonb_build_object('deviceId', :device::text, 'by', :author::text) FROM taken
  )
  SELECT EXISTS (SELECT FROM call) AS call_live, EXISTS (SELECT FROM taken) AS taken`);

export interface ProofOnCall {
  readonly callId: string;
  readonly deviceId: string;
  /** The device's TypeID, for the event. */
  readonly device: string;
  readonly step: number;
  readonly author: string;
}

/** Takes the bank's code of this time step for this call; a step that another call took is refused. */
export async function takeBankProof(db: TenantHandle, proof: ProofOnCall): Promise<{ call_live: boolean; taken: boolean }> {
  const [row] = await db.query<{ call_live: boolean; taken: boolean }>(readOut, { ...proof });
  return row!;
}

const accept = statement('offline-proofs.accept', `
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND code_failures = :failuresSeen AND locked_at IS NULL FOR UPDATE
  ), call AS (
    ${LIVE_CALL} AND EXISTS (SELECT FROM customer) FOR SHARE
  ), accepted AS (
    UPDATE devices d SET customer_proof_step = :step
      FROM customer, call
     WHERE d.id = :deviceId AND d.customer_id = customer.id AND d.revoked_at IS NULL AND (d.customer_proof_step IS NULL OR d.customer_proof_step < :step)
    RETURNING d.id, d.customer_id
  ), cleared AS (
    UPDATE customers c SET code_failures = 0 FROM accepted WHERE c.id = accepted.customer_id
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT 'countersign.call.customer_proved', 'call', :callId, customer_id, :callId,
           jsonb_build_object('deviceId', :device::text, 'findings', to_jsonb(:findings::text[]), 'by', :author::text) FROM accepted
  )
  SELECT id FROM accepted`);

/** Accepts the customer's code of a time step, once; false where the step, the count of failures or the call is not as it was read. */
export async function acceptCustomerProof(db: TenantHandle, proof: ProofOnCall & { customerId: string; failuresSeen: number; findings: readonly string[] }): Promise<boolean> {
  return (await db.query(accept, { ...proof })).length === 1;
}

const fail = statement('offline-proofs.fail', `
  WITH failed AS (
    UPDATE customers c SET code_failures = c.code_failures + 1, locked_at = CASE WHEN c.code_failures + 1 >= :cap THEN now() END
     WHERE c.id = :customerId AND c.code_failures = :failuresSeen AND c.locked_at IS NULL
    RETURNING c.id, c.code_failures, c.locked_at
  ), locked AS (
    UPDATE verifications v SET status = 'locked', closed_at = now() FROM failed
     WHERE failed.locked_at IS NOT NULL AND v.customer_id = failed.id AND v.status = 'waiting'
    RETURNING v.id, v.customer_id, v.call_id
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT 'countersign.call.customer_proof_failed', 'call', :callId::uuid, id, :callId, jsonb_build_object('failuresInARow', code_failures) FROM failed
    UNION ALL
    SELECT 'countersign.verification.locked', 'ver', id, customer_id, call_id, '{}'::jsonb FROM locked
    UNION ALL
    SELECT 'countersign.customer.locked', 'customer', NULL, id, NULL,
           jsonb_build_object('tellContactPoints', (SELECT coalesce(jsonb_agg(p.id), '[]') FROM contact_points p WHERE p.customer_id = failed.id AND p.former_from IS NULL))
      FROM failed WHERE locked_at IS NOT NULL
  )
  SELECT code_failures, locked_at IS NOT NULL AS locked FROM failed`);

/** Counts a wrong offline code against the customer and locks at the cap; null where something else was first. */
export async function failCustomerProof(db: TenantHandle, values: { callId: string; customerId: string; failuresSeen: number; cap: number }): Promise<{ code_failures: number; locked: boolean } | null> {
  const [row] = await db.query<{ code_failures: number; locked: boolean }>(fail, values);
  return row ?? null;
}
