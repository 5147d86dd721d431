import type { Scope } from '../../config/scopes.js';
import type { RequestDatabase } from '../../database/tenant-database.js';

import type { LimitName } from '../../config/rate-limits.js';
import type { Standing } from '../limits/standing.js';

export { type Scope, SCOPES } from '../../config/scopes.js';

/** What a token is bound to; whoever sends it must prove that they have it. */
export interface Confirmation {
  /** The thumbprint of a key (RFC 9449). */
  readonly jkt?: string | undefined;
  /** The SHA-256 thumbprint of a certificate (RFC 8705). */
  readonly x5t?: string | undefined;
}

export type TellLimit = (name: LimitName, standing: Standing) => void;

/** Who is calling, as a verified access token says it. */
export interface Principal {
  /** Decided by the token's issuer, and by nothing that the caller sends. */
  tenantId: string;
  subject: string;
  /** Always there for scopes `agent` and `supervisor`, whose tokens are a person's. */
  name: string | null;
  /** The team that the person works in, where the issuer says one. */
  department: string | null;
  /** The language that the token asks for (RFC 5646); null where it names none. */
  locale: string | null;
  clientId: string;
  scopes: ReadonlySet<Scope>;
  /** There for scope `customer` and for no other: the one customer whose affairs the token is good for. */
  customerId?: string;
  expiresAt: Date;
  confirmation?: Confirmation;
  /** Where the request has an Idempotency-Key: what it does all its work with. */
  work?: RequestDatabase;
  /** Says in the answer how they stand with a limit that the route itself counts. */
  tellLimit?: TellLimit;
}
