import type pg from 'pg';

interface Plans {
  madeAt: number;
  keepMs: number;
}

const FIRST_KEPT_MS = 1_000;
const LONGEST_KEPT_MS = 60_000;
const DISCARD: pg.QueryConfig = { name: 'platform.discardPlans', text: 'DISCARD PLANS' };

const plansOf = new WeakMap<pg.ClientBase, Plans>();

/**
 * Lets a connection plan its prepared statements anew now and then: after a second, then after twice as long each time,
 * up to a minute. PostgreSQL plans a prepared statement for the tables as they were, and plans again only once
 * autovacuum has looked; a service that starts on empty tables would read all of them for a minute or more.
 */
export function forgetOldPlans(client: pg.ClientBase): void {
  const now = performance.now();
  const plans = plansOf.get(client);
  if (!plans) {
    plansOf.set(client, { madeAt: now, keepMs: FIRST_KEPT_MS });
  } else if (now - plans.madeAt > plans.keepMs) {
    plansOf.set(client, { madeAt: now, keepMs: Math.min(2 * plans.keepMs, LONGEST_KEPT_MS) });
    // Sent before what follows on the connection, which tells of a connection that is broken.
    client.query(DISCARD).catch(() => undefined);
  }
}
