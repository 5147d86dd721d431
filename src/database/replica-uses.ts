/**
 * The operations that may be answered from a read replica, by their names in the API: all there are. Nothing is decided from
 * what they say; each is still as new as its request.
 */
export const REPLICA_USES = [
  'exportReports',
  'getClaim',
  'getConsistencyProof',
  'getCoverage',
  'getEvidence',
  'getInclusionProof',
  'listCallRecords',
  'listEvents',
  'listReports',
] as const;
export type ReplicaUse = (typeof REPLICA_USES)[number];
