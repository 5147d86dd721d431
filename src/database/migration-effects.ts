import type { LockMode } from './verdict-tables.js';

/** What one transaction of a migration does to tables that were there before it. */
export interface MigrationStep {
  /** The strongest lock on each, but for those of readers; held until the transaction ends. */
  readonly locks: Readonly<Record<string, LockMode>>;
  /** How often all rows of one are read, how many indexes are built on it, and whether it is written anew. */
  readonly work: Readonly<
    Record<string, { readonly reads: number; readonly indexes: number; readonly rewritten: boolean }>
  >;
}

/**
 * What each migration does, as PostgreSQL said when it ran on an empty database; one that touches nothing that was there is not
 * named. Written by test/migrations/effects.spec.ts, which holds it to what PostgreSQL says (docs/decisions/0144).
 */
export const MIGRATION_EFFECTS: Readonly<Record<string, readonly MigrationStep[]>> = {
  ChangesAndCallbacks1764000006000: [
    {
      locks: { calls: 'ShareRowExclusiveLock', verifications: 'AccessExclusiveLock' },
      work: { verifications: { reads: 3, indexes: 2, rewritten: false } },
    },
  ],
  TransparencyLog1764000010000: [
    { locks: { events: 'ShareLock' }, work: { events: { reads: 1, indexes: 1, rewritten: false } } },
  ],
  CallRecords1764000041000: [
    { locks: { calls: 'ShareRowExclusiveLock' }, work: { calls: { reads: 1, indexes: 1, rewritten: false } } },
  ],
  DeliveryHeads1764000050000: [
    {
      locks: { webhook_deliveries: 'AccessExclusiveLock' },
      work: { webhook_deliveries: { reads: 11, indexes: 4, rewritten: true } },
    },
  ],
  CheckpointsKept1764000050100: [
    {
      locks: { log_checkpoints: 'AccessExclusiveLock' },
      work: { log_checkpoints: { reads: 1, indexes: 1, rewritten: false } },
    },
  ],
  ReportsThatCount1764000060000: [
    {
      locks: { customers: 'ShareLock', report_indicators: 'AccessExclusiveLock', reports: 'AccessExclusiveLock' },
      work: { customers: { reads: 1, indexes: 1, rewritten: false } },
    },
  ],
  Retention1764000060100: [
    {
      locks: {
        call_records: 'AccessExclusiveLock',
        campaigns: 'AccessExclusiveLock',
        notice_recipients: 'ShareLock',
        notices: 'AccessExclusiveLock',
        reports: 'AccessExclusiveLock',
      },
      work: {
        call_records: { reads: 1, indexes: 1, rewritten: false },
        notice_recipients: { reads: 1, indexes: 1, rewritten: false },
      },
    },
  ],
  CoverageByLineAndTeam1764000060200: [
    {
      locks: { coverage_falls: 'AccessExclusiveLock' },
      work: { coverage_falls: { reads: 2, indexes: 1, rewritten: false } },
    },
  ],
  SelectiveColumnFirst1764000070000: [
    {
      locks: {
        call_records: 'AccessExclusiveLock',
        callbacks: 'AccessExclusiveLock',
        calls: 'AccessExclusiveLock',
        campaign_indicators: 'AccessExclusiveLock',
        campaigns: 'AccessExclusiveLock',
        changes: 'AccessExclusiveLock',
        contact_points: 'AccessExclusiveLock',
        customers: 'AccessExclusiveLock',
        devices: 'AccessExclusiveLock',
        events: 'AccessExclusiveLock',
        idempotency_keys: 'AccessExclusiveLock',
        letters: 'AccessExclusiveLock',
        log_checkpoints: 'AccessExclusiveLock',
        log_leaves: 'AccessExclusiveLock',
        notice_recipients: 'AccessExclusiveLock',
        notices: 'AccessExclusiveLock',
        report_indicators: 'AccessExclusiveLock',
        reports: 'AccessExclusiveLock',
        verifications: 'AccessExclusiveLock',
        webhook_deliveries: 'AccessExclusiveLock',
      },
      work: {
        call_records: { reads: 4, indexes: 4, rewritten: false },
        callbacks: { reads: 5, indexes: 5, rewritten: false },
        calls: { reads: 5, indexes: 5, rewritten: false },
        campaign_indicators: { reads: 1, indexes: 1, rewritten: false },
        campaigns: { reads: 1, indexes: 1, rewritten: false },
        changes: { reads: 3, indexes: 3, rewritten: false },
        contact_points: { reads: 3, indexes: 3, rewritten: false },
        customers: { reads: 1, indexes: 1, rewritten: false },
        devices: { reads: 2, indexes: 2, rewritten: false },
        events: { reads: 3, indexes: 3, rewritten: false },
        idempotency_keys: { reads: 1, indexes: 1, rewritten: false },
        letters: { reads: 2, indexes: 2, rewritten: false },
        log_checkpoints: { reads: 1, indexes: 1, rewritten: false },
        log_leaves: { reads: 1, indexes: 1, rewritten: false },
        notice_recipients: { reads: 1, indexes: 1, rewritten: false },
        notices: { reads: 2, indexes: 2, rewritten: false },
        report_indicators: { reads: 3, indexes: 3, rewritten: false },
        reports: { reads: 5, indexes: 5, rewritten: false },
        verifications: { reads: 5, indexes: 5, rewritten: false },
        webhook_deliveries: { reads: 7, indexes: 7, rewritten: false },
      },
    },
  ],
  IndexesOfOnePurpose1764000072000: [
    {
      locks: { calls: 'AccessExclusiveLock', verifications: 'AccessExclusiveLock' },
      work: {
        calls: { reads: 1, indexes: 1, rewritten: false },
        verifications: { reads: 3, indexes: 3, rewritten: false },
      },
    },
  ],
  EventsByTime1764000073000: [
    { locks: { events: 'AccessExclusiveLock' }, work: { events: { reads: 1, indexes: 0, rewritten: false } } },
  ],
  FindingsOnChanges1764000084000: [{ locks: { changes: 'AccessExclusiveLock' }, work: {} }],
  LinksAsIndicators1764000085000: [
    {
      locks: { report_indicators: 'AccessExclusiveLock' },
      work: { report_indicators: { reads: 1, indexes: 0, rewritten: false } },
    },
  ],
  LogEpochs1764000088000: [{ locks: { events: 'AccessExclusiveLock', webhooks: 'AccessExclusiveLock' }, work: {} }],
  KeysOfCustomers1764000090000: [
    {
      locks: { idempotency_keys: 'AccessExclusiveLock' },
      work: { idempotency_keys: { reads: 1, indexes: 1, rewritten: false } },
    },
  ],
  Teams1764000110000: [
    { locks: { calls: 'AccessExclusiveLock' }, work: {} },
    { locks: { callbacks: 'AccessExclusiveLock' }, work: {} },
    { locks: { changes: 'AccessExclusiveLock' }, work: {} },
    { locks: { calls: 'ShareUpdateExclusiveLock' }, work: { calls: { reads: 2, indexes: 1, rewritten: false } } },
    { locks: { calls: 'ShareUpdateExclusiveLock' }, work: { calls: { reads: 2, indexes: 1, rewritten: false } } },
    { locks: { calls: 'ShareUpdateExclusiveLock' }, work: { calls: { reads: 2, indexes: 1, rewritten: false } } },
    {
      locks: { callbacks: 'ShareUpdateExclusiveLock' },
      work: { callbacks: { reads: 2, indexes: 1, rewritten: false } },
    },
    { locks: { changes: 'ShareUpdateExclusiveLock' }, work: { changes: { reads: 2, indexes: 1, rewritten: false } } },
  ],
  LookingThingsUp1764000112000: [
    { locks: { events: 'ShareLock' }, work: {} },
    { locks: { events: 'ShareUpdateExclusiveLock' }, work: { events: { reads: 2, indexes: 1, rewritten: false } } },
    {
      locks: { verifications: 'ShareUpdateExclusiveLock' },
      work: { verifications: { reads: 2, indexes: 1, rewritten: false } },
    },
  ],
  ChannelsAndFeedback1764000130000: [
    { locks: { calls: 'AccessExclusiveLock' }, work: {} },
    { locks: { calls: 'AccessExclusiveLock' }, work: {} },
    { locks: { calls: 'ShareUpdateExclusiveLock' }, work: { calls: { reads: 1, indexes: 0, rewritten: false } } },
  ],
  Passkeys1764000171000: [
    { locks: { devices: 'AccessExclusiveLock' }, work: { devices: { reads: 2, indexes: 1, rewritten: false } } },
  ],
  PushSubscriptions1764000172000: [{ locks: { customers: 'ShareRowExclusiveLock' }, work: {} }],
  TenantLimits1764000300000: [
    {
      locks: { tenant_changes: 'AccessExclusiveLock', tenants: 'AccessExclusiveLock' },
      work: { tenants: { reads: 1, indexes: 0, rewritten: false } },
    },
  ],
};
