import type { RequestDatabase } from '../../database/tenant-database.js';

/** Every scope this service knows; a token's other scopes mean nothing here. */
export const SCOPES = ['app', 'agent', 'telephony', 'analyst', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** Who is calling, as a verified access token says it. */
export interface Principal {
  /** Decided by the token's issuer, and by nothing that the caller sends. */
  tenantId: string;
  subject: string;
  /** Always there for scope `agent`, whose token is a person's. */
  name: string | null;
  clientId: string;
  scopes: ReadonlySet<Scope>;
  expiresAt: Date;
  /** Where the request has an Idempotency-Key: what it does all its work with. */
  work?: RequestDatabase;
}
