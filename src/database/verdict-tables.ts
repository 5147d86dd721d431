/** The locks of tables, by the names that pg_locks gives them, weakest first (PostgreSQL, 13.3.1). */
export const LOCK_MODES = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const;
export type LockMode = (typeof LOCK_MODES)[number];

/**
 * What a verdict does with each table that it cannot do without. Not `rate_limits`: where that is not to be had each process
 * counts for itself. test/db/verdict-tables.spec.ts holds the list to a service that runs.
 */
export const VERDICT_TABLES: Readonly<Record<string, 'reads' | 'writes'>> = {
  calls: 'writes',
  campaign_indicators: 'reads',
  campaigns: 'reads',
  contact_points: 'reads',
  customers: 'reads',
  events: 'writes',
  lines: 'reads',
  policies: 'reads',
  verifications: 'reads',
};

/** Whether verdicts wait while somebody else holds a lock, by the table of conflicts (PostgreSQL, 13.3.1). */
export function stopsVerdicts(table: string, mode: LockMode): boolean {
  const use = Object.hasOwn(VERDICT_TABLES, table) ? VERDICT_TABLES[table] : undefined;
  if (use === undefined) return false;
  return (
    mode === 'AccessExclusiveLock' || (use === 'writes' && LOCK_MODES.indexOf(mode) >= LOCK_MODES.indexOf('ShareLock'))
  );
}
