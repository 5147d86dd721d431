import { barredFrom, claimWithCall } from '../callbacks/callback.transition.js';
import { sql, write } from '../database/sql.js';
import type { TenantHandle } from '../database/tenant-database.js';
import { eventRow } from '../events/event-row.js';
import { closedQuestions, closeWaiting } from '../verifications/verification.transition.js';
import { HAND_OVER, takeOver } from './call.transition.js';
import { holdCall } from './calls.store.js';

const handOver = write(
  'calls.handOver',
  sql`
  WITH handed AS (
    ${HAND_OVER}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow('call.transferred', sql`id, customer_id, id`, {
      from: sql`agent_id`,
      fromTeam: sql`agent_department`,
      to: sql`:to::text`,
      by: sql`:author::text`,
    })} FROM handed
  )
  SELECT id FROM handed`,
);

export interface CallToHandOver {
  readonly id: string;
  readonly to: string;
  readonly author: string;
  /** Whose it must be; null where anybody's will do. */
  readonly owner: string | null;
  readonly teamToTakeFrom: string | null;
}

/** Offers a live call to another agent, whoever it was offered to before; false where it is not live, or not this caller's to hand over. */
export async function handOverCall(db: TenantHandle, values: CallToHandOver): Promise<boolean> {
  return (await db.query(handOver, values)).length === 1;
}

const holdCallback = write(
  'calls.holdCallback',
  sql`SELECT FROM callbacks WHERE call_id = :id ORDER BY id FOR NO KEY UPDATE`,
);

// What the customer was asked names the agent before: it is taken back, and signed by nobody.
const takeIt = write(
  'calls.takeOver',
  sql`
  WITH before AS (
    SELECT id, agent_id, agent_name, agent_department, transfer_to, ${barredFrom(sql`calls`)} AS barred FROM calls WHERE id = :id
  ), taken AS (
    ${takeOver(sql`NOT ${barredFrom(sql`k`)}`)}
  ), moved AS (
    SELECT taken.id, taken.customer_id, before.agent_id, before.agent_department,
      CASE WHEN before.agent_id = :agentId THEN 'taken_back' WHEN before.transfer_to = :agentId THEN 'transferred'
        ELSE 'supervisor' END AS because,
      (before.agent_id, before.agent_name, before.agent_department)
        IS DISTINCT FROM (:agentId::text, :agentName::text, :agentDepartment::text) AS shown_anew
      FROM taken, before
     WHERE before.agent_id <> :agentId OR before.transfer_to IS NOT NULL OR before.agent_name <> :agentName
        OR before.agent_department IS DISTINCT FROM :agentDepartment
  ), claim AS (
    ${claimWithCall(sql`taken`)}
  ), cancelled AS (
    ${closeWaiting('cancel', { from: sql`moved`, where: sql`v.call_id = moved.id AND moved.shown_anew` })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${closedQuestions(sql`cancelled`, 'call_taken_over')}
    UNION ALL
    SELECT ${eventRow('call.taken_over', sql`id, customer_id, id`, {
      from: sql`agent_id`,
      fromTeam: sql`agent_department`,
      to: sql`:agentId::text`,
      team: sql`:agentDepartment::text`,
      because: sql`because`,
    })} FROM moved
  )
  SELECT EXISTS (SELECT FROM taken) AS taken, coalesce((SELECT barred FROM before), false) AS barred`,
);

export interface CallToTakeOver {
  readonly id: string;
  readonly agentId: string;
  readonly agentName: string;
  readonly agentDepartment: string | null;
  /** The team that this agent supervises; null for none. */
  readonly teamToTakeFrom: string | null;
}

/**
 * Makes an agent the one of a live call, with the callback that it was placed for, and takes back what waits in it. Both are
 * held first, in the order in which an outcome holds them. Needs a transaction.
 */
export async function takeOverCall(
  db: TenantHandle,
  values: CallToTakeOver,
): Promise<{ taken: boolean; barred: boolean }> {
  await db.query(holdCallback, values);
  await holdCall(db, values.id);
  const [row] = await db.query<{ taken: boolean; barred: boolean }>(takeIt, values);
  return row!;
}
