import { countFailure, forgetFailures, lockedCustomers } from '../customers/customer.transition.js';
import { takeBankStep, takeCustomerStep } from '../customers/device.transition.js';
import { read, sql, write } from '../database/sql.js';
import { eventRow } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { closeLocked, lockedQuestions } from '../verifications/verification.transition.js';
import { liveCall } from './call.transition.js';

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

const context = read(
  'offline-proofs.context',
  sql`
  SELECT now() AS now, c.key_id, c.wrapped_key, c.code_failures, c.locked_at,
         d.id AS device_id, d.name_sealed, d.offline_sealed, d.customer_proof_step::text, d.enrolled_at
    FROM customers c LEFT JOIN devices d ON d.customer_id = c.id AND d.revoked_at IS NULL AND d.offline_sealed IS NOT NULL
   WHERE c.id = :customerId
   ORDER BY d.id DESC LIMIT 50`,
);

/** The customer with each live device that has offline secrets, newest first. */
export async function readOfflineContext(db: TenantHandle, customerId: string): Promise<OfflineContextRow[]> {
  return db.query<OfflineContextRow>(context, { customerId });
}

const LIVE_CALL = sql`SELECT k.id, k.customer_id FROM calls k WHERE k.id = :callId AND ${liveCall(sql`k`)}
  AND k.agent_id = :agentId AND k.relay_suspected_at IS NULL`;

const readOut = write(
  'offline-proofs.readOut',
  sql`
  WITH call AS (${LIVE_CALL}), taken AS (
    ${takeBankStep(sql`call`)}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('call.bank_proof_given', sql`:callId, customer_id, :callId`, {
      deviceId: sql`:device::text`,
      by: sql`:author::text`,
    })} FROM taken
  )
  SELECT EXISTS (SELECT FROM call) AS call_live, EXISTS (SELECT FROM taken) AS taken`,
);

export interface ProofOnCall {
  readonly callId: string;
  /** Whose call it is to be still. */
  readonly agentId: string;
  readonly deviceId: string;
  /** The device's TypeID, for the event. */
  readonly device: string;
  readonly step: number;
  readonly author: string;
}

/** Takes the bank's code of this time step for this call; a step that another call took is refused. */
export async function takeBankProof(
  db: TenantHandle,
  proof: ProofOnCall,
): Promise<{ call_live: boolean; taken: boolean }> {
  const [row] = await db.query<{ call_live: boolean; taken: boolean }>(readOut, { ...proof });
  return row!;
}

const accept = write(
  'offline-proofs.accept',
  sql`
  WITH customer AS (
    SELECT id FROM customers WHERE id = :customerId AND code_failures = :failuresSeen AND locked_at IS NULL FOR UPDATE
  ), call AS (
    ${LIVE_CALL} AND EXISTS (SELECT FROM customer) FOR SHARE
  ), accepted AS (
    ${takeCustomerStep(sql`customer, call`)}
  ), cleared AS (
    ${forgetFailures({ from: sql`accepted`, where: sql`c.id = accepted.customer_id` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('call.customer_proved', sql`:callId, customer_id, :callId`, {
      deviceId: sql`:device::text`,
      findings: sql`to_jsonb(:findings::text[])`,
      by: sql`:author::text`,
    })} FROM accepted
  )
  SELECT id FROM accepted`,
);

/** Accepts the customer's code of a time step, once; false where the step, the count of failures or the call is not as it was read. */
export async function acceptCustomerProof(
  db: TenantHandle,
  proof: ProofOnCall & { customerId: string; failuresSeen: number; findings: readonly string[] },
): Promise<boolean> {
  return (await db.query(accept, { ...proof })).length === 1;
}

const fail = write(
  'offline-proofs.fail',
  sql`
  WITH failed AS (
    ${countFailure({ where: sql`c.id = :customerId AND c.code_failures = :failuresSeen`, cap: sql`:cap` })}
  ), locked AS (
    ${closeLocked(sql`failed`, { countsFor: null })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('call.customer_proof_failed', sql`:callId::uuid, id, :callId`, {
      failuresInARow: sql`code_failures`,
    })} FROM failed
    UNION ALL
    ${lockedQuestions(sql`locked`)}
    UNION ALL
    ${lockedCustomers(sql`failed`)}
  )
  SELECT code_failures, locked_at IS NOT NULL AS locked FROM failed`,
);

/** Counts a wrong offline code against the customer and locks at the cap; null where something else was first. */
export async function failCustomerProof(
  db: TenantHandle,
  values: { callId: string; customerId: string; failuresSeen: number; cap: number },
): Promise<{ code_failures: number; locked: boolean } | null> {
  const [row] = await db.query<{ code_failures: number; locked: boolean }>(fail, values);
  return row ?? null;
}
