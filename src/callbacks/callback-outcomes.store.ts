import { read, sql, write } from '../database/sql.js';
import { eventRow, fixedData, typeByStatus } from '../events/event-row.js';
import type { TenantHandle } from '../database/tenant-database.js';
import type { CallbackStatus } from './callback.machine.js';
import {
  closedCallbacks,
  closeUnfinished,
  EXCLUDE,
  expirePast,
  heldBy,
  lapsedClaims,
  pastWindow,
  recordAttempt,
  requeueLapsed,
} from './callback.transition.js';

// How the customer confirmed this very call: in their app, where they were shown what it is for; by comparing, on a trusted device, the offline code that was
// read out; or in words alone, which only a customer without any device can.
const VIA = sql`
  CASE WHEN EXISTS (SELECT FROM verifications v WHERE v.call_id = b.call_id AND v.kind = 'callback' AND v.status = 'confirmed') THEN 'app'
       WHEN EXISTS (SELECT FROM devices d WHERE d.customer_id = b.customer_id AND d.revoked_at IS NULL AND d.bank_proof_call_id = b.call_id
                       AND d.enrolled_at <= b.requested_at - make_interval(secs => :deviceAgeSeconds)) THEN 'offline_code'
       WHEN NOT EXISTS (SELECT FROM devices d WHERE d.customer_id = b.customer_id AND d.revoked_at IS NULL) THEN 'spoken' END`;

const record = write(
  'callbacks.recordOutcome',
  sql`
  WITH held AS (
    SELECT b.id, b.call_id, ${VIA} AS via FROM callbacks b
     WHERE ${heldBy(sql`b`)} FOR UPDATE
  ), done AS (
    ${recordAttempt({
      held: sql`held`,
      where: sql`(:status <> 'verified' OR b.change_id IS NULL
        OR EXISTS (SELECT FROM changes ch WHERE ch.id = b.change_id AND ch.status = 'held' FOR SHARE))`,
    })}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    SELECT ${eventRow(
      typeByStatus(
        'callback',
        ['not_answered', 'wrong_person', 'verified', 'declined', 'unreachable'],
        sql`CASE WHEN status = 'queued' THEN 'not_answered' ELSE status END`,
      ),
      sql`id, customer_id, call_id`,
      { attempts: sql`attempts`, via: sql`verified_via`, by: sql`:agentId::text` },
    )} FROM done
  )
  SELECT EXISTS (SELECT FROM held) AS held, held.call_id, done.id IS NOT NULL AS recorded FROM (SELECT) one LEFT JOIN held ON true
    LEFT JOIN done ON true`,
);

export interface OutcomeToRecord {
  readonly id: string;
  readonly agentId: string;
  readonly status: CallbackStatus;
  readonly retryAt: Date | null;
  readonly deviceAgeSeconds: number;
}

/** Records the outcome of a claimed callback; `held` is false where the agent holds no claim, `recorded` where the customer did not confirm. */
export async function recordCallbackOutcome(
  db: TenantHandle,
  outcome: OutcomeToRecord,
): Promise<{ held: boolean; recorded: boolean; call_id: string | null }> {
  const [row] = await db.query<{ held: boolean; recorded: boolean; call_id: string | null }>(record, { ...outcome });
  return row!;
}

const exclude = write('callbacks.exclude', EXCLUDE);

/** Keeps an agent from ringing back about a change. */
export async function excludeAgent(db: TenantHandle, changeId: string, agentId: string): Promise<void> {
  await db.query(exclude, { changeId, agentId });
}

const ofChange = read(
  'callbacks.ofChange',
  sql`
  SELECT id, status, verified_via, closed_by, closed_at, claimed_by, status = 'claimed' AND claimed_until > now() AS claimed
    FROM callbacks WHERE change_id = :changeId ORDER BY id`,
);

export interface ChangeCallbackRow {
  readonly id: string;
  readonly status: CallbackStatus;
  readonly verified_via: 'app' | 'offline_code' | 'spoken' | null;
  readonly closed_by: string | null;
  readonly closed_at: Date | null;
  readonly claimed_by: string | null;
  readonly claimed: boolean;
}

/** Every callback about a change, oldest first. */
export async function listCallbacksOfChange(db: TenantHandle, changeId: string): Promise<ChangeCallbackRow[]> {
  return db.query<ChangeCallbackRow>(ofChange, { changeId });
}

const callOff = write(
  'callbacks.callOff',
  sql`
  WITH off AS (
    ${closeUnfinished('cancelled', { where: sql`b.change_id = :changeId` })}
  )
  INSERT INTO events (type, about, about_id, customer_id, call_id, data)
  ${closedCallbacks(sql`off`, sql`${fixedData('callback.cancelled', { because: 'change_closed' })}::jsonb`)}`,
);

/** Cancels what is open about a change that is closed. */
export async function callOffCallbacks(db: TenantHandle, changeId: string): Promise<void> {
  await db.query(callOff, { changeId });
}

const expire = write(
  'callbacks.expire',
  sql`
  WITH due AS (
    SELECT b.id FROM callbacks b WHERE ${pastWindow(sql`b`)} ORDER BY b.id LIMIT :most FOR UPDATE SKIP LOCKED
  ), expired AS (
    ${expirePast(sql`due`)}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${closedCallbacks(sql`expired`, sql`'{}'::jsonb`)}
  )
  SELECT id FROM expired`,
);

/** Expires what is past its window, with an event each; returns how many. */
export async function expireDueCallbacks(db: TenantHandle, most: number): Promise<number> {
  return (await db.query(expire, { most })).length;
}

const lapseClaims = write(
  'callbacks.lapseClaims',
  sql`
  WITH due AS (
    SELECT id, call_id FROM callbacks WHERE closed_at IS NULL AND status = 'claimed' AND claimed_until <= now() ORDER BY id LIMIT :most
      FOR UPDATE SKIP LOCKED
  ), lapsed AS (
    ${requeueLapsed(sql`due`)}
  ), logged AS (
    INSERT INTO events (type, about, about_id, customer_id, call_id, data)
    ${lapsedClaims(sql`lapsed`)}
  )
  SELECT lapsed_call_id AS call_id FROM lapsed`,
);

/** Puts callbacks whose claim has lapsed back into the queue; returns the calls that the claims had declared. */
export async function lapseClaimsOfCallbacks(db: TenantHandle, most: number): Promise<string[]> {
  const rows = await db.query<{ call_id: string | null }>(lapseClaims, { most });
  return rows.flatMap((row) => (row.call_id === null ? [] : [row.call_id]));
}
