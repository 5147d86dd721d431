import type { StorageCall } from '../http/access/issuer/remote-adapter.js';

/** The processes that serve behind the same port, as one of them sees them. */
export interface Siblings {
  /** Which of them this is, from 1; one that replaces another has its number. */
  readonly number: number;
  /** The metrics of all of them together, in Prometheus's text form. */
  allMetrics(): Promise<string>;
  /** Keeps a sign-in at the development issuer where all of them find it. */
  storeSignIn(call: StorageCall & { readonly tenant: string }): Promise<unknown>;
}
